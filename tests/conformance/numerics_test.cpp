// tests/conformance/numerics_test.cpp - large counts, empty states, faulty laws, budgets, schedules.
#include <gtest/gtest.h>

#include <cmath>

#include "host/core/block.hpp"
#include "host/cpu/cpu_engine.hpp"
#include "host/engine/tables.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

Network network_of(std::string const& body) {
  return read_network_text("[network]\nname = \"test\"\ntime_unit = \"s\"\n" + body, "test.toml");
}

/// The same ensemble in blocks of every ISA and one trajectory at a time.
void expect_all_forms_agree(Network const& network, RunOptions o) {
  auto const blocks = run(network, o);
  for (std::string const& isa : usable_isas()) {
    o.isa = isa;
    EXPECT_EQ(run(network, o).hash(), blocks.hash()) << isa;
  }
  o.isa.clear();
  u64 const n = o.trajectories;
  o.trajectories = 1;
  for (u64 i = 0; i < n; ++i) {
    o.first = i;
    EXPECT_EQ(run(network, o).by_id.at(i).end.hash, blocks.by_id.at(i).end.hash) << i;
  }
}

TEST(LargeCounts, GoOnExactlyBeyond2To24) {
  // 2^24 is crossed upwards by single births; float32 copy numbers would stop counting there.
  Network const network = network_of(R"toml(
[species]
X = 16760000
[parameters]
k = 40000.0
[reactions]
birth = { equation = "0 -> X", mass_action = "k" }
[run]
t_end = 2
sample_every = 0.5
)toml");
  RunOptions o;
  o.trajectories = 20;
  o.t_end = 2;
  auto const kept = run(network, o);
  for (auto const& [id, t] : kept.by_id) {
    EXPECT_EQ(t.end.status, TrajectoryStatus::completed);
    EXPECT_EQ(t.samples.back(), 16760000.0 + double(t.end.events));
    EXPECT_GT(t.samples.back(), 0x1p24);
  }
  expect_all_forms_agree(network, o);
}

TEST(LargeCounts, ScheduledAdditionsBeyond2To24AreExact) {
  Network const network = network_of(R"toml(
[species]
X = 5
[parameters]
d = 1e-6
[reactions]
death = { equation = "X -> 0", mass_action = "d" }
[conditions.flood]
at = [ { time = 1, add = { X = 9007199254740000 } }, { time = 1.00000001, add = { X = -9007199254730000 } } ]
[run]
t_end = 1.0000001
sample_every = 1.0000001
)toml");
  RunOptions o;
  o.condition = "flood";
  o.trajectories = 20;
  auto const kept = run(network, o);
  for (auto const& [id, t] : kept.by_id) {
    EXPECT_EQ(t.end.status, TrajectoryStatus::completed);
    EXPECT_EQ(t.samples.back(), 10005.0 - double(t.end.events));
  }
  expect_all_forms_agree(network, o);
}

TEST(LargeCounts, EndInOverflowBeyond2To53) {
  Network const network = network_of(R"toml(
[species]
X = 9007199254740990
[parameters]
k = 1.0
[reactions]
birth = { equation = "0 -> X", mass_action = "k" }
[run]
t_end = 100
sample_every = 50
)toml");
  RunOptions o;
  o.trajectories = 20;
  for (char const* engine : {"cpu", "reference"}) {
    o.engine = engine;
    for (auto const& [id, t] : run(network, o).by_id) {
      EXPECT_EQ(t.end.status, TrajectoryStatus::overflow);
      EXPECT_EQ(t.end.reaction, 0);
      EXPECT_EQ(t.end.state, std::vector<i64>{9007199254740992});
      EXPECT_LT(t.end.time, 100.0);
    }
  }
}

