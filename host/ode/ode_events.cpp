// host/ode/ode_events.cpp - sides of bounds in the place of comparisons; all else as on trajectories.
#include "host/ode/ode_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "host/model/evaluate.hpp"
#include "host/ode/rate_equations.hpp"

namespace cristae {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

bool is_comparison(NodeKind kind) { return kind >= NodeKind::less && kind <= NodeKind::not_equal; }

u32 last(Expression const& e) { return static_cast<u32>(e.nodes.size() - 1); }

int sign_of(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

/// What a formula reads of the state, and where its comparisons are.
struct Survey {
  Network const& network;
  std::vector<std::pair<Expression const*, u32>> leaves{};  ///< comparisons of copy numbers

  /// Whether a node reads copy numbers outside of comparisons.
  bool look(Expression const& e, u32 at) {
    Node const& n = e.nodes[at];
    if (n.kind == NodeKind::symbol && n.symbol.kind == SymbolKind::rule) {
      auto const& rule = network.rules[n.symbol.index].expression;
      return look(rule, last(rule));
    }
    bool found = n.kind == NodeKind::symbol && n.symbol.kind == SymbolKind::species;
    for (u32 const argument : n.arguments) found |= look(e, argument);
    if (!is_comparison(n.kind) || !found) return found;
    leaves.emplace_back(&e, at);
    return false;
  }
};

}  // namespace

std::vector<Diagnostic> triggers_without_crossings(Network const& network) {
  std::vector<Diagnostic> findings;
  for (Event const& event : network.events) {
    Survey survey{network};
    if (!survey.look(event.trigger, last(event.trigger))) continue;
    findings.push_back({Severity::error, event.where,
                        fmt::format("the trigger of event '{}' reads copy numbers outside of "
                                    "comparisons, which the engine 'ode' cannot carry out",
                                    event.id),
                        "the point at which the solution turns it true could not be found",
                        "Write comparisons such as A + 2*B >= 50, joined by and, or, not"});
  }
  return findings;
}

OdeEvents::OdeEvents(Experiment const& experiment)
    : experiment_(experiment), network_(*experiment.network),
      waiting_(experiment, [this](Expression const& e, u32 node) { return decided(e, node); }),
      next_(infinite) {
  if (auto findings = triggers_without_crossings(network_); !findings.empty())
    throw Error(ExitCode::model, std::move(findings));
  for (Event const& event : network_.events) add_roots(event.trigger);
}

void OdeEvents::add_roots(Expression const& expression) {
  Survey survey{network_};
  survey.look(expression, last(expression));
  for (auto const& [e, at] : survey.leaves) {
    if (!root_of_.emplace(std::pair(e, at), roots_.size()).second) continue;
    Node const& n = e->nodes[at];
    roots_.push_back({part(*e, n.arguments[0]), part(*e, n.arguments[1]), n.kind});
  }
}

std::optional<bool> OdeEvents::decided(Expression const& expression, u32 node) const {
  auto const found = root_of_.find(std::pair(&expression, node));
  if (found == root_of_.end()) return std::nullopt;
  int const side = roots_[found->second].side;
  switch (roots_[found->second].kind) {
    case NodeKind::less: return side < 0;
    case NodeKind::less_equal: return side <= 0;
    case NodeKind::greater: return side > 0;
    case NodeKind::greater_equal: return side >= 0;
    case NodeKind::equal: return side == 0;
    default: return side != 0;
  }
}

void OdeEvents::differences(double time, std::span<double const> x,
                            std::span<double const> parameters, std::span<double> out) const {
  ExpressionValues values{x, parameters, {}, {}, time};
  auto const rules = evaluate_rules(network_, values);
  values.rules = rules;
  for (usize i = 0; i < roots_.size(); ++i)
    out[i] = evaluate(roots_[i].left, values) - evaluate(roots_[i].right, values);
}

void OdeEvents::fail(u32 event, State const& state, char const* why) const {
  throw Error(ExitCode::numerical, fmt::format("event '{}' {}", network_.events[event].id, why),
              fmt::format("at t = {:.6g}{}{}", state.time, network_.time_unit.empty() ? "" : " ",
                          network_.time_unit),
              "Correct the event");
}

bool OdeEvents::happen(
    double time, std::span<double> x, std::vector<double>& parameters, std::span<int const> crossed,
    std::function<void(std::span<double const>, std::span<double>)> const& change) {
  State const state{time, x, parameters};
  std::vector<double> before(roots_.size()), after(roots_.size());
  auto const measure = [&](std::vector<double>& out) { differences(time, x, parameters, out); };
  measure(before);
  // At the crossing itself both sides are equal.
  for (usize i = 0; i < roots_.size(); ++i) {
    bool const is_crossed = !crossed.empty() && crossed[i] != 0;
    if (is_crossed)
      roots_[i].side = 0;
    else if (!knows_sides_)
      roots_[i].side = sign_of(before[i]);
  }
  has_begun_ = knows_sides_ = true;
  bool has_changed = carry_out(state);
  measure(after);
  take_sides(before, after);

  // And right behind it they are not.
  std::vector<double> slope(x.size()), ahead(x.begin(), x.end()), then(roots_.size());
  change(x, slope);
  double const step = 1e-9 * std::max(std::fabs(time), experiment_.t_end);
  for (usize i = 0; i < ahead.size(); ++i) ahead[i] += step * slope[i];
  differences(time + step, ahead, parameters, then);
  for (usize i = 0; i < roots_.size(); ++i) {
    if (roots_[i].side != 0) continue;
    bool const is_as_crossed = !crossed.empty() && crossed[i] != 0 && before[i] == after[i];
    int const slopes = sign_of(then[i] - after[i]);
    // What an event sets may have turned the solution back.
    roots_[i].side = is_as_crossed && (!has_changed || slopes == 0) ? crossed[i] : slopes;
  }
  before = after;
  if (carry_out(state)) {
    has_changed = true;
    measure(after);
    take_sides(before, after);
  }

  ExpressionValues values{x, parameters, {}, {}, time};
  auto const rules = evaluate_rules(network_, values);
  values.rules = rules;
  next_ = waiting_.next(values);
  if (!(next_ <= std::nextafter(time, HUGE_VAL))) in_a_row_ = 0;
  return has_changed;
}

/// Those that an assignment moved are where it put them.
void OdeEvents::take_sides(std::span<double const> before, std::span<double const> after) {
  for (usize i = 0; i < roots_.size(); ++i)
    if (before[i] != after[i]) roots_[i].side = sign_of(after[i]);
}

/// True if anything was set.
bool OdeEvents::carry_out(State const& state) {
  bool has_changed = false;
  std::vector<double> before(roots_.size()), after(roots_.size());
  for (;; ++in_a_row_) {
    ExpressionValues values{state.x, state.parameters, {}, {}, state.time};
    auto const rules = evaluate_rules(network_, values);
    values.rules = rules;
    if (auto const failure = waiting_.look(values))
      fail(failure->event, state,
           failure->fault == core::EventFault::bad_delay
               ? "has a delay that is negative or undefined"
               : "waits too many times at once");
    auto const first = waiting_.first_due(values);
    if (!first) return has_changed;
    auto const& due = waiting_[*first];
    if (in_a_row_ == core::most_at_once)
      fail(due.event, state, "triggers itself without end at one time, or at every one");
    differences(state.time, state.x, state.parameters, before);
    has_changed |= execute(due, values, state);
    differences(state.time, state.x, state.parameters, after);
    take_sides(before, after);
    waiting_.remove(*first);
  }
}

bool OdeEvents::execute(WaitingEvents::Waiting const& due, ExpressionValues const& values,
                        State const& state) {
  Event const& event = network_.events[due.event];
  auto set = waiting_.values_of(due, values);
  for (usize i = 0; i < set.size(); ++i) {
    if (!std::isfinite(set[i])) fail(due.event, state, "sets a value that is not finite");
    auto const& target = event.assignments[i].target;
    auto const* parameter = std::get_if<ParameterId>(&target);
    if (!parameter) {
      double const there = state.x[static_cast<u32>(std::get<SpeciesId>(target))];
      if (set[i] < 0 && set[i] >= -most_off * there) set[i] = 0;
    }
    if (!parameter && set[i] < 0) fail(due.event, state, "sets a negative copy number");
    if (!parameter) continue;
    auto const& bounds = network_.parameters[static_cast<u32>(*parameter)];
    if (!(set[i] >= bounds.lower && set[i] <= bounds.upper))
      fail(due.event, state, "sets a parameter beyond its bounds");
  }
  for (usize i = 0; i < set.size(); ++i) {
    auto const& target = event.assignments[i].target;
    if (auto const* species = std::get_if<SpeciesId>(&target))
      state.x[static_cast<u32>(*species)] = set[i];
    else
      state.parameters[static_cast<u32>(std::get<ParameterId>(target))] = set[i];
  }
  return !set.empty();
}

}  // namespace cristae
