// host/core/trajectory.hpp - one trajectory between events: start, stops, end. The slow path, scalar.
#pragma once

#include "host/core/clock.hpp"
#include "host/core/hash.hpp"
#include "host/core/program.hpp"

namespace cristae::core {

/// How a trajectory ended; the numbers go into the contract hash.
enum class Status : u8 {
  completed = 0,
  absorbed = 1,
  budget = 2,
  overflow = 3,
  bad_propensity = 4,
  stopped = 5
};

/// Which trajectory to begin, and where its values are: row 0, that of an earlier end state, or,
/// where cells differ, rows of its own that its host has filled in.
struct Begin {
  u64 id;           ///< of its random numbers
  u32 row;          ///< of Schedule::values
  u64 initial_row;  ///< of Program::initial
  u32 sister = 0;   ///< added to id where sisters part
};

/// What a trajectory carries besides its copy numbers.
struct TrajectoryState {
  u64 id;    ///< Begin::id
  u64 draw;  ///< index of the next draw
  u64 hash;
  TimeLeft<ScalarLane> left;  ///< from the last event (or scheduled change) to stop `stop`
  u32 stop;                   ///< next stop
  u32 sample;                 ///< samples taken
  u32 segment;                ///< scheduled changes passed
  u32 redraws;                ///< draws that no event took: those that end in a scheduled change
  u32 row;                    ///< Begin::row
  u32 sister;                 ///< Begin::sister, 0 once they have parted

  CRISTAE_CORE u64 events() const { return draw - redraws; }
};

/// What the slow path found.
enum class Settled : u8 {
  fires,    ///< the pending event comes before the next stop
  redraws,  ///< parameters changed (or the trajectory just started): draw anew
  completed,
  absorbed,
  overflow,
  bad_propensity,
  stopped,
  widen,  ///< a copy number would leave the float32 form; nothing of this stop was applied
};

/// The largest copy number: every whole number up to it is exact in double.
inline constexpr i64 largest_count = i64(1) << 53;

/// Copy numbers as float32 registers, exact below Program::widen_above.
struct NarrowCounts {
  float* registers;
  u32 stride;
  float limit;