TEST(EmptyStates, AreAbsorbedAndHoldToTheEnd) {
  Network const network = network_of(R"toml(
[species]
X = 3
[parameters]
d = 1.0
[reactions]
death = { equation = "X -> 0", mass_action = "d" }
[run]
t_end = 1000
sample_every = 500
)toml");
  RunOptions o;
  o.trajectories = 70;
  for (char const* engine : {"cpu", "reference"}) {
    o.engine = engine;
    for (auto const& [id, t] : run(network, o).by_id) {
      EXPECT_EQ(t.end.status, TrajectoryStatus::absorbed);
      EXPECT_EQ(t.end.events, 3u);
      EXPECT_EQ(t.end.samples, 3u);
      EXPECT_EQ(t.samples, (std::vector<double>{3, 0, 0}));
    }
  }
}

TEST(EmptyStates, ComeBackToLifeByASchedule) {
  Network const network = network_of(R"toml(
[species]
X = 0
[parameters]
d = 1.0
[reactions]
death = { equation = "X -> 0", mass_action = "d" }
[conditions.feed]
at = [ { time = 5, add = { X = 4 } } ]
[run]
t_end = 10
sample_every = 5
)toml");
  RunOptions o;
  o.condition = "feed";
  o.trajectories = 40;
  for (char const* engine : {"cpu", "reference"}) {
    o.engine = engine;
    for (auto const& [id, t] : run(network, o).by_id) {
      EXPECT_EQ(t.samples[0], 0);
      EXPECT_EQ(t.samples[1], 4) << "a change at a sample time comes before the sample";
      EXPECT_EQ(t.samples[2], 4 - double(t.end.events));
    }
  }
}

TEST(EmptyStates, ALonelyPairReactionDoesNotFireBackwards) {
  // x (x - 1) is -0 at x = 0: the total is -0 and must not make a waiting time of -inf.
  Network const network = network_of(R"toml(
[species]
X = 4
[parameters]
k = 1.0
[reactions]
annihilation = { equation = "2 X -> 0", mass_action = "k" }
[run]
t_end = 1000
sample_every = 500
)toml");
  RunOptions o;
  o.trajectories = 70;
  for (auto const& [id, t] : run(network, o).by_id) {
    EXPECT_EQ(t.end.status, TrajectoryStatus::absorbed);
    EXPECT_EQ(t.end.events, 2u);
    EXPECT_EQ(t.samples.back(), 0);
  }
}

TEST(FaultyLaws, NegativePropensitiesEndOnlyTheirTrajectoryAndNameReactionTimeAndState) {
  Network const network = network_of(R"toml(
[species]
A = 0
B = 0
[parameters]
k = 1.0
top = 3.0
[reactions]
grow = { equation = "0 -> A", mass_action = "k" }
fade = { equation = "0 -> B", rate = "top - A" }
[run]
t_end = 4
sample_every = 1
)toml");
  RunOptions o;
  o.trajectories = 200;
  for (char const* engine : {"cpu", "reference"}) {
    o.engine = engine;
    int failed = 0, completed = 0;
    for (auto const& [id, t] : run(network, o).by_id) {
      if (t.end.status == TrajectoryStatus::bad_propensity) {
        ++failed;
        EXPECT_EQ(t.end.reaction, 1);
        EXPECT_EQ(t.end.state[0], 4);
        EXPECT_GT(t.end.time, 0.0);
        EXPECT_LT(t.end.time, 4.0);
        EXPECT_EQ(t.end.samples, u32(std::floor(t.end.time)) + 1);
      } else {
        ++completed;
        EXPECT_EQ(t.end.status, TrajectoryStatus::completed);
        EXPECT_LE(t.samples[4], 3);
      }
    }
    // P(Poisson(4) <= 3) = 0.4335: 87 of 200 expected, 5 standard deviations are 35.
    EXPECT_NEAR(completed, 87, 35);
    EXPECT_EQ(failed + completed, 200);
  }
}

