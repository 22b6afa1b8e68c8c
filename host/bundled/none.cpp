// host/bundled/none.cpp - linked where no generated kernels are: in the tool that generates them.
#include "host/cpu/generated_kernel.hpp"

namespace cristae::cpu {

std::span<BundledKernel const> bundled_kernels() { return {}; }

}  // namespace cristae::cpu
