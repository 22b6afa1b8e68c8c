// tests/support/runs.hpp - small runs for tests: networks from text or bundled, ends and samples kept.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/core/hash.hpp"
#include "host/io/network_file.hpp"
#include "tests/support/source_folder.hpp"

namespace cristae::test {

inline Network bundled(std::string const& name) {
  return read_network_file(source_folder() + "/networks/" + name + "/network.toml");
}

/// Everything of a run, by trajectory id.
struct Kept {
  struct Trajectory {
    TrajectoryEnd end;
    std::vector<double> samples;  ///< [species][sample]
  };
  std::map<u64, Trajectory> by_id;

  u64 hash() const {
    u64 sum = 0;
    for (auto const& [id, t] : by_id) sum += core::ensemble_term(t.end.hash, id);
    return sum;
  }
};

struct Keeper final : SampleSink {
  Kept kept;
  std::mutex mutex;

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override {
    std::lock_guard const lock(mutex);
    kept.by_id[end.id] = {end, {samples.begin(), samples.end()}};
  }
};

struct RunOptions {
  std::string engine = "cpu";
  std::string isa;
  std::string condition;
  u64 trajectories = 1;
  u64 first = 0;
  u64 seed = 1;
  u32 threads = 1;
  u64 max_events = u64{1} << 40;
  double t_end = -1;
  double sample_every = -1;
  double burn_in = 0;
  std::string stop_when;
  Code code = Code::automatic;
  std::vector<i64> start_states;  ///< [row][species]; empty: the network's initial counts
  std::vector<std::pair<std::string, double>> set;
  std::vector<std::string> vary, correlate, swept;
  u64 replicates = 1;
  u64 sisters = 1;
  double fork_at = -1;
  std::vector<std::vector<double>> sets;  ///< each of `trajectories`
};

inline Experiment experiment_of(Network const& network, RunOptions const& o) {
  ExperimentRequest request;
  request.condition = o.condition;
  request.t_end = o.t_end;
  request.sample_every = o.sample_every;
  request.burn_in = o.burn_in;
  request.set = o.set;
  request.vary = o.vary;
  request.correlate = o.correlate;
  request.replicates = o.replicates;
  request.sisters = o.sisters;
  request.fork_at = o.fork_at;
  request.cell_seed = o.seed;
  request.swept = o.swept;
  request.sets = o.sets;
  request.stop_when = o.stop_when;
  Experiment experiment = resolve(network, request);
  if (!o.start_states.empty()) experiment.initial = o.start_states;
  return experiment;
}

inline RunPlan plan_of(Experiment const& experiment, RunOptions const& o) {
  RunPlan plan;
  plan.experiment = &experiment;
  plan.first = o.first;
  plan.trajectories = o.trajectories;
  if (!o.sets.empty()) {
    plan.per_set = o.trajectories;
    plan.trajectories = o.trajectories * o.sets.size();
  }
  plan.seed = o.seed;
  plan.threads = o.threads;
  plan.isa = o.isa;
  plan.code = o.code;
  plan.max_events = o.max_events;
  return plan;
}

inline Kept run(Network const& network, RunOptions const& o) {
  Experiment const experiment = experiment_of(network, o);
  Keeper keeper;
  RunControl control;
  make_engine(o.engine, plan_of(experiment, o))->run(keeper, control);
  return std::move(keeper.kept);
}

}  // namespace cristae::test
