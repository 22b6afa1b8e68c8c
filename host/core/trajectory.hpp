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
  stopped = 5,
  bad_event = 6
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
  widen,        ///< a copy number would leave the float32 form; nothing of this stop was applied
  begins_wide,  ///< an event would take one out of it: to be begun anew in the wide form
  bad_event,    ///< an event cannot be carried out; EventWords::fault says which and why
};

/// When events are looked at.
enum class Occasion : u8 {
  start,     ///< of the trajectory, at its first stop
  stop,      ///< TrajectoryState::stop
  changes,   ///< the same, and parameters changed there
  due,       ///< the time EventWords::next, before the stop
  triggers,  ///< that may have changed with the last reaction
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
  CRISTAE_CORE float constant(u32 reg) const { return registers[u64(reg) * stride]; }
};

/// What a trajectory remembers of events: words in its registers.
template <class Counts>
struct EventWords {
  EventTables const& e;
  Counts& counts;

  /// The time at which something is due that no stop is for: a delayed event, or a trigger that the
  /// time changes.
  CRISTAE_CORE double next() const { return number(0); }
  CRISTAE_CORE void set_next(double time) { set_number(0, time); }
  /// Why the trajectory ended. Until it does, the same word has the executions so far at times between
  /// which there is no other.
  CRISTAE_CORE u32 fault() const { return word(2); }
  CRISTAE_CORE void set_fault(u32 fault) { set_word(2, fault); }
  CRISTAE_CORE u32 in_a_row() const { return word(2); }
  CRISTAE_CORE void set_in_a_row(u32 executions) { set_word(2, executions); }
  CRISTAE_CORE u32 pending() const { return word(3); }
  CRISTAE_CORE void set_pending(u32 entries) { set_word(3, entries); }
  /// Whether the trigger held when it was last looked at.
  CRISTAE_CORE bool latch(u32 event) const { return bit(4, event); }
  CRISTAE_CORE void set_latch(u32 event, bool held) { set_bit(4, event, held); }
  /// Whether the threshold was reached then.
  CRISTAE_CORE bool reached(u32 threshold) const { return bit(thresholds(), threshold); }
  CRISTAE_CORE void set_reached(u32 threshold, bool is) { set_bit(thresholds(), threshold, is); }
  CRISTAE_CORE double value(u32 index) const { return number(values() + 2 * index); }
  CRISTAE_CORE void set_value(u32 index, double value) { set_number(values() + 2 * index, value); }

  // A pending execution: the event, when it is due, and the values to be set.
  CRISTAE_CORE u32 event_of(u32 entry) const { return word(at(entry)); }
  CRISTAE_CORE void set_event_of(u32 entry, u32 event) { set_word(at(entry), event); }
  CRISTAE_CORE double due(u32 entry) const { return number(at(entry) + 1); }
  CRISTAE_CORE void set_due(u32 entry, double time) { set_number(at(entry) + 1, time); }
  CRISTAE_CORE double to_set(u32 entry, u32 i) const { return number(at(entry) + 3 + 2 * i); }
  CRISTAE_CORE void set_to_set(u32 entry, u32 i, double value) {
    set_number(at(entry) + 3 + 2 * i, value);
  }
  /// Those behind it move up: their order is that in which they were triggered.
  CRISTAE_CORE void remove(u32 entry) {
    u32 const entries = pending() - 1;
    for (u32 i = at(entry); i < at(entries); ++i) set_word(i, word(i + e.entry));
    set_pending(entries);
  }

  static CRISTAE_CORE u32 bits_in_words(u32 bits) { return (bits + 31) / 32; }
  static CRISTAE_CORE u32 size(EventTables const& e) {
    return 4 + bits_in_words(e.count) + bits_in_words(e.thresholds) + 2 * e.values +
           e.capacity * e.entry;
  }

 private:
  CRISTAE_CORE u32 thresholds() const { return 4 + bits_in_words(e.count); }
  CRISTAE_CORE u32 values() const { return thresholds() + bits_in_words(e.thresholds); }
  CRISTAE_CORE u32 at(u32 entry) const { return values() + 2 * e.values + entry * e.entry; }

