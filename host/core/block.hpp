// host/core/block.hpp - the direct method over a block of lanes, all of them one event per half step.
// Gillespie 1977, J. Phys. Chem. 81:2340.
//
// Draws 2n and 2n+1 of a trajectory share a Philox block, so steps come in pairs and a lane takes
// part in the half that matches the parity of its next draw. Lanes whose event comes first before
// their next stop go on without a branch; the others are settled one by one, refilled included.
#pragma once

#include "host/core/choose.hpp"
#include "host/core/philox.hpp"
#include "host/core/table_laws.hpp"
#include "host/core/trajectory.hpp"

namespace cristae::core {

template <class L, int K>
CRISTAE_CORE TrajectoryState load_state(Block const& b, u32 lane) {
  TrajectoryState t;
  t.id = u64(b.id_high[lane]) << 32 | b.id_low[lane];
  t.draw = u64(b.draw_high[lane]) << 32 | b.draw_low[lane];
  t.hash = b.hash[lane];
  t.left = {b.left_high[lane], b.left_low[lane]};
  t.stop = b.stop[lane];
  t.sample = b.sample[lane];
  t.segment = b.segment[lane];
  t.redraws = b.redraws[lane];
  t.row = b.row[lane];
  t.sister = b.sister[lane];
  return t;
}

template <class L, int K>
CRISTAE_CORE void store_state(Block const& b, u32 lane, TrajectoryState const& t) {
  b.id_low[lane] = u32(t.id);
  b.id_high[lane] = u32(t.id >> 32);
  b.draw_low[lane] = u32(t.draw);
  b.draw_high[lane] = u32(t.draw >> 32);
  b.hash[lane] = t.hash;
  b.left_high[lane] = t.left.high;
  b.left_low[lane] = t.left.low;
  b.stop[lane] = t.stop;
  b.sample[lane] = t.sample;
  b.segment[lane] = t.segment;
  b.redraws[lane] = t.redraws;
  b.row[lane] = t.row;
  b.sister[lane] = t.sister;
}

/// The first reaction whose propensity is negative, infinite or not a number.
CRISTAE_CORE u32 first_bad(float const* propensities, u32 stride, u32 reactions) {
  for (u32 j = 0; j < reactions; ++j) {
    float const a = propensities[u64(j) * stride];
    if (!(a >= 0.0f && a < infinity())) return j;
  }
  return reactions;
}

/// What settle() tells its recorder, with the lane.
template <class Host>
struct LaneRecorder {
  Host& host;
  u32 lane;
  template <class Counts>
  CRISTAE_CORE void sample(TrajectoryState const& t, Counts const& counts) {
    host.sample(lane, t.sample, counts);
  }
  CRISTAE_CORE Settled happen(Program const& program, TrajectoryState& t, NarrowCounts& counts,
                              Occasion occasion) requires CarriesOut<Host, NarrowCounts> {
    return host.happen(program, t, counts, occasion);
  }
};

template <class Host>
inline constexpr bool may_stop<LaneRecorder<Host>> = may_stop<Host>;

/// Runs trajectories until the host has no more of them or asks to stop.
///
/// Host: bool next(lane, Begin&); void sample(lane, index, counts);
///       void finished(lane, TrajectoryState, Status, reaction, counts);
///       void widen(lane, TrajectoryState, started, counts): take the trajectory over in wide form;
///       bool resume(lane, TrajectoryState&, counts), where it has one: fill in a trajectory to go on
///       with, in the place of the one that next() gave;
///       bool pause(u32 live): polled between pairs of steps; true hands all lanes that are left to
///       widen() and returns. Reaction is the number of reactions where there is none.
/// Laws: what a half step asks of the network, see TableLaws.
template <class L, int K, class Host, class Laws = TableLaws<L, K>>
struct BlockRunner {
  using f32 = typename L::f32;
  using bits = typename L::u32;
  using mask = typename L::mask;
  static constexpr int w = L::width;
  static constexpr u32 lanes = u32(K) * u32(w);
  static_assert(lanes <= 64);

  Program const& program;
  Block const& b;
  Host& host;
  u64 seed;
  PhiloxKeys keys;
  u64 max_events;
  Laws laws;
  FilterBound bound;  ///< tests widen it to send every choice to the definition
  u32 live = 0;
  u32 countdown = 0;

  CRISTAE_CORE BlockRunner(Program const& p, Block const& block, Host& h, u64 seed_, u64 budget)
      : program(p), b(block), host(h), seed(seed_), keys(seed_), max_events(budget), laws{p, block},
        bound(Laws::bound(p.reactions)) {}

