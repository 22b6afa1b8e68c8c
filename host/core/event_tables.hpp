// host/core/event_tables.hpp - triggered events as tables: conditions, values, and a trajectory's words.
//
// What a trajectory remembers lies in registers behind its copy numbers and constants, as words that
// are no numbers to anyone else: so it is where the trajectory is, on every engine.
#pragma once

#include "host/core/lane.hpp"

namespace cristae::core {

/// One copy number of a sum.
struct ConditionPart {
  u32 species;
  i64 factor;
};

// clang-format off
/// Expressions of events are evaluated in double, on a stack.
enum class EventOpCode : u8 {
  number,     ///< `number`
  species,    ///< copy number `index`
  value,      ///< EventTables::values `index`
  time,
  threshold,  ///< whether threshold `index` is reached, in whole numbers
  moment,     ///< of a, b and the TimeComparison `index`: whether a + b time compares with 0 so
  negate, add, subtract, multiply, divide, power, minimum, maximum,
  exponential, logarithm, logarithm10, square_root, absolute, floor, ceiling, hill,
  less, less_equal, equal, logical_and, logical_or, logical_not,
  choose,     ///< a != 0 ? b : c
};
// clang-format on

struct EventOp {
  EventOpCode code;
  u32 index;
  double number;
};

/// Deeper expressions are refused.
inline constexpr u32 event_stack = 48;

/// Ops [begin, end); none: there is no such expression.
struct EventCode {
  u32 begin, end;
  CRISTAE_CORE bool empty() const { return begin == end; }
};

enum class TimeComparison : u8 { at_least, above, at_most, below, equal, not_equal };

/// A comparison of a + b time with 0: its truth changes at the time -a/b.
struct TimeSwitch {
  EventCode a, b;
  TimeComparison comparison;
};

/// A sum of copy numbers, each times a whole number, and the thresholds [begin, end) of it, increasing.
/// The registers (not multiplied) hold what the sum must be at least, or at most, for a threshold to be
/// passed: lanes look at nothing else.
struct EventForm {
  u32 part_begin, part_end;
  u32 begin, end;
  u32 high, low;
};

struct EventThreshold {
  u32 form;
  i64 least;
};

/// One of an event's assignments.
struct EventSet {
  u32 is_species;  ///< 1: `index` is a species; 0: one of EventTables::values
  u32 index;
  EventCode value;
  double lower, upper;  ///< bounds of a parameter
};

inline constexpr u32 event_is_persistent = 1;
inline constexpr u32 event_keeps_values = 2;  ///< those of when it was triggered
inline constexpr u32 event_was_true = 4;      ///< before time 0

struct TriggeredEvent {
  EventCode trigger, delay, priority;
  u32 set_begin, set_end;
  u32 flags;
};

/// A constant of laws that depends on a parameter which events set.
struct EventConstant {
  EventCode value;
  u32 reg;  ///< not multiplied
};

/// Why an event could not be carried out; beside the event's index in EventWords::fault.
enum class EventFault : u8 {
  not_whole,      ///< a copy number
  out_of_range,   ///< a copy number below 0 or above 2^53
  not_finite,     ///< a parameter
  out_of_bounds,  ///< a parameter
  bad_delay,      ///< negative, infinite or not a number
  too_many,       ///< are pending
  endless,        ///< events at one time, or at each of the times that there are
};
inline constexpr u32 event_faults = 8;  ///< fault = event * event_faults + reason

/// Executions at one time, or at times between which there is no other; more are taken to be endless.
inline constexpr u32 most_at_once = 10000;

inline constexpr u32 no_touch_count = ~u32(0);

struct EventTables {
  u32 count;        ///< of events; 0: there are none, and nothing below means anything
  u32 from;         ///< the stop at time 0, from which on triggers are looked at
  u32 touch_count;  ///< a species behind the counters that counts firings of reactions which touch
                    ///< triggers without thresholds; no_touch_count: there is none
  u32 gate;         ///< the register (not multiplied) of -1 where lanes look at it, else -infinity
  u32 words;        ///< the register (not multiplied) where EventWords begin
  u32 values;       ///< parameters that are not the same for all trajectories at all times
  u32 capacity;     ///< executions that can be pending
  u32 entry;        ///< words of each
  u32 thresholds, forms, switches, constants, positives;
  EventOp const* op;
  ConditionPart const* part;
  EventForm const* form;
  EventThreshold const* threshold;
  TimeSwitch const* time_switch;
  TriggeredEvent const* event;
  EventSet const* set;
  EventConstant const* constant;
  EventCode const* positive;  ///< must be above 0 for the constants to have a meaning
  u8 const*
      loads;  ///< [segment][values]: 1: the schedule's value holds from the segment's start on
};

}  // namespace cristae::core
