// host/model/evaluate.cpp - recursion over the nodes of an expression.
#include "host/model/evaluate.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace cristae {
namespace {

double at(std::span<double const> values, u32 index, char const* what) {
  if (index >= values.size())
    throw std::logic_error(std::string("evaluate: no value for ") + what + " " +
                           std::to_string(index));
  return values[index];
}

struct Evaluator {
  Expression const& expression;
  ExpressionValues const& values;

  double symbol(Symbol symbol) const {
    switch (symbol.kind) {
      case SymbolKind::species: return at(values.species, symbol.index, "species");
      case SymbolKind::parameter: return at(values.parameters, symbol.index, "parameter");
      case SymbolKind::rule: return at(values.rules, symbol.index, "rule");
      case SymbolKind::time: return values.time;
      case SymbolKind::unresolved: break;
    }
    throw std::logic_error("evaluate: unresolved symbol in '" + expression.text + "'");
  }

  double piecewise(Node const& node) const {
    auto const& arguments = node.arguments;
    for (usize i = 0; i + 1 < arguments.size(); i += 2)
      if (value(arguments[i + 1]) != 0) return value(arguments[i]);
    return value(arguments.back());
  }

  template <class IsBetter>
  double extreme(Node const& node, IsBetter is_better) const {
    double best = value(node.arguments.front());
    for (usize i = 1; i < node.arguments.size(); ++i) {
      double const next = value(node.arguments[i]);
      if (is_better(next, best) || std::isnan(next)) best = next;
    }
    return best;
  }

  double value(u32 index) const {
    Node const& node = expression.nodes[index];
    auto const argument = [&](usize i) { return value(node.arguments[i]); };
    switch (node.kind) {
      case NodeKind::number: return node.number;
      case NodeKind::symbol: return symbol(node.symbol);
      case NodeKind::firings: return at(values.firings, node.symbol.index, "count of reaction");
      case NodeKind::negate: return -argument(0);
      case NodeKind::add: return argument(0) + argument(1);
      case NodeKind::subtract: return argument(0) - argument(1);
      case NodeKind::multiply: return argument(0) * argument(1);
      case NodeKind::divide: return argument(0) / argument(1);
      case NodeKind::power: return std::pow(argument(0), argument(1));
      case NodeKind::less: return argument(0) < argument(1) ? 1 : 0;
      case NodeKind::less_equal: return argument(0) <= argument(1) ? 1 : 0;
      case NodeKind::greater: return argument(0) > argument(1) ? 1 : 0;
      case NodeKind::greater_equal: return argument(0) >= argument(1) ? 1 : 0;
      case NodeKind::equal: return argument(0) == argument(1) ? 1 : 0;
      case NodeKind::not_equal: return argument(0) != argument(1) ? 1 : 0;
      case NodeKind::logical_and: return argument(0) != 0 && argument(1) != 0 ? 1 : 0;
      case NodeKind::logical_or: return argument(0) != 0 || argument(1) != 0 ? 1 : 0;
      case NodeKind::logical_not: return argument(0) != 0 ? 0 : 1;
      case NodeKind::piecewise: return piecewise(node);
      case NodeKind::minimum: return extreme(node, [](double a, double b) { return a < b; });
      case NodeKind::maximum: return extreme(node, [](double a, double b) { return a > b; });
      case NodeKind::exponential: return std::exp(argument(0));
      case NodeKind::logarithm: return std::log(argument(0));
      case NodeKind::logarithm10: return std::log10(argument(0));
      case NodeKind::square_root: return std::sqrt(argument(0));
      case NodeKind::absolute: return std::fabs(argument(0));
      case NodeKind::floor: return std::floor(argument(0));
      case NodeKind::ceiling: return std::ceil(argument(0));
      case NodeKind::hill: return cristae::hill(argument(0), argument(1), argument(2));
    }
    throw std::logic_error("evaluate: unknown node in '" + expression.text + "'");
  }
};

}  // namespace

double hill(double x, double K, double n) { return x <= 0 ? 0 : 1 / (1 + std::pow(K / x, n)); }

double evaluate(Expression const& expression, ExpressionValues const& values) {
  if (expression.empty()) throw std::logic_error("evaluate: empty expression");
  return Evaluator{expression, values}.value(static_cast<u32>(expression.nodes.size() - 1));
}

void evaluate_rules(Network const& network, ExpressionValues const& values,
                    std::span<double> rules) {
  ExpressionValues with_rules = values;
  with_rules.rules = rules;
  for (u32 const rule : network.rule_order)
    rules[rule] = evaluate(network.rules[rule].expression, with_rules);
}

std::vector<double> evaluate_rules(Network const& network, ExpressionValues const& values) {
  std::vector<double> rules(network.rules.size(), std::numeric_limits<double>::quiet_NaN());
  evaluate_rules(network, values, rules);
  return rules;
}

}  // namespace cristae
