// host/engine/engine.cpp - names of statuses, and of what goes wrong with events.
#include "host/engine/engine.hpp"

#include <fmt/format.h>

namespace cristae {
namespace {

char const* text_of(core::EventFault fault) {
  switch (fault) {
    case core::EventFault::not_whole:
      return "sets a copy number that is not whole: use floor() or ceil()";
    case core::EventFault::out_of_range: return "sets a copy number below 0 or above 2^53";
    case core::EventFault::not_finite: return "sets a parameter to what is not a finite number";
    case core::EventFault::out_of_bounds: return "sets a parameter to a value outside its bounds";
    case core::EventFault::bad_delay: return "has a delay that is negative or not a finite number";
    case core::EventFault::too_many: return "is one too many to wait for its delay";
    case core::EventFault::endless: return "goes on and on at one time, or at every one there is";
  }
  return "fails";
}

}  // namespace

char const* name_of(TrajectoryStatus status) {
  switch (status) {
    case TrajectoryStatus::completed: return "completed";
    case TrajectoryStatus::absorbed: return "absorbed";
    case TrajectoryStatus::budget: return "budget";
    case TrajectoryStatus::overflow: return "overflow";
    case TrajectoryStatus::bad_propensity: return "bad_propensity";
    case TrajectoryStatus::stopped: return "stopped";
    case TrajectoryStatus::bad_event: return "bad_event";
  }
  return "unknown";
}

i32 event_fault(EventFailure failure) {
  return i32(failure.event * core::event_faults + u32(failure.fault));
}

EventFailure event_failure(i32 fault) {
  return {u32(fault) / core::event_faults, core::EventFault(u32(fault) % core::event_faults)};
}

std::string event_failure_text(Network const& network, i32 fault) {
  auto const failure = event_failure(fault);
  if (fault < 0 || failure.event >= network.events.size()) return "an event fails";
  return fmt::format("event '{}' {}", network.events[failure.event].id, text_of(failure.fault));
}

}  // namespace cristae
