// host/backends/cuda_backend.hpp - the CUDA engine as the host sees it: a declaration only.
#pragma once

#include <memory>
#include <vector>

#include "host/backends/backends.hpp"

namespace cristae {

std::vector<DeviceInfo> list_cuda_devices();

/// Whether the CPU's lanes take part of the trajectories of a run on GPUs.
enum class CpuPart : u8 { none, shares };

/// Throws Error(device) where it cannot run, with the reason.
std::unique_ptr<Engine> make_cuda_engine(RunPlan const& plan, CpuPart cpu);

}  // namespace cristae
