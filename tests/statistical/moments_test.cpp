// tests/statistical/moments_test.cpp - means and variances against closed forms, with planted faults.
//
// Z = sqrt(n) (mean - mu) / sigma is standard normal under a right simulator, and so is
// Y' = sqrt(n / 2) (s^2 / sigma^2 - 1) / sqrt((kurtosis - 1) / 2). Bound 5.73: two-sided false-alarm
// rate 1e-8 a point; fewer than 200 points, so under 2e-6 for the file. Seeds are fixed. Every test
// has a twin in which a rate is off by 1 % and which must be seen.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

constexpr double bound = 5.73;

struct Moments {
  double mean, variance, kurtosis;
};

/// Poisson with mean m: kurtosis 3 + 1/m.
Moments poisson(double m) { return {m, m, 3 + 1 / m}; }

/// The largest |Z| and |Y'| over the sample times from `from` on.
double worst(Network const& network, RunOptions const& o, usize species, usize from,
             std::function<Moments(double)> const& expected) {
  auto const kept = run(network, o);
  ExperimentRequest request;
  request.t_end = o.t_end;
  std::vector<double> const times = resolve(network, request).sample_times;
  double largest = 0;
  double const n = double(kept.by_id.size());
  for (usize k = from; k < times.size(); ++k) {
    double sum = 0, squares = 0;
    for (auto const& [id, t] : kept.by_id) sum += t.samples[species * times.size() + k];
    double const mean = sum / n;
    for (auto const& [id, t] : kept.by_id) {
      double const d = t.samples[species * times.size() + k] - mean;
      squares += d * d;
    }
    Moments const m = expected(times[k]);
    double const z = std::sqrt(n) * (mean - m.mean) / std::sqrt(m.variance);
    double const y =
        std::sqrt(n / 2) * (squares / (n - 1) / m.variance - 1) / std::sqrt((m.kurtosis - 1) / 2);
    largest = std::max({largest, std::fabs(z), std::fabs(y)});
  }
  return largest;
}

Network immigration_death(double death) {
  return read_network_text(
      "[network]\nname = \"immigration_death\"\ntime_unit = \"s\"\n[species]\nX = 0\n[parameters]\n"
      "birth = 10.0\ndeath = " +
          std::to_string(death) +
          "\n[reactions]\nin = { equation = \"0 -> X\", mass_action = \"birth\" }\n"
          "out = { equation = \"X -> 0\", mass_action = \"death\" }\n[run]\nt_end = "
          "20\nsample_every = 2\n",
      "immigration_death.toml");
}

RunOptions ensemble(char const* engine, u64 trajectories) {
  RunOptions o;
  o.engine = engine;
  o.trajectories = trajectories;
  o.threads = 0;
  o.seed = 4711;
  return o;
}

class Engines : public testing::TestWithParam<char const*> {};
INSTANTIATE_TEST_SUITE_P(Both, Engines, testing::Values("cpu", "reference"));

TEST_P(Engines, ImmigrationDeathFollowsItsPoissonLaw) {
  // X(t) ~ Poisson(lambda / mu (1 - exp(-mu t))).
  auto const law = [](double t) { return poisson(10 / 0.1 * (1 - std::exp(-0.1 * t))); };
  EXPECT_LT(worst(immigration_death(0.1), ensemble(GetParam(), 100000), 0, 1, law), bound);
  EXPECT_GT(worst(immigration_death(0.101), ensemble(GetParam(), 100000), 0, 1, law), bound);
}

TEST_P(Engines, BurnInStartsFromTheLawThatItLeadsTo) {
  auto const law = [](double t) { return poisson(10 / 0.1 * (1 - std::exp(-0.1 * (t + 15)))); };
  RunOptions o = ensemble(GetParam(), 100000);
  o.burn_in = 15;
  EXPECT_LT(worst(immigration_death(0.1), o, 0, 0, law), bound);
  EXPECT_GT(worst(immigration_death(0.101), o, 0, 0, law), bound);
}

TEST_P(Engines, StartingFromAnEnsembleGoesOnWithItsLaw) {
  Network const network = immigration_death(0.1);
  RunOptions o = ensemble(GetParam(), 50000);
  o.t_end = 6;
  for (auto const& [id, t] : run(network, o).by_id) o.start_states.push_back(i64(t.samples.back()));
  o.seed = 4712;  // the same random numbers again would correlate with the states
  o.trajectories = 100000;
  auto const law = [](double t) { return poisson(10 / 0.1 * (1 - std::exp(-0.1 * (t + 6)))); };
  // Every state is used twice, so that at first the spread is that of 50,000.
  double const twice = std::sqrt(2.0);
  EXPECT_LT(worst(network, o, 0, 0, law), twice * bound);
  o.t_end = 20;
  EXPECT_GT(worst(immigration_death(0.101), o, 0, 6, law), twice * bound);
}

TEST_P(Engines, PureDeathIsBinomial) {
  auto const network = [](double rate) {
    return read_network_text(
        "[network]\nname = \"death\"\ntime_unit = \"s\"\n[species]\nX = 100\n"
        "[parameters]\nd = " +
            std::to_string(rate) +
            "\n[reactions]\nout = { equation = \"X -> 0\", mass_action = \"d\" }\n"
            "[run]\nt_end = 5\nsample_every = 1\n",
        "death.toml");
  };
  auto const law = [](double t) {
    double const p = std::exp(-0.3 * t), q = 1 - p;
    return Moments{100 * p, 100 * p * q, 3 + (1 - 6 * p * q) / (100 * p * q)};
  };
  EXPECT_LT(worst(network(0.3), ensemble(GetParam(), 100000), 0, 1, law), bound);
  EXPECT_GT(worst(network(0.303), ensemble(GetParam(), 100000), 0, 1, law), bound);
}

