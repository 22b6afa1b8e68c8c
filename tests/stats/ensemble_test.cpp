// tests/stats/ensemble_test.cpp - columns, storage by trajectory, the prefix and the statistics.
#include "host/stats/ensemble.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

double const not_a_number = std::numeric_limits<double>::quiet_NaN();

struct Builder {
  Expression expression;

  u32 add(Node node) {
    expression.nodes.push_back(std::move(node));
    return static_cast<u32>(expression.nodes.size() - 1);
  }
  u32 number(double value) {
    Node node;
    node.number = value;
    return add(node);
  }
  u32 symbol(SymbolKind kind, u32 index) {
    Node node;
    node.kind = NodeKind::symbol;
    node.symbol = {kind, index};
    return add(node);
  }
  u32 firings(u32 reaction) {
    Node node;
    node.kind = NodeKind::firings;
    node.symbol.index = reaction;
    return add(node);
  }
  u32 apply(NodeKind kind, std::vector<u32> arguments) {
    Node node;
    node.kind = kind;
    node.arguments = std::move(arguments);
    return add(node);
  }
};

/// Two species A and B, a parameter k that the schedule changes at t = 2, a rule r = k * A, and
/// observables `total` = A + B, `rate` = r, `fired` = count(reaction 1), B (also a species).
struct Fixture {
  Network network;
  Experiment experiment;

  explicit Fixture(usize samples = 4) {
    network.name = "toy";
    network.species.resize(2);
    network.species[0].id = "A";
    network.species[1].id = "B";
    network.species[1].unit = "token";
    network.parameters.resize(1);
    network.parameters[0].id = "k";
    network.reactions.resize(2);
    network.rules.resize(1);
    Builder rule;
    u32 const k = rule.symbol(SymbolKind::parameter, 0);
    u32 const a = rule.symbol(SymbolKind::species, 0);
    rule.apply(NodeKind::multiply, {k, a});
    network.rules[0].expression = rule.expression;
    network.rule_order = {0};
    Builder total;
    u32 const total_a = total.symbol(SymbolKind::species, 0);
    u32 const total_b = total.symbol(SymbolKind::species, 1);
    total.apply(NodeKind::add, {total_a, total_b});
    Builder rate;
    rate.symbol(SymbolKind::rule, 0);
    Builder fired;
    fired.firings(1);
    Builder twice_b;
    u32 const two = twice_b.number(2);
    u32 const b = twice_b.symbol(SymbolKind::species, 1);
    twice_b.apply(NodeKind::multiply, {two, b});
    add_observable("total", total.expression);
    add_observable("rate", rate.expression);
    add_observable("fired", fired.expression);
    add_observable("B", twice_b.expression);

    experiment.network = &network;
    experiment.initial = {0, 0};
    experiment.segments = {{0, {10}, {}}, {2, {20}, {}}};
    for (usize k = 0; k < samples; ++k) experiment.sample_times.push_back(double(k));
    experiment.t_end = double(samples) - 1;
  }

  void add_observable(std::string id, Expression expression) {
    Observable observable;
    observable.id = std::move(id);
    observable.expression = std::move(expression);
    network.observables.push_back(std::move(observable));
  }
};

TrajectoryEnd end_of(u64 id, u32 samples, TrajectoryStatus status = TrajectoryStatus::completed) {
  TrajectoryEnd end;
  end.id = id;
  end.status = status;
  end.events = 10 + id;
  end.hash = 1000 + id;
  end.samples = samples;
  return end;
}

u64 const plenty = u64{1} << 40;

TEST(ChooseColumns, TakesAllObservablesByDefault) {
  Fixture const fixture;
  auto const columns = choose_columns(fixture.network, {});
  ASSERT_EQ(columns.size(), 4u);
  EXPECT_EQ(columns[0].name, "total");
  EXPECT_EQ(columns[3].name, "B");
}

