// host/io/rule_order.cpp - depth-first search over rules, without recursion.
#include "host/io/rule_order.hpp"

#include <algorithm>

namespace cristae {

RuleOrder order_rules(std::vector<Rule> const& rules) {
  enum class Mark : u8 { unseen, open, done };
  struct Visit {
    u32 rule;
    usize node;  // the next node of its expression to look at
  };
  RuleOrder result;
  result.species.resize(rules.size());
  std::vector<Mark> marks(rules.size(), Mark::unseen);
  std::vector<char> in_cycle(rules.size());
  std::vector<Visit> path;

  for (u32 start = 0; start < rules.size(); ++start) {
    if (marks[start] != Mark::unseen) continue;
    path.push_back({start, 0});
    marks[start] = Mark::open;
    while (!path.empty()) {
      u32 const rule = path.back().rule;
      auto const& nodes = rules[rule].expression.nodes;
      if (path.back().node == nodes.size()) {
        marks[rule] = Mark::done;
        result.order.push_back(rule);
        path.pop_back();
        continue;
      }
      Node const& node = nodes[path.back().node];
      u32 const used = node.symbol.index;
      bool const is_rule = node.kind == NodeKind::symbol && node.symbol.kind == SymbolKind::rule;
      if (node.kind == NodeKind::symbol && node.symbol.kind == SymbolKind::species)
        result.species[rule] = SpeciesId{used};
      if (is_rule && marks[used] == Mark::unseen) {
        marks[used] = Mark::open;
        path.push_back({used, 0});  // and look at this node again when it is done
        continue;
      }
      if (is_rule && marks[used] == Mark::done && result.species[used])
        result.species[rule] = result.species[used];
      if (is_rule && marks[used] == Mark::open) {
        auto const first = std::find_if(path.begin(), path.end(),
                                        [&](Visit const& visit) { return visit.rule == used; });
        // A cycle that shares a rule with a reported one is seldom a second mistake.
        bool const known = std::any_of(first, path.end(),
                                       [&](Visit const& visit) { return in_cycle[visit.rule]; });
        if (!known) result.cycles.emplace_back();
        for (auto visit = first; visit != path.end() && !known; ++visit) {
          result.cycles.back().push_back(visit->rule);
          in_cycle[visit->rule] = true;
        }
      }
      ++path.back().node;
    }
  }
  return result;
}

}  // namespace cristae
