// host/core/one_lane.hpp - the direct method for one trajectory, driven by dependencies, counts to 2^53.
// Gibson and Bruck 2000, J. Phys. Chem. A 104:1876 (dependency graph); sums in a binary tree.
//
// An event re-evaluates only the laws that read a changed species and the O(log M) sums above them.
// The tree is the one of block.hpp (zeros beyond the last reaction), the choice descends in it under
// the bound of choose.hpp, so every value and every decision has the block's bits.
#pragma once

#include "host/core/choose.hpp"
#include "host/core/philox.hpp"
#include "host/core/trajectory.hpp"

namespace cristae::core {

/// Which laws an event of reaction j touches.
struct Dependencies {
  u32 const* op_begin;    ///< [reactions + 1]
  u32 const* ops;         ///< indices into Program::ops, increasing within a row
  u32 const* term_begin;  ///< [reactions + 1]
  u32 const* terms;
  u32 const* node_begin;  ///< [reactions + 1]
  u32 const* nodes;  ///< of OneLane::sums above the terms, each once, from the leaves to the root
  u8 const* all;     ///< [reactions]: 1 where they are too many to list, and so not listed
};

/// Copy numbers as integers, mirrored as the nearest float32 in the registers.
struct WideCounts {
  i64* counts;
  float* registers;

  CRISTAE_CORE i64 get(u32 species) const { return counts[species]; }
  CRISTAE_CORE bool fits(i64) const { return true; }
  CRISTAE_CORE void set(u32 species, i64 count) {
    counts[species] = count;
    registers[species] = float(count);
  }
  CRISTAE_CORE void set_constant(u32 reg, float value) { registers[reg] = value; }
  CRISTAE_CORE float constant(u32 reg) const { return registers[reg]; }
};

/// Working memory of one trajectory.
struct OneLane {
  float* registers;  ///< [registers]
  i64* counts;       ///< [species]
  float* sums;  ///< [2 * leaves]: heap order, root at 1; propensity j is the leaf at leaves + j
  u32 leaves;   ///< power of two, >= reactions

  CRISTAE_CORE float* propensities() const { return sums + leaves; }
};

/// The inner nodes of the tree, from the leaves.
CRISTAE_CORE void sum_all(OneLane const& memory) {
  for (u32 node = memory.leaves - 1; node >= 1; --node)
    memory.sums[node] = memory.sums[2 * node] + memory.sums[2 * node + 1];
}

/// What an event asks of a network, answered by its tables. Generated networks stand in its place
/// (GeneratedOneLaws in host/core/generated_laws.hpp) and must return the same bits.
struct TableOneLaws {
  Program const& program;
  Dependencies const& dependencies;
  OneLane const& memory;

  /// All laws and sums.
  CRISTAE_CORE void all() {
    run_ops<ScalarLane, 1>(program.ops, program.ops_count, memory.registers);
    for (u32 j = 0; j < program.reactions; ++j) evaluate(j);
    sum_all(memory);
  }

  /// Applies the state change of a reaction, then computes the laws and sums that it touches. False
  /// where a copy number would leave [0, 2^53]; those before it have changed.
  CRISTAE_CORE bool fire(u32 reaction) {
    WideCounts counts{memory.counts, memory.registers};
    for (u32 c = program.change_begin[reaction]; c < program.change_begin[reaction + 1]; ++c) {
      u32 const s = program.changes[c].reg;
      i64 const count = memory.counts[s] + i64(program.changes[c].delta);
      if (count < 0 || count > largest_count) return false;
      counts.set(s, count);
    }
    update(reaction);
    return true;
  }

 private:
  CRISTAE_CORE void update(u32 reaction) {
    Dependencies const& d = dependencies;
    if (d.all[reaction] != 0) return all();
    for (u32 i = d.op_begin[reaction]; i < d.op_begin[reaction + 1]; ++i)
      run_ops<ScalarLane, 1>(program.ops + d.ops[i], 1, memory.registers);
    for (u32 i = d.term_begin[reaction]; i < d.term_begin[reaction + 1]; ++i) evaluate(d.terms[i]);
    for (u32 i = d.node_begin[reaction]; i < d.node_begin[reaction + 1]; ++i) {
      u32 const node = d.nodes[i];
      memory.sums[node] = memory.sums[2 * node] + memory.sums[2 * node + 1];
    }
  }

