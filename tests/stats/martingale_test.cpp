// tests/stats/martingale_test.cpp - the log of a martingale by hand: integrals, faults, chances, texts.
#include "host/stats/martingale.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "host/io/network_reader.hpp"
#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

Network const& pair_network() {
  static Network const network = read_network_text(
      "[network]\nname = \"pair\"\ntime_unit = \"s\"\n[species]\nA = 4\nB = 0\n"
      "[parameters]\nk = 2\n[rules]\nload = \"B / (1 + B)\"\n[reactions]\n"
      "bind = { equation = \"2 A -> B\", mass_action = \"k\" }\n"
      "lose = { equation = \"B -> 0\", rate = \"3 * load\" }\n"
      "[conditions.c]\nat = [ { time = 1, set = { k = 5 }, add = { A = 2 } } ]\n"
      "[run]\nt_end = 2\nsample_every = 1\n",
      "pair.toml");
  return network;
}

Experiment experiment(std::string const& condition, double burn_in = 0) {
  ExperimentRequest request;
  request.condition = condition;
  request.burn_in = burn_in;
  return resolve(pair_network(), request);
}

using Counts = std::vector<i64>;
constexpr ReactionId bind{0}, lose{1};

TrajectoryEnd end_at(double time, u64 events,
                     TrajectoryStatus status = TrajectoryStatus::completed) {
  TrajectoryEnd end;
  end.time = time;
  end.events = events;
  end.status = status;
  return end;
}

TEST(MartingaleLog, IntegratesPropensitiesBetweenEventsAndScheduledChanges) {
  Experiment const e = experiment("c");
  MartingaleLaws const laws(e);
  MartingaleLog log(laws);
  log.begin(0);
  log.event(1, 0.25, bind, Counts{2, 1});  // bind 2*6 = 12 until here, then 2*1; lose 0, then 1.5
  log.event(2, 1.5, lose, Counts{4, 0});   // from 1 on A = 4 and k = 5: bind 30
  log.finish(end_at(2, 2));
  auto const& sums = log.sums();
  EXPECT_EQ(sums.firings, (std::vector<u64>{1, 1}));
  EXPECT_DOUBLE_EQ(sums.integrals[0], 12 * 0.25 + 2 * 0.75 + 30 * 0.5 + 30 * 0.5);
  EXPECT_DOUBLE_EQ(sums.integrals[1], 1.5 * 1.25);
  EXPECT_EQ(sums.trajectories, 1u);
  EXPECT_EQ(sums.events, 2u);
  EXPECT_EQ(sums.faults, 0u);
}

TEST(MartingaleLog, StartsBelowZeroWhereThereIsABurnIn) {
  Experiment const e = experiment("", 3);
  MartingaleLaws const laws(e);
  MartingaleLog log(laws);
  log.begin(0);
  log.event(1, -2.5, bind, Counts{2, 1});
  log.finish(end_at(2, 1));
  EXPECT_DOUBLE_EQ(log.sums().integrals[0], 12 * 0.5 + 2 * 4.5);
}

TEST(MartingaleLog, StopsAfterTheEventsAskedForAndStartsAgain) {
  Experiment const e = experiment("");
  MartingaleLaws const laws(e);
  MartingaleLog log(laws, 1);
  for (int n = 0; n < 2; ++n) {
    log.begin(u64(n));
    log.event(1, 0.25, bind, Counts{2, 1});
    log.event(2, 0.5, bind, Counts{0, 2});
    log.finish(end_at(2, 2));
  }
  EXPECT_EQ(log.sums().firings[0], 2u);
  EXPECT_DOUBLE_EQ(log.sums().integrals[0], 2 * 12 * 0.25);
  EXPECT_DOUBLE_EQ(log.sums().integrals[1], 0);
  EXPECT_EQ(log.sums().events, 2u);
}

TEST(MartingaleLog, AnEventAtTheTimeOfAChangeIsPlacedByItsCounts) {
  Experiment const e = experiment("c");
  MartingaleLaws const laws(e);
  for (i64 const added : {0, 2}) {
    MartingaleLog log(laws);
    log.begin(0);
    log.event(1, 1.0, bind, Counts{2 + added, 1});
    log.finish(end_at(2, 1));
    EXPECT_EQ(log.sums().faults, 0u) << added;
    EXPECT_EQ(log.sums().firings[0], 1u);
  }
}

TEST(MartingaleLog, CountsTheEventThatLeftTheRangeOfCounts) {
  Experiment const e = experiment("");
  MartingaleLaws const laws(e);
  MartingaleLog log(laws);
  log.begin(0);
  log.event(1, 0.25, bind, Counts{2, 1});
  TrajectoryEnd end = end_at(0.75, 2, TrajectoryStatus::overflow);
  end.reaction = 0;
  log.finish(end);
  EXPECT_EQ(log.sums().firings[0], 2u);
  EXPECT_DOUBLE_EQ(log.sums().integrals[0], 12 * 0.25 + 2 * 0.5);
  EXPECT_EQ(log.sums().faults, 0u);
}

