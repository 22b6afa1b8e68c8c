// tests/stats/ensemble_test.cpp - columns, blocks of trajectories, the prefix, hashes, memory.
#include "host/stats/ensemble.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "host/model/evaluate.hpp"
#include "host/stats/column_program.hpp"

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

TEST(ChooseColumns, TakesAllObservablesThenAllSpeciesByDefault) {
  Fixture const fixture;
  auto const columns = choose_columns(fixture.network, {});
  ASSERT_EQ(columns.size(), 6u);
  EXPECT_EQ(columns[0].name, "total");
  EXPECT_EQ(columns[3].name, "B");
  EXPECT_EQ(columns[3].kind, ColumnKind::observable);
  EXPECT_EQ(columns[5].name, "B");
  EXPECT_EQ(columns[5].kind, ColumnKind::species);
  EXPECT_EQ(columns[5].unit, "token");
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

/// Everything that the recorder hands on, by trajectory.
struct Blocks final : BlockSink {
  std::map<u64, std::vector<double>> values;
  std::map<u64, std::vector<i64>> end_states;
  std::mutex mutex;

  void block(FinishedBlock const& block) override {
    std::lock_guard const lock(mutex);
    usize const row = block.values.size() / block.ends.size();
    usize const species = block.end_states.size() / block.ends.size();
    for (usize r = 0; r < block.ends.size(); ++r) {
      EXPECT_EQ(block.ends[r].id, block.first + r);
      auto const x = block.values.begin() + std::ptrdiff_t(r * row);
      EXPECT_TRUE(
          values.emplace(block.first + r, std::vector<double>(x, x + std::ptrdiff_t(row))).second);
      auto const s = block.end_states.begin() + std::ptrdiff_t(r * species);
      end_states[block.first + r].assign(s, s + std::ptrdiff_t(species));
    }
  }
};

RecorderOptions with(BlockSink& blocks) {
  RecorderOptions options;
  options.blocks = &blocks;
  return options;
}

TEST(EnsembleRecorder, EvaluatesColumnsWithTheParametersInForceAtTheSample) {
  Fixture const fixture;
  Blocks blocks;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {}), 5, 1, plenty,
                            with(blocks));
  std::vector<double> const samples{1, 2, 3, 4,   // A
                                    5, 6, 7, 8,   // B
                                    0, 1, 1, 2};  // firings of reaction 1
  recorder.finished(end_of(5, 4), samples);
  EXPECT_EQ(blocks.values.at(5), (std::vector<double>{6,  8,  10, 12,    // total
                                                      10, 20, 60, 80,    // rate
                                                      0,  1,  1,  2,     // fired
                                                      10, 12, 14, 16,    // the observable B
                                                      1,  2,  3,  4,     // A
                                                      5,  6,  7,  8}));  // the species B
  EXPECT_EQ(blocks.end_states.at(5), (std::vector<i64>{4, 8}));
}

TEST(EnsembleRecorder, SaysWhereTheResolutionIsTooCoarse) {
  Fixture fixture(3);
  Builder ratio;
  u32 const a = ratio.symbol(SymbolKind::species, 0);
  u32 const b = ratio.symbol(SymbolKind::species, 1);
  ratio.apply(NodeKind::divide, {a, b});
  fixture.add_observable("ratio", ratio.expression);
  fixture.network.observables.back().resolution = 0.25;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"ratio", "A"}), 0,
                            2, plenty);
  // 1000 is 4,000 resolutions, 3 only 12; 0 loses nothing.
  recorder.finished(end_of(0, 3), std::vector<double>{1000, 3, 0, 1, 1, 1});
  recorder.finished(end_of(1, 3), std::vector<double>{3, 2, 0, 1, 1, 1});
  auto const summary = recorder.summary();
  EXPECT_EQ(summary.columns[0].coarse_times, 1u);
  EXPECT_EQ(summary.columns[1].coarse_times, 0u);
}

