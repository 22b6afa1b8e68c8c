// host/model/state_condition.cpp - a condition's tree to comparisons of whole numbers.
#include "host/model/state_condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "host/model/evaluate.hpp"
#include "host/model/law_parser.hpp"

namespace cristae {
namespace {

using Join = StateCondition::Join;
using Step = StateCondition::Step;
using Part = StateCondition::Part;

constexpr char const* what_may_stand =
    "Write comparisons such as A >= 10 or A + 2*B < 5, joined by and, or, not";

/// A whole number where `value` differs from it by rounding only (4 units of double).
double snapped(double value) {
  double const whole = std::nearbyint(value);
  bool const is_same =
      std::fabs(value - whole) <= 4 * std::numeric_limits<double>::epsilon() * std::fabs(whole);
  return is_same ? whole : value;
}

/// constant + sum(factor x).
struct Linear {
  std::map<u32, double> factors;  ///< by species
  double constant = 0;

  void add(Linear const& other, double times) {
    for (auto const& [species, factor] : other.factors) factors[species] += times * factor;
    constant += times * other.constant;
  }
  bool is_constant() const {
    return std::all_of(factors.begin(), factors.end(), [](auto const& f) { return f.second == 0; });
  }
};

/// What cannot be told of a part of the text.
struct Refusal {
  Span span;
  std::string problem, fix;
};

/// A condition under construction, or one that does not depend on the state.
struct Truth {
  std::optional<bool> fixed;
  std::vector<Part> parts;
  std::vector<Step> steps;
};

Truth always(bool value) { return {value, {}, {}}; }

void append(Truth& to, Truth const& more) {
  auto const before = static_cast<u32>(to.parts.size());
  to.parts.insert(to.parts.end(), more.parts.begin(), more.parts.end());
  for (Step step : more.steps) {
    if (step.join == Join::at_least) step.begin += before, step.end += before;
    to.steps.push_back(step);
  }
}

Truth joined(Truth a, Truth const& b, Join join) {
  bool const decides = join == Join::any;  // the value that settles it alone
  if (a.fixed) return *a.fixed == decides ? a : b;
  if (b.fixed) return *b.fixed == decides ? b : a;
  append(a, b);
  a.steps.push_back({join, 0, 0, 0});
  return a;
}

class Lowering {
 public:
  Lowering(Network const& network, std::vector<double> const& parameters)
      : network_(network), parameters_(parameters) {}

  /// Throws Refusal, as all below.
  Truth condition(Expression const& e) { return truth(e, last(e), false); }
  Truth condition(Expression const& e, u32 node) { return truth(e, node, false); }

 private:
  Network const& network_;
  std::vector<double> const& parameters_;

  static u32 last(Expression const& e) { return static_cast<u32>(e.nodes.size() - 1); }

  Expression const* rule_of(Node const& n) const {
    bool const is_rule = n.kind == NodeKind::symbol && n.symbol.kind == SymbolKind::rule;
    return is_rule ? &network_.rules[n.symbol.index].expression : nullptr;
  }

  /// A refusal within a rule is one of the place where the rule is used.
  template <class Body>
  auto within(Node const& user, Body const& body) {
    try {
      return body();
    } catch (Refusal& refusal) {
      refusal.span = user.span;
      throw;
    }
  }

  Truth truth(Expression const& e, u32 at, bool negated) {
    Node const& n = e.nodes[at];
    if (auto const* const rule = rule_of(n))
      return within(n, [&] { return truth(*rule, last(*rule), negated); });
    auto const argument = [&](usize i) { return truth(e, n.arguments[i], negated); };
    auto const compare = [&](NodeKind kind) {
      Linear difference = linear(e, n.arguments[0]);
      difference.add(linear(e, n.arguments[1]), -1);
      return comparison(difference, kind, negated, n.span);
    };
    switch (n.kind) {
      case NodeKind::logical_and:
        return joined(argument(0), argument(1), negated ? Join::any : Join::all);
      case NodeKind::logical_or:
        return joined(argument(0), argument(1), negated ? Join::all : Join::any);
      case NodeKind::logical_not: return truth(e, n.arguments[0], !negated);
      case NodeKind::less:
      case NodeKind::less_equal:
      case NodeKind::greater:
      case NodeKind::greater_equal:
      case NodeKind::equal:
      case NodeKind::not_equal: return compare(n.kind);
      default: return comparison(linear(e, at), NodeKind::not_equal, negated, n.span);
    }
  }