/// The text for one trajectory with these events.
std::string finding_of(std::vector<std::tuple<u64, double, ReactionId, Counts>> const& events,
                       u64 reported, Experiment const& e = experiment("")) {
  MartingaleLaws const laws(e);
  MartingaleLog log(laws);
  log.begin(7);
  for (auto const& [number, time, reaction, counts] : events)
    log.event(number, time, reaction, counts);
  log.finish(end_at(2, reported));
  EXPECT_EQ(log.sums().faults, 1u);
  EXPECT_EQ(log.sums().firings, (std::vector<u64>{0, 0})) << "left out";
  MartingaleResult const result = martingale_result(*e.network, log.sums());
  EXPECT_EQ(result.p_value, 0);
  return to_string(martingale_finding(result, 1e-6).value());
}

constexpr char const* certain =
    " (a right simulator never does this). Compare with --engine reference, and report it with "
    "network and seed.";

TEST(MartingaleLog, ReportsWhatNoRightSimulatorDoes) {
  EXPECT_EQ(finding_of({{1, 0.5, bind, {3, 1}}}, 1),
            std::string("error: trajectory 7: the copy numbers after event 1 ('bind' at time 0.5) "
                        "are not those that the stoichiometry gives") +
                certain);
  EXPECT_EQ(finding_of({{1, 0.5, lose, {4, -1}}}, 1),
            std::string("error: trajectory 7: 'lose' fired at time 0.5 (event 1) with propensity "
                        "0") +
                certain);
  EXPECT_EQ(finding_of({{1, 0.5, bind, {2, 1}}, {2, 0.4, bind, {0, 2}}}, 2),
            std::string("error: trajectory 7: event 2 at time 0.4 is out of order, or events are "
                        "missing before it") +
                certain);
  EXPECT_EQ(finding_of({{2, 0.5, bind, {2, 1}}}, 2).substr(0, 28), "error: trajectory 7: event 2");
  EXPECT_EQ(finding_of({{1, 0.5, bind, {2, 1}}}, 2).substr(0, 28), "error: trajectory 7: event 2");
}

TEST(MartingaleLog, ReportsATrajectoryThatWentOnWithoutAPropensity) {
  Network const network = read_network_text(
      "[network]\nname = \"bad\"\ntime_unit = \"s\"\n[species]\nA = 2\n[reactions]\n"
      "out = { equation = \"A -> 0\", rate = \"A\" }\n"
      "in = { equation = \"0 -> A\", rate = \"A - 1.5\" }\n[run]\nt_end = 2\nsample_every = 1\n",
      "bad.toml");
  Experiment const e = resolve(network, {});
  EXPECT_EQ(finding_of({{1, 0.5, ReactionId{0}, {1}}, {2, 0.75, ReactionId{0}, {0}}}, 2, e),
            std::string("error: trajectory 7: went on at time 0.75 (event 2) though the propensity "
                        "of 'in' was negative, infinite or not a number") +
                certain);
}

TEST(MartingaleLog, EvaluatesEveryKindOfNodeAsTheTextbookDoes) {
  std::vector<std::string> const laws_text = {
      "A + 2 - B / 4",
      "-(-A) ^ 2",
      "2 ^ (A / 3)",
      "piecewise(A, B > 2, 5, B < 1, 7)",
      "min(A, B, 3) + max(A, B, 2)",
      "exp(-A / 9) + ln(1 + B) + log10(10 + A)",
      "sqrt(A) + abs(A - B) + floor(A / 4) + ceil(B / 3)",
      "hill(A, k, 2.5) + hill(0, k, 2)",
      "(A < B) + (A <= B) + (A > B) + (A >= B) + (A == B) + (A != B)",
      "(A > 1 and B > 1) + (A > 1 or B > 1) + (not A)",
      "r1 * r2"};
  std::string text =
      "[network]\nname = \"n\"\ntime_unit = \"s\"\n[species]\nA = 3\nB = 0\n[parameters]\nk = 2.5\n"
      "[rules]\nr2 = \"r1 + k\"\nr1 = \"A * k / (1 + B)\"\n[reactions]\n";
  for (usize i = 0; i < laws_text.size(); ++i)
    text +=
        fmt::format("j{} = {{ equation = \"0 -> A\", rate = \"100 + ({})\" }}\n", i, laws_text[i]);
  text += "up = { equation = \"0 -> B\", rate = \"1\" }\n[run]\nt_end = 10\nsample_every = 10\n";
  Network const network = read_network_text(text, "n.toml");
  Experiment const e = resolve(network, {});
  MartingaleLaws const laws(e);
  MartingaleLog log(laws);
  std::vector<double> expected(network.reactions.size(), 0.0), x{3, 0};
  auto const hold = [&](double time) {
    ExpressionValues values{x, e.segments[0].parameters, {}, {}};
    auto const rules = evaluate_rules(network, values);
    values.rules = rules;
    for (usize j = 0; j < expected.size(); ++j)
      expected[j] += time * evaluate(network.reactions[j].rate, values);
  };
  log.begin(0);
  u64 event = 0;
  for (int i = 0; i < 5; ++i) {
    hold(1);
    usize const j = i % 2 == 0 ? network.reactions.size() - 1 : usize(i);
    ++x[i % 2 == 0 ? 1 : 0];
    ++event;
    log.event(event, double(event), ReactionId(j), Counts{i64(x[0]), i64(x[1])});
  }
  hold(5);
  log.finish(end_at(10, event));
  ASSERT_EQ(log.sums().faults, 0u);
  for (usize j = 0; j < expected.size(); ++j)
    EXPECT_NEAR(log.sums().integrals[j], expected[j], 1e-12 * expected[j])
        << network.reactions[j].id;
}