  CRISTAE_CORE i64 get(u32 species) const { return i64(registers[u64(species) * stride]); }
  CRISTAE_CORE bool fits(i64 count) const { return count <= i64(limit); }
  CRISTAE_CORE void set(u32 species, i64 count) { registers[u64(species) * stride] = float(count); }
  CRISTAE_CORE void set_constant(u32 reg, float value) { registers[u64(reg) * stride] = value; }
};

template <class Counts>
CRISTAE_CORE void fold_sample(Program const& program, TrajectoryState& t, Counts const& counts) {
  u64 sum = 0;
  for (u32 s = 0; s < program.hashed; ++s) sum += u64(counts.get(s)) * program.multipliers[s];
  u64 const* const rest = program.multipliers + program.hashed;
  sum += t.events() * rest[0] + u64(bit_cast<u32>(t.left.high)) * rest[1] +
         u64(bit_cast<u32>(t.left.low)) * rest[2];
  t.hash = chain(t.hash, sum);
}

CRISTAE_CORE void fold_end(TrajectoryState& t, Status status) {
  t.hash = chain(t.hash, t.events() * multiplier(0) + (u64(status) + 1) * multiplier(1));
}

/// Applies the changes of the stop: all or, on widen or overflow, nothing.
template <class Counts>
CRISTAE_CORE Settled apply_changes(Program const& program, TrajectoryState& t, Counts& counts) {
  Schedule const& schedule = program.schedule;
  u32 const begin = schedule.add_begin[t.segment], end = schedule.add_begin[t.segment + 1];
  for (u32 i = begin; i < end; ++i) {
    i64 const changed = counts.get(schedule.add_species[i]) + schedule.add_count[i];
    if (changed < 0 || changed > largest_count) return Settled::overflow;
    if (!counts.fits(changed)) return Settled::widen;
  }
  for (u32 i = begin; i < end; ++i)
    counts.set(schedule.add_species[i],
               counts.get(schedule.add_species[i]) + schedule.add_count[i]);
  float const* const values =
      schedule.values + (u64(t.row) * schedule.segments + t.segment) * schedule.constants;
  for (u32 c = 0; c < schedule.constants; ++c)
    counts.set_constant(schedule.constant_base + c, values[c]);
  ++t.segment;
  return Settled::redraws;
}

/// Whether the condition holds, by a stack of results in the bits of a word.
template <class Counts>
CRISTAE_CORE_CALL bool holds(EndCondition const& condition, Counts const& counts) {
  u64 results = 0;
  for (u32 i = 0; i < condition.steps; ++i) {
    ConditionStep const& step = condition.step[i];
    bool result;
    if (step.join == ConditionJoin::at_least) {
      i64 sum = 0;
      for (u32 k = step.begin; k < step.end; ++k)
        sum += condition.part[k].factor * counts.get(condition.part[k].species);
      result = sum >= step.least;
    } else {
      u64 const both = results & 3u;
      result = step.join == ConditionJoin::all ? both == 3u : both != 0;
      results >>= 2;
    }
    results = results << 1 | u64(result);
  }
  return (results & 1u) != 0;
}

/// Whether what is started and settled for a recorder can have a condition that ends it. Kernels of
/// GPUs for runs without one are compiled without what looks at it: it would cost registers.
template <class Recorder>
inline constexpr bool may_stop = true;

/// Whether the condition that ends a trajectory is looked at by now, and holds.
template <class Counts>
CRISTAE_CORE bool is_over(Program const& program, TrajectoryState const& t, Counts const& counts) {
  return program.condition.steps != 0 && t.stop > program.condition.from &&
         holds(program.condition, counts);
}

/// The same of stop `t.stop`, behind its changes and sample; then the trajectory ends at its time.
template <class Counts>
CRISTAE_CORE bool is_over_at_stop(Program const& program, TrajectoryState& t, Counts& counts) {
  EndCondition const& condition = program.condition;
  if (condition.steps == 0 || t.stop < condition.from) return false;
  if (program.stops.actions[t.stop] & stop_watches) counts.set_constant(condition.watched, 1.0f);
  if (!holds(condition, counts)) return false;
  t.left = {0.0f, 0.0f};
  return true;
}

/// From here on the trajectory has random numbers of its own: from the next pair of draws on, because
/// the words of this one were made for its family.
CRISTAE_CORE void part_from_sisters(TrajectoryState& t) {
  u64 const own = (t.draw + 2) & ~u64(1);
  t.redraws += u32(own - t.draw);
  t.draw = own;
  t.id += t.sister;
  t.sister = 0;
}

CRISTAE_CORE TimeLeft<ScalarLane> interval(Stops const& stops, u32 stop) {
  return {stops.interval_high[stop], stops.interval_low[stop]};
}

/// Begins a trajectory: initial copy numbers, changes and sample at its first stop.
/// Returns redraws, or completed where there is no time to run, or stopped, widen or overflow.
template <class Counts, class Recorder>
CRISTAE_CORE Settled start(Program const& program, TrajectoryState& t, Begin const& begin,
                           Counts& counts, Recorder& recorder) {
  t.id = begin.id;
  t.draw = 0;
  t.hash = mix(begin.id + begin.sister + 1);
  t.left = {0.0f, 0.0f};
  t.stop = 0;
  t.sample = 0;
  t.segment = 0;
  t.redraws = 0;
  t.row = begin.row;
  t.sister = begin.sister;
  i64 const* const initial = program.initial + begin.initial_row * program.hashed;
  for (u32 s = 0; s < program.hashed; ++s) {
    if (!counts.fits(initial[s])) return Settled::widen;
    counts.set(s, initial[s]);
  }
  for (u32 s = program.hashed; s < program.species; ++s) counts.set(s, 0);
  Settled const applied = apply_changes(program, t, counts);
  if (applied != Settled::redraws) return applied;
  if (program.stops.actions[0] & stop_samples) {
    fold_sample(program, t, counts);
    recorder.sample(t, counts);
    ++t.sample;
  }
  if constexpr (may_stop<Recorder>)
    if (is_over_at_stop(program, t, counts)) return Settled::stopped;
  if (program.stops.count == 1) return Settled::completed;
  t.left = interval(program.stops, 0);
  t.stop = 1;
  return Settled::redraws;
}

/// Settles a pending event that does not simply fire: passes all stops before it, in order.
/// `waiting` is its waiting time from the last event or change.
template <class Counts, class Recorder>
CRISTAE_CORE Settled settle(Program const& program, TrajectoryState& t, Counts& counts, float total,
                            float waiting, Recorder& recorder) {
  if (!(total >= 0.0f && total < infinity())) {
    if constexpr (may_stop<Recorder>)
      if (is_over(program, t, counts)) return Settled::stopped;
    return Settled::bad_propensity;
  }
  // x (x - 1) is -0 at x = 0, and so can be the total.
  if (!(total > 0.0f)) waiting = infinity();
  for (;;) {
    if (waiting < t.left.high) {
      t.left = subtract<ScalarLane>(t.left, waiting);
      ++t.draw;
      return Settled::fires;
    }
    u8 const actions = program.stops.actions[t.stop];
    bool const last = t.stop + 1 == program.stops.count;
    if (actions & stop_changes) {
      Settled const applied = apply_changes(program, t, counts);
      if (applied == Settled::overflow) t.left = {0.0f, 0.0f};  // it ends here
      if (applied != Settled::redraws) return applied;
    }
    if (actions & stop_samples) {
      fold_sample(program, t, counts);
      recorder.sample(t, counts);
      ++t.sample;
    }
    if constexpr (may_stop<Recorder>)
      if (is_over_at_stop(program, t, counts)) return Settled::stopped;
    if (last) return total > 0.0f ? Settled::completed : Settled::absorbed;
    TimeLeft<ScalarLane> const next = interval(program.stops, t.stop);
    ++t.stop;
    if (actions & stop_changes) {
      // Waiting times have no memory: from the change on, a new one under the new parameters.
      t.left = next;
      if (actions & stop_parts) {
        part_from_sisters(t);
      } else {
        ++t.draw;
        ++t.redraws;
      }
      return Settled::redraws;
    }
    t.left = extend(t.left, next);
  }
}

}  // namespace cristae::core
