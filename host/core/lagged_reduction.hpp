// host/core/lagged_reduction.hpp - sums over products of columns at two times, of many trajectories.
//
// What host/stats/lagged.hpp gathers, in passes over slots whose values (host/core/reduction.hpp) are
// there at all times of its grid.
#pragma once

#include "host/core/reduction.hpp"

namespace cristae::core {

/// The arguments of both passes. The sums of a pair: of x at each time, of y at each time, of x^2 and
/// of y^2 over all times, of x y at each lag, and the trajectories counted.
struct LaggedReduction {
  Reduction r;  ///< its `times` are those of the grid, from the first on
  u32 lags, groups;
  u64 first, alike;    ///< slot s is of group (first + s) / alike modulo groups
  u32 const* columns;  ///< [pair]{leading, following}
  u32* group;          ///< [pair][slot]; `groups` where some value is missing
  ProductSums* sums;   ///< [pair][sum][group]; begins as 0
};

CRISTAE_CORE u32 lagged_sums(u32 times, u32 lags) { return 2 * times + 2 + lags + 1; }

/// At time k; of no column, 1.
inline constexpr u32 no_column = ~u32(0);
CRISTAE_CORE i64 value_at(Reduction const& r, u32 k, u32 column, u64 slot) {
  return column == no_column ? 1 : r.values[(u64(k) * r.columns + column) * r.slots + slot];
}

/// One thread per slot and pair.
CRISTAE_CORE void find_group(LaggedReduction const& l, u32 slot, u32 pair) {
  if (slot >= l.r.slots) return;
  u32 const x = l.columns[2 * pair], y = l.columns[2 * pair + 1];
  bool is_whole = true;
  for (u32 k = 0; k < l.r.times; ++k)
    is_whole = is_whole && value_at(l.r, k, x, slot) > not_reached &&
               value_at(l.r, k, y, slot) > not_reached;
  l.group[u64(pair) * l.r.slots + slot] =
      is_whole ? u32((l.first + slot) / l.alike % l.groups) : l.groups;
}

/// Any number of threads per sum, `index` of all pairs': each takes the slots from `thread` on,
/// `threads` apart.
CRISTAE_CORE void reduce_lagged(LaggedReduction const& l, u32 index, u32 thread, u32 threads) {
  u32 const times = l.r.times, count = lagged_sums(times, l.lags);
  u32 const pair = index / count, sum = index % count;
  // The sum over `begin` <= k < `end` of a at k with b at k + lag.
  u32 a = l.columns[2 * pair], b = l.columns[2 * pair + 1], begin = 0, end = times, lag = 0;
  if (sum < 2 * times) {
    a = sum < times ? a : b;
    b = no_column;
    begin = sum % times;
    end = begin + 1;
  } else if (sum < 2 * times + 2) {
    a = sum == 2 * times ? a : b;
    b = a;
  } else if (sum + 1 < count) {
    lag = sum - 2 * times - 2;
    end = times - lag;
  } else {
    a = b = no_column;
    end = 1;
  }
  u32 const* const group = l.group + u64(pair) * l.r.slots;
  ProductSums* const sums = l.sums + u64(index) * l.groups;
  ProductSums own{};
  u32 last = l.groups;
  auto const hand_in = [&] {
    for (u32 d = 0; d < 4; ++d)
      if (last != l.groups && own.sum[d] != 0) shared_add(&sums[last].sum[d], own.sum[d]);
    own = {};
  };
  for (u64 slot = thread; slot < l.r.slots; slot += threads) {
    if (group[slot] == l.groups) continue;
    if (group[slot] != last) hand_in();
    last = group[slot];
    for (u32 k = begin; k < end; ++k) {
      i64 const x = value_at(l.r, k, a, slot), y = value_at(l.r, k + lag, b, slot);
      add_product(own.sum, magnitude_of(x), magnitude_of(y), (x < 0) != (y < 0));
    }
  }
  hand_in();
}

}  // namespace cristae::core
