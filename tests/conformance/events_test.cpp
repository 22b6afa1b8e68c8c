// tests/conformance/events_test.cpp - triggered events: the same bits in every form.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/cpu/cpu_engine.hpp"
#include "host/engine/cells.hpp"
#include "host/jit/host_compiler.hpp"
#include "tests/support/replays.hpp"

namespace cristae::test {
namespace {

/// A protein that is made in bursts, and what events do to it.
constexpr char const* network_text = R"toml(
[network]
name = "cell"
time_unit = "h"
[parameters]
k = { value = 20, bounds = [0, 1e4] }
d = 0.4
low = 20
next = 5
[species]
M = 3
P = 40
Q = 0
n = 0
[rules]
share = "P / (P + Q + 1)"
[reactions]
transcribe = { equation = "0 -> M", mass_action = "k" }
translate = { equation = "M -> M + P", mass_action = "6 * d" }
turn = { equation = "P -> Q", rate = "d * hill(P, low, 2) * P" }
loss_M = { equation = "M -> 0", mass_action = "d * 2" }
loss_P = { equation = "P -> 0", mass_action = "d" }
loss_Q = { equation = "Q -> 0", mass_action = "d / 3" }
[events]
EVENTS
[conditions.shifted]
at = [{ time = 2, set = { k = 60 } }, { time = 6, set = { k = 10 }, add = { P = 30 } }]
[run]
t_end = 12
sample_every = 0.5
)toml";

struct Case {
  char const* name;
  char const* events;
  char const* condition = "";
  double burn_in = 0;
  char const* stop_when = "";
  std::vector<std::string> vary = {};
};

void PrintTo(Case const& c, std::ostream* out) { *out << c.name; }

constexpr char const* thresholds =
    "halve = { trigger = \"P + 2*Q > 120\", set = { P = \"floor(P / 2)\", n = \"n + 1\" } }\n"
    "refill = { trigger = \"P < 25\", delay = 0.3, set = { P = \"P + 15\" } }\n";
constexpr char const* every_kind =
    "ratio = { trigger = \"share < 0.5 or sqrt(M) > 6\", set = { Q = \"floor(Q / 3)\", n = \"n + "
    "1\" } }\n"
    "feed = { trigger = \"time >= next\", set = { next = \"next + 1.7\", M = \"M + 4\" } }\n"
    "slow = { trigger = \"P > 150\", persistent = false, delay = \"0.1 + 0.001 * M\", priority = "
    "\"P\", "
    "values_from_trigger_time = false, set = { k = \"k * 0.75\", low = \"low + 1\", P = \"P - "
    "ceil(P / 4)\" } }\n"
    "recover = { trigger = \"k < 8 and M <= 2\", set = { k = 40 } }\n"
    "rush = { trigger = \"time * k > 100 and Q >= 30\", initial_value = false, set = { M = \"M + "
    "1\" } }\n";

class TriggeredEvents : public testing::TestWithParam<Case> {
 protected:
  Network network = make();
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

 private:
  static Network make() {
    std::string text = network_text;
    text.replace(text.find("EVENTS"), 6, GetParam().events);
    return read_network_text(text, "cell.toml");
  }
};

void expect_equal(Kept const& got, Kept const& expected, std::string const& what) {
  for (auto const& [id, t] : got.by_id) {
    auto const& other = expected.by_id.at(id);
    ASSERT_EQ(t.end.hash, other.end.hash) << what << ", trajectory " << id;
    ASSERT_EQ(t.end.status, other.end.status) << what << ", trajectory " << id;
    ASSERT_EQ(t.end.events, other.end.events) << what << ", trajectory " << id;
    ASSERT_EQ(t.end.time, other.end.time) << what << ", trajectory " << id;
    ASSERT_EQ(t.end.state, other.end.state) << what << ", trajectory " << id;
    ASSERT_EQ(t.samples, other.samples) << what << ", trajectory " << id;
  }
}

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

INSTANTIATE_TEST_SUITE_P(Networks, TriggeredEvents,
                         testing::Values(Case{"thresholds", thresholds},
                                         Case{"thresholds_shifted", thresholds, "shifted", 3},
                                         Case{"every_kind", every_kind},
                                         Case{"every_kind_shifted", every_kind, "shifted", 2.5},
                                         Case{"every_kind_varied",
                                              every_kind,
                                              "",
                                              0,
                                              "",
                                              {"k=lognormal(cv=0.3)", "next=uniform(cv=0.2)",
                                               "P=gamma(cv=0.2)"}}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace cristae::test
