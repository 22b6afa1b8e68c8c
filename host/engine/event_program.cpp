// host/engine/event_program.cpp - expressions of events to stack code, comparisons to thresholds.
#include "host/engine/event_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "host/model/event_time.hpp"
#include "host/model/state_condition.hpp"

namespace cristae {
namespace {

using core::EventCode;
using core::EventOpCode;

constexpr usize most_ops = 200000;
constexpr u32 none = ~u32{0};

EventOpCode code_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::negate: return EventOpCode::negate;
    case NodeKind::add: return EventOpCode::add;
    case NodeKind::subtract: return EventOpCode::subtract;
    case NodeKind::multiply: return EventOpCode::multiply;
    case NodeKind::divide: return EventOpCode::divide;
    case NodeKind::power: return EventOpCode::power;
    case NodeKind::minimum: return EventOpCode::minimum;
    case NodeKind::maximum: return EventOpCode::maximum;
    case NodeKind::exponential: return EventOpCode::exponential;
    case NodeKind::logarithm: return EventOpCode::logarithm;
    case NodeKind::logarithm10: return EventOpCode::logarithm10;
    case NodeKind::square_root: return EventOpCode::square_root;
    case NodeKind::absolute: return EventOpCode::absolute;
    case NodeKind::floor: return EventOpCode::floor;
    case NodeKind::ceiling: return EventOpCode::ceiling;
    case NodeKind::hill: return EventOpCode::hill;
    case NodeKind::less:
    case NodeKind::greater: return EventOpCode::less;
    case NodeKind::less_equal:
    case NodeKind::greater_equal: return EventOpCode::less_equal;
    case NodeKind::equal:
    case NodeKind::not_equal: return EventOpCode::equal;
    case NodeKind::logical_and: return EventOpCode::logical_and;
    case NodeKind::logical_or: return EventOpCode::logical_or;
    case NodeKind::logical_not: return EventOpCode::logical_not;
    default: break;
  }
  throw Error(ExitCode::internal, "an event holds a node of unknown kind");
}

core::TimeComparison comparison_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::less: return core::TimeComparison::below;
    case NodeKind::less_equal: return core::TimeComparison::at_most;
    case NodeKind::greater: return core::TimeComparison::above;
    case NodeKind::greater_equal: return core::TimeComparison::at_least;
    case NodeKind::equal: return core::TimeComparison::equal;
    default: return core::TimeComparison::not_equal;
  }
}

u32 last(Expression const& e) { return static_cast<u32>(e.nodes.size() - 1); }

class EventCompiler {
 public:
  EventCompiler(LawGraph const& graph, Experiment const& experiment)
      : graph_(graph), experiment_(experiment), network_(*experiment.network),
        is_set_(parameters_of_events(network_)), value_of_(network_.parameters.size(), none) {
    made_.touching.assign(network_.species.size(), false);
    find_varying();
  }

  EventProgram compile() {
    for (Event const& event : network_.events) compile(event);
    make_forms();
    make_constants();
    make_loads();
    return std::move(made_);
  }

 private:
  LawGraph const& graph_;
  Experiment const& experiment_;
  Network const& network_;
  EventProgram made_;
  std::vector<bool> is_set_;      ///< by parameter: an event does
  std::vector<bool> is_varying_;  ///< its value is not that of the whole run
  std::vector<u32> value_of_;     ///< index into EventTables::values
  u32 depth_ = 0;
  std::string user_;         ///< the event at hand, for findings
  bool is_trigger_ = false;  ///< the expression at hand is one

  /// Sums of copy numbers, and of each its thresholds with the ops that ask for them.
  std::map<std::vector<std::pair<u32, i64>>, std::map<i64, std::vector<usize>>> sums_;

