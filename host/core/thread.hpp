// host/core/thread.hpp - the direct method for a GPU thread: one trajectory after another in registers.
// Gillespie 1977, J. Phys. Chem. 81:2340.
//
// Copy numbers, propensities and the tree of sums are local arrays that only constants index, so that
// they are registers once the network's code is inlined. Whatever is rare (stops, the choice by the
// definition, budgets, the next trajectory) sees the thread's state in memory, through functions that
// are not inlined: the fast path holds no double and no 64-bit arithmetic. Threads of a warp take the
// same way: draws come in pairs, as in block.hpp.
#pragma once

#include "host/core/block.hpp"

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#define CRISTAE_KEEP_ROLLED _Pragma("unroll 1")
#else
#define CRISTAE_KEEP_ROLLED
#endif

namespace cristae::core {

/// What the slow path answers where no reaction fires.
enum : u32 {
  goes_on = 0xfffffffe,  ///< with the next draw, maybe of another trajectory
  is_idle = 0xffffffff,  ///< there are no more trajectories
};

template <class Host>
struct ThreadSlowPath;
template <class Host>
CRISTAE_CORE_CALL u32 refill_thread(ThreadSlowPath<Host> const& slow) {
  return slow.refill();
}

/// The slow path of a thread. Block holds one element per thread of the grid; Host as BlockRunner's,
/// without pause().
template <class Host>
struct ThreadSlowPath {
  Program const& program;
  Block const& b;
  Host& host;
  u64 seed;
  u64 max_events;
  u32 thread;

  /// Starts the next trajectory.
  CRISTAE_CORE u32 refill() const {
    TrajectoryState t;
    NarrowCounts c = counts();
    LaneRecorder<Host> recorder{host, thread};
    Begin begin;
    while (host.next(thread, begin)) {
      Settled const begun = start(program, t, begin, c, recorder);
      if (begun == Settled::redraws) {
        keep(t);
        return goes_on;
      }
      end(t, begun, false);
    }
    b.idle[thread] = 1;
    return is_idle;
  }

  /// All that a half step does up to the state change, for any pending event: Block holds the state,
  /// the propensities, their total and the waiting time. The reaction that fires, goes_on or is_idle.
  CRISTAE_CORE u32 step(u32 choice_word) const {
    TrajectoryState t = load_state<ScalarLane, 1>(b, thread);
    NarrowCounts c = counts();
    if (t.events() >= max_events) {
      fold_end(t, Status::budget);
      host.finished(thread, t, Status::budget, program.reactions, c);
      return refill_thread(*this);
    }
    // Every time, because keep() lets the next check_interval events go unseen.
    if (is_large()) {
      host.widen(thread, t, true, c);
      return refill_thread(*this);
    }
    LaneRecorder<Host> recorder{host, thread};
    Settled const settled = settle(program, t, c, b.total[thread], b.waiting[thread], recorder);
    switch (settled) {
      case Settled::fires:
        keep(t);
        return choose(b.propensities + thread, b.stride, program.reactions, choice_word,
                      choice_low_word(seed, t.draw - 1, t.id));
      case Settled::redraws: keep(t); return goes_on;
      default: end(t, settled, true); return refill_thread(*this);
    }
  }

 private:
  CRISTAE_CORE NarrowCounts counts() const {
    return {b.registers + thread, b.stride, program.widen_above};
  }

  CRISTAE_CORE bool is_large() const {
    bool large = false;
    for (u32 s = 0; s < program.species; ++s)
      large = large || b.registers[u64(s) * b.stride + thread] > program.widen_above;
    return large;
  }

  /// Stores the state, and at which draw the slow path wants to see it again: for budget and size,
  /// and to carry into the draw's high word.
  CRISTAE_CORE void keep(TrajectoryState const& t) const {
    store_state<ScalarLane, 1>(b, thread, t);
    u64 steps = max_events - t.events();
    if (steps > check_interval) steps = check_interval;
    u32 const before_carry = ~u32(t.draw);
    b.words[thread] = u32(t.draw) + (steps < before_carry ? u32(steps) : before_carry);
  }

