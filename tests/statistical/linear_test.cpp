// tests/statistical/linear_test.cpp - networks of zeroth and first order, whose laws are known for all times.
#include <cmath>

#include "tests/statistical/oracle.hpp"
#include "tests/support/master_equation.hpp"

namespace cristae::test {
namespace {

double choose(double n, double k) {
  if (k < 0 || k > n) return 0;
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1));
}

/// X(t) = Binomial(x0, e^-mu t) + Poisson(lambda (1 - e^-mu t) / mu), independent of each other.
Moments immigration_death_law(double x0, double lambda, double mu, double t) {
  double const p = std::exp(-mu * t), m = lambda / mu * (1 - p), v = x0 * p * (1 - p);
  return from_cumulants(x0 * p + m, v + m, v * (1 - 6 * p * (1 - p)) + m);
}

Network immigration_death(double x0, double factor) {
  return network_of("X = " + text(x0), "birth = " + text(10 * factor) + "\ndeath = 0.1",
                    "in = { equation = \"0 -> X\", mass_action = \"birth\" }\n"
                    "out = { equation = \"X -> 0\", mass_action = \"death\" }",
                    20, 2);
}

MomentCheck immigration_death_check(double x0, double before) {
  MomentCheck check;
  check.network = [=](double f) { return immigration_death(x0, f); };
  check.law = [=](double t, double f) {
    return immigration_death_law(x0, 10 * f, 0.1, t + before);
  };
  check.burn_in = before;
  check.first_sample = before > 0 ? 0 : 1;
  return check;
}

TEST_P(Engines, ImmigrationDeathIsABinomialPlusAPoisson) {
  expect_moments(GetParam(), immigration_death_check(0, 0));
  expect_moments(GetParam(), immigration_death_check(150, 0));
}

TEST_P(Engines, BurnInStartsFromTheLawThatItLeadsTo) {
  expect_moments(GetParam(), immigration_death_check(0, 15));
}

TEST_P(Engines, StartingFromAnEnsembleGoesOnWithItsLaw) {
  RunOptions o = ensemble(GetParam(), 50000);
  Network const network = immigration_death(0, 1);
  auto const times = resolve(network, {}).sample_times;
  RunOptions first = o;
  first.t_end = 6;
  for (auto const& [id, t] : run(network, first).by_id)
    o.start_states.push_back(i64(t.samples.back()));
  o.seed = 4712;  // the same random numbers again would correlate with the states
  o.trajectories = 100000;
  MomentCheck const check = immigration_death_check(0, 6);
  // Every state is used twice, so that at first the spread is that of 50,000.
  double const bound = std::sqrt(2.0) * score_bound;
  EXPECT_LT(worst_score(run(network, o), check, times), bound);
  EXPECT_GT(worst_score(run(immigration_death(0, planted), o), check, times), bound);
}

TEST_P(Engines, PureDeathIsBinomial) {
  MomentCheck check;
  check.network = [](double f) {
    return network_of("X = 100", "d = " + text(0.3 * f),
                      "out = { equation = \"X -> 0\", mass_action = \"d\" }", 5, 1);
  };
  check.law = [](double t, double f) { return immigration_death_law(100, 0, 0.3 * f, t); };
  expect_moments(GetParam(), check);
}

/// Bailey 1964, The Elements of Stochastic Processes, 8.6.
std::vector<double> birth_death_law(int x0, double birth, double death, double t, usize top) {
  double const E = std::exp((birth - death) * t), rest = birth * E - death;
  double const alpha = death * (E - 1) / rest, beta = birth * (E - 1) / rest;
  std::vector<double> p(top + 1, 0.0);
  for (usize n = 0; n <= top; ++n)
    for (int j = 0; j <= std::min(x0, int(n)); ++j)
      p[n] += choose(x0, j) * choose(x0 + double(n) - j - 1, x0 - 1) * std::pow(alpha, x0 - j) *
              std::pow(beta, double(n) - j) * std::pow(1 - alpha - beta, j);
  return p;
}