  // --- parameters ------------------------------------------------------------------------------
  void find_varying() {
    is_varying_ = is_set_;
    auto const& segments = experiment_.segments;
    for (u32 p = 0; p < is_varying_.size(); ++p) {
      bool varies = is_varying_[p] || experiment_.cells.scales(ParameterId{p});
      for (auto const& segment : segments)
        varies = varies || segment.parameters[p] != segments[0].parameters[p];
      for (auto const swept : experiment_.sets.parameters) varies = varies || u32(swept) == p;
      is_varying_[p] = varies;
    }
  }

  void emit_parameter(u32 p) {
    if (!is_varying_[p]) return emit_number(experiment_.segments[0].parameters[p]);
    u32& index = value_of_[p];
    if (index == none) {
      index = u32(made_.values.size());
      made_.values.push_back(ParameterId{p});
    }
    emit(EventOpCode::value, 0, index);
  }

  bool reads_varying(Expression const& e, u32 at) const {
    Node const& n = e.nodes[at];
    if (n.kind == NodeKind::symbol) {
      if (n.symbol.kind == SymbolKind::parameter) return is_varying_[n.symbol.index];
      if (auto const* rule = rule_of(n)) return reads_varying(*rule, last(*rule));
    }
    return std::any_of(n.arguments.begin(), n.arguments.end(),
                       [&](u32 a) { return reads_varying(e, a); });
  }

  Expression const* rule_of(Node const& n) const {
    bool const is_rule = n.kind == NodeKind::symbol && n.symbol.kind == SymbolKind::rule;
    return is_rule ? &network_.rules[n.symbol.index].expression : nullptr;
  }

  // --- code ------------------------------------------------------------------------------------
  void emit(EventOpCode code, u32 taken, u32 index = 0, double number = 0) {
    depth_ = depth_ + 1 - taken;
    if (depth_ > core::event_stack || made_.ops.size() >= most_ops)
      throw Error(ExitCode::model,
                  fmt::format("an expression of {} is too {}", user_,
                              depth_ > core::event_stack ? "deeply nested" : "long"),
                  depth_ > core::event_stack
                      ? fmt::format("at most {} values wait for their operation at a time",
                                    core::event_stack)
                      : fmt::format("all of them have up to {} operations", most_ops),
                  "Write it in a simpler way");
    made_.ops.push_back({code, index, number});
  }
  void emit_number(double number) { emit(EventOpCode::number, 0, 0, number); }

  template <class Body>
  EventCode code(Body const& body) {
    u32 const begin = u32(made_.ops.size());
    depth_ = 0;
    body();
    return {begin, u32(made_.ops.size())};
  }

  /// The value of a node. `at_time_0` puts 0 in the place of the time outside of comparisons.
  void value(Expression const& e, u32 at, bool at_time_0 = false) {
    Node const& n = e.nodes[at];
    if (auto const* rule = rule_of(n)) return value(*rule, last(*rule), at_time_0);
    auto const argument = [&](usize i) { value(e, n.arguments[i], at_time_0); };
    switch (n.kind) {
      case NodeKind::number: return emit_number(n.number);
      case NodeKind::symbol: return symbol(n.symbol, at_time_0);
      case NodeKind::less:
      case NodeKind::less_equal:
      case NodeKind::greater:
      case NodeKind::greater_equal:
      case NodeKind::equal:
      case NodeKind::not_equal:
      case NodeKind::logical_and:
      case NodeKind::logical_or:
      case NodeKind::logical_not: return truth(e, at);
      case NodeKind::negate:
      case NodeKind::exponential:
      case NodeKind::logarithm:
      case NodeKind::logarithm10:
      case NodeKind::square_root:
      case NodeKind::absolute:
      case NodeKind::floor:
      case NodeKind::ceiling: argument(0); return emit(code_of(n.kind), 1);
      case NodeKind::hill:
        for (usize i = 0; i < 3; ++i) argument(i);
        return emit(EventOpCode::hill, 3);
      case NodeKind::piecewise: {
        usize const pairs = n.arguments.size() / 2;
        for (usize i = 0; i < pairs; ++i) {
          truth(e, n.arguments[2 * i + 1]);
          argument(2 * i);
        }
        argument(n.arguments.size() - 1);
        for (usize i = 0; i < pairs; ++i) emit(EventOpCode::choose, 3);
        return;
      }
      default:
        argument(0);
        for (usize i = 1; i < n.arguments.size(); ++i) {
          argument(i);
          emit(code_of(n.kind), 2);
        }
    }
  }

