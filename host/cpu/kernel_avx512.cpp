// host/cpu/kernel_avx512.cpp - the core compiled for avx512; flags in host/CMakeLists.txt.
#include "host/cpu/kernel_body.hpp"
#include "host/cpu/lane_avx512.hpp"

namespace cristae::cpu {

Kernel kernel_avx512(BlockSize size) { return kernel_of<LaneAvx512>("avx512", size); }

}  // namespace cristae::cpu
