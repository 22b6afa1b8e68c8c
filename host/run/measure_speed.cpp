// host/run/measure_speed.cpp - more and more trajectories, until they take long enough.
#include "host/run/measure_speed.hpp"

#include <chrono>

#include "host/backends/backends.hpp"

namespace cristae {
namespace {

constexpr double long_enough = 0.3;  ///< [s]
constexpr u64 most_trajectories = u64{1} << 22;

struct Nowhere final : SampleSink {
  void finished(TrajectoryEnd const&, std::span<double const>) override {}
};

}  // namespace

double measure_events_per_second(Network const& network, std::string const& engine_name) {
  ExperimentRequest request;
  request.samples = 2;
  Experiment const experiment = resolve(network, request);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.max_events = 200000;
  Nowhere nowhere;
  for (plan.trajectories = 256;; plan.trajectories *= 4) {
    auto const engine = make_engine(engine_name, plan);
    RunControl control;
    auto const start = std::chrono::steady_clock::now();
    engine->run(nowhere, control);
    double const seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (seconds >= long_enough || plan.trajectories >= most_trajectories)
      return static_cast<double>(control.events) / seconds;
  }
}

}  // namespace cristae