  void symbol(Symbol symbol, bool at_time_0) {
    switch (symbol.kind) {
      case SymbolKind::species:
        if (is_trigger_) made_.touching[symbol.index] = true;
        return emit(EventOpCode::species, 0, symbol.index);
      case SymbolKind::parameter: return emit_parameter(symbol.index);
      case SymbolKind::time:
        if (at_time_0) return emit_number(0);
        return emit(EventOpCode::time, 0);
      default: throw Error(ExitCode::internal, "an event holds a name that was never resolved");
    }
  }

  /// What the time is multiplied by in a + b time.
  void slope(Expression const& e, u32 at) {
    if (!reads_time(network_, e, at)) return emit_number(0);
    Node const& n = e.nodes[at];
    if (auto const* rule = rule_of(n)) return slope(*rule, last(*rule));
    u32 const a = n.arguments.empty() ? 0 : n.arguments[0];
    u32 const b = n.arguments.size() < 2 ? a : n.arguments[1];
    switch (n.kind) {
      case NodeKind::symbol: return emit_number(1);
      case NodeKind::negate: slope(e, a); return emit(EventOpCode::negate, 1);
      case NodeKind::add:
      case NodeKind::subtract:
        slope(e, a);
        slope(e, b);
        return emit(code_of(n.kind), 2);
      case NodeKind::multiply: {
        bool const is_left = reads_time(network_, e, a);
        slope(e, is_left ? a : b);
        value(e, is_left ? b : a);
        return emit(EventOpCode::multiply, 2);
      }
      case NodeKind::divide:
        slope(e, a);
        value(e, b);
        return emit(EventOpCode::divide, 2);
      default: throw Error(ExitCode::internal, "a trigger is no line of time");
    }
  }

  // --- truths ----------------------------------------------------------------------------------
  void truth(Expression const& e, u32 at) {
    Node const& n = e.nodes[at];
    if (auto const* rule = rule_of(n)) return truth(*rule, last(*rule));
    if (!reads_varying(e, at))
      if (auto const form = whole_form(network_, e, at, experiment_.segments[0].parameters))
        return whole(*form);
    auto const argument = [&](usize i) { truth(e, n.arguments[i]); };
    switch (n.kind) {
      case NodeKind::logical_and:
      case NodeKind::logical_or:
        argument(0);
        argument(1);
        return emit(code_of(n.kind), 2);
      case NodeKind::logical_not: argument(0); return emit(EventOpCode::logical_not, 1);
      case NodeKind::less:
      case NodeKind::less_equal:
      case NodeKind::greater:
      case NodeKind::greater_equal:
      case NodeKind::equal:
      case NodeKind::not_equal: return comparison(e, at);
      default: return value(e, at);
    }
  }

  void comparison(Expression const& e, u32 at) {
    Node const& n = e.nodes[at];
    u32 const a = n.arguments[0], b = n.arguments[1];
    if (is_trigger_ && compares_time(network_, e, at)) {  // a value is asked at one time only
      line(e, at);
      return emit(EventOpCode::moment, 2, u32(comparison_of(n.kind)));
    }
    bool const is_turned = n.kind == NodeKind::greater || n.kind == NodeKind::greater_equal;
    value(e, is_turned ? b : a);
    value(e, is_turned ? a : b);
    emit(code_of(n.kind), 2);
    if (n.kind == NodeKind::not_equal) emit(EventOpCode::logical_not, 1);
  }

  /// a and b of the difference of a comparison's sides, one behind the other.
  void line(Expression const& e, u32 at) {
    line_part(e, at, false);
    line_part(e, at, true);
  }
  void line_part(Expression const& e, u32 at, bool is_slope) {
    for (u32 const side : e.nodes[at].arguments) is_slope ? slope(e, side) : value(e, side, true);
    emit(EventOpCode::subtract, 2);
  }

