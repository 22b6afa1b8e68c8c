// host/cli/list_commands.hpp - `cristae networks` and `cristae devices`.
#pragma once

namespace cristae {

/// Both return the exit code.
int networks_command();
int devices_command();

}  // namespace cristae
