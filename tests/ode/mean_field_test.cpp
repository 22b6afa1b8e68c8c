// tests/ode/mean_field_test.cpp - rate equations against closed forms and another integrator.
#include "host/ode/mean_field.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "host/model/evaluate.hpp"
#include "host/ode/ode_events.hpp"
#include "host/ode/rate_equations.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

Network network_of(std::string const& sections, double t_end = 10, double sample_every = 1) {
  return read_network_text(fmt::format("[network]\nname = \"n\"\ntime_unit = \"h\"\n{}\n[run]\n"
                                       "t_end = {}\nsample_every = {}\n",
                                       sections, t_end, sample_every),
                           "n.toml");
}

struct Solved {
  Experiment experiment;
  MeanField field;
  double at(usize equation, usize sample) const {
    return field.samples[equation * experiment.sample_times.size() + sample];
  }
};

Solved solve(Network const& network, ExperimentRequest const& request = {},
             std::vector<ReactionId> const& counted = {}) {
  Solved solved{resolve(network, request), {}};
  RunControl control;
  solved.field = solve_rate_equations(solved.experiment, counted, control);
  return solved;
}

/// All samples of an equation to a millionth of the value, and a hundredth of the tolerance in
/// copies above it.
void expect_close(Solved const& solved, usize equation, std::function<double(double)> const& law,
                  double relative = 1e-6) {
  for (usize k = 0; k < solved.experiment.sample_times.size(); ++k) {
    double const expected = law(solved.experiment.sample_times[k]);
    EXPECT_NEAR(solved.at(equation, k), expected, relative * std::fabs(expected) + 1e-5)
        << "at " << solved.experiment.sample_times[k];
  }
}

std::string error_of(Network const& network, ExperimentRequest const& request = {}) {
  try {
    solve(network, request);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::numerical);
    return error.what();
  }
  return "nothing was thrown";
}

class MeanFieldTest : public testing::Test {
 protected:
  void SetUp() override {
    if (has_ode_solver()) return;
    if (std::getenv("CI") != nullptr) FAIL() << ode_solver_text();
    GTEST_SKIP() << ode_solver_text();
  }
};

TEST_F(MeanFieldTest, OfABirthDeathProcessIsItsMean) {
  auto const network = network_of(
      "[species]\nA = 100\n[reactions]\nbirth = { equation = \"0 -> A\", mass_action = \"20\" }\n"
      "death = { equation = \"A -> 0\", mass_action = \"0.5\" }");
  auto const solved = solve(network, {}, {ReactionId{1}});
  expect_close(solved, 0, [](double t) { return 40 + 60 * std::exp(-0.5 * t); });
  expect_close(solved, 1, [](double t) { return 20 * t + 60 * (1 - std::exp(-0.5 * t)); });
}

TEST_F(MeanFieldTest, OfAPairIsTheMacroscopicLaw) {
  // k x^2 / 2 events, two copies each: dx/dt = -k x^2. With x (x - 1) it would be another curve.
  auto const network = network_of(
      "[species]\nA = 4\n[reactions]\nr = { equation = \"2 A -> 0\", mass_action = \"0.3\" }");
  expect_close(solve(network), 0, [](double t) { return 4 / (1 + 0.3 * 4 * t); });
}

TEST_F(MeanFieldTest, OfAStiffExchangeTakesFewSteps) {
  // A and B exchange a million times while B is lost once; the slow and fast modes of the 2 x 2 system.
  auto const network = network_of(
      "[species]\nA = 1000\nB = 0\nC = 0\n[reactions]\n"
      "forth = { equation = \"A -> B\", mass_action = \"1e6\" }\n"
      "back = { equation = \"B -> A\", mass_action = \"2e6\" }\n"
      "loss = { equation = \"B -> C\", mass_action = \"1\" }");
  auto const solved = solve(network);
  double const f = 1e6, b = 2e6, trace = f + b + 1;
  double const slow = 2 * f / (trace + std::sqrt(trace * trace - 4 * f)), fast = trace - slow;
  // B = c (exp(-slow t) - exp(-fast t)), with B'(0) = 1000 f.
  double const c = 1000 * f / (fast - slow);
  expect_close(solved, 1,
               [&](double t) { return c * (std::exp(-slow * t) - std::exp(-fast * t)); });
  expect_close(solved, 2, [&](double t) {
    return c * ((1 - std::exp(-slow * t)) / slow - (1 - std::exp(-fast * t)) / fast);
  });
  EXPECT_LT(solved.field.steps, 2000u);
}