  /// Thresholds are numbered when all are known.
  void whole(WholeForm const& form) {
    if (form.fixed) return emit_number(*form.fixed ? 1 : 0);
    for (auto const& step : form.steps) {
      if (step.join == StateCondition::Join::at_least) {
        threshold({form.parts.begin() + step.begin, form.parts.begin() + step.end}, step.least);
      } else {
        emit(step.join == StateCondition::Join::all ? EventOpCode::logical_and
                                                    : EventOpCode::logical_or,
             2);
      }
    }
  }

  /// sum >= least; with the sign changed, sum <= -least is not (sum >= 1 - least).
  void threshold(std::vector<StateCondition::Part> parts, i64 least) {
    std::sort(parts.begin(), parts.end(),
              [](auto const& a, auto const& b) { return a.species < b.species; });
    bool const is_negative = parts[0].factor < 0;
    std::vector<std::pair<u32, i64>> sum;
    for (auto const& part : parts)
      sum.emplace_back(part.species, is_negative ? -part.factor : part.factor);
    auto& thresholds = sums_[sum];
    thresholds[is_negative ? 1 - least : least].push_back(made_.ops.size());
    emit(EventOpCode::threshold, 0);
    if (is_negative) emit(EventOpCode::logical_not, 1);
  }

  void make_forms() {
    for (auto const& [sum, thresholds] : sums_) {
      core::EventForm form{};
      form.part_begin = u32(made_.parts.size());
      for (auto const& [species, factor] : sum) made_.parts.push_back({species, factor});
      form.part_end = u32(made_.parts.size());
      form.begin = u32(made_.thresholds.size());
      for (auto const& [least, users] : thresholds) {
        for (usize const op : users) made_.ops[op].index = u32(made_.thresholds.size());
        made_.thresholds.push_back({u32(made_.forms.size()), least});
      }
      form.end = u32(made_.thresholds.size());
      made_.forms.push_back(form);
    }
  }

  // --- events ----------------------------------------------------------------------------------
  void compile(Event const& event) {
    user_ = fmt::format("event '{}'", event.id);
    auto const whole_value = [&](Expression const& e) { return code([&] { value(e, last(e)); }); };
    core::TriggeredEvent made{};
    is_trigger_ = true;
    made.trigger = code([&] { truth(event.trigger, last(event.trigger)); });
    switches(event.trigger, last(event.trigger));
    is_trigger_ = false;
    if (event.delay) made.delay = whole_value(*event.delay);
    if (event.priority) made.priority = whole_value(*event.priority);
    made.set_begin = u32(made_.sets.size());
    for (auto const& assignment : event.assignments) {
      core::EventSet set{};
      set.value = whole_value(assignment.value);
      if (auto const* species = std::get_if<SpeciesId>(&assignment.target)) {
        set.is_species = 1;
        set.index = u32(*species);
      } else {
        u32 const p = u32(std::get<ParameterId>(assignment.target));
        code([&] { emit_parameter(p); });  // gives it a place, if it has none
        made_.ops.pop_back();
        set.index = value_of_[p];
        set.lower = network_.parameters[p].lower;
        set.upper = network_.parameters[p].upper;
      }
      made_.sets.push_back(set);
    }
    made.set_end = u32(made_.sets.size());
    made_.most_sets = std::max(made_.most_sets, made.set_end - made.set_begin);
    made.flags = (event.persistent ? core::event_is_persistent : 0) |
                 (event.values_from_trigger_time ? core::event_keeps_values : 0) |
                 (event.initial_value ? core::event_was_true : 0);
    made_.events.push_back(made);
  }

  /// Every comparison with time in a trigger.
  void switches(Expression const& e, u32 at) {
    Node const& n = e.nodes[at];
    if (auto const* rule = rule_of(n)) switches(*rule, last(*rule));
    if (compares_time(network_, e, at)) {
      auto const a = code([&] { line_part(e, at, false); });
      auto const b = code([&] { line_part(e, at, true); });
      made_.switches.push_back({a, b, comparison_of(n.kind)});
    }
    for (u32 const argument : n.arguments) switches(e, argument);
  }

