// tests/cpu/replay_test.cpp - a replayed trajectory has the ensemble's bits, and its log adds up.
#include <gtest/gtest.h>

#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

struct Log final : EventLog {
  Network const& network;
  std::vector<i64> counts;
  u64 events = 0;
  double last = 0;
  bool in_order = true, adds_up = true;

  Log(Network const& n, std::vector<i64> initial) : network(n), counts(std::move(initial)) {}
  void event(u64 number, double time, ReactionId reaction, std::span<i64 const> after) override {
    ++events;
    in_order = in_order && number == events && time >= last;
    last = time;
    for (auto const& p : network.reactions[u32(reaction)].reactants)
      counts[u32(p.species)] -= p.count;
    for (auto const& p : network.reactions[u32(reaction)].products)
      counts[u32(p.species)] += p.count;
    adds_up = adds_up && std::equal(counts.begin(), counts.end(), after.begin(), after.end());
  }
};

TEST(Replay, HasTheBitsOfTheEnsembleAndItsEventsAddUpToItsStates) {
  for (auto const& [name, condition] :
       {std::pair{"vilar", ""}, {"isr", "mito"}, {"schloegl", ""}}) {
    Network const network = bundled(name);
    RunOptions o;
    o.condition = condition;
    o.t_end = network.run.t_end / 50;
    o.sample_every = o.t_end / 10;
    o.trajectories = 40;
    o.seed = 5;
    Kept const ensemble = run(network, o);
    ExperimentRequest request;
    request.condition = condition;
    request.t_end = o.t_end;
    request.sample_every = o.sample_every;
    Experiment const experiment = resolve(network, request);
    RunPlan plan;
    plan.experiment = &experiment;
    plan.seed = 5;
    for (u64 id : {0, 17, 39}) {
      plan.first = id;
      Log log(network, experiment.initial);
      Keeper keeper;
      RunControl control;
      replay_trajectory(plan, log, keeper, control);
      Kept::Trajectory const& replayed = keeper.kept.by_id.at(id);
      EXPECT_EQ(replayed.end.hash, ensemble.by_id.at(id).end.hash) << name << " " << id;
      EXPECT_EQ(replayed.samples, ensemble.by_id.at(id).samples);
      EXPECT_EQ(log.events, replayed.end.events);
      EXPECT_GT(log.events, 50u);
      EXPECT_TRUE(log.in_order);
      EXPECT_TRUE(log.adds_up);
      EXPECT_LE(log.last, experiment.t_end);
    }
  }
}

}  // namespace
}  // namespace cristae::test