TEST(ChooseColumns, TakesAllSpeciesWhereThereAreNoObservables) {
  Fixture fixture;
  fixture.network.observables.clear();
  auto const columns = choose_columns(fixture.network, {});
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[1].name, "B");
  EXPECT_EQ(columns[1].unit, "token");
}

TEST(ChooseColumns, AnObservableWinsOverASpeciesOfTheSameName) {
  Fixture const fixture;
  auto const columns = choose_columns(fixture.network, {"B", "A"});
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0].expression.nodes.size(), 3u);
  EXPECT_EQ(columns[1].expression.nodes.size(), 1u);
}

TEST(ChooseColumns, NamesEveryUnknownColumnAndItsNearestName) {
  Fixture const fixture;
  try {
    choose_columns(fixture.network, {"totl", "A", "nothing"});
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_STREQ(error.what(),
                 "error: 'totl' is neither an observable nor a species of network 'toy' (asked "
                 "for with --select). Did you mean 'total'?\n"
                 "error: 'nothing' is neither an observable nor a species of network 'toy' (asked "
                 "for with --select). See cristae inspect toy.");
  }
}

TEST(CountedReactions, AreThoseOfTheChosenColumnsOnly) {
  Fixture const fixture;
  auto const& network = fixture.network;
  EXPECT_EQ(counted_reactions(network, choose_columns(network, {"fired"})),
            std::vector<ReactionId>{ReactionId{1}});
  EXPECT_TRUE(counted_reactions(network, choose_columns(network, {"total"})).empty());
}

TEST(EnsembleRecorder, EvaluatesColumnsWithTheParametersInForceAtTheSample) {
  Fixture const fixture;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {}), 5, 1, plenty);
  std::vector<double> const samples{1, 2, 3, 4,   // A
                                    5, 6, 7, 8,   // B
                                    0, 1, 1, 2};  // firings of reaction 1
  recorder.finished(end_of(5, 4), samples);
  EXPECT_EQ(recorder.values(5, 0), (std::vector<double>{6, 8, 10, 12}));
  EXPECT_EQ(recorder.values(5, 1), (std::vector<double>{10, 20, 60, 80}));
  EXPECT_EQ(recorder.values(5, 2), (std::vector<double>{0, 1, 1, 2}));
  EXPECT_EQ(recorder.values(5, 3), (std::vector<double>{10, 12, 14, 16}));
}

TEST(EnsembleRecorder, AgreesWithEvaluateForEveryKindOfNodeAtAwkwardLengths) {
  struct Form {
    NodeKind kind;
    usize arguments;
  };
  std::vector<Form> const forms{
      {NodeKind::negate, 1},        {NodeKind::add, 2},        {NodeKind::subtract, 2},
      {NodeKind::multiply, 2},      {NodeKind::divide, 2},     {NodeKind::power, 2},
      {NodeKind::less, 2},          {NodeKind::less_equal, 2}, {NodeKind::greater, 2},
      {NodeKind::greater_equal, 2}, {NodeKind::equal, 2},      {NodeKind::not_equal, 2},
      {NodeKind::logical_and, 2},   {NodeKind::logical_or, 2}, {NodeKind::logical_not, 1},
      {NodeKind::piecewise, 5},     {NodeKind::minimum, 3},    {NodeKind::maximum, 3},
      {NodeKind::exponential, 1},   {NodeKind::logarithm, 1},  {NodeKind::logarithm10, 1},
      {NodeKind::square_root, 1},   {NodeKind::absolute, 1},   {NodeKind::floor, 1},
      {NodeKind::ceiling, 1},       {NodeKind::hill, 3}};
  for (usize const times : {1u, 7u, 8u, 9u, 128u, 129u, 300u}) {
    Fixture fixture(times);
    fixture.network.observables.clear();
    for (auto const& form : forms) {
      Builder builder;
      u32 const a = builder.symbol(SymbolKind::species, 0);
      u32 const b = builder.symbol(SymbolKind::species, 1);
      u32 const k = builder.symbol(SymbolKind::parameter, 0);
      u32 const less = builder.apply(NodeKind::less, {a, b});
      std::vector<u32> const order{a, form.kind == NodeKind::piecewise ? less : b, k, b, a};
      builder.apply(form.kind, {order.begin(), order.begin() + std::ptrdiff_t(form.arguments)});
      fixture.add_observable("f", builder.expression);
    }
    EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {}), 0, 1,
                              plenty);
    std::mt19937 random(7);
    std::vector<double> samples(2 * times);
    for (auto& sample : samples) sample = double(random() % 5);
    recorder.finished(end_of(0, u32(times)), samples);
    for (usize column = 0; column < forms.size(); ++column) {
      auto const values = recorder.values(0, column);
      ASSERT_EQ(values.size(), times);
      for (usize k = 0; k < times; ++k) {
        std::vector<double> const species{samples[k], samples[times + k]};
        std::vector<double> const parameters{k < 2 ? 10.0 : 20.0};
        double const expected =
            evaluate(fixture.network.observables[column].expression, {species, parameters, {}, {}});
        if (std::isnan(expected))
          EXPECT_TRUE(std::isnan(values[k]));
        else
          EXPECT_EQ(values[k], expected) << "column " << column << " sample " << k;
      }
    }
  }
}

