// host/cli/convert_command.hpp - `cristae convert NETWORK -o FILE`: the same network in another format.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Returns the exit code.
int convert_command(ConvertOptions const& options);

}  // namespace cristae
