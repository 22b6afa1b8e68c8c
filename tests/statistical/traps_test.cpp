// tests/statistical/traps_test.cpp - faults that other simulators have had, one test each.
#include <cmath>
#include <set>

#include "tests/statistical/oracle.hpp"
#include "tests/support/master_equation.hpp"
#include "tests/support/replays.hpp"

namespace cristae::test {
namespace {

// ---- stoichiometry and combinations ----

/// A + B <-> 2 A with 12 copies in all, 3 of them A: one variable.
Moments autocatalysis_law(double time, double factor) {
  MasterEquation equation({12}, {3});
  equation.advance({{{1}, [=](State const& x) { return 0.1 * factor * x[0] * (12 - x[0]); }},
                    {{-1}, [](State const& x) { return 0.15 * x[0] * (x[0] - 1) / 2; }}},
                   time);
  return moments_of(equation.probabilities());
}

Network autocatalysis(double factor, std::string const& backward) {
  return network_of("A = 3\nB = 9", "k = " + text(0.1 * factor),
                    "forward = { equation = \"A + B -> 2 A\", mass_action = \"k\" }\n"
                    "backward = { equation = \"2 A -> A + B\", " +
                        backward + " }",
                    2, 1);
}

TEST_P(Engines, ASpeciesOnBothSidesCountsOnEach) {
  MomentCheck check;
  check.network = [](double f) { return autocatalysis(f, "mass_action = \"0.15\""); };
  check.law = autocatalysis_law;
  expect_moments(GetParam(), check);
}

/// 2 S -> 0 from 25 copies, and nothing else.
Moments annihilation_law(double time, double factor) {
  MasterEquation equation({25}, {25});
  equation.advance({{{-2}, [=](State const& x) { return 0.05 * factor * x[0] * (x[0] - 1) / 2; }}},
                   time);
  return moments_of(equation.probabilities());
}

MomentCheck annihilation(std::string const& law) {
  MomentCheck check;
  check.network = [=](double f) {
    return network_of("S = 25", "k = " + text(0.05 * f),
                      "meet = { equation = \"2 S -> 0\", " + law + " }", 2, 0.5);
  };
  check.law = annihilation_law;
  return check;
}

TEST_P(Engines, TwoOfAKindMeetInPairsAndBothAreUsedUp) {
  expect_moments(GetParam(), annihilation("mass_action = \"k\""));
  RunOptions const o = ensemble(GetParam(), 10000);
  MomentCheck const squares = annihilation("rate = \"k * S * S / 2\"");
  auto const times = resolve(squares.network(1), {}).sample_times;
  Kept const wrong = run(squares.network(1), o);
  EXPECT_GT(worst_score(wrong, squares, times), score_bound) << "S * S is taken for S (S - 1)";
  for (auto const& [id, t] : wrong.by_id)
    for (double const count : t.samples) EXPECT_EQ(std::fmod(count, 2), 1) << "one is left over";
}

// ---- reading ----

TEST(Traps, AnInitialCountThatIsWholeButForRoundingIsReadAsThatWithANote) {
  // 24.999999999999996 = 0.1 mol/l * 250 in some order of factors; truncated it would be 24.
  Network const network = network_of("S = 24.999999999999996", "", "", 1, 1);
  EXPECT_EQ(network.species[0].initial, 25);
  usize notes = 0;
  for (auto const& note : network.notes) notes += note.severity == Severity::note;
  EXPECT_EQ(notes, 1u);
}

// ---- selection ----

TEST_P(Engines, AReactionWithPropensityZeroIsNeverChosen) {
  // First, in the middle and last; by a constant, by missing reactants and by its law.
  Network const network =
      network_of("X = 0\nNone = 0\nA = 0\nB = 0\nC = 0\nD = 0", "zero = 0.0",
                 "first = { equation = \"0 -> A\", mass_action = \"zero\" }\n"
                 "in = { equation = \"0 -> X\", mass_action = \"500\" }\n"
                 "absent = { equation = \"None -> None + B\", mass_action = \"1e6\" }\n"
                 "law = { equation = \"0 -> C\", rate = \"1e6 * max(0, None - X)\" }\n"
                 "out = { equation = \"X -> 0\", mass_action = \"10\" }\n"
                 "last = { equation = \"0 -> D\", rate = \"zero * X\" }",
                 1, 1);
  u64 events = 0;
  for (auto const& [id, t] : run(network, ensemble(GetParam(), 1000)).by_id) {
    events += t.end.events;
    for (usize s = 2; s < 6; ++s) EXPECT_EQ(t.samples[2 * s + 1], 0) << network.species[s].id;
  }
  EXPECT_GT(events, 800000u);
}

TEST_P(Engines, TheFirstSampleIsTheStartAndNotTheStateBehindTheFirstEvent) {
  Network const network =
      network_of("X = 7", "", "in = { equation = \"0 -> X\", mass_action = \"1e4\" }", 0.01, 0.01);
  for (auto const& [id, t] : run(network, ensemble(GetParam(), 2000)).by_id)
    EXPECT_EQ(t.samples[0], 7);
}

// ---- random numbers ----

TEST_P(Engines, NoTwoTrajectoriesAreEqualAndNeighboursAreUncorrelated) {
  // Correlation of trajectory i with i + lag; 0.1, as the twin has, is z = 14 in 20,000 pairs.
  Network const network =
      network_of("X = 0", "", "in = { equation = \"0 -> X\", mass_action = \"200\" }", 8, 0.5);
  std::set<std::vector<double>> seen;
  std::vector<double> last;
  for (auto const& [id, t] : run(network, ensemble(GetParam(), 20000)).by_id) {
    seen.insert(t.samples);
    last.push_back((t.samples.back() - 1600) / 40);
  }
  EXPECT_EQ(seen.size(), last.size());
  auto const z_at = [&](usize lag, double shared) {
    double sum = 0;
    for (usize i = lag; i < last.size(); ++i)
      sum += last[i - lag] * (shared * last[i - lag] + std::sqrt(1 - shared * shared) * last[i]);
    return sum / std::sqrt(double(last.size() - lag));
  };
  for (usize const lag : {1, 2, 8, 16, 64, 256, 1024}) {
    EXPECT_LT(std::fabs(z_at(lag, 0)), score_bound) << lag;
    EXPECT_GT(z_at(lag, 0.1), score_bound) << lag << ": the planted fault is missed";
  }
}

/// Eight equal channels: what each event's waiting time and choice were.
struct Draws final : EventLog {
  double last = 0;
  std::vector<double> waiting;
  std::vector<u32> choice;
  void event(u64, double time, ReactionId reaction, std::span<i64 const>) override {
    waiting.push_back(time - last);
    choice.push_back(u32(reaction));
    last = time;
  }
};

Draws const& two_million_draws() {
  static Draws const draws = [] {
    std::string reactions;
    for (char const c : std::string("abcdefgh"))
      reactions += std::string(1, c) + " = { equation = \"0 -> X\", mass_action = \"0.125\" }\n";
    Network const network = network_of("X = 0", "", reactions, 1e9, 1e9);
    Experiment const experiment = resolve(network, {});
    RunPlan plan;
    plan.experiment = &experiment;
    plan.max_events = 2000000;
    plan.seed = 99;
    Draws result;
    EndOnly sink;
    RunControl control;
    replay_trajectory(plan, result, sink, control);
    return result;
  }();
  return draws;
}

/// Chi-square of classes that should be equally likely.
double p_of_equal(std::vector<usize> const& classes, usize count) {
  std::vector<u64> counts(count, 0);
  for (usize const c : classes) ++counts.at(c);
  return chi_square_p_value(counts, std::vector<double>(count, 1.0 / double(count)));
}

usize waiting_class(double waiting, double rate, usize count) {
  return std::min(count - 1, usize(-std::expm1(-rate * waiting) * double(count)));
}

TEST(Traps, WaitingTimesAreExponentialWithTheTotalPropensity) {
  Draws const& draws = two_million_draws();
  auto const p_value = [&](double rate) {
    std::vector<usize> classes;
    for (double const w : draws.waiting) classes.push_back(waiting_class(w, rate, 64));
    return p_of_equal(classes, 64);
  };
  EXPECT_GT(p_value(1), false_alarm_rate);
  EXPECT_LT(p_value(planted), false_alarm_rate) << "the planted fault is missed";
}

TEST(Traps, WaitingTimeAndChoiceComeFromDifferentRandomNumbers) {
  // Of the event, and of the one before; the twin takes one choice in a hundred from the waiting
  // time.
  Draws const& draws = two_million_draws();
  auto const p_value = [&](usize lag, usize every) {
    std::vector<usize> classes;
    for (usize i = lag; i < draws.waiting.size(); ++i) {
      usize const w = waiting_class(draws.waiting[i], 1, 16);
      usize const c = i % every == 0 ? w / 2 : draws.choice[i - lag];
      classes.push_back(w * 8 + c);
    }
    return p_of_equal(classes, 128);
  };
  for (usize const lag : {0, 1, 2}) {
    EXPECT_GT(p_value(lag, ~usize{0} >> 1), false_alarm_rate) << lag;
    EXPECT_LT(p_value(lag, 100), false_alarm_rate) << lag;
  }
}

TEST(Traps, OneEventTellsNothingAboutTheNext) {
  Draws const& draws = two_million_draws();
  auto const p_value = [&](usize lag, usize every, bool of_choices) {
    std::vector<usize> classes;
    auto const class_of = [&](usize i) {
      return of_choices ? usize(draws.choice[i]) : waiting_class(draws.waiting[i], 1, 8);
    };
    for (usize i = lag; i < draws.waiting.size(); ++i)
      classes.push_back(class_of(i - lag) * 8 + class_of(i % every == 0 ? i - lag : i));
    return p_of_equal(classes, 64);
  };
  for (bool const of_choices : {false, true})
    for (usize const lag : {1, 2, 3, 4}) {
      EXPECT_GT(p_value(lag, ~usize{0} >> 1, of_choices), false_alarm_rate) << lag;
      EXPECT_LT(p_value(lag, 100, of_choices), false_alarm_rate) << lag;
    }
}

// ---- custom laws ----

TEST(Traps, LawsFollowTheSpeciesThatReachThemThroughRules) {
  // `made` reads Gate through three rules, the last declared first. A stale propensity would go on
  // firing with the gate closed (a certain fault of the martingale), or not start when it opens.
  Network const network =
      network_of("Gate = 0\nY = 0", "k = 50",
                 "open = { equation = \"0 -> Gate\", rate = \"piecewise(3, Gate < 1, 0)\" }\n"
                 "shut = { equation = \"Gate -> 0\", mass_action = \"2\" }\n"
                 "made = { equation = \"0 -> Y\", rate = \"drive\" }\n"
                 "lost = { equation = \"Y -> 0\", rate = \"0.2 * Y * (1 + drive / k)\" }",
                 100, 100,
                 "[rules]\ndrive = \"k * level\"\nlevel = \"piecewise(1, signal > 0.25, 0)\"\n"
                 "signal = \"Gate / (Gate + 1)\"\n");
  RunOptions o;
  o.trajectories = 400;
  auto const results = follow(network, o, {network, with_rate(network, 2, 1.01)});
  EXPECT_EQ(results[0].faults, 0u);
  EXPECT_GT(results[0].p_value, 1e-6);
  EXPECT_GE(results[0].reactions[2].firings, 1000000u);
  EXPECT_LT(results[1].p_value, 1e-6);
}

/// Two species that drive each other; the sections in one order or the other.
Network ordered(bool reversed, double factor) {
  std::vector<std::string> reactions = {
      "a = { equation = \"0 -> A\", rate = \"k * (1 - hill(B, 10, 2))\" }\n",
      "b = { equation = \"0 -> B\", rate = \"2 + 10 * hill(A, 8, 3)\" }\n",
      "c = { equation = \"A -> 0\", mass_action = \"1\" }\n",
      "d = { equation = \"2 B -> 0\", mass_action = \"0.05\" }\n"};
  if (reversed) std::reverse(reactions.begin(), reactions.end());
  std::string all;
  for (auto const& r : reactions) all += r;
  return network_of(reversed ? "B = 0\nA = 0" : "A = 0\nB = 0", "k = " + text(20 * factor), all, 4,
                    4);
}

TEST_P(Engines, TheOrderOfReactionsAndSpeciesChangesTrajectoriesButNotTheirLaw) {
  // The difference of two means over its standard error. By the master equation A has sd 3.02 and
  // its mean moves by 0.058 with k, so 8.06 standard errors take 2 (8.06 * 3.02 / 0.058)^2 = 3.5e5
  // trajectories of each; the slow engine has fewer and no twin.
  u64 const n = runs_all(GetParam()) ? 360000 : 20000;
  struct Mean {
    double value, squared_error;
  };
  auto const mean_of_A = [&](bool reversed, double factor, u64 seed) {
    RunOptions o = ensemble(GetParam(), n);
    o.seed = seed;
    double sum = 0, squares = 0;
    for (auto const& [id, t] : run(ordered(reversed, factor), o).by_id) {
      double const a = t.samples[reversed ? 3 : 1];
      sum += a;
      squares += a * a;
    }
    double const mean = sum / double(n);
    return Mean{mean, (squares / double(n) - mean * mean) / double(n)};
  };
  auto const z = [](Mean const& a, Mean const& b) {
    return std::fabs(a.value - b.value) / std::sqrt(a.squared_error + b.squared_error);
  };
  Mean const first = mean_of_A(false, 1, 1);
  EXPECT_LT(z(first, mean_of_A(true, 1, 1)), score_bound);
  if (!runs_all(GetParam())) return;
  EXPECT_GT(z(first, mean_of_A(true, planted, 1)), score_bound) << "the planted fault is missed";
}

// ---- noise ----

TEST_P(Engines, ASlowPromoterMakesMoreNoiseThanItsMeanRate) {
  // Mean 10, Fano factor 1 + 20 * 2 / (4 * 5) = 3: a Poisson of rate 20 p, p ~ Beta(2, 2). The twin
  // makes as many with a steady promoter, Fano factor 1. gene_test.cpp has the whole distribution.
  MomentCheck check;
  check.law = [](double, double) {
    double f[5] = {1, 0, 0, 0, 0};  // factorial moments
    for (int k = 1; k <= 4; ++k) f[k] = f[k - 1] * 20 * (2 + k - 1.0) / (4 + k - 1.0);
    double const r2 = f[2] + f[1], r3 = f[3] + 3 * f[2] + f[1];
    double const r4 = f[4] + 6 * f[3] + 7 * f[2] + f[1], m = f[1], variance = r2 - m * m;
    EXPECT_NEAR(variance, 3 * m, 1e-9);
    return Moments{m, variance,
                   (r4 - 4 * m * r3 + 6 * m * m * r2 - 3 * m * m * m * m) / (variance * variance)};
  };
  check.species = 2;
  auto const score = [&](std::string const& promoter) {
    Network const network =
        network_of("Off = 0\nOn = 1\nM = 10", "",
                   promoter + "decay = { equation = \"M -> 0\", mass_action = \"1\" }", 9, 9);
    return worst_score(run(network, ensemble(GetParam(), 20000)), check, {0, 9});
  };
  EXPECT_LT(score("on = { equation = \"Off -> On\", mass_action = \"2\" }\n"
                  "off = { equation = \"On -> Off\", mass_action = \"2\" }\n"
                  "make = { equation = \"On -> On + M\", mass_action = \"20\" }\n"),
            score_bound);
  EXPECT_GT(score("make = { equation = \"On -> On + M\", mass_action = \"10\" }\n"), score_bound);
}

}  // namespace
}  // namespace cristae::test
