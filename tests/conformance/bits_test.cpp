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
                    Case{"mam_ca", "agonist", 0.05}, Case{"coupled", "combo", 5}));

TEST(Bits, AreThoseOfTheCommittedGoldenFile) {
  // Guards the contract itself: a change of these hashes is a change of the core version.
  std::ifstream golden(std::string(CRISTAE_SOURCE_TESTS) + "/conformance/golden_hashes.txt");
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
