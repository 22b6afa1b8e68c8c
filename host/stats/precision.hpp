// host/stats/precision.hpp - runs that end when they are precise enough: se(mean(CHOP)) < 1 %.
#pragma once

#include <string>
#include <vector>

#include "host/base/types.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// One demand on the standard error of a mean.
struct PrecisionTarget {
  usize column = 0;
  std::vector<usize> times;  ///< indices of the sample times at which it must hold
  bool relative = false;     ///< limit is a fraction of |mean|
  double limit = 0;
  std::string text;  ///< in its canonical spelling
};

/// Reads `se(mean(NAME)) < X` or `< X %`, several joined by `and`. NAME or NAME[end] is the last
/// sample time, NAME[T] a sample time, NAME[all] all of them. Throws Error(usage).
std::vector<PrecisionTarget> parse_precision(std::string const& text,
                                             std::vector<Column> const& columns,
                                             std::vector<double> const& times);

/// Where fewer trajectories show no spread, a rare event may not have been seen yet.
inline constexpr u64 trust_no_spread = 8192;

/// Whether all targets hold: se < limit, or se < limit * |mean|; or se = 0 with n >= trust_no_spread
/// (n >= 2 at the first sample time). Never where a value is NaN.
bool is_reached(std::vector<PrecisionTarget> const& targets, EnsembleSummary const& summary);

/// After how many trajectories to look next: 256, 512, then in steps of a quarter of a power of two
/// (640, 768, 896, 1024, 1280, ...). The steps are fixed, so that the same seed always ends after
/// the same number of trajectories, with the same bits.
u64 next_check(u64 trajectories);

}  // namespace cristae