TEST(EnsembleRecorder, ReportsAContiguousPrefixOnly) {
  Fixture const fixture;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 100, 5,
                            plenty);
  std::vector<double> const samples(8, 3.0);
  for (u64 const id : {104u, 100u, 101u, 103u}) recorder.finished(end_of(id, 4), samples);
  auto const summary = recorder.summary();
  EXPECT_EQ(summary.trajectories, 2u);
  EXPECT_EQ(summary.events, 110u + 111u);
  EXPECT_EQ(summary.columns[0].points[0].n, 2u);
  EXPECT_EQ(summary.count(TrajectoryStatus::completed), 2u);
}

TEST(EnsembleRecorder, NothingFinishedGivesNaNAndNoTrajectories) {
  Fixture const fixture;
  EnsembleRecorder const recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 0, 3,
                                  plenty);
  auto const summary = recorder.summary();
  EXPECT_EQ(summary.trajectories, 0u);
  EXPECT_EQ(summary.contract_hash, 0u);
  EXPECT_EQ(summary.columns[0].points[3].n, 0u);
  EXPECT_TRUE(std::isnan(summary.columns[0].points[3].mean));
}

TEST(EnsembleRecorder, CountsATrajectoryOnlyAtTheTimesItReached) {
  Fixture const fixture;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 0, 2,
                            plenty);
  recorder.finished(end_of(0, 4), std::vector<double>{1, 1, 1, 1, 0, 0, 0, 0});
  recorder.finished(end_of(1, 2, TrajectoryStatus::budget),
                    std::vector<double>{3, 3, 99, 99, 0, 0, 0, 0});
  auto const summary = recorder.summary();
  auto const& points = summary.columns[0].points;
  EXPECT_EQ(points[1].n, 2u);
  EXPECT_EQ(points[1].mean, 2);
  EXPECT_EQ(points[2].n, 1u);
  EXPECT_EQ(points[2].mean, 1);
  EXPECT_TRUE(std::isnan(points[2].sd));
}

TEST(EnsembleRecorder, KeepsTheFirstFailureOfEachStatusByIdNotByArrival) {
  Fixture const fixture;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 0, 4,
                            plenty);
  std::vector<double> const samples(8, 0.0);
  recorder.finished(end_of(3, 1, TrajectoryStatus::overflow), samples);
  recorder.finished(end_of(2, 1, TrajectoryStatus::budget), samples);
  recorder.finished(end_of(1, 1, TrajectoryStatus::budget), samples);
  recorder.finished(end_of(0, 4, TrajectoryStatus::absorbed), samples);
  auto const summary = recorder.summary();
  ASSERT_EQ(summary.first_failures.size(), 2u);
  EXPECT_EQ(summary.first_failures[0].status, TrajectoryStatus::budget);
  EXPECT_EQ(summary.first_failures[0].id, 1u);
  EXPECT_EQ(summary.first_failures[1].id, 3u);
  EXPECT_EQ(summary.count(TrajectoryStatus::budget), 2u);
}

