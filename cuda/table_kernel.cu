// cuda/table_kernel.cu - the kernel that reads a network's tables: for where none can be compiled for it.
//
// nvcc compiles it to PTX of compute_75 when Cristae is built (table_kernel.hpp); the driver
// translates that for the card.
#include "host/core/slice.hpp"

extern "C" __global__ void __launch_bounds__(128)
    cristae_slice(__grid_constant__ cristae::core::Slice const slice) {
  using namespace cristae::core;
  Block const block = part_of(slice, blockIdx.x, blockDim.x);
  run_slice<TableThreadRunner<AnySliceHost<true, true>>>(slice, block, threadIdx.x, NoData{});
}
