// tests/conformance/stoichiometry_test.cpp - every sample is the start plus what the counted reactions did.
#include <gtest/gtest.h>

#include "host/cpu/cpu_engine.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

struct Form {
  char const* engine;
  u64 trajectories;
};

/// x = x0 + stoichiometry * firings holds to the last copy, for every conserved total, too.
void expect_balance(Network const& network, Form form) {
  ExperimentRequest request;
  request.samples = 10;
  Experiment experiment = resolve(network, request);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.trajectories = form.trajectories;
  plan.threads = 1;
  plan.max_events = 20000;
  for (u32 j = 0; j < network.reactions.size(); ++j)
    plan.counted_reactions.push_back(ReactionId(j));
  Keeper keeper;
  RunControl control;
  make_engine(form.engine, plan)->run(keeper, control);
  usize const species = network.species.size(), times = experiment.sample_times.size();
  u64 fired = 0;
  for (auto const& [id, t] : keeper.kept.by_id) {
    for (usize k = 0; k < t.end.samples; ++k) {
      std::vector<double> x(experiment.initial.begin(), experiment.initial.end());
      double firings = 0;
      for (usize j = 0; j < network.reactions.size(); ++j) {
        double const count = t.samples[(species + j) * times + k];
        firings += count;
        for (auto const& p : network.reactions[j].reactants)
          x[u32(p.species)] -= count * double(p.count);
        for (auto const& p : network.reactions[j].products)
          x[u32(p.species)] += count * double(p.count);
      }
      for (usize s = 0; s < species; ++s)
        ASSERT_EQ(t.samples[s * times + k], x[s]) << network.name << " " << form.engine << " "
                                                  << network.species[s].id << " sample " << k;
      ASSERT_LE(firings, double(t.end.events));
      if (k + 1 == times) {
        ASSERT_EQ(firings, double(t.end.events));
        fired += t.end.events;
      }
    }
  }
  if (keeper.kept.by_id.at(0).end.status != TrajectoryStatus::budget) {
    EXPECT_GT(fired, 0u);
  }
}

class Stoichiometry : public testing::TestWithParam<char const*> {};

TEST_P(Stoichiometry, AndCountedFiringsExplainEverySample) {
  Network network = bundled(GetParam());
  // About 2,000 events of each trajectory, so that all samples are reached.
  RunOptions pilot;
  pilot.max_events = 2000;
  auto const end = run(network, pilot).by_id.at(0).end;
  network.run.t_end = std::min(network.run.t_end, end.time);
  for (Form const form : {Form{"cpu", 64}, {"cpu", 1}, {"reference", 2}})
    expect_balance(network, form);
}

INSTANTIATE_TEST_SUITE_P(Networks, Stoichiometry,
                         testing::Values("birth_death", "dimerisation", "vilar", "schloegl",
                                         "telegraph", "chain", "isr", "mitophagy", "uprmt",
                                         "uprmt_cel", "mam_ca", "coupled"));

}  // namespace
}  // namespace cristae::test
