// host/cli/run_results.hpp - what a finished or stopped run leaves: text, files, exit code.
#pragma once

#include <string>

#include "host/cli/options.hpp"
#include "host/run/run.hpp"

namespace cristae {

/// Prints the table and the findings, and writes every file. One output that cannot be written does
/// not take the others with it. Returns the exit code.
int write_results(RunOptions const& options, Run& run);

/// Prints a line on standard error, unless --quiet is given.
void remark(Talk talk, std::string const& text);

}  // namespace cristae
