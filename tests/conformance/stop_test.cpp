// tests/conformance/stop_test.cpp - a condition ends trajectories at the same event in every form.
//
// What is right is told by the trajectory that goes on: its replay, event by event, and the condition
// evaluated in double from its syntax tree.
#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/cpu_engine.hpp"
#include "host/jit/host_compiler.hpp"
#include "host/model/evaluate.hpp"
#include "tests/support/equal_ends.hpp"
#include "tests/support/replays.hpp"

namespace cristae::test {
namespace {

/// Where a trajectory is to stop.
struct Passage {
  bool happens = false;
  u64 events = 0;
  double time = 0;
};

/// Looks for the first state in which a condition holds, in a replay without it.
class Lookout final : public EventLog {
 public:
  Lookout(Experiment const& experiment, StateCondition const& condition)
      : experiment_(experiment), condition_(condition) {}

  void event(u64 number, double time, ReactionId, std::span<i64 const> counts) override {
    if (found.happens || time < 0) return;
    std::vector<double> const x(counts.begin(), counts.end());
    if (!holds(x)) return;
    found = {true, number, time};
  }
  bool holds(std::vector<double> const& x) const {
    ExpressionValues values{x, experiment_.segments.front().parameters, {}, {}};
    auto const rules = evaluate_rules(*experiment_.network, values);
    values.rules = rules;
    return evaluate(condition_.expression, values) != 0;
  }
  Passage found;

