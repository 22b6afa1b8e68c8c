// tests/stats/lagged_test.cpp - correlations over lags: exact sums, closed forms, what is refused.
#include "host/stats/lagged.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "host/base/error.hpp"
#include "host/cpu/cpu_engine.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

std::vector<double> grid_times(usize count) {
  std::vector<double> times;
  for (usize k = 0; k < count; ++k) times.push_back(0.5 * double(k));
  return times;
}

using Courses = std::vector<std::vector<double>>;

/// From independent, correlated walks of whole numbers around `centre`.
std::pair<Courses, Courses> walks(usize rows, usize times, double centre, double step) {
  std::mt19937_64 generator(5);
  std::normal_distribution<double> normal;
  Courses x(rows, std::vector<double>(times)), y = x;
  for (usize r = 0; r < rows; ++r) {
    double level = 0;
    for (usize k = 0; k < times; ++k) {
      level = 0.8 * level + normal(generator);
      x[r][k] = centre + std::nearbyint(step * level);
      y[r][k] = std::nearbyint(-centre + step * (level + normal(generator)));
    }
  }
  return {x, y};
}

/// By its definition, around the exact means at each time: long double holds the differences.
double plain_covariance(Courses const& x, Courses const& y, usize lag) {
  usize const rows = x.size(), times = x[0].size();
  long double sum = 0;
  for (usize k = 0; k + lag < times; ++k) {
    long double mean_x = 0, mean_y = 0;
    for (usize r = 0; r < rows; ++r) {
      mean_x += static_cast<long double>(x[r][k] - x[0][k]);
      mean_y += static_cast<long double>(y[r][k + lag] - y[0][k + lag]);
    }
    mean_x /= static_cast<long double>(rows);
    mean_y /= static_cast<long double>(rows);
    for (usize r = 0; r < rows; ++r)
      sum += (static_cast<long double>(x[r][k] - x[0][k]) - mean_x) *
             (static_cast<long double>(y[r][k + lag] - y[0][k + lag]) - mean_y);
  }
  return static_cast<double>(sum / static_cast<long double>((rows - 1) * (times - lag)));
}

TEST(Lagged, CovariancesAreThoseOfTheDefinitionForNumbersOfAnySize) {
  LagGrid const grid(grid_times(21));
  ASSERT_EQ(grid.lags, 10u);
  for (auto const& [centre, step] : std::vector<std::pair<double, double>>{
           {30, 5}, {1e7, 300}, {0x1p52, 1e4}, {0x1p61, 0x1p50}}) {
    auto const [x, y] = walks(40, 21, centre, step);
    LaggedSums sums(grid);
    for (usize r = 0; r < x.size(); ++r)
      sums.add(u32(r) % LaggedSums::groups, x[r].data(), y[r].data());
    auto const found = sums.statistics(0.5, 2);
    EXPECT_EQ(found.n, 40u);
    for (usize lag = 0; lag < grid.lags; ++lag) {
      double const expected = plain_covariance(x, y, lag);
      EXPECT_NEAR(found.covariance[lag], expected, 1e-12 * std::fabs(step * step))
          << centre << " " << lag;
      EXPECT_NEAR(found.correlation[lag],
                  expected / std::sqrt(plain_covariance(x, x, 0) * plain_covariance(y, y, 0)),
                  1e-12);
    }
  }
}

TEST(Lagged, SumsDoNotDependOnTheOrder) {
  LagGrid const grid(grid_times(9));
  auto const [x, y] = walks(50, 9, 1e9, 1e6);
  LaggedSums forward(grid), backward(grid), other(grid);
  for (usize r = 0; r < 50; ++r) forward.add(u32(r % 16), x[r].data(), y[r].data());
  for (usize r = 50; r-- > 0;)
    (r % 3 == 0 ? other : backward).add(u32(r % 16), x[r].data(), y[r].data());
  backward.merge(other);
  auto const a = forward.statistics(1, 1), b = backward.statistics(1, 1);
  EXPECT_EQ(a.covariance, b.covariance);
  EXPECT_EQ(a.correlation, b.correlation);
  EXPECT_EQ(a.correlation_se, b.correlation_se);
}

