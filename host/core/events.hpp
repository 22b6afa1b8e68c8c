// host/core/events.hpp - triggered events carried out: triggers, delays, priorities, assignments.
//
// A moment goes round like this until nothing is left to do: look at every trigger in the order of the
// file; of those that turned true the event is put down as pending, due now or after its delay; of what
// is due the execution of highest priority is done. So an event can trigger others at the same time.
// Only the slow path comes here. Everything is computed in double, copy numbers are whole.
#pragma once

#include "host/core/double_math.hpp"
#include "host/core/trajectory.hpp"

namespace cristae::core {

template <class Counts>
struct EventMoment {
  using M = DoubleMath;
  Program const& program;
  EventTables const& e;
  Counts& counts;
  EventWords<Counts> words;
  double now;

  CRISTAE_CORE EventMoment(Program const& p, Counts& c, double time)
      : program(p), e(p.events), counts(c), words{p.events, c}, now(time) {}

  /// Before anything is known of the trajectory.
  CRISTAE_CORE void forget() {
    words.set_next(M::infinity());
    words.set_fault(0);
    words.set_pending(0);
    for (u32 i = 0; i < e.count; ++i) words.set_latch(i, (e.event[i].flags & event_was_true) != 0);
    for (u32 i = 0; i < e.thresholds; ++i) words.set_reached(i, false);
  }

  /// The values that the schedule gives from `segment` on.
  CRISTAE_CORE void load(TrajectoryState const& t, u32 segment) {
    Schedule const& schedule = program.schedule;
    float const* const row =
        schedule.values + (u64(t.row) * schedule.segments + segment) * schedule.row;
    float const* const values = row + schedule.constants;
    for (u32 i = 0; i < e.values; ++i) {
      if (e.loads[segment * e.values + i] == 0) continue;
      u64 const low = bit_cast<u32>(values[2 * i]), high = bit_cast<u32>(values[2 * i + 1]);
      words.set_value(i, bit_cast<double>(low | high << 32));
    }
  }

  /// Everything that happens at this time. redraws, begins_wide, or bad_event.
  CRISTAE_CORE Settled carry_out() {
    u32 done = words.in_a_row();
    for (;; ++done) {
      if (!look_at_triggers()) return Settled::bad_event;
      u32 const entry = first_due();
      if (entry == nothing) break;
      if (done == most_at_once) return fail(words.event_of(entry), EventFault::endless);
      Settled const executed = execute(entry);
      if (executed != Settled::redraws) return executed;
    }
    remember();
    words.set_in_a_row(words.next() <= next_above(now) ? done : 0);
    return Settled::redraws;
  }

 private:
  static constexpr u32 nothing = ~u32(0);

  CRISTAE_CORE Settled fail(u32 event, EventFault why) {
    words.set_fault(event * event_faults + u32(why));
    return Settled::bad_event;
  }

  // --- triggers --------------------------------------------------------------------------------
  CRISTAE_CORE bool look_at_triggers() {
    for (u32 i = 0; i < e.count; ++i) {
      bool const holds = value(e.event[i].trigger) != 0;
      if (holds == words.latch(i)) continue;
      words.set_latch(i, holds);
      if (holds) {
        if (!put_down(i)) return false;
      } else if ((e.event[i].flags & event_is_persistent) == 0) {
        withdraw(i);
      }
    }
    return true;
  }

  CRISTAE_CORE bool put_down(u32 event) {
    TriggeredEvent const& triggered = e.event[event];
    double due = now;
    if (!triggered.delay.empty()) {
      double const delay = value(triggered.delay);
      if (!(delay >= 0 && delay < M::infinity()))
        return fail(event, EventFault::bad_delay) == Settled::redraws;
      due = snapped(now + delay);
    }
    u32 const entry = words.pending();
    if (entry == e.capacity) return fail(event, EventFault::too_many) == Settled::redraws;
    words.set_pending(entry + 1);
    words.set_event_of(entry, event);
    words.set_due(entry, due);
    if ((triggered.flags & event_keeps_values) != 0) find_values(entry);
    return true;
  }