  CRISTAE_CORE void end(TrajectoryState& t, Settled settled, bool started) const {
    NarrowCounts c = counts();
    Status status = Status::completed;
    u32 reaction = program.reactions;
    switch (settled) {
      case Settled::widen: host.widen(thread, t, started, c); return;
      case Settled::begins_wide: host.widen(thread, t, false, c); return;
      case Settled::bad_event:
        status = Status::bad_event;
        if constexpr (CarriesOut<Host, NarrowCounts>) reaction = event_words(program, c).fault();
        break;
      case Settled::absorbed: status = Status::absorbed; break;
      case Settled::stopped: status = Status::stopped; break;
      case Settled::overflow: status = Status::overflow; break;
      case Settled::bad_propensity:
        status = Status::bad_propensity;
        reaction = first_bad(b.propensities + thread, b.stride, program.reactions);
        break;
      default: break;
    }
    fold_end(t, status);
    host.finished(thread, t, status, reaction, c);
  }
};

template <class Host>
CRISTAE_CORE_CALL u32 step_thread(ThreadSlowPath<Host> const& slow, u32 choice_word) {
  return slow.step(choice_word);
}

struct alignas(16) FourFloats {
  float of[4];
};

/// The state changes of all reactions as rows of shared memory, the last one for none: adding a row
/// costs a load for four species and an addition for each, where else each reaction costs a compare
/// and each change an addition. Which is less is known when the network is compiled.
template <class Network>
struct ChangeRows {
  static constexpr u32 loads = (Network::species + 3) / 4;
  /// Of a row, [16 bytes]: an odd number, so that rows of different reactions lie in different banks.
  static constexpr u32 stride = loads | 1u;
  static constexpr bool serve =
      (Network::reactions + 1) * stride * 16 <= 48u << 10 &&
      Network::species + 2 * loads + 4 < Network::reactions + Network::changes;
  FourFloats row[serve ? (Network::reactions + 1) * stride : 1];

  /// Thread i of n writes its share; a barrier has to follow.
  CRISTAE_CORE void fill(Program const& program, u32 i, u32 n) {
    if constexpr (serve) {
      for (u32 j = i; j <= Network::reactions; j += n) {
        FourFloats* const of_reaction = row + j * stride;
        for (u32 q = 0; q < loads; ++q) of_reaction[q] = {{0.0f, 0.0f, 0.0f, 0.0f}};
        for (u32 c = program.change_begin[j]; c < program.change_begin[j + 1]; ++c) {
          u32 const species = program.changes[c].reg;
          of_reaction[species / 4].of[species % 4] += program.changes[c].delta;
        }
      }
    }
  }

  /// Adds what the reaction changes; nothing for Network::reactions.
  CRISTAE_CORE void fire(float* x, u32 chosen) const {
    if constexpr (serve) {
      FourFloats const* const of_reaction = row + chosen * stride;
      CRISTAE_UNROLL_ALL
      for (u32 q = 0; q < loads; ++q) {
        FourFloats const delta = of_reaction[q];
        CRISTAE_UNROLL_ALL
        for (u32 i = 0; i < 4; ++i)
          if (4 * q + i < Network::species) x[4 * q + i] += delta.of[i];
      }
    } else {
      Network::template fire<ScalarLane>(x, 1, chosen);
    }
  }
};

/// What a generated network's threads share.
template <class Network>
struct NetworkData {
  float const* constants;
  ChangeRows<Network> const& changes;
};

/// Runs `thread` of the grid for at most `pairs` pairs of draws. Between two calls its state is in
/// Block: registers, left, draw, id, hash, stop, sample, segment, redraws, idle, and in `words` the
/// low word of the draw at which to take the slow path. Before the first call idle is 1.
template <class Network, class Host>
struct ThreadRunner {
  using L = ScalarLane;
  using ItsHost = Host;
  static constexpr u32 reactions = Network::reactions;
  /// Beyond this a pair of draws has one code for both: half as much for the instruction cache.
  static constexpr u32 most_unrolled = 40;

