// tests/conformance/events_test.cpp - triggered events: the same bits in every form.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/cpu/cpu_engine.hpp"
#include "host/engine/cells.hpp"
#include "host/jit/host_compiler.hpp"
#include "tests/support/equal_ends.hpp"
#include "tests/support/event_networks.hpp"
#include "tests/support/replays.hpp"

namespace cristae::test {
namespace {

struct Case {
  char const* name;
  char const* events;
  char const* condition = "";
  double burn_in = 0;
  char const* stop_when = "";
  std::vector<std::string> vary = {};
};

void PrintTo(Case const& c, std::ostream* out) { *out << c.name; }

class TriggeredEvents : public testing::TestWithParam<Case> {
 protected:
  Network network = network_with(GetParam().events);
  RunOptions options(u64 trajectories) const {
    RunOptions o;
    o.condition = GetParam().condition;
    o.burn_in = GetParam().burn_in;
    o.stop_when = GetParam().stop_when;
    o.vary = GetParam().vary;
    o.trajectories = trajectories;
    o.seed = 20261122;
    o.max_events = 100000;
    return o;
  }
};

TEST_P(TriggeredEvents, HaveTheSameBitsForEveryInstructionSetCodeAndSize) {
  RunOptions o = options(300);
  o.code = Code::table;
  auto const expected = run(network, o);
  double happened = 0;
  for (auto const& [id, t] : expected.by_id) {
    EXPECT_LT(t.end.status, TrajectoryStatus::budget);
    happened += t.samples[4 * t.end.samples - 1];
  }
  EXPECT_GT(happened, 100) << "no event to speak of";
  std::vector<Code> codes{Code::table};
  if (find_host_compiler()) codes.push_back(Code::generated);
  for (std::string const& isa : usable_isas()) {
    for (Code const code : codes) {
      if (code == Code::generated && isa != usable_isas().front()) continue;
      o.isa = isa;
      o.code = code;
      for (u64 const n : {1, 3, 33, 300}) {
        o.trajectories = n;
        o.threads = n == 300 ? 2 : 1;
        expect_equal(
            run(network, o), expected,
            fmt::format("{} {}, {}", isa, code == Code::table ? "tables" : "generated", n));
      }
    }
  }
}

TEST_P(TriggeredEvents, AreThoseOfTheReplay) {
  RunOptions const o = options(40);
  auto const whole = run(network, o);
  Experiment const experiment = experiment_of(network, o);
  for (auto const& [id, t] : whole.by_id) {
    RunPlan plan;
    plan.experiment = &experiment;
    plan.seed = o.seed;
    plan.first = id;
    plan.max_events = o.max_events;
    struct Silent final : EventLog {
      void event(u64, double, ReactionId, std::span<i64 const>) override {}
    } silent;
    EndOnly sink;
    RunControl control;
    replay_trajectory(plan, silent, sink, control);
    ASSERT_EQ(sink.end.hash, t.end.hash) << id;
    ASSERT_EQ(sink.end.time, t.end.time) << id;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Networks, TriggeredEvents,
    testing::Values(Case{"thresholds", threshold_events},
                    Case{"thresholds_shifted", threshold_events, "shifted", 3},
                    Case{"every_kind", events_of_every_kind},
                    Case{"every_kind_shifted", events_of_every_kind, "shifted", 2.5},
                    Case{"every_kind_varied",
                         events_of_every_kind,
                         "",
                         0,
                         "",
                         {"k=lognormal(cv=0.3)", "next=uniform(cv=0.2)", "P=gamma(cv=0.2)"}}),
    testing::PrintToStringParamName());

}  // namespace
}  // namespace cristae::test
