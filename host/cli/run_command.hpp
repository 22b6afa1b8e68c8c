// host/cli/run_command.hpp - `cristae run NETWORK`: an ensemble from options to results; `cristae resume`.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Returns the exit code; throws Error for what is wrong before the run starts.
int run_command(RunOptions const& options);
/// Goes on with a run that was interrupted.
int resume_command(ResumeOptions const& options);
/// The same of a network that was read.
int run_network(Network const& network, RunOptions const& options);
/// A prepared run to its results; returns the exit code.
int carry_out(RunOptions const& options, Run& run);

}  // namespace cristae
