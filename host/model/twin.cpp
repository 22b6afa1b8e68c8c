// host/model/twin.cpp - what belongs to the copy, and the copies of it.
#include "host/model/twin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace cristae {
namespace {

constexpr u32 no_twin = ~u32{0};

/// Copies with the order of the file: everything new stands behind what was there.
class Twinner {
 public:
  Twinner(Network const& network, std::vector<std::string> const& names)
      : network_(network), names_(names), species_(network.species.size(), no_twin),
        rules_(network.rules.size(), no_twin), reactions_(network.reactions.size(), no_twin) {}

  TwinnedNetwork make() {
    find_species();
    find_reactions();
    find_events();
    throw_if_any();
    number_copies();
    find_clashes();
    throw_if_any();
    made_.network = network_;
    copy_species();
    copy_rules();
    copy_reactions();
    copy_observables();
    extend_conditions();
    remark_shared();
    return std::move(made_);
  }

 private:
  Network const& network_;
  std::vector<std::string> const& names_;
  std::vector<u32> species_, rules_, reactions_;  ///< the twin's index, by that of the original
  std::vector<char> is_twinned_ = std::vector<char>(network_.species.size(), 0);
  std::vector<u32> observables_;  ///< those that get a twin
  std::vector<u32> order_;        ///< indices of species that get a twin, as asked for
  std::vector<u32> reaction_order_;
  std::vector<u32> rule_order_;  ///< of rules that get a twin, in network_.rule_order
  TwinnedNetwork made_;
  std::vector<Diagnostic> findings_;

  void report(std::string problem, std::string reason, std::string fix) {
    findings_.push_back(
        {Severity::error, {}, std::move(problem), std::move(reason), std::move(fix)});
  }

  void throw_if_any() {
    if (!findings_.empty()) throw Error(ExitCode::usage, std::move(findings_));
  }

  static std::string twin_of(std::string const& id) { return id + twin_suffix; }

  // ---- what gets a twin ----

  void find_species() {
    if (names_.empty())
      report("no species is given to have a twin", "", "Name the species of one reporter gene");
    std::vector<std::string> known;
    for (auto const& species : network_.species) known.push_back(species.id);
    for (auto const& name : names_) {
      auto const found = std::find(known.begin(), known.end(), name);
      if (found == known.end()) {
        auto const near = nearest_name(name, known);
        report(fmt::format("there is no species '{}' to have a twin", name), "",
               near.empty() ? "'cristae inspect' lists them"
                            : fmt::format("Did you mean '{}'?", near));
        continue;
      }
      auto const index = static_cast<u32>(found - known.begin());
      if (is_twinned_[index])
        report(fmt::format("species '{}' is to have a twin twice", name), "", "Name it once");
      is_twinned_[index] = 1;
      order_.push_back(index);
    }
  }

  /// What an event changes, by species.
  static std::map<u32, i64> change_of(Reaction const& reaction) {
    std::map<u32, i64> change;
    for (auto const& one : reaction.reactants) change[static_cast<u32>(one.species)] -= one.count;
    for (auto const& one : reaction.products) change[static_cast<u32>(one.species)] += one.count;
    std::erase_if(change, [](auto const& item) { return item.second == 0; });
    return change;
  }

  void find_reactions() {
    for (u32 j = 0; j < network_.reactions.size(); ++j) {
      auto const change = change_of(network_.reactions[j]);
      if (std::any_of(change.begin(), change.end(),
                      [&](auto const& item) { return is_twinned_[item.first] != 0; }))
        reaction_order_.push_back(j);
    }
    if (findings_.empty() && reaction_order_.empty())
      report(fmt::format("no reaction changes {}", quoted_list(names_)),
             "the twin would never differ from the original", "Name species that vary");
  }

  /// An event knows one copy: which of the two it means, or both, only the author can say.
  void find_events() {
    auto const rules = reading_rules();
    for (Event const& event : network_.events) {
      bool touches = reads_twinned(event.trigger, rules);
      for (auto const* part : {&event.delay, &event.priority})
        touches = touches || (*part && reads_twinned(**part, rules));
      for (auto const& assignment : event.assignments) {
        auto const* species = std::get_if<SpeciesId>(&assignment.target);
        touches = touches || reads_twinned(assignment.value, rules) ||
                  (species != nullptr && is_twinned_[static_cast<u32>(*species)]);
      }
      if (touches)
        report(fmt::format("event '{}' reads or sets what is to have a twin", event.id),
               "it is not known which of the two it means",
               "Write the second copy and its events into the network");
    }
  }