  CRISTAE_CORE void withdraw(u32 event) {
    for (u32 i = words.pending(); i-- > 0;)
      if (words.event_of(i) == event) words.remove(i);
  }

  // --- executions ------------------------------------------------------------------------------
  /// Of what is due, that of the highest priority; then the first in the file; then the oldest.
  CRISTAE_CORE u32 first_due() {
    u32 first = nothing;
    double highest = 0;
    u32 const pending = words.pending();
    for (u32 i = 0; i < pending; ++i) {
      if (words.due(i) > now) continue;
      TriggeredEvent const& triggered = e.event[words.event_of(i)];
      double priority = -M::infinity();
      if (!triggered.priority.empty()) priority = value(triggered.priority);
      if (priority != priority) priority = -M::infinity();
      bool const is_before = first == nothing || priority > highest ||
                             (priority == highest && words.event_of(i) < words.event_of(first));
      if (!is_before) continue;
      first = i;
      highest = priority;
    }
    return first;
  }

  CRISTAE_CORE void find_values(u32 entry) {
    TriggeredEvent const& triggered = e.event[words.event_of(entry)];
    for (u32 i = triggered.set_begin; i < triggered.set_end; ++i)
      words.set_to_set(entry, i - triggered.set_begin, value(e.set[i].value));
  }

  /// All assignments, or none.
  CRISTAE_CORE Settled execute(u32 entry) {
    u32 const event = words.event_of(entry);
    TriggeredEvent const& triggered = e.event[event];
    if ((triggered.flags & event_keeps_values) == 0) find_values(entry);
    bool is_wide = false;
    for (u32 i = triggered.set_begin; i < triggered.set_end; ++i) {
      EventSet const& set = e.set[i];
      double const value = words.to_set(entry, i - triggered.set_begin);
      if (set.is_species != 0) {
        if (!(M::lower(value) == value)) return fail(event, EventFault::not_whole);
        if (!(value >= 0 && value <= double(largest_count)))
          return fail(event, EventFault::out_of_range);
        is_wide = is_wide || !counts.fits(i64(value));
      } else {
        if (!(M::absolute(value) < M::infinity())) return fail(event, EventFault::not_finite);
        if (!(value >= set.lower && value <= set.upper))
          return fail(event, EventFault::out_of_bounds);
      }
    }
    if (is_wide) return Settled::begins_wide;
    for (u32 i = triggered.set_begin; i < triggered.set_end; ++i) {
      EventSet const& set = e.set[i];
      double const value = words.to_set(entry, i - triggered.set_begin);
      if (set.is_species != 0)
        counts.set(set.index, i64(value));
      else
        words.set_value(set.index, value);
    }
    words.remove(entry);
    return Settled::redraws;
  }

  // --- what the fast path needs -------------------------------------------------------------------
  CRISTAE_CORE void remember() {
    remember_thresholds();
    if (e.touch_count != no_touch_count) {
      counts.set(e.touch_count, 0);
      counts.set_constant(e.gate, -1.0f);
    }
    remember_constants();
    double next = M::infinity();
    for (u32 i = 0; i < e.switches; ++i) {
      double const time = switches_at(e.time_switch[i]);
      if (time < next) next = time;
    }
    u32 const pending = words.pending();
    for (u32 i = 0; i < pending; ++i)
      if (words.due(i) < next) next = words.due(i);
    words.set_next(next);
  }

  CRISTAE_CORE void remember_thresholds() {
    for (u32 f = 0; f < e.forms; ++f) {
      EventForm const& form = e.form[f];
      i64 const sum = sum_of(e, form, counts);
      float high = core::infinity(), low = -core::infinity();
      for (u32 i = form.begin; i < form.end; ++i) {
        i64 const least = e.threshold[i].least;
        bool const is_reached = sum >= least;
        words.set_reached(i, is_reached);
        if (is_reached)
          low = in_float(least - 1);
        else if (high == core::infinity())
          high = in_float(least);
      }
      counts.set_constant(form.high, high);
      counts.set_constant(form.low, low);
    }
  }

