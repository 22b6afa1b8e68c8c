// tests/conformance/bits_test.cpp - one contract hash for every ISA, thread count, form and split.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "host/cpu/cpu_engine.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

struct Case {
  char const* network;
  char const* condition;
  double t_end;
};

void PrintTo(Case const& c, std::ostream* out) { *out << c.network << " " << c.condition; }

class Bits : public testing::TestWithParam<Case> {
 protected:
  Network network = bundled(GetParam().network);
  RunOptions options(u64 trajectories) const {
    RunOptions o;
    o.condition = GetParam().condition;
    o.t_end = GetParam().t_end;
    o.trajectories = trajectories;
    o.seed = 20261121;
    return o;
  }
};

TEST_P(Bits, AreEqualForEveryInstructionSetAndThreadCount) {
  RunOptions o = options(100);
  u64 const expected = run(network, o).hash();
  for (std::string const& isa : usable_isas()) {
    for (u32 threads : {1u, 2u, 8u}) {
      o.isa = isa;
      o.threads = threads;
      auto const kept = run(network, o);
      EXPECT_EQ(kept.by_id.size(), 100u);
      EXPECT_EQ(kept.hash(), expected) << isa << " with " << threads << " threads";
    }
  }
}

TEST_P(Bits, AreEqualAtAwkwardSizesAndSplits) {
  // Per trajectory: hashes of larger ensembles begin with those of smaller ones. 1 and 3 run in the
  // one-lane form, the others in small and large blocks.
  auto const reference = run(network, options(129));
  for (u64 n : {1, 3, 31, 32, 33, 65, 128}) {
    auto const kept = run(network, options(n));
    ASSERT_EQ(kept.by_id.size(), n);
    for (auto const& [id, t] : kept.by_id) {
      EXPECT_EQ(t.end.hash, reference.by_id.at(id).end.hash) << "trajectory " << id << " of " << n;
      EXPECT_EQ(t.samples, reference.by_id.at(id).samples);
    }
  }
  RunOptions tail = options(40);
  tail.first = 89;
  for (auto const& [id, t] : run(network, tail).by_id)
    EXPECT_EQ(t.end.hash, reference.by_id.at(id).end.hash);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, Bits,
    testing::Values(Case{"birth_death", "", 20}, Case{"dimerisation", "", 5}, Case{"vilar", "", 2},
                    Case{"schloegl", "", 1}, Case{"telegraph", "", 50}, Case{"chain", "", 2},
                    Case{"isr", "mito", 40}, Case{"isr", "er_pulses", 150},
                    Case{"isr", "mito_pulse", 100}, Case{"mitophagy", "cccp", 100},
                    Case{"uprmt", "misfold", 20}, Case{"uprmt_cel", "etc", 20},
                    Case{"mam_ca", "agonist", 0.05}, Case{"coupled", "combo", 5},
                    Case{"rtg", "rho0", 40}, Case{"foxo_fly", "nd75_mild", 5},
                    Case{"retrograde", "exercise", 15}, Case{"perox", "at3", 3}));