TEST_F(MeanFieldTest, ChangesAreExactAndComeBeforeTheSample) {
  auto const network = network_of(
      "[parameters]\nk = 20\n[species]\nA = 0\n[reactions]\n"
      "birth = { equation = \"0 -> A\", mass_action = \"k\" }\n"
      "death = { equation = \"A -> 0\", mass_action = \"0.5\" }\n"
      "[conditions.c]\nat = [ { time = 3, set = { k = 0 }, add = { A = 7 } }, "
      "{ time = 5.5, set = { k = 40 } }, { time = 10, add = { A = 1 } } ]");
  ExperimentRequest request;
  request.condition = "c";
  request.burn_in = 2;
  double const at_3 = 40 * (1 - std::exp(-0.5 * 5)) + 7, at_5 = at_3 * std::exp(-0.5 * 2.5);
  expect_close(solve(network, request), 0, [&](double t) {
    if (t < 3) return 40 * (1 - std::exp(-0.5 * (t + 2)));
    if (t < 5.5) return at_3 * std::exp(-0.5 * (t - 3));
    return 80 + (at_5 - 80) * std::exp(-0.5 * (t - 5.5)) + (t == 10 ? 1 : 0);
  });
}

TEST_F(MeanFieldTest, CountsFiringsFromTimeZero) {
  auto const network = network_of(
      "[species]\nA = 0\n[reactions]\nbirth = { equation = \"0 -> A\", mass_action = \"20\" }");
  ExperimentRequest request;
  request.burn_in = 3;
  auto const solved = solve(network, request, {ReactionId{0}});
  expect_close(solved, 0, [](double t) { return 20 * (t + 3); });
  expect_close(solved, 1, [](double t) { return 20 * t; });
}

TEST_F(MeanFieldTest, FollowsASignalOfManyRows) {
  auto const network = network_of(
      "[parameters]\nk = 1\n[species]\nA = 0\n[reactions]\n"
      "birth = { equation = \"0 -> A\", mass_action = \"k\" }");
  ExperimentRequest request;
  NamedSignal signal{"k", "", {}, {}};
  for (int i = 0; i < 1000; ++i) {
    signal.times.push_back(0.01 * i);
    signal.values.push_back(i % 10);
  }
  request.signals = {signal};
  // 4.5 on average over every ten rows.
  expect_close(solve(network, request), 0, [](double t) { return 4.5 * t; });
}

TEST_F(MeanFieldTest, ARateThatDoesNotVanishEndsWithItsReactant) {
  auto const network =
      network_of("[species]\nA = 7\n[reactions]\nr = { equation = \"A -> 0\", rate = \"1.5\" }");
  auto const solved = solve(network);
  for (usize k = 0; k < 11; ++k)
    EXPECT_NEAR(solved.at(0, k), std::max(0.0, 7 - 1.5 * double(k)), 1e-6) << k;
  auto const notes = discontinuity_notes(solved.experiment);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].problem, "rates do not vanish with their reactants: 'r'");
}

TEST_F(MeanFieldTest, ARateThatJumpsIsFoundAndNoted) {
  // A falls as 100 exp(-t) to 40, then ten times as fast; ln 2.5 is when.
  auto const network = network_of(
      "[species]\nA = 100\n[rules]\nlow = \"A < 40\"\n[reactions]\n"
      "r = { equation = \"A -> 0\", rate = \"A * (1 + 9 * low)\" }\n"
      "s = { equation = \"A -> A\", rate = \"A\" }",
      2, 0.25);
  auto const solved = solve(network);
  double const jump = std::log(2.5);
  for (usize k = 0; k < 9; ++k) {
    double const t = 0.25 * double(k);
    double const exact = t < jump ? 100 * std::exp(-t) : 40 * std::exp(-10 * (t - jump));
    EXPECT_NEAR(solved.at(0, k), exact, 1e-4) << t;
  }
  auto const notes = discontinuity_notes(solved.experiment);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].problem, "rates jump where species cross a bound: 'r'");
}

/// On any grid: a step that ends at a sample is not what finds a bound.
void expect_at_all_grids(std::string const& text, double t_end, double (*law)(double)) {
  for (double const interval : {t_end, t_end / 2, t_end / 10, t_end / 100}) {
    auto const solved = solve(network_of(text, t_end, interval));
    auto const& times = solved.experiment.sample_times;
    for (usize k = 0; k < times.size(); ++k)
      EXPECT_NEAR(solved.at(0, k), law(times[k]), 4e-5) << text << " at " << times[k];
  }
}