  /// No sum of lanes is beyond 2^24.
  static CRISTAE_CORE float in_float(i64 least) {
    constexpr i64 beyond = (i64(1) << 24) + 2;
    return float(least < -beyond ? -beyond : least > beyond ? beyond : least);
  }

  /// Values that no law may have become NaN, so that the trajectory ends as one with a bad propensity.
  CRISTAE_CORE void remember_constants() {
    bool is_wrong = false;
    for (u32 i = 0; i < e.positives; ++i) is_wrong = is_wrong || !(value(e.positive[i]) > 0);
    for (u32 i = 0; i < e.constants; ++i) {
      double const exact = value(e.constant[i].value);
      float const rounded = float(exact);
      bool const is_lost = (rounded == 0 && exact != 0) ||
                           !(rounded > -core::infinity() && rounded < core::infinity());
      counts.set_constant(e.constant[i].reg, is_wrong || is_lost ? quiet_nan() : rounded);
    }
  }

  // --- times -----------------------------------------------------------------------------------
  /// A time; where it differs from a stop by rounding only, that stop's, or a sample could miss what
  /// it must see.
  CRISTAE_CORE double snapped(double time) const {
    Stops const& stops = program.stops;
    u32 begin = 0, end = stops.count;
    while (begin < end) {
      u32 const middle = begin + (end - begin) / 2;
      if (stops.times[middle] < time)
        begin = middle + 1;
      else
        end = middle;
    }
    double const tolerance = 0x1p-50 * M::absolute(time);
    if (begin < stops.count && stops.times[begin] - time <= tolerance) return stops.times[begin];
    if (begin > 0 && time - stops.times[begin - 1] <= tolerance) return stops.times[begin - 1];
    return time;
  }

  /// The double behind one that is not negative.
  static CRISTAE_CORE double next_above(double time) {
    return bit_cast<double>(bit_cast<u64>(time + 0.0) + 1);
  }

  /// The time after `now` at which the comparison changes; infinity where it does not.
  CRISTAE_CORE double switches_at(TimeSwitch const& s) const {
    double const a = value(s.a), b = value(s.b);
    if (!(b < 0 || b > 0)) return M::infinity();
    double const time = snapped(-a / b);
    bool const ends =
        s.comparison == TimeComparison::at_most || s.comparison == TimeComparison::above;
    bool const is_equality =
        s.comparison == TimeComparison::equal || s.comparison == TimeComparison::not_equal;
    // With b > 0, >= and < change at the time itself, > and <= behind it.
    if (time > now && (is_equality || ends == (b < 0))) return time;
    double const behind = time >= 0 ? next_above(time) : time;
    if (behind > now && (is_equality || ends == (b > 0))) return behind;
    return M::infinity();
  }

  CRISTAE_CORE bool compares(double a, double b, TimeComparison comparison) const {
    double difference = a;  // in sign
    if (b < 0 || b > 0) {
      double const time = snapped(-a / b);
      if (time != time) return comparison == TimeComparison::not_equal;
      difference = now == time ? 0 : (now > time) == (b > 0) ? 1 : -1;
    }
    switch (comparison) {
      case TimeComparison::at_least: return difference >= 0;
      case TimeComparison::above: return difference > 0;
      case TimeComparison::at_most: return difference <= 0;
      case TimeComparison::below: return difference < 0;
      case TimeComparison::equal: return difference == 0;
      default: return difference != 0;
    }
  }

  // --- expressions -------------------------------------------------------------------------------
  CRISTAE_CORE bool reaches(u32 threshold) const {
    EventThreshold const& t = e.threshold[threshold];
    return sum_of(e, e.form[t.form], counts) >= t.least;
  }

  static CRISTAE_CORE double truth(bool is) { return is ? 1 : 0; }

