// host/cpu/reference_events.cpp - triggers, delays, priorities and assignments by plain recursion.
#include "host/cpu/reference_events.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/engine/event_program.hpp"

namespace cristae {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

double value_of(Expression const& expression, ExpressionValues const& values) {
  return evaluate(expression, values);
}

}  // namespace

ReferenceEvents::ReferenceEvents(Network const& network, std::vector<double> stops)
    : network_(network), stops_(std::move(stops)), next_(infinite) {
  for (Event const& event : network.events) {
    triggers_.emplace_back(network, event.trigger, [this](double time) { return snapped(time); });
    latches_.push_back(event.initial_value);
  }
}

double ReferenceEvents::snapped(double time) const {
  for (auto at = std::lower_bound(stops_.begin(), stops_.end(), time);;) {
    double const tolerance = 0x1p-50 * std::fabs(time);
    if (at != stops_.end() && *at - time <= tolerance) return *at;
    if (at != stops_.begin() && time - *std::prev(at) <= tolerance) return *std::prev(at);
    return time;
  }
}

std::optional<EventFailure> ReferenceEvents::happen(double time, std::vector<double>& counts,
                                                    std::vector<double>& parameters) {
  has_begun_ = true;
  auto const now = [&] { return ExpressionValues{counts, parameters, {}, {}, time}; };
  std::vector<double> rules;
  auto const with_rules = [&] {
    auto values = now();
    rules = evaluate_rules(network_, values);
    values.rules = rules;
    return values;
  };
  for (u32 done = 0;; ++done) {
    if (auto const failure = look(with_rules())) return failure;
    auto const due = first_due(with_rules());
    if (!due) break;
    Pending const pending = pending_[*due];
    if (done == core::most_at_once) return EventFailure{pending.event, core::EventFault::endless};
    if (auto const failure = execute(pending, with_rules(), counts, parameters)) return failure;
    pending_.erase(pending_.begin() + std::ptrdiff_t(*due));
  }
  next_ = infinite;
  for (auto const& trigger : triggers_) next_ = std::min(next_, trigger.next_switch(with_rules()));
  for (auto const& pending : pending_) next_ = std::min(next_, pending.due);
  return std::nullopt;
}

std::optional<EventFailure> ReferenceEvents::look(ExpressionValues const& values) {
  for (u32 i = 0; i < triggers_.size(); ++i) {
    Event const& event = network_.events[i];
    bool const holds = triggers_[i].holds(values);
    if (holds == latches_[i]) continue;
    latches_[i] = holds;
    if (!holds) {
      if (!event.persistent)
        std::erase_if(pending_, [&](Pending const& pending) { return pending.event == i; });
      continue;
    }
    Pending pending{i, values.time, {}};
    if (event.delay) {
      double const delay = value_of(*event.delay, values);
      if (!(delay >= 0 && delay < infinite)) return EventFailure{i, core::EventFault::bad_delay};
      pending.due = snapped(values.time + delay);
    }
    if (pending_.size() == most_pending(network_))
      return EventFailure{i, core::EventFault::too_many};
    if (event.values_from_trigger_time) pending.values = values_of(event, values);
    pending_.push_back(std::move(pending));
  }
  return std::nullopt;
}

std::vector<double> ReferenceEvents::values_of(Event const& event,
                                               ExpressionValues const& values) const {
  std::vector<double> of;
  for (auto const& assignment : event.assignments) of.push_back(value_of(assignment.value, values));
  return of;
}

std::optional<usize> ReferenceEvents::first_due(ExpressionValues const& values) const {
  std::optional<usize> first;
  double highest = 0;
  for (usize i = 0; i < pending_.size(); ++i) {
    if (pending_[i].due > values.time) continue;
    auto const& priority = network_.events[pending_[i].event].priority;
    double value = priority ? value_of(*priority, values) : -infinite;
    if (std::isnan(value)) value = -infinite;
    if (first &&
        (value < highest || (value == highest && pending_[i].event >= pending_[*first].event)))
      continue;
    first = i;
    highest = value;
  }
  return first;
}

std::optional<EventFailure> ReferenceEvents::execute(Pending const& pending,
                                                     ExpressionValues const& values,
                                                     std::vector<double>& counts,
                                                     std::vector<double>& parameters) {
  Event const& event = network_.events[pending.event];
  auto const set = event.values_from_trigger_time ? pending.values : values_of(event, values);
  auto const fails = [&](core::EventFault fault) { return EventFailure{pending.event, fault}; };
  for (usize i = 0; i < set.size(); ++i) {
    auto const& target = event.assignments[i].target;
    if (std::holds_alternative<SpeciesId>(target)) {
      if (!(std::floor(set[i]) == set[i])) return fails(core::EventFault::not_whole);
      if (!(set[i] >= 0 && set[i] <= 0x1p53)) return fails(core::EventFault::out_of_range);
    } else {
      auto const& parameter = network_.parameters[u32(std::get<ParameterId>(target))];
      if (!std::isfinite(set[i])) return fails(core::EventFault::not_finite);
      if (!(set[i] >= parameter.lower && set[i] <= parameter.upper))
        return fails(core::EventFault::out_of_bounds);
    }
  }
  for (usize i = 0; i < set.size(); ++i) {
    auto const& target = event.assignments[i].target;
    if (auto const* species = std::get_if<SpeciesId>(&target))
      counts[u32(*species)] = set[i];
    else
      parameters[u32(std::get<ParameterId>(target))] = set[i];
  }
  return std::nullopt;
}

}  // namespace cristae
