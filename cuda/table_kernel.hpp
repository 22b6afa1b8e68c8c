// cuda/table_kernel.hpp - the PTX of table_kernel.cu, as text in the binary.
#pragma once

#include <string_view>

namespace cristae::cuda {

/// One kernel, kernel_name, that takes a Slice of which the tables have the stride block_threads.
std::string_view table_kernel_ptx();

}  // namespace cristae::cuda