TEST(EnsembleRecorder, GivesTheSameBitsInAnyOrderAndWithAnyNumberOfThreads) {
  Fixture const fixture(20);
  auto const run = [&](u64 seed, u32 threads) {
    EnsembleRecorder recorder(fixture.experiment,
                              choose_columns(fixture.network, {"total", "rate"}), 0, 2000, plenty);
    std::vector<u64> order(2000);
    for (u64 i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
    auto const deliver = [&](usize begin) {
      for (usize i = begin; i < order.size(); i += 2) {
        std::mt19937_64 random(order[i]);
        std::vector<double> samples(40);
        for (auto& sample : samples) sample = double(random() % 1000) / 7;
        recorder.finished(end_of(order[i], 20), samples);
      }
    };
    std::thread other(deliver, 1);
    deliver(0);
    other.join();
    return recorder.summary(threads);
  };
  auto const one = run(1, 1), two = run(2, 7);
  EXPECT_EQ(one.contract_hash, two.contract_hash);
  for (usize column = 0; column < 2; ++column)
    for (usize k = 0; k < 20; ++k) {
      auto const& a = one.columns[column].points[k];
      auto const& b = two.columns[column].points[k];
      EXPECT_EQ(a.mean, b.mean);
      EXPECT_EQ(a.sd, b.sd);
      EXPECT_EQ(a.q05, b.q05);
      EXPECT_EQ(a.median, b.median);
      EXPECT_EQ(a.q95, b.q95);
    }
}

TEST(EnsembleRecorder, CombinesHashesWithTheirIds) {
  Fixture const fixture;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 0, 1,
                            plenty);
  TrajectoryEnd end = end_of(0, 4);
  end.hash = 1;  // mix64(1 + 0x9E3779B97F4A7C15): the first output of SplitMix64 seeded with 1
  recorder.finished(end, std::vector<double>(8, 0.0));
  EXPECT_EQ(recorder.summary().contract_hash, 0x910A2DEC89025CC1u);
}

TEST(EnsembleRecorder, IsZeroHashedWhereTheEngineFollowsNoContract) {
  Fixture const fixture;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 0, 1,
                            plenty);
  TrajectoryEnd end = end_of(0, 4);
  end.hash = 0;
  recorder.finished(end, std::vector<double>(8, 0.0));
  EXPECT_EQ(recorder.summary().contract_hash, 0u);
}

TEST(EnsembleRecorder, RefusesWhatDoesNotFitWithTheFigures) {
  Fixture const fixture(310);
  try {
    EnsembleRecorder const recorder(fixture.experiment, choose_columns(fixture.network, {}), 0,
                                    1000000, u64{1} << 30);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_STREQ(error.what(),
                 "error: 9.3 GiB needed for 1000000 trajectories x 310 samples x 4 columns, 1.0 "
                 "GiB available (every sampled value is kept until the end, for exact quantiles). "
                 "Use --select, fewer --samples, or fewer trajectories.");
  }
}

TEST(EnsembleRecorder, RefusesATrajectoryThatNobodyAskedFor) {
  Fixture const fixture;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 10, 2,
                            plenty);
  EXPECT_THROW(recorder.finished(end_of(12, 4), std::vector<double>(8)), std::logic_error);
  EXPECT_THROW(recorder.finished(end_of(9, 4), std::vector<double>(8)), std::logic_error);
}

PointStatistics statistics_of(std::vector<double> values) { return point_statistics(values); }

