// tests/conformance/sisters_test.cpp - families of trajectories that are one until they part.
#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/cpu_engine.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

RunOptions family_of(u64 sisters, double fork_at, u64 trajectories) {
  RunOptions o;
  o.sisters = sisters;
  o.fork_at = fork_at;
  o.trajectories = trajectories;
  o.seed = 20261122;
  return o;
}

/// How many of the first samples are equal, in all species.
usize common_samples(Kept::Trajectory const& a, Kept::Trajectory const& b, usize species) {
  usize const samples = a.samples.size() / species;
  for (usize k = 0; k < samples; ++k)
    for (usize s = 0; s < species; ++s)
      if (a.samples[s * samples + k] != b.samples[s * samples + k]) return k;
  return samples;
}

TEST(Sisters, AreOneUntilTheyPartAndStrangersToOtherFamilies) {
  Network const network = bundled("vilar");
  RunOptions o = family_of(3, 1.05, 60);
  o.t_end = 2;
  o.sample_every = 0.1;
  auto const kept = run(network, o);
  usize const species = network.species.size();
  for (u64 first = 0; first < 60; first += 3)
    for (u64 sister = 1; sister < 3; ++sister) {
      usize const common =
          common_samples(kept.by_id.at(first), kept.by_id.at(first + sister), species);
      EXPECT_GE(common, 11u) << "t = 0, 0.1, ... 1.0";
      EXPECT_LE(common, 13u) << "hundreds of events later";
      EXPECT_LT(common_samples(kept.by_id.at(first), kept.by_id.at((first + 3) % 60), species), 3u);
    }
}

TEST(Sisters, TheFirstOneIsAPlainTrajectoryUntilThen) {
  Network const network = bundled("vilar");
  RunOptions plain = family_of(1, -1, 31);
  plain.t_end = 1;
  plain.sample_every = 0.1;
  RunOptions families = plain;
  families.sisters = 5;
  families.fork_at = 0.95;
  auto const alone = run(network, plain), kept = run(network, families);
  for (u64 id = 0; id < 31; ++id)
    EXPECT_GE(
        common_samples(kept.by_id.at(id), alone.by_id.at(id - id % 5), network.species.size()),
        10u);
}

TEST(Sisters, HaveTheSameBitsInAllFormsAndSplits) {
  for (char const* name : {"telegraph", "vilar", "isr"}) {
    SCOPED_TRACE(name);
    Network const network = bundled(name);
    RunOptions o = family_of(4, network.name == "vilar" ? 0.7 : 12.5, 100);
    o.t_end = network.name == "vilar" ? 1.5 : 20;
    if (network.name == "isr") {
      o.condition = "mito_pulse";
      o.vary = {"all"};
    }
    auto const all = run(network, o);
    for (Code const code : {Code::table, Code::automatic})
      for (std::string const& isa : usable_isas()) {
        RunOptions other = o;
        other.isa = isa;
        other.code = code;
        EXPECT_EQ(run(network, other).hash(), all.hash()) << isa;
      }
    for (u64 first : {0, 1, 37, 99}) {
      RunOptions one = o;
      one.first = first;
      one.trajectories = 1;
      EXPECT_EQ(run(network, one).by_id.at(first).end.hash, all.by_id.at(first).end.hash);
    }
  }
}

TEST(Sisters, OfACellHaveItsFactors) {
  Network const network = bundled("isr");
  RunOptions o = family_of(2, 0.5, 40);
  o.t_end = 0.4 * 2;
  o.vary = {"all"};
  auto const kept = run(network, o);
  for (u64 first = 0; first < 40; first += 2)
    EXPECT_EQ(kept.by_id.at(first).samples[0], kept.by_id.at(first + 1).samples[0]);
  o.replicates = 3;
  EXPECT_THROW(run(network, o), Error);
}

TEST(Sisters, AreRefusedWhereTheyCannotPart) {
  Network const network = bundled("telegraph");
  for (auto const& [sisters, fork_at, burn_in] :
       std::vector<std::tuple<u64, double, double>>{{2, -1, 0},
                                                    {1, 3, 0},
                                                    {2, 0, 0},
                                                    {2, 10, 0},
                                                    {2, 11, 0},
                                                    {0, 3, 0},
                                                    {2'000'000, 3, 0}}) {
    RunOptions o = family_of(sisters, fork_at, 2);
    o.t_end = 10;
    o.burn_in = burn_in;
    EXPECT_THROW(run(network, o), Error) << sisters << " " << fork_at;
  }
  RunOptions o = family_of(2, 0, 2);
  o.t_end = 10;
  o.burn_in = 1;
  EXPECT_NO_THROW(run(network, o)) << "after a burn-in they may part at 0";
}

// Immigration and death at rest: counts of sisters correlate by exp(-2 d (t - t0)), all of a family
// have the same law, Poisson. With 20,000 families the standard error of a correlation r is
// (1 - r^2) / sqrt(20000) < 0.0071: a false alarm at 4.5 of them is 7e-6 per correlation.
TEST(Sisters, ForgetTheirCommonPastAsTheyShould) {
  Network const network = read_network_text(R"toml([network]
name = "rest"
time_unit = "s"
[parameters]
k = 20.0
d = 1.0
[species]
X = 20
[reactions]
birth = { equation = "0 -> X", mass_action = "k" }
death = { equation = "X -> 0", mass_action = "d" }
[run]
t_end = 1.5
sample_every = 0.25
)toml",
                                            "rest.toml");
  for (std::string const engine : {"cpu", "reference"}) {
    RunOptions o = family_of(2, 0.5, 40'000);
    o.engine = engine;
    o.burn_in = 10;
    auto const kept = run(network, o);
    for (usize k = 0; k < 7; ++k) {
      double sum = 0, squares = 0, products = 0;
      for (u64 first = 0; first < 40'000; first += 2) {
        double const a = kept.by_id.at(first).samples[k] - 20;
        double const b = kept.by_id.at(first + 1).samples[k] - 20;
        sum += a + b;
        squares += a * a + b * b;
        products += a * b;
      }
      double const mean = sum / 40'000, variance = squares / 40'000 - mean * mean;
      double const expected = std::exp(-2 * std::max(0.0, 0.25 * double(k) - 0.5));
      double const found = (products / 20'000 - mean * mean) / variance;
      EXPECT_NEAR(found, expected, 4.5 * 0.0071 * (1 - expected * expected) + 1e-12)
          << engine << " at t = " << 0.25 * double(k);
      EXPECT_NEAR(mean, 0, 4.5 * std::sqrt(20.0 / 20'000));
      EXPECT_NEAR(variance, 20, 4.5 * 20 * std::sqrt(2.05 / 20'000));
    }
  }
}

}  // namespace
}  // namespace cristae::test
