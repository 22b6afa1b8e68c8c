// host/cli/bench_command.hpp - `cristae bench`: events per second of this machine.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Returns the exit code.
int bench_command(BenchOptions const& options);

}  // namespace cristae
