// tests/statistical/agreement_test.cpp - two independent implementations on a network without an exact law.
#include <cmath>

#include "tests/statistical/oracle.hpp"
#include "tests/support/replays.hpp"

namespace cristae::test {
namespace {

/// Means over trajectories at the end.
struct Counter final : SampleSink {
  std::mutex mutex;
  usize columns, n = 0;
  std::vector<double> sum, squares;
  explicit Counter(usize c) : columns(c), sum(c, 0.0), squares(c, 0.0) {}
  void finished(TrajectoryEnd const&, std::span<double const> samples) override {
    std::lock_guard const lock(mutex);
    ++n;
    for (usize c = 0; c < columns; ++c) {
      double const x = samples[2 * c + 1];
      sum[c] += x;
      squares[c] += x * x;
    }
  }
  double mean(usize c) const { return sum[c] / double(n); }
  double squared_error(usize c) const {
    return (squares[c] / double(n) - mean(c) * mean(c)) / double(n);
  }
};

/// Species and firings of all reactions after ten minutes of ER stress.
std::unique_ptr<Counter> isr_counts(std::string const& engine, u64 n, Network const& network) {
  RunOptions o = ensemble(engine, n);
  o.condition = "er";
  o.t_end = 10;
  o.sample_every = 10;
  Experiment const experiment = experiment_of(network, o);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.trajectories = o.trajectories;
  plan.seed = o.seed;
  for (u32 j = 0; j < network.reactions.size(); ++j)
    plan.counted_reactions.push_back(ReactionId(j));
  auto counter = std::make_unique<Counter>(network.species.size() + network.reactions.size());
  RunControl control;
  make_engine(engine, plan)->run(*counter, control);
  return counter;
}

double worst_difference(Counter const& a, Counter const& b) {
  double worst = 0;
  for (usize c = 0; c < a.columns; ++c) {
    double const error = std::sqrt(a.squared_error(c) + b.squared_error(c));
    double const difference = std::fabs(a.mean(c) - b.mean(c));
    if (difference > 0) worst = std::max(worst, error > 0 ? difference / error : HUGE_VAL);
  }
  return worst;
}

TEST(Agreement, OfBothEnginesOnTheIntegratedStressResponse) {
  // 35 species and 56 counters of firings: two generators, two readings of the laws and of the
  // condition. The difference of means over its standard error, bound 5.73: for 91 columns a
  // false-alarm rate of 1e-6. The twin misfolds 1 % more clients: these
  // firings have mean^2 / variance = 500 in a trajectory, so 1,400 trajectories of the reference
  // engine against 20,000 of the other give z = 0.01 sqrt(500 * 1308) = 8.1, seen with a chance of
  // 99 %.
  Network const network = bundled("isr");
  auto const reference = isr_counts("reference", 1400, network);
  EXPECT_LT(worst_difference(*isr_counts("cpu", 20000, network), *reference), score_bound);
  Network const wrong = with_rate(network, reaction_named(network, "er_client_misfolding"), 1.01);
  EXPECT_GT(worst_difference(*isr_counts("cpu", 20000, wrong), *reference), score_bound)
      << "the planted fault is missed";
}

}  // namespace
}  // namespace cristae::test
