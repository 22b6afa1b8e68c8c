// host/core/choose.hpp - which reaction fires: the definition, and the bound of its float32 filter.
//
// Definition. P(j) = a_0 + ... + a_j, summed in file order in double; u = the top 53 of 64 random
// bits over 2^53; reaction j fires if P(j-1) <= u P(M-1) < P(j). A propensity of 0 has an empty
// interval, and u P(M-1) rounds below P(M-1), so a reaction that cannot fire never does.
//
// Filter. With e = 2^-24: a float32 sum c_j of up to M non-negative terms, in any order, has
// |c_j - P(j)| <= (M-1) e P(j); the total a by the tree has |a - P| <= depth e P; the threshold
// t = fl(fl(high word 2^-32) a) has |t - u P| <= (2 + depth) e u P + 2^-32 P. Hence, with
// B = t (M + depth + 8) 1.01 e + a 2^-31 + 2^-120, every j with c_j <= fl(t - B) has P(j) <= u P and
// every j with c_j > fl(t + B) has P(j) > u P: if no c_j lies between, the count is the definition's
// answer. The last term makes sums near the subnormal range (absolute errors) ambiguous.
//
// Descent. The sums of the total's tree decide in log2 M compares: r = t, and at each node r < s goes
// left, else right with r - s, s the sum of the left child. Every s has an error of at most depth e s,
// every subtraction e r, so that the compare of u P with the node's boundary P(b) is off by at most
// (2 + 2 depth) e t + depth e P(b) + 2^-32 P. Where P(b) <= 2 t that is below B with 4 depth + 10 in
// place of M + depth + 8. Where P(b) > 2 t, a wrong answer needs 2^-32 P above about P(b) / 2, hence
// t < a 2^-31 < B, and r <= t. So if no |r - s| on the way is at most B, each compare is that of the
// definition, and so is the leaf.
#pragma once

#include "host/core/lane.hpp"

namespace cristae::core {

struct FilterBound {
  float relative;  ///< of B to t
};

/// depth of the tree over `reactions` leaves
CRISTAE_CORE u32 tree_depth(u32 reactions) {
  u32 depth = 0;
  while ((u64(1) << depth) < reactions) ++depth;
  return depth;
}

CRISTAE_CORE u32 tree_leaves(u32 reactions) { return u32(1) << tree_depth(reactions); }

CRISTAE_CORE FilterBound filter_bound(u32 reactions) {
  return {float(reactions + tree_depth(reactions) + 8) * (1.01f * 0x1p-24f)};
}

/// Of decisions by the sums of the tree.
CRISTAE_CORE FilterBound descent_bound(u32 reactions) {
  return {float(4 * tree_depth(reactions) + 10) * (1.01f * 0x1p-24f)};
}

template <class L>
struct Threshold {
  typename L::f32 value;  ///< t
  typename L::f32 bound;  ///< B

  CRISTAE_CORE typename L::f32 below() const { return L::sub(value, bound); }
  CRISTAE_CORE typename L::f32 above() const { return L::add(value, bound); }
};

/// u from its high word alone.
template <class L>
CRISTAE_CORE typename L::f32 high_part(typename L::u32 high_word) {
  return L::mul(L::to_float(high_word), L::splat(0x1p-32f));
}

template <class L>
CRISTAE_CORE Threshold<L> threshold(FilterBound bound, typename L::u32 high_word,
                                    typename L::f32 total) {
  typename L::f32 const t = L::mul(high_part<L>(high_word), total);
  return {t, L::fma(t, L::splat(bound.relative),
                    L::fma(total, L::splat(0x1p-31f), L::splat(0x1p-120f)))};
}

/// t - B and t + B.
template <class L>
struct Thresholds {
  typename L::f32 below;
  typename L::f32 above;
};

/// Those of a total of 1, without the last term of B: known before the total is, so that one
/// operation is left to do behind it. As many roundings as with threshold().
template <class L>
CRISTAE_CORE Thresholds<L> unit_thresholds(FilterBound bound, typename L::u32 high_word) {
  typename L::f32 const t = high_part<L>(high_word);
  typename L::f32 const b = L::fma(t, L::splat(bound.relative), L::splat(0x1p-31f));
  return {L::sub(t, b), L::add(t, b)};
}

template <class L>
CRISTAE_CORE Thresholds<L> scaled(Thresholds<L> unit, typename L::f32 total) {
  return {L::fma(unit.below, total, L::splat(-0x1p-120f)),
          L::fma(unit.above, total, L::splat(0x1p-120f))};
}

/// The definition, for one trajectory. `propensities` are `stride` floats apart; their sum is > 0.
CRISTAE_CORE u32 choose(float const* propensities, u32 stride, u32 reactions, u32 high_word,
                        u32 low_word) {
  double total = 0;
  for (u32 j = 0; j < reactions; ++j) total += double(propensities[u64(j) * stride]);
  double const u = double(high_word) * 0x1p-32 + double(low_word & 0xfffff800u) * 0x1p-64;
  double const threshold = u * total;
  double prefix = 0;
  for (u32 j = 0; j + 1 < reactions; ++j) {
    prefix += double(propensities[u64(j) * stride]);
    if (threshold < prefix) return j;
  }
  return reactions - 1;
}

}  // namespace cristae::core