  CRISTAE_CORE NarrowCounts counts(u32 lane) const {
    return {b.registers + lane, b.stride, program.widen_above};
  }

  CRISTAE_CORE_CALL void run() {
    for (u32 lane = 0; lane < lanes; ++lane) {
      b.idle[lane] = 0;
      ++live;
      refill(lane);
    }
    check();
    while (live > 0) {
      if (host.pause(live)) {
        hand_over();
        return;
      }
      draw_pair();
      half_step(0);
      half_step(1);
    }
  }

 private:
  CRISTAE_CORE_CALL void refill(u32 lane) {
    TrajectoryState t;
    NarrowCounts c = counts(lane);
    LaneRecorder<Host> recorder{host, lane};
    Begin begin;
    while (host.next(lane, begin)) {
      if constexpr (requires { host.resume(lane, t, c); })
        if (host.resume(lane, t, c)) {
          go_on(lane, t);
          return;
        }
      Settled const begun = start(program, t, begin, c, recorder);
      if (begun == Settled::redraws) {
        store_state<L, K>(b, lane, t);
        return;
      }
      end_or_widen(lane, t, begun, false);
    }
    b.idle[lane] = 1;
    b.draw_low[lane] = 0;
    --live;
  }

  /// The other lanes may be in the middle of a pair of draws, with words of their own.
  CRISTAE_CORE_CALL void go_on(u32 lane, TrajectoryState const& t) {
    store_state<L, K>(b, lane, t);
    PhiloxBlock<ScalarLane> const block =
        event_block<ScalarLane>(keys, u32(t.draw), u32(t.draw >> 32), u32(t.id), u32(t.id >> 32));
    for (u32 word = 0; word < 4; ++word) b.words[word * lanes + lane] = block.word[word];
    u64 const rest = max_events - t.events();
    if (rest < countdown) countdown = u32(rest);
  }

  CRISTAE_CORE_CALL void end_or_widen(u32 lane, TrajectoryState& t, Settled settled, bool started) {
    NarrowCounts c = counts(lane);
    Status status = Status::completed;
    u32 reaction = program.reactions;
    switch (settled) {
      case Settled::widen: host.widen(lane, t, started, c); return;
      case Settled::begins_wide: host.widen(lane, t, false, c); return;
      case Settled::bad_event:
        status = Status::bad_event;
        reaction = event_words(program, c).fault();
        break;
      case Settled::absorbed: status = Status::absorbed; break;
      case Settled::stopped: status = Status::stopped; break;
      case Settled::overflow: status = Status::overflow; break;
      case Settled::bad_propensity:
        status = Status::bad_propensity;
        laws.store();
        reaction = first_bad(b.propensities + lane, b.stride, program.reactions);
        break;
      default: break;
    }
    fold_end(t, status);
    host.finished(lane, t, status, reaction, c);
  }

  CRISTAE_CORE_CALL void hand_over() {
    for (u32 lane = 0; lane < lanes; ++lane) {
      if (b.idle[lane]) continue;
      TrajectoryState t = load_state<L, K>(b, lane);
      NarrowCounts c = counts(lane);
      host.widen(lane, t, true, c);
      b.idle[lane] = 1;
    }
    live = 0;
  }

  /// Ends trajectories without budget, widens those near 2^24, and sets the next look.
  CRISTAE_CORE_CALL void check() {
    u64 next = check_interval;
    for (u32 lane = 0; lane < lanes; ++lane) {
      if (b.idle[lane]) continue;
      TrajectoryState t = load_state<L, K>(b, lane);
      NarrowCounts c = counts(lane);
      if (t.events() >= max_events) {
        fold_end(t, Status::budget);
        host.finished(lane, t, Status::budget, program.reactions, c);
        refill(lane);
      } else {
        bool large = false;
        for (u32 s = 0; s < program.species; ++s)
          large = large || b.registers[u64(s) * b.stride + lane] > program.widen_above;
        if (large) {
          host.widen(lane, t, true, c);
          refill(lane);
        }
      }
      if (b.idle[lane]) continue;
      u64 const events = load_state<L, K>(b, lane).events();
      if (max_events - events < next) next = max_events - events;
    }
    countdown = u32(next);
  }

  CRISTAE_CORE void draw_pair() {
    CRISTAE_UNROLL
    for (int i = 0; i < K; ++i) {
      u32 const at = u32(i * w);
      PhiloxBlock<L> const block =
          event_block<L>(keys, L::load_bits(b.draw_low + at), L::load_bits(b.draw_high + at),
                         L::load_bits(b.id_low + at), L::load_bits(b.id_high + at));
      for (u32 word = 0; word < 4; ++word)
        L::store_bits(b.words + word * lanes + at, block.word[word]);
    }
  }

