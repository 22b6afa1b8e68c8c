// tests/model/state_condition_test.cpp - conditions on copy numbers: what they mean, what is refused.
#include "host/model/state_condition.hpp"

#include <gtest/gtest.h>

#include <random>

#include "host/engine/experiment.hpp"
#include "host/io/network_reader.hpp"
#include "host/model/evaluate.hpp"

namespace cristae::test {
namespace {

Network const& network() {
  static Network const read = read_network_text(
      R"toml([network]
name = "conditions"
time_unit = "s"
[parameters]
k = 3.0
half = 0.5
[species]
A = 4
B = 3
C = 0
[rules]
all = "A + B + C"
busy = "all > 2 * k and C > 0"
twice_k = "2 * k"
[reactions]
r1 = { equation = "A -> B", mass_action = "k" }
[observables]
share = "A - B"
fired = "count(r1)"
ratio = "A / (A + B + 1)"
[conditions.change]
at = [ { time = 1, set = { k = 4 } } ]
[run]
t_end = 5
sample_every = 1
)toml",
      "conditions.toml");
  return read;
}

std::vector<double> const parameters{3, 0.5};

StateCondition parsed(std::string const& text) {
  return parse_condition(network(), text, parameters);
}

std::string refusal(std::string const& text) {
  try {
    parsed(text);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "none";
}

bool by_tree(StateCondition const& condition, std::vector<i64> const& counts) {
  std::vector<double> const x(counts.begin(), counts.end());
  ExpressionValues values{x, parameters, {}, {}};
  auto const rules = evaluate_rules(network(), values);
  values.rules = rules;
  return evaluate(condition.expression, values) != 0;
}

TEST(StateCondition, IsAComparisonWithTheLeastWholeNumber) {
  using Part = StateCondition::Part;
  struct Expected {
    char const* text;
    i64 factor, least;
  };
  for (Expected const& e : {Expected{"A >= 2", 1, 2},
                            {"A > 2", 1, 3},
                            {"A >= 1.5", 1, 2},
                            {"A > 1.5", 1, 2},
                            {"2 <= A", 1, 2},
                            {"A < 2", -1, -1},
                            {"A <= 2", -1, -2},
                            {"A < 1.5", -1, -1},
                            {"not A < 2", 1, 2},
                            {"3*A >= 6", 1, 2},
                            {"3*A >= 7", 1, 3},
                            {"A/4 >= 1", 1, 4},
                            {"0.1*A >= 0.3", 1, 3},
                            {"0.1*A > 0.3", 1, 4},
                            {"half*A >= k", 1, 6},
                            {"A >= twice_k", 1, 6},
                            {"2*(A - 1) >= A", 1, 2},
                            {"A >= -5", 1, -5},
                            {"A >= exp(0)", 1, 1}}) {
    auto const condition = parsed(e.text);
    ASSERT_EQ(condition.steps.size(), 1u) << e.text;
    EXPECT_EQ(condition.parts, (std::vector<Part>{{0, e.factor}})) << e.text;
    EXPECT_EQ(condition.steps[0].least, e.least) << e.text;
  }
}

TEST(StateCondition, TakesOutACommonFactorOfSums) {
  auto const condition = parsed("6*A - 4*B >= 9");
  EXPECT_EQ(condition.parts, (std::vector<StateCondition::Part>{{0, 3}, {1, -2}}));
  EXPECT_EQ(condition.steps[0].least, 5);
  EXPECT_EQ(condition.largest_factors(), 5);
  EXPECT_EQ(parsed("0.5*A + B > 3").parts, (std::vector<StateCondition::Part>{{0, 1}, {1, 2}}));
}

TEST(StateCondition, MeansWhatItsTreeMeans) {
  // 7^3 states of each against the evaluation in double.
  for (char const* text :
       {"A", "not A", "A == 3", "A != 3", "A == 2.5 or B > 4", "A != 2.5 and B > 4", "busy",
        "not busy", "share > 1", "share == 0 and not (C >= 2 or B < 1)", "A + 2*B - 3*C > 4",
        "(A > 1 or B > 1) and (B > 2 or C > 2) or not (A == B)", "A > 2 and B > k and C < half*4",
        "not (A > 2 and (B < 1 or not C))", "A > 1 and 1 > 2 or B > 3", "A > 1 and 2 > 1",
        "all >= 2*twice_k - 3", "-A <= -4", "A*2/4 > 1"}) {
    auto const condition = parsed(text);
    for (i64 a = 0; a < 7; ++a)
      for (i64 b = 0; b < 7; ++b)
        for (i64 c = 0; c < 7; ++c)
          ASSERT_EQ(condition.holds({a, b, c}), by_tree(condition, {a, b, c}))
              << text << " at " << a << " " << b << " " << c;
  }
}

TEST(StateCondition, MeansWhatItsTreeMeansForRandomOnes) {
  std::mt19937 random(4711);
  auto const below = [&](int n) { return int(random() % u32(n)); };
  for (int n = 0; n < 500; ++n) {
    auto const comparison = [&] {
      constexpr char const* signs[] = {"<", "<=", ">", ">=", "==", "!="};
      return std::to_string(below(9) - 4) + "*A + " + std::to_string(below(5)) + "*B - " +
             std::to_string(below(3) + 1) + "*C " + signs[below(6)] + " " +
             std::to_string(below(40) - 20) + (below(4) == 0 ? ".5" : "");
    };
    std::string text = comparison();
    for (int i = below(5); i > 0; --i)
      text = (below(3) == 0 ? "not (" : "(") + text + (below(2) == 0 ? ") and " : ") or ") +
             comparison();
    StateCondition condition;
    try {
      condition = parsed(text);
    } catch (Error const&) {
      continue;  // the same in every state
    }
    for (int k = 0; k < 50; ++k) {
      std::vector<i64> const counts{below(12), below(12), below(12)};
      ASSERT_EQ(condition.holds(counts), by_tree(condition, counts)) << text;
    }
  }
}

TEST(StateCondition, OfTwoHoldsWhereEitherDoes) {
  auto const both = either(parsed("A > 3 and B > 3"), parsed("C > 5"));
  for (std::vector<i64> const& counts :
       {std::vector<i64>{4, 4, 0}, {4, 3, 6}, {4, 3, 5}, {0, 0, 6}, {0, 0, 0}})
    EXPECT_EQ(both.holds(counts), by_tree(both, counts));
  EXPECT_TRUE(both.holds({4, 4, 0}));
  EXPECT_TRUE(both.holds({0, 0, 6}));
  EXPECT_FALSE(both.holds({4, 3, 5}));
  EXPECT_EQ(either({}, parsed("A > 1")).steps, parsed("A > 1").steps);
}

TEST(StateCondition, IsRefusedWhereItIsNotLinearInCopyNumbers) {
  constexpr char const* rest =
      ". Write comparisons such as A >= 10 or A + 2*B < 5, joined by and, or, not.";
  EXPECT_EQ(refusal("A > 1 and A*B > 4"),
            std::string("error: this is not a sum of copy numbers, each times a constant (in the "
                        "condition 'A > 1 and A*B > 4', at 'A*B')") +
                rest);
  EXPECT_EQ(refusal("ratio > 0.5"),
            std::string("error: this is not a sum of copy numbers, each times a constant (in the "
                        "condition 'ratio > 0.5', at 'ratio')") +
                rest);
  EXPECT_EQ(refusal("fired >= 3"),
            std::string("error: how often a reaction has fired cannot stand in a condition (in the "
                        "condition 'fired >= 3', at 'fired')") +
                rest);
  for (char const* text : {"max(A, B) > 3", "A^2 > 3", "abs(A - B) > 1", "1/A > 2", "(A > 1) > 0.5",
                           "piecewise(A, B > 1, C) > 3", "sqrt(A) > 1"})
    EXPECT_NE(refusal(text).find("not a sum of copy numbers"), std::string::npos) << text;
}

TEST(StateCondition, IsRefusedWhereItCannotBeDecidedExactly) {
  EXPECT_EQ(refusal("A + 0.37*B > 2"),
            "error: the factors of its copy numbers have no common divisor (in the condition "
            "'A + 0.37*B > 2'). Write whole numbers as factors.");
  EXPECT_EQ(refusal("512*A + B > 2"),
            "error: the factors of its copy numbers add up to more than 512 (in the condition "
            "'512*A + B > 2'). Use smaller whole numbers as factors.");
  EXPECT_EQ(refusal("A > 1/0"),
            "error: a constant of this is not a finite number (in the condition 'A > 1/0'). Check "
            "its parameters.");
}

TEST(StateCondition, IsRefusedWhereItTellsNothing) {
  constexpr char const* rest =
      " (it would tell nothing of a trajectory). Write comparisons such as A >= 10 or A + 2*B < 5, "
      "joined by and, or, not.";
  EXPECT_EQ(refusal("k > 2"),
            std::string("error: the condition 'k > 2' is true in every state") + rest);
  EXPECT_EQ(refusal("A == 0.5"),
            std::string("error: the condition 'A == 0.5' is false in every state") + rest);
  EXPECT_EQ(refusal("A - A > 0"),
            std::string("error: the condition 'A - A > 0' is false in every state") + rest);
  EXPECT_EQ(refusal("  "),
            "error: the condition is empty. Write comparisons such as A >= 10 or A + 2*B < 5, "
            "joined by and, or, not.");
}

TEST(StateCondition, NamesWhatItDoesNotKnow) {
  EXPECT_EQ(refusal("D > 2"),
            "error: name 'D' is not defined (in the condition 'D > 2', at 'D'). 'cristae inspect' "
            "lists the names.");
  EXPECT_EQ(refusal("shar > 2"),
            "error: name 'shar' is not defined (in the condition 'shar > 2', at 'shar'). Did you "
            "mean 'share'?");
  EXPECT_EQ(refusal("A >"),
            "error: the law ends where a number or name is expected (in the condition 'A >'). "
            "Complete it.");
}

TEST(StateCondition, IsRefusedWhereTheScheduleChangesWhatItMeans) {
  ExperimentRequest request;
  request.condition = "change";
  request.stop_when = "A > 10";
  EXPECT_EQ(resolve(network(), request).stop_when.steps.size(), 1u);
  request.stop_when = "A > k";
  try {
    resolve(network(), request);
    ADD_FAILURE();
  } catch (Error const& error) {
    EXPECT_STREQ(error.what(),
                 "error: the condition 'A > k' reads a parameter that changes at time 1 (it must "
                 "mean the same at all times). Write the number.");
  }
  request.condition.clear();
  request.set = {{"k", 7}};
  EXPECT_EQ(resolve(network(), request).stop_when.steps[0].least, 8);
}

}  // namespace
}  // namespace cristae::test