TEST(FaultyLaws, UndefinedAndInfiniteValuesAreFoundInEveryForm) {
  Network const network = network_of(R"toml(
[species]
A = 5
[parameters]
k = 1.0
[reactions]
loss = { equation = "A -> 0", mass_action = "k" }
root = { equation = "0 -> A", rate = "sqrt(A - 3)" }
[run]
t_end = 100
sample_every = 10
)toml");
  RunOptions o;
  o.trajectories = 40;
  for (auto const& [id, t] : run(network, o).by_id) {
    EXPECT_EQ(t.end.status, TrajectoryStatus::bad_propensity);
    EXPECT_EQ(t.end.reaction, 1);
    EXPECT_EQ(t.end.state[0], 2);
  }
  expect_all_forms_agree(network, o);
  Network const infinite = network_of(R"toml(
[species]
A = 2
[parameters]
k = 1.0
[reactions]
loss = { equation = "A -> 0", rate = "k / A" }
[run]
t_end = 1e6
sample_every = 1e5
)toml");
  for (auto const& [id, t] : run(infinite, o).by_id) EXPECT_EQ(t.end.events, 2u);
}

TEST(FaultyLaws, LawsThatDoNotVanishAreGuarded) {
  // The pump's rate is constant; without the guard A would go negative.
  Network const network = network_of(R"toml(
[species]
A = 3
[parameters]
k = 5.0
[reactions]
pump = { equation = "2 A -> 0", rate = "k" }
[run]
t_end = 100
sample_every = 50
)toml");
  RunOptions o;
  o.trajectories = 40;
  for (auto const& [id, t] : run(network, o).by_id) {
    EXPECT_EQ(t.end.status, TrajectoryStatus::absorbed);
    EXPECT_EQ(t.samples.back(), 1);
  }
  Experiment const experiment = resolve(network, {});
  RunPlan plan;
  plan.experiment = &experiment;
  LawGraph const graph = build_law_graph(network);
  EXPECT_TRUE(Tables(graph, plan, {}).analysis()[0].guarded);
}

TEST(FaultyLaws, BundledNetworksNeedNoGuardsAndNoSignChecks) {
  for (char const* name : {"vilar", "chain", "dimerisation", "schloegl", "telegraph", "isr"}) {
    Network const network = bundled(name);
    Experiment const experiment = resolve(network, {});
    RunPlan plan;
    plan.experiment = &experiment;
    LawGraph const graph = build_law_graph(network);
    Tables const tables(graph, plan, {});
    for (usize j = 0; j < network.reactions.size(); ++j) {
      EXPECT_FALSE(tables.analysis()[j].guarded) << name << " " << network.reactions[j].id;
      EXPECT_FALSE(tables.analysis()[j].checked) << name << " " << network.reactions[j].id;
    }
  }
}

TEST(Budget, EndsRunawayTrajectoriesAfterExactlyThatManyEvents) {
  Network const network = network_of(R"toml(
[species]
X = 1
[parameters]
k = 1.0
[reactions]
explosion = { equation = "X -> 2 X", mass_action = "k" }
[run]
t_end = 1000
sample_every = 1
)toml");
  RunOptions o;
  o.trajectories = 70;
  o.max_events = 5001;
  for (char const* engine : {"cpu", "reference"}) {
    o.engine = engine;
    for (auto const& [id, t] : run(network, o).by_id) {
      EXPECT_EQ(t.end.status, TrajectoryStatus::budget);
      EXPECT_EQ(t.end.events, 5001u);
      EXPECT_EQ(t.end.state[0], 5002);
    }
  }
  o.engine = "cpu";
  expect_all_forms_agree(network, o);
}

