// host/backends/backends.cpp - lists engines and makes them by name.
#include "host/backends/backends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "host/backends/choose_engine.hpp"
#include "host/backends/cuda_backend.hpp"
#include "host/codegen/network_source.hpp"
#include "host/cpu/cpu_engine.hpp"
#include "host/cpu/pilot.hpp"
#include "host/cpu/reference_engine.hpp"
#include "host/cpu/replay.hpp"
#include "host/engine/threads.hpp"

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

namespace {

/// An engine that was chosen, and why.
class ChosenEngine final : public Engine {
 public:
  ChosenEngine(std::unique_ptr<Engine> engine, std::string why)
      : engine_(std::move(engine)), why_(std::move(why)) {}
  std::string name() const override { return engine_->name(); }
  std::string isa() const override { return engine_->isa(); }
  u32 threads() const override { return engine_->threads(); }
  std::string code() const override { return engine_->code(); }
  void run(SampleSink& sink, RunControl& control) override { engine_->run(sink, control); }
  std::vector<Diagnostic> remarks() const override {
    auto remarks = engine_->remarks();
    remarks.insert(remarks.begin(), {Severity::note, {}, why_, "", ""});
    return remarks;
  }

 private:
  std::unique_ptr<Engine> engine_;
  std::string why_;
};

/// Below this no GPU is worth looking for: the driver alone takes longer to start.
constexpr double seconds_worth_a_gpu = 2;

std::unique_ptr<Engine> make_best_engine(RunPlan const& plan) {
  RunForecast run;
  run.trajectories = double(plan.trajectories);
  run.events = predicted_events(plan);
  run.reactions = u32(plan.experiment->network->reactions.size());
  run.cpu_threads = useful_threads(plan);
  if (choose_engine(run).cpu_seconds < seconds_worth_a_gpu) return make_cpu_engine(plan);
  for (auto const& device : list_cuda_devices())
    if (device.usable) run.gpu_instructions += device.instructions_per_second;
  if (run.gpu_instructions <= 0) return make_cpu_engine(plan);
  auto const choice = choose_engine(run);
  auto const why =
      fmt::format("engine {}: predicted {:.3g} s on cpu, {:.3g} s on cuda, {:.3g} s on all",
                  choice.engine, choice.cpu_seconds, choice.cuda_seconds, choice.all_seconds);
  return std::make_unique<ChosenEngine>(make_engine(choice.engine, plan), why);
}

}  // namespace

std::unique_ptr<Engine> make_engine(std::string const& name, RunPlan const& plan) {
  if (plan.max_events == 0)
    throw Error(ExitCode::usage, "an event budget of 0 is asked for", "", "Give 1 or more");
  if (name == "auto") return make_best_engine(plan);
  if (name == "cpu") return make_cpu_engine(plan);
  if (name == "reference") return make_reference_engine(plan);
  if (name == "cuda") return make_cuda_engine(plan, CpuPart::none);
  if (name == "all") return make_cuda_engine(plan, CpuPart::shares);
  if (name == "ode")
    throw Error(ExitCode::usage, "engine 'ode' has no trajectories",
                "it solves the rate equations, which is not asked for here",
                "Use auto, cpu, cuda, all or reference");
  std::string const near = nearest_name(name, {"auto", "cpu", "cuda", "all", "reference"});
  throw Error(
      ExitCode::usage, fmt::format("engine '{}' is not known", name), "",
      near.empty()
          ? "Use auto, cpu, cuda, all or reference"
          : fmt::format("Use auto, cpu, cuda, all or reference, or did you mean '{}'?", near));
}

std::string generated_code(RunPlan const& plan) {
  LawGraph const graph = build_law_graph(*plan.experiment->network);
  return network_source(Tables(graph, plan, TableShape{1, false, false}));
}

void replay_trajectory(RunPlan const& plan, EventLog& log, SampleSink& sink, RunControl& control) {
  replay_on_cpu(plan, log, sink, control);
}

}  // namespace cristae