TEST_F(MeanFieldTest, StopsAtABoundBelowWhichTheRateIs0) {
  for (char const* law : {"piecewise(10, A > 10, 0)", "10 * (A >= 10)", "10 * (10 < A)",
                          "10 * (1 - (A <= 10))", "10 * floor(A / 10)", "10 * (ceil(A / 10) - 1)"})
    expect_at_all_grids(fmt::format("[species]\nA = 15\n[reactions]\nr = {{ equation = \"A -> 0\", "
                                    "rate = \"{}\" }}",
                                    law),
                        5, [](double t) { return std::max(10.0, 15 - 10 * t); });
}

TEST_F(MeanFieldTest, StepsDownThroughManyBounds) {
  expect_at_all_grids(
      "[species]\nA = 25\n[rules]\nh = \"ceil(A / 10)\"\n[reactions]\n"
      "r = { equation = \"A -> 0\", rate = \"10 * h\" }",
      5, [](double t) {
        return t < 1. / 6   ? 25 - 30 * t
               : t < 2. / 3 ? 20 - 20 * (t - 1. / 6)
                            : std::max(0.0, 10 - 10 * (t - 2. / 3));
      });
}

TEST_F(MeanFieldTest, StaysAtABoundToWhichBothSidesLead) {
  // A thermostat: up to 20 by 5 per hour, and there by as much as leaves; B is made by what is on.
  for (char const* on : {"A < 20", "20 >= A", "(not (A > 20))"})
    expect_at_all_grids(
        fmt::format("[species]\nB = 0\nA = 10\n[rules]\non = \"{}\"\n[reactions]\n"
                    "up = {{ equation = \"0 -> A\", rate = \"7 * on\" }}\n"
                    "down = {{ equation = \"A -> 0\", rate = \"2 * (A > 0)\" }}\n"
                    "work = {{ equation = \"0 -> B\", rate = \"piecewise(7, on, 0)\" }}",
                    on),
        6, [](double t) { return t < 2 ? 7 * t : 14 + 2 * (t - 2); });
}

TEST_F(MeanFieldTest, LeavesABoundWhenOneSideLeadsAway) {
  // Along A = 20 until B, which takes ever more of A, is 50.
  expect_at_all_grids(
      "[species]\nA = 20\nB = 0\n[reactions]\n"
      "up = { equation = \"0 -> A\", rate = \"piecewise(50, A < 20, 0)\" }\n"
      "more = { equation = \"0 -> B\", rate = \"10\" }\n"
      "down = { equation = \"A -> 0\", rate = \"B * (A > 0)\" }",
      6, [](double t) { return t < 5 ? 20 : 20 - 5 * (t - 5) * (t - 5); });
}

TEST_F(MeanFieldTest, OnABoundASetValueIsReadAsItIs) {
  // Comes to 10, and stays there: not above 10, where it came from.
  for (auto const& [comparison, rate] : {std::pair{"A > 10", 1.0}, std::pair{"A >= 10", 4.0}}) {
    auto const network =
        network_of(fmt::format("[species]\nB = 0\nA = 15\n[reactions]\n"
                               "r = {{ equation = \"0 -> B\", rate = \"piecewise(4, {}, 1)\" }}\n"
                               "[conditions.c]\nat = [ {{ time = 5, add = {{ A = -5 }} }} ]",
                               comparison));
    ExperimentRequest request;
    request.condition = "c";
    double const then = rate;
    expect_close(solve(network, request), 0,
                 [then](double t) { return 4 * std::min(t, 5.0) + then * std::max(0.0, t - 5); });
  }
}

/// `sections` after [species]; what `column`, the first species, is at the end on any grid.
void expect_at_end(std::string const& sections, double t_end, double value, double within = 1e-4) {
  for (double const interval : {t_end, t_end / 7}) {
    auto const solved = solve(network_of("[species]\n" + sections, t_end, interval));
    EXPECT_NEAR(solved.at(0, solved.experiment.sample_times.size() - 1), value, within)
        << sections << "every " << interval;
  }
}

