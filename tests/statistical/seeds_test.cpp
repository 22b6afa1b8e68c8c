// tests/statistical/seeds_test.cpp - trajectories of one number under several seeds say nothing of each other.
//
// sqrt(n) times a correlation of n pairs is standard normal. Bound 5.73, a two-sided false-alarm rate
// of 1e-8 a point; ten points. The twins carry a dependence of 5.73 + 2.33 standard errors, which n
// shows with a chance of 99 %.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

constexpr double bound = 5.73, planted_score = 5.73 + 2.33;

Network immigration_death() {
  return read_network_text(
      "[network]\nname = \"immigration_death\"\ntime_unit = \"s\"\n[species]\nX = 100\n"
      "[parameters]\nbirth = 10.0\ndeath = 0.1\n[reactions]\n"
      "in = { equation = \"0 -> X\", mass_action = \"birth\" }\n"
      "out = { equation = \"X -> 0\", mass_action = \"death\" }\n"
      "[run]\nt_end = 20\nsample_every = 5\n",
      "immigration_death.toml");
}

double mean_of(std::vector<double> const& x) {
  double sum = 0;
  for (double const value : x) sum += value;
  return sum / double(x.size());
}

double deviation_of(std::vector<double> const& x) {
  double const mean = mean_of(x);
  double sum = 0;
  for (double const value : x) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / double(x.size()));
}

/// sqrt(n) times the correlation of x[i] and y[i + lag].
double correlation_score(std::vector<double> const& x, std::vector<double> const& y, usize lag) {
  usize const n = x.size() - lag;
  double const mean_x = mean_of(x), mean_y = mean_of(y);
  double sum = 0;
  for (usize i = 0; i < n; ++i) sum += (x[i] - mean_x) * (y[i + lag] - mean_y);
  return sum / std::sqrt(double(n)) / (deviation_of(x) * deviation_of(y));
}

/// y with as much of x in it as must be seen.
std::vector<double> with_a_trace(std::vector<double> y, std::vector<double> const& x, usize lag) {
  double const part =
      planted_score / std::sqrt(double(y.size())) * deviation_of(y) / deviation_of(x);
  for (usize i = y.size(); i-- > lag;) y[i] += part * x[i - lag];
  return y;
}

void expect_unrelated(std::vector<double> const& x, std::vector<double> const& y, usize lag) {
  EXPECT_LT(std::fabs(correlation_score(x, y, lag)), bound) << "lag " << lag;
  double const seen =
      correlation_score(x, with_a_trace(y, x, lag), lag) - correlation_score(x, y, lag);
  EXPECT_GT(seen, bound) << "a dependence would be missed at lag " << lag;
}

/// Copy numbers of all trajectories at sample k.
std::vector<double> copies_at(Kept const& kept, usize k) {
  std::vector<double> x;
  for (auto const& [id, t] : kept.by_id) x.push_back(t.samples[k]);
  return x;
}

TEST(Trajectories, OfOneNumberAreUnrelatedBetweenSeeds) {
  Network const network = immigration_death();
  RunOptions o;
  o.trajectories = 50000;
  o.threads = 0;
  auto const kept = run(network, o);
  for (u64 const seed : {u64{0}, u64{2}, u64{3}, (u64{1} << 32) + 1, u64{1} << 63}) {
    o.seed = seed;
    auto const other = run(network, o);
    for (usize const lag : {0, 1}) expect_unrelated(copies_at(kept, 1), copies_at(other, 1), lag);
  }
}

}  // namespace
}  // namespace cristae::test