  CRISTAE_CORE_CALL void half_step(u32 half) {
    f32 total[K];
    CRISTAE_UNROLL
    for (int i = 0; i < K; ++i) total[i] = L::splat(0.0f);
    typename Laws::Values values;
    laws.propensities(values, total);

    u64 fires_word = 0, slow_word = 0;
    CRISTAE_UNROLL
    for (int i = 0; i < K; ++i) {
      u32 const at = u32(i * w);
      f32 const exponential = unit_exponential<L>(L::load_bits(b.words + (2 * half) * lanes + at));
      f32 const waiting = L::div(exponential, total[i]);
      TimeLeft<L> const left{L::load(b.left_high + at), L::load(b.left_low + at)};
      bits const draw = L::load_bits(b.draw_low + at);
      mask const active =
          L::both(L::eq_bits(L::and_bits(draw, L::splat_bits(1u)), L::splat_bits(half)),
                  L::eq_bits(L::load_bits(b.idle + at), L::splat_bits(0u)));
      // 0 < waiting is false for an infinite total, waiting < left for NaN: both are settled.
      mask const before = L::both(L::lt(waiting, left.high), L::lt(L::splat(0.0f), waiting));
      mask const fires = L::both(active, before);
      TimeLeft<L> const after = subtract<L>(left, waiting);
      L::store(b.left_high + at, L::select(fires, after.high, left.high));
      L::store(b.left_low + at, L::select(fires, after.low, left.low));
      bits const next = L::count_if(fires, draw);
      L::store_bits(b.draw_low + at, next);
      mask const carries = L::both(fires, L::eq_bits(next, L::splat_bits(0u)));
      L::store_bits(b.draw_high + at, L::count_if(carries, L::load_bits(b.draw_high + at)));
      L::store(b.total + at, total[i]);
      L::store(b.waiting + at, waiting);
      fires_word |= u64(L::to_word(fires)) << at;
      slow_word |= u64(L::to_word(L::without(active, before))) << at;
    }

    while (slow_word != 0) {
      u32 const lane = lowest_bit(slow_word);
      slow_word &= slow_word - 1;
      if (settle_lane(lane)) fires_word |= u64(1) << lane;
    }

    choose_reactions(half, fires_word, total, values);
    laws.fire();
    if (--countdown == 0) check();
  }

  static CRISTAE_CORE u32 lowest_bit(u64 word) {
#if defined(__CUDA_ARCH__)
    return u32(__ffsll(i64(word)) - 1);
#else
    return u32(__builtin_ctzll(word));
#endif
  }

  /// True where the pending event of the lane fires after all.
  CRISTAE_CORE_CALL bool settle_lane(u32 lane) {
    TrajectoryState t = load_state<L, K>(b, lane);
    NarrowCounts c = counts(lane);
    LaneRecorder<Host> recorder{host, lane};
    Settled const settled = settle(program, t, c, b.total[lane], b.waiting[lane], recorder);
    if (settled == Settled::fires || settled == Settled::redraws) {
      store_state<L, K>(b, lane, t);
      return settled == Settled::fires;
    }
    end_or_widen(lane, t, settled, true);
    refill(lane);
    return false;
  }

  CRISTAE_CORE void choose_reactions(u32 half, u64 fires_word, f32 const (&total)[K],
                                     typename Laws::Values const& values) {
    Threshold<L> t[K];
    bits chosen[K];
    mask is_open[K];
    u32 const* const words = b.words + (2 * half + 1) * lanes;
    CRISTAE_UNROLL
    for (int i = 0; i < K; ++i) t[i] = threshold<L>(bound, L::load_bits(words + i * w), total[i]);
    laws.choose(values, t, chosen, is_open);
    u64 open_word = 0;
    CRISTAE_UNROLL
    for (int i = 0; i < K; ++i) {
      mask const fires = L::from_word(u32(fires_word >> (i * w)));
      L::store_bits(b.chosen + i * w,
                    L::select_bits(fires, chosen[i], L::splat_bits(program.reactions)));
      open_word |= u64(L::to_word(L::both(fires, is_open[i]))) << (i * w);
    }
    if (open_word != 0) laws.store();
    while (open_word != 0) {
      u32 const lane = lowest_bit(open_word);
      open_word &= open_word - 1;
      u64 const draw = (u64(b.draw_high[lane]) << 32 | b.draw_low[lane]) - 1;
      u64 const id = u64(b.id_high[lane]) << 32 | b.id_low[lane];
      b.chosen[lane] = choose(b.propensities + lane, b.stride, program.reactions, words[lane],
                              choice_low_word(seed, draw, id));
    }
  }
};

}  // namespace cristae::core