  static std::string quoted_list(std::vector<std::string> const& names) {
    std::vector<std::string> quoted;
    for (auto const& name : names) quoted.push_back("'" + name + "'");
    return fmt::format("{}", fmt::join(quoted, ", "));
  }

  /// By rule: whether it reads a species of the set, directly or through other rules.
  std::vector<char> reading_rules() const {
    std::vector<char> reads(network_.rules.size(), 0);
    for (u32 const rule : network_.rule_order)
      reads[rule] = reads_twinned(network_.rules[rule].expression, reads);
    return reads;
  }

  char reads_twinned(Expression const& expression, std::vector<char> const& rules) const {
    for (auto const& node : expression.nodes) {
      if (node.kind != NodeKind::symbol) continue;
      auto const [kind, index] = node.symbol;
      if ((kind == SymbolKind::species && is_twinned_[index]) ||
          (kind == SymbolKind::rule && rules[index]))
        return 1;
    }
    return 0;
  }

  /// What an expression reads, with what its rules read.
  struct Read {
    bool twinned = false, shared = false;
  };
  void add_reads(Expression const& expression, Read& read) const {
    for (auto const& node : expression.nodes) {
      u32 const index = node.symbol.index;
      if (node.kind == NodeKind::firings) {
        bool const is_double = std::find(reaction_order_.begin(), reaction_order_.end(), index) !=
                               reaction_order_.end();
        (is_double ? read.twinned : read.shared) = true;
      }
      if (node.kind != NodeKind::symbol) continue;
      if (node.symbol.kind == SymbolKind::species)
        (is_twinned_[index] ? read.twinned : read.shared) = true;
      if (node.symbol.kind == SymbolKind::rule) add_reads(network_.rules[index].expression, read);
    }
  }

  void mark_rules(Expression const& expression, std::vector<char> const& reads,
                  std::vector<char>& needed) const {
    for (auto const& node : expression.nodes) {
      if (node.kind != NodeKind::symbol || node.symbol.kind != SymbolKind::rule) continue;
      u32 const rule = node.symbol.index;
      if (!reads[rule] || needed[rule]) continue;
      needed[rule] = 1;
      mark_rules(network_.rules[rule].expression, reads, needed);
    }
  }

  void number_copies() {
    for (u32 i = 0; i < network_.observables.size(); ++i) {
      Read read;
      add_reads(network_.observables[i].expression, read);
      if (read.twinned && !read.shared) observables_.push_back(i);
    }
    auto const reads = reading_rules();
    std::vector<char> needed(network_.rules.size(), 0);
    for (u32 const j : reaction_order_) mark_rules(network_.reactions[j].rate, reads, needed);
    for (u32 const i : observables_) mark_rules(network_.observables[i].expression, reads, needed);
    for (u32 const rule : network_.rule_order)
      if (needed[rule]) rule_order_.push_back(rule);
    auto const number = [](std::vector<u32> const& order, std::vector<u32>& twins) {
      auto next = static_cast<u32>(twins.size());
      for (u32 const original : order) twins[original] = next++;
    };
    number(order_, species_);
    number(rule_order_, rules_);
    number(reaction_order_, reactions_);
  }

  // ---- names ----

  template <class Things>
  static void add_ids(Things const& things, std::set<std::string>& ids) {
    for (auto const& thing : things) ids.insert(thing.id);
  }

  template <class Things>
  void find_clashes(char const* what, Things const& things, std::vector<u32> const& originals,
                    std::set<std::string> const& taken) {
    for (u32 const original : originals)
      if (auto const id = twin_of(things[original].id); taken.contains(id))
        report(fmt::format("the twin of {} '{}' would be '{}', which is there already", what,
                           things[original].id, id),
               "a name stands for one thing", "Rename that one in the network file");
  }

  void find_clashes() {
    std::set<std::string> laws, reactions, observables;
    add_ids(network_.species, laws);
    add_ids(network_.parameters, laws);
    add_ids(network_.rules, laws);
    add_ids(network_.reactions, reactions);
    add_ids(network_.observables, observables);
    find_clashes("species", network_.species, order_, laws);
    find_clashes("rule", network_.rules, rule_order_, laws);
    find_clashes("reaction", network_.reactions, reaction_order_, reactions);
    find_clashes("observable", network_.observables, observables_, observables);
  }

  // ---- copies ----