  // --- constants of laws -------------------------------------------------------------------------
  void make_constants() {
    user_ = "a law";
    std::vector<bool> depends(graph_.constants.size(), false);
    for (usize i = 0; i < depends.size(); ++i) {
      auto const& n = graph_.constants[i];
      if (n.kind == NodeKind::symbol) depends[i] = is_set_[n.parameter];
      for (u32 const a : n.arguments) depends[i] = depends[i] || depends[a];
    }
    for (u32 c = 0; c < depends.size(); ++c)
      if (depends[c]) made_.constants.push_back({code([&] { constant(c); }), c});
    for (auto const& positive : graph_.positive)
      if (depends[positive.constant])
        made_.positives.push_back(code([&] { constant(positive.constant); }));
  }

  void constant(u32 c) {
    ConstantNode const& n = graph_.constants[c];
    if (n.kind == NodeKind::number) return emit_number(n.number);
    if (n.kind == NodeKind::symbol) return emit_parameter(n.parameter);
    auto const argument = [&](usize i) { constant(n.arguments[i]); };
    switch (n.kind) {
      case NodeKind::greater:
      case NodeKind::greater_equal:
        argument(1);
        argument(0);
        return emit(code_of(n.kind), 2);
      case NodeKind::not_equal:
        argument(0);
        argument(1);
        emit(EventOpCode::equal, 2);
        return emit(EventOpCode::logical_not, 1);
      case NodeKind::piecewise: {
        usize const pairs = n.arguments.size() / 2;
        for (usize i = 0; i < pairs; ++i) {
          argument(2 * i + 1);
          argument(2 * i);
        }
        argument(n.arguments.size() - 1);
        for (usize i = 0; i < pairs; ++i) emit(EventOpCode::choose, 3);
        return;
      }
      case NodeKind::hill:
        for (usize i = 0; i < 3; ++i) argument(i);
        return emit(EventOpCode::hill, 3);
      default:
        argument(0);
        if (n.arguments.size() == 1) return emit(code_of(n.kind), 1);
        for (usize i = 1; i < n.arguments.size(); ++i) {
          argument(i);
          emit(code_of(n.kind), 2);
        }
    }
  }

  /// What events set is theirs, but where a scheduled change sets it, too.
  void make_loads() {
    for (usize g = 0; g < experiment_.segments.size(); ++g) {
      auto const& scheduled = experiment_.segments[g].set;
      for (auto const id : made_.values) {
        bool const is_loaded = g == 0 || !is_set_[u32(id)] ||
                               std::find(scheduled.begin(), scheduled.end(), id) != scheduled.end();
        made_.loads.push_back(is_loaded ? 1 : 0);
      }
    }
  }
};

}  // namespace

std::vector<bool> parameters_of_events(Network const& network) {
  std::vector<bool> set(network.parameters.size(), false);
  for (Event const& event : network.events)
    for (auto const& assignment : event.assignments)
      if (auto const* parameter = std::get_if<ParameterId>(&assignment.target))
        set[u32(*parameter)] = true;
  return set;
}

u32 most_pending(Network const& network) {
  return std::max(u32{64}, 2 * u32(network.events.size()));
}

bool EventProgram::touches() const {
  return std::find(touching.begin(), touching.end(), true) != touching.end();
}

i64 EventProgram::largest_factors() const {
  i64 largest = 1;
  for (auto const& form : forms) {
    i64 sum = 0;
    for (u32 i = form.part_begin; i < form.part_end; ++i) sum += std::abs(parts[i].factor);
    largest = std::max(largest, sum);
  }
  return largest;
}

EventProgram event_program(LawGraph const& graph, Experiment const& experiment) {
  return EventCompiler(graph, experiment).compile();
}

}  // namespace cristae
