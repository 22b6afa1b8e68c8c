// host/model/law_graph.cpp - laws as written to their canonical form.
#include "host/model/law_graph.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace cristae {
namespace {

/// Either a constant (index into constants) or a node (index into nodes).
struct Value {
  bool varies = false;
  u32 index = 0;
};

class Builder {
 public:
  explicit Builder(Network const& network) : network_(network), rules_(network.rules.size()) {}

  LawGraph build() {
    for (u32 j = 0; j < network_.reactions.size(); ++j) {
      reaction_ = j;
      graph_.propensities.push_back(as_node(propensity(network_.reactions[j])));
    }
    return std::move(graph_);
  }

 private:
  Network const& network_;
  LawGraph graph_;
  std::map<LawNode, u32> node_index_;
  std::map<ConstantNode, u32> constant_index_;
  std::vector<std::optional<Value>> rules_;
  std::map<Node const*, Value> hills_;
  u32 reaction_ = 0;

  // --- constants ---------------------------------------------------------------------------
  u32 add_constant(ConstantNode node) {
    auto const [at, added] = constant_index_.try_emplace(node, u32(graph_.constants.size()));
    if (added) graph_.constants.push_back(std::move(node));
    return at->second;
  }
  u32 number(double value) { return add_constant({NodeKind::number, value, no_constant, {}}); }
  u32 constant(NodeKind kind, std::vector<u32> arguments) {
    return add_constant({kind, 0, no_constant, std::move(arguments)});
  }
  bool is_number(u32 constant, double value) const {
    auto const& node = graph_.constants[constant];
    return node.kind == NodeKind::number && node.number == value;
  }
  u32 times(u32 a, u32 b) {
    if (is_number(a, 1)) return b;
    if (is_number(b, 1)) return a;
    return constant(NodeKind::multiply, {a, b});
  }

  // --- nodes -------------------------------------------------------------------------------
  u32 add_node(LawNode node) {
    auto const [at, added] = node_index_.try_emplace(node, u32(graph_.nodes.size()));
    if (added) graph_.nodes.push_back(std::move(node));
    return at->second;
  }
  u32 node(LawOp op, std::vector<u32> arguments) {
    return add_node({op, 0, no_constant, std::move(arguments), {}});
  }
  Value varying(LawOp op, std::vector<u32> arguments) {
    return {true, node(op, std::move(arguments))};
  }
  u32 as_node(Value value) {
    return value.varies ? value.index : add_node({LawOp::constant, 0, value.index, {}, {}});
  }

  // --- products and sums -------------------------------------------------------------------
  struct Factors {
    u32 above, below;  ///< constants
    std::vector<u32> numerator, denominator;
  };

  void collect(Expression const& e, u32 at, bool divides, Factors& factors) {
    Node const& n = e.nodes[at];
    switch (n.kind) {
      case NodeKind::multiply:
        collect(e, n.arguments[0], divides, factors);
        collect(e, n.arguments[1], divides, factors);
        return;
      case NodeKind::divide:
        collect(e, n.arguments[0], divides, factors);
        collect(e, n.arguments[1], !divides, factors);
        return;
      case NodeKind::negate:
        factors.above = times(factors.above, number(-1));
        collect(e, n.arguments[0], divides, factors);
        return;
      default: add_factor(convert(e, at), divides, factors);
    }
  }

  void add_factor(Value value, bool divides, Factors& factors) {
    if (!value.varies) {
      u32& side = divides ? factors.below : factors.above;
      side = times(side, value.index);
      return;
    }
    (divides ? factors.denominator : factors.numerator).push_back(value.index);
  }

  Factors no_factors() { return {number(1), number(1), {}, {}}; }

  Value finish(Factors const& factors) {
    u32 const k = is_number(factors.below, 1)
                      ? factors.above
                      : constant(NodeKind::divide, {factors.above, factors.below});
    if (factors.numerator.empty() && factors.denominator.empty()) return {false, k};
    u32 top;
    if (factors.numerator.empty()) {
      top = as_node({false, k});
    } else {
      top = product(k, factors.numerator);
    }
    if (factors.denominator.empty()) return {true, top};
    return varying(LawOp::quotient, {top, product(number(1), factors.denominator)});
  }

