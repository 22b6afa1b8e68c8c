// host/ode/switches.cpp - expressions with parameters in the place of what jumps.
#include "host/ode/switches.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <utility>

namespace cristae {
namespace {

/// The same for formulas that are written alike.
std::string key_of(Expression const& e, u32 at) {
  Node const& node = e.nodes[at];
  auto key = fmt::format("{}:{}:{}:{}(", static_cast<int>(node.kind), node.number,
                         static_cast<int>(node.symbol.kind), node.symbol.index);
  for (u32 const argument : node.arguments) key += key_of(e, argument);
  return key + ")";
}

/// The part of an expression that ends with `node`.
Expression part(Expression const& e, u32 node) {
  Expression result;
  result.text = e.text;
  result.nodes.assign(e.nodes.begin(), e.nodes.begin() + node + 1);
  return result;
}

/// law * (species > 0)
void times_presence(Expression& law, u32 species) {
  auto const push = [&](NodeKind kind, std::vector<u32> arguments) {
    Node node;
    node.kind = kind;
    node.arguments = std::move(arguments);
    law.nodes.push_back(std::move(node));
    return static_cast<u32>(law.nodes.size() - 1);
  };
  u32 const as_written = static_cast<u32>(law.nodes.size() - 1);
  u32 const count = push(NodeKind::symbol, {});
  law.nodes.back().symbol = {SymbolKind::species, species};
  u32 const is_there = push(NodeKind::greater, {count, push(NodeKind::number, {})});
  push(NodeKind::multiply, {as_written, is_there});
}

class Rewriting {
 public:
  Rewriting(Network const& network, std::vector<std::vector<u32>> const& needed)
      : network_(network), reads_(network.rules.size()), of_rule_(network.rules.size()) {
    laws_.rules.resize(network.rules.size());
    for (u32 const rule : network.rule_order)
      laws_.rules[rule] = rewritten(network.rules[rule].expression, of_rule_[rule], reads_[rule]);
    for (usize j = 0; j < network.reactions.size(); ++j) {
      Expression rate = network.reactions[j].rate;
      for (u32 const species : needed[j]) times_presence(rate, species);
      std::set<u32> used;
      bool reads = false;
      laws_.rates.push_back(rewritten(std::move(rate), used, reads));
      laws_.of_rate.emplace_back(used.begin(), used.end());
    }
  }

  SwitchedLaws laws_;

 private:
  Network const& network_;
  std::vector<bool> reads_;  ///< by rule: copy numbers
  std::vector<std::set<u32>> of_rule_;
  std::map<std::string, u32> known_;

  template <class Bool>
  Expression rewritten(Expression e, std::set<u32>& used, Bool&& reads_any) {
    std::vector<bool> reads(e.nodes.size());
    for (u32 i = 0; i < e.nodes.size(); ++i) {
      Node& node = e.nodes[i];
      if (node.kind == NodeKind::symbol) {
        u32 const index = node.symbol.index;
        reads[i] = node.symbol.kind == SymbolKind::species ||
                   (node.symbol.kind == SymbolKind::rule && reads_[index]);
        if (node.symbol.kind == SymbolKind::rule)
          used.insert(of_rule_[index].begin(), of_rule_[index].end());
      }
      for (u32 const argument : node.arguments) reads[i] = reads[i] || reads[argument];
      if (reads[i]) replace(e, i, used);
    }
    reads_any = reads.back();
    return e;
  }

  void replace(Expression& e, u32 at, std::set<u32>& used) {
    Node& node = e.nodes[at];
    bool const is_less = node.kind == NodeKind::less || node.kind == NodeKind::less_equal;
    bool const is_greater = node.kind == NodeKind::greater || node.kind == NodeKind::greater_equal;
    if (is_less || is_greater) {
      // A < B jumps where B > A does, which is known by the one that comes first in order.
      u32 left = node.arguments[0], right = node.arguments[1];
      bool const is_turned = key_of(e, right) < key_of(e, left);
      if (is_turned) std::swap(left, right);
      bool const is_below = is_less != is_turned;
      bool const is_strict = node.kind == NodeKind::less || node.kind == NodeKind::greater;
      bool const is_above_at = is_below == is_strict;
      u32 const which = found(
          "comparison", {Switch::Kind::comparison, is_above_at, part(e, left), part(e, right)});
      stand_for(node, which, is_below, used);
    } else if (node.kind == NodeKind::floor || node.kind == NodeKind::ceiling) {
      bool const is_floor = node.kind == NodeKind::floor;
      u32 const which = found("whole", {is_floor ? Switch::Kind::floor : Switch::Kind::ceiling,
                                        is_floor,
                                        part(e, node.arguments[0]),
                                        {}});
      stand_for(node, which, false, used);
    }
  }

  u32 found(char const* word, Switch one) {
    auto const root = [](Expression const& e) {
      return e.empty() ? "" : key_of(e, static_cast<u32>(e.nodes.size() - 1));
    };
    auto key = fmt::format("{} {} {} {}", word, one.is_above_at, root(one.left), root(one.right));
    auto const [where, is_new] =
        known_.emplace(std::move(key), static_cast<u32>(laws_.switches.size()));
    if (is_new) laws_.switches.push_back(std::move(one));
    return where->second;
  }

  void stand_for(Node& node, u32 which, bool is_second, std::set<u32>& used) {
    used.insert(which);
    node.kind = NodeKind::symbol;
    node.symbol = {SymbolKind::parameter,
                   static_cast<u32>(network_.parameters.size()) + 2 * which + (is_second ? 1 : 0)};
    node.arguments.clear();
  }
};

}  // namespace

SwitchedLaws switched_laws(Network const& network, std::vector<std::vector<u32>> const& needed) {
  return Rewriting(network, needed).laws_;
}

}  // namespace cristae
