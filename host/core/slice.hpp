// host/core/slice.hpp - a slice of a run: every thread of a grid advances by some pairs of draws.
#pragma once

#include "host/core/events.hpp"
#include "host/core/generated_laws.hpp"
#include "host/core/thread.hpp"

namespace cristae::core {

/// How a trajectory ended, and where: what was left to stop `stop`.
struct End {
  u64 id;
  u64 hash;
  u64 events;
  u32 status;    ///< Status, or one of those below
  u32 reaction;  ///< the number of reactions where there is none to name
  u32 samples;
  u32 stop;
  float left_high, left_low;
};

/// Copy numbers beyond float32: to be run as a single trajectory on the host.
inline constexpr u32 leaves_float = 254;
/// The slot's trajectory has not ended: bytes of 0xff.
inline constexpr u32 not_ended = 0xffffffff;

/// Consecutive trajectories in consecutive slots.
struct Piece {
  u64 first;  ///< number
  u64 count;  ///< at most Slice::piece_slots
};

/// Shared by the grid. The host adds to `limit` and clears the last two before each slice.
struct Progress {
  u64 next;         ///< slots handed out, counted on over all rounds of the ring
  u64 limit;        ///< how many may be
  u64 done_events;  ///< of ended trajectories
  u64 live_events;  ///< of those that run on after this slice
  u64 live;         ///< how many these are
};

/// A run in device memory. Results are kept in a ring of `pieces` times `piece_slots` slots.
struct Slice {
  Program program;
  Block block;  ///< `chosen` holds the slot of each thread's trajectory
  PhiloxKeys keys;
  u64 seed;
  u64 max_events;
  u32 samples;
  u32 pairs;  ///< of draws for each thread
  u32 registers =
      0;         ///< of a trajectory, where tables are read: Program's stride is then a block's
  u32 own_rows;  ///< 1: slot i has row i of Schedule::values and of Program::initial for itself
  u64 first, per_set;  ///< trajectory `number` has id first + (number - first) % per_set
  u64 sisters;         ///< in a family, whose id is that of the first of them until they part
  u32 pieces, piece_slots;
  Piece const* piece;  ///< [pieces]
  u32* ended;          ///< [pieces]: trajectories of it that have
  Progress* progress;
  End* ends;      ///< [slots]
  float* counts;  ///< [slots][samples][species], at sample times
  float* last;    ///< [slots][species], at the end
};

/// Adds to what other threads add to; returns the value before.
template <class T>
CRISTAE_CORE T shared_add(T* to, T value) {
#if defined(__CUDA_ARCH__)
  return atomicAdd(to, value);
#else
  return __atomic_fetch_add(to, value, __ATOMIC_RELAXED);
#endif
}

/// Answers the slow path of one thread. Where no condition may end trajectories, nothing looks for it,
/// and where there are no events, nothing carries them out.
template <bool stops, bool has_events>
struct AnySliceHost {
  Slice const& slice;
  u32& slot;

  CRISTAE_CORE bool next(u32, Begin& begin) {
    for (;;) {
      u64 const n = shared_add(&slice.progress->next, u64(1));
      if (n >= slice.progress->limit) {
        shared_add(&slice.progress->next, ~u64(0));
        return false;
      }
      slot = u32(n % (u64(slice.pieces) * slice.piece_slots));
      Piece const piece = slice.piece[slot / slice.piece_slots];
      u32 const in_piece = slot % slice.piece_slots;
      if (in_piece >= piece.count) continue;  // the last one is not full
      u64 const id = slice.first + (piece.first + in_piece - slice.first) % slice.per_set;
      begin.sister = u32(id % slice.sisters);
      begin.id = id - begin.sister;
      begin.row = slice.own_rows != 0 ? slot : 0;
      begin.initial_row = slice.own_rows != 0 ? slot : begin.id % slice.program.initial_rows;
      return true;
    }
  }

  CRISTAE_CORE void sample(u32, u32 index, NarrowCounts const& counts) {
    u32 const species = slice.program.species;
    copy(slice.counts + (u64(slot) * slice.samples + index) * species, counts, species);
  }

  CRISTAE_CORE void finished(u32, TrajectoryState const& t, Status status, u32 reaction,
                             NarrowCounts const& counts) {
    u32 const species = slice.program.species;
    copy(slice.last + u64(slot) * species, counts, species);
    TrajectoryState at_stop = t;
    if constexpr (has_events) at_stop.left = left_to_stop(slice.program, t, counts);
    ended(at_stop, u32(status), reaction);
  }

  CRISTAE_CORE void widen(u32, TrajectoryState const& t, bool, NarrowCounts const&) {
    ended(t, leaves_float, slice.program.reactions);
  }

  CRISTAE_CORE Settled happen(Program const& program, TrajectoryState& t, NarrowCounts& counts,
                              Occasion occasion) requires has_events {
    return carry_out(program, t, counts, occasion);
  }

 private:
  static CRISTAE_CORE void copy(float* to, NarrowCounts const& counts, u32 species) {
    for (u32 s = 0; s < species; ++s) to[s] = counts.registers[u64(s) * counts.stride];
  }

  CRISTAE_CORE void ended(TrajectoryState const& t, u32 status, u32 reaction) {
    slice.ends[slot] = {t.id,     t.hash, t.events(),  status,    reaction,
                        t.sample, t.stop, t.left.high, t.left.low};
    shared_add(&slice.progress->done_events, t.events());
    shared_add(slice.ended + slot / slice.piece_slots, u32(1));
  }
};

template <bool stops, bool has_events>
inline constexpr bool may_stop<AnySliceHost<stops, has_events>> = stops;
using SliceHost = AnySliceHost<false, false>;
using StoppingSliceHost = AnySliceHost<true, false>;

/// What a kernel does in its thread, with the thread's Runner: ThreadRunner or TableThreadRunner.
/// `thread` is of `block`; `data` is what the threads of a Runner share.
template <class Runner, class Data>
CRISTAE_CORE void run_slice(Slice const& slice, Block const& block, u32 thread, Data const& data) {
  using Host = typename Runner::ItsHost;
  Host host{slice, block.chosen[thread]};
  ThreadSlowPath<Host> const slow{slice.program, block, host, slice.seed, slice.max_events, thread};
  Runner runner(slow, slice.keys, data);
  runner.run(slice.pairs);
  if (block.idle[thread] != 0) return;
  shared_add(&slice.progress->live, u64(1));
  shared_add(&slice.progress->live_events, load_state<ScalarLane, 1>(block, thread).events());
}

/// The part of a grid's memory that belongs to one of its blocks of `threads`, as a Block of its own:
/// operands of tables are multiplied by the stride, which is then known before the grid is.
CRISTAE_CORE Block part_of(Slice const& slice, u32 number, u32 threads) {
  Block b = slice.block;
  u64 const first = u64(number) * threads;
  b.stride = threads;
  b.registers += first * slice.registers;
  b.propensities += first * slice.program.reactions;
  b.tree += first * (tree_depth(slice.program.reactions) + 1);
  b.left_high += first;
  b.left_low += first;
  b.draw_low += first;
  b.draw_high += first;
  b.id_low += first;
  b.id_high += first;
  b.idle += first;
  b.words += 4 * first;
  b.total += first;
  b.waiting += first;
  b.chosen += first;
  b.hash += first;
  b.stop += first;
  b.sample += first;
  b.segment += first;
  b.redraws += first;
  b.row += first;
  b.sister += first;
  return b;
}

}  // namespace cristae::core
