// host/run/run_findings.hpp - what is to be said of a run that did not go as asked for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/run/run.hpp"

namespace cristae {

/// One finding per status in which trajectories ended early, with the first of them; and unless the
/// run was stopped, one per precision that was not reached, with how far it got. `replay` gives the
/// command that replays a trajectory.
std::vector<Diagnostic> run_findings(Run const& run,
                                     std::function<std::string(u64 trajectory)> const& replay);

/// What the run's findings amount to: ok, numerical, or verification where the certificate failed.
ExitCode status_of(Run const& run);

/// The command line of `replay` or `verify` for trajectories of a run, which are left to name.
std::string command_text(std::string const& command, std::string const& network,
                         RunRequest const& request);

}  // namespace cristae
