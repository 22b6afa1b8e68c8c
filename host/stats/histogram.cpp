// host/stats/histogram.cpp - growing, merging bins in pairs, order statistics.
#include "host/stats/histogram.hpp"

#include <algorithm>
#include <utility>

namespace cristae {

void Histogram::cover(i64 low, i64 high) {
  bool const is_new = high_ < low_;
  if (!is_new && low >= low_ && high <= high_) return;
  low_ = is_new ? low : std::min(low, low_);
  high_ = is_new ? high : std::max(high, high_);
  u32 const old_shift = shift_;
  auto const bins = core::bins_of(low_, high_);
  shift_ = bins.shift;
  i64 const first = bins.first;
  std::vector<u64> counts(bins.count, 0);
  for (usize b = 0; b < counts_.size(); ++b) {
    i64 const bin = (first_ + static_cast<i64>(b)) >> (shift_ - old_shift);
    counts[static_cast<usize>(bin - first)] += counts_[b];
  }
  first_ = first;
  counts_ = std::move(counts);
}

void Histogram::merge(Histogram const& other) {
  if (other.empty()) return;
  cover(other.low_, other.high_);
  for (usize b = 0; b < other.counts_.size(); ++b) {
    i64 const bin = (other.first_ + static_cast<i64>(b)) >> (shift_ - other.shift_);
    counts_[static_cast<usize>(bin - first_)] += other.counts_[b];
  }
}

void Histogram::merge(i64 low, i64 high, std::span<u32 const> counts) {
  Histogram other;
  other.cover(low, high);
  std::copy(counts.begin(), counts.end(), other.counts_.begin());
  merge(other);
}

std::optional<Histogram> Histogram::of(i64 low, i64 high, std::vector<u64> counts) {
  Histogram made;
  if (low <= high) made.cover(low, high);
  if (made.counts_.size() != counts.size()) return std::nullopt;
  made.counts_ = std::move(counts);
  return made;
}

void order_statistics(Histogram const& histogram, std::span<u64 const> ranks,
                      std::span<double> found) {
  auto const& counts = histogram.counts();
  double const width = static_cast<double>(u64{1} << histogram.shift());
  u64 below = 0;
  usize b = 0;
  for (usize i = 0; i < ranks.size(); ++i) {
    while (ranks[i] >= below + counts.at(b)) below += counts[b++];
    found[i] = static_cast<double>(histogram.first() + static_cast<i64>(b)) * width;
    if (histogram.shift() == 0) continue;
    // The bin holds whole numbers from its start to its start + width - 1.
    double const place =
        (static_cast<double>(ranks[i] - below) + 0.5) / static_cast<double>(counts[b]);
    found[i] += place * width - 0.5;
  }
}

}  // namespace cristae