TEST(Bits, AreThoseOfTheCommittedGoldenFile) {
  // Guards the contract itself: a change of these hashes is a change of the core version.
  std::ifstream golden(source_folder() + "/tests/conformance/golden_hashes.txt");
  ASSERT_TRUE(golden);
  std::string line;
  int checked = 0;
  while (std::getline(golden, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string name, condition;
    RunOptions o;
    u64 expected = 0;
    fields >> name >> condition >> o.t_end >> o.trajectories >> o.seed >> std::hex >> expected;
    ASSERT_TRUE(fields) << line;
    if (condition != "-") o.condition = condition;
    u64 const got = run(bundled(name), o).hash();
    EXPECT_EQ(got, expected) << line << "\n got " << std::hex << got;
    ++checked;
  }
  EXPECT_GE(checked, 10);
}

TEST(Bits, DoNotDependOnOtherTrajectoriesOfTheRun) {
  Network const network = bundled("telegraph");
  RunOptions o;
  o.trajectories = 50;
  o.t_end = 20;
  auto const all = run(network, o);
  for (u64 id : {0, 7, 49}) {
    RunOptions one = o;
    one.first = id;
    one.trajectories = 1;
    EXPECT_EQ(run(network, one).by_id.at(id).end.hash, all.by_id.at(id).end.hash);
  }
}

TEST(Bits, DifferBetweenSeedsAndBetweenTrajectories) {
  Network const network = bundled("birth_death");
  RunOptions o;
  o.trajectories = 200;
  auto const first = run(network, o);
  o.seed = 2;
  auto const second = run(network, o);
  std::map<u64, int> seen;
  for (Kept const* kept : {&first, &second})
    for (auto const& [id, t] : kept->by_id) ++seen[t.end.hash];
  EXPECT_EQ(seen.size(), 400u);
}

TEST(Bits, AreEqualInAllFormsWithABurnInAndManyStartingStates) {
  for (char const* name : {"telegraph", "isr"}) {
    Network const network = bundled(name);
    RunOptions o;
    o.t_end = 20;
    o.burn_in = 7.5;
    o.trajectories = 100;
    if (network.name == "isr") o.condition = "mito_pulse";
    for (u64 row = 0; row < 7; ++row)
      for (auto const& species : network.species)
        o.start_states.push_back(species.initial + i64(row));
    u64 const expected = run(network, o).hash();
    for (std::string const& isa : usable_isas()) {
      o.isa = isa;
      EXPECT_EQ(run(network, o).hash(), expected) << isa;
    }
    u64 one_by_one = 0;
    RunOptions one = o;
    one.trajectories = 1;
    for (one.first = 0; one.first < 100; ++one.first) one_by_one += run(network, one).hash();
    EXPECT_EQ(one_by_one, expected) << name;
    o.start_states.clear();
    EXPECT_NE(run(network, o).hash(), expected);
  }
}

TEST(BurnIn, IsTheSameTrajectorySampledLater) {
  Network const network = bundled("telegraph");
  RunOptions o;
  o.trajectories = 30;
  o.t_end = 12;
  o.sample_every = 1;
  o.burn_in = 8;
  auto const late = run(network, o);
  o.burn_in = 0;
  o.t_end = 20;
  auto const whole = run(network, o);
  for (auto const& [id, t] : late.by_id)
    for (usize s = 0; s < network.species.size(); ++s)
      for (usize k = 0; k <= 12; ++k)
        EXPECT_EQ(t.samples[s * 13 + k], whole.by_id.at(id).samples[s * 21 + k + 8]);
}

TEST(BurnIn, ComesBeforeChangesScheduledAtTimeZero) {
  Network const network = read_network_text(
      "[network]\nname = \"pulse\"\ntime_unit = \"s\"\n[species]\nX = 0\n[parameters]\nk = 100.0\n"
      "[reactions]\nout = { equation = \"X -> 0\", mass_action = \"k\" }\n"
      "[conditions.pulse]\nat = [ { time = 0, add = { X = 50 } } ]\n"
      "[run]\nt_end = 5\nsample_every = 5\n",
      "pulse.toml");
  for (char const* engine : {"cpu", "reference"}) {
    RunOptions o;
    o.engine = engine;
    o.condition = "pulse";
    o.burn_in = 10;
    auto const kept = run(network, o);
    EXPECT_EQ(kept.by_id.at(0).samples, (std::vector<double>{50, 0})) << engine;
    EXPECT_EQ(kept.by_id.at(0).end.time, 5) << engine;
  }
}

TEST(StartStates, AreTakenByTheTrajectoryNumberModuloTheirNumber) {
  Network const network = bundled("birth_death");
  for (char const* engine : {"cpu", "reference"}) {
    RunOptions o;
    o.engine = engine;
    o.trajectories = 10;
    o.first = 4;
    o.t_end = 1e-4;
    o.start_states = {100, 200, 20000000};  // the last one needs the wide form
    for (auto const& [id, t] : run(network, o).by_id)
      EXPECT_EQ(t.samples[0], double(o.start_states[id % 3])) << engine;
  }
}

TEST(Bits, AreEqualForIdsBeyond32Bits) {
  Network const network = bundled("dimerisation");
  RunOptions o;
  o.t_end = 5;
  o.first = (u64{1} << 40) + 12345;
  o.trajectories = 70;
  auto const many = run(network, o);
  o.trajectories = 1;
  EXPECT_EQ(run(network, o).by_id.begin()->second.end.hash, many.by_id.begin()->second.end.hash);
  o.first = 12345;
  EXPECT_NE(run(network, o).by_id.begin()->second.end.hash, many.by_id.begin()->second.end.hash);
}

}  // namespace
}  // namespace cristae::test