  CRISTAE_CORE u32 word(u32 i) const { return bit_cast<u32>(counts.constant(e.words + i)); }
  CRISTAE_CORE void set_word(u32 i, u32 word) {
    counts.set_constant(e.words + i, bit_cast<float>(word));
  }
  CRISTAE_CORE double number(u32 i) const {
    return bit_cast<double>(u64(word(i)) | u64(word(i + 1)) << 32);
  }
  CRISTAE_CORE void set_number(u32 i, double number) {
    u64 const bits = bit_cast<u64>(number);
    set_word(i, u32(bits));
    set_word(i + 1, u32(bits >> 32));
  }
  CRISTAE_CORE bool bit(u32 first, u32 i) const {
    return (word(first + i / 32) >> (i % 32) & 1u) != 0;
  }
  CRISTAE_CORE void set_bit(u32 first, u32 i, bool value) {
    u32 const others = word(first + i / 32) & ~(1u << (i % 32));
    set_word(first + i / 32, others | u32(value) << (i % 32));
  }
};

/// Registers behind the constants that hold them.
CRISTAE_CORE u32 event_word_count(EventTables const& e) {
  return e.count == 0 ? 0 : EventWords<NarrowCounts>::size(e);
}

template <class Counts>
CRISTAE_CORE EventWords<Counts> event_words(Program const& program, Counts& counts) {
  return {program.events, counts};
}

template <class Counts>
CRISTAE_CORE i64 sum_of(EventTables const& e, EventForm const& form, Counts const& counts) {
  i64 sum = 0;
  for (u32 i = form.part_begin; i < form.part_end; ++i)
    sum += e.part[i].factor * counts.get(e.part[i].species);
  return sum;
}

/// Whether a trigger may have changed since events were last looked at.
template <class Counts>
CRISTAE_CORE bool is_triggered(Program const& program, TrajectoryState const& t, Counts& counts) {
  EventTables const& e = program.events;
  if (e.count == 0 || t.stop <= e.from) return false;
  if (e.touch_count != no_touch_count && counts.get(e.touch_count) != 0) return true;
  auto const words = event_words(program, counts);
  for (u32 f = 0; f < e.forms; ++f) {
    EventForm const& form = e.form[f];
    i64 const sum = sum_of(e, form, counts);
    for (u32 i = form.begin; i < form.end; ++i)
      if (words.reached(i) != (sum >= e.threshold[i].least)) return true;
  }
  return false;
}

/// What TrajectoryState::left counts to: the stop, or what is due before it.
template <class Counts>
CRISTAE_CORE double target_of(Program const& program, TrajectoryState const& t, Counts& counts) {
  double const stop = program.stops.times[t.stop];
  if (program.events.count == 0) return stop;
  double const next = event_words(program, counts).next();
  return next < stop ? next : stop;
}

CRISTAE_CORE TimeLeft<ScalarLane> time_left(double length) {
  float const high = float(length);
  return {high, float(length - double(high))};
}

/// What is left to the stop, for those who know no other target.
template <class Counts>
CRISTAE_CORE TimeLeft<ScalarLane> left_to_stop(Program const& program, TrajectoryState const& t,
                                               Counts& counts) {
  if (program.events.count == 0 || t.stop >= program.stops.count) return t.left;
  double const target = target_of(program, t, counts), stop = program.stops.times[t.stop];
  if (target == stop) return t.left;
  return time_left(stop - target + (double(t.left.high) + double(t.left.low)));
}

/// Whether a recorder carries events out: happen(program, trajectory, counts, occasion), which is
/// carry_out() of events.hpp in what code ever. Where it does not, none of their text is compiled.
template <class Recorder, class Counts>
concept CarriesOut = requires(Recorder& recorder, Program const& program, TrajectoryState& t,
                              Counts& counts) {
  recorder.happen(program, t, counts, Occasion::due);
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
      schedule.values + (u64(t.row) * schedule.segments + t.segment) * schedule.row;
  for (u32 c = 0; c < schedule.constants; ++c)
    counts.set_constant(schedule.constant_base + c, values[c]);
  ++t.segment;
  return Settled::redraws;
}

