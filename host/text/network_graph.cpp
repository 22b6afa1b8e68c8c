// host/text/network_graph.cpp - edges out of stoichiometry and the signs of laws.
#include "host/text/network_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

enum class Acts : u8 { raises, lowers, either };

Acts opposite(Acts acts) {
  return acts == Acts::raises ? Acts::lowers : acts == Acts::lowers ? Acts::raises : acts;
}

std::string quoted_name(std::string const& text) {
  std::string result = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

/// Species that expressions read, also through rules.
class Reads {
 public:
  explicit Reads(Network const& network) : of_rule_(network.rules.size()) {
    for (u32 const rule : network.rule_order) of_rule_[rule] = of(network.rules[rule].expression);
  }

  std::set<u32> of(Expression const& expression) const {
    std::set<u32> found;
    for (Node const& node : expression.nodes) {
      if (node.kind != NodeKind::symbol) continue;
      u32 const index = node.symbol.index;
      if (node.symbol.kind == SymbolKind::species) found.insert(index);
      if (node.symbol.kind == SymbolKind::rule)
        found.insert(of_rule_[index].begin(), of_rule_[index].end());
    }
    return found;
  }

 private:
  std::vector<std::set<u32>> of_rule_;
};

/// States around the start at which the signs of laws are looked at, with inputs that are 0 at rest
/// and without.
class Looks {
 public:
  explicit Looks(Network const& network) : network_(network) {
    u32 state = 1;
    auto const factor = [&] {  // 1/4 to 4
      state = state * 1664525U + 1013904223U;
      return std::exp2(static_cast<double>(state >> 16U) / 16384.0 - 2);
    };
    for (int look = 0; look < 8; ++look) {
      std::vector<double> x, p;
      for (auto const& species : network.species)
        x.push_back(std::max(1.0, static_cast<double>(species.initial)) *
                    (look == 0 ? 1 : factor()));
      for (auto const& parameter : network.parameters) {
        bool const is_input = parameter.value == 0 && look % 2 == 1;
        p.push_back(is_input ? std::min(1.0, parameter.upper) : parameter.value);
      }
      states_.push_back(std::move(x));
      parameters_.push_back(std::move(p));
    }
  }

  /// What more of a species does to a law.
  Acts of(Expression const& law, u32 species) const {
    bool raises = false, lowers = false;
    for (usize look = 0; look < states_.size(); ++look) {
      auto x = states_[look];
      double const before = value(law, x, parameters_[look]);
      x[species] *= 1.1;
      double const after = value(law, x, parameters_[look]);
      double const least = 1e-9 * std::max(std::fabs(before), std::fabs(after));
      raises |= after - before > least;
      lowers |= before - after > least;
    }
    return raises == lowers ? Acts::either : raises ? Acts::raises : Acts::lowers;
  }

 private:
  Network const& network_;
  std::vector<std::vector<double>> states_, parameters_;

  double value(Expression const& law, std::vector<double> const& x,
               std::vector<double> const& p) const {
    ExpressionValues values{x, p, {}, {}};
    auto const rules = evaluate_rules(network_, values);
    values.rules = rules;
    return evaluate(law, values);
  }
};

class Drawing {
 public:
  explicit Drawing(Network const& network) : network_(network), reads_(network), looks_(network) {
    add_species();
    for (usize j = 0; j < network.reactions.size(); ++j) add_reaction(network.reactions[j]);
    for (Event const& event : network.events) add_event(event);
  }

  std::string text() const {
    std::string all = fmt::format(
        "// {} by cristae inspect --graph\n"
        "digraph {} {{\n"
        "  graph [fontname=\"Helvetica\", fontsize=11, ranksep=0.5, nodesep=0.2]\n"
        "  node [shape=box, style=\"rounded,filled\", color=\"#4a6785\", "
        "fontname=\"Helvetica\", fontsize=11, height=0.3, width=0.5, margin=\"0.08,0.03\"]\n"
        "  edge [color=\"#30424f\", arrowsize=0.7]\n",
        network_.name, quoted_name(network_.name));
    all += nodes_;
    for (auto const& edge : turns_) all += "  " + edge + "\n";
    for (auto const& [ends, acts] : acts_) {
      auto const [color, head] = acts == Acts::raises   ? std::pair{"#2e7d4f", "normal"}
                                 : acts == Acts::lowers ? std::pair{"#b23b3b", "tee"}
                                                        : std::pair{"#777777", "odiamond"};
      all += fmt::format("  {} -> {} [style=dashed, color=\"{}\", arrowhead={}]\n", ends.first,
                         ends.second, color, head);
    }
    return all + "}\n";
  }

 private:
  Network const& network_;
  Reads reads_;
  Looks looks_;
  std::string nodes_;
  std::set<std::string> turns_;
  std::map<std::pair<std::string, std::string>, Acts> acts_;

  std::string node(u32 species) const { return quoted_name(network_.species[species].id); }

  /// Compartments are colours, with a box of each: as frames they would tear apart what belongs together.
  void add_species() {
    static constexpr char const* colors[] = {"#dce9f5", "#fbe8d0", "#e0f0dc", "#f3dfe9", "#fdf6cf",
                                             "#e3e0f3", "#d9f0ef", "#f0e4d8", "#e6e6e6"};
    std::map<std::string, usize> color_of;
    std::string legend;
    for (auto const& one : network_.compartments) {
      bool const is_used =
          std::any_of(network_.species.begin(), network_.species.end(),
                      [&](Species const& species) { return species.compartment == one.id; });
      if (!is_used) continue;
      usize const color = color_of.size() % std::size(colors);
      color_of.emplace(one.id, color);
      legend += fmt::format(
          "    {} [label={}, shape=plaintext, style=filled, fillcolor=\"{}\", "
          "fontcolor=\"#5b6670\"]\n",
          quoted_name("in " + one.id), quoted_name(one.label.empty() ? one.id : one.label),
          colors[color]);
    }
    for (u32 i = 0; i < network_.species.size(); ++i) {
      auto const& one = network_.species[i];
      auto const color = color_of.find(one.compartment);
      nodes_ += fmt::format("  {} [fillcolor=\"{}\", tooltip={}]\n", node(i),
                            color == color_of.end() ? "#ffffff" : colors[color->second],
                            quoted_name(one.label.empty() ? one.id : one.label));
    }
    if (color_of.size() > 1)
      nodes_ +=
          "  subgraph cluster_colors {\n    color=\"#c5ccd3\"; style=rounded\n" + legend + "  }\n";
  }

  void act(std::string const& from, std::string const& to, Acts acts) {
    if (from == to) return;
    auto const [known, is_new] = acts_.emplace(std::pair{from, to}, acts);
    if (!is_new && known->second != acts) known->second = Acts::either;
  }

  void add_reaction(Reaction const& reaction) {
    std::map<u32, i64> change;
    for (auto const& one : reaction.reactants) change[static_cast<u32>(one.species)] -= one.count;
    for (auto const& one : reaction.products) change[static_cast<u32>(one.species)] += one.count;
    std::vector<u32> taken, made;
    for (auto const& [species, count] : change) {
      if (count < 0) taken.push_back(species);
      if (count > 0) made.push_back(species);
    }
    std::map<u32, Acts> regulators;
    for (u32 const species : reads_.of(reaction.rate))
      if (!std::binary_search(taken.begin(), taken.end(), species))
        regulators.emplace(species, looks_.of(reaction.rate, species));
    if (reaction.rate_kind == RateKind::mass_action)
      for (auto const& one : reaction.reactants)
        if (change[static_cast<u32>(one.species)] >= 0)
          regulators.insert_or_assign(static_cast<u32>(one.species), Acts::raises);

    if (taken.empty() || made.empty()) {
      for (auto const& [species, acts] : regulators) {
        for (u32 const one : made) act(node(species), node(one), acts);
        for (u32 const one : taken) act(node(species), node(one), opposite(acts));
      }
      if (taken.size() + made.size() < 2) return;
    }
    if (taken.size() == 1 && made.size() == 1 && regulators.empty()) {
      turns_.insert(fmt::format("{} -> {}", node(taken[0]), node(made[0])));
      return;
    }
    auto const point = quoted_name("reaction " + reaction.id);
    nodes_ += fmt::format(
        "  {} [shape=point, width=0.06, height=0.06, fillcolor=\"#30424f\", tooltip={}]\n", point,
        quoted_name(reaction.id));
    for (u32 const one : taken)
      turns_.insert(fmt::format("{} -> {} [arrowhead=none]", node(one), point));
    for (u32 const one : made) turns_.insert(fmt::format("{} -> {}", point, node(one)));
    if (taken.empty() || made.empty()) return;
    for (auto const& [species, acts] : regulators) act(node(species), point, acts);
  }

  void add_event(Event const& event) {
    auto const box = quoted_name("event " + event.id);
    nodes_ += fmt::format("  {} [label={}, style=\"filled\", fillcolor=\"#fbf3dc\"]\n", box,
                          quoted_name(event.id));
    for (u32 const species : reads_.of(event.trigger))
      turns_.insert(fmt::format("{} -> {} [style=dotted]", node(species), box));
    for (auto const& one : event.assignments)
      if (auto const* species = std::get_if<SpeciesId>(&one.target))
        turns_.insert(
            fmt::format("{} -> {} [style=dotted]", box, node(static_cast<u32>(*species))));
  }
};

}  // namespace

std::string network_graph(Network const& network) { return Drawing(network).text(); }

}  // namespace cristae