TEST(EnsembleRecorder, CountsFiringsFromTimeZeroOnWhereThereIsABurnIn) {
  Fixture fixture;
  fixture.experiment.burn_in = 7;
  fixture.experiment.segments[0].start = -7;
  Blocks blocks;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"fired"}), 0, 1,
                            plenty, with(blocks));
  recorder.finished(end_of(0, 4), std::vector<double>{0, 0, 0, 0, 0, 0, 0, 0, 40, 41, 41, 45});
  EXPECT_EQ(blocks.values.at(0), (std::vector<double>{0, 1, 1, 5}));
}

TEST(EnsembleRecorder, HandsOnNothingThatATrajectoryDidNotReach) {
  Fixture const fixture;
  Blocks blocks;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 0, 1,
                            plenty, with(blocks));
  recorder.finished(end_of(0, 2, TrajectoryStatus::budget), std::vector<double>(8, 3.0));
  auto const& values = blocks.values.at(0);
  EXPECT_EQ(values[1], 3);
  EXPECT_TRUE(std::isnan(values[2]));
  EXPECT_EQ(blocks.end_states.at(0), (std::vector<i64>{-1, -1}));
}

TEST(UnitsOf, AreOneWhereValuesAreWholeNumbersAndFollowTheStartOtherwise) {
  Fixture fixture;
  fixture.experiment.initial = {6, 9};
  Builder third;
  u32 const a = third.symbol(SymbolKind::species, 0);
  u32 const four = third.number(4);
  third.apply(NodeKind::divide, {a, four});
  fixture.add_observable("quarter", third.expression);  // 1.5 at the start
  fixture.network.observables.back().resolution = 0;
  fixture.add_observable("declared", third.expression);
  fixture.network.observables.back().resolution = 1e-3;
  auto const columns = choose_columns(fixture.network, {});
  auto const resolution = [&](std::string const& name) {
    auto const units = units_of(fixture.experiment, columns);
    for (usize c = 0; c < columns.size(); ++c)
      if (columns[c].name == name) return units[c].resolution;
    return 0.0;
  };
  EXPECT_EQ(resolution("total"), 1);
  EXPECT_EQ(resolution("rate"), 1);
  EXPECT_EQ(resolution("quarter"), 0x1p-36);
  EXPECT_EQ(resolution("declared"), 0x1p-10);
  for (auto& segment : fixture.experiment.segments) segment.parameters = {0.5};
  EXPECT_EQ(resolution("rate"), 0x1p-35);  // 0.5 * 6 = 3 at the start
  fixture.experiment.initial = {0, 0};
  EXPECT_EQ(resolution("quarter"), 0x1p-36);
}

TEST(EnsembleRecorder, RoundsRealValuesToTheResolutionAndCallsTheRestUndefined) {
  Fixture fixture(1);
  Builder third;
  u32 const a = third.symbol(SymbolKind::species, 0);
  u32 const b = third.symbol(SymbolKind::species, 1);
  third.apply(NodeKind::divide, {a, b});
  fixture.add_observable("ratio", third.expression);
  fixture.network.observables.back().resolution = 0.25;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"ratio"}), 0, 3,
                            plenty);
  recorder.finished(end_of(0, 1), std::vector<double>{1, 3});
  recorder.finished(end_of(1, 1), std::vector<double>{2, 3});
  auto const two = recorder.summary().columns[0];
  EXPECT_EQ(two.resolution, 0.25);
  EXPECT_EQ(two.points[0].min, 0.25);
  EXPECT_EQ(two.points[0].max, 0.75);
  EXPECT_EQ(two.points[0].mean, 0.5);
  recorder.finished(end_of(2, 1), std::vector<double>{1, 0});
  auto const three = recorder.summary().columns[0].points[0];
  EXPECT_EQ(three.undefined, 1u);
  EXPECT_TRUE(std::isnan(three.mean));
}

