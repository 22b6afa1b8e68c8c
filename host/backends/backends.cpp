// host/backends/backends.cpp - lists engines and makes them by name.
#include "host/backends/backends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "host/backends/cuda_backend.hpp"
#include "host/codegen/network_source.hpp"
#include "host/cpu/cpu_engine.hpp"
#include "host/cpu/reference_engine.hpp"
#include "host/cpu/replay.hpp"

namespace cristae {

std::vector<DeviceInfo> list_devices() {
  u32 const cores = std::max(1u, std::thread::hardware_concurrency());
  std::vector<DeviceInfo> devices;
  devices.push_back(
      {"cpu", "SIMD lanes",
       fmt::format("{} cores, instruction sets {}", cores, fmt::join(usable_isas(), ", ")), true,
       ""});
  devices.push_back({"reference", "textbook direct method",
                     fmt::format("{} cores, scalar double, another generator", cores), true, ""});
  for (DeviceInfo& device : list_cuda_devices()) devices.push_back(std::move(device));
  return devices;
}

std::unique_ptr<Engine> make_engine(std::string const& name, RunPlan const& plan) {
  if (plan.max_events == 0)
    throw Error(ExitCode::usage, "an event budget of 0 is asked for", "", "Give 1 or more");
  if (name == "auto" || name == "cpu") return make_cpu_engine(plan);
  if (name == "reference") return make_reference_engine(plan);
  if (name == "cuda") return make_cuda_engine(plan);
  std::string const near = nearest_name(name, {"auto", "cpu", "reference", "cuda"});
  throw Error(ExitCode::usage, fmt::format("engine '{}' is not known", name), "",
              near.empty()
                  ? "Use auto, cpu, reference or cuda"
                  : fmt::format("Use auto, cpu, reference or cuda, or did you mean '{}'?", near));
}

std::string generated_code(RunPlan const& plan) {
  LawGraph const graph = build_law_graph(*plan.experiment->network);
  return network_source(Tables(graph, plan, TableShape{1, false, false}));
}

void replay_trajectory(RunPlan const& plan, EventLog& log, SampleSink& sink, RunControl& control) {
  replay_on_cpu(plan, log, sink, control);
}

}  // namespace cristae
