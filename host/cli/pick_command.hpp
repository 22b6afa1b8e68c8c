// host/cli/pick_command.hpp - `cristae pick RESULT.h5 QUERY`: trajectories found by what they did.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Returns the exit code.
int pick_command(PickOptions const& options);

}  // namespace cristae