TEST_F(MeanFieldTest, StaysAt0WhereLessIsMadeThanCouldBeTaken) {
  for (char const* taken : {"2", "20", "100", "1e6"})
    expect_at_end(
        fmt::format("C = 0\nA = 5\n[reactions]\nr = {{ equation = \"0 -> A\", mass_action = "
                    "\"1\" }}\ns = {{ equation = \"A -> 0\", rate = \"{}\" }}\n"
                    "c = {{ equation = \"0 -> C\", rate = \"piecewise(1, A >= 0, 5) + "
                    "floor(A / 18)\" }}",
                    taken),
        10, 10);
}

TEST_F(MeanFieldTest, BoundsOfAllSizesAreMet) {
  expect_at_end(
      "A = 1000000000\n[reactions]\nr = { equation = \"A -> 0\", rate = \"A * (A > 10)\" }", 25,
      10);
  expect_at_end(
      "C = 0\nA = 0\n[reactions]\nr = { equation = \"0 -> A\", mass_action = \"0.1\" }\n"
      "c = { equation = \"0 -> C\", rate = \"A / 6e8 > 1e-9\" }",
      10, 4);
  expect_at_end(
      "C = 0\nA = 100\nB = 0\n[reactions]\nr = { equation = \"0 -> B\", rate = \"10\" }\n"
      "c = { equation = \"0 -> C\", rate = \"A / B > 5\" }",
      10, 2);
  expect_at_end(
      "C = 0\nA = 0\n[reactions]\nr = { equation = \"0 -> A\", rate = \"10\" }\n"
      "c = { equation = \"0 -> C\", rate = \"ln(A) > 2\" }",
      10, 10 - std::exp(2) / 10);
  expect_at_end(
      "C = 0\nA = 25\n[reactions]\nr = { equation = \"A -> 0\", rate = \"2 * min(A, 1)\" }\n"
      "c = { equation = \"0 -> C\", rate = \"sqrt(A - 10) < 3\" }",
      10, 4.5);
}

TEST_F(MeanFieldTest, WhatReadsWhatJumpsJumpsWithIt) {
  expect_at_end(
      "C = 0\nA = 5\n[reactions]\nr = { equation = \"0 -> A\", rate = \"10\" }\n"
      "c = { equation = \"0 -> C\", rate = \"floor(A / 10) >= 2\" }",
      10, 8.5);
  expect_at_end(
      "A = 10\n[rules]\non = \"A < 20\"\n[reactions]\n"
      "r = { equation = \"0 -> A\", rate = \"piecewise(7, on > 0.5, 0)\" }\n"
      "s = { equation = \"A -> 0\", rate = \"2\" }",
      10, 20);
  expect_at_end(
      "C = 0\nA = 0\nB = 0\n[rules]\na = \"A > 10\"\nb = \"B > 20\"\n[reactions]\n"
      "r = { equation = \"0 -> A\", rate = \"10\" }\n"
      "s = { equation = \"0 -> B\", rate = \"10\" }\n"
      "c = { equation = \"0 -> C\", rate = \"a + b >= 2\" }",
      10, 8);
}

TEST_F(MeanFieldTest, HeatingAndCoolingShareTheirBound) {
  for (auto const& [start, heated] : {std::pair{10, 40.8333}, std::pair{30, 29.1667}})
    expect_at_end(fmt::format("H = 0\nA = {}\n[reactions]\n"
                              "r = {{ equation = \"0 -> A + H\", rate = \"7 * (A < 20)\" }}\n"
                              "s = {{ equation = \"A -> 0\", rate = \"5 * (A > 20)\" }}\n"
                              "t = {{ equation = \"A -> 0\", rate = \"1\" }}",
                              start),
                  10, heated, 1e-3);
}

TEST_F(MeanFieldTest, NothingIsTakenOfWhatIsNotThere) {
  // At the start the law is 0 without A.
  expect_at_end(
      "A = 5\nB = 0\n[reactions]\nr = { equation = \"0 -> B\", rate = \"20\" }\n"
      "s = { equation = \"A -> 0\", rate = \"piecewise(5, B > 50, 0)\" }",
      10, 0);
}

TEST_F(MeanFieldTest, RulesOfRulesAreLookedAtOnce) {
  std::string sections = "A = 5\n[rules]\nr0 = \"1\"\n";
  for (int i = 1; i <= 64; ++i) sections += fmt::format("r{0} = \"r{1} * r{1}\"\n", i, i - 1);
  expect_at_end(sections + "[reactions]\ns = { equation = \"A -> 0\", rate = \"r64\" }", 3, 2);
}

