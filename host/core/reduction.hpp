// host/core/reduction.hpp - exact sums, extremes and counts of columns over many trajectories.
//
// A slab of samples (host/core/slice.hpp) is reduced in passes over consecutive slots, a few sample
// times at a time: the columns' values; their sums and extremes; with the bins that follow from the
// extremes (docs/decisions/0006), counts; products; and numbers of single trajectories. Sums are 32-bit
// digits in 64-bit words, which never carry, so that any order of threads and atomics gives the same
// words.
#pragma once

#include "host/core/double_math.hpp"
#include "host/core/slice.hpp"

namespace cristae::core {

/// Values are whole numbers with |x| <= 2^62; these two say why there is none.
inline constexpr i64 undefined_value = i64(-0x7fffffffffffffff - 1);
inline constexpr i64 not_reached = undefined_value + 1;

/// Beyond these, in multiples of the resolution, values are undefined.
inline constexpr double largest_whole = 0x1p53, largest_real = 0x1p62;
/// Fewer multiples than this lose more than a thousandth of a value.
inline constexpr double coarse_below = 1024;

inline constexpr u32 most_bins = 1024;

/// Of one column at one sample time. Words are signed: a sum is word[0] + 2^32 word[1] + 2^64 word[2]
/// and so on. Over fewer than 2^31 values none overflows.
struct ColumnSums {
  u64 n;          ///< trajectories that reached the time
  u64 undefined;  ///< of these
  u64 sum[2];
  u64 squares[4];
  i64 min, max;   ///< above and below all values where there is none
  u64 has_small;  ///< 1 where some value is not 0 and yet below coarse_below multiples
};
CRISTAE_CORE ColumnSums no_sums() {
  return {0, 0, {}, {}, 0x7fffffffffffffff, -0x7fffffffffffffff - 1, 0};
}

/// Of the products of two columns at one sample time; undefined values count as 0.
struct ProductSums {
  u64 sum[4];
};

/// Bin b counts the values x with floor(x / 2^shift) = first + b.
struct Bins {
  i64 first;
  u32 shift;
  u32 count;  ///< 0: there is no value
};

/// The finest bins of values from `low` to `high`, of which there are at most most_bins.
CRISTAE_CORE Bins bins_of(i64 low, i64 high) {
  if (high < low) return {0, 0, 0};
  u32 shift = 0;
  while (u64(high >> shift) - u64(low >> shift) >= most_bins) ++shift;  // of up to 2^63
  return {low >> shift, shift, u32((high >> shift) - (low >> shift)) + 1};
}

/// A histogram within a reduction: the bins of one row of values, and where their counts begin.
struct BinRow {
  Bins bins;
  u32 row;
  u64 counts;
};

/// A number of every single trajectory, of the values of one column.
struct KeptNumber {
  enum Kind : u32 { at, minimum, maximum, sum } kind;
  u32 column;
  u32 sample;  ///< of `at`
};

/// The arguments of all passes.
struct Reduction {
  u32 samples, species, columns;
  u32 slots;         ///< consecutive ones: those that `ends` and `counts` begin with
  u32 first, times;  ///< sample times at hand
  u32 kept_count;
  End const* ends;
  float const* counts;       ///< [slot][sample][species]
  double const* constants;   ///< of Columns
  double const* parameters;  ///< of Columns: [parameter][sample]
  i64* values;               ///< [time at hand][column][slot]
  ColumnSums* sums;          ///< [time at hand][column]; begins as no_sums()
  BinRow const* bins;        ///< [histogram]
  u32* bin_counts;           ///< begins as 0
  u32 const* product_times;  ///< times at hand
  ProductSums* products;     ///< [product time][pair i >= j]; begins as 0
  KeptNumber const* kept;
  double* kept_values;  ///< [kept number][slot]; NaN where a value that it needs is undefined
  float* last_counts;   ///< [slot][species]: of the last sample time
};

struct SharedExtremes {
  static CRISTAE_CORE void minimum(i64* to, i64 value) {
#if defined(__CUDA_ARCH__)
    atomicMin(to, value);
#else
    i64 seen = __atomic_load_n(to, __ATOMIC_RELAXED);
    while (value < seen && !__atomic_compare_exchange_n(to, &seen, value, true, __ATOMIC_RELAXED,
                                                        __ATOMIC_RELAXED)) {
    }
#endif
  }
  static CRISTAE_CORE void maximum(i64* to, i64 value) {
#if defined(__CUDA_ARCH__)
    atomicMax(to, value);
#else
    i64 seen = __atomic_load_n(to, __ATOMIC_RELAXED);
    while (value > seen && !__atomic_compare_exchange_n(to, &seen, value, true, __ATOMIC_RELAXED,
                                                        __ATOMIC_RELAXED)) {
    }
#endif
  }
};

/// What columns are computed with, beside + - * /.
struct ColumnMath : DoubleMath {
#if defined(__CUDA_ARCH__)
  static CRISTAE_CORE double nearest(double x) { return rint(x); }
#else
  static CRISTAE_CORE double nearest(double x) { return __builtin_rint(x); }
#endif
};

/// Where Columns put the values of one trajectory at one sample time.
struct ColumnStore {
  Reduction const& r;
  u32 slot, time;  ///< at hand