TEST(Lagged, OneTrajectoryOrConstantValuesHaveNoCorrelation) {
  LagGrid const grid(grid_times(6));
  std::vector<double> const same(6, 3), course{1, 2, 3, 4, 5, 6};
  LaggedSums one(grid), constant(grid);
  one.add(0, course.data(), course.data());
  EXPECT_TRUE(std::isnan(one.statistics(1, 1).covariance[0]));
  constant.add(0, same.data(), same.data());
  constant.add(1, same.data(), same.data());
  EXPECT_EQ(constant.statistics(1, 1).covariance[0], 0);
  EXPECT_TRUE(std::isnan(constant.statistics(1, 1).correlation[0]));
}

TEST(Lagged, NeedsEvenTimesButForTheLast) {
  EXPECT_EQ(LagGrid({0, 1, 2, 3, 3.2}).times, 4u);
  EXPECT_EQ(LagGrid({0, 0.1, 0.2, 0.1 * 3, 0.4}).times, 5u);
  EXPECT_THROW(LagGrid({0, 1, 2, 3.5, 4, 5}), Error);
  EXPECT_THROW(LagGrid({0, 1, 2}), Error);
  EXPECT_THROW(LagGrid(std::vector<double>{}), Error);
}

TEST(Lagged, PairsAreReadByNameAndUnknownOnesRefusedInOneGo) {
  Network const network = bundled("telegraph");
  auto const columns = choose_columns(network, {"G_on", "M"});
  auto const pairs = parse_lagged_pairs({"M", "G_on : M", "M:G_on", "M"}, columns);
  EXPECT_EQ(pairs, (std::vector<LaggedPair>{{1, 1}, {0, 1}, {1, 0}}));
  try {
    parse_lagged_pairs({"Mm", "M:Gon"}, columns);
    FAIL();
  } catch (Error const& error) {
    ASSERT_EQ(error.diagnostics().size(), 2u);
    EXPECT_EQ(error.diagnostics()[0].problem, "'Mm' is not reported");
    EXPECT_EQ(error.diagnostics()[1].fix, "Did you mean 'G_on'?");
  }
}

/// X is made and lost, each X makes Y: at rest corr(X(t), X(t + s)) = exp(-d s), and Y follows.
Network cascade() {
  return read_network_text(R"toml([network]
name = "cascade"
time_unit = "s"
[parameters]
k = 20.0
d = 1.0
k2 = 2.0
d2 = 0.5
[species]
X = 20
Y = 80
[reactions]
birth = { equation = "0 -> X", mass_action = "k" }
death = { equation = "X -> 0", mass_action = "d" }
make = { equation = "X -> X + Y", mass_action = "k2" }
lose = { equation = "Y -> 0", mass_action = "d2" }
[run]
t_end = 20
sample_every = 0.25
)toml",
                           "cascade.toml");
}

