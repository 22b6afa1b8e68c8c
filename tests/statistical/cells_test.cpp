// tests/statistical/cells_test.cpp - cells that differ, against laws that mix them in closed form.
#include <cmath>

#include "tests/statistical/oracle.hpp"

namespace cristae::test {
namespace {

/// Immigration and death from 0, the immigration times a gamma factor of coefficient of variation
/// cv: a Poisson variable of gamma mean, which is negative binomial.
Moments negative_binomial(double mean, double cv) {
  double const a = mean * cv * cv, variance = mean * (1 + a);
  return from_cumulants(mean, variance, variance * (1 + 6 * a + 6 * a * a));
}

struct Scores {
  double mean, variance;
};

/// The largest scores over the sample times behind the first.
Scores worst_scores(std::string const& engine, double cv, double stated_cv) {
  auto const network = network_of("X = 0", "birth = 10\ndeath = 0.1",
                                  "in = { equation = \"0 -> X\", mass_action = \"birth\" }\n"
                                  "out = { equation = \"X -> 0\", mass_action = \"death\" }",
                                  20, 4);
  RunOptions o = ensemble(engine, 20000);
  o.vary = {"birth=gamma(cv=" + text(cv) + ")"};
  auto const kept = run(network, o);
  usize const samples = kept.by_id.begin()->second.samples.size();
  double const n = double(kept.by_id.size());
  Scores worst{};
  for (usize k = 1; k < samples; ++k) {
    double sum = 0, squares = 0;
    for (auto const& [id, t] : kept.by_id) sum += t.samples[k];
    double const mean = sum / n;
    for (auto const& [id, t] : kept.by_id) squares += (t.samples[k] - mean) * (t.samples[k] - mean);
    auto const law = negative_binomial(100 * (1 - std::exp(-0.4 * double(k))), stated_cv);
    double const z = std::sqrt(n / law.variance) * (mean - law.mean);
    double const y =
        std::sqrt(n) * (squares / (n - 1) / law.variance - 1) / std::sqrt(law.kurtosis - 1);
    worst.mean = std::max(worst.mean, std::fabs(z));
    worst.variance = std::max(worst.variance, std::fabs(y));
  }
  return worst;
}

TEST_P(Engines, CellsThatDifferMixTheirLaws) {
  auto const scores = worst_scores(GetParam(), 0.5, 0.5);
  EXPECT_LT(scores.mean, score_bound);
  EXPECT_LT(scores.variance, score_bound);
  EXPECT_GT(worst_scores(GetParam(), 0.55, 0.5).variance, score_bound);
}

}  // namespace
}  // namespace cristae::test
