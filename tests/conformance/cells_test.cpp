// tests/conformance/cells_test.cpp - a cell is the network with its values: the same bits as --set gives.
#include "host/engine/cells.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/cpu_engine.hpp"
#include "host/model/twin.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

struct Case {
  char const* network;
  char const* condition;
  double t_end;
  std::vector<std::string> vary;
};

void PrintTo(Case const& c, std::ostream* out) { *out << c.network << " " << c.condition; }

class CellBits : public testing::TestWithParam<Case> {
 protected:
  Network network = bundled(GetParam().network);
  RunOptions options(u64 trajectories) const {
    RunOptions o;
    o.condition = GetParam().condition;
    o.t_end = GetParam().t_end;
    o.trajectories = trajectories;
    o.seed = 20261121;
    o.vary = GetParam().vary;
    return o;
  }
  Experiment experiment() const {
    ExperimentRequest request;
    request.condition = GetParam().condition;
    request.t_end = GetParam().t_end;
    request.vary = GetParam().vary;
    request.cell_seed = 20261121;
    return resolve(network, request);
  }
};

TEST_P(CellBits, AreThoseOfTheNetworkWithTheCellsValues) {
  auto const varied = run(network, options(70));
  auto const e = experiment();
  Cells const cells(e);
  u64 different = 0;
  auto const plain = [&] {
    auto o = options(70);
    o.vary.clear();
    return run(network, o);
  }();
  for (u64 const id : {0, 1, 17, 64, 69}) {
    auto const factors = cells.factors(id);
    Network of_cell = network;
    auto initial = cells.initial(id, factors);
    RunOptions o = options(1);
    o.vary.clear();
    o.first = id;
    o.start_states = initial;
    // Every scheduled value as well: the whole experiment in the cell's parameters.
    Experiment own = e;
    own.cells = {};
    own.initial = initial;
    for (usize g = 0; g < own.segments.size(); ++g)
      own.segments[g].parameters = cells.parameters(0, factors, g);
    RunPlan plan;
    plan.experiment = &own;
    plan.first = id;
    plan.seed = o.seed;
    plan.threads = 1;
    Keeper keeper;
    RunControl control;
    make_engine("cpu", plan)->run(keeper, control);
    auto const& expected = keeper.kept.by_id.at(id);
    EXPECT_EQ(varied.by_id.at(id).end.hash, expected.end.hash) << "trajectory " << id;
    EXPECT_EQ(varied.by_id.at(id).samples, expected.samples);
    different += expected.end.hash != plain.by_id.at(id).end.hash;
  }
  EXPECT_GE(different, 4u) << "the cells hardly differ from the network";
}

TEST_P(CellBits, AreEqualForEveryInstructionSetFormAndSplit) {
  auto const expected = run(network, options(70));
  for (auto const& isa : usable_isas())
    for (u64 const n : {1, 3, 33, 70}) {
      auto o = options(n);
      o.isa = isa;
      o.threads = n == 70 ? 3 : 1;
      auto const kept = run(network, o);
      ASSERT_EQ(kept.by_id.size(), n);
      for (auto const& [id, t] : kept.by_id)
        EXPECT_EQ(t.end.hash, expected.by_id.at(id).end.hash) << isa << " " << id << " of " << n;
    }
}

TEST_P(CellBits, OfReplicatesShareTheCell) {
  auto o = options(12);
  o.replicates = 4;
  auto const kept = run(network, o);
  auto e = experiment();
  e.cells.replicates = 4;
  Cells const cells(e);
  EXPECT_EQ(cells.cell_of(3), 0u);
  EXPECT_EQ(cells.cell_of(4), 1u);
  // The first trajectory of cell 0 is that of the run without replicates.
  EXPECT_EQ(kept.by_id.at(0).end.hash, run(network, options(1)).by_id.at(0).end.hash);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, CellBits,
    testing::Values(
        Case{"birth_death", "", 20, {"birth_rate=lognormal(cv=0.5)"}},
        Case{"telegraph", "", 20, {"on+off=gamma(cv=0.7)", "s=discrete(values=0.5:1.5)"}},
        Case{"chain", "", 1, {"k_forward=uniform(cv=0.3)"}}, Case{"isr", "mito", 40, {"all"}},
        Case{"isr", "er_pulses", 150, {"all", "er_stress=lognormal(cv=0.4)"}},
        Case{"uprmt", "misfold", 10, {"all"}}, Case{"mam_ca", "agonist", 0.05, {"all"}},
        Case{"mitophagy", "cccp", 60, {"all"}}));

