// tests/cuda/slices.hpp - a run by a slice kernel without a GPU: its PTX, executed over host memory.
#pragma once

#include "host/engine/tables.hpp"
#include "tests/cuda/ptx/ptx_module.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {

/// What the kernel is: cuda::kernel_source(), or cuda::table_kernel_ptx().
enum class SliceCode : u8 { generated, tables };

/// Runs the plan with the module's only kernel, on fewer threads than trajectories and in slices so
/// short that every trajectory is put down and taken up many times. Ends hold what a Slice keeps.
Kept run_in_slices(PtxModule const& module, RunPlan const& plan, SliceCode code);

/// "" or the first difference: an end, or a copy number at a sample.
std::string difference(Kept const& got, Kept const& expected, RunPlan const& plan);

}  // namespace cristae::test