TEST_F(MeanFieldTest, StrongPushesShareABoundWithWeakOnes) {
  expect_at_end(
      "A = 10\n[reactions]\nr = { equation = \"0 -> A\", rate = \"1e5 * (A < 20)\" }\n"
      "s = { equation = \"A -> 0\", rate = \"7\" }",
      10, 20);
  expect_at_end(
      "A = 100\n[reactions]\nr = { equation = \"0 -> A\", rate = \"7\" }\n"
      "s = { equation = \"A -> 0\", rate = \"1e7 * (A > 20)\" }",
      10, 20);
}

TEST_F(MeanFieldTest, AnEventThatTurnsTheFlowIsSeenAgain) {
  auto const network = network_of(
      "[parameters]\nk = 7\n[species]\nA = 10\n[reactions]\n"
      "r = { equation = \"0 -> A\", mass_action = \"k\" }\n"
      "s = { equation = \"A -> 0\", mass_action = \"0.1\" }\n"
      "[events]\ne = { trigger = \"A >= 20\", set = { k = \"1\" } }\n"
      "f = { trigger = \"A <= 18\", set = { k = \"7\" } }",
      20, 0.5);
  auto const solved = solve(network);
  for (usize k = 4; k < solved.experiment.sample_times.size(); ++k) {
    EXPECT_LE(solved.at(0, k), 20 + 1e-5) << k;
    EXPECT_GE(solved.at(0, k), 18 - 1e-5) << k;
  }
}

TEST_F(MeanFieldTest, NegativeRatesAreFoundBetweenSamples) {
  // It is negative while A is below 10, which no sample sees.
  EXPECT_EQ(error_of(network_of("[species]\nA = 0\n[reactions]\n"
                                "up = { equation = \"0 -> A\", rate = \"1\" }\n"
                                "down = { equation = \"A -> 0\", rate = \"A - 10\" }",
                                10, 10))
                .substr(0, 26),
            "error: the rate of 'down' ");
}

TEST_F(MeanFieldTest, OfAThousandSpeciesNeedsNoMatrix) {
  std::string species = "[species]\nS0 = 1000\n", reactions = "[reactions]\n";
  constexpr int last = 1100;
  for (int i = 1; i <= last; ++i) {
    species += fmt::format("S{} = 0\n", i);
    reactions +=
        fmt::format("r{0} = {{ equation = \"S{1} -> S{0}\", mass_action = \"2\" }}\n", i, i - 1);
  }
  auto const solved = solve(network_of(species + reactions, 3, 1));
  EXPECT_NE(solved.field.solver.find("GMRES"), std::string::npos);
  // Poisson: how many steps were taken.
  for (usize const i : {0, 1, 5, 12}) {
    auto const law = [&](double t) {
      if (t == 0) return i == 0 ? 1000.0 : 0.0;
      return 1000 * std::exp(double(i) * std::log(2 * t) - 2 * t - std::lgamma(double(i) + 1));
    };
    expect_close(solved, i, law, 1e-5);  // GMRES solves to a part of the tolerance only
  }
}

TEST_F(MeanFieldTest, NamesReactionAndTimeOfWhatHasNoSolution) {
  // A is 50 at 10 sqrt(2).
  auto const undefined = error_of(network_of(
      "[species]\nA = 100\n[reactions]\nr = { equation = \"A -> 0\", rate = \"sqrt(A - 50)\" }",
      20));
  std::string const expected = "error: the rate of 'r' is not a number soon after t = 14.14";
  EXPECT_EQ(undefined.substr(0, expected.size()), expected);
  EXPECT_EQ(
      error_of(network_of("[species]\nA = 100\n[reactions]\n"
                          "r = { equation = \"0 -> A\", rate = \"50 - A\" }")),
      "error: the rate of 'r' is -50 at t = 0 h (a propensity is not negative). Check its law "
      "there.");
  ExperimentRequest request;
  request.condition = "c";
  EXPECT_EQ(
      error_of(network_of("[species]\nA = 3\n[reactions]\n"
                          "r = { equation = \"A -> 0\", rate = \"0 * A\" }\n"
                          "[conditions.c]\nat = [ { time = 2, add = { A = -4 } } ]"),
               request),
      "error: a change takes 4 copies of 'A' at t = 2 h (there are 3). Correct the schedule.");
}