 private:
  Experiment const& experiment_;
  StateCondition const& condition_;
};

struct Case {
  char const* network;
  char const* condition;
  char const* stop_when;
  double t_end;
};

void PrintTo(Case const& c, std::ostream* out) { *out << c.network << " " << c.stop_when; }

class Stop : public testing::TestWithParam<Case> {
 protected:
  Network network = bundled(GetParam().network);
  RunOptions options(u64 trajectories) const {
    RunOptions o;
    o.condition = GetParam().condition;
    o.t_end = GetParam().t_end;
    o.stop_when = GetParam().stop_when;
    o.trajectories = trajectories;
    o.seed = 20261121;
    o.max_events = 100000;
    return o;
  }
};

TEST_P(Stop, HasTheSameBitsForEveryInstructionSetCodeAndSize) {
  RunOptions o = options(1000);
  o.code = Code::table;
  auto const expected = run(network, o);
  u64 stopped = 0;
  for (auto const& [id, t] : expected.by_id)
    stopped += t.end.status == TrajectoryStatus::stopped ? 1 : 0;
  EXPECT_GT(stopped, 100u);
  std::vector<Code> codes{Code::table};
  if (find_host_compiler()) codes.push_back(Code::generated);
  for (std::string const& isa : usable_isas()) {
    for (Code const code : codes) {
      if (code == Code::generated && isa == "baseline") continue;  // its compiler's text is avx2's
      o.isa = isa;
      o.code = code;
      for (u64 const n : {1, 2, 31, 33, 1000}) {
        o.trajectories = n;
        o.threads = n == 1000 ? 2 : 1;
        expect_equal(
            run(network, o), expected,
            isa + (code == Code::table ? " tables, " : " generated, ") + std::to_string(n));
      }
    }
  }
}

TEST_P(Stop, IsTheEventAfterWhichTheConditionFirstHolds) {
  RunOptions o = options(33);
  auto const stopped = run(network, o);
  Experiment const experiment = experiment_of(network, o);
  o.stop_when.clear();
  auto const whole = run(network, o);
  Experiment const without = experiment_of(network, o);
  u64 happened = 0;
  for (auto const& [id, t] : stopped.by_id) {
    RunPlan plan;
    plan.experiment = &without;
    plan.seed = o.seed;
    plan.first = id;
    plan.max_events = o.max_events;
    Lookout lookout(experiment, experiment.stop_when);
    EndOnly sink;
    RunControl control;
    replay_trajectory(plan, lookout, sink, control);
    auto const& end = t.end;
    if (!lookout.found.happens) {
      EXPECT_EQ(end.hash, whole.by_id.at(id).end.hash) << id;
      continue;
    }
    ++happened;
    EXPECT_EQ(end.status, TrajectoryStatus::stopped) << id;
    EXPECT_EQ(end.events, lookout.found.events) << id;
    EXPECT_EQ(end.time, lookout.found.time) << id;
    EXPECT_TRUE(lookout.holds({end.state.begin(), end.state.end()})) << id;
    // Samples up to it, and those are the same.
    auto const& times = experiment.sample_times;
    usize reached = 0;
    while (reached < times.size() && times[reached] <= end.time) ++reached;
    EXPECT_EQ(end.samples, reached) << id;
    for (usize s = 0; s < network.species.size(); ++s)
      for (usize k = 0; k < reached; ++k)
        ASSERT_EQ(t.samples[s * times.size() + k],
                  whole.by_id.at(id).samples[s * times.size() + k]);
    // And its own replay ends there.
    plan.experiment = &experiment;
    Lookout own(experiment, experiment.stop_when);
    replay_trajectory(plan, own, sink, control);
    EXPECT_EQ(sink.end.hash, end.hash) << id;
    EXPECT_EQ(sink.end.events, own.found.events) << id;
  }
  EXPECT_GT(happened, 3u);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, Stop,
    testing::Values(Case{"telegraph", "", "M >= 20", 20},
                    Case{"telegraph", "", "not (M + 3*G_on < 12) and (G_off == 1 or M > 40)", 20},
                    Case{"telegraph", "", "M == 7 or 2*M - 5*G_on >= 41", 20},
                    Case{"birth_death", "", "X <= 96", 5}, Case{"chain", "", "S1 < 14", 1},
                    Case{"schloegl", "", "X > 400 or X < 120", 2},
                    Case{"dimerisation", "", "5*P2 - P >= 10", 5}));

// ---- places where it comes true --------------------------------------------------------------

/// X decays; a pulse adds to it at 2, which is a sample time, and at 2.5, which is none.
Network const& pulses() {
  static Network const network = read_network_text(
      "[network]\nname = \"pulses\"\ntime_unit = \"s\"\n[species]\nX = 10\n"
      "[parameters]\nk = 0.3\n[reactions]\n"
      "out = { equation = \"X -> 0\", mass_action = \"k\" }\n"
      "[conditions.at_sample]\nat = [ { time = 2, add = { X = 50 } } ]\n"
      "[conditions.between]\nat = [ { time = 2.5, add = { X = 50 } } ]\n"
      "[conditions.at_end]\nat = [ { time = 4, add = { X = 50 } } ]\n"
      "[conditions.at_start]\nat = [ { time = 0, add = { X = 50 } } ]\n"
      "[conditions.stronger]\nat = [ { time = 1, set = { k = 1 } } ]\n"
      "[run]\nt_end = 4\nsample_every = 1\n",
      "pulses.toml");
  return network;
}

struct Place {
  char const* condition;
  char const* stop_when;
  double t_end, burn_in;
  double time;
  u32 samples;
};

TEST(StopAtAStop, IsAtTheTimeOfTheChangeAndBehindItsSample) {
  for (Place const& p : {Place{"at_sample", "X >= 40", 4, 0, 2, 3},
                         {"between", "X >= 40", 4, 0, 2.5, 3},
                         {"at_end", "X >= 40", 4, 0, 4, 5},
                         {"at_start", "X >= 40", 4, 0, 0, 1},
                         {"at_start", "X >= 40", 0, 0, 0, 1},
                         {"at_start", "X >= 40", 4, 3, 0, 1},
                         {"", "X <= 10", 4, 0, 0, 1},
                         {"", "X <= 10", 0, 0, 0, 1},
                         {"", "X <= 10", 4, 3, 0, 1},
                         {"", "X <= 10", 0, 3, 0, 1},
                         {"at_sample", "X >= 40", 4, 3, 2, 3}}) {
    for (char const* engine : {"cpu", "reference"}) {
      for (u64 const n : {1, 40}) {
        RunOptions o;
        o.engine = engine;
        o.condition = p.condition;
        o.stop_when = p.stop_when;
        o.t_end = p.t_end;
        if (p.t_end > 0) o.sample_every = 1;
        o.burn_in = p.burn_in;
        o.trajectories = n;
        for (auto const& [id, t] : run(pulses(), o).by_id) {
          auto const what = std::string(engine) + " " + p.condition + " " + p.stop_when +
                            " burn-in " + std::to_string(p.burn_in);
          ASSERT_EQ(t.end.status, TrajectoryStatus::stopped) << what;
          ASSERT_EQ(t.end.time, p.time) << what;
          ASSERT_EQ(t.end.samples, p.samples) << what;
          auto const state = double(t.end.state.at(0));
          ASSERT_TRUE(p.condition[0] != 0 ? state >= 40 : state <= 10) << what;
        }
      }
    }
  }
}

TEST(StopAtAStop, HasTheSampleOfTheStateInWhichItStops) {
  RunOptions o;
  o.condition = "at_sample";
  o.stop_when = "X >= 40";
  auto const t = run(pulses(), o).by_id.at(0);
  EXPECT_GE(t.samples[2], 50);
  EXPECT_EQ(t.samples[2], double(t.end.state.at(0)));
}

TEST(StopDuringABurnIn, IsNotLookedFor) {
  // What happens before time 0 stops nothing, and leaves all bits as they are.
  Network const network = bundled("telegraph");
  RunOptions o;
  o.t_end = 10;
  o.burn_in = 25;
  o.trajectories = 65;
  auto const whole = run(network, o);
  o.stop_when = "M >= 30";
  u64 before = 0, at_zero = 0;
  for (auto const& isa : usable_isas()) {
    o.isa = isa;
    o.trajectories = 65;
    auto const stopped = run(network, o);
    for (auto const& [id, t] : stopped.by_id) {
      auto const& other = whole.by_id.at(id);
      usize const times = other.samples.size() / network.species.size();
      double const at_start = other.samples[2 * times];
      EXPECT_EQ(t.samples[2 * times], at_start);
      EXPECT_EQ(t.end.status == TrajectoryStatus::stopped && t.end.time == 0, at_start >= 30) << id;
      EXPECT_GE(t.end.time, 0);
      if (t.end.status != TrajectoryStatus::stopped) {
        EXPECT_EQ(t.end.hash, other.end.hash);
      }
      at_zero += t.end.time == 0 ? 1 : 0;
      before += t.end.events > 0 && t.end.time > 0 ? 1 : 0;
    }
    o.trajectories = 1;
    for (o.first = 0; o.first < 10; ++o.first)
      EXPECT_EQ(run(network, o).by_id.at(o.first).end.hash, stopped.by_id.at(o.first).end.hash);
    o.first = 0;
  }
  EXPECT_GT(before, 0u);
  EXPECT_GT(at_zero, 0u);
}

TEST(Stop, ComesBeforeAnEndByAbsorption) {
  RunOptions o;
  o.set = {{"k", 100}};
  o.trajectories = 40;
  auto const absorbed = run(pulses(), o);
  EXPECT_EQ(absorbed.by_id.at(0).end.status, TrajectoryStatus::absorbed);
  o.stop_when = "X == 0";
  for (auto const& [id, t] : run(pulses(), o).by_id) {
    EXPECT_EQ(t.end.status, TrajectoryStatus::stopped);
    EXPECT_EQ(t.end.events, 10u);
    EXPECT_LT(t.end.time, 4);
    EXPECT_EQ(t.end.state, (std::vector<i64>{0}));
  }
  o.stop_when = "X > 10";
  for (auto const& [id, t] : run(pulses(), o).by_id)
    EXPECT_EQ(t.end.hash, absorbed.by_id.at(id).end.hash);
}

TEST(Stop, ComesAfterAnEndByBudgetAtTheSameEvent) {
  for (u64 const n : {1, 40}) {
    RunOptions o;
    o.set = {{"k", 100}};
    o.trajectories = n;
    o.stop_when = "X == 3";
    o.max_events = 7;
    for (auto const& [id, t] : run(pulses(), o).by_id)
      EXPECT_EQ(t.end.status, TrajectoryStatus::budget);
    o.max_events = 8;
    for (auto const& [id, t] : run(pulses(), o).by_id) {
      EXPECT_EQ(t.end.status, TrajectoryStatus::stopped);
      EXPECT_EQ(t.end.events, 7u);
    }
  }
}

// ---- counts beyond what float32 tells apart ------------------------------------------------------

/// X and Y step up from where they start.
Network steps() {
  return read_network_text(
      "[network]\nname = \"steps\"\ntime_unit = \"s\"\n[species]\nX = 0\nY = 0\n[reactions]\n"
      "up = { equation = \"0 -> X\", rate = \"50\" }\n"
      "more = { equation = \"0 -> Y\", rate = \"30\" }\n"
      "[run]\nt_end = 2\nsample_every = 1\n",
      "steps.toml");
}

TEST(StopWithLargeCounts, IsDecidedInWholeNumbers) {
  i64 const two24 = i64{1} << 24, two52 = i64{1} << 52;
  struct Large {
    i64 x, y;
    std::string stop_when;
    i64 factor_x, factor_y, least;
  };
  for (Large const& c : {Large{two24 - 3, 0, "X >= 16777219", 1, 0, two24 + 3},
                         Large{two24 + 1, 7, "X > 16777220 and Y >= 0", 1, 0, two24 + 5},
                         Large{two52, two52, "X - Y >= 5", 1, -1, 5},
                         Large{two52 + 1, 0, "X >= 4503599627370510", 1, 0, two52 + 14},
                         Large{two24 / 3 - 5, 5, "3*X + Y >= 16777230", 3, 1, 16777230},
                         Large{5, 9, "100*X + 411*Y >= 4500", 100, 411, 4500},
                         Large{30000, 20000, "500*X - 12*Y >= 14760100", 500, -12, 14760100}}) {
    std::map<u64, u64> events;
    for (char const* engine : {"cpu", "reference"}) {
      for (u64 const n : {1, 33}) {
        RunOptions o;
        o.engine = engine;
        o.trajectories = n;
        o.start_states = {c.x, c.y};
        o.stop_when = c.stop_when;
        for (auto const& [id, t] : run(steps(), o).by_id) {
          ASSERT_EQ(t.end.status, TrajectoryStatus::stopped) << c.stop_when;
          auto const sum = [&](i64 x, i64 y) { return c.factor_x * x + c.factor_y * y; };
          i64 const x = t.end.state[0], y = t.end.state[1];
          EXPECT_GE(sum(x, y), c.least) << c.stop_when;
          // One event before, it did not hold: one of the two has just stepped up.
          EXPECT_TRUE(sum(x - 1, y) < c.least || (y > c.y && sum(x, y - 1) < c.least))
              << c.stop_when;
          EXPECT_EQ(u64(x - c.x + y - c.y), t.end.events);
          if (std::string(engine) != "cpu") continue;
          auto const [at, is_new] = events.emplace(id, t.end.events);
          EXPECT_EQ(at->second, t.end.events) << c.stop_when;
        }
      }
    }
  }
}

TEST(StopWithLargeCounts, HoldsWhereATrajectoryChangesItsFormOnTheWay) {
  // From below 2^24 across it: X starts narrow and ends wide, and the condition is behind it.
  Network const network = read_network_text(
      "[network]\nname = \"flood\"\ntime_unit = \"s\"\n[species]\nX = 0\n[reactions]\n"
      "up = { equation = \"0 -> 100 X\", rate = \"300000\" }\n"
      "[run]\nt_end = 1\nsample_every = 1\n",
      "flood.toml");
  RunOptions o;
  o.trajectories = 20;
  o.start_states = {4000000};
  o.stop_when = "X >= 20000001";
  auto const expected = run(network, o);
  for (auto const& [id, t] : expected.by_id) {
    EXPECT_EQ(t.end.status, TrajectoryStatus::stopped);
    EXPECT_EQ(t.end.state, (std::vector<i64>{20000100}));
    EXPECT_EQ(t.end.events, 160001u);
  }
  o.trajectories = 1;
  EXPECT_EQ(run(network, o).by_id.at(0).end.hash, expected.by_id.at(0).end.hash);
}

}  // namespace
}  // namespace cristae::test