  /// Not inlined: it is used for everything.
  CRISTAE_CORE_CALL double value(EventCode code) const {
    double stack[event_stack];
    u32 top = 0;  // of what is on it
    for (u32 i = code.begin; i < code.end; ++i) {
      EventOp const& op = e.op[i];
      double result = 0;
      double const c = top > 2 ? stack[top - 3] : 0, b = top > 1 ? stack[top - 2] : 0,
                   a = top > 0 ? stack[top - 1] : 0;  // b op a
      u32 taken = 2;
      switch (op.code) {
        case EventOpCode::number: result = op.number, taken = 0; break;
        case EventOpCode::species: result = double(counts.get(op.index)), taken = 0; break;
        case EventOpCode::value: result = words.value(op.index), taken = 0; break;
        case EventOpCode::time: result = now, taken = 0; break;
        case EventOpCode::threshold: result = truth(reaches(op.index)), taken = 0; break;
        case EventOpCode::moment: result = truth(compares(b, a, TimeComparison(op.index))); break;
        case EventOpCode::negate: result = -a, taken = 1; break;
        case EventOpCode::add: result = b + a; break;
        case EventOpCode::subtract: result = b - a; break;
        case EventOpCode::multiply: result = b * a; break;
        case EventOpCode::divide: result = b / a; break;
        case EventOpCode::power: result = M::power(b, a); break;
        case EventOpCode::minimum: result = M::minimum(b, a); break;
        case EventOpCode::maximum: result = M::maximum(b, a); break;
        case EventOpCode::exponential: result = M::exponential(a), taken = 1; break;
        case EventOpCode::logarithm: result = M::logarithm(a), taken = 1; break;
        case EventOpCode::logarithm10: result = M::logarithm10(a), taken = 1; break;
        case EventOpCode::square_root: result = M::square_root(a), taken = 1; break;
        case EventOpCode::absolute: result = M::absolute(a), taken = 1; break;
        case EventOpCode::floor: result = M::lower(a), taken = 1; break;
        case EventOpCode::ceiling: result = M::upper(a), taken = 1; break;
        case EventOpCode::hill: result = M::hill(c, b, a), taken = 3; break;
        case EventOpCode::less: result = truth(b < a); break;
        case EventOpCode::less_equal: result = truth(b <= a); break;
        case EventOpCode::equal: result = truth(b == a); break;
        case EventOpCode::logical_and: result = truth(b != 0 && a != 0); break;
        case EventOpCode::logical_or: result = truth(b != 0 || a != 0); break;
        case EventOpCode::logical_not: result = truth(!(a != 0)), taken = 1; break;
        case EventOpCode::choose: result = c != 0 ? b : a, taken = 3; break;
      }
      top -= taken;
      stack[top++] = result;
    }
    return stack[0];
  }
};

/// What a recorder's happen() does. redraws, begins_wide, or bad_event; `left` is up to date where
/// it is no stop at which this happens.
template <class Counts>
CRISTAE_CORE_CALL Settled carry_out(Program const& program, TrajectoryState& t, Counts& counts,
                                    Occasion occasion) {
  EventTables const& e = program.events;
  if (occasion == Occasion::start) EventMoment<Counts>(program, counts, 0).forget();
  bool const is_at_stop = occasion <= Occasion::changes;
  double const stop = program.stops.times[t.stop];
  double const target = is_at_stop ? stop : target_of(program, t, counts);
  double const now = is_at_stop ? stop : target - (double(t.left.high) + double(t.left.low));
  EventMoment<Counts> moment(program, counts, now);
  // Changes have just been applied, and counted.
  if (occasion == Occasion::start || occasion == Occasion::changes) moment.load(t, t.segment - 1);
  if (t.stop < e.from) return Settled::redraws;
  Settled const settled = moment.carry_out();
  if (settled != Settled::redraws || is_at_stop) return settled;
  double const next = target_of(program, t, counts);
  if (next != target || occasion == Occasion::due) t.left = time_left(next - now);
  return settled;
}

}  // namespace cristae::core
