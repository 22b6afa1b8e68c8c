// tests/statistical/events_test.cpp - triggered events: laws in closed form.
#include <fmt/format.h>

#include <cmath>

#include "tests/statistical/oracle.hpp"

namespace cristae::test {
namespace {

/// Cumulants of a binomial count of n, each with chance p.
Moments binomial_and_poisson(double n, double p, double poisson) {
  double const pq = p * (1 - p);
  return from_cumulants(n * p + poisson, n * pq + poisson, n * pq * (1 - 6 * pq) + poisson);
}

TEST_P(Engines, ImmigrationAndDeathStartAnewWhereAnEventResetsThem) {
  // From 25 on: those left of 50, and a Poisson number of newcomers.
  MomentCheck check;
  check.network = [](double f) {
    return network_of("X = 0", "k = 1\nd = " + text(0.1 * f),
                      "come = { equation = \"0 -> X\", mass_action = \"k\" }\n"
                      "go = { equation = \"X -> 0\", mass_action = \"d\" }",
                      40, 5, "[events]\nreset = { trigger = \"time >= 25\", set = { X = 50 } }\n");
  };
  check.law = [](double t, double f) {
    double const d = 0.1 * f;
    double const since = t < 25 ? t : t - 25;
    double const left = std::exp(-d * since);
    return binomial_and_poisson(t < 25 ? 0 : 50, left, (1 - left) / d);
  };
  // At 25 itself nothing is left to chance.
  check.first_sample = 6;
  expect_moments(GetParam(), check);
}

TEST_P(Engines, BirthsThatAnEventTakesInFivesAreAPoissonNumberDividedByFive) {
  DistributionCheck check;
  check.network = [](double f) {
    return network_of(
        "A = 0\nB = 0", "k = " + text(4 * f), "birth = { equation = \"0 -> A\", rate = \"k\" }", 5,
        5, "[events]\nfive = { trigger = \"A >= 5\", set = { A = 0, B = \"B + 1\" } }\n");
  };
  check.law = [](double f) {
    double const mean = 20 * f;
    std::vector<double> p(61, 0.0);
    for (int n = 0; n < 300; ++n)
      p[usize(std::min(n, 60))] += std::exp(n * std::log(mean) - mean - std::lgamma(n + 1));
    return p;
  };
  check.classify = [](std::vector<double> const& s) {
    return usize(std::min(60.0, s[1] + 5 * s[3]));  // [species][sample]
  };
  expect_distribution(GetParam(), check);
}

TEST_P(Engines, AnEventWithADelayComesThatMuchLater) {
  // The one arrival is exponential, the event 0.7 behind it; sampled every 0.5.
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("A = 0\nB = 0", "k = " + text(f),
                      "come = { equation = \"0 -> A\", rate = \"k * (A < 1)\" }", 4, 0.5,
                      "[events]\nlater = { trigger = \"A >= 1\", delay = 0.7, set = { B = 1 } "
                      "}\n");
  };
  check.law = [](double f) {
    std::vector<double> p;
    auto const below = [=](double t) { return t <= 0.7 ? 0 : 1 - std::exp(-f * (t - 0.7)); };
    for (int k = 0; k < 8; ++k) p.push_back(below((k + 1) * 0.5) - below(k * 0.5));
    p.push_back(1 - below(4));
    return p;
  };
  check.classify = [](std::vector<double> const& s) {
    usize k = 1;
    while (k < 9 && s[9 + k] == 0) ++k;
    return k - 1;
  };
  expect_distribution(GetParam(), check);
}

TEST_P(Engines, AParameterThatAnEventSetsHoldsFromItsTimeOn) {
  // Births at rate k until the third, at 3k from then on: a sum of exponential times.
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("A = 0", "k = " + text(f), "come = { equation = \"0 -> A\", rate = \"k\" }",
                      2, 2,
                      "[events]\nfaster = { trigger = \"A >= 3\", set = { k = \"3 * k\" } }\n");
  };
  check.law = [](double f) {
    // The master equation by uniformisation.
    constexpr int most = 60;
    std::vector<double> state(most + 1, 0.0), sum(most + 1, 0.0);
    state[0] = 1;
    double const rate = 3 * f, mean = rate * 2;
    for (int n = 0; n < 200; ++n) {
      double const weight = std::exp(n * std::log(mean) - mean - std::lgamma(n + 1));
      for (int i = 0; i <= most; ++i) sum[usize(i)] += weight * state[usize(i)];
      std::vector<double> next(most + 1, 0.0);
      for (int i = 0; i <= most; ++i) {
        double const up = i < 3 ? 1.0 / 3 : 1;
        next[usize(i)] += state[usize(i)] * (1 - up);
        next[usize(std::min(i + 1, most))] += state[usize(i)] * up;
      }
      state = next;
    }
    return sum;
  };
  check.classify = [](std::vector<double> const& s) { return usize(std::min(60.0, s[1])); };
  expect_distribution(GetParam(), check);
}

}  // namespace
}  // namespace cristae::test
