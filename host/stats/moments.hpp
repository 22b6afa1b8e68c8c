// host/stats/moments.hpp - exact sums of whole numbers, and the statistics that come from them.
#pragma once

#include <limits>
#include <span>

#include "host/base/types.hpp"
#include "host/core/reduction.hpp"
#include "host/stats/ensemble.hpp"
#include "host/stats/histogram.hpp"
#include "host/stats/wide_integer.hpp"

namespace cristae {

/// Sums over values x with |x| <= 2^62. Integers, so that no order of addition changes them: they
/// hold 2^64 values without a thought of overflow (|sum x| <= 2^126, sum x^2 <= 2^188).
struct Moments {
  u64 n = 0;
  u64 undefined = 0;  ///< of the n; not in the sums
  i128 sum = 0;
  U256 squares;
  i64 min = std::numeric_limits<i64>::max();
  i64 max = std::numeric_limits<i64>::min();

  template <class Bytes>
  void transfer(Bytes& bytes) {
    bytes(n, undefined, sum, squares.limb, min, max);
  }
  void merge(Moments const& other);
  void merge(core::ColumnSums const& sums);
};

/// Sums over products of two columns, modulo 2^256 in two's complement.
struct ProductSum {
  U256 value;
  template <class Bytes>
  void transfer(Bytes& bytes) {
    bytes(value.limb);
  }
  void add(i128 x);
  void add(core::ProductSums const& sums);
};

/// The moments of one column at each of `times` sample times over a block of trajectories, and the
/// larger part of what finishing a trajectory costs. Row r begins at values[r * row_stride]; it
/// counts for times below reached[r]; values that are not a number count as undefined.
void block_moments(double const* values, usize row_stride, std::span<u32 const> reached,
                   std::span<Moments> moments);

/// `histogram` may be null. Values are multiples of `resolution`.
PointStatistics point_statistics(Moments const& moments, Histogram const* histogram,
                                 double resolution);

/// With n - 1; NaN where undefined. Both columns were summed over the same trajectories.
double covariance(ProductSum const& products, Moments const& x, Moments const& y,
                  double resolution_x, double resolution_y);

}  // namespace cristae