  /// A copy under the twin's name; its text for people says which it is.
  template <class Thing>
  static Thing renamed(Thing const& original) {
    Thing copy = original;
    copy.id = twin_of(original.id);
    if (!copy.label.empty()) copy.label += " (twin)";
    return copy;
  }

  /// With the twins in the place of the originals; its text stays that of the file, to which the
  /// places of its nodes refer.
  Expression copied(Expression expression) const {
    for (auto& node : expression.nodes) {
      u32& index = node.symbol.index;
      auto const replace = [&](std::vector<u32> const& twins) {
        if (twins[index] != no_twin) index = twins[index];
      };
      if (node.kind == NodeKind::firings) replace(reactions_);
      if (node.kind != NodeKind::symbol) continue;
      if (node.symbol.kind == SymbolKind::species) replace(species_);
      if (node.symbol.kind == SymbolKind::rule) replace(rules_);
    }
    return expression;
  }

  void copy_species() {
    for (u32 const i : order_) made_.network.species.push_back(renamed(network_.species[i]));
  }

  void copy_rules() {
    for (u32 const i : rule_order_) {
      auto rule = renamed(network_.rules[i]);
      rule.expression = copied(std::move(rule.expression));
      made_.network.rules.push_back(std::move(rule));
      made_.network.rule_order.push_back(rules_[i]);
    }
  }

  void copy_side(std::vector<Participant>& side) const {
    for (auto& one : side)
      if (u32 const twin = species_[static_cast<u32>(one.species)]; twin != no_twin)
        one.species = SpeciesId{twin};
  }

  std::string side_text(std::vector<Participant> const& side) const {
    std::string text;
    for (auto const& one : side) {
      if (!text.empty()) text += " + ";
      if (one.count != 1) text += fmt::format("{} ", one.count);
      text += made_.network.species[static_cast<u32>(one.species)].id;
    }
    return text.empty() ? "0" : text;
  }

  void copy_reactions() {
    for (u32 const j : reaction_order_) {
      auto reaction = renamed(network_.reactions[j]);
      copy_side(reaction.reactants);
      copy_side(reaction.products);
      reaction.equation = side_text(reaction.reactants) + " -> " + side_text(reaction.products);
      reaction.rate = copied(std::move(reaction.rate));
      made_.network.reactions.push_back(std::move(reaction));
    }
  }

  void copy_observables() {
    for (u32 const i : observables_) {
      auto observable = renamed(network_.observables[i]);
      observable.expression = copied(std::move(observable.expression));
      made_.network.observables.push_back(std::move(observable));
    }
  }

  /// The twin of what a list says of an original; in the list's order.
  void extend(std::vector<std::pair<SpeciesId, i64>>& counts) const {
    for (usize i = 0, size = counts.size(); i < size; ++i)
      if (u32 const twin = species_[static_cast<u32>(counts[i].first)]; twin != no_twin)
        counts.emplace_back(SpeciesId{twin}, counts[i].second);
  }

  void extend_conditions() {
    for (auto& condition : made_.network.conditions) {
      extend(condition.initial);
      for (auto& change : condition.schedule) extend(change.add);
    }
    for (auto& variation : made_.network.variations)
      for (usize i = 0, size = variation.species.size(); i < size; ++i)
        if (u32 const twin = species_[static_cast<u32>(variation.species[i])]; twin != no_twin)
          variation.species.push_back(SpeciesId{twin});
  }

  // ---- remarks ----

  void remark_shared() {
    std::vector<std::string> reactions;
    std::set<std::string> pools;
    for (u32 const j : reaction_order_) {
      bool is_mixed = false;
      for (auto const& [species, change] : change_of(network_.reactions[j])) {
        if (is_twinned_[species]) continue;
        is_mixed = true;
        pools.insert(network_.species[species].id);
      }
      if (is_mixed) reactions.push_back(network_.reactions[j].id);
    }
    if (reactions.empty()) return;
    made_.remarks.push_back(
        {Severity::warning,
         {},
         fmt::format("species without a twin change with what has one: {} ({} {})",
                     quoted_list({pools.begin(), pools.end()}),
                     reactions.size() == 1 ? "reaction" : "reactions", quoted_list(reactions)),
         "original and twin compete for them or feed both of them, so that their covariance is not "
         "only what comes from upstream, and means differ from those of the network without twins",
         "Give them a twin too, unless they are meant to be shared"});
  }
};

}  // namespace

TwinnedNetwork with_twins(Network const& network, std::vector<std::string> const& species) {
  return Twinner(network, species).make();
}

}  // namespace cristae
