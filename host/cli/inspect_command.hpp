// host/cli/inspect_command.hpp - `cristae inspect NETWORK`: how a network was read.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Returns the exit code.
int inspect_command(InspectOptions const& options);

}  // namespace cristae
