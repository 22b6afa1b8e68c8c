// host/cli/list_commands.hpp - `cristae networks` and `cristae devices`.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Both return the exit code.
int networks_command();
int devices_command(DevicesOptions const& options);

}  // namespace cristae
