// host/ode/switches.cpp - expressions with parameters in the place of what jumps.
#include "host/ode/switches.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
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

u32 copied(Expression const& from, u32 node, Expression& to) {
  Node copy = from.nodes[node];
  for (u32& argument : copy.arguments) argument = copied(from, argument, to);
  to.nodes.push_back(std::move(copy));
  return static_cast<u32>(to.nodes.size() - 1);
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
      Reads reads;
      laws_.rates.push_back(rewritten(std::move(rate), used, reads));
      laws_.of_rate.emplace_back(used.begin(), used.end());
    }
  }

  SwitchedLaws laws_;

 private:
  /// Of what an expression reads, directly and through rules.
  struct Reads {
    bool counts = false;  ///< other than in what jumps
    bool switches = false;
  };

  Network const& network_;
  std::vector<Reads> reads_;  ///< by rule
  std::vector<std::set<u32>> of_rule_;
  std::map<std::string, u32> known_;

  /// What jumps between values that stay does not become a switch: it changes with those that it reads.
  Expression rewritten(Expression e, std::set<u32>& used, Reads& all) {
    std::vector<Reads> reads(e.nodes.size());
    for (u32 i = 0; i < e.nodes.size(); ++i) {
      Node& node = e.nodes[i];
      if (node.kind == NodeKind::symbol) {
        u32 const index = node.symbol.index;
        if (node.symbol.kind == SymbolKind::species) reads[i].counts = true;
        if (node.symbol.kind == SymbolKind::rule) {
          reads[i] = reads_[index];
          used.insert(of_rule_[index].begin(), of_rule_[index].end());
        }
      }
      for (u32 const argument : node.arguments) {
        reads[i].counts |= reads[argument].counts;
        reads[i].switches |= reads[argument].switches;
      }
      if (reads[i].counts && replace(e, i, reads, used)) reads[i] = {false, true};
    }
    all = reads.back();
    return e;
  }

  bool replace(Expression& e, u32 at, std::vector<Reads> const& reads, std::set<u32>& used) {
    Node& node = e.nodes[at];
    bool const is_less = node.kind == NodeKind::less || node.kind == NodeKind::less_equal;
    bool const is_greater = node.kind == NodeKind::greater || node.kind == NodeKind::greater_equal;
    Switch one;
    one.reads_switches = reads[at].switches;
    u32 value = 0;
    if (is_less || is_greater) {
      // A < B jumps where B > A does. What stays goes to the right, else the later one by its key.
      u32 left = node.arguments[0], right = node.arguments[1];
      auto const stays = [&](u32 i) { return !reads[i].counts && !reads[i].switches; };
      bool const is_turned = stays(left) || (!stays(right) && key_of(e, right) < key_of(e, left));
      if (is_turned) std::swap(left, right);
      bool const is_strict = node.kind == NodeKind::less || node.kind == NodeKind::greater;
      value = (is_less != is_turned ? 1U : 0U) + (is_strict ? 0U : 2U);
      one.left = part(e, left);
      one.right = part(e, right);
      one.has_fixed_right = stays(right);
      Node const& l = e.nodes[left];
      Node const& r = e.nodes[right];
      if (l.kind == NodeKind::symbol && l.symbol.kind == SymbolKind::species &&
          r.kind == NodeKind::number && r.number == 0)
        one.presence_of = l.symbol.index;
    } else if (node.kind == NodeKind::floor || node.kind == NodeKind::ceiling) {
      one.kind = node.kind == NodeKind::floor ? Switch::Kind::floor : Switch::Kind::ceiling;
      one.left = part(e, node.arguments[0]);
    } else {
      return false;
    }
    u32 const which = found(std::move(one));
    used.insert(which);
    node.kind = NodeKind::symbol;
    node.symbol = {SymbolKind::parameter, static_cast<u32>(network_.parameters.size()) +
                                              SwitchedLaws::values * which + value};
    node.arguments.clear();
    return true;
  }

  u32 found(Switch one) {
    auto const root = [](Expression const& e) {
      return e.empty() ? "" : key_of(e, static_cast<u32>(e.nodes.size() - 1));
    };
    auto key = fmt::format("{} {} {}", static_cast<int>(one.kind), root(one.left), root(one.right));
    auto const [where, is_new] =
        known_.emplace(std::move(key), static_cast<u32>(laws_.switches.size()));
    if (is_new) {
      laws_.has_nested |= one.reads_switches;
      laws_.switches.push_back(std::move(one));
    }
    return where->second;
  }
};

/// Whether expressions are 0 without a species, each rule looked at once.
class Vanishing {
 public:
  Vanishing(Network const& network, u32 species)
      : network_(network), species_(species), known_(network.rules.size()) {}

  bool does(Expression const& e) { return does(e, static_cast<u32>(e.nodes.size() - 1)); }

 private:
  Network const& network_;
  u32 species_;
  std::vector<std::optional<bool>> known_;  ///< by rule

  bool does(Expression const& e, u32 at);
};

bool Vanishing::does(Expression const& e, u32 at) {
  Node const& node = e.nodes[at];
  auto const does = [&](usize i) { return this->does(e, node.arguments[i]); };
  auto const number = [&](usize i) -> Node const& { return e.nodes[node.arguments[i]]; };
  switch (node.kind) {
    case NodeKind::number: return node.number == 0;
    case NodeKind::symbol:
      if (node.symbol.kind == SymbolKind::rule) {
        auto& known = known_[node.symbol.index];
        if (!known) known = this->does(network_.rules[node.symbol.index].expression);
        return *known;
      }
      return node.symbol.kind == SymbolKind::species && node.symbol.index == species_;
    case NodeKind::multiply:
    case NodeKind::minimum:
      for (usize i = 0; i < node.arguments.size(); ++i)
        if (does(i)) return true;
      return false;
    case NodeKind::add:
    case NodeKind::subtract:
    case NodeKind::maximum:
      for (usize i = 0; i < node.arguments.size(); ++i)
        if (!does(i)) return false;
      return true;
    case NodeKind::piecewise:
      for (usize i = 0; i < node.arguments.size(); i += 2)
        if (!does(i)) return false;
      return true;
    case NodeKind::power:
      return does(0) && number(1).kind == NodeKind::number && number(1).number > 0;
    case NodeKind::divide:
    case NodeKind::negate:
    case NodeKind::square_root:
    case NodeKind::absolute:
    case NodeKind::floor:
    case NodeKind::ceiling:
    case NodeKind::hill: return does(0);
    case NodeKind::greater:
      return does(0) && number(1).kind == NodeKind::number && number(1).number >= 0;
    case NodeKind::less:
      return does(1) && number(0).kind == NodeKind::number && number(0).number >= 0;
    case NodeKind::logical_and: return does(0) || does(1);
    default: return false;
  }
}

}  // namespace

Expression part(Expression const& e, u32 node) {
  Expression result;
  copied(e, node, result);
  return result;
}

SwitchedLaws switched_laws(Network const& network, std::vector<std::vector<u32>> const& needed) {
  return Rewriting(network, needed).laws_;
}

bool vanishes_with(Network const& network, Expression const& expression, u32 species) {
  return Vanishing(network, species).does(expression);
}

}  // namespace cristae
