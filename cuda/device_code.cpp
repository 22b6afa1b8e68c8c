// cuda/device_code.cpp - asks NVRTC, and falls back on the kernel that is in the binary.
#include "cuda/device_code.hpp"

#include <fmt/format.h>

#include "cuda/table_kernel.hpp"
#include "host/codegen/network_source.hpp"

namespace cristae::cuda {

DeviceCode::DeviceCode(LawGraph const& graph, RunPlan const& plan,
                       std::vector<Device> const& devices) {
  std::string reason;
  if (plan.code != Code::table) {
    tables_ = std::make_unique<Tables>(graph, plan, TableShape{1, false, false});
    reason = generate(devices);
    if (reason.empty()) return;
    if (plan.code == Code::generated)
      throw Error(ExitCode::device,
                  fmt::format("there is no generated code for network '{}' on a GPU",
                              plan.experiment->network->name),
                  reason, "Use --code auto");
  }
  kernels_.clear();
  tables_ = std::make_unique<Tables>(graph, plan, TableShape{block_threads, true, false});
  Cubin kernel;
  kernel.image = table_kernel_ptx();
  kernel.reads_tables = true;
  for (auto const& device : devices) kernels_.emplace(device.architecture(), kernel);
  text_ = "tables";
  // The compiler's words may go on for pages.
  if (!reason.empty()) text_ += ": " + reason.substr(0, reason.find('\n'));
}

std::string DeviceCode::generate(std::vector<Device> const& devices) {
  u32 const reactions = tables_->program().reactions;
  if (reactions == 0 || reactions > most_generated_reactions)
    return fmt::format("it has {} reactions, code is generated for 1 to {}", reactions,
                       most_generated_reactions);
  auto const source = kernel_source(*tables_);
  for (auto const& device : devices) {
    auto const architecture = device.architecture();
    if (kernels_.count(architecture) > 0) continue;
    Cubin cubin = compile_kernel(source, architecture);
    if (cubin.image.empty()) return cubin.reason;
    text_ = fmt::format("generated code, {} by NVRTC", cubin.origin);
    kernels_.emplace(architecture, std::move(cubin));
  }
  return {};
}

}  // namespace cristae::cuda