  CRISTAE_CORE void evaluate(u32 term) {
    float a[1];
    term_values<ScalarLane, 1>(program.terms[term], program.guards, memory.registers, a);
    memory.propensities()[term] = a[0];
  }
};

/// The reaction whose interval of the sums holds the thresholds, under descent_bound(); `leaves`
/// where they are too near to a boundary to tell.
CRISTAE_CORE u32 descend(OneLane const& memory, Thresholds<ScalarLane> t) {
  float prefix = 0.0f;
  u32 node = 1;
  while (node < memory.leaves) {
    float const boundary = prefix + memory.sums[2 * node];
    if (boundary <= t.below) {
      prefix = boundary;
      node = 2 * node + 1;
    } else if (boundary <= t.above) {
      return memory.leaves;
    } else {
      node = 2 * node;
    }
  }
  return node - memory.leaves;
}

/// How a run of one trajectory ended; `interrupted` where the host stopped it.
struct OneLaneOutcome {
  bool interrupted;
  Status status;
  u32 reaction;
};

/// Host: void sample(index, counts); bool pause(events): polled now and then, true stops; and, where
/// Host::sees_events, void event(TrajectoryState, reaction, WideCounts) after each event.
/// L: a lane type in which random numbers are made ahead of their use, for 2 L::width draws at once.
template <class Host, class Laws = TableOneLaws, class L = ScalarLane>
struct OneLaneRunner {
  Program const& program;
  OneLane const& memory;
  Laws laws;
  Host& host;
  u64 seed;
  u64 max_events;
  FilterBound bound = descent_bound(program.reactions);  ///< tests widen it, as BlockRunner's

  /// Starts a trajectory and runs it to its end.
  CRISTAE_CORE OneLaneOutcome run(TrajectoryState& t, Begin const& begin) {
    WideCounts counts{memory.counts, memory.registers};
    Recorder recorder{host};
    Settled const begun = start(program, t, begin, counts, recorder);
    if (begun != Settled::redraws) return end(t, begun, program.reactions);
    return resume(t);
  }

  /// Goes on from `t`, with counts and varying constants in place.
  CRISTAE_CORE OneLaneOutcome resume(TrajectoryState& t) {
    WideCounts counts{memory.counts, memory.registers};
    Recorder recorder{host};
    for (u32 j = program.reactions; j < memory.leaves; ++j) memory.sums[memory.leaves + j] = 0.0f;
    laws.all();
    Ahead ahead;
    bool const has_events = program.events.count != 0;
    for (u64 step = 0;; ++step) {
      if (t.events() >= max_events) return end_with(t, Status::budget, program.reactions);
      // Its tables have no reaction for it: counts may be beyond what float32 tells apart.
      if constexpr (CarriesOut<Recorder, WideCounts>)
        if (has_events && is_triggered(program, t, counts)) {
          Settled const happened =
              redrawn(t, recorder.happen(program, t, counts, Occasion::triggers));
          if (happened != Settled::redraws) return end(t, happened, program.reactions);
          laws.all();
          continue;
        }
      if (is_over(program, t, counts)) return end_with(t, Status::stopped, program.reactions);
      if ((step & 1023u) == 0 && host.pause(t.events())) return {true, Status::budget, 0};
      u64 const draw = t.draw;
      ahead.reach(bound, seed, draw, t.id);
      float const total = memory.sums[1];
      float const waiting = ahead.exponential(draw) / total;
      if (waiting < t.left.high && waiting > 0.0f) {
        t.left = subtract<ScalarLane>(t.left, waiting);
        ++t.draw;
      } else {
        Settled const settled = settle(program, t, counts, total, waiting, recorder);
        if (settled == Settled::redraws) {
          ahead.batch = ~u64(0);  // sisters that part have other random numbers
          laws.all();
          continue;
        }
        if (settled != Settled::fires) return end(t, settled, program.reactions);
      }
      u32 j = descend(memory, scaled(ahead.thresholds(draw), total));
      if (j == memory.leaves)
        j = choose(memory.propensities(), 1, program.reactions, ahead.choice(draw),
                   choice_low_word(seed, draw, t.id));
      if (!laws.fire(j)) return end_with(t, Status::overflow, j);
      if constexpr (Host::sees_events) host.event(t, j, counts);
    }
  }

