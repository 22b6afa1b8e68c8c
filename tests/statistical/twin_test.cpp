// tests/statistical/twin_test.cpp - dual reporters against the closed form of a linear gene.
#include "host/model/twin.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "tests/statistical/oracle.hpp"

namespace cristae::test {
namespace {

// All propensities are linear, so that means and covariances close: with d/dt of both from the
// moment equations, an upstream X of variance s and relaxation rate k that makes M at rate a X adds
// s a^2 (k_p / (d_m d_p))^2 F(k) to the variance of P, where F(k) is what two steps of decay leave:
constexpr double on = 1, off = 1, k_s = 20, k_u = 1, make_u = 10, d_u = 0.5, d_m = 1, k_p = 2,
                 d_p = 0.5;

double filter(double k) {
  return d_m * d_p * (k + d_m + d_p) / ((k + d_m) * (k + d_p) * (d_m + d_p));
}

/// Squared coefficients of variation of P: between twins of one cell, and between cells.
struct Noise {
  double mean, intrinsic, extrinsic;
};

Noise closed_form() {
  double const p = on / (on + off), u = make_u / d_u;
  double const m = (k_s * p + k_u * u) / d_m, mean = k_p * m / d_p;
  double const gain = std::pow(k_p / (d_m * d_p), 2);
  double const own = mean + m * std::pow(k_p / d_p, 2) * d_p / (d_m + d_p);
  double const promoter = p * (1 - p) * k_s * k_s * gain * filter(on + off);
  double const shared = u * k_u * k_u * gain * filter(d_u);
  return {mean, (own + promoter) / (mean * mean), shared / (mean * mean)};
}

/// A two-state promoter and a fluctuating shared U make M, which makes P.
Network gene(double factor) {
  return network_of(
      "Off = 1\nOn = 0\nU = 20\nM = 30\nP = 120", "k_u = " + text(k_u * factor),
      fmt::format("activate = {{ equation = \"Off -> On\", mass_action = \"{}\" }}\n"
                  "deactivate = {{ equation = \"On -> Off\", mass_action = \"{}\" }}\n"
                  "make_u = {{ equation = \"0 -> U\", mass_action = \"{}\" }}\n"
                  "lose_u = {{ equation = \"U -> 0\", mass_action = \"{}\" }}\n"
                  "transcribe = {{ equation = \"On -> On + M\", mass_action = \"{}\" }}\n"
                  "induce = {{ equation = \"U -> U + M\", mass_action = \"k_u\" }}\n"
                  "decay_m = {{ equation = \"M -> 0\", mass_action = \"{}\" }}\n"
                  "translate = {{ equation = \"M -> M + P\", mass_action = \"{}\" }}\n"
                  "decay_p = {{ equation = \"P -> 0\", mass_action = \"{}\" }}",
                  on, off, make_u, d_u, k_s, d_m, k_p, d_p),
      30, 30);
}

struct Scores {
  double mean, intrinsic, extrinsic;
  double worst() const {
    return std::max({std::fabs(mean), std::fabs(intrinsic), std::fabs(extrinsic)});
  }
};

/// After 30 = 15 / d_u, what is left of the start is below 10^-6 of the noise. With the mean known,
/// (P - P_twin)^2 / 2 and (P - mean)(P_twin - mean) are unbiased for the two parts of the variance;
/// their standard errors come from the sample. Bound 5.73: 2-sided false-alarm rate 1e-8 a score.
Scores scores(std::vector<std::string> const& twins, double factor) {
  auto const network = with_twins(gene(factor), twins).network;
  auto const kept = run(network, ensemble("cpu", 20000));
  Noise const law = closed_form();
  usize const samples = 2, p = 4;
  usize twin = 0;
  while (network.species[twin].id != "P_twin") ++twin;
  std::array<double, 3> sum{}, squares{};
  for (auto const& [id, t] : kept.by_id) {
    double const a = t.samples[p * samples + 1], b = t.samples[twin * samples + 1];
    std::array<double, 3> const x{(a + b) / 2, (a - b) * (a - b) / 2,
                                  (a - law.mean) * (b - law.mean)};
    for (usize i = 0; i < 3; ++i) {
      sum[i] += x[i];
      squares[i] += x[i] * x[i];
    }
  }
  double const n = double(kept.by_id.size()), square = law.mean * law.mean;
  auto const score = [&](usize i, double expected) {
    double const mean = sum[i] / n;
    return (mean - expected) / std::sqrt((squares[i] / n - mean * mean) / n);
  };
  return {score(0, law.mean), score(1, law.intrinsic * square), score(2, law.extrinsic * square)};
}

TEST(Twins, OfALinearGeneHaveItsIntrinsicAndExtrinsicNoise) {
  auto const found = scores({"Off", "On", "M", "P"}, 1);
  EXPECT_LT(std::fabs(found.mean), score_bound);
  EXPECT_LT(std::fabs(found.intrinsic), score_bound);
  EXPECT_LT(std::fabs(found.extrinsic), score_bound);
}

TEST(Twins, AnInputThatIsFifteenPercentStrongerIsSeen) {
  EXPECT_GT(scores({"Off", "On", "M", "P"}, 1.15).worst(), score_bound);
}

TEST(Twins, APromoterThatIsSharedByMistakeIsSeenInBothParts) {
  auto const found = scores({"M", "P"}, 1);
  EXPECT_LT(found.intrinsic, -score_bound);
  EXPECT_GT(found.extrinsic, score_bound);
}

}  // namespace
}  // namespace cristae::test
