// tests/statistical/binding_test.cpp - reversible binding: exact stationary laws of second-order networks.
#include <cmath>

#include "tests/statistical/oracle.hpp"

namespace cristae::test {
namespace {

std::vector<double> normalised(std::vector<double> const& logarithms) {
  std::vector<double> p;
  double largest = logarithms[0], total = 0;
  for (double const l : logarithms) largest = std::max(largest, l);
  for (double const l : logarithms) p.push_back(std::exp(l - largest));
  for (double const value : p) total += value;
  for (double& value : p) value /= total;
  return p;
}

/// 2 P <-> P2 with a = k1 P (P - 1) / 2: pi(j) ~ (k1 / 2 k2)^j / (j! (N - 2j)!).
std::vector<double> dimer_law(int N, double k1, double k2) {
  std::vector<double> logs;
  for (int j = 0; 2 * j <= N; ++j)
    logs.push_back(j * std::log(k1 / (2 * k2)) - std::lgamma(j + 1.0) -
                   std::lgamma(N - 2 * j + 1.0));
  return normalised(logs);
}

/// A + B <-> C: pi(j) ~ (k1 / k2)^j / (j! (A0 - j)! (B0 - j)!).
std::vector<double> complex_law(int A, int B, double k1, double k2) {
  std::vector<double> logs;
  for (int j = 0; j <= std::min(A, B); ++j)
    logs.push_back(j * std::log(k1 / k2) - std::lgamma(j + 1.0) - std::lgamma(A - j + 1.0) -
                   std::lgamma(B - j + 1.0));
  return normalised(logs);
}

TEST_P(Engines, DimerisationReachesItsExactStationaryLaw) {
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("P = 100\nP2 = 0", "k1 = " + text(0.02 * f) + "\nk2 = 0.5",
                      "bind = { equation = \"2 P -> P2\", mass_action = \"k1\" }\n"
                      "split = { equation = \"P2 -> 2 P\", mass_action = \"k2\" }",
                      8, 8);
  };
  check.law = [](double f) { return dimer_law(100, 0.02 * f, 0.5); };
  check.classify = [](auto const& samples) { return usize(samples[3]); };
  expect_distribution(GetParam(), check);
}

TEST_P(Engines, BindingOfTwoSpeciesReachesItsExactStationaryLaw) {
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("A = 60\nB = 50\nC = 0", "k1 = " + text(0.05 * f) + "\nk2 = 1",
                      "bind = { equation = \"A + B -> C\", mass_action = \"k1\" }\n"
                      "split = { equation = \"C -> A + B\", mass_action = \"k2\" }",
                      5, 5);
  };
  check.law = [](double f) { return complex_law(60, 50, 0.05 * f, 1); };
  check.classify = [](auto const& samples) { return usize(samples[5]); };
  expect_distribution(GetParam(), check);
}

}  // namespace
}  // namespace cristae::test
