// host/cli/replay_command.hpp - `cristae replay`.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Prints or writes every event of trajectory `options.first`; returns the exit code.
int replay_command(RunOptions const& options);

}  // namespace cristae