 private:
  /// What 2 L::width consecutive draws say: unit exponentials, and of the choices the high words and
  /// the thresholds of a total of 1.
  struct Ahead {
    static constexpr u32 w = u32(L::width);
    float exponentials[2][w], below[2][w], above[2][w];
    u32 choices[2][w];
    u64 batch = ~u64(0);

    CRISTAE_CORE void reach(FilterBound bound, u64 seed, u64 draw, u64 id) {
      if (draw / (2 * w) == batch) return;
      batch = draw / (2 * w);
      u32 low[w];
      for (u32 i = 0; i < w; ++i) low[i] = u32(batch * (2 * w)) + 2 * i;  // w is a power of two
      PhiloxBlock<L> const block =
          event_block<L>(PhiloxKeys(seed), L::load_bits(low), L::splat_bits(u32(draw >> 32)),
                         L::splat_bits(u32(id)), L::splat_bits(u32(id >> 32)));
      for (u32 half = 0; half < 2; ++half) {
        L::store(exponentials[half], unit_exponential<L>(block.word[2 * half]));
        L::store_bits(choices[half], block.word[2 * half + 1]);
        Thresholds<L> const unit = unit_thresholds<L>(bound, block.word[2 * half + 1]);
        L::store(below[half], unit.below);
        L::store(above[half], unit.above);
      }
    }
    CRISTAE_CORE float exponential(u64 draw) const { return exponentials[draw & 1][place(draw)]; }
    CRISTAE_CORE u32 choice(u64 draw) const { return choices[draw & 1][place(draw)]; }
    CRISTAE_CORE Thresholds<ScalarLane> thresholds(u64 draw) const {
      return {below[draw & 1][place(draw)], above[draw & 1][place(draw)]};
    }
    static CRISTAE_CORE u32 place(u64 draw) { return u32(draw / 2) % w; }
  };

  struct Recorder {
    Host& host;
    CRISTAE_CORE void sample(TrajectoryState const& t, WideCounts const& counts) {
      host.sample(t.sample, counts);
    }
    CRISTAE_CORE Settled happen(Program const& program, TrajectoryState& t, WideCounts& counts,
                                Occasion occasion) requires CarriesOut<Host, WideCounts> {
      return host.happen(program, t, counts, occasion);
    }
  };

  CRISTAE_CORE OneLaneOutcome end(TrajectoryState& t, Settled settled, u32 reaction) {
    switch (settled) {
      case Settled::absorbed: return end_with(t, Status::absorbed, reaction);
      case Settled::stopped: return end_with(t, Status::stopped, reaction);
      case Settled::overflow: return end_with(t, Status::overflow, reaction);
      case Settled::bad_event: {
        WideCounts counts{memory.counts, memory.registers};
        return end_with(t, Status::bad_event, event_words(program, counts).fault());
      }
      case Settled::bad_propensity: {
        u32 bad = 0;
        while (bad < program.reactions && memory.propensities()[bad] >= 0.0f &&
               memory.propensities()[bad] < infinity())
          ++bad;
        return end_with(t, Status::bad_propensity, bad);
      }
      default: return end_with(t, Status::completed, reaction);
    }
  }

  CRISTAE_CORE OneLaneOutcome end_with(TrajectoryState& t, Status status, u32 reaction) {
    fold_end(t, status);
    return {false, status, reaction};
  }
};

}  // namespace cristae::core