  ThreadSlowPath<Host> const& slow;
  PhiloxKeys const& keys;
  NetworkData<Network> const& data;

  float x[Network::inputs];
  float left_high, left_low;
  u32 draw_low, draw_high, id_low, id_high, look_at;
  u32 pairs, words[4];  ///< left to do, and of the pair at hand

  CRISTAE_CORE ThreadRunner(ThreadSlowPath<Host> const& slow_path, PhiloxKeys const& round_keys,
                            NetworkData<Network> const& network_data)
      : slow(slow_path), keys(round_keys), data(network_data) {}

  CRISTAE_CORE void run(u32 most_pairs) {
    pairs = most_pairs;
    if (slow.b.idle[slow.thread] != 0) {
      slow.b.idle[slow.thread] = 0;
      if (refill_thread(slow) == is_idle) return;
    }
    load();
    for (; pairs != 0; --pairs) {
      PhiloxBlock<L> const block = event_block<L>(keys, draw_low, draw_high, id_low, id_high);
      for (u32 i = 0; i < 4; ++i) words[i] = block.word[i];
      // A trajectory that began in the first half waits for its first pair.
      if constexpr (reactions <= most_unrolled) {
        if (!step(words[0], words[1])) return;
        if ((draw_low & 1u) != 0 && !step(words[2], words[3])) return;
      } else {
        CRISTAE_KEEP_ROLLED
        for (u32 half = 0; half < 2 && (half == 0 || (draw_low & 1u) != 0); ++half)
          if (!step(half == 0 ? words[0] : words[2], half == 0 ? words[1] : words[3])) return;
      }
    }
    store();
  }

 private:
  /// False where the thread is idle.
  CRISTAE_CORE bool step(u32 time_word, u32 choice_word) {
    float a[reactions], n[Network::nodes];
    Network::template propensities<L>(x, 1, data.constants, a);
    float const total = Network::template total<L>(a, n);
    float const waiting = unit_exponential<L>(time_word) / total;
    TimeLeft<L> const after = subtract<L>({left_high, left_low}, waiting);
    Threshold<L> const t = threshold<L>(descent_bound(reactions), choice_word, total);
    float nearest = infinity();
    u32 chosen = Network::template choose<L>(a, n, t.value, nearest);
    // 0 < waiting is false for an infinite total, waiting < left for NaN.
    if (waiting < left_high && 0.0f < waiting && t.bound < nearest && draw_low != look_at) {
      left_high = after.high;
      left_low = after.low;
      ++draw_low;
    } else {
      Block const& b = slow.b;
      CRISTAE_UNROLL_ALL
      for (u32 j = 0; j < reactions; ++j) b.propensities[u64(j) * b.stride + slow.thread] = a[j];
      store();
      b.total[slow.thread] = total;
      b.waiting[slow.thread] = waiting;
      // What the compiler would keep across the call it would spill in the fast path, too.
      b.words[slow.b.stride + slow.thread] = words[2];
      b.words[2 * slow.b.stride + slow.thread] = words[3];
      b.words[3 * slow.b.stride + slow.thread] = pairs;
      chosen = step_thread(slow, choice_word);
      if (chosen == is_idle) return false;
      if (chosen == goes_on) chosen = reactions;
      load();
      words[2] = b.words[slow.b.stride + slow.thread];
      words[3] = b.words[2 * slow.b.stride + slow.thread];
      pairs = b.words[3 * slow.b.stride + slow.thread];
    }
    data.changes.fire(x, chosen);
    return true;
  }