TEST(ColumnProgram, AgreesWithEvaluateForEveryKindOfNodeAtAwkwardLengths) {
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
    std::vector<Column> columns;
    for (auto const& observable : fixture.network.observables)
      columns.push_back({ColumnKind::observable, observable.id, "", "", observable.expression, 0});
    ColumnProgram const program(fixture.experiment, columns, {});
    std::mt19937 random(7);
    std::vector<double> samples(2 * times);
    for (auto& sample : samples) sample = double(random() % 5);
    std::vector<double> all(columns.size() * times);
    program.run(0, samples, times, all);
    for (usize column = 0; column < forms.size(); ++column) {
      std::span<double const> const values(all.data() + column * times, times);
      for (usize k = 0; k < times; ++k) {
        std::vector<double> const species{samples[k], samples[times + k]};
        std::vector<double> const parameters{k < 2 ? 10.0 : 20.0};
        double const expected =
            evaluate(fixture.network.observables[column].expression, {species, parameters, {}, {}});
        auto const kind = forms[column].kind;
        bool const is_of_library = kind == NodeKind::power || kind == NodeKind::exponential ||
                                   kind == NodeKind::logarithm || kind == NodeKind::logarithm10 ||
                                   kind == NodeKind::hill;
        if (std::isnan(expected))
          EXPECT_TRUE(std::isnan(values[k]));
        else if (is_of_library)
          EXPECT_DOUBLE_EQ(values[k], expected) << "column " << column << " sample " << k;
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
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 0, 3,
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
  EXPECT_TRUE(std::isnan(points[2].var));
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

/// Delivers trajectories 0 .. n - 1 with made-up samples in a random order, on two threads.
EnsembleSummary deliver(Fixture const& fixture, u64 n, u64 seed, RecorderOptions const& options) {
  usize const times = fixture.experiment.sample_times.size();
  EnsembleRecorder recorder(fixture.experiment,
                            choose_columns(fixture.network, {"total", "rate", "A"}), 0, n, plenty,
                            options);
  std::vector<u64> order(n);
  std::iota(order.begin(), order.end(), u64{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
  auto const half = [&](usize begin) {
    for (usize i = begin; i < order.size(); i += 2) {
      std::mt19937_64 random(order[i]);
      std::vector<double> samples(2 * times);
      for (auto& sample : samples) sample = double(random() % 1000);
      bool const stops_early = order[i] % 11 == 0;
      recorder.finished(
          end_of(order[i], u32(stops_early ? times / 2 : times),
                 stops_early ? TrajectoryStatus::budget : TrajectoryStatus::completed),
          samples);
    }
  };
  std::thread other(half, 1);
  half(0);
  other.join();
  return recorder.summary();
}

TEST(EnsembleRecorder, GivesTheSameBitsInAnyOrder) {
  Fixture fixture(20);
  for (auto& segment : fixture.experiment.segments) segment.parameters = {0.3};
  RecorderOptions options;
  options.covariance = true;
  auto const one = deliver(fixture, 2000, 1, options), two = deliver(fixture, 2000, 2, options);
  EXPECT_EQ(one.trajectories, 2000u);
  EXPECT_EQ(one.contract_hash, two.contract_hash);
  EXPECT_EQ(one.statistics_hash, two.statistics_hash);
  EXPECT_EQ(one.covariance, two.covariance);
  for (usize column = 0; column < 3; ++column) {
    EXPECT_EQ(one.columns[column].hash, two.columns[column].hash);
    for (usize k = 0; k < 20; ++k) {
      auto const& a = one.columns[column].points[k];
      auto const& b = two.columns[column].points[k];
      EXPECT_EQ(a.mean, b.mean);
      EXPECT_EQ(a.var, b.var);
      EXPECT_EQ(a.quantiles, b.quantiles);
    }
    for (usize h = 0; h < one.histogram_times.size(); ++h)
      EXPECT_EQ(one.columns[column].histograms[h].counts, two.columns[column].histograms[h].counts);
  }
}

TEST(EnsembleRecorder, ItsStatisticsHashSeesEveryValue) {
  Fixture const fixture(1);
  auto const hash = [&](double last) {
    EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 0, 2,
                              plenty);
    recorder.finished(end_of(0, 1), std::vector<double>{5, 0});
    recorder.finished(end_of(1, 1), std::vector<double>{last, 0});
    return recorder.summary().statistics_hash;
  };
  EXPECT_EQ(hash(6), hash(6));
  EXPECT_NE(hash(6), hash(7));
}

TEST(EnsembleRecorder, AgreesWithPlainSumsOverItsBlocks) {
  Fixture fixture(20);
  for (auto& segment : fixture.experiment.segments) segment.parameters = {0.3};
  Blocks blocks;
  RecorderOptions options;
  options.covariance = true;
  options.blocks = &blocks;
  options.histogram_times = 4;
  auto const summary = deliver(fixture, 777, 3, options);
  ASSERT_EQ(blocks.values.size(), 777u);
  EXPECT_EQ(summary.histogram_times, (std::vector<u32>{0, 7, 14, 19}));
  auto const value = [&](u64 id, usize column, usize k) {
    return blocks.values.at(id)[column * 20 + k];
  };
  for (usize column = 0; column < 3; ++column)
    for (usize k = 0; k < 20; ++k) {
      auto const& point = summary.columns[column].points[k];
      std::vector<double> values;
      for (u64 id = 0; id < 777; ++id)
        if (k < 10 || id % 11 != 0) values.push_back(value(id, column, k));
      double mean = 0, var = 0;
      for (double const x : values) mean += x / double(values.size());
      for (double const x : values) var += (x - mean) * (x - mean) / double(values.size() - 1);
      EXPECT_EQ(point.n, values.size());
      EXPECT_NEAR(point.mean, mean, 1e-9 * mean);
      EXPECT_NEAR(point.var, var, 1e-9 * var);
      EXPECT_EQ(point.min, *std::min_element(values.begin(), values.end()));
      EXPECT_EQ(point.max, *std::max_element(values.begin(), values.end()));
    }
  for (usize h = 0; h < 4; ++h) {
    u32 const k = summary.histogram_times[h];
    for (usize i = 0; i < 3; ++i) {
      auto const& histogram = summary.columns[i].histograms[h];
      std::vector<u64> counts(histogram.counts.size(), 0);
      double sum = 0, mean_i = summary.columns[i].points[k].mean;
      double const mean_0 = summary.columns[0].points[k].mean;
      u64 n = 0;
      for (u64 id = 0; id < 777; ++id) {
        if (k >= 10 && id % 11 == 0) continue;
        double const x = value(id, i, k);
        ++counts.at(static_cast<usize>((x - histogram.start) / histogram.width));
        sum += (x - mean_i) * (value(id, 0, k) - mean_0);
        ++n;
      }
      EXPECT_EQ(histogram.counts, counts);
      double const covariance = sum / double(n - 1);
      EXPECT_NEAR(summary.covariance[(h * 3 + i) * 3], covariance, 1e-9 * std::fabs(covariance));
      EXPECT_EQ(summary.covariance[(h * 3 + i) * 3], summary.covariance[(h * 3 + 0) * 3 + i]);
    }
  }
}

TEST(EnsembleRecorder, GoesOnAfterASummary) {
  Fixture const fixture(2);
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 0, 512,
                            plenty);
  auto const some = [&](u64 begin, u64 end) {
    for (u64 id = begin; id < end; ++id)
      recorder.finished(end_of(id, 2), std::vector<double>{double(id), 1, 0, 0});
  };
  some(0, 256);
  EXPECT_EQ(recorder.summary().columns[0].points[0].max, 255);
  some(256, 512);
  auto const summary = recorder.summary();
  EXPECT_EQ(summary.trajectories, 512u);
  EXPECT_EQ(summary.columns[0].points[0].max, 511);
  EXPECT_EQ(summary.columns[0].points[0].mean, 255.5);
}

TEST(EnsembleRecorder, KeepsABlockThatIsNotCompleteWhileMoreTrajectoriesFollow) {
  Fixture fixture;
  for (auto& segment : fixture.experiment.segments) segment.parameters = {0.3};  // rate is real
  auto const columns = choose_columns(fixture.network, {"rate"});
  auto const some = [](EnsembleRecorder& recorder, u64 begin, u64 end) {
    for (u64 id = begin; id < end; ++id)
      recorder.finished(end_of(id, 4), std::vector<double>(8, double(id)));
  };
  Blocks in_steps, at_once;
  EnsembleRecorder steps(fixture.experiment, columns, 0, 5000, plenty, with(in_steps));
  u64 done = 0;
  for (u64 const next : {100, 300, 700, 701, 900}) {
    some(steps, done, next);
    done = next;
    EXPECT_EQ(steps.summary(EnsembleRecorder::LastBlock::kept).trajectories, next);
  }
  auto const stepped = steps.summary();
  EnsembleRecorder whole(fixture.experiment, columns, 0, 900, plenty, with(at_once));
  some(whole, 0, 900);
  EXPECT_EQ(stepped.statistics_hash, whole.summary().statistics_hash);
  EXPECT_EQ(in_steps.values.size(), 900u);  // each of them once: Blocks checks it
  EXPECT_EQ(in_steps.values, at_once.values);
}

TEST(EnsembleRecorder, DropsWhatLiesBehindAGapButNothingBeforeIt) {
  Fixture const fixture(2);
  Blocks blocks;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 0, 2000,
                            plenty, with(blocks));
  for (u64 id = 0; id < 1999; ++id)
    if (id != 700) recorder.finished(end_of(id, 2), std::vector<double>{double(id), 1, 0, 0});
  auto const summary = recorder.summary();
  EXPECT_EQ(summary.trajectories, 700u);
  EXPECT_EQ(summary.columns[0].points[0].max, 699);
  EXPECT_EQ(blocks.values.count(699), 1u);
  EXPECT_EQ(blocks.values.count(700), 0u);
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

TEST(EnsembleRecorder, NeedsNoMoreMemoryForMoreTrajectories) {
  Fixture const fixture(100);
  auto const needed = [&](u64 trajectories) {
    EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {}), 0,
                              trajectories, plenty);
    return recorder.needed_bytes();
  };
  EXPECT_EQ(needed(1000000), needed(u64{1} << 40));
}

TEST(EnsembleRecorder, RefusesWhatDoesNotFitWithTheFigures) {
  Fixture const fixture(310);
  try {
    EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A", "B"}), 0, 1,
                              u64{1} << 20);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    std::string const text = error.what();
    EXPECT_NE(text.find(" needed for the statistics of 2 columns at 310 sample times, 1.0 MiB "
                        "available (sums, histograms of up to 1024 bins at 310 times, and the "
                        "trajectories under way; it does not grow with the number of "
                        "trajectories). Use --select, fewer --samples, or fewer "
                        "--histogram-times."),
              std::string::npos)
        << text;
  }
}

TEST(EnsembleRecorder, RefusesATrajectoryThatNobodyAskedFor) {
  Fixture const fixture;
  EnsembleRecorder recorder(fixture.experiment, choose_columns(fixture.network, {"A"}), 10, 2,
                            plenty);
  EXPECT_THROW(recorder.finished(end_of(12, 4), std::vector<double>(8)), std::logic_error);
  EXPECT_THROW(recorder.finished(end_of(9, 4), std::vector<double>(8)), std::logic_error);
}

}  // namespace
}  // namespace cristae