  u32 product(u32 k, std::vector<u32> const& factors) {
    bool const plain = is_number(k, 1);
    if (plain && factors.size() == 1) return factors[0];
    return add_node({LawOp::product, 0, plain ? no_constant : k, factors, {}});
  }

  struct Terms {
    std::vector<std::pair<u32, bool>> constants;  ///< with sign, in order
    std::vector<u32> terms;
    std::vector<bool> negative;
  };

  void collect(Expression const& e, u32 at, bool negative, Terms& terms) {
    Node const& n = e.nodes[at];
    switch (n.kind) {
      case NodeKind::add:
        collect(e, n.arguments[0], negative, terms);
        collect(e, n.arguments[1], negative, terms);
        return;
      case NodeKind::subtract:
        collect(e, n.arguments[0], negative, terms);
        collect(e, n.arguments[1], !negative, terms);
        return;
      default: break;
    }
    Value const value = convert(e, at);
    if (value.varies) {
      terms.terms.push_back(value.index);
      terms.negative.push_back(negative);
    } else {
      terms.constants.push_back({value.index, negative});
    }
  }

  Value finish(Terms const& terms) {
    u32 k = no_constant;
    for (auto const& [index, negative] : terms.constants) {
      if (k == no_constant) {
        k = negative ? constant(NodeKind::negate, {index}) : index;
      } else {
        k = constant(negative ? NodeKind::subtract : NodeKind::add, {k, index});
      }
    }
    if (terms.terms.empty()) return {false, k};
    if (k == no_constant && terms.terms.size() == 1 && !terms.negative[0])
      return {true, terms.terms[0]};
    return {true, add_node({LawOp::sum, 0, k, terms.terms, terms.negative})};
  }

  // --- expressions -------------------------------------------------------------------------
  Value symbol(Symbol s) {
    switch (s.kind) {
      case SymbolKind::species:
        return {true, add_node({LawOp::species, s.index, no_constant, {}, {}})};
      case SymbolKind::parameter: return {false, add_constant({NodeKind::symbol, 0, s.index, {}})};
      case SymbolKind::rule: {
        auto& rule = rules_[s.index];
        if (!rule) {
          Expression const& e = network_.rules[s.index].expression;
          Value const value = convert(e, u32(e.nodes.size() - 1));
          rules_[s.index] = value;
          return value;
        }
        return *rule;
      }
      case SymbolKind::time: throw Error(ExitCode::internal, "a law holds the time");
      case SymbolKind::unresolved: break;
    }
    throw Error(ExitCode::internal, "a law holds a name that was never resolved");
  }

  Value function(NodeKind kind, LawOp op, Value a) {
    if (!a.varies) return {false, constant(kind, {a.index})};
    return varying(op, {a.index});
  }

  Value binary(NodeKind kind, LawOp op, Value a, Value b) {
    if (!a.varies && !b.varies) return {false, constant(kind, {a.index, b.index})};
    return varying(op, {as_node(a), as_node(b)});
  }

  Value logical_not(Value a) { return function(NodeKind::logical_not, LawOp::logical_not, a); }

  /// min and max from the left, varying arguments before constant ones.
  Value extreme(NodeKind kind, LawOp op, std::vector<Value> const& values) {
    std::optional<Value> fixed, varies;
    for (Value const& v : values) {
      auto& side = v.varies ? varies : fixed;
      side = side ? binary(kind, op, *side, v) : v;
    }
    if (!varies) return *fixed;
    return fixed ? binary(kind, op, *varies, *fixed) : *varies;
  }

  Value choose(Value condition, Value yes, Value no) {
    if (!condition.varies && !yes.varies && !no.varies) {
      return {false, constant(NodeKind::piecewise, {yes.index, condition.index, no.index})};
    }
    return varying(LawOp::choose, {as_node(condition), as_node(yes), as_node(no)});
  }