  Linear linear(Expression const& e, u32 at) {
    Node const& n = e.nodes[at];
    if (auto const* const rule = rule_of(n))
      return within(n, [&] { return linear(*rule, last(*rule)); });
    auto const argument = [&](usize i) { return linear(e, n.arguments[i]); };
    Linear result;
    switch (n.kind) {
      case NodeKind::number: result.constant = n.number; return result;
      case NodeKind::symbol:
        if (n.symbol.kind == SymbolKind::time) break;
        if (n.symbol.kind == SymbolKind::species)
          result.factors[n.symbol.index] = 1;
        else
          result.constant = parameters_[n.symbol.index];
        return result;
      case NodeKind::negate: result.add(argument(0), -1); return result;
      case NodeKind::add:
      case NodeKind::subtract:
        result.add(argument(0), 1);
        result.add(argument(1), n.kind == NodeKind::add ? 1 : -1);
        return result;
      case NodeKind::multiply: {
        Linear const a = argument(0), b = argument(1);
        if (!a.is_constant() && !b.is_constant()) break;
        a.is_constant() ? result.add(b, a.constant) : result.add(a, b.constant);
        return result;
      }
      case NodeKind::divide: {
        Linear const a = argument(0), b = argument(1);
        if (!b.is_constant()) break;
        // Not times the reciprocal, which would be rounded once more.
        for (auto const& [species, factor] : a.factors)
          result.factors[species] = factor / b.constant;
        result.constant = a.constant / b.constant;
        return result;
      }
      default: break;
    }
    if (auto const value = constant(e, at)) {
      result.constant = *value;
      return result;
    }
    throw Refusal{n.span,
                  n.kind == NodeKind::firings
                      ? "how often a reaction has fired cannot stand in a condition"
                      : "this is not a sum of copy numbers, each times a constant",
                  what_may_stand};
  }

  /// The value of a part without copy numbers.
  std::optional<double> constant(Expression const& e, u32 at) {
    if (!is_constant(e, at)) return std::nullopt;
    Expression part;
    part.nodes.assign(e.nodes.begin(), e.nodes.begin() + std::ptrdiff_t(at) + 1);
    std::vector<double> rules(network_.rules.size());
    for (u32 const r : network_.rule_order) {
      Expression const& rule = network_.rules[r].expression;
      if (is_constant(rule, last(rule))) rules[r] = evaluate(rule, {{}, parameters_, rules, {}});
    }
    return evaluate(part, {{}, parameters_, rules, {}});
  }

  bool is_constant(Expression const& e, u32 at) const {
    Node const& n = e.nodes[at];
    if (n.kind == NodeKind::firings) return false;
    if (n.kind == NodeKind::symbol && n.symbol.kind == SymbolKind::time) return false;
    if (n.kind == NodeKind::symbol && n.symbol.kind == SymbolKind::species) return false;
    if (auto const* const rule = rule_of(n)) return is_constant(*rule, last(*rule));
    return std::all_of(n.arguments.begin(), n.arguments.end(),
                       [&](u32 a) { return is_constant(e, a); });
  }

  // ---- comparisons ----

  static NodeKind opposite(NodeKind kind) {
    switch (kind) {
      case NodeKind::less: return NodeKind::greater_equal;
      case NodeKind::less_equal: return NodeKind::greater;
      case NodeKind::greater: return NodeKind::less_equal;
      case NodeKind::greater_equal: return NodeKind::less;
      case NodeKind::equal: return NodeKind::not_equal;
      default: return NodeKind::equal;
    }
  }

  /// sum(factor x) >= least, or with all signs changed.
  static Truth at_least(std::vector<Part> parts, double least, double sign) {
    // Sums stay below 2^62, so beyond it the comparison is decided.
    if (least > 0x1p62) return always(false);
    if (least < -0x1p62) return always(true);
    for (Part& part : parts) part.factor *= static_cast<i64>(sign);
    Truth truth;
    truth.parts = std::move(parts);
    truth.steps = {
        {Join::at_least, 0, static_cast<u32>(truth.parts.size()), static_cast<i64>(least)}};
    return truth;
  }

  /// Whether `difference` compares with 0 as `kind` says.
  static Truth comparison(Linear const& difference, NodeKind kind, bool negated, Span span) {
    if (negated) kind = opposite(kind);
    bool is_finite = std::isfinite(difference.constant);
    for (auto const& factor : difference.factors)
      is_finite = is_finite && std::isfinite(factor.second);
    if (!is_finite)
      throw Refusal{span, "a constant of this is not a finite number", "Check its parameters"};
    if (difference.is_constant()) return always(compares(difference.constant, kind));
    auto [parts, unit] = whole_parts(difference, span);
    double const bound = snapped(-difference.constant / unit);
    switch (kind) {
      case NodeKind::greater_equal: return at_least(parts, std::ceil(bound), 1);
      case NodeKind::greater: return at_least(parts, std::floor(bound) + 1, 1);
      case NodeKind::less_equal: return at_least(parts, -std::floor(bound), -1);
      case NodeKind::less: return at_least(parts, 1 - std::ceil(bound), -1);
      case NodeKind::equal:
        if (bound != std::floor(bound)) return always(false);
        return joined(at_least(parts, bound, 1), at_least(parts, -bound, -1), Join::all);
      default:
        if (bound != std::floor(bound)) return always(true);
        return joined(at_least(parts, bound + 1, 1), at_least(parts, 1 - bound, -1), Join::any);
    }
  }

