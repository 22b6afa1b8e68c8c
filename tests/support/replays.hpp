// tests/support/replays.hpp - trajectories replayed event by event, followed by per-reaction martingales.
#pragma once

#include <thread>

#include "host/stats/martingale.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {

inline Experiment experiment_of(Network const& network, RunOptions const& o) {
  ExperimentRequest request;
  request.condition = o.condition;
  request.t_end = o.t_end;
  request.sample_every = o.sample_every;
  request.burn_in = o.burn_in;
  request.set = o.set;
  Experiment experiment = resolve(network, request);
  if (!o.start_states.empty()) experiment.initial = o.start_states;
  return experiment;
}

/// A replay needs no samples of its own.
struct EndOnly final : SampleSink {
  TrajectoryEnd end;
  void finished(TrajectoryEnd const& e, std::span<double const>) override { end = e; }
};

/// Replays the trajectories of `o` on two threads and follows them with the laws of `watched`, which
/// is `network` itself or one with a planted fault.
inline MartingaleSums follow(Network const& network, RunOptions const& o, Network const& watched) {
  Experiment const run_by = experiment_of(network, o), watched_by = experiment_of(watched, o);
  MartingaleLaws const laws(watched_by);
  MartingaleSums sums;
  std::mutex mutex;
  std::atomic<u64> next{0};
  auto const work = [&] {
    MartingaleLog log(laws);
    RunPlan plan;
    plan.experiment = &run_by;
    plan.seed = o.seed;
    plan.max_events = o.max_events;
    for (u64 n; (n = next.fetch_add(1)) < o.trajectories;) {
      plan.first = o.first + n;
      EndOnly sink;
      RunControl control;
      log.begin(plan.first);
      replay_trajectory(plan, log, sink, control);
      log.finish(sink.end);
    }
    std::lock_guard const lock(mutex);
    sums += log.sums();
  };
  std::jthread other(work);
  work();
  other.join();
  return sums;
}

}  // namespace cristae::test