TEST(CellBits, OfASweepAreThoseOfEachSet) {
  auto const network = bundled("telegraph");
  RunOptions o;
  o.trajectories = 37;
  o.first = 5;
  o.t_end = 10;
  o.seed = 3;
  o.vary = {"d=lognormal(cv=0.2)"};
  auto sweep = o;
  sweep.swept = {"on", "s"};
  sweep.sets = {{0.5, 100}, {1.5, 50}, {0, 20}};
  for (auto const& isa : usable_isas()) {
    sweep.isa = isa;
    auto const all = run(network, sweep);
    ASSERT_EQ(all.by_id.size(), 3u * 37u);
    for (usize s = 0; s < 3; ++s) {
      auto set = o;
      set.set = {{"on", sweep.sets[s][0]}, {"s", sweep.sets[s][1]}};
      for (auto const& [id, t] : run(network, set).by_id) {
        auto const& got = all.by_id.at(5 + s * 37 + (id - 5));
        EXPECT_EQ(got.end.hash, t.end.hash) << isa << " set " << s << " trajectory " << id;
        EXPECT_EQ(got.samples, t.samples);
      }
    }
  }
}

TEST(CellBits, AreRightWhereValuesStandInAnyOrder) {
  // Ranges decide what a law needs: here whether the maximum is there, and a check of its sign.
  auto const network = read_network_text(R"toml([network]
name = "n"
time_unit = "h"
[parameters]
k = 1
f = 1
[species]
A = 10
B = 0
[reactions]
make = { equation = "0 -> B", rate = "max(A, k)" }
turn = { equation = "0 -> A", rate = "k * (2 - f) + 1" }
[run]
t_end = 1
sample_every = 1
)toml",
                                         "n.toml");
  RunOptions o;
  o.trajectories = 60;
  o.vary = {"k=discrete(values=0:100:0, weights=1:8:1)"};
  auto const kept = run(network, o);
  for (double const value : {0.0, 100.0}) {
    auto set = o;
    set.vary.clear();
    set.set = {{"k", value}};
    auto const plain = run(network, set);
    u64 equal = 0;
    for (auto const& [id, t] : kept.by_id) equal += t.end.hash == plain.by_id.at(id).end.hash;
    EXPECT_GT(equal, 0u) << value;
  }
  o.vary = {"f=table(values=1:5:1)"};
  o.set = {{"k", 3}};
  u64 bad = 0;
  for (auto const& [id, t] : run(network, o).by_id)
    bad += t.end.status == TrajectoryStatus::bad_propensity;
  EXPECT_GT(bad, 3u);  // a third; fewer than 4 by chance in one of 1e7 seeds
}

TEST(CellBits, OfTwinsStartAlike) {
  auto const network = bundled("telegraph");
  ExperimentRequest request;
  request.vary = {"M=lognormal(cv=1)"};
  auto const twinned = with_twins(network, {"M"}).network;
  auto const e = resolve(twinned, request);
  ASSERT_EQ(e.cells.quantities.size(), 1u);
  EXPECT_EQ(e.cells.quantities[0].species.size(), 2u);
}

TEST(CellBits, AValueThatNoLawMayHaveEndsTheTrajectory) {
  // hill() needs K > 0; a factor of 0 takes it away from some cells.
  auto const network = read_network_text(R"toml([network]
name = "n"
time_unit = "h"
[parameters]
K = 5
[species]
A = 10
[reactions]
make = { equation = "0 -> A", rate = "3 * hill(A, K, 2)" }
lose = { equation = "A -> 0", mass_action = "1" }
[run]
t_end = 1
sample_every = 1
)toml",
                                         "n.toml");
  RunOptions o;
  o.trajectories = 100;
  o.vary = {"K=discrete(values=0:1)"};
  u64 bad = 0;
  for (auto const& [id, t] : run(network, o).by_id)
    bad += t.end.status == TrajectoryStatus::bad_propensity;
  EXPECT_GT(bad, 20u);  // half; fewer than 21 by chance in one of 1e9 seeds
  EXPECT_LT(bad, 80u);
}

}  // namespace
}  // namespace cristae::test
