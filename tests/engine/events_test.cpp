// tests/engine/events_test.cpp - what triggered events mean, on every form that carries them out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

/// An engine, and how many trajectories make it take the form that is meant.
struct Form {
  char const* name;
  char const* engine;
  u64 trajectories;
};

void PrintTo(Form const& form, std::ostream* out) { *out << form.name; }

/// A network of A, B, C and a parameter k, in which nothing happens by itself.
Network still(std::string const& events, std::string const& more = "") {
  return read_network_text(
      fmt::format("[network]\nname = \"still\"\ntime_unit = \"s\"\n"
                  "[parameters]\nk = {{ value = 0, bounds = [0, 1e6] }}\nlast = 0\n"
                  "[species]\nA = 0\nB = 0\nC = 0\n"
                  "[reactions]\nnever = {{ equation = \"C -> 0\", rate = \"0 * k\" }}\n"
                  "[events]\n{}\n{}",
                  events, more),
      "still.toml");
}

class Events : public testing::TestWithParam<Form> {
 protected:
  Kept run_for(Network const& network, double t_end, RunOptions o = {}) const {
    o.engine = GetParam().engine;
    o.trajectories = GetParam().trajectories;
    o.t_end = t_end;
    if (o.sample_every < 0) o.sample_every = 1;
    o.code = Code::table;
    return run(network, o);
  }

  /// Copies of a species at all sample times, which are those of every trajectory.
  std::vector<double> course(Network const& network, usize species, double t_end,
                             RunOptions const& o = {}) const {
    auto const kept = run_for(network, t_end, o);
    auto const& first = kept.by_id.begin()->second;
    usize const times = first.end.samples;
    auto const row = [&](Kept::Trajectory const& t) {
      auto const begin = t.samples.begin() + std::ptrdiff_t(species * times);
      return std::vector<double>(begin, begin + std::ptrdiff_t(times));
    };
    for (auto const& [id, t] : kept.by_id) EXPECT_EQ(row(t), row(first)) << id;
    return row(first);
  }

  void expect_fault(std::string const& events, core::EventFault fault, u32 event = 0) const {
    for (auto const& [id, t] : run_for(still(events), 5).by_id) {
      EXPECT_EQ(t.end.status, TrajectoryStatus::bad_event) << events;
      auto const failure = event_failure(t.end.reaction);
      EXPECT_EQ(failure.fault, fault) << events;
      EXPECT_EQ(failure.event, event) << events;
    }
  }
};

using Course = std::vector<double>;

TEST_P(Events, HappenAtTheirTimeAndBeforeItsSample) {
  EXPECT_EQ(course(still("e = { trigger = \"time >= 3\", set = { A = 7 } }"), 0, 4),
            (Course{0, 0, 0, 7, 7}));
  EXPECT_EQ(course(still("e = { trigger = \"3 <= t\", set = { A = 7 } }"), 0, 4),
            (Course{0, 0, 0, 7, 7}));
}

TEST_P(Events, HappenBehindTheirTimeWhereTimeMustBeAboveIt) {
  EXPECT_EQ(course(still("e = { trigger = \"time > 3\", set = { A = 7 } }"), 0, 4),
            (Course{0, 0, 0, 0, 7}));
  EXPECT_EQ(course(still("e = { trigger = \"not (time <= 3)\", set = { A = 7 } }"), 0, 4),
            (Course{0, 0, 0, 0, 7}));
}

TEST_P(Events, SeeTheSampleTimeThatOnlyRoundingSetsApart) {
  RunOptions o;
  o.sample_every = 0.3;
  EXPECT_EQ(course(still("e = { trigger = \"time >= 0.9\", set = { A = 7 } }"), 0, 1.2, o),
            (Course{0, 0, 0, 7, 7}));
  EXPECT_EQ(
      course(still("e = { trigger = \"time >= 0.6\", delay = 0.3, set = { A = 7 } }"), 0, 1.2, o),
      (Course{0, 0, 0, 7, 7}));
}

TEST_P(Events, WhoseTriggerHoldsAtTheStartHappenThereOnlyIfItWasFalseBefore) {
  EXPECT_EQ(course(still("e = { trigger = \"A == 0\", set = { B = 7 } }"), 1, 2),
            (Course{0, 0, 0}));
  EXPECT_EQ(
      course(still("e = { trigger = \"A == 0\", initial_value = false, set = { B = 7 } }"), 1, 2),
      (Course{7, 7, 7}));
}

