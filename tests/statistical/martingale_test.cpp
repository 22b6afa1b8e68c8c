// tests/statistical/martingale_test.cpp - firings against integrated propensities, reaction by reaction.
//
// The family-wise p-value of host/stats/martingale.hpp holds at any size, so each check has the
// false-alarm rate that it states: 1e-6 over all networks of this file. A fault of 1 % shifts Z of a
// reaction by sqrt(firings) / 100, by 10 for a million firings; it is seen above 7.3, so with a
// chance of 99.6 %. The numbers of trajectories make the reaction named fire a million times.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/replays.hpp"

namespace cristae::test {
namespace {

struct Case {
  char const* network;
  char const* condition;
  double t_end;
  u64 trajectories;
  char const* fast;  ///< the reaction in which 1 % must be seen; empty: none fires often enough
};

void PrintTo(Case const& c, std::ostream* out) { *out << c.network << " " << c.condition; }

constexpr double file_rate = 1e-6;

Case const cases[] = {{"isr", "", 240, 6, ""},
                      {"isr", "mito_pulse", 240, 185, "reporter_decay"},
                      {"mitophagy", "", 720, 6, ""},
                      {"mitophagy", "pulses", 300, 310, "depolarisation"},
                      {"uprmt", "", 300, 4, ""},
                      {"uprmt", "misfold_pulse", 600, 10, "ros_removal"},
                      {"uprmt_cel", "", 600, 29, "ros_production"},
                      {"mam_ca", "", 1, 4, ""},
                      {"mam_ca", "agonist_step", 21, 5, "er_leak"},
                      {"coupled", "", 200, 4, ""},
                      {"coupled", "pulse_fccp", 240, 32, "ros_removal"},
                      {"birth_death", "", 50, 2600, "death"},
                      {"dimerisation", "", 50, 26000, "dimerisation"},
                      {"telegraph", "", 20, 5700, "transcription"},
                      {"schloegl", "", 10, 60, "autocatalysis"},
                      {"vilar", "", 100, 13, "activator_translation"},
                      {"chain", "", 100, 20, ""}};

class Martingale : public testing::TestWithParam<Case> {};

TEST_P(Martingale, OfEveryReactionIsZeroOnAverageAndSeesOnePercent) {
  Case const& c = GetParam();
  Network const network = bundled(c.network);
  RunOptions o;
  o.condition = c.condition;
  o.t_end = c.t_end;
  o.sample_every = c.t_end;
  o.trajectories = c.trajectories;
  o.seed = 20261121;
  std::vector<Network> watched{network};
  bool const plants = *c.fast != '\0';
  usize const fast = plants ? reaction_named(network, c.fast) : 0;
  if (plants) watched.push_back(with_rate(network, fast, 1.01));
  auto const results = follow(network, o, watched);
  double const rate = file_rate / double(std::size(cases));
  auto const found = martingale_finding(results[0], rate);
  EXPECT_FALSE(found) << to_string(*found);
  EXPECT_EQ(results[0].trajectories, c.trajectories);
  if (!plants) return;
  EXPECT_GE(results[0].reactions[fast].firings, 1000000u);
  EXPECT_EQ(results[1].faults, 0u);
  EXPECT_LT(results[1].p_value, rate)
      << "1 % in " << c.fast << " is missed, z = " << results[1].reactions[fast].z;
  EXPECT_LT(results[1].reactions[fast].z, -6);
}

INSTANTIATE_TEST_SUITE_P(Networks, Martingale, testing::ValuesIn(cases));

TEST(Martingale, SeesABiasOfTheChoiceThatLeavesTheTotalAsItIs) {
  // 2 % more of one reaction and 2 % less of the other: no waiting time tells.
  Network const network = read_network_text(
      "[network]\nname = \"bias\"\ntime_unit = \"s\"\n[species]\nA = 0\nB = 0\n[reactions]\n"
      "a = { equation = \"0 -> A\", mass_action = \"100\" }\n"
      "b = { equation = \"0 -> B\", mass_action = \"100\" }\n"
      "[run]\nt_end = 100\nsample_every = 100\n",
      "bias.toml");
  RunOptions o;
  o.trajectories = 40;  // 4e5 firings of each: 2 % is z = 12
  auto const results =
      follow(network, o, {network, with_rate(with_rate(network, 0, 1.02), 1, 0.98)});
  EXPECT_GT(results[0].p_value, 1e-6);
  EXPECT_LT(results[1].p_value, 1e-6);
  EXPECT_LT(results[1].reactions[0].z, -8);
  EXPECT_GT(results[1].reactions[1].z, 8);
  EXPECT_LT(std::fabs(results[1].total.z), 5.73);
}

TEST(Martingale, HoldsThroughABurnInAndFromManyStartingStates) {
  Network const network = bundled("telegraph");
  RunOptions o;
  o.trajectories = 3000;
  o.burn_in = 5;
  o.t_end = 5;
  o.sample_every = 5;
  o.start_states = {1, 0, 0, 0, 1, 50, 1, 0, 400};
  auto const results = follow(network, o, {network, with_rate(network, 2, 1.02)});
  auto const found = martingale_finding(results[0], 1e-6);
  EXPECT_FALSE(found) << to_string(*found);
  EXPECT_LT(results[1].p_value, 1e-6);
}

TEST(Martingale, HoldsWhenTrajectoriesStopAfterAGivenNumberOfEvents) {
  // Which trajectories reach how far depends on what fired; the number of events is a stopping time.
  Network const network = bundled("schloegl");
  RunOptions o;
  o.trajectories = 4000;
  o.max_events = 1000;
  auto const results = follow(network, o, {network, with_rate(network, 0, 1.01)});
  auto const found = martingale_finding(results[0], 1e-6);
  EXPECT_FALSE(found) << to_string(*found);
  EXPECT_EQ(results[0].events, 4000000u);
  EXPECT_LT(results[1].p_value, 1e-6);
}

}  // namespace
}  // namespace cristae::test
