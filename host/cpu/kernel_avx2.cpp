// host/cpu/kernel_avx2.cpp - the core compiled for avx2; flags in host/CMakeLists.txt.
#include "host/cpu/kernel_body.hpp"
#include "host/cpu/lane_avx2.hpp"

namespace cristae::cpu {

Kernel kernel_avx2(BlockSize size) { return kernel_of<LaneAvx2>("avx2", size); }

}  // namespace cristae::cpu
