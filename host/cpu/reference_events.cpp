// host/cpu/reference_events.cpp - what is due, carried out on whole copy numbers.
#include "host/cpu/reference_events.hpp"

#include <cmath>
#include <limits>

namespace cristae {

ReferenceEvents::ReferenceEvents(Experiment const& experiment)
    : network_(*experiment.network), waiting_(experiment),
      next_(std::numeric_limits<double>::infinity()) {}

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
  u32 done = in_a_row_;
  for (;; ++done) {
    if (auto const failure = waiting_.look(with_rules())) return failure;
    auto const due = waiting_.first_due(with_rules());
    if (!due) break;
    auto const& first = waiting_[*due];
    if (done == core::most_at_once) return EventFailure{first.event, core::EventFault::endless};
    if (auto const failure = execute(first, with_rules(), counts, parameters)) return failure;
    waiting_.remove(*due);
  }
  next_ = waiting_.next(with_rules());
  in_a_row_ = next_ <= std::nextafter(time, HUGE_VAL) ? done : 0;
  return std::nullopt;
}

std::optional<EventFailure> ReferenceEvents::execute(WaitingEvents::Waiting const& due,
                                                     ExpressionValues const& values,
                                                     std::vector<double>& counts,
                                                     std::vector<double>& parameters) {
  Event const& event = network_.events[due.event];
  auto const set = waiting_.values_of(due, values);
  auto const fails = [&](core::EventFault fault) { return EventFailure{due.event, fault}; };
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
