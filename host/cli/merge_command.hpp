// host/cli/merge_command.hpp - `cristae merge`: parts of one run, put together.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Returns the exit code.
int merge_command(MergeOptions const& options);

/// What a result that was put together is, in a line for each of its hashes; and as JSON where that is
/// asked for. `joined` says of what it was made. Returns the exit code that the run would have had.
int tell_joined(RunReport const& report, EnsembleSummary const& summary, std::string const& joined,
                std::string const& json, Overwrite overwrite, Talk talk);

}  // namespace cristae