TEST(Schedules, VaryingConstantsChangeOnlyFromTheirTimeOn) {
  Network const network = network_of(R"toml(
[species]
X = 0
[parameters]
k = 0.0
[reactions]
birth = { equation = "0 -> X", mass_action = "k" }
[conditions.pulse]
at = [ { time = 10, set = { k = 100 } }, { time = 20, set = { k = 0 } } ]
[run]
t_end = 30
sample_every = 5
)toml");
  RunOptions o;
  o.condition = "pulse";
  o.trajectories = 400;
  for (char const* engine : {"cpu", "reference"}) {
    o.engine = engine;
    double sum = 0;
    for (auto const& [id, t] : run(network, o).by_id) {
      EXPECT_EQ(t.samples[2], 0);
      EXPECT_GT(t.samples[3], 300);
      EXPECT_EQ(t.samples[4], t.samples[6]);
      sum += t.samples[6];
    }
    // Poisson(1000): the mean of 400 has sd 1.58; 5 sd.
    EXPECT_NEAR(sum / 400, 1000, 7.9) << engine;
  }
  o.engine = "cpu";
  o.trajectories = 70;
  expect_all_forms_agree(network, o);
}

TEST(Schedules, SampleTimesThatDifferByRoundingFromAChangeSeeIt) {
  // 600 * 0.1 is 60.00000000000001 in double.
  Network const network = network_of(R"toml(
[species]
X = 0
[parameters]
k = 0.0
[reactions]
birth = { equation = "0 -> X", mass_action = "k" }
[conditions.feed]
at = [ { time = 60, add = { X = 1 } } ]
[run]
t_end = 100
sample_every = 0.1
)toml");
  RunOptions o;
  o.condition = "feed";
  for (char const* engine : {"cpu", "reference"}) {
    o.engine = engine;
    auto const kept = run(network, o);
    EXPECT_EQ(kept.by_id.at(0).samples[599], 0) << engine;
    EXPECT_EQ(kept.by_id.at(0).samples[600], 1) << engine;
  }
}

/// Statuses and means of the cpu and reference engines on a network whose answer is known.
void expect_same_statuses(Network const& network, RunOptions o, TrajectoryStatus expected) {
  for (char const* engine : {"cpu", "reference"}) {
    o.engine = engine;
    Kept const kept = run(network, o);
    for (auto const& [id, t] : kept.by_id) EXPECT_EQ(t.end.status, expected) << engine << " " << id;
  }
}

TEST(Schedules, AChangeJustAfterTheStartShiftsNoOther) {
  Network const network = network_of(R"toml(
[species]
X = 0
[parameters]
k = 1.0
[reactions]
birth = { equation = "0 -> X", mass_action = "k" }
[conditions.c]
at = [ { time = 1e-9, set = { k = 10 } }, { time = 720, set = { k = 0 } } ]
[run]
t_end = 1440
sample_every = 720
)toml");
  RunOptions o;
  o.condition = "c";
  o.trajectories = 64;
  for (char const* engine : {"cpu", "reference"}) {
    o.engine = engine;
    for (auto const& [id, t] : run(network, o).by_id) {
      EXPECT_EQ(t.samples[0], 0);
      EXPECT_EQ(t.samples[1], t.samples[2]);
      EXPECT_NEAR(t.samples[2], 7200, 6 * 85) << engine;  // Poisson(7200)
    }
  }
}

TEST(FaultyLaws, MinusInfinityIsNoAbsorption) {
  // x (x - 1) is -0 at 0, so that this law is -inf there.
  Network const network = network_of(R"toml(
[species]
X = 0
Y = 5
[parameters]
k = 1.0
[reactions]
odd = { equation = "0 -> Y", rate = "k / (X * (X - 1))" }
decay = { equation = "Y -> 0", mass_action = "k" }
[run]
t_end = 10
sample_every = 10
)toml");
  RunOptions o;
  o.trajectories = 40;
  expect_same_statuses(network, o, TrajectoryStatus::bad_propensity);
}

TEST(FaultyLaws, AFallingFactorOfHalfCopiesIsWatched) {
  Network const network = network_of(R"toml(
[species]
Z = 1
X = 1
[parameters]
k = 1.0
h = 1.5
[reactions]
odd = { equation = "0 -> Z", rate = "k * Z * X * (X - h)" }
[run]
t_end = 10
sample_every = 10
)toml");
  RunOptions o;
  o.trajectories = 40;
  expect_same_statuses(network, o, TrajectoryStatus::bad_propensity);
}

