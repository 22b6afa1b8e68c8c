// host/backends/cuda_backend.hpp - the CUDA engine as the host sees it: a declaration only.
#pragma once

#include <memory>
#include <vector>

#include "host/backends/backends.hpp"

namespace cristae {

std::vector<DeviceInfo> list_cuda_devices();

/// Throws Error(device) where it cannot run, with the reason.
std::unique_ptr<Engine> make_cuda_engine(RunPlan const& plan);

}  // namespace cristae