  Value hill(Expression const& e, Node const& n) {
    Value const x = convert(e, n.arguments[0]);
    Value const half = convert(e, n.arguments[1]);
    Value const exponent = convert(e, n.arguments[2]);
    if (!half.varies)
      graph_.positive.push_back({half.index, reaction_, "half-saturation constant"});
    if (!exponent.varies) graph_.positive.push_back({exponent.index, reaction_, "Hill exponent"});
    if (!x.varies && !half.varies && !exponent.varies)
      return {false, constant(NodeKind::hill, {x.index, half.index, exponent.index})};

    Factors factors = no_factors();
    collect(e, n.arguments[0], false, factors);
    collect(e, n.arguments[1], true, factors);
    Value ratio = finish(factors);
    Value const zero{false, number(0)};
    if (half.varies) {
      ratio = choose(varying(LawOp::less_equal, {as_node(x), as_node(zero)}), zero, ratio);
    } else {
      ratio = varying(LawOp::maximum, {as_node(ratio), as_node(zero)});
    }
    if (!exponent.varies) {
      // 2^min(120 / n, 120): beyond it the function is 1 in float32 (or x / K is out of reach), and
      // the power would overflow.
      u32 const bits =
          constant(NodeKind::minimum,
                   {constant(NodeKind::divide, {number(120), exponent.index}), number(120)});
      u32 const cap = constant(NodeKind::power, {number(2), bits});
      ratio = varying(LawOp::minimum, {as_node(ratio), as_node({false, cap})});
    }
    u32 w = node(LawOp::power, {as_node(ratio), as_node(exponent)});
    if (exponent.varies) w = node(LawOp::minimum, {w, as_node({false, number(0x1p120)})});
    return varying(LawOp::saturate, {w});
  }

  Value convert(Expression const& e, u32 at) {
    Node const& n = e.nodes[at];
    auto argument = [&](usize i) { return convert(e, n.arguments[i]); };
    switch (n.kind) {
      case NodeKind::number: return {false, number(n.number)};
      case NodeKind::symbol: return symbol(n.symbol);
      case NodeKind::firings:
        throw Error(ExitCode::internal, "count() in a rate law passed the reader");
      case NodeKind::negate:
      case NodeKind::multiply:
      case NodeKind::divide: {
        Factors factors = no_factors();
        collect(e, at, false, factors);
        return finish(factors);
      }
      case NodeKind::add:
      case NodeKind::subtract: {
        Terms terms;
        collect(e, at, false, terms);
        return finish(terms);
      }
      case NodeKind::power: return binary(n.kind, LawOp::power, argument(0), argument(1));
      case NodeKind::less: return binary(n.kind, LawOp::less, argument(0), argument(1));
      case NodeKind::less_equal: return binary(n.kind, LawOp::less_equal, argument(0), argument(1));
      case NodeKind::greater: return binary(NodeKind::less, LawOp::less, argument(1), argument(0));
      case NodeKind::greater_equal:
        return binary(NodeKind::less_equal, LawOp::less_equal, argument(1), argument(0));
      case NodeKind::equal: return binary(n.kind, LawOp::equal, argument(0), argument(1));
      case NodeKind::not_equal:
        return logical_not(binary(NodeKind::equal, LawOp::equal, argument(0), argument(1)));
      case NodeKind::logical_and:
        return binary(n.kind, LawOp::logical_and, argument(0), argument(1));
      case NodeKind::logical_or: return binary(n.kind, LawOp::logical_or, argument(0), argument(1));
      case NodeKind::logical_not: return logical_not(argument(0));
      case NodeKind::piecewise: {
        Value result = argument(n.arguments.size() - 1);
        for (usize i = n.arguments.size() - 1; i >= 2; i -= 2)
          result = choose(argument(i - 1), argument(i - 2), result);
        return result;
      }
      case NodeKind::minimum:
      case NodeKind::maximum: {
        std::vector<Value> values;
        for (usize i = 0; i < n.arguments.size(); ++i) values.push_back(argument(i));
        return extreme(n.kind, n.kind == NodeKind::minimum ? LawOp::minimum : LawOp::maximum,
                       values);
      }
      case NodeKind::exponential: return function(n.kind, LawOp::exponential, argument(0));
      case NodeKind::logarithm: return function(n.kind, LawOp::logarithm, argument(0));
      case NodeKind::logarithm10: {
        Value const a = argument(0);
        if (!a.varies) return {false, constant(n.kind, {a.index})};
        return {true, product(number(1 / std::log(10.0)), {node(LawOp::logarithm, {a.index})})};
      }
      case NodeKind::square_root: return function(n.kind, LawOp::square_root, argument(0));
      case NodeKind::absolute: return function(n.kind, LawOp::absolute, argument(0));
      case NodeKind::floor: return function(n.kind, LawOp::floor, argument(0));
      case NodeKind::ceiling: return function(n.kind, LawOp::ceiling, argument(0));
      case NodeKind::hill: {
        // The canonical form reads x and K twice; hills within hills would double at each level.
        auto const [known, is_new] = hills_.try_emplace(&n);
        if (is_new) known->second = hill(e, n);
        return known->second;
      }
    }
    throw Error(ExitCode::internal, "a law holds a node of unknown kind");
  }

