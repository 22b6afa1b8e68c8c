// host/engine/waiting_events.cpp - latches, delays and priorities.
#include "host/engine/waiting_events.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "host/engine/event_program.hpp"

namespace cristae {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

WaitingEvents::WaitingEvents(Experiment const& experiment, TimedTrigger::Decide decide)
    : network_(*experiment.network), stops_(experiment.sample_times) {
  for (auto const& segment : experiment.segments) stops_.push_back(segment.start);
  std::sort(stops_.begin(), stops_.end());
  for (Event const& event : network_.events) {
    triggers_.emplace_back(
        network_, event.trigger, [this](double time) { return snapped(time); }, decide);
    latches_.push_back(event.initial_value);
  }
}

double WaitingEvents::snapped(double time) const {
  auto const at = std::lower_bound(stops_.begin(), stops_.end(), time);
  double const tolerance = 0x1p-50 * std::fabs(time);
  if (at != stops_.end() && *at - time <= tolerance) return *at;
  if (at != stops_.begin() && time - *std::prev(at) <= tolerance) return *std::prev(at);
  return time;
}

std::optional<EventFailure> WaitingEvents::look(ExpressionValues const& values) {
  for (u32 i = 0; i < triggers_.size(); ++i) {
    Event const& event = network_.events[i];
    bool const holds = triggers_[i].holds(values);
    if (holds == latches_[i]) continue;
    latches_[i] = holds;
    if (!holds) {
      if (!event.persistent)
        std::erase_if(waiting_, [&](Waiting const& waiting) { return waiting.event == i; });
      continue;
    }
    Waiting waiting{i, values.time, {}};
    if (event.delay) {
      double const delay = evaluate(*event.delay, values);
      if (!(delay >= 0 && delay < infinite)) return EventFailure{i, core::EventFault::bad_delay};
      waiting.due = snapped(values.time + delay);
    }
    if (waiting_.size() == most_pending(network_))
      return EventFailure{i, core::EventFault::too_many};
    if (event.values_from_trigger_time) waiting.values = values_now(event, values);
    waiting_.push_back(std::move(waiting));
  }
  return std::nullopt;
}

std::optional<usize> WaitingEvents::first_due(ExpressionValues const& values) const {
  std::optional<usize> first;
  double highest = 0;
  for (usize i = 0; i < waiting_.size(); ++i) {
    if (waiting_[i].due > values.time) continue;
    auto const& priority = network_.events[waiting_[i].event].priority;
    double value = priority ? evaluate(*priority, values) : -infinite;
    if (std::isnan(value)) value = -infinite;
    if (first &&
        (value < highest || (value == highest && waiting_[i].event >= waiting_[*first].event)))
      continue;
    first = i;
    highest = value;
  }
  return first;
}

std::vector<double> WaitingEvents::values_of(Waiting const& waiting,
                                             ExpressionValues const& values) const {
  Event const& event = network_.events[waiting.event];
  return event.values_from_trigger_time ? waiting.values : values_now(event, values);
}

std::vector<double> WaitingEvents::values_now(Event const& event,
                                              ExpressionValues const& values) const {
  std::vector<double> now;
  for (auto const& assignment : event.assignments)
    now.push_back(evaluate(assignment.value, values));
  return now;
}

double WaitingEvents::next(ExpressionValues const& values) const {
  double next = infinite;
  for (auto const& trigger : triggers_) next = std::min(next, trigger.next_switch(values));
  for (auto const& waiting : waiting_) next = std::min(next, waiting.due);
  return next;
}

}  // namespace cristae
