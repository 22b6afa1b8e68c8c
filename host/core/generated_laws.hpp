// host/core/generated_laws.hpp - what a half step asks of a network, answered by its generated code.
//
// A generated network is a struct of templates over the lane type, straight-line text without a
// branch (host/codegen): the propensities of one vector of lanes from its registers and the run's
// constants, their total, and the state changes. It returns the bits of TableLaws.
#pragma once

#include "host/core/block_memory.hpp"
#include "host/core/choose.hpp"
#include "host/core/one_lane.hpp"
#include "host/core/program.hpp"

namespace cristae::core {

/// a^b lane by lane, where the exponent differs between trajectories.
template <class L>
CRISTAE_CORE typename L::f32 power_lanes(typename L::f32 a, typename L::f32 b) {
  float x[L::width], y[L::width];
  L::store(x, a);
  L::store(y, b);
  for (int i = 0; i < L::width; ++i) x[i] = power(x[i], y[i]);
  return L::load(x);
}

/// 1 where the mask is set, else 0.
template <class L>
CRISTAE_CORE typename L::f32 truth(typename L::mask m) {
  return L::select(m, L::splat(1.0f), L::splat(0.0f));
}

/// 0 where fewer than `needed` copies are there.
template <class L>
CRISTAE_CORE typename L::f32 guarded(typename L::f32 a, typename L::f32 copies, float needed) {
  return L::select(L::lt(copies, L::splat(needed)), L::splat(0.0f), a);
}

/// Not a number where negative.
template <class L>
CRISTAE_CORE typename L::f32 checked(typename L::f32 a) {
  return L::select(L::le(L::splat(0.0f), a), a, L::splat(quiet_nan()));
}

/// x + delta where the lane chose reaction j.
template <class L>
CRISTAE_CORE typename L::f32 changed(typename L::u32 chosen, u32 j, typename L::f32 x,
                                     float delta) {
  return L::select(L::eq_bits(chosen, L::splat_bits(j)), L::add(x, L::splat(delta)), x);
}

/// Network: of `inputs` registers, the copy numbers and then the constants that a schedule changes,
/// with a tree of sums of `nodes` - 1 inner nodes.
template <class Network, class L, int K>
struct GeneratedLaws {
  using f32 = typename L::f32;
  using bits = typename L::u32;
  using mask = typename L::mask;
  using Code = Network;
  static constexpr int w = L::width;
  static constexpr u32 reactions = Network::reactions;

  struct Values {
    f32 a[K][reactions];
    f32 n[K][Network::nodes];  ///< of the tree of sums; 1 is the root, n's children are 2n, 2n + 1
  };

  Program const& program;
  Block const& b;

  CRISTAE_CORE void propensities(Values& values, f32 (&total)[K]) {
    CRISTAE_UNROLL
    for (int i = 0; i < K; ++i) {
      Network::template propensities<L>(b.registers + i * w, b.stride, program.constants,
                                        values.a[i]);
      total[i] = Network::template total<L>(values.a[i], values.n[i]);
    }
  }

  static CRISTAE_CORE FilterBound bound(u32) { return descent_bound(reactions); }

  /// As TableLaws::choose, by descent.
  CRISTAE_CORE void choose(Values const& values, Threshold<L> const (&t)[K], bits (&chosen)[K],
                           mask (&open)[K]) {
    CRISTAE_UNROLL
    for (int i = 0; i < K; ++i) {
      f32 nearest = L::splat(infinity());
      chosen[i] = Network::template choose<L>(values.a[i], values.n[i], t[i].value, nearest);
      open[i] = L::le(nearest, t[i].bound);
    }
  }

  CRISTAE_CORE_CALL void store() {
    for (int i = 0; i < K; ++i) {
      f32 a[reactions];
      Network::template propensities<L>(b.registers + i * w, b.stride, program.constants, a);
      for (u32 j = 0; j < reactions; ++j)
        L::store(b.propensities + u64(j) * b.stride + i * w, a[j]);
    }
  }

  CRISTAE_CORE void fire() {
    // Per lane a handful of additions in memory; per vector one for every change of every reaction.
    if constexpr (Network::changes <= 16 * L::width) {
      CRISTAE_UNROLL
      for (int i = 0; i < K; ++i)
        Network::template fire<L>(b.registers + i * w, b.stride, L::load_bits(b.chosen + i * w));
    } else {
      constexpr u32 lanes = u32(K) * u32(w);
      for (u32 lane = 0; lane < lanes; ++lane) {
        u32 const j = b.chosen[lane];
        float* const registers = b.registers + lane;
        u32 const end = program.change_begin[j + 1];
        for (u32 c = program.change_begin[j]; c < end; ++c)
          registers[program.changes[c].reg] += program.changes[c].delta;
      }
    }
  }
};

/// What a generated network says of an event.
enum class Fired : u8 { done, needs_all, overflow };

/// One copy number, as the state and as what laws read. False where it leaves [0, 2^53].
CRISTAE_CORE bool change(i64* counts, float* registers, u32 species, i64 delta) {
  i64 const before = counts[species], count = before + delta;
  if (u64(count) > u64(largest_count)) return false;
  counts[species] = count;
  // Below 2^24 the sum is exact, and sooner there than a converted integer.
  if ((before | count) < i64(1) << 24)
    registers[species] += float(delta);
  else
    registers[species] = float(count);
  return true;
}

/// As TableOneLaws: `fire` holds straight-line code for each reaction, its state change, the laws
/// that read what it changes and the sums above them.
template <class Network>
struct GeneratedOneLaws {
  Program const& program;
  OneLane const& memory;

  CRISTAE_CORE_CALL void all() {
    Network::all(memory.registers, program.constants, memory.propensities());
    sum_all(memory);
  }
  CRISTAE_CORE bool fire(u32 reaction) {
    Fired const fired =
        Network::fire(reaction, memory.counts, memory.registers, program.constants, memory.sums);
    if (fired == Fired::needs_all) all();
    return fired != Fired::overflow;
  }
};

}  // namespace cristae::core
