// host/backends/cuda_stub.cpp - linked where there is no CUDA engine: says so.
#include "host/backends/cuda_backend.hpp"

namespace cristae {

std::vector<DeviceInfo> list_cuda_devices() {
  return {{"cuda", "NVIDIA GPUs", "", false,
           "this program was built without CUDA"}};
}

std::unique_ptr<Engine> make_cuda_engine(RunPlan const&) {
  throw Error(ExitCode::device, "engine 'cuda' cannot run", "this program was built without CUDA",
              "Use --engine cpu");
}

}  // namespace cristae