  /// A copy number.
  CRISTAE_CORE void count(u32 column, float x) const { put(column, i64(x)); }
  /// A whole number.
  CRISTAE_CORE void whole(u32 column, double x) const {
    put(column, ColumnMath::absolute(x) <= largest_whole ? i64(x) : undefined_value);
  }
  /// `per_unit`: the reciprocal of the column's resolution, a power of two.
  CRISTAE_CORE void real(u32 column, double x, double per_unit) const {
    double const multiple = x * per_unit;
    if (multiple != 0 && ColumnMath::absolute(multiple) < coarse_below) {
      ColumnSums& sums = r.sums[u64(time) * r.columns + column];
#if defined(__CUDA_ARCH__)
      atomicExch(&sums.has_small, u64(1));
#else
      __atomic_store_n(&sums.has_small, u64(1), __ATOMIC_RELAXED);
#endif
    }
    double const rounded = ColumnMath::nearest(multiple);
    put(column, ColumnMath::absolute(rounded) <= largest_real ? i64(rounded) : undefined_value);
  }
  CRISTAE_CORE void put(u32 column, i64 x) const {
    r.values[(u64(time) * r.columns + column) * r.slots + slot] = x;
  }
};

/// Pass 1, one thread per slot and time. Columns has a static
///   store(float const* x, float const* x_0, double const* k, double const* p, u32 samples,
///         ColumnStore const& out)
/// that puts a value into every column: `x` are the copy numbers and firing counters, `x_0` those of
/// the first sample, `k` the constants, p[i * samples] the parameters of this time.
template <class Columns>
CRISTAE_CORE void reduce_values(Reduction const& r, u32 slot, u32 time) {
  if (slot >= r.slots || time >= r.times) return;
  ColumnStore const out{r, slot, time};
  u32 const sample = r.first + time;
  if (sample >= r.ends[slot].samples) {
    for (u32 c = 0; c < r.columns; ++c) out.put(c, not_reached);
    return;
  }
  float const* const row = r.counts + u64(slot) * r.samples * r.species;
  Columns::store(row + u64(sample) * r.species, row, r.constants, r.parameters + sample, r.samples,
                 out);
}

/// The 32-bit digits of a * b, lowest first, each added to a word (subtracted where is_negative).
CRISTAE_CORE void add_product(u64 (&words)[4], u64 a, u64 b, bool is_negative) {
  u64 const a_low = u32(a), a_high = a >> 32, b_low = u32(b), b_high = b >> 32;
  u64 const low = a_low * b_low, cross = a_low * b_high, other = a_high * b_low;
  u64 const middle = (low >> 32) + u32(cross) + u32(other);
  u64 const high = a_high * b_high + (cross >> 32) + (other >> 32) + (middle >> 32);
  u64 const digits[4] = {u32(low), u32(middle), u32(high), high >> 32};
  for (u32 i = 0; i < 4; ++i) words[i] += is_negative ? u64(0) - digits[i] : digits[i];
}

CRISTAE_CORE u64 magnitude_of(i64 x) { return x < 0 ? u64(0) - u64(x) : u64(x); }

/// Pass 2, any number of threads per row: each takes the slots from `thread` on, `threads` apart.
CRISTAE_CORE void reduce_sums(Reduction const& r, u32 row, u32 thread, u32 threads) {
  i64 const* const values = r.values + u64(row) * r.slots;
  ColumnSums own = no_sums();
  for (u64 slot = thread; slot < r.slots; slot += threads) {
    i64 const x = values[slot];
    if (x == not_reached) continue;
    ++own.n;
    if (x == undefined_value) {
      ++own.undefined;
      continue;
    }
    u64 const m = magnitude_of(x);
    own.sum[0] += x < 0 ? u64(0) - u32(m) : u64(u32(m));
    own.sum[1] += x < 0 ? u64(0) - (m >> 32) : m >> 32;
    add_product(own.squares, m, m, false);
    own.min = x < own.min ? x : own.min;
    own.max = x > own.max ? x : own.max;
  }
  if (own.n == 0) return;
  ColumnSums& sums = r.sums[row];
  shared_add(&sums.n, own.n);
  if (own.undefined != 0) shared_add(&sums.undefined, own.undefined);
  for (u32 i = 0; i < 2; ++i)
    if (own.sum[i] != 0) shared_add(&sums.sum[i], own.sum[i]);
  for (u32 i = 0; i < 4; ++i)
    if (own.squares[i] != 0) shared_add(&sums.squares[i], own.squares[i]);
  SharedExtremes::minimum(&sums.min, own.min);
  SharedExtremes::maximum(&sums.max, own.max);
}

/// Pass 3, as pass 2, for histogram `index` of Reduction::bins. Equal bins in a row are one addition:
/// where all trajectories agree, threads would queue for one counter.
CRISTAE_CORE void reduce_counts(Reduction const& r, u32 index, u32 thread, u32 threads) {
  BinRow const b = r.bins[index];
  if (b.bins.count == 0) return;
  i64 const* const values = r.values + u64(b.row) * r.slots;
  u32* const counts = r.bin_counts + b.counts;
  u32 last = 0, times = 0;
  for (u64 slot = thread; slot < r.slots; slot += threads) {
    i64 const x = values[slot];
    if (x <= not_reached) continue;
    u32 const bin = u32((x >> b.bins.shift) - b.bins.first);
    if (bin != last && times > 0) {
      shared_add(counts + last, times);
      times = 0;
    }
    last = bin;
    ++times;
  }
  if (times > 0) shared_add(counts + last, times);
}

/// Pass 4, as pass 2: `index` counts pairs of columns (i, j), j <= i, within product times.
CRISTAE_CORE void reduce_products(Reduction const& r, u32 index, u32 thread, u32 threads) {
  u32 const pairs = r.columns * (r.columns + 1) / 2;
  u32 i = 0, j = index % pairs;
  while (j > i) j -= ++i;
  u64 const row = u64(r.product_times[index / pairs]) * r.columns;
  i64 const* const x = r.values + (row + i) * r.slots;
  i64 const* const y = r.values + (row + j) * r.slots;
  u64 words[4] = {};
  for (u64 slot = thread; slot < r.slots; slot += threads)
    if (x[slot] > not_reached && y[slot] > not_reached)
      add_product(words, magnitude_of(x[slot]), magnitude_of(y[slot]),
                  (x[slot] < 0) != (y[slot] < 0));
  for (u32 d = 0; d < 4; ++d)
    if (words[d] != 0) shared_add(&r.products[index].sum[d], words[d]);
}

/// Pass 5, one thread per slot, of number `index` of Reduction::kept: what the times at hand add to it.
/// Sums are in the order of time, as on the host.
CRISTAE_CORE void reduce_kept(Reduction const& r, u32 index, u32 slot) {
  if (index >= r.kept_count || slot >= r.slots) return;
  KeptNumber const kept = r.kept[index];
  double& to = r.kept_values[u64(index) * r.slots + slot];
  for (u32 time = 0; time < r.times; ++time) {
    u32 const sample = r.first + time;
    if (kept.kind == KeptNumber::at && kept.sample != sample) continue;
    i64 const x = r.values[(u64(time) * r.columns + kept.column) * r.slots + slot];
    double const value = x <= not_reached ? double(quiet_nan()) : double(x);
    // Once NaN it stays so: no comparison with it holds.
    if (kept.kind == KeptNumber::at || sample == 0 || value != value)
      to = value;
    else if (kept.kind == KeptNumber::sum)
      to = to != to ? to : to + value;
    else if (kept.kind == KeptNumber::minimum ? value < to : value > to)
      to = value;
  }
}

/// One thread per slot and species. Of trajectories that did not get there: anything.
CRISTAE_CORE void copy_last_counts(Reduction const& r, u32 slot, u32 species) {
  if (slot >= r.slots) return;
  u64 const last = u64(slot) * r.samples + r.samples - 1;
  r.last_counts[u64(slot) * r.species + species] = r.counts[last * r.species + species];
}

}  // namespace cristae::core
