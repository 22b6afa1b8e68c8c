// host/cli/sweep_command.hpp - `cristae sweep`.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Runs the sets, prints a line for each and writes the result file. Returns the exit code.
int sweep_command(SweepOptions const& options);

/// The same for one that was interrupted.
int resume_sweep(InterruptedRun left, ResumeOptions const& given);

}  // namespace cristae