TEST_F(MeanFieldTest, StopsWhenAsked) {
  auto const network = network_of(
      "[species]\nA = 1\n[reactions]\nr = { equation = \"A -> 0\", mass_action = \"1\" }");
  auto const experiment = resolve(network, {});
  RunControl control;
  control.stop = true;
  EXPECT_TRUE(solve_rate_equations(experiment, {}, control).was_stopped);
}

/// Classical Runge-Kutta of fixed step, with rates that are put together here.
class RungeKutta {
 public:
  explicit RungeKutta(Experiment const& experiment)
      : experiment_(experiment), network_(*experiment.network),
        x(experiment.initial.begin(), experiment.initial.end()) {}

  void run(double end, double step) {
    auto const steps = usize(std::llround(end / step));
    for (usize n = 0; n < steps; ++n) {
      auto const a = slope(x), b = slope(moved(a, step / 2)), c = slope(moved(b, step / 2)),
                 d = slope(moved(c, step));
      for (usize i = 0; i < x.size(); ++i) x[i] += step / 6 * (a[i] + 2 * b[i] + 2 * c[i] + d[i]);
    }
  }

 private:
  Experiment const& experiment_;
  Network const& network_;

  std::vector<double> moved(std::vector<double> const& slope, double step) const {
    auto to = x;
    for (usize i = 0; i < x.size(); ++i) to[i] += step * slope[i];
    return to;
  }

  std::vector<double> slope(std::vector<double> const& at) const {
    std::vector<double> sum(at.size(), 0.0);
    ExpressionValues values{at, experiment_.segments[0].parameters, {}, {}};
    auto const rules = evaluate_rules(network_, values);
    values.rules = rules;
    for (auto const& reaction : network_.reactions) {
      double rate = evaluate(reaction.rate, values);
      if (reaction.rate_kind == RateKind::mass_action)
        for (auto const& r : reaction.reactants)
          rate *= std::pow(at[u32(r.species)], double(r.count)) / std::tgamma(double(r.count) + 1);
      for (auto const& r : reaction.reactants) sum[u32(r.species)] -= double(r.count) * rate;
      for (auto const& p : reaction.products) sum[u32(p.species)] += double(p.count) * rate;
    }
    return sum;
  }

 public:
  std::vector<double> x;
};

TEST_F(MeanFieldTest, OfTheStressResponseIsThatOfAnotherIntegrator) {
  auto const network = bundled("isr");
  for (char const* const condition : {"", "mito"}) {
    ExperimentRequest request;
    request.condition = condition;
    request.t_end = 60;
    request.sample_every = 60;
    auto const solved = solve(network, request);
    ASSERT_EQ(solved.experiment.segments.size(), 1u) << "the other integrator knows no schedule";
    RungeKutta coarse(solved.experiment), fine(solved.experiment);
    coarse.run(60, 0.02);
    fine.run(60, 0.01);
    for (usize i = 0; i < network.species.size(); ++i) {
      double const scale = 1e-6 * std::fabs(fine.x[i]) + 1e-5;
      EXPECT_NEAR(coarse.x[i], fine.x[i], scale) << network.species[i].id;
      EXPECT_NEAR(solved.at(i, 1), fine.x[i], scale) << network.species[i].id;
    }
  }
}

// ---- triggered events ----

/// A decays at the rate 1 from 100; n, m and B are there to be set.
Network decaying(std::string const& events, std::string const& more = "", double t_end = 5,
                 double sample_every = 0.25) {
  return network_of(
      "[parameters]\nk = 1\nlast = 0\n[species]\nA = 100\nn = 0\nm = 0\nB = 0\n"
      "[reactions]\nloss = { equation = \"A -> 0\", mass_action = \"k\" }\n[events]\n" +
          events + "\n" + more,
      t_end, sample_every);
}

TEST_F(MeanFieldTest, EventsOfTheStateHappenWhereTheSolutionCrosses) {
  auto const solved =
      solve(decaying("refill = { trigger = \"A < 25\", set = { A = 100, n = \"n + 1\" } }"));
  double const period = std::log(4.0);
  // The error of a period is the next one's, too.
  expect_close(
      solved, 0, [&](double t) { return 100 * std::exp(-std::fmod(t, period)); }, 4e-6);
  expect_close(solved, 1, [&](double t) { return std::floor(t / period); });
}

