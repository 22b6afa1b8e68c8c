// benchmarks/event_parts.hpp - the parts of an event, each in a loop of its own, with the core's templates.
//
// Compiled at run time with a network's generated text, by where_time_goes.cpp. A round is one half
// step of a block: an event in every lane.
#pragma once

#include "host/cpu/kernel_body.hpp"

namespace cristae::benchmark {

using core::u32;
using core::u64;

/// What the machine can do at most: `issue` are independent additions and products of whole vectors.
enum class Part : int { random, waiting, propensities, selection, update, whole, issue };

struct EventParts {
  u32 lanes, width;
  void (*run)(Part, core::Program const&, core::Block const&, u64 seed, u64 rounds);
};

/// Makes the compiler store what it has computed, and load it again.
inline __attribute__((always_inline)) void memory_fence() { asm volatile("" ::: "memory"); }

/// Hands out trajectories without end, and ends the run after so many pairs of half steps.
struct EndlessHost {
  u64 pairs;
  u64 id = 0;
  static constexpr bool sees_events = false;
  bool next(u32, core::Begin& begin) {
    begin = {id++, 0, 0};
    return true;
  }
  template <class Counts>
  core::Settled happen(core::Program const&, core::TrajectoryState&, Counts&, core::Occasion) {
    return {};
  }
  void sample(u32, u32, core::NarrowCounts const&) {}
  void finished(u32, core::TrajectoryState const&, core::Status, u32, core::NarrowCounts const&) {}
  void widen(u32, core::TrajectoryState const&, bool, core::NarrowCounts const&) {}
  bool pause(u32) { return pairs-- == 0; }
};

template <class L, int K, class Laws>
struct PartsOf {
  using f32 = typename L::f32;
  using bits = typename L::u32;
  static constexpr u32 w = u32(L::width), lanes = u32(K) * w;

  static __attribute__((noinline)) void random(core::Block const& b, u64 seed, u64 rounds) {
    for (u64 n = 0; n < rounds; n += 2) {
      for (int i = 0; i < K; ++i) {
        u32 const at = u32(i) * w;
        auto const block = core::event_block<L>(
            core::PhiloxKeys(seed), L::load_bits(b.draw_low + at), L::load_bits(b.draw_high + at),
            L::load_bits(b.id_low + at), L::load_bits(b.id_high + at));
        for (u32 word = 0; word < 4; ++word)
          L::store_bits(b.words + word * lanes + at, block.word[word]);
      }
      memory_fence();
    }
  }

  static __attribute__((noinline)) void waiting(core::Block const& b, u64 rounds) {
    for (u64 n = 0; n < rounds; ++n) {
      CRISTAE_UNROLL
      for (int i = 0; i < K; ++i) {
        u32 const at = u32(i) * w;
        f32 const time =
            L::div(core::unit_exponential<L>(L::load_bits(b.words + at)), L::load(b.total + at));
        core::TimeLeft<L> const left{L::load(b.left_high + at), L::load(b.left_low + at)};
        auto const fires = L::both(L::lt(time, left.high), L::lt(L::splat(0.0f), time));
        auto const after = core::subtract<L>(left, time);
        L::store(b.left_high + at, L::select(fires, after.high, left.high));
        L::store(b.left_low + at, L::select(fires, after.low, left.low));
        L::store_bits(b.draw_low + at, L::count_if(fires, L::load_bits(b.draw_low + at)));
        L::store(b.waiting + at, time);
      }
      memory_fence();
    }
  }

  static __attribute__((noinline)) void propensities(core::Program const& p, core::Block const& b,
                                                     u64 rounds) {
    Laws laws{p, b};
    for (u64 n = 0; n < rounds; ++n) {
      typename Laws::Values values;
      f32 total[K];
      laws.propensities(values, total);
      for (int i = 0; i < K; ++i) L::store(b.total + i * w, total[i]);
      memory_fence();
    }
    laws.store();
  }

  /// Its propensities come from memory, and their sums are taken once more; in the whole both may still
  /// be in registers.
  static __attribute__((noinline)) void selection(core::Program const& p, core::Block const& b,
                                                  u64 rounds) {
    Laws laws{p, b};
    auto const bound = Laws::bound(p.reactions);
    for (u64 n = 0; n < rounds; ++n) {
      typename Laws::Values values;
      core::Threshold<L> t[K];
      bits chosen[K];
      typename L::mask is_open[K];
      CRISTAE_UNROLL
      for (int i = 0; i < K; ++i) {
#pragma GCC unroll 512
        for (u32 j = 0; j < Laws::reactions; ++j)
          values.a[i][j] = L::load(b.propensities + u64(j) * b.stride + i * w);
        t[i] = core::threshold<L>(bound, L::load_bits(b.words + lanes + i * w),
                                  Laws::Code::template total<L>(values.a[i], values.n[i]));
      }
      laws.choose(values, t, chosen, is_open);
      u32 open = 0;
      CRISTAE_UNROLL
      for (int i = 0; i < K; ++i) {
        L::store_bits(b.chosen + i * w, chosen[i]);
        open |= L::to_word(is_open[i]);
      }
      asm volatile("" ::"r"(open));
      memory_fence();
    }
  }

  static __attribute__((noinline)) void update(core::Program const& p, core::Block const& b,
                                               u64 rounds) {
    Laws laws{p, b};
    for (u64 n = 0; n < rounds; ++n) {
      laws.fire();
      memory_fence();
    }
  }

  static __attribute__((noinline)) void whole(core::Program const& p, core::Block const& b,
                                              u64 seed, u64 rounds) {
    EndlessHost host{rounds / 2};
    core::BlockRunner<L, K, EndlessHost, Laws> runner(p, b, host, seed, ~u64(0) >> 8);
    runner.run();
  }

  /// 16 independent chains of four operations a round.
  static __attribute__((noinline)) void issue(core::Block const& b, u64 rounds) {
    f32 x[16];
#pragma GCC unroll 16
    for (auto& v : x) v = L::load(b.total);
    f32 const k = L::splat(1.0f);
    for (u64 n = 0; n < rounds; ++n) {
#pragma GCC unroll 4
      for (int step = 0; step < 4; ++step) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {
          x[i] = (i + step) % 2 ? L::add(x[i], k) : L::mul(x[i], k);
          asm("" : "+v"(x[i]));
        }
      }
    }
    for (auto& v : x) L::store(b.total, v);
  }

  static void run(Part part, core::Program const& p, core::Block const& b, u64 seed, u64 rounds) {
    switch (part) {
      case Part::random: return random(b, seed, rounds);
      case Part::waiting: return waiting(b, rounds);
      case Part::propensities: return propensities(p, b, rounds);
      case Part::selection: return selection(p, b, rounds);
      case Part::update: return update(p, b, rounds);
      case Part::whole: return whole(p, b, seed, rounds);
      case Part::issue: return issue(b, rounds);
    }
  }
};

}  // namespace cristae::benchmark
