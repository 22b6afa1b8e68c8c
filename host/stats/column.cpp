// host/stats/column.cpp - choosing columns; which of them are whole numbers, and the units of the rest.
#include "host/stats/column.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "host/base/error.hpp"
#include "host/base/words.hpp"
#include "host/engine/event_program.hpp"
#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

std::string with_label(Annotation const& annotation) {
  return annotation.label.empty() ? annotation.id : annotation.label;
}

Column column_of(Observable const& observable) {
  return {ColumnKind::observable, observable.id,         with_label(observable),
          observable.unit,        observable.expression, observable.resolution};
}

Column column_of(Network const& network, u32 species) {
  Node node;
  node.kind = NodeKind::symbol;
  node.symbol = {SymbolKind::species, species};
  auto const& declared = network.species[species];
  return {ColumnKind::species, declared.id, with_label(declared), declared.unit,
          Expression{declared.id, {node}}};
}

/// Marks the rules that an expression needs, directly or through other rules.
void mark_rules(Network const& network, Expression const& expression, std::vector<char>& needed) {
  for (auto const& node : expression.nodes) {
    if (node.kind != NodeKind::symbol || node.symbol.kind != SymbolKind::rule) continue;
    if (needed[node.symbol.index]) continue;
    needed[node.symbol.index] = 1;
    mark_rules(network, network.rules[node.symbol.index].expression, needed);
  }
}

/// Which expressions of an experiment can only have whole numbers as values.
class WholeNumbers {
 public:
  explicit WholeNumbers(Experiment const& experiment) : experiment_(experiment) {
    Network const& network = *experiment.network;
    whole_rules_.assign(network.rules.size(), 0);
    for (u32 const rule : network.rule_order)
      whole_rules_[rule] = contains(network.rules[rule].expression);
  }

  bool contains(Expression const& expression) const {
    std::vector<char> whole;
    for (auto const& node : expression.nodes) whole.push_back(is_whole(node, whole));
    return !whole.empty() && whole.back();
  }

 private:
  bool is_whole(Node const& node, std::vector<char> const& whole) const {
    auto const all = [&](usize begin, usize step) {
      for (usize i = begin; i < node.arguments.size(); i += step)
        if (!whole[node.arguments[i]]) return false;
      return true;
    };
    switch (node.kind) {
      case NodeKind::number: return node.number == std::floor(node.number);
      case NodeKind::symbol: return is_whole(node.symbol);
      case NodeKind::firings:
      case NodeKind::less:
      case NodeKind::less_equal:
      case NodeKind::greater:
      case NodeKind::greater_equal:
      case NodeKind::equal:
      case NodeKind::not_equal:
      case NodeKind::logical_and:
      case NodeKind::logical_or:
      case NodeKind::logical_not:
      case NodeKind::floor:
      case NodeKind::ceiling: return true;
      case NodeKind::negate:
      case NodeKind::add:
      case NodeKind::subtract:
      case NodeKind::multiply:
      case NodeKind::minimum:
      case NodeKind::maximum:
      case NodeKind::absolute: return all(0, 1);
      case NodeKind::piecewise: return all(0, 2);  // values, and the one for otherwise
      case NodeKind::divide:
      case NodeKind::power:
      case NodeKind::exponential:
      case NodeKind::logarithm:
      case NodeKind::logarithm10:
      case NodeKind::square_root:
      case NodeKind::hill: return false;
    }
    return false;
  }

  bool is_whole(Symbol symbol) const {
    if (symbol.kind == SymbolKind::species) return true;
    if (symbol.kind == SymbolKind::rule) return whole_rules_[symbol.index];
    if (experiment_.cells.scales(ParameterId{symbol.index})) return false;
    return std::all_of(experiment_.segments.begin(), experiment_.segments.end(),
                       [&](Segment const& segment) {
                         double const value = segment.parameters[symbol.index];
                         return value == std::floor(value);
                       });
  }

  Experiment const& experiment_;
  std::vector<char> whole_rules_;
};

/// The state that trajectory 0 starts from.
class Start {
 public:
  explicit Start(Experiment const& experiment)
      : segment_(experiment.segments.front()),
        species_(experiment.initial.begin(),
                 experiment.initial.begin() +
                     static_cast<std::ptrdiff_t>(experiment.network->species.size())),
        firings_(experiment.network->reactions.size(), 0.0) {
    for (auto const& [id, count] : segment_.add)
      species_[static_cast<u32>(id)] += static_cast<double>(count);
    rules_ = evaluate_rules(*experiment.network, values());
  }

  double value_of(Expression const& expression) const { return evaluate(expression, values()); }

 private:
  ExpressionValues values() const { return {species_, segment_.parameters, rules_, firings_}; }

  Segment const& segment_;
  std::vector<double> species_;
  std::vector<double> firings_;
  std::vector<double> rules_;
};

double power_of_two_below(double x) { return std::ldexp(1.0, std::ilogb(x)); }

}  // namespace

char const* name_of(ColumnKind kind) {
  return kind == ColumnKind::observable ? "observable" : "species";
}

std::vector<char> needed_rules(Network const& network, std::vector<Column> const& columns) {
  std::vector<char> needed(network.rules.size(), 0);
  for (auto const& column : columns) mark_rules(network, column.expression, needed);
  return needed;
}