  Value propensity(Reaction const& reaction) {
    u32 const root = u32(reaction.rate.nodes.size() - 1);
    if (reaction.rate_kind == RateKind::expression) return convert(reaction.rate, root);
    Factors factors = no_factors();
    collect(reaction.rate, root, false, factors);
    double arrangements = 1;
    for (Participant const& reactant : reaction.reactants) {
      u32 const x = add_node({LawOp::species, u32(reactant.species), no_constant, {}, {}});
      for (i64 i = 0; i < reactant.count; ++i) {
        arrangements *= double(i + 1);
        // x - i as -i + x: a sum keeps its constant first.
        u32 const factor = i == 0 ? x : add_node({LawOp::sum, 0, number(double(-i)), {x}, {false}});
        factors.numerator.push_back(factor);
      }
    }
    if (arrangements != 1) factors.below = times(factors.below, number(arrangements));
    return finish(factors);
  }
};

}  // namespace

LawGraph build_law_graph(Network const& network) { return Builder(network).build(); }

double evaluate_constant(ConstantNode const& n, std::vector<double> const& values,
                         std::vector<double> const& parameters) {
  auto const a = [&](usize k) { return values[n.arguments[k]]; };
  auto const truth = [](bool b) { return b ? 1.0 : 0.0; };
  switch (n.kind) {
    case NodeKind::number: return n.number;
    case NodeKind::symbol: return parameters[n.parameter];
    case NodeKind::firings: return std::nan("");
    case NodeKind::negate: return -a(0);
    case NodeKind::add: return a(0) + a(1);
    case NodeKind::subtract: return a(0) - a(1);
    case NodeKind::multiply: return a(0) * a(1);
    case NodeKind::divide: return a(0) / a(1);
    case NodeKind::power: return std::pow(a(0), a(1));
    case NodeKind::less: return truth(a(0) < a(1));
    case NodeKind::less_equal: return truth(a(0) <= a(1));
    case NodeKind::greater: return truth(a(0) > a(1));
    case NodeKind::greater_equal: return truth(a(0) >= a(1));
    case NodeKind::equal: return truth(a(0) == a(1));
    case NodeKind::not_equal: return truth(a(0) != a(1));
    case NodeKind::logical_and: return truth(a(0) != 0 && a(1) != 0);
    case NodeKind::logical_or: return truth(a(0) != 0 || a(1) != 0);
    case NodeKind::logical_not: return truth(a(0) == 0);
    case NodeKind::piecewise: return a(1) != 0 ? a(0) : a(2);
    case NodeKind::minimum: return std::min(a(0), a(1));
    case NodeKind::maximum: return std::max(a(0), a(1));
    case NodeKind::exponential: return std::exp(a(0));
    case NodeKind::logarithm: return std::log(a(0));
    case NodeKind::logarithm10: return std::log10(a(0));
    case NodeKind::square_root: return std::sqrt(a(0));
    case NodeKind::absolute: return std::fabs(a(0));
    case NodeKind::floor: return std::floor(a(0));
    case NodeKind::ceiling: return std::ceil(a(0));
    case NodeKind::hill: return a(0) <= 0 ? 0 : 1 / (1 + std::pow(a(1) / a(0), a(2)));
  }
  return std::nan("");
}

std::vector<double> evaluate_constants(LawGraph const& graph,
                                       std::vector<double> const& parameters) {
  std::vector<double> values(graph.constants.size());
  for (usize i = 0; i < values.size(); ++i)
    values[i] = evaluate_constant(graph.constants[i], values, parameters);
  return values;
}

}  // namespace cristae
