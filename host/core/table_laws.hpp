// host/core/table_laws.hpp - what a half step asks of a network, answered by its tables.
#pragma once

#include "host/core/block_memory.hpp"
#include "host/core/choose.hpp"
#include "host/core/program.hpp"

namespace cristae::core {

/// Propensities, choice and state changes of K vectors of lanes, interpreted. Generated networks
/// stand in its place (host/core/generated_laws.hpp) and must return the same bits.
template <class L, int K>
struct TableLaws {
  using f32 = typename L::f32;
  using bits = typename L::u32;
  using mask = typename L::mask;
  static constexpr int w = L::width;

  /// What goes from propensities() to choose(): here, nothing beyond Block::propensities.
  struct Values {};

  Program const& program;
  Block const& b;

  /// All propensities, and their total by the fixed tree.
  CRISTAE_CORE void propensities(Values&, f32 (&total)[K]) {
    u32 const reactions = program.reactions;
    u32 ops_done = 0;
    for (u32 j = 0; j < reactions; ++j) {
      u32 const ops_end = program.terms[j].ops_end;
      if (ops_end != ops_done) {
        run_ops<L, K>(program.ops + ops_done, ops_end - ops_done, b.registers);
        ops_done = ops_end;
      }
      f32 a[K];
      term_values<L, K>(program.terms[j], program.guards, b.registers, a);
      float* const to = b.propensities + u64(j) * b.stride;
      CRISTAE_UNROLL
      for (int i = 0; i < K; ++i) L::store(to + i * w, a[i]);
      float* node = b.tree;
      for (u32 r = j; r & 1u; r >>= 1, node += b.stride) {
        CRISTAE_UNROLL
        for (int i = 0; i < K; ++i) a[i] = L::add(L::load(node + i * w), a[i]);
      }
      CRISTAE_UNROLL
      for (int i = 0; i < K; ++i) L::store(node + i * w, a[i]);
    }
    bool first = true;
    float const* node = b.tree;
    for (u32 r = reactions; r != 0; r >>= 1, node += b.stride) {
      if ((r & 1u) == 0) continue;
      CRISTAE_UNROLL
      for (int i = 0; i < K; ++i) {
        total[i] = first ? L::load(node + i * w) : L::add(L::load(node + i * w), total[i]);
      }
      first = false;
    }
  }

  static CRISTAE_CORE FilterBound bound(u32 reactions) { return filter_bound(reactions); }

  /// The reaction of each lane, by prefix sums, and whether that is open: within the bound of a
  /// boundary.
  CRISTAE_CORE void choose(Values const&, Threshold<L> const (&t)[K], bits (&chosen)[K],
                           mask (&open)[K]) {
    f32 prefix[K], low[K], high[K];
    bits above[K];
    CRISTAE_UNROLL
    for (int i = 0; i < K; ++i) {
      prefix[i] = L::splat(0.0f);
      low[i] = t[i].below();
      high[i] = t[i].above();
      chosen[i] = above[i] = L::splat_bits(0u);
    }
    float const* a = b.propensities;
    for (u32 j = 0; j < program.reactions; ++j, a += b.stride) {
      CRISTAE_UNROLL
      for (int i = 0; i < K; ++i) {
        prefix[i] = L::add(prefix[i], L::load(a + i * w));
        chosen[i] = L::count_if(L::le(prefix[i], low[i]), chosen[i]);
        above[i] = L::count_if(L::le(prefix[i], high[i]), above[i]);
      }
    }
    CRISTAE_UNROLL
    for (int i = 0; i < K; ++i)
      open[i] = L::without(L::from_word(~0u), L::eq_bits(chosen[i], above[i]));
  }

  /// Makes Block::propensities hold the propensities of all lanes as they are before fire().
  CRISTAE_CORE void store() {}

  /// Applies the state change of Block::chosen in each lane.
  CRISTAE_CORE void fire() {
    constexpr u32 lanes = u32(K) * u32(w);
    for (u32 lane = 0; lane < lanes; ++lane) {
      u32 const j = b.chosen[lane];
      float* const registers = b.registers + lane;
      u32 const end = program.change_begin[j + 1];
      for (u32 c = program.change_begin[j]; c < end; ++c)
        registers[program.changes[c].reg] += program.changes[c].delta;
    }
  }
};

}  // namespace cristae::core