TEST_P(Events, ThatAreDelayedHappenLater) {
  EXPECT_EQ(course(still("e = { trigger = \"time >= 1\", delay = 1.5, set = { A = 7 } }"), 0, 4),
            (Course{0, 0, 0, 7, 7}));
  EXPECT_EQ(
      course(still("e = { trigger = \"time >= 1\", delay = \"1 + 1\", set = { A = 7 } }"), 0, 4),
      (Course{0, 0, 0, 7, 7}));
}

TEST_P(Events, SetTheValuesOfTheirTriggerOrOfTheirExecution) {
  char const* text =
      "late = {{ trigger = \"time >= 1\", delay = 2, values_from_trigger_time = {}, set = {{ A = "
      "\"B + 1\" }} }}\nother = {{ trigger = \"time >= 2\", set = {{ B = 10 }} }}";
  EXPECT_EQ(course(still(fmt::format(fmt::runtime(text), "true")), 0, 3), (Course{0, 0, 0, 1}));
  EXPECT_EQ(course(still(fmt::format(fmt::runtime(text), "false")), 0, 3), (Course{0, 0, 0, 11}));
}

TEST_P(Events, ThatDoNotPersistAreWithdrawnWithTheirTrigger) {
  char const* text =
      "e = {{ trigger = \"time >= 1 and time < 2\", delay = 1.5, persistent = {}, set = {{ A = 7 "
      "}} }}";
  EXPECT_EQ(course(still(fmt::format(fmt::runtime(text), "true")), 0, 3), (Course{0, 0, 0, 7}));
  EXPECT_EQ(course(still(fmt::format(fmt::runtime(text), "false")), 0, 3), (Course{0, 0, 0, 0}));
}

TEST_P(Events, AtOneTimeHappenByPriorityAndElseInTheOrderOfTheFile) {
  char const* text =
      "one = {{ trigger = \"time >= 1\", {} values_from_trigger_time = false, set = {{ A = \"10*A "
      "+ 1\" "
      "}} }}\ntwo = {{ trigger = \"time >= 1\", {} values_from_trigger_time = false, set = {{ A = "
      "\"10*A + 2\" }} }}";
  auto const after = [&](char const* one, char const* two) {
    return course(still(fmt::format(fmt::runtime(text), one, two)), 0, 1)[1];
  };
  EXPECT_EQ(after("", ""), 12);
  EXPECT_EQ(after("priority = 1,", "priority = 2,"), 21);
  EXPECT_EQ(after("priority = 2,", "priority = 1,"), 12);
  EXPECT_EQ(after("", "priority = -5,"), 21);
  // Of the state at the time of the execution: the first of them gives the other one way.
  EXPECT_EQ(after("priority = \"A\",", "priority = \"1 - A\","), 21);
}

TEST_P(Events, TriggerOthersAtTheSameTime) {
  EXPECT_EQ(course(still("c = { trigger = \"B >= 1\", set = { C = 5 } }\n"
                         "a = { trigger = \"time >= 1\", set = { A = 1 } }\n"
                         "b = { trigger = \"A >= 1\", set = { B = 1 } }"),
                   2, 2),
            (Course{0, 5, 5}));
}