// Standard errors are jackknifes over 16 groups: t with 15 degrees of freedom goes beyond 7 with a
// probability of 4e-6, for each of 3 * 40 lags, which are far from independent: less than 5e-4.
// Curves that lead by one interval must be seen: they are dozens of standard errors away.
TEST(Lagged, CorrelationsOfACascadeAreThoseOfItsMoments) {
  Network const network = cascade();
  ExperimentRequest request;
  request.burn_in = 20;
  Experiment const experiment = resolve(network, request);
  auto const columns = choose_columns(network, {"X", "Y"});
  RecorderOptions options;
  options.lagged = parse_lagged_pairs({"X", "X:Y"}, columns);
  EnsembleRecorder recorder(experiment, columns, 0, 4000, u64{1} << 32, options);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.trajectories = 4000;
  plan.seed = 20261122;
  RunControl control;
  make_engine("cpu", plan)->run(recorder, control);
  auto const summary = recorder.summary();
  double const k = 20, d = 1, k2 = 2, d2 = 0.5;
  double const x = k / d, xy = k2 * x / (d + d2), y = k2 * x / d2 + k2 * xy / d2;
  auto const leads = [&](double s) {
    return (xy * std::exp(-d2 * s) + k2 * x * (std::exp(-d2 * s) - std::exp(-d * s)) / (d - d2)) /
           std::sqrt(x * y);
  };
  auto const follows = [&](double s) { return xy * std::exp(-d * s) / std::sqrt(x * y); };
  auto const own = [&](double s) { return std::exp(-d * s); };
  std::vector<std::function<double(double)>> const expected{own, leads, follows};
  ASSERT_EQ(summary.lagged.size(), 3u);
  ASSERT_EQ(summary.lags.size(), 40u);
  for (usize p = 0; p < 3; ++p) {
    auto const& found = summary.lagged[p];
    EXPECT_EQ(found.n, 4000u);
    double worst = 0, worst_shifted = 0;
    for (usize lag = 0; lag < 40; ++lag) {
      if (p == 0 && lag == 0) continue;  // 1 by definition
      double const se = found.correlation_se[lag], s = summary.lags[lag];
      EXPECT_GT(se, 1e-4);
      EXPECT_LT(se, 0.02);
      worst = std::max(worst, std::fabs(found.correlation[lag] - expected[p](s)) / se);
      worst_shifted =
          std::max(worst_shifted, std::fabs(found.correlation[lag] - expected[p](s + 0.25)) / se);
    }
    EXPECT_LT(worst, 7) << found.name;
    EXPECT_GT(worst_shifted, 10) << found.name << ": the planted fault is missed";
  }
}

TEST(Lagged, EveryIsaThreadCountAndSplitHasTheSameNumbers) {
  Network const network = cascade();
  Experiment const experiment = resolve(network, {});
  auto const columns = choose_columns(network, {});
  auto const statistics = [&](std::string const& isa, u32 threads, u64 at_once) {
    RecorderOptions options;
    options.lagged = parse_lagged_pairs({"X:Y"}, columns);
    EnsembleRecorder recorder(experiment, columns, 0, 300, u64{1} << 32, options);
    for (u64 done = 0; done < 300; done += at_once) {
      RunPlan plan;
      plan.experiment = &experiment;
      plan.first = done;
      plan.trajectories = at_once;
      plan.isa = isa;
      plan.threads = threads;
      RunControl control;
      make_engine("cpu", plan)->run(recorder, control);
    }
    return recorder.summary().lagged[0];
  };
  auto const expected = statistics("baseline", 1, 300);
  for (auto const& isa : usable_isas())
    for (u32 const threads : {1u, 3u})
      for (u64 const at_once : {300u, 50u}) {
        auto const found = statistics(isa, threads, at_once);
        EXPECT_EQ(found.covariance, expected.covariance);
        EXPECT_EQ(found.correlation_se, expected.correlation_se);
      }
}

TEST(Passed, CountsTrajectoriesByTheirFirstPassages) {
  Network const network = bundled("birth_death");
  ExperimentRequest request;
  request.t_end = 4;
  request.sample_every = 1;
  Experiment const experiment = resolve(network, request);
  RecorderOptions options;
  options.first_passages = {"A", "B"};
  EnsembleRecorder recorder(experiment, choose_columns(network, {}), 0, 5, u64{1} << 32, options);
  double const never = std::numeric_limits<double>::quiet_NaN();
  double const times[5][2] = {{0, never}, {0.5, 4}, {1, never}, {never, 3.5}, {4.5, never}};
  usize const rows = network.species.size() + recorder.counted_reactions().size();
  std::vector<double> const samples(rows * 5, 1.0);
  for (u64 id : {3, 0, 4, 1, 2}) {
    TrajectoryEnd end;
    end.id = id;
    end.samples = 5;
    end.first_passages = {times[id][0], times[id][1]};
    recorder.finished(end, samples);
  }
  auto const summary = recorder.summary();
  ASSERT_EQ(summary.passed.size(), 2u);
  EXPECT_EQ(summary.passed[0].by_time, (std::vector<u64>{1, 3, 3, 3, 3}));
  EXPECT_EQ(summary.passed[1].by_time, (std::vector<u64>{0, 0, 0, 0, 2}));
}

}  // namespace
}  // namespace cristae::test
