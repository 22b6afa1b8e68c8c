// tests/statistical/passage_test.cpp - times until something has happened, seen through the samples.
#include <fmt/format.h>

#include <cmath>

#include "tests/statistical/oracle.hpp"

namespace cristae::test {
namespace {

/// The first sample time at which a species is at a value; their number where it never is.
auto first_sample_at(usize species, usize samples, double value) {
  return [=](std::vector<double> const& s) {
    usize k = 1;
    while (k < samples && s[species * samples + k] != value) ++k;
    return k - 1;
  };
}

/// Chances of the intervals between samples, and of what comes later.
std::vector<double> intervals(std::function<double(double)> const& distribution, double step,
                              int count) {
  std::vector<double> p;
  for (int k = 0; k < count; ++k)
    p.push_back(distribution((k + 1) * step) - distribution(k * step));
  p.push_back(1 - distribution(count * step));
  return p;
}

/// The interval in which a trajectory was stopped; their number where it was not.
auto interval_of_stop(double step, usize count) {
  return [=](TrajectoryEnd const& end) {
    if (end.status != TrajectoryStatus::stopped) return count;
    return usize(end.time / step);
  };
}

TEST_P(Engines, APureDeathStopsWhenTheLastOfAllDies) {
  // P(T <= t) = (1 - exp(-d t))^20, in intervals that no sample could tell apart.
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("X = 20", "d = " + text(f),
                      "die = { equation = \"X -> 0\", mass_action = \"d\" }", 8, 8);
  };
  check.law = [](double f) {
    return intervals([=](double t) { return std::pow(1 - std::exp(-f * t), 20); }, 0.1, 80);
  };
  check.stop_when = "X < 1";
  check.classify_end = interval_of_stop(0.1, 80);
  expect_distribution(GetParam(), check);
}

TEST_P(Engines, APureDeathStopsHalfwayAtASumOfExponentialTimes) {
  // The 10th of 20 deaths: the 10th order statistic of 20 exponential times.
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("X = 20\nY = 0", "d = " + text(f),
                      "die = { equation = \"X -> Y\", mass_action = \"d\" }", 3, 3);
  };
  check.law = [](double f) {
    auto const tenth = [=](double t) {
      double const p = 1 - std::exp(-f * t);
      double sum = 0;
      for (int k = 10; k <= 20; ++k)
        sum += std::exp(std::lgamma(21) - std::lgamma(k + 1) - std::lgamma(21 - k)) *
               std::pow(p, k) * std::pow(1 - p, 20 - k);
      return sum;
    };
    return intervals(tenth, 0.05, 60);
  };
  check.stop_when = "2*Y - X >= 10";
  check.classify_end = interval_of_stop(0.05, 60);
  expect_distribution(GetParam(), check);
}

TEST_P(Engines, AnUnlimitedProductReachesItsThresholdAfterAnErlangTime) {
  // Births at rate 4: the 12th comes after a sum of 12 exponential times.
  constexpr int births = 12;
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("X = 0", "k = " + text(4 * f),
                      "make = { equation = \"0 -> X\", rate = \"k\" }", 8, 3);
  };
  check.law = [](double f) {
    auto const erlang = [=](double t) {
      double term = std::exp(-4 * f * t), later = 0;
      for (int i = 0; i < births; ++i) {
        later += term;
        term *= 4 * f * t / (i + 1);
      }
      return 1 - later;
    };
    return intervals(erlang, 0.1, 80);
  };
  check.stop_when = "X >= 12";
  check.classify_end = interval_of_stop(0.1, 80);
  expect_distribution(GetParam(), check);
}

TEST_P(Engines, ExtinctionOfAPureDeathComesWhenTheLastOfAllDies) {
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("X = 20", "d = " + text(f),
                      "die = { equation = \"X -> 0\", mass_action = \"d\" }", 8, 0.5);
  };
  check.law = [](double f) {
    return intervals([=](double t) { return std::pow(1 - std::exp(-f * t), 20); }, 0.5, 16);
  };
  check.classify = first_sample_at(0, 17, 0);
  expect_distribution(GetParam(), check);
}

TEST_P(Engines, EqualStepsInARowTakeAnErlangTime) {
  constexpr int steps = 6;
  DistributionCheck check;
  check.network = [](double f) {
    std::string species = "S0 = 1\n", reactions;
    for (int i = 1; i <= steps; ++i) {
      species += fmt::format("S{} = 0\n", i);
      reactions += fmt::format("step{} = {{ equation = \"S{} -> S{}\", mass_action = \"k\" }}\n", i,
                               i - 1, i);
    }
    return network_of(species, "k = " + text(2 * f), reactions, 8, 0.25);
  };
  check.law = [](double f) {
    auto const erlang = [=](double t) {
      double term = std::exp(-2 * f * t), later = 0;
      for (int i = 0; i < steps; ++i) {
        later += term;
        term *= 2 * f * t / (i + 1);
      }
      return 1 - later;
    };
    return intervals(erlang, 0.25, 32);
  };
  check.classify = first_sample_at(steps, 33, 1);
  expect_distribution(GetParam(), check);
}

TEST_P(Engines, OneEnzymeTakesTheKnownMeanTimeToFinishItsSubstrate) {
  // With s copies left: a geometric number of bindings, each 1 / (k1 s) + 1 / (k2 + k-1) on average.
  // A clock ticks at rate c until all is done: its ticks have mean c E[T] and variance
  // c E[T] + c^2 Var[T].
  constexpr double k1 = 1, back = 1, c = 4;
  MomentCheck check;
  check.network = [](double f) {
    return network_of(
        "S = 10\nE = 1\nES = 0\nClock = 0", "k2 = " + text(2 * f),
        "bind = { equation = \"S + E -> ES\", mass_action = \"1\" }\n"
        "unbind = { equation = \"ES -> S + E\", mass_action = \"1\" }\n"
        "turn = { equation = \"ES -> E\", mass_action = \"k2\" }\n"
        "tick = { equation = \"0 -> Clock\", rate = \"piecewise(4, S + ES > 0, 0)\" }",
        80, 80);
  };
  check.law = [](double, double f) {
    double const k2 = 2 * f, q = k2 / (k2 + back);
    double mean = 0, variance = 0, formula = 0;
    for (int s = 1; s <= 10; ++s) {
      double const cycle = 1 / (k1 * s) + 1 / (k2 + back);
      double const spread = 1 / std::pow(k1 * s, 2) + 1 / std::pow(k2 + back, 2);
      mean += cycle / q;
      variance += spread / q + (1 - q) / (q * q) * cycle * cycle;
      formula += (back + k2 + k1 * s) / (k1 * k2 * s);
    }
    EXPECT_NEAR(mean, formula, 1e-12);
    return Moments{c * mean, c * mean + c * c * variance};
  };
  check.species = 3;
  expect_moments(GetParam(), check);
}

}  // namespace
}  // namespace cristae::test
