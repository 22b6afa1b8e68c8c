// tests/statistical/gene_test.cpp - gene expression in bursts: distributions known in closed form.
#include <fmt/format.h>

#include <cmath>

#include "tests/statistical/oracle.hpp"

namespace cristae::test {
namespace {

/// 1F1(a; b; x) for positive arguments: all terms are positive.
double kummer(double a, double b, double x) {
  double term = 1, sum = 1;
  for (double k = 0; k < 2000 && term > 1e-17 * sum; ++k)
    sum += term *= (a + k) / (b + k) * x / (k + 1);
  return sum;
}

/// Peccoud and Ycart 1995, Theor. Popul. Biol. 48:222. By 1F1(a; b; -x) = e^-x 1F1(b - a; b; x).
std::vector<double> telegraph_law(double on, double off, double s, double d, usize top) {
  std::vector<double> p;
  for (usize i = 0; i <= top; ++i) {
    double const n = double(i), x = s / d, a = on / d, ab = (on + off) / d;
    p.push_back(std::exp(n * std::log(x) - std::lgamma(n + 1) + std::lgamma(a + n) -
                         std::lgamma(a) - std::lgamma(ab + n) + std::lgamma(ab) - x) *
                kummer(ab - a, ab + n, x));
  }
  return p;
}

TEST_P(Engines, ATelegraphGeneHasItsStationaryLawAndItsNoise) {
  auto const law = telegraph_law(2, 2, 20, 1, 80);
  Moments const moments = moments_of(law);
  ASSERT_NEAR(moments.mean, 10, 1e-9);
  ASSERT_NEAR(moments.variance / moments.mean, 1 + 20 * 2 / (4.0 * 5.0), 1e-9);
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("Off = 0\nOn = 1\nM = 10", "s = " + text(20 * f),
                      "activate = { equation = \"Off -> On\", mass_action = \"2\" }\n"
                      "deactivate = { equation = \"On -> Off\", mass_action = \"2\" }\n"
                      "make = { equation = \"On -> On + M\", mass_action = \"s\" }\n"
                      "decay = { equation = \"M -> 0\", mass_action = \"1\" }",
                      9, 9);
  };
  check.law = [](double f) { return telegraph_law(2, 2, 20 * f, 1, 80); };
  check.classify = [](auto const& samples) { return usize(samples[5]); };
  expect_distribution(GetParam(), check);
}

TEST_P(Engines, GeometricBurstsHaveTheirMomentsFromTheStart) {
  // Bursts at rate a of m copies, P(m) = (b / (1 + b))^m / (1 + b), one reaction for every m. From
  // none: G(1 + w) = ((1 - b w e^-dt) / (1 - b w))^(a / d), which becomes NegBin(a / d, 1 / (1 + b)).
  // Sizes above 60 are left out; they change the mean by less than 1e-9 of it.
  constexpr double a = 8, b = 2, d = 1;
  MomentCheck check;
  check.network = [](double f) {
    std::string reactions = "decay = { equation = \"X -> 0\", mass_action = \"1\" }\n";
    for (int m = 1; m <= 60; ++m)
      reactions +=
          fmt::format("burst{} = {{ equation = \"0 -> {} X\", mass_action = \"{} * a\" }}\n", m, m,
                      text(std::pow(b / (1 + b), m) / (1 + b)));
    return network_of("X = 0", "a = " + text(a * f), reactions, 2, 1);
  };
  check.law = [](double t, double f) {
    double c[5] = {};  // factorial cumulants
    for (int n = 1; n <= 4; ++n)
      c[n] = a * f / d * std::tgamma(n) * std::pow(b, n) * (1 - std::exp(-n * d * t));
    return from_cumulants(c[1], c[2] + c[1], c[4] + 6 * c[3] + 7 * c[2] + c[1]);
  };
  expect_moments(GetParam(), check);
}

}  // namespace
}  // namespace cristae::test