TEST_P(Events, TriggerAgainOnceTheirTriggerWasFalse) {
  EXPECT_EQ(course(still("tick = { trigger = \"time - last >= 2\", set = { last = \"last + 2\", A "
                         "= \"A + 1\" } }"),
                   0, 7),
            (Course{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(course(still("e = { trigger = \"time >= 1\", set = { A = \"A + 1\" } }"), 0, 3),
            (Course{0, 1, 1, 1}));
}

TEST_P(Events, SetAllTheirTargetsAtOnce) {
  Network const network = still(
      "e = { trigger = \"time >= 1\", set = { A = 3, B = 4 } }\n"
      "swap = { trigger = \"time >= 2\", set = { A = \"B\", B = \"A\" } }");
  EXPECT_EQ(course(network, 0, 2), (Course{0, 3, 4}));
  EXPECT_EQ(course(network, 1, 2), (Course{0, 4, 3}));
}

TEST_P(Events, AreTriggeredByLinesOfTimeWithTheStateInThem) {
  EXPECT_EQ(course(still("a = { trigger = \"time >= 1\", set = { A = 2 } }\n"
                         "e = { trigger = \"time * A >= 6\", set = { B = 1 } }"),
                   1, 4),
            (Course{0, 0, 0, 1, 1}));
}

TEST_P(Events, SetCopyNumbersBeyondFloat32Exactly) {
  EXPECT_EQ(course(still("e = { trigger = \"time >= 1\", set = { A = \"2^30 + 1\" } }\n"
                         "f = { trigger = \"A > 2^30\", set = { B = \"A + 2\" } }"),
                   1, 2),
            (Course{0, 1073741827, 1073741827}));
}

TEST_P(Events, AreNotLookedAtBeforeTime0) {
  RunOptions o;
  o.burn_in = 5;
  EXPECT_EQ(
      course(
          still("e = { trigger = \"time >= -2\", initial_value = false, set = { A = \"A + 1\" } }"),
          0, 1, o),
      (Course{1, 1}));
}

TEST_P(Events, ComeBehindScheduledChangesOfTheirTime) {
  Network const network = still(
      "e = { trigger = \"time >= 2\", set = { A = \"k\" } }\n"
      "f = { trigger = \"k == 9\", set = { k = 11, B = \"A\" } }\n"
      "g = { trigger = \"time >= 4\", set = { C = \"k\" } }",
      "[conditions.c]\nat = [{ time = 2, set = { k = 5 } }, { time = 3, "
      "set = { k = 9 } }, { time = 4, add = { A = 1 } }]");
  RunOptions o;
  o.condition = "c";
  EXPECT_EQ(course(network, 0, 4, o), (Course{0, 0, 5, 5, 6}));
  EXPECT_EQ(course(network, 1, 4, o), (Course{0, 0, 0, 5, 5}));
  EXPECT_EQ(course(network, 2, 4, o), (Course{0, 0, 0, 0, 11}));
}

TEST_P(Events, ComeBeforeTheConditionThatEndsTheTrajectory) {
  RunOptions o;
  o.stop_when = "A >= 1";
  std::string const a = "a = { trigger = \"time >= 2.5\", set = { A = 1 } }\n";
  for (auto const& [id, t] : run_for(still(a), 4, o).by_id) {
    EXPECT_EQ(t.end.status, TrajectoryStatus::stopped);
    EXPECT_EQ(t.end.time, 2.5);
    EXPECT_EQ(t.end.state, (std::vector<i64>{1, 0, 0}));
  }
  // What another event undoes at the same time was never there.
  auto const undone = still(a + "b = { trigger = \"A >= 1\", set = { A = 0 } }");
  for (auto const& [id, t] : run_for(undone, 4, o).by_id)
    EXPECT_EQ(t.end.status, TrajectoryStatus::absorbed);
}

TEST_P(Events, ThatCannotBeCarriedOutEndTheTrajectoryWithTheirName) {
  expect_fault("e = { trigger = \"time >= 1\", set = { A = 2.5 } }", core::EventFault::not_whole);
  expect_fault("e = { trigger = \"time >= 1\", set = { A = \"0/0\" } }",
               core::EventFault::not_whole);
  expect_fault("e = { trigger = \"time >= 1\", set = { A = -1 } }", core::EventFault::out_of_range);
  expect_fault("e = { trigger = \"time >= 1\", set = { A = 1e16 } }",
               core::EventFault::out_of_range);
  expect_fault("e = { trigger = \"time >= 1\", set = { last = \"1/0\" } }",
               core::EventFault::not_finite);
  expect_fault("e = { trigger = \"time >= 1\", set = { k = -1 } }",
               core::EventFault::out_of_bounds);
  expect_fault("e = { trigger = \"time >= 1\", delay = -1, set = { A = 1 } }",
               core::EventFault::bad_delay);
  expect_fault(
      "tick = { trigger = \"time - last >= 0.01\", delay = 5, set = { B = 1 } }\n"
      "tock = { trigger = \"time - last >= 0.01\", set = { last = \"last + 0.01\" } }",
      core::EventFault::too_many, 1);
}

TEST_P(Events, ThatNeverEndAtOneTimeEndTheTrajectory) {
  for (auto const& [id, t] :
       run_for(still("up = { trigger = \"A == 0 and time >= 1\", set = { A = 1 } }\n"
                     "down = { trigger = \"A >= 1\", set = { A = 0 } }"),
               5)
           .by_id) {
    EXPECT_EQ(t.end.status, TrajectoryStatus::bad_event);
    EXPECT_EQ(event_failure(t.end.reaction).fault, core::EventFault::endless);
    EXPECT_EQ(t.end.time, 1);
    EXPECT_EQ(t.end.samples, 1u);
  }
}

TEST_P(Events, ThatHappenAtEveryTimeThereIsEndTheTrajectory) {
  for (auto const& [id, t] : run_for(still("always = { trigger = \"time - last > 0\", set = { last "
                                           "= \"time\", A = \"A + 1\" } }"),
                                     5)
                                 .by_id) {
    EXPECT_EQ(t.end.status, TrajectoryStatus::bad_event);
    EXPECT_EQ(event_failure(t.end.reaction).fault, core::EventFault::endless);
    EXPECT_LT(t.end.time, 1e-300);
  }
}

/// Births are counted in C; every fifth makes a B of five A.
constexpr char const* dividing = R"(
[network]
name = "dividing"
time_unit = "s"
[parameters]
k = 50
K = 5
[species]
A = 0
B = 0
C = 0
[reactions]
birth = { equation = "0 -> A + C", rate = "k" }
[events]
fifth = { trigger = "TRIGGER", set = { A = 0, B = "B + 1" } }
[run]
t_end = 10
sample_every = 0.5
)";

TEST_P(Events, OfTheStateHappenAtTheReactionThatTriggersThem) {
  // A threshold, and a trigger that is evaluated after every event.
  for (std::string const trigger : {"A >= 5", "A - 5 > -1", "A^2 >= K^2"}) {
    std::string text = dividing;
    text.replace(text.find("TRIGGER"), 7, trigger);
    auto const kept = run_for(read_network_text(text, "dividing.toml"), 10);
    for (auto const& [id, t] : kept.by_id) {
      usize const rows = t.end.samples;
      for (usize i = 0; i < rows; ++i) {
        double const a = t.samples[i], b = t.samples[rows + i], c = t.samples[2 * rows + i];
        EXPECT_LT(a, 5);
        EXPECT_EQ(5 * b + a, c);
      }
      EXPECT_GT(t.samples[3 * rows - 1], 300);
      EXPECT_EQ(double(t.end.events), t.samples[3 * rows - 1]);
    }
  }
}

TEST_P(Events, ChangeTheRatesOfTheirTrajectory) {
  std::string text = dividing;
  text.replace(text.find("fifth"), std::string::npos,
               "off = { trigger = \"C >= 100\", set = { k = 0 } }\n"
               "on = { trigger = \"time >= 8\", set = { k = 1000 } }\n");
  auto const kept = run_for(read_network_text(text, "switched.toml"), 10);
  for (auto const& [id, t] : kept.by_id) {
    usize const rows = t.end.samples;
    EXPECT_EQ(rows, 11u);
    EXPECT_EQ(t.samples[2 * rows + 7], 100) << id;
    EXPECT_EQ(t.samples[2 * rows + 8], 100) << id;
    EXPECT_NEAR(t.samples[2 * rows + 10], 2100, 300) << id;
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, Events,
                         testing::Values(Form{"reference", "reference", 2},
                                         Form{"one_lane", "cpu", 3}, Form{"block", "cpu", 80}),
                         testing::PrintToStringParamName());

// ---- what is refused ----

std::string refused(std::string const& events) {
  try {
    still(events);
  } catch (Error const& error) {
    std::string all;
    for (auto const& finding : error.diagnostics()) all += to_string(finding) + "\n";
    return all;
  }
  return "";
}

TEST(EventsOfAFile, AreRefusedWhereTheirTimeCannotBeComputedExactly) {
  for (char const* trigger : {"time", "time^2 > 4", "exp(time) > 4", "time * time > 4",
                              "A / time < 2", "floor(time) == 3", "A > piecewise(time, A > 3, 2)"})
    EXPECT_EQ(
        refused(fmt::format("e = {{ trigger = \"{}\", set = {{ A = 1 }} }}", trigger)),
        "still.toml:14:1: error: the trigger of event 'e' does not compare time in a line (the "
        "moment at which it turns true could not be computed exactly). Write comparisons such as "
        "time >= 10 or time - last > period.\n")
        << trigger;
}

TEST(EventsOfAFile, AreRefusedWithAllThatIsWrong) {
  EXPECT_EQ(refused("e = { set = { A = 1, D = 2 }, persistent = 1 }"),
            "still.toml:14:1: error: event 'e' has no 'trigger'. Add trigger = \"A >= 10\".\n"
            "still.toml:14:22: error: 'D' is neither a species nor a parameter (set by event 'e'). "
            "Define it or correct the name.\n"
            "still.toml:14:44: error: 'persistent' of event 'e' is an integer, expected a "
            "boolean.\n");
}

}  // namespace
}  // namespace cristae::test
