// tests/statistical/oracle.hpp - ensembles against exact laws: scores, bounds, and n from power.
//
// Means and variances: Z = sqrt(n) (mean - mu) / sigma and Y' = sqrt(n / 2) (s^2 / sigma^2 - 1) /
// sqrt((kurtosis - 1) / 2), both close to standard normal under a right simulator; bound 5.73, a
// two-sided false-alarm rate of 1e-8 a point. Distributions: chi-square over classes that expect 10
// or more, with the same rate. Every check runs twice: with the network as it is, which must pass,
// and with one rate constant 1 % higher, which must not. The number of trajectories is the one at
// which the second is seen with a chance of 99 %; it does not depend on the engine, so the slow
// reference engine runs its twins, and the projections, with CRISTAE_LONG=1 only.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/support/runs.hpp"

namespace cristae::test {

inline constexpr double score_bound = 5.73;
inline constexpr double false_alarm_rate = 1e-8;
inline constexpr double planted = 1.01;  ///< factor of the rate constant in the faulty twin

struct Moments {
  double mean, variance;
  double kurtosis = 0;  ///< 0: not known, no Y'
};

/// From cumulants 1, 2 and 4; those of independent variables add up.
inline Moments from_cumulants(double k1, double k2, double k4) {
  return {k1, k2, 3 + k4 / (k2 * k2)};
}
/// The moments of a distribution over 0, 1, 2, ...
Moments moments_of(std::vector<double> const& probabilities);

/// Every test of this fixture runs on all engines; they are listed once, in oracle.cpp.
class Engines : public testing::TestWithParam<char const*> {};
/// The same for checks that take the reference engine minutes.
class Projections : public Engines {
 protected:
  void SetUp() override;
};
bool is_long_form();  ///< CRISTAE_LONG=1
/// Whether an engine is to run what takes it long.
bool runs_all(std::string const& engine);

RunOptions ensemble(std::string const& engine, u64 trajectories);

/// A network from the lines of its sections; no condition where `conditions` is empty.
Network network_of(std::string const& species, std::string const& parameters,
                   std::string const& reactions, double t_end, double sample_every,
                   std::string const& more = {});
/// A number in the file, to the last bit.
std::string text(double value);

/// One number of a trajectory: from its samples, [species][sample].
using Value = std::function<double(std::vector<double> const& samples, usize sample)>;
Value copies(usize species, usize samples);

/// The network with its rate constant multiplied by a factor.
using NetworkOf = std::function<Network(double factor)>;

struct MomentCheck {
  NetworkOf network;
  std::function<Moments(double time, double factor)> law;
  usize species = 0;
  usize first_sample = 1;  ///< time 0 is no point where the start is fixed
  double burn_in = 0;
  /// At most this many trajectories; only to make a slip in the law visible.
  u64 limit = 3000000;
};
double worst_score(Kept const& kept, MomentCheck const& check, std::vector<double> const& times);
/// Expects the moments at all sample times, and that the twin is seen.
void expect_moments(std::string const& engine, MomentCheck const& check);

struct DistributionCheck {
  NetworkOf network;
  /// Probability of every class under a factor; they sum to 1 or a little less.
  std::function<std::vector<double>(double factor)> law;
  /// The class of a trajectory.
  std::function<usize(std::vector<double> const& samples)> classify;
  /// With a condition that ends it, by how it ended instead.
  std::string stop_when = {};
  std::function<usize(TrajectoryEnd const& end)> classify_end = {};
  std::string condition;
  u64 limit = 3000000;
};
void expect_distribution(std::string const& engine, DistributionCheck const& check);

/// Chance of a chi-square variable of `freedom` degrees above x.
double chi_square_survival(double x, double freedom);

/// Chi-square of counts against probabilities, neighbours pooled until each class expects 10, and
/// at most about 200 classes. Returns the chance of one at least as large.
double chi_square_p_value(std::vector<u64> const& counts, std::vector<double> const& probabilities);

}  // namespace cristae::test
