// host/backends/choose_engine.cpp - start + work / throughput, and never less than one trajectory takes.
#include "host/backends/choose_engine.hpp"

#include <algorithm>

namespace cristae {
namespace {

double cpu_events_per_second(RunForecast const& run) {
  // Generated code on AVX-512: 2.4 ns at 16 reactions, 8 at 100.
  return run.cpu_threads / (1.3e-9 + 0.07e-9 * run.reactions);
}

double gpu_events_per_second(RunForecast const& run) {
  constexpr double share_of_peak = 0.5;
  return share_of_peak * run.gpu_instructions / gpu_instructions_per_event(run.reactions);
}

constexpr double gpu_start_seconds = 1.5;
/// Of a trajectory alone: a thread waits for each of its instructions.
constexpr double seconds_per_instruction = 1.2e-9;

}  // namespace

double gpu_instructions_per_event(double reactions) { return 80 + 12.0 * reactions; }

EngineChoice choose_engine(RunForecast const& run) {
  EngineChoice choice{.engine = "cpu"};
  double const events = run.trajectories * run.events;
  double const cpu = cpu_events_per_second(run);
  choice.cpu_seconds = events / cpu;
  if (run.gpu_instructions <= 0) return choice;
  double const gpu = gpu_events_per_second(run);
  double const alone =
      run.events * gpu_instructions_per_event(run.reactions) * seconds_per_instruction;
  choice.cuda_seconds = gpu_start_seconds + std::max(events / gpu, alone);
  choice.all_seconds = gpu_start_seconds + std::max(events / (gpu + cpu), alone);
  // The CPU's part must be worth the heat.
  if (choice.all_seconds < 0.9 * std::min(choice.cpu_seconds, choice.cuda_seconds))
    choice.engine = "all";
  else if (choice.cuda_seconds < choice.cpu_seconds)
    choice.engine = "cuda";
  return choice;
}

}  // namespace cristae
