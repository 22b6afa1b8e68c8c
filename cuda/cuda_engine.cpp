// cuda/cuda_engine.cpp - the engine that the host sees: devices, their kernels, and one run's pieces.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "cuda/device_run.hpp"
#include "host/backends/cuda_backend.hpp"
#include "host/cpu/cpu_engine.hpp"
#include "host/engine/threads.hpp"

namespace cristae {
namespace {

using cuda::Cubin;
using cuda::Device;

class CudaEngine final : public Engine {
 public:
  explicit CudaEngine(RunPlan const& plan)
      : plan_(plan), devices_(cuda::devices()), graph_(build_law_graph(*plan.experiment->network)),
        tables_(graph_, plan_, TableShape{1, false, false}) {
    auto const source = cuda::kernel_source(tables_);
    for (auto const& device : devices_) {
      auto const architecture = device.architecture();
      if (cubins_.count(architecture) > 0) continue;
      Cubin cubin = cuda::compile_kernel(source, architecture);
      if (cubin.image.empty())
        throw Error(ExitCode::device, "the network's kernel cannot be compiled", cubin.reason,
                    "Use --engine cpu, or auto");
      cubins_.emplace(architecture, std::move(cubin));
    }
  }

  std::string name() const override { return "cuda"; }
  std::string isa() const override {
    std::vector<std::string> names;
    for (auto const& device : devices_)
      names.push_back(fmt::format("{} ({})", device.name, device.architecture()));
    return fmt::format("{}", fmt::join(names, ", "));
  }
  u32 threads() const override { return useful_threads(plan_); }
  std::string code() const override {
    return fmt::format("generated code, {} by NVRTC", cubins_.begin()->second.origin);
  }

  void run(SampleSink& sink, RunControl& control) override {
    PieceQueue queue(plan_.first, plan_.trajectories), left_float(plan_.first, 0);
    std::mutex mutex;
    std::exception_ptr failure;
    {
      std::vector<std::jthread> others;
      for (auto const& device : devices_)
        others.emplace_back([&] {
          try {
            cuda::Context const context(device);
            cuda::DeviceRun of_device(device, plan_, tables_, cubins_.at(device.architecture()));
            of_device.run(queue, sink, left_float, control);
          } catch (...) {
            std::lock_guard const lock(mutex);
            if (!failure) failure = std::current_exception();
          }
        });
    }
    if (failure) std::rethrow_exception(failure);
    // Those of which a copy number left float32: whole, as single trajectories.
    for (;;) {
      Piece const piece = left_float.take(plan_.trajectories);
      if (piece.count == 0 || control.stop) return;
      RunPlan plan = plan_;
      plan.first = piece.first;
      plan.trajectories = piece.count;
      make_cpu_engine(plan)->run(sink, control);
    }
  }

 private:
  RunPlan plan_;
  std::vector<Device> devices_;
  LawGraph graph_;
  Tables tables_;
  std::map<std::string, Cubin> cubins_;  ///< by architecture
};

}  // namespace

std::vector<DeviceInfo> list_cuda_devices() {
  try {
    std::vector<DeviceInfo> found;
    for (auto const& device : cuda::devices())
      found.push_back(
          {"cuda", device.name,
           fmt::format("{}, {:.1f} GiB, {} multiprocessors, driver {}", device.architecture(),
                       static_cast<double>(device.memory) / 0x1p30, device.multiprocessors,
                       cuda::driver_version()),
           true, ""});
    return found;
  } catch (Error const& error) {
    auto const& finding = error.diagnostics().front();
    return {{"cuda", "NVIDIA GPUs", "", false,
             finding.reason.empty() ? finding.problem
                                    : fmt::format("{} ({})", finding.problem, finding.reason)}};
  }
}

std::unique_ptr<Engine> make_cuda_engine(RunPlan const& plan) {
  return std::make_unique<CudaEngine>(plan);
}

}  // namespace cristae
