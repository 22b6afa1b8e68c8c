// tests/statistical/clock_test.cpp - time goes on where waiting times are far below the last place of float32.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

/// Score of the mean and of the variance of the firings of one reaction of constant rate.
std::pair<double, double> scores(std::string const& engine, u64 trajectories, double rate) {
  Network const network = read_network_text(
      "[network]\nname = \"clock\"\ntime_unit = \"s\"\n[species]\nX = 0\n[parameters]\nbirth = " +
          std::to_string(rate) +
          "\n[reactions]\nin = { equation = \"0 -> X\", mass_action = \"birth\" }\n"
          "[run]\nt_end = 1\nsample_every = 1\n",
      "clock.toml");
  RunOptions o;
  o.engine = engine;
  o.trajectories = trajectories;
  o.threads = 0;
  o.seed = 4711;
  auto const kept = run(network, o);
  constexpr double expected = 4e6;
  double const n = double(trajectories);
  double sum = 0, squares = 0;
  for (auto const& [id, t] : kept.by_id) sum += t.samples[1] - expected;
  for (auto const& [id, t] : kept.by_id) squares += std::pow(t.samples[1] - expected - sum / n, 2);
  return {sum / std::sqrt(n * expected), std::sqrt(n / 2) * (squares / (n - 1) / expected - 1)};
}

TEST(Clock, MillionsOfEventsBetweenTwoSamplesAreAPoissonNumber) {
  // 64 times 4e6 events: sum and variance are close to normal. Bound 5.73 on four scores: a
  // false-alarm rate of 4e-8. A clock of one float32 is off by 0.2 % here, or 40 standard errors.
  for (u64 const trajectories : {u64{64}, u64{1}}) {
    auto const [z, y] = scores("cpu", trajectories, 4e6);
    EXPECT_LT(std::fabs(z), 5.73) << trajectories;
    if (trajectories > 1) {
      EXPECT_LT(std::fabs(y), 5.73);
    }
    EXPECT_GT(std::fabs(scores("cpu", trajectories, 4.04e6).first), 5.73) << trajectories;
  }
}

}  // namespace
}  // namespace cristae::test
