// host/io/machine_memory.hpp - how much memory a run may take on this machine.
#pragma once

#include "host/base/types.hpp"

namespace cristae {

/// Memory that is free or can be freed, within the limits of a container (control groups).
u64 available_memory_bytes();

}  // namespace cristae