  static bool compares(double value, NodeKind kind) {
    switch (kind) {
      case NodeKind::less: return value < 0;
      case NodeKind::less_equal: return value <= 0;
      case NodeKind::greater: return value > 0;
      case NodeKind::greater_equal: return value >= 0;
      case NodeKind::equal: return value == 0;
      default: return value != 0;
    }
  }

  /// Whole factors without a common divisor, and the positive number that they were divided by.
  static std::pair<std::vector<Part>, double> whole_parts(Linear const& sum, Span span) {
    double smallest = std::numeric_limits<double>::infinity();
    bool are_whole = true;
    for (auto const& [species, factor] : sum.factors) {
      if (factor == 0) continue;
      smallest = std::min(smallest, std::fabs(factor));
      are_whole = are_whole && factor == std::floor(factor) && std::fabs(factor) <= 0x1p53;
    }
    double unit = are_whole ? 1 : smallest;
    std::vector<Part> parts;
    i64 divisor = 0, total = 0;
    for (auto const& [species, factor] : sum.factors) {
      double const whole = snapped(factor / unit);
      if (whole == 0) continue;
      if (whole != std::floor(whole) || std::fabs(whole) > 0x1p53)
        throw Refusal{span, "the factors of its copy numbers have no common divisor",
                      "Write whole numbers as factors"};
      parts.push_back({species, static_cast<i64>(whole)});
      divisor = std::gcd(divisor, static_cast<i64>(whole));
    }
    for (Part& part : parts) {
      part.factor /= divisor;
      total += std::min<i64>(std::abs(part.factor), StateCondition::most_factors + 1);
    }
    if (total > StateCondition::most_factors)
      throw Refusal{span,
                    fmt::format("the factors of its copy numbers add up to more than {}",
                                StateCondition::most_factors),
                    "Use smaller whole numbers as factors"};
    return {std::move(parts), unit * static_cast<double>(divisor)};
  }
};

/// The nodes of `e` with each observable, a rule beyond the network's, in its place.
Expression with_observables(Expression const& e, Network const& network) {
  Expression whole;
  whole.text = e.text;
  auto const rules = static_cast<u32>(network.rules.size());
  std::vector<u32> moved;
  for (Node node : e.nodes) {
    bool const is_observable = node.kind == NodeKind::symbol &&
                               node.symbol.kind == SymbolKind::rule && node.symbol.index >= rules;
    if (is_observable) {
      auto const before = static_cast<u32>(whole.nodes.size());
      for (Node inner : network.observables[node.symbol.index - rules].expression.nodes) {
        for (u32& argument : inner.arguments) argument += before;
        inner.span = node.span;
        whole.nodes.push_back(std::move(inner));
      }
    } else {
      for (u32& argument : node.arguments) argument = moved[argument];
      whole.nodes.push_back(std::move(node));
    }
    moved.push_back(static_cast<u32>(whole.nodes.size() - 1));
  }
  return whole;
}

LawNames names_of(Network const& network) {
  LawNames names;
  auto symbols = std::make_shared<std::map<std::string, Symbol, std::less<>>>();
  auto const declare = [&](auto const& things, SymbolKind kind, u32 first) {
    for (auto const& thing : things) {
      if (symbols->emplace(thing.id, Symbol{kind, first}).second) names.names.push_back(thing.id);
      ++first;
    }
  };
  declare(network.species, SymbolKind::species, 0);
  declare(network.parameters, SymbolKind::parameter, 0);
  declare(network.rules, SymbolKind::rule, 0);
  declare(network.observables, SymbolKind::rule, static_cast<u32>(network.rules.size()));
  names.symbol = [symbols](std::string_view name) -> std::optional<Symbol> {
    auto const found = symbols->find(name);
    return found == symbols->end() ? std::nullopt : std::optional(found->second);
  };
  return names;
}

std::string without_blanks_around(std::string const& text) {
  constexpr char const* blanks = " \t\r\n";
  auto const begin = text.find_first_not_of(blanks);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// The finding with the place that it is about.
Diagnostic in_condition(std::string const& text, Span span, std::string problem,
                        std::string const& reason, std::string fix) {
  auto const part = without_blanks_around(text.substr(span.begin, span.end - span.begin));
  auto where = fmt::format("in the condition '{}'", text);
  if (!part.empty() && part != text) where += fmt::format(", at '{}'", part);
  if (!reason.empty()) where += ", " + reason;
  return {Severity::error, {}, std::move(problem), std::move(where), std::move(fix)};
}

/// A fix of the law parser, for who writes no network file.
std::string fix_here(std::string fix) {
  if (!fix.starts_with("Define it under")) return fix;
  constexpr std::string_view or_near = ", or did";
  auto const near = fix.find(or_near);
  return near == std::string::npos ? "'cristae inspect' lists the names"
                                   : "Did" + fix.substr(near + or_near.size());
}

}  // namespace

i64 StateCondition::largest_factors() const {
  i64 largest = 0;
  for (Step const& step : steps) {
    i64 sum = 0;
    for (u32 i = step.begin; i < step.end; ++i) sum += std::abs(parts[i].factor);
    largest = std::max(largest, sum);
  }
  return largest;
}

bool StateCondition::holds(std::vector<i64> const& counts) const {
  std::vector<bool> truths;
  for (Step const& step : steps) {
    if (step.join == Join::at_least) {
      i64 sum = 0;
      for (u32 i = step.begin; i < step.end; ++i) sum += parts[i].factor * counts[parts[i].species];
      truths.push_back(sum >= step.least);
      continue;
    }
    bool const b = truths.back();
    truths.pop_back();
    truths.back() = step.join == Join::all ? truths.back() && b : truths.back() || b;
  }
  return !truths.empty() && truths.back();
}

StateCondition parse_condition(Network const& network, std::string const& text,
                               std::vector<double> const& parameters) {
  StateCondition condition;
  condition.text = without_blanks_around(text);
  if (condition.text.empty())
    throw Error(ExitCode::usage, "the condition is empty", "", what_may_stand);
  auto law = parse_law(condition.text, names_of(network));
  std::vector<Diagnostic> findings;
  for (auto& problem : law.problems)
    findings.push_back(in_condition(condition.text, problem.span, std::move(problem.problem),
                                    problem.reason, fix_here(std::move(problem.fix))));
  if (!findings.empty()) throw Error(ExitCode::usage, std::move(findings));
  condition.expression = with_observables(law.expression, network);
  Truth truth;
  try {
    truth = Lowering(network, parameters).condition(condition.expression);
  } catch (Refusal& refusal) {
    throw Error(ExitCode::usage, in_condition(condition.text, refusal.span,
                                              std::move(refusal.problem), {}, refusal.fix));
  }
  if (truth.fixed)
    throw Error(ExitCode::usage,
                fmt::format("the condition '{}' is {} in every state", condition.text,
                            *truth.fixed ? "true" : "false"),
                "it would tell nothing of a trajectory", what_may_stand);
  if (truth.steps.size() > StateCondition::most_steps)
    throw Error(ExitCode::usage,
                fmt::format("the condition '{}' makes {} steps of comparing and joining",
                            condition.text, truth.steps.size()),
                fmt::format("at most {} are decided at once", StateCondition::most_steps),
                "Write a shorter one");
  condition.parts = std::move(truth.parts);
  condition.steps = std::move(truth.steps);
  return condition;
}

std::optional<WholeForm> whole_form(Network const& network, Expression const& expression, u32 node,
                                    std::vector<double> const& parameters) {
  try {
    auto truth = Lowering(network, parameters).condition(expression, node);
    return WholeForm{truth.fixed, std::move(truth.parts), std::move(truth.steps)};
  } catch (Refusal const&) {
    return std::nullopt;
  }
}

StateCondition either(StateCondition const& a, StateCondition const& b) {
  if (a.empty()) return b;
  Truth const joint =
      joined({std::nullopt, a.parts, a.steps}, {std::nullopt, b.parts, b.steps}, Join::any);
  StateCondition both;
  both.text = fmt::format("({}) or ({})", a.text, b.text);
  both.parts = joint.parts;
  both.steps = joint.steps;
  both.expression.text = both.text;
  auto& nodes = both.expression.nodes;
  nodes = a.expression.nodes;
  auto const first = static_cast<u32>(nodes.size());
  for (Node node : b.expression.nodes) {
    for (u32& argument : node.arguments) argument += first;
    nodes.push_back(std::move(node));
  }
  Node any;
  any.kind = NodeKind::logical_or;
  any.arguments = {first - 1, static_cast<u32>(nodes.size() - 1)};
  nodes.push_back(std::move(any));
  return both;
}

}  // namespace cristae
