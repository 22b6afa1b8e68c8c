// host/cli/extend_command.hpp - `cristae extend RESULT.h5`: more trajectories, or a later end.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Returns the exit code.
int extend_command(ExtendOptions const& options);

}  // namespace cristae
