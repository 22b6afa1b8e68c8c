// host/backends/cuda_stub.cpp - linked where there is no CUDA engine: says so.
#include "host/backends/cuda_backend.hpp"

namespace cristae {

std::vector<DeviceInfo> list_cuda_devices() {
  return {{"cuda", "NVIDIA GPUs", "", false,
           "this version has no CUDA engine yet; gpu_bits compares the core's bits on a GPU"}};
}

std::unique_ptr<Engine> make_cuda_engine(RunPlan const&) {
  throw Error(ExitCode::device, "engine 'cuda' cannot run", "this version has no CUDA engine yet",
              "Use --engine cpu");
}

}  // namespace cristae