TEST_F(MeanFieldTest, DelaysAndValuesOfEventsAreThoseOfTheCrossing) {
  auto const solved =
      solve(decaying("at_trigger = { trigger = \"A <= 50\", delay = 0.5, set = { n = \"A\" } }\n"
                     "when_due = { trigger = \"A <= 50\", delay = 0.5, values_from_trigger_time = "
                     "false, set = { m = "
                     "\"A\" } }\n"
                     "given_up = { trigger = \"A <= 50 and A > 40\", delay = 0.5, persistent = "
                     "false, set = { B = 1 } "
                     "}"));
  double const due = std::log(2.0) + 0.5;
  expect_close(solved, 1, [&](double t) { return t < due ? 0 : 50; });
  expect_close(solved, 2, [&](double t) { return t < due ? 0 : 50 * std::exp(-0.5); });
  expect_close(solved, 3, [](double) { return 0; });
}

TEST_F(MeanFieldTest, DelaysEndWithinTheStepOfTheirCrossing) {
  // The law is constant, so that steps are long.
  auto const network = network_of(
      "[species]\nA = 10000\nn = 0\n[reactions]\nloss = { equation = \"A -> 0\", rate = \"100\" "
      "}\n[events]\n"
      "e = { trigger = \"A <= 8765\", delay = 0.125, set = { n = \"A\" } }\n",
      50, 25);
  auto const solved = solve(network);
  expect_close(solved, 0, [](double t) { return 10000 - 100 * t; });
  expect_close(solved, 1, [](double t) { return t < 12 ? 0 : 8765; });
}

TEST_F(MeanFieldTest, EventsOfTheTimeAreExact) {
  auto const solved = solve(decaying(
      "stop = { trigger = \"time >= 1\", set = { k = 0 } }\n"
      "behind = { trigger = \"time > 2\", set = { n = 7 } }\n"
      "tick = { trigger = \"time - last >= 0.5\", set = { last = \"time\", m = \"m + 1\" } }"));
  expect_close(solved, 0, [](double t) { return 100 * std::exp(-std::min(t, 1.0)); });
  expect_close(solved, 1, [](double t) { return t > 2 ? 7 : 0; });
  expect_close(solved, 2, [](double t) { return std::floor(2 * t); });
}

TEST_F(MeanFieldTest, TimeAndStateMeetInOneComparison) {
  // t exp(-t) >= 0.2 from the smaller solution on; to the larger one it stays so.
  auto const solved =
      solve(decaying("meet = { trigger = \"time * A >= 20\", set = { n = \"time * 1000\" } }"));
  double low = 0, high = 1;
  while (high - low > 1e-12) {
    double const middle = 0.5 * (low + high);
    (middle * std::exp(-middle) < 0.2 ? low : high) = middle;
  }
  expect_close(solved, 1, [&](double t) { return t < low ? 0 : 1000 * low; });
}

TEST_F(MeanFieldTest, EventsLookRightBehindABoundOnWhichTheyStart) {
  auto const solved =
      solve(decaying("below = { trigger = \"A < 100\", set = { n = 1 } }\n"
                     "on_it = { trigger = \"A == 100\", set = { m = 1 } }\n"
                     "now = { trigger = \"A >= 100\", initial_value = false, set = { B "
                     "= 1 } }"));
  expect_close(solved, 1, [](double) { return 1; });
  expect_close(solved, 2, [](double) { return 0; });  // it was true before
  expect_close(solved, 3, [](double) { return 1; });
}

TEST_F(MeanFieldTest, EqualityIsMetInPassing) {
  auto const solved =
      solve(decaying("met = { trigger = \"A == 50\", set = { n = \"n + 1\" } }\n"
                     "left = { trigger = \"A != 50\", set = { m = \"m + 1\" } }"));
  expect_close(solved, 1, [](double t) { return t < std::log(2.0) ? 0 : 1; });
  expect_close(solved, 2, [](double t) { return t < std::log(2.0) ? 0 : 1; });
}

TEST_F(MeanFieldTest, EventsOfOneCrossingGoByPriorityAndTriggerOthers) {
  auto const solved = solve(decaying(
      "second = { trigger = \"A < 50\", priority = 1, values_from_trigger_time = false, set = "
      "{ n = \"10*n + 2\" } }\n"
      "first = { trigger = \"A < 50\", priority = 2, values_from_trigger_time = false, set = { "
      "n = \"10*n + 1\" } }\n"
      "third = { trigger = \"n > 11\", set = { m = \"n\" } }"));
  expect_close(solved, 1, [](double t) { return t < std::log(2.0) ? 0 : 12; });
  expect_close(solved, 2, [](double t) { return t < std::log(2.0) ? 0 : 12; });
}