TEST(FaultyLaws, HillFunctionsOfVaryingExponentSaturateInsteadOfOverflowing) {
  Network const network = network_of(R"toml(
[species]
X = 100000
N = 10
P = 0
[parameters]
k = 1.0
[reactions]
make = { equation = "0 -> P", rate = "k * hill(X, 1, N)" }
[run]
t_end = 100
sample_every = 100
)toml");
  RunOptions o;
  o.trajectories = 40;
  expect_same_statuses(network, o, TrajectoryStatus::completed);
}

TEST(FaultyLaws, PowersThatUnderflowAreZero) {
  Network const network = network_of(R"toml(
[species]
X = 1000000
Y = 1000000
Z = 1000000
P = 0
[parameters]
k = 1.0
half = 0.5
[reactions]
make = { equation = "0 -> P", rate = "k * half^(X * Y * Z)" }
[run]
t_end = 100
sample_every = 100
)toml");
  RunOptions o;
  o.trajectories = 40;
  expect_same_statuses(network, o, TrajectoryStatus::absorbed);
}

TEST(Schedules, IntervalsBeyondTheClockAreRefused) {
  Network const network = bundled("birth_death");
  RunOptions o;
  o.t_end = 1e39;
  o.sample_every = 1e39;
  EXPECT_THROW(run(network, o), Error);
}

TEST(Selection, OfTheDefinitionAloneGivesTheBitsOfTheFilter) {
  // A bound of everything sends each choice to the definition; the hash must not move.
  struct Host {
    u64 left;
    u64 id = 0, hash = 0;
    bool next(u32, core::Begin& begin) {
      if (left == 0) return false;
      --left;
      begin = {id++, 0, 0};
      return true;
    }
    void sample(u32, u32, core::NarrowCounts const&) {}
    void finished(u32, core::TrajectoryState const& t, core::Status, u32,
                  core::NarrowCounts const&) {
      hash += core::ensemble_term(t.hash, t.id);
    }
    void widen(u32, core::TrajectoryState const&, bool, core::NarrowCounts const&) {
      ADD_FAILURE();
    }
    bool pause(u32) { return false; }
  };
  for (auto const& [name, condition, t_end] :
       {std::tuple{"vilar", "", 2.0}, {"chain", "", 1.0}, {"isr", "er", 30.0}}) {
    Network const network = bundled(name);
    ExperimentRequest request;
    request.condition = condition;
    request.t_end = t_end;
    Experiment const experiment = resolve(network, request);
    RunPlan plan;
    plan.experiment = &experiment;
    LawGraph const graph = build_law_graph(network);
    Tables const tables(graph, plan, {1, true, false});
    core::Program const& program = tables.program();
    u64 hashes[2];
    for (int definition = 0; definition < 2; ++definition) {
      std::vector<float> registers(tables.register_count()), propensities(program.reactions),
          tree(40);
      float floats[4] = {};
      u32 words[16] = {};
      core::u64 hash = 0;
      core::Block const block{
          1,          registers.data(), propensities.data(), tree.data(), &floats[0], &floats[1],
          &words[0],  &words[1],        &words[2],           &words[3],   &words[4],  &words[5],
          &floats[2], &floats[3],       &words[9],           &hash,       &words[10], &words[11],
          &words[12], &words[13],       &words[14],          &words[15]};
      Host host{5};
      core::BlockRunner<core::ScalarLane, 1, Host> runner(program, block, host, 11, u64{1} << 40);
      if (definition) runner.bound = {2.0f};
      runner.run();
      hashes[definition] = host.hash;
    }
    EXPECT_EQ(hashes[0], hashes[1]) << name;
    RunOptions o;
    o.condition = condition;
    o.t_end = t_end;
    o.trajectories = 5;
    o.seed = 11;
    EXPECT_EQ(run(network, o).hash(), hashes[0]) << name;
  }
}

}  // namespace
}  // namespace cristae::test