// ---- chances ----

/// Exact chance that a p-value is at or below `alpha` where firings are Poisson.
double chance_of_alarm(double integral, double alpha) {
  double sum = 0;
  double const spread = 40 * std::sqrt(integral) + 60;
  for (double r = std::max(0.0, std::floor(integral - spread)); r < integral + spread; ++r)
    if (martingale_p_value(u64(r), integral) <= alpha)
      sum += std::exp(r * std::log(integral) - integral - std::lgamma(r + 1));
  return sum;
}

TEST(MartingaleChance, IsNeverBelowWhatItStatesAtAnySize) {
  for (double const integral : {1e-6, 1e-3, 0.1, 1.0, 5.0, 25.0, 1e3, 1e5})
    for (double const alpha : {0.1, 1e-2, 1e-4, 1e-6, 1e-9}) {
      EXPECT_LE(chance_of_alarm(integral, alpha), alpha) << integral << " at " << alpha;
    }
}

TEST(MartingaleChance, CostsLittleAgainstTheNormalLaw) {
  for (double const integral : {1e3, 1e5, 1e7, 1e9, 1e12}) {
    for (double const sign : {-1.0, 1.0}) {
      u64 const r = u64(integral + sign * 6.7 * std::sqrt(integral));
      EXPECT_LT(martingale_p_value(r, integral), 1e-7) << integral << " " << sign;
      u64 const usual = u64(integral + sign * 3 * std::sqrt(integral));
      EXPECT_GT(martingale_p_value(usual, integral), 1e-2);
    }
  }
}

TEST(MartingaleChance, KnowsTheEnds) {
  EXPECT_EQ(martingale_p_value(0, 0), 1);
  EXPECT_EQ(martingale_p_value(1, 0), 0) << "fired with propensity 0";
  EXPECT_LT(martingale_p_value(1, 1e-12), 1e-9);
  EXPECT_LT(martingale_p_value(0, 30), 1e-8);
  EXPECT_GT(martingale_p_value(0, 5), 5e-3);
  EXPECT_LT(martingale_p_value(1000000, 1e-11), 1e-300);
}

TEST(MartingaleResult, CombinesThreadsAndIsFamilyWise) {
  MartingaleSums a, b;
  a.firings = {100, 1000};
  a.integrals = {90, 1010};
  a.trajectories = 2;
  b.firings = {150, 0};
  b.integrals = {160, 0};
  b.trajectories = 1;
  a += b;
  MartingaleResult const result = martingale_result(pair_network(), a);
  EXPECT_EQ(result.reactions[0].id, "bind");
  EXPECT_EQ(result.reactions[0].firings, 250u);
  EXPECT_DOUBLE_EQ(result.reactions[0].z, 0);
  EXPECT_DOUBLE_EQ(result.reactions[1].z, -10 / std::sqrt(1010.0));
  EXPECT_EQ(result.total.firings, 1250u);
  EXPECT_EQ(result.trajectories, 3u);
  EXPECT_EQ(result.p_value, 1);
  EXPECT_FALSE(martingale_finding(result, 1e-6));
  a.firings[1] = 1600;
  MartingaleResult const wrong = martingale_result(pair_network(), a);
  EXPECT_DOUBLE_EQ(wrong.p_value, 3 * wrong.reactions[1].p_value);
  std::string const text = to_string(martingale_finding(wrong, 1e-6).value());
  EXPECT_EQ(text.substr(0, 74),
            "error: reaction 'lose' fired 1600 times where 1010 are expected (z = 18.6)");
}

}  // namespace
}  // namespace cristae