TEST(PointStatistics, OfOneValueIsThatValueWithoutSd) {
  auto const point = statistics_of({7});
  EXPECT_EQ(point.n, 1u);
  EXPECT_EQ(point.mean, 7);
  EXPECT_TRUE(std::isnan(point.sd));
  EXPECT_EQ(point.q05, 7);
  EXPECT_EQ(point.median, 7);
  EXPECT_EQ(point.q95, 7);
}

TEST(PointStatistics, QuantilesInterpolateOrderStatisticsLinearly) {
  // numpy.quantile([1, 2, 3, 4], [0.05, 0.25, 0.5, 0.75, 0.95])
  auto const point = statistics_of({4, 1, 3, 2});
  EXPECT_DOUBLE_EQ(point.q05, 1.15);
  EXPECT_DOUBLE_EQ(point.q25, 1.75);
  EXPECT_DOUBLE_EQ(point.median, 2.5);
  EXPECT_DOUBLE_EQ(point.q75, 3.25);
  EXPECT_DOUBLE_EQ(point.q95, 3.85);
  EXPECT_DOUBLE_EQ(point.mean, 2.5);
  EXPECT_DOUBLE_EQ(point.sd, std::sqrt(5.0 / 3.0));
}

TEST(PointStatistics, QuantilesAtWholeRanksAreThoseValuesExactly) {
  std::vector<double> values;
  for (int i = 20; i >= 0; --i) values.push_back(i * 0.1);
  auto const point = statistics_of(values);
  EXPECT_EQ(point.q05, 1 * 0.1);
  EXPECT_EQ(point.q25, 5 * 0.1);
  EXPECT_EQ(point.median, 10 * 0.1);
  EXPECT_EQ(point.q95, 19 * 0.1);
}

TEST(PointStatistics, CountingAndSortingGiveTheSameOrderStatistics) {
  std::mt19937 random(3);
  for (usize const n : {2u, 3u, 10u, 21u, 999u, 5000u}) {
    std::vector<double> whole(n), shifted(n);
    for (usize i = 0; i < n; ++i) {
      whole[i] = double(random() % 50);
      shifted[i] = whole[i] + 0.5;  // no whole numbers: sorted
    }
    auto const counted = statistics_of(whole), sorted = statistics_of(shifted);
    EXPECT_DOUBLE_EQ(counted.q05 + 0.5, sorted.q05);
    EXPECT_DOUBLE_EQ(counted.q25 + 0.5, sorted.q25);
    EXPECT_DOUBLE_EQ(counted.median + 0.5, sorted.median);
    EXPECT_DOUBLE_EQ(counted.q75 + 0.5, sorted.q75);
    EXPECT_DOUBLE_EQ(counted.q95 + 0.5, sorted.q95);
    EXPECT_NEAR(counted.sd, sorted.sd, 1e-12);
  }
}

TEST(PointStatistics, SumsKeepWhatPlainSummationLoses) {
  auto const point = statistics_of({1e16, 1, 1, 1, 1, -1e16});
  EXPECT_EQ(point.mean, 4.0 / 6.0);
  auto const narrow = statistics_of({1e9 + 1, 1e9 + 2, 1e9 + 3});
  EXPECT_EQ(narrow.mean, 1e9 + 2);
  EXPECT_EQ(narrow.sd, 1);
}

TEST(PointStatistics, AreNaNWhereAValueIsNaN) {
  auto const point = statistics_of({1, not_a_number, 3});
  EXPECT_EQ(point.n, 3u);
  EXPECT_TRUE(std::isnan(point.mean));
  EXPECT_TRUE(std::isnan(point.median));
}

TEST(PointStatistics, OfInfiniteValuesKeepTheFiniteQuantiles) {
  double const infinity = std::numeric_limits<double>::infinity();
  auto const point = statistics_of({1, 2, 3, infinity, infinity});
  EXPECT_EQ(point.mean, infinity);
  EXPECT_EQ(point.median, 3);
  EXPECT_EQ(point.q75, infinity);
  EXPECT_EQ(point.q95, infinity);
}

}  // namespace
}  // namespace cristae