namespace {

/// The first parameter among `set` that an expression reads, directly or through rules.
std::optional<u32> parameter_read(Network const& network, Expression const& expression,
                                  std::vector<bool> const& set) {
  for (auto const& node : expression.nodes) {
    if (node.kind != NodeKind::symbol) continue;
    u32 const index = node.symbol.index;
    if (node.symbol.kind == SymbolKind::parameter && set[index]) return index;
    if (node.symbol.kind == SymbolKind::rule)
      if (auto const found = parameter_read(network, network.rules[index].expression, set))
        return found;
  }
  return std::nullopt;
}

/// Copy numbers are kept at sample times, parameters of single trajectories are not.
void refuse_parameters_of_events(Network const& network, std::vector<Column> const& columns) {
  if (network.events.empty()) return;
  auto const set = parameters_of_events(network);
  std::vector<Diagnostic> findings;
  for (auto const& column : columns)
    if (auto const found = parameter_read(network, column.expression, set))
      findings.push_back({Severity::error,
                          {},
                          fmt::format("'{}' reads parameter '{}', which events set", column.name,
                                      network.parameters[*found].id),
                          "its value at sample times is not kept",
                          "Use a species in its place, or leave the column out with --select"});
  if (!findings.empty()) throw Error(ExitCode::usage, std::move(findings));
}

}  // namespace

std::vector<Column> choose_columns(Network const& network,
                                   std::vector<std::string> const& selection) {
  std::vector<Column> columns;
  if (selection.empty()) {
    for (auto const& observable : network.observables) columns.push_back(column_of(observable));
    for (u32 i = 0; i < network.species.size(); ++i) columns.push_back(column_of(network, i));
    refuse_parameters_of_events(network, columns);
    return columns;
  }
  std::vector<std::string> names;
  for (auto const& observable : network.observables) names.push_back(observable.id);
  for (auto const& species : network.species) names.push_back(species.id);
  std::vector<Diagnostic> unknown;
  for (auto const& name : selection) {
    auto const has_name = [&](Annotation const& annotation) { return annotation.id == name; };
    auto const observable =
        std::find_if(network.observables.begin(), network.observables.end(), has_name);
    auto const species = std::find_if(network.species.begin(), network.species.end(), has_name);
    if (observable != network.observables.end()) {
      columns.push_back(column_of(*observable));
    } else if (species != network.species.end()) {
      columns.push_back(column_of(network, static_cast<u32>(species - network.species.begin())));
    } else {
      auto const nearest = nearest_name(name, names);
      unknown.push_back({Severity::error,
                         {},
                         fmt::format("'{}' is neither an observable nor a species of network '{}'",
                                     name, network.name),
                         "asked for with --select",
                         nearest.empty() ? fmt::format("See cristae inspect {}", network.name)
                                         : fmt::format("Did you mean '{}'?", nearest)});
    }
  }
  if (!unknown.empty()) throw Error(ExitCode::usage, std::move(unknown));
  refuse_parameters_of_events(network, columns);
  return columns;
}

std::vector<ReactionId> counted_reactions(Network const& network,
                                          std::vector<Column> const& columns) {
  std::vector<char> counted(network.reactions.size(), 0);
  auto const mark = [&](Expression const& expression) {
    for (auto const& node : expression.nodes)
      if (node.kind == NodeKind::firings) counted[node.symbol.index] = 1;
  };
  for (auto const& column : columns) mark(column.expression);
  auto const needed = needed_rules(network, columns);
  for (usize i = 0; i < needed.size(); ++i)
    if (needed[i]) mark(network.rules[i].expression);
  std::vector<ReactionId> reactions;
  for (usize i = 0; i < counted.size(); ++i)
    if (counted[i]) reactions.push_back(ReactionId{static_cast<u32>(i)});
  return reactions;
}

std::vector<ColumnUnit> units_of(Experiment const& experiment, std::vector<Column> const& columns) {
  WholeNumbers const whole(experiment);
  Start const start(experiment);
  std::vector<ColumnUnit> units;
  for (auto const& column : columns) {
    ColumnUnit unit;
    unit.is_whole = whole.contains(column.expression);
    if (!unit.is_whole) {
      double const value = std::fabs(start.value_of(column.expression));
      bool const is_usable = std::isnormal(value) && value > 1e-200 && value < 1e200;
      unit.resolution = column.resolution > 0
                            ? power_of_two_below(column.resolution)
                            : std::ldexp(is_usable ? power_of_two_below(value) : 1.0, -36);
    }
    units.push_back(unit);
  }
  return units;
}

std::optional<usize> find_column(std::string_view name, std::vector<Column> const& columns) {
  for (usize i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return i;
  return std::nullopt;
}

usize column_named(std::string_view name, std::vector<Column> const& columns,
                   std::string const& user) {
  // A name may begin or end with blanks.
  if (auto const found = find_column(name, columns)) return *found;
  name = trimmed(name);
  if (auto const found = find_column(name, columns)) return *found;
  std::vector<std::string> known;
  for (auto const& column : columns) known.push_back(column.name);
  auto const near = nearest_name(std::string(name), known);
  throw Error(
      ExitCode::usage, fmt::format("'{}' is not reported", name), fmt::format("in '{}'", user),
      near.empty() ? "Reported are " + name_list(known) : fmt::format("Did you mean '{}'?", near));
}

}  // namespace cristae
