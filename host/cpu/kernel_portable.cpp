// host/cpu/kernel_portable.cpp - the core compiled for baseline; flags in host/CMakeLists.txt.
#include "host/cpu/kernel_body.hpp"
#include "host/cpu/lane_portable.hpp"

namespace cristae::cpu {

Kernel kernel_portable(BlockSize size) { return kernel_of<LanePortable>("baseline", size); }

}  // namespace cristae::cpu