  CRISTAE_CORE void store() {
    Block const& b = slow.b;
    CRISTAE_UNROLL_ALL
    for (u32 s = 0; s < Network::inputs; ++s) b.registers[u64(s) * b.stride + slow.thread] = x[s];
    b.left_high[slow.thread] = left_high;
    b.left_low[slow.thread] = left_low;
    b.draw_low[slow.thread] = draw_low;
  }

  CRISTAE_CORE void load() {
    Block const& b = slow.b;
    CRISTAE_UNROLL_ALL
    for (u32 s = 0; s < Network::inputs; ++s) x[s] = b.registers[u64(s) * b.stride + slow.thread];
    left_high = b.left_high[slow.thread];
    left_low = b.left_low[slow.thread];
    draw_low = b.draw_low[slow.thread];
    draw_high = b.draw_high[slow.thread];
    id_low = b.id_low[slow.thread];
    id_high = b.id_high[slow.thread];
    look_at = b.words[slow.thread];
  }
};

struct NoData {};

/// As ThreadRunner, interpreting the tables: everything stays in memory, all events take the slow path
/// but for the choice where its filter decides.
template <class Host>
struct TableThreadRunner {
  using L = ScalarLane;
  using ItsHost = Host;

  ThreadSlowPath<Host> const& slow;
  PhiloxKeys const& keys;

  CRISTAE_CORE TableThreadRunner(ThreadSlowPath<Host> const& slow_path,
                                 PhiloxKeys const& round_keys, NoData const&)
      : slow(slow_path), keys(round_keys) {}

  CRISTAE_CORE void run(u32 pairs) {
    Block const& b = slow.b;
    u32 const thread = slow.thread;
    if (b.idle[thread] != 0) {
      b.idle[thread] = 0;
      if (refill_thread(slow) == is_idle) return;
    }
    for (; pairs != 0; --pairs) {
      PhiloxBlock<L> const words = event_block<L>(keys, b.draw_low[thread], b.draw_high[thread],
                                                  b.id_low[thread], b.id_high[thread]);
      if (!step(words.word[0], words.word[1])) return;
      if ((b.draw_low[thread] & 1u) != 0 && !step(words.word[2], words.word[3])) return;
    }
  }

 private:
  CRISTAE_CORE_CALL bool step(u32 time_word, u32 choice_word) {
    Block of_thread = slow.b;
    of_thread.registers += slow.thread;
    of_thread.propensities += slow.thread;
    of_thread.tree += slow.thread;
    TableLaws<L, 1> laws{slow.program, of_thread};
    typename TableLaws<L, 1>::Values values;
    float total[1];
    laws.propensities(values, total);
    u32 const thread = slow.thread;
    float const waiting = unit_exponential<L>(time_word) / total[0];
    Threshold<L> const t[1] = {
        threshold<L>(TableLaws<L, 1>::bound(slow.program.reactions), choice_word, total[0])};
    u32 chosen[1];
    bool open[1];
    laws.choose(values, t, chosen, open);
    TimeLeft<L> const left{slow.b.left_high[thread], slow.b.left_low[thread]};
    if (waiting < left.high && 0.0f < waiting && !open[0] &&
        slow.b.draw_low[thread] != slow.b.words[thread]) {
      TimeLeft<L> const after = subtract<L>(left, waiting);
      slow.b.left_high[thread] = after.high;
      slow.b.left_low[thread] = after.low;
      ++slow.b.draw_low[thread];
    } else {
      slow.b.total[thread] = total[0];
      slow.b.waiting[thread] = waiting;
      chosen[0] = step_thread(slow, choice_word);
      if (chosen[0] == is_idle) return false;
      if (chosen[0] == goes_on) return true;
    }
    Program const& p = slow.program;
    for (u32 c = p.change_begin[chosen[0]]; c < p.change_begin[chosen[0] + 1]; ++c)
      of_thread.registers[p.changes[c].reg] += p.changes[c].delta;
    return true;
  }
};

}  // namespace cristae::core
