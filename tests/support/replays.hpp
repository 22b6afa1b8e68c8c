// tests/support/replays.hpp - replayed trajectories, followed by per-reaction martingales.
#pragma once

#include <thread>

#include "host/stats/martingale.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {

/// A replay needs no samples of its own.
struct EndOnly final : SampleSink {
  TrajectoryEnd end;
  void finished(TrajectoryEnd const& e, std::span<double const>) override { end = e; }
};

/// One log in front of several.
struct Everyone final : EventLog {
  std::vector<EventLog*> logs;
  void event(u64 number, double time, ReactionId reaction, std::span<i64 const> counts) override {
    for (EventLog* log : logs) log->event(number, time, reaction, counts);
  }
  void looked_at_events(double time, std::span<i64 const> counts,
                        std::span<double const> parameters) override {
    for (EventLog* log : logs) log->looked_at_events(time, counts, parameters);
  }
};

/// Replays the trajectories of `o` on two threads and follows them with the laws of each of
/// `watched`: `network` itself, or ones with a planted fault.
inline std::vector<MartingaleResult> follow(Network const& network, RunOptions const& o,
                                            std::vector<Network> const& watched) {
  Experiment const experiment = experiment_of(network, o);
  std::vector<Experiment> experiments;
  for (Network const& w : watched) experiments.push_back(experiment_of(w, o));
  std::vector<MartingaleLaws> laws;
  for (Experiment const& e : experiments) laws.emplace_back(e);
  std::vector<MartingaleSums> sums(watched.size());
  std::mutex mutex;
  std::atomic<u64> next{0};
  auto const work = [&] {
    std::vector<MartingaleLog> logs;
    for (MartingaleLaws const& l : laws) logs.emplace_back(l);
    Everyone everyone;
    for (MartingaleLog& log : logs) everyone.logs.push_back(&log);
    RunPlan plan;
    plan.experiment = &experiment;
    plan.seed = o.seed;
    plan.max_events = o.max_events;
    for (u64 n; (n = next.fetch_add(1)) < o.trajectories;) {
      plan.first = o.first + n;
      EndOnly sink;
      RunControl control;
      for (MartingaleLog& log : logs) log.begin(plan.first);
      replay_trajectory(plan, everyone, sink, control);
      for (MartingaleLog& log : logs) log.finish(sink.end);
    }
    std::lock_guard const lock(mutex);
    for (usize w = 0; w < logs.size(); ++w) sums[w] += logs[w].sums();
  };
  std::jthread other(work);
  work();
  other.join();
  std::vector<MartingaleResult> results;
  for (MartingaleSums const& s : sums) results.push_back(martingale_result(network, s));
  return results;
}

/// The network with one propensity multiplied by a factor.
inline Network with_rate(Network network, usize reaction, double factor) {
  auto& nodes = network.reactions.at(reaction).rate.nodes;
  Node number, product;
  number.number = factor;
  product.kind = NodeKind::multiply;
  product.arguments = {u32(nodes.size()) - 1, u32(nodes.size())};
  nodes.push_back(number);
  nodes.push_back(product);
  return network;
}

inline usize reaction_named(Network const& network, std::string const& id) {
  for (usize j = 0; j < network.reactions.size(); ++j)
    if (network.reactions[j].id == id) return j;
  throw std::out_of_range("no reaction " + id);
}

}  // namespace cristae::test
