// host/cli/run_command.hpp - `cristae run NETWORK`: an ensemble from options to results.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Returns the exit code; throws Error for what is wrong before the run starts.
int run_command(RunOptions const& options);

}  // namespace cristae