/// Whether the condition holds, by a stack of results in the bits of a word.
template <class Counts>
CRISTAE_CORE bool holds(EndCondition const& condition, Counts const& counts) {
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

/// From stop `t.stop` to what comes next: the next stop, or what is due before it.
template <bool has_events, class Counts>
CRISTAE_CORE TimeLeft<ScalarLane> interval(Program const& program, TrajectoryState const& t,
                                           Counts& counts) {
  Stops const& stops = program.stops;
  if constexpr (has_events)
    if (program.events.count != 0) {
      double const next = event_words(program, counts).next();
      if (next < stops.times[t.stop + 1]) return time_left(next - stops.times[t.stop]);
    }
  return {stops.interval_high[t.stop], stops.interval_low[t.stop]};
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
  if constexpr (CarriesOut<Recorder, Counts>)
    if (program.events.count != 0) {
      Settled const happened = recorder.happen(program, t, counts, Occasion::start);
      if (happened != Settled::redraws) return happened;
    }
  if (program.stops.actions[0] & stop_samples) {
    fold_sample(program, t, counts);
    recorder.sample(t, counts);
    ++t.sample;
  }
  if constexpr (may_stop<Recorder>)
    if (is_over_at_stop(program, t, counts)) return Settled::stopped;
  if (program.stops.count == 1) return Settled::completed;
  t.left = interval<CarriesOut<Recorder, Counts>>(program, t, counts);
  t.stop = 1;
  return Settled::redraws;
}

/// What was pending is drawn anew.
CRISTAE_CORE Settled redrawn(TrajectoryState& t, Settled happened) {
  if (happened == Settled::redraws) {
    ++t.draw;
    ++t.redraws;
  }
  return happened;
}

/// Settles a pending event that does not simply fire: passes all stops before it, in order.
/// `waiting` is its waiting time from the last event or change.
template <class Counts, class Recorder>
CRISTAE_CORE Settled settle(Program const& program, TrajectoryState& t, Counts& counts, float total,
                            float waiting, Recorder& recorder) {
  constexpr bool has_events = CarriesOut<Recorder, Counts>;
  if (!(total >= 0.0f && total < infinity())) {
    if constexpr (has_events)
      if (is_triggered(program, t, counts))
        return redrawn(t, recorder.happen(program, t, counts, Occasion::triggers));
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
    double const stop = has_events ? program.stops.times[t.stop] : 0;
    if constexpr (has_events)
      if (target_of(program, t, counts) < stop) {
        t.left = {0.0f, 0.0f};
        return redrawn(t, recorder.happen(program, t, counts, Occasion::due));
      }
    u8 const actions = program.stops.actions[t.stop];
    bool const last = t.stop + 1 == program.stops.count;
    bool changes = (actions & stop_changes) != 0;
    if (changes) {
      Settled const applied = apply_changes(program, t, counts);
      if (applied == Settled::overflow) t.left = {0.0f, 0.0f};  // it ends here
      if (applied != Settled::redraws) return applied;
    }
    if constexpr (has_events) {
      EventTables const& e = program.events;
      if (e.count != 0 &&
          (changes || t.stop == e.from || event_words(program, counts).next() == stop)) {
        Settled const happened =
            recorder.happen(program, t, counts, changes ? Occasion::changes : Occasion::stop);
        if (happened == Settled::bad_event) t.left = {0.0f, 0.0f};
        if (happened != Settled::redraws) return happened;
        changes = true;
      }
    }
    if (actions & stop_samples) {
      fold_sample(program, t, counts);
      recorder.sample(t, counts);
      ++t.sample;
    }
    if constexpr (may_stop<Recorder>)
      if (is_over_at_stop(program, t, counts)) return Settled::stopped;
    if (last) return total > 0.0f ? Settled::completed : Settled::absorbed;
    TimeLeft<ScalarLane> const next = interval<has_events>(program, t, counts);
    ++t.stop;
    if (changes) {
      // Waiting times have no memory: from the change on, a new one under the new parameters.
      t.left = next;
      if (actions & stop_parts) {
        part_from_sisters(t);
        return Settled::redraws;
      }
      return redrawn(t, Settled::redraws);
    }
    t.left = extend(t.left, next);
  }
}

}  // namespace cristae::core