TEST_P(Engines, DimerisationReachesItsExactStationaryLaw) {
  // pi(j) ~ (k1 / 2 k2)^j / (j! (N - 2j)!) for 2P <-> P2, a1 = k1 P (P - 1) / 2.
  auto const network = [](double k1) {
    return read_network_text(
        "[network]\nname = \"dimers\"\ntime_unit = \"s\"\n[species]\nP = 100\nP2 = "
        "0\n[parameters]\n"
        "k1 = " +
            std::to_string(k1) +
            "\nk2 = 0.5\n[reactions]\n"
            "bind = { equation = \"2 P -> P2\", mass_action = \"k1\" }\n"
            "split = { equation = \"P2 -> 2 P\", mass_action = \"k2\" }\n[run]\nt_end = 40\n"
            "sample_every = 40\n",
        "dimers.toml");
  };
  std::vector<double> weight(51);
  double total = 0, mean = 0, m2 = 0, m4 = 0;
  for (int j = 0; j <= 50; ++j) {
    weight[usize(j)] = std::exp(j * std::log(0.02 / (2 * 0.5)) - std::lgamma(j + 1.0) -
                                std::lgamma(100 - 2 * j + 1.0) + std::lgamma(101.0));
    total += weight[usize(j)];
  }
  for (int j = 0; j <= 50; ++j) mean += j * weight[usize(j)] / total;
  for (int j = 0; j <= 50; ++j) {
    m2 += std::pow(j - mean, 2) * weight[usize(j)] / total;
    m4 += std::pow(j - mean, 4) * weight[usize(j)] / total;
  }
  auto const law = [&](double) { return Moments{mean, m2, m4 / (m2 * m2)}; };
  EXPECT_LT(worst(network(0.02), ensemble(GetParam(), 100000), 1, 1, law), bound);
  EXPECT_GT(worst(network(0.0202), ensemble(GetParam(), 100000), 1, 1, law), bound);
}

TEST_P(Engines, TelegraphNoiseIsThatOfTheClosedForm) {
  // Mean s on / ((on + off) d); Fano 1 + s off / ((on + off)(on + off + d)).
  auto const network = [](double s) {
    return read_network_text(
        "[network]\nname = \"telegraph\"\ntime_unit = \"s\"\n[species]\nOff = 1\nOn = 0\nM = 0\n"
        "[parameters]\non = 0.5\noff = 1.5\ns = " +
            std::to_string(s) +
            "\nd = 1.0\n[reactions]\n"
            "activate = { equation = \"Off -> On\", mass_action = \"on\" }\n"
            "deactivate = { equation = \"On -> Off\", mass_action = \"off\" }\n"
            "make = { equation = \"On -> On + M\", mass_action = \"s\" }\n"
            "decay = { equation = \"M -> 0\", mass_action = \"d\" }\n[run]\nt_end = "
            "30\nsample_every = 30\n",
        "telegraph.toml");
  };
  double const mean = 40 * 0.5 / 2.0, fano = 1 + 40 * 1.5 / (2.0 * 3.0);
  // Factorial moments of a beta-mixed Poisson, p ~ Beta(0.5, 1.5), M | p ~ Poisson(40 p).
  double f[5] = {1, 0, 0, 0, 0};
  for (int k = 1; k <= 4; ++k) f[k] = f[k - 1] * 40 * (0.5 + k - 1) / (2.0 + k - 1);
  double const r2 = f[2] + f[1], r3 = f[3] + 3 * f[2] + f[1],
               r4 = f[4] + 6 * f[3] + 7 * f[2] + f[1];
  double const m4 = r4 - 4 * mean * r3 + 6 * mean * mean * r2 - 3 * std::pow(mean, 4);
  ASSERT_NEAR(r2 - mean * mean, mean * fano, 1e-9);
  auto const law = [&](double) {
    return Moments{mean, mean * fano, m4 / std::pow(mean * fano, 2)};
  };
  EXPECT_LT(worst(network(40), ensemble(GetParam(), 400000), 2, 1, law), bound);
  EXPECT_GT(worst(network(40.4), ensemble(GetParam(), 400000), 2, 1, law), bound);
}

TEST(Engines, AgreeInDistributionOnTheIntegratedStressResponse) {
  // Two independent implementations, generators and laws: the difference of means over its standard
  // error, 35 species at one time; bound 5.73.
  Network const network = bundled("isr");
  RunOptions o = ensemble("cpu", 400);
  o.condition = "er";
  o.t_end = 120;
  o.sample_every = 120;
  auto const a = run(network, o);
  o.engine = "reference";
  auto const b = run(network, o);
  for (usize s = 0; s < network.species.size(); ++s) {
    double mean[2] = {}, variance[2] = {};
    int e = 0;
    for (Kept const* kept : {&a, &b}) {
      double const n = double(kept->by_id.size());
      for (auto const& [id, t] : kept->by_id) mean[e] += t.samples[s * 2 + 1] / n;
      for (auto const& [id, t] : kept->by_id)
        variance[e] += std::pow(t.samples[s * 2 + 1] - mean[e], 2) / (n - 1) / n;
      ++e;
    }
    double const error = std::sqrt(variance[0] + variance[1]);
    if (error == 0)
      EXPECT_EQ(mean[0], mean[1]) << network.species[s].id;
    else
      EXPECT_LT(std::fabs(mean[0] - mean[1]) / error, bound) << network.species[s].id;
  }
}

}  // namespace
}  // namespace cristae::test
