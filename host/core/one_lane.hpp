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
  u8 const* all;  ///< [reactions]: 1 where they are too many to list, and so not listed
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
};

/// Working memory of one trajectory.
struct OneLane {
  float* registers;     ///< [registers]
  i64* counts;          ///< [species]
  float* propensities;  ///< [reactions]
  float* sums;          ///< [2 * leaves]: heap order, root at 1, leaf j at leaves + j
  u32 leaves;           ///< power of two, >= reactions
};

/// How a run of one trajectory ended; `interrupted` where the host stopped it.
struct OneLaneOutcome {
  bool interrupted;
  Status status;
  u32 reaction;
};

/// Host: void sample(index, counts); bool pause(events): polled now and then, true stops; and, where
/// Host::sees_events, void event(TrajectoryState, reaction, WideCounts) after each event.
template <class Host>
struct OneLaneRunner {
  Program const& program;
  Dependencies const& dependencies;
  OneLane const& memory;
  Host& host;
  u64 seed;
  u64 max_events;

  /// Starts trajectory `id` and runs it to its end.
  CRISTAE_CORE OneLaneOutcome run(TrajectoryState& t, u64 id) {
    WideCounts counts{memory.counts, memory.registers};
    Recorder recorder{host};
    Settled const begun = start(program, t, id, counts, recorder);
    if (begun != Settled::redraws) return end(t, begun, program.reactions);
    return resume(t);
  }

  /// Goes on from `t`, with counts and varying constants in place.
  CRISTAE_CORE OneLaneOutcome resume(TrajectoryState& t) {
    WideCounts counts{memory.counts, memory.registers};
    Recorder recorder{host};
    FilterBound const bound = descent_bound(program.reactions);
    for (u32 j = program.reactions; j < memory.leaves; ++j) memory.sums[memory.leaves + j] = 0.0f;
    recompute_all();
    PhiloxBlock<ScalarLane> block{};
    u64 have = ~u64(0);
    for (u64 step = 0;; ++step) {
      if (t.events() >= max_events) return end_with(t, Status::budget, program.reactions);
      if ((step & 1023u) == 0 && host.pause(t.events())) return {true, Status::budget, 0};
      if (have != t.draw >> 1) {
        have = t.draw >> 1;
        block = event_block<ScalarLane>(seed, u32(t.draw), u32(t.draw >> 32), u32(t.id),
                                        u32(t.id >> 32));
      }
      u32 const half = 2 * u32(t.draw & 1);
      u64 const draw = t.draw;
      float const total = memory.sums[1];
      float const waiting = unit_exponential<ScalarLane>(block.word[half]) / total;
      if (waiting < t.left.high && waiting > 0.0f) {
        t.left = subtract<ScalarLane>(t.left, waiting);
        ++t.draw;
      } else {
        Settled const settled = settle(program, t, counts, total, waiting, recorder);
        if (settled == Settled::redraws) {
          recompute_all();
          continue;
        }
        if (settled != Settled::fires) return end(t, settled, program.reactions);
      }
      u32 const j = descend(bound, block.word[half + 1], draw, t.id, total);
      for (u32 c = program.change_begin[j]; c < program.change_begin[j + 1]; ++c) {
        u32 const s = program.changes[c].reg;
        i64 const count = memory.counts[s] + i64(program.changes[c].delta);
        if (count < 0 || count > largest_count) return end_with(t, Status::overflow, j);
        counts.set(s, count);
      }
      if constexpr (Host::sees_events) host.event(t, j, counts);
      update(j);
    }
  }

 private:
  struct Recorder {
    Host& host;
    CRISTAE_CORE void sample(TrajectoryState const& t, WideCounts const& counts) {
      host.sample(t.sample, counts);
    }
  };

  /// A descent sums at most two roundings per level, one in the node and one in the prefix.
  static CRISTAE_CORE FilterBound descent_bound(u32 reactions) {
    return {float(3 * tree_depth(reactions) + 10) * (1.01f * 0x1p-24f)};
  }

  CRISTAE_CORE OneLaneOutcome end(TrajectoryState& t, Settled settled, u32 reaction) {
    switch (settled) {
      case Settled::absorbed: return end_with(t, Status::absorbed, reaction);
      case Settled::overflow: return end_with(t, Status::overflow, reaction);
      case Settled::bad_propensity: {
        u32 bad = 0;
        while (bad < program.reactions && memory.propensities[bad] >= 0.0f &&
               memory.propensities[bad] < infinity())
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

  CRISTAE_CORE void evaluate(u32 term) {
    float a[1];
    term_values<ScalarLane, 1>(program.terms[term], program.guards, memory.registers, a);
    memory.propensities[term] = a[0];
    memory.sums[memory.leaves + term] = a[0];
  }

  CRISTAE_CORE void recompute_all() {
    run_ops<ScalarLane, 1>(program.ops, program.ops_count, memory.registers);
    for (u32 j = 0; j < program.reactions; ++j) evaluate(j);
    for (u32 node = memory.leaves - 1; node >= 1; --node)
      memory.sums[node] = memory.sums[2 * node] + memory.sums[2 * node + 1];
  }

  CRISTAE_CORE void update(u32 reaction) {
    Dependencies const& d = dependencies;
    if (d.all[reaction] != 0) return recompute_all();
    for (u32 i = d.op_begin[reaction]; i < d.op_begin[reaction + 1]; ++i)
      run_ops<ScalarLane, 1>(program.ops + d.ops[i], 1, memory.registers);
    for (u32 i = d.term_begin[reaction]; i < d.term_begin[reaction + 1]; ++i) {
      u32 const term = d.terms[i];
      evaluate(term);
      for (u32 node = (memory.leaves + term) >> 1; node >= 1; node >>= 1)
        memory.sums[node] = memory.sums[2 * node] + memory.sums[2 * node + 1];
    }
  }

  CRISTAE_CORE u32 descend(FilterBound bound, u32 high_word, u64 draw, u64 id, float total) {
    Thresholds<ScalarLane> const t = thresholds<ScalarLane>(bound, high_word, total);
    float prefix = 0.0f;
    u32 node = 1;
    while (node < memory.leaves) {
      float const boundary = prefix + memory.sums[2 * node];
      if (boundary <= t.below) {
        prefix = boundary;
        node = 2 * node + 1;
      } else if (boundary <= t.above) {
        return choose(memory.propensities, 1, program.reactions, high_word,
                      choice_low_word(seed, draw, id));
      } else {
        node = 2 * node;
      }
    }
    return node - memory.leaves;
  }
};

}  // namespace cristae::core