TEST_P(Engines, LinearBirthAndDeathHasItsLawAndItsShareOfExtinction) {
  auto const law = birth_death_law(5, 0.9, 1.1, 2, 80);
  double const E = std::exp(-0.2 * 2), alpha = 1.1 * (E - 1) / (0.9 * E - 1.1);
  ASSERT_NEAR(law[0], std::pow(alpha, 5), 1e-12) << "extinction by t is alpha^x0";
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("X = 5", "b = " + text(0.9 * f) + "\nd = 1.1",
                      "split = { equation = \"X -> 2 X\", mass_action = \"b\" }\n"
                      "die = { equation = \"X -> 0\", mass_action = \"d\" }",
                      2, 2);
  };
  check.law = [](double f) { return birth_death_law(5, 0.9 * f, 1.1, 2, 80); };
  check.classify = [](auto const& samples) { return usize(samples[1]); };
  expect_distribution(GetParam(), check);
}

/// Immigration r, birth b per copy, death d per copy, from none: NegBin(r / b, 1 - beta(t)).
std::vector<double> birth_immigration_law(double r, double b, double d, double t, usize top) {
  double const E = std::exp((b - d) * t), beta = b * (E - 1) / (b * E - d), shape = r / b;
  std::vector<double> p;
  for (usize n = 0; n <= top; ++n)
    p.push_back(std::exp(std::lgamma(shape + double(n)) - std::lgamma(shape) -
                         std::lgamma(double(n) + 1) + shape * std::log1p(-beta) +
                         double(n) * std::log(beta)));
  return p;
}

TEST_P(Engines, BirthWithImmigrationIsNegativeBinomial) {
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("X = 0", "r = " + text(6 * f) + "\nb = 1\nd = 1.5",
                      "in = { equation = \"0 -> X\", mass_action = \"r\" }\n"
                      "split = { equation = \"X -> 2 X\", mass_action = \"b\" }\n"
                      "die = { equation = \"X -> 0\", mass_action = \"d\" }",
                      2, 2);
  };
  check.law = [](double f) { return birth_immigration_law(6 * f, 1, 1.5, 2, 120); };
  check.classify = [](auto const& samples) { return usize(samples[1]); };
  expect_distribution(GetParam(), check);
}

// ---- a closed monomolecular network: every copy walks by itself, so counts are multinomial ----

constexpr int walkers = 8;

/// Where one copy is after time t: its own master equation.
std::vector<double> walk(double factor, double t) {
  MasterEquation one({1, 1, 1}, {1, 0, 0});
  auto const step = [](int from, int to, double rate) {
    std::vector<int> change(3, 0);
    change[usize(from)] = -1;
    change[usize(to)] = 1;
    return Channel{change, [=](State const& x) { return rate * x[usize(from)]; }};
  };
  one.advance({step(0, 1, 1.0 * factor), step(1, 2, 0.7), step(2, 0, 0.4), step(1, 0, 0.2)}, t);
  return {one.probabilities()[one.state_index({1, 0, 0})],
          one.probabilities()[one.state_index({0, 1, 0})],
          one.probabilities()[one.state_index({0, 0, 1})]};
}

TEST_P(Engines, AClosedMonomolecularNetworkIsMultinomial) {
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("A = 8\nB = 0\nC = 0", "k = " + text(f),
                      "ab = { equation = \"A -> B\", mass_action = \"k\" }\n"
                      "bc = { equation = \"B -> C\", mass_action = \"0.7\" }\n"
                      "ca = { equation = \"C -> A\", mass_action = \"0.4\" }\n"
                      "ba = { equation = \"B -> A\", mass_action = \"0.2\" }",
                      0.8, 0.8);
  };
  check.law = [](double f) {
    auto const p = walk(f, 0.8);
    std::vector<double> joint(usize((walkers + 1) * (walkers + 1)), 0.0);
    for (int a = 0; a <= walkers; ++a)
      for (int b = 0; a + b <= walkers; ++b)
        joint[usize(a * (walkers + 1) + b)] = choose(walkers, a) * choose(walkers - a, b) *
                                              std::pow(p[0], a) * std::pow(p[1], b) *
                                              std::pow(p[2], walkers - a - b);
    return joint;
  };
  check.classify = [](auto const& samples) {
    return usize(samples[1]) * (walkers + 1) + usize(samples[3]);
  };
  expect_distribution(GetParam(), check);
}

}  // namespace
}  // namespace cristae::test
