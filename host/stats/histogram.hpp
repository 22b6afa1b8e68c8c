// host/stats/histogram.hpp - counts of whole numbers in bins that are chosen by their range alone.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "host/base/types.hpp"
#include "host/core/reduction.hpp"

namespace cristae {

/// Bin b counts the values x with floor(x / 2^shift) = first + b. `shift` is the smallest with which
/// the values so far fit into most_bins bins: a wider range merges bins in pairs, so what a
/// histogram holds depends on its values alone, not on their order or on how they were split among
/// histograms that were merged. (No bin edges from a pilot, no under- or overflow:
/// docs/decisions/0006.)
class Histogram {
 public:
  static constexpr usize most_bins = core::most_bins;

  /// Makes room for values from `low` to `high`.
  void cover(i64 low, i64 high);
  /// `x` must be covered.
  void add(i64 x, u64 count = 1) { counts_[static_cast<usize>((x >> shift_) - first_)] += count; }
  /// The same of `count` values, `stride` apart; whole numbers.
  void add(double const* values, usize stride, usize count) {
    u64* const counts = counts_.data();
    i64 const first = first_;  // a count that is written could be any of these members
    u32 const shift = shift_;
    for (usize i = 0; i < count; ++i)
      ++counts[static_cast<usize>((static_cast<i64>(values[i * stride]) >> shift) - first)];
  }
  void merge(Histogram const& other);
  /// Adds counts of values from `low` to `high`, by the bins that a histogram of only these has.
  void merge(i64 low, i64 high, std::span<u32 const> counts);

  template <class Bytes>
  void transfer(Bytes& bytes) {
    bytes(low_, high_, counts_);
    if constexpr (Bytes::reads) take_over(bytes);
  }

  /// Of values from `low` to `high` (none: `high` below `low`) with these counts; nothing where so many
  /// counts cannot be those of a histogram of them.
  static std::optional<Histogram> of(i64 low, i64 high, std::vector<u64> counts);

  bool empty() const { return counts_.empty(); }
  u32 shift() const { return shift_; }
  i64 first() const { return first_; }
  std::vector<u64> const& counts() const { return counts_; }

 private:
  i64 first_ = 0;
  u32 shift_ = 0;
  i64 low_ = 0, high_ = -1;  ///< as covered: exact, for the choice of `shift`
  std::vector<u64> counts_;  ///< from the bin of low_ to that of high_

  /// Of counts that were read.
  template <class Bytes>
  void take_over(Bytes const& bytes) {
    auto counts = std::exchange(counts_, {});
    i64 const low = std::exchange(low_, 0), high = std::exchange(high_, -1);
    first_ = 0;
    shift_ = 0;
    if (high >= low) cover(low, high);
    bytes.require(counts.size() == counts_.size());
    counts_ = std::move(counts);
  }
};

/// The values at ranks (from 0, increasing) of the values in the bins: in bins of width 1 the values
/// themselves, in wider ones as if the values of a bin were spread evenly over it.
void order_statistics(Histogram const& histogram, std::span<u64 const> ranks,
                      std::span<double> found);

}  // namespace cristae