TEST_F(MeanFieldTest, EventsBeginAtTime0AndComeBehindScheduledChanges) {
  ExperimentRequest request;
  request.burn_in = 1;
  request.condition = "c";
  auto const solved = solve(
      decaying("low = { trigger = \"A < 50\", set = { n = \"n + 1\" } }\n"
               "start = { trigger = \"A < 60\", initial_value = false, set = { m = 1 } }\n"
               "see = { trigger = \"A > 80\", set = { B = \"A\", k = 2 } }",
               "[conditions.c]\nat = [{ time = 0, add = { A = 0 } }, { time = 1, add = { A = 100 } "
               "}, { time = 2, set = { k = 0 } }]"),
      request);
  double const at_1 = 100 * std::exp(-2.0) + 100, at_2 = at_1 * std::exp(-2.0);
  expect_close(solved, 0, [&](double t) {
    return t < 1 ? 100 * std::exp(-1 - t) : t < 2 ? at_1 * std::exp(-2 * (t - 1)) : at_2;
  });
  // Below 50 before time 0, which nothing looks at; again behind the change.
  expect_close(solved, 1, [&](double t) { return t < 1 + 0.5 * std::log(at_1 / 50) ? 0 : 1; });
  expect_close(solved, 2, [](double) { return 1; });
  expect_close(solved, 3, [&](double t) { return t < 1 ? 0 : at_1; });
}

TEST_F(MeanFieldTest, EventsThatCannotBeCarriedOutAreNamed) {
  EXPECT_EQ(error_of(decaying("e = { trigger = \"A < 50\", set = { n = \"A - 60\" } }")),
            "error: event 'e' sets a negative copy number (at t = 0.693147 h). Correct the event.");
  EXPECT_EQ(
      error_of(decaying("e = { trigger = \"time >= 1\", delay = \"n - 1\", set = { n = 1 } }")),
      "error: event 'e' has a delay that is negative or undefined (at t = 1 h). Correct the "
      "event.");
  EXPECT_EQ(
      error_of(decaying("e = { trigger = \"time >= 1 and m >= 0\", set = { m = \"1 - m\" } }\n"
                        "f = { trigger = \"m > 0\", set = { m = 0 } }\n"
                        "g = { trigger = \"m < 1 and time >= 1\", set = { m = 1 } }")),
      "error: event 'g' triggers itself without end at one time, or at every one (at t = 1 h). "
      "Correct the event.");
  auto const network = decaying("e = { trigger = \"A and time >= 1\", set = { n = 1 } }");
  auto const findings = triggers_without_crossings(network);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(
      findings[0].problem,
      "the trigger of event 'e' reads copy numbers outside of comparisons, which the engine 'ode' "
      "cannot carry out");
}

TEST_F(MeanFieldTest, LiesBelowTheMeanOfRestingAtf4) {
  // The law of ATF4's translation is convex in what fluctuates: trajectories have a higher mean.
  auto const network = bundled("isr");
  u32 atf4 = 0;
  while (network.species[atf4].id != "ATF4") ++atf4;
  ExperimentRequest request;
  request.t_end = 20000;
  request.sample_every = 20000;
  double const rest = solve(network, request).at(atf4, 1);
  RunOptions options;
  options.trajectories = 200;
  options.burn_in = 1500;
  options.t_end = 0;
  auto const kept = run(network, options);
  double sum = 0, squares = 0;
  for (auto const& [id, trajectory] : kept.by_id) {
    double const x = trajectory.samples[atf4];
    sum += x;
    squares += x * x;
  }
  double const n = double(kept.by_id.size()), mean = sum / n;
  double const error = std::sqrt((squares / n - mean * mean) / (n - 1));
  RecordProperty("ratio", fmt::format("{:.3f} +- {:.3f}", mean / rest, error / rest));
  EXPECT_NEAR(rest, 227.7, 0.1);
  EXPECT_GT(mean - rest, 5.73 * error);  // false-alarm rate of no difference: below 1e-8
  EXPECT_NEAR(mean / rest, 1.4, 0.1 + 5.73 * error / rest);
}

}  // namespace
}  // namespace cristae::test
