// host/io/foreign_network.cpp - counts in the place of amounts and concentrations, laws as propensities.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "host/io/equation.hpp"
#include "host/io/foreign_model.hpp"
#include "host/io/network_draft.hpp"
#include "host/io/rate_forms.hpp"
#include "host/io/toml_fields.hpp"

namespace cristae {
namespace {

constexpr double largest_count = 9007199254740992.0;  // 2^53
constexpr double whole_tolerance = 1e-9;
constexpr usize max_formula_depth = 1000;
constexpr usize max_chain = 1000;  // of assignments, each of which reads the next

/// The whole number that `value` is up to rounding, or nothing. What is little, such as a pico of
/// something that is not said to be a mole, is not none.
std::optional<double> whole(double value) {
  double const nearest = std::nearbyint(value);
  if (nearest == 0 && value != 0) return std::nullopt;
  bool const is_near = std::fabs(value - nearest) <= whole_tolerance * std::max(1.0, nearest);
  return is_near ? std::optional(nearest) : std::nullopt;
}

enum class ThingKind : u8 { compartment, species, parameter, reaction, event, function };

char const* word_for(ThingKind kind) {
  switch (kind) {
    case ThingKind::compartment: return "compartment";
    case ThingKind::species: return "species";
    case ThingKind::parameter: return "parameter";
    case ThingKind::reaction: return "reaction";
    case ThingKind::event: return "event";
    case ThingKind::function: return "function";
  }
  return "name";
}

struct Thing {
  ThingKind kind = ThingKind::function;
  u32 index = 0;
};

enum class TimeIn : u8 { refused, allowed };

class Translator {
 public:
  Translator(ForeignModel const& model, std::string const& file, std::vector<Diagnostic> findings)
      : model_(model), file_(file), findings_(std::move(findings)) {}

  Network translate() {
    declare();
    check_formulas();
    throw_if_errors();
    check_targets();
    throw_if_errors();
    find_initial_values();
    throw_if_errors();
    add_reactions();
    add_events();
    add_species();
    add_parameters();
    add_compartments();
    require_a_count();
    throw_if_errors();
    auto const unit = model_.time_unit.empty() ? std::string("time") : model_.time_unit;
    return draft_.read({model_.name, model_.title, unit}, file_, std::move(findings_));
  }

 private:
  ForeignModel const& model_;
  std::string const& file_;
  std::vector<Diagnostic> findings_;
  NetworkDraft draft_;

  std::map<std::string, Thing, std::less<>> things_;
  std::map<std::string, std::string, std::less<>> ids_;  ///< of laws, by those of the model
  LawIds law_ids_, reaction_ids_, event_ids_;
  std::map<std::string, ForeignAssignment const*, std::less<>> rules_, initial_;
  std::set<std::string, std::less<>> event_targets_;
  std::set<std::string, std::less<>> used_;  ///< names that formulas of the network read

  // ---- findings ----

  void error(SourceLocation where, std::string problem, std::string reason, std::string fix) {
    findings_.push_back(
        {Severity::error, std::move(where), std::move(problem), std::move(reason), std::move(fix)});
  }
  void note(SourceLocation where, std::string problem, std::string reason, std::string fix) {
    findings_.push_back(
        {Severity::note, std::move(where), std::move(problem), std::move(reason), std::move(fix)});
  }

  void throw_if_errors() {
    auto const is_error = [](Diagnostic const& one) { return one.severity == Severity::error; };
    if (std::none_of(findings_.begin(), findings_.end(), is_error)) return;
    std::stable_sort(findings_.begin(), findings_.end(), [](auto const& a, auto const& b) {
      return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
    });
    std::erase_if(findings_, [&](Diagnostic const& one) { return !is_error(one); });
    throw Error(ExitCode::model, std::move(findings_));
  }

  // ---- names ----

  template <class Things>
  void declare_all(Things const& things, ThingKind kind) {
    for (u32 i = 0; i < things.size(); ++i) {
      auto const& id = things[i].id;
      if (id.empty()) continue;  // an event may be without one
      auto const [found, is_new] = things_.emplace(id, Thing{kind, i});
      if (!is_new) {
        error(things[i].where,
              fmt::format("{} is already the id of a {}", quoted(id), word_for(found->second.kind)),
              "an id stands for one thing", "Rename one of them");
        continue;
      }
      bool const has_law_id = kind == ThingKind::compartment || kind == ThingKind::species ||
                              kind == ThingKind::parameter;
      if (has_law_id) ids_.emplace(id, law_ids_.make(id));
    }
  }

  void declare() {
    declare_all(model_.compartments, ThingKind::compartment);
    declare_all(model_.species, ThingKind::species);
    declare_all(model_.parameters, ThingKind::parameter);
    declare_all(model_.reactions, ThingKind::reaction);
    declare_all(model_.events, ThingKind::event);
    declare_all(model_.functions, ThingKind::function);
    collect_assignments(model_.rules, rules_, "rule");
    collect_assignments(model_.initial, initial_, "initial assignment");
    for (auto const& event : model_.events)
      for (auto const& assignment : event.assignments) event_targets_.insert(assignment.variable);
  }

  void collect_assignments(
      std::vector<ForeignAssignment> const& all,
      std::map<std::string, ForeignAssignment const*, std::less<>>& by_variable, char const* what) {
    for (auto const& assignment : all)
      if (!by_variable.emplace(assignment.variable, &assignment).second)
        error(assignment.where, fmt::format("{} has two {}s", quoted(assignment.variable), what),
              "", "Remove one of them");
  }

  /// What a formula can read or an assignment set: a compartment, species or parameter.
  std::optional<Thing> quantity(std::string const& name) const {
    auto const found = things_.find(name);
    if (found == things_.end() || !ids_.contains(name)) return std::nullopt;
    return found->second;
  }

  void check_formula(Formula const& formula, std::string const& user, SourceLocation const& where,
                     TimeIn time) {
    if (size_of(formula).depth > max_formula_depth) {
      error(
          where,
          fmt::format("the formula of {} is nested deeper than {} levels", user, max_formula_depth),
          "", "Split it by rules");
      return;
    }
    std::set<std::string> names;
    add_names(formula, names);
    for (auto const& name : names) {
      if (name == model_time) {
        if (time == TimeIn::refused)
          error(where, fmt::format("the time stands in the formula of {}", user),
                "propensities must be constant between events for the simulation to be exact",
                "Use events that change parameters at given times");
        continue;
      }
      if (quantity(name)) continue;
      auto const found = things_.find(name);
      if (found == things_.end()) {
        std::vector<std::string> known;
        for (auto const& [id, thing] : ids_) known.push_back(id);
        error(where, fmt::format("{} is not defined", quoted(name)), "used by " + user,
              did_you_mean(name, known, "Define it, or correct the name"));
      } else {
        error(where, fmt::format("{} stands in a formula and has no value", quoted(name)),
              "used by " + user, "Correct the name");
      }
    }
  }

  static std::string named(char const* kind, std::string const& id) {
    return fmt::format("{} {}", kind, quoted(id));
  }
  static std::string named(ForeignEvent const& event) {
    return event.id.empty() ? "an event" : named("event", event.id);
  }

  void check_formulas() {
    for (auto const& one : model_.initial)
      check_formula(one.formula, "the initial assignment of " + quoted(one.variable), one.where,
                    TimeIn::allowed);
    for (auto const& one : model_.rules) {
      auto const thing = quantity(one.variable);
      bool const is_law = thing && thing->kind == ThingKind::parameter &&
                          !model_.parameters[thing->index].is_of_model;
      if (is_law) continue;  // see below
      check_formula(one.formula, "the rule of " + quoted(one.variable), one.where, TimeIn::refused);
    }
    for (auto const& one : model_.reactions)
      check_formula(one.law, named("reaction", one.id), one.where, TimeIn::refused);
    for (auto const& event : model_.events) {
      auto const check = [&](Formula const& formula) {
        check_formula(formula, named(event), event.where, TimeIn::allowed);
      };
      check(event.trigger);
      if (event.delay) check(*event.delay);
      if (event.priority) check(*event.priority);
      for (auto const& assignment : event.assignments) check(assignment.formula);
    }
  }

  // ---- what may be assigned ----

  bool is_constant(std::string const& name) const {
    auto const thing = things_.at(name);
    switch (thing.kind) {
      case ThingKind::compartment: return model_.compartments[thing.index].is_constant;
      case ThingKind::species: return model_.species[thing.index].is_constant;
      case ThingKind::parameter: return model_.parameters[thing.index].is_constant;
      default: return true;
    }
  }

  /// Whether `variable` is a quantity that something other than its start value may set.
  bool check_target(std::string const& variable, SourceLocation const& where, char const* what,
                    bool may_be_constant) {
    if (!quantity(variable)) {
      error(where, fmt::format("{} is no compartment, species or parameter", quoted(variable)),
            fmt::format("a {} sets it", what), "Correct the id");
      return false;
    }
    if (!may_be_constant && is_constant(variable)) {
      error(where, fmt::format("{} is constant", quoted(variable)),
            fmt::format("a {} changes it", what), "Remove 'constant', or the assignment");
      return false;
    }
    return true;
  }

  void check_targets() {
    for (auto const& one : model_.initial) {
      check_target(one.variable, one.where, "initial assignment", true);
      if (rules_.contains(one.variable))
        error(one.where, fmt::format("{} has a rule, too", quoted(one.variable)),
              "an initial assignment sets it", "Remove one of them");
    }
    for (auto const& one : model_.rules)
      if (check_target(one.variable, one.where, "rule", false)) check_ruled_species(one);
    for (auto const& event : model_.events)
      for (auto const& one : event.assignments) {
        check_target(one.variable, event.where, "event", false);
        if (rules_.contains(one.variable))
          error(event.where, fmt::format("{} has a rule", quoted(one.variable)), "an event sets it",
                "Remove one of them");
      }
    for (auto const& species : model_.species) {
      auto const found = things_.find(species.compartment);
      if (found == things_.end() || found->second.kind != ThingKind::compartment)
        error(species.where,
              fmt::format("compartment {} is not defined", quoted(species.compartment)),
              "used by " + named("species", species.id), "Define it, or correct the name");
    }
  }

  void check_ruled_species(ForeignAssignment const& rule) {
    auto const thing = things_.at(rule.variable);
    if (thing.kind != ThingKind::species || model_.species[thing.index].is_boundary) return;
    for (auto const& reaction : model_.reactions)
      for (auto const* side : {&reaction.reactants, &reaction.products})
        for (auto const& one : *side)
          if (one.species == rule.variable)
            error(one.where,
                  fmt::format("species {} has a rule and is changed by reaction {}",
                              quoted(rule.variable), quoted(reaction.id)),
                  "only one of them can decide its value", "Make it a boundary condition");
  }

  // ---- values at the start ----

  enum class Progress : u8 { open, done };
  struct Start {
    Progress progress = Progress::open;
    double value = 0;
  };
  std::map<std::string, Start, std::less<>> starts_;  ///< as formulas read them
  std::set<std::string> unset_;                       ///< parameters and compartments

  double start_of(Formula const& formula) {
    return value_of(
        formula, [this](std::string const& name) { return name == model_time ? 0 : start(name); });
  }

  /// NaN where there is none, which is reported.
  double start(std::string const& name) {
    if (auto const found = starts_.find(name); found != starts_.end()) {
      if (found->second.progress == Progress::done) return found->second.value;
      auto const* assignment = assignment_of(name);
      error(assignment ? assignment->where : SourceLocation{file_, 0, 0},
            fmt::format("the value of {} at the start depends on itself", quoted(name)),
            "none can be computed first", "Write one of the assignments without the others");
      return found->second.value;
    }
    starts_[name] = {Progress::open, std::nan("")};
    if (++start_depth_ > max_chain) report_chain(name);
    double const value = start_depth_ > max_chain ? std::nan("") : compute_start(name);
    --start_depth_;
    starts_[name] = {Progress::done, value};
    return value;
  }

  usize start_depth_ = 0;
  bool has_long_chain_ = false;
  void report_chain(std::string const& name) {
    if (has_long_chain_) return;
    has_long_chain_ = true;
    auto const* assignment = assignment_of(name);
    error(assignment ? assignment->where : SourceLocation{file_, 0, 0},
          fmt::format("more than {} assignments read one another in a row", max_chain),
          fmt::format("{} is the last that was looked at", quoted(name)), "Shorten the chain");
  }

  ForeignAssignment const* assignment_of(std::string const& name) const {
    if (auto const rule = rules_.find(name); rule != rules_.end()) return rule->second;
    if (auto const initial = initial_.find(name); initial != initial_.end()) return initial->second;
    return nullptr;
  }

  double compute_start(std::string const& name) {
    if (auto const* assignment = assignment_of(name)) return start_of(assignment->formula);
    auto const thing = things_.at(name);
    switch (thing.kind) {
      case ThingKind::compartment:
        return start_or_unset(name, model_.compartments[thing.index].size);
      case ThingKind::parameter: return start_or_unset(name, model_.parameters[thing.index].value);
      default: break;
    }
    auto const& species = model_.species[thing.index];
    if (species.amount)
      return species.has_only_amounts ? *species.amount
                                      : *species.amount / start(species.compartment);
    if (species.concentration)
      return species.has_only_amounts ? *species.concentration * start(species.compartment)
                                      : *species.concentration;
    error(species.where, fmt::format("species {} has no initial amount", quoted(name)),
          "a simulation must start somewhere",
          "Add one, an initial concentration or an initial assignment");
    return std::nan("");
  }

  double start_or_unset(std::string const& name, std::optional<double> value) {
    if (!value) unset_.insert(name);
    return value.value_or(std::nan(""));
  }

  /// Of a species: its amount in copies, as exactly as the model gives it.
  double copies_at_start(ForeignSpecies const& species) {
    double amount;
    if (!assignment_of(species.id) && species.amount)
      amount = *species.amount;
    else if (double const value = start(species.id); species.has_only_amounts)
      amount = value;
    else
      amount = value * start(species.compartment);
    return amount * species.copies_per_unit;
  }

  enum class SpeciesForm : u8 { counted, ruled, fixed };
  std::vector<SpeciesForm> forms_;
  std::vector<double> copies_;

  void find_initial_values() {
    for (auto const& species : model_.species) {
      forms_.push_back(rules_.contains(species.id) ? SpeciesForm::ruled : SpeciesForm::counted);
      copies_.push_back(forms_.back() == SpeciesForm::ruled ? 0 : copies_at_start(species));
      if (forms_.back() == SpeciesForm::counted) check_copies(species, forms_.back());
    }
    for (auto const& [name, assignment] : initial_) start(name);
    for (auto const& [name, assignment] : rules_) start(name);
    for (auto const& name : unset_) {
      auto const thing = things_.at(name);
      bool const is_size = thing.kind == ThingKind::compartment;
      error(is_size ? model_.compartments[thing.index].where : model_.parameters[thing.index].where,
            fmt::format("{} {} has no {}", word_for(thing.kind), quoted(name),
                        is_size ? "size" : "value"),
            "a value at the start depends on it", is_size ? "Give it a size" : "Give it a value");
    }
    for (auto const& compartment : model_.compartments) {
      if (!compartment.size && !assignment_of(compartment.id)) continue;
      double const size = start(compartment.id);
      if (!(size >= 0) || !std::isfinite(size))
        error(compartment.where,
              fmt::format("the size of compartment {} is {}", quoted(compartment.id), size), "",
              "Give a size above 0");
    }
    for (auto const& parameter : model_.parameters) {
      if (!parameter.value && !assignment_of(parameter.id)) continue;
      double const value = start(parameter.id);
      if (!std::isfinite(value))
        error(parameter.where,
              fmt::format("the value of parameter {} is {}", quoted(parameter.id), value), "",
              "Give a finite number");
    }
  }

  void check_copies(ForeignSpecies const& species, SpeciesForm& form) {
    double& copies = copies_.back();
    bool const has_start = species.amount || species.concentration || assignment_of(species.id);
    if (std::isnan(copies) && !(unset_.empty() && has_start)) return;  // the cause is reported
    bool const is_fixed =
        (species.is_boundary || species.is_constant) && !event_targets_.contains(species.id);
    auto const what = fmt::format("the initial amount of species {}", quoted(species.id));
    if (!std::isfinite(copies) || copies < 0) {
      error(species.where, fmt::format("{} is {}", what, copies), "copies are counted",
            "Give 0 or more");
      return;
    }
    if (auto const number = whole(copies); number && copies <= largest_count) {
      copies = *number;
    } else if (assignment_of(species.id) && copies <= whole_tolerance) {
      note(species.where, fmt::format("{} is {} copies, taken for 0", what, copies),
           "as the rounding of an assignment", "");
      copies = 0;
    } else if (is_fixed) {
      form = SpeciesForm::fixed;
    } else if (copies > largest_count) {
      error(species.where, fmt::format("{} is {} copies", what, copies), "2^53 can be counted",
            species.copies_per_unit == 1
                ? "Scale the model down"
                : "If amounts are counts, not moles, make the unit of substance 'item'");
    } else if (species.copies_per_unit != 1) {
      note(species.where,
           fmt::format("{} is {} copies, rounded to {}", what, copies, std::nearbyint(copies)),
           "copies are whole numbers", "");
      copies = std::nearbyint(copies);
    } else {
      error(species.where, fmt::format("{} is {}, no whole number of copies", what, copies),
            "copies are counted", "Give whole numbers, or another unit of substance");
    }
  }

  // ---- formulas of the network ----

  /// A species without whole copies is a parameter: of its amount where the size of its compartment
  /// can change, since it is the amount that stays.
  bool is_fixed_amount(ForeignSpecies const& species) const {
    auto const thing = things_.at(species.id);
    return forms_[thing.index] == SpeciesForm::fixed && !species.has_only_amounts &&
           (rules_.contains(species.compartment) || event_targets_.contains(species.compartment));
  }

  double fixed_amount(ForeignSpecies const& species) const {
    return copies_[things_.at(species.id).index] / species.copies_per_unit;
  }

  /// At the start, of what stands for it in laws.
  double start_in_laws(std::string const& name) {
    auto const thing = things_.at(name);
    if (thing.kind == ThingKind::species && is_fixed_amount(model_.species[thing.index]))
      return fixed_amount(model_.species[thing.index]);
    return start(name);
  }

  Formula law_name(std::string const& name) {
    used_.insert(name);
    return name_formula(ids_.find(name)->second);
  }

  /// What the name of a quantity stands for in a law.
  Formula symbol(std::string const& name) {
    if (name == model_time) return name_formula("time");
    auto const thing = things_.at(name);
    if (thing.kind != ThingKind::species) return law_name(name);
    auto const& species = model_.species[thing.index];
    if (is_fixed_amount(species))
      return join(NodeKind::divide, law_name(name), law_name(species.compartment));
    if (forms_[thing.index] != SpeciesForm::counted) return law_name(name);
    auto count = law_name(name);
    bool const has_scale = species.copies_per_unit != 1;
    auto const scale = number_formula(species.copies_per_unit);
    if (species.has_only_amounts)
      return has_scale ? join(NodeKind::divide, std::move(count), scale) : count;
    auto unit = law_name(species.compartment);
    if (has_scale) unit = join(NodeKind::multiply, scale, std::move(unit));
    return join(NodeKind::divide, std::move(count), std::move(unit));
  }

  Formula law(Formula const& formula) {
    return replaced(formula, [this](std::string const& name) { return symbol(name); });
  }

  /// A species' value as formulas read it, in copies.
  Formula in_copies(ForeignSpecies const& species, Formula value) {
    if (!species.has_only_amounts)
      value = join(NodeKind::multiply, std::move(value), law_name(species.compartment));
    if (species.copies_per_unit != 1)
      value = join(NodeKind::multiply, std::move(value), number_formula(species.copies_per_unit));
    return value;
  }

  void require_a_count() {
    if (std::find(forms_.begin(), forms_.end(), SpeciesForm::counted) != forms_.end()) return;
    error({file_, 0, 0},
          model_.species.empty() ? "the network has no species"
                                 : "the network has no species to count",
          model_.species.empty() ? "a trajectory is one of their copies"
                                 : "all are set by rules, or fixed at no whole number of copies",
          "Add one, if only one that nothing changes");
  }

  // ---- reactions ----

  struct Sides {
    std::vector<CountedReactant> reactants, products;
  };

  /// By what reactions change a species; the id of a parameter, or a plain number.
  double conversion(ForeignSpecies const& species, SourceLocation const& where) {
    if (species.conversion_factor.empty()) return 1;
    auto const thing = quantity(species.conversion_factor);
    if (!thing || thing->kind != ThingKind::parameter || !is_constant(species.conversion_factor)) {
      error(where,
            fmt::format("the conversion factor {} of species {} is no constant parameter",
                        quoted(species.conversion_factor), quoted(species.id)),
            "", "Define it, or correct the id");
      return 1;
    }
    return start(species.conversion_factor);
  }

  Sides sides_of(ForeignReaction const& reaction) {
    Sides result;
    add_side(reaction, reaction.reactants, result.reactants, result.products);
    add_side(reaction, reaction.products, result.products, result.reactants);
    return result;
  }

  /// What is taken less than 0 times, all references to it together, goes to the other side.
  void add_side(ForeignReaction const& reaction,
                std::vector<ForeignParticipant> const& participants,
                std::vector<CountedReactant>& side, std::vector<CountedReactant>& other_side) {
    struct Sum {
      ForeignParticipant const* last;
      double count;
    };
    std::vector<std::pair<std::string, Sum>> sums;  // by ids of laws, in order
    auto const user = named("reaction", reaction.id);
    for (auto const& one : participants) {
      auto const thing = quantity(one.species);
      if (!thing || thing->kind != ThingKind::species) {
        error(one.where, fmt::format("species {} is not defined", quoted(one.species)),
              "used by " + user, "Define it, or correct the name");
        continue;
      }
      auto const& species = model_.species[thing->index];
      if (species.is_boundary) continue;
      if (species.is_constant) {
        error(one.where, fmt::format("species {} is constant", quoted(one.species)),
              user + " changes it", "Make it a boundary condition");
        continue;
      }
      double const stoichiometry = one.count_name.empty() ? one.count : start(one.count_name);
      double const copies = stoichiometry * conversion(species, one.where) *
                            species.copies_per_unit / reaction.copies_per_extent;
      auto const count = whole(std::fabs(copies));
      if (!count) {
        error(one.where,
              fmt::format("an event of {} would change species {} by {} copies", user,
                          quoted(one.species), copies),
              "copies are whole numbers",
              "Correct the stoichiometry, the conversion factor or the units of substance");
        continue;
      }
      auto const& id = ids_.find(one.species)->second;
      auto same = std::find_if(sums.begin(), sums.end(),
                               [&](auto const& other) { return other.first == id; });
      if (same == sums.end()) same = sums.insert(sums.end(), {id, {}});
      same->second = {&one, same->second.count + std::copysign(*count, copies)};
    }
    for (auto const& [id, sum] : sums)
      add(sum.count < 0 ? other_side : side, id, std::fabs(sum.count), *sum.last, user);
  }

  void add(std::vector<CountedReactant>& side, std::string const& id, double count,
           ForeignParticipant const& one, std::string const& user) {
    if (count == 0) return;
    auto same = std::find_if(side.begin(), side.end(),
                             [&](CountedReactant const& other) { return other.name == id; });
    if (same == side.end()) same = side.insert(side.end(), {id, 0});
    double const sum = static_cast<double>(same->count) + count;
    if (sum > static_cast<double>(max_stoichiometry)) {
      error(one.where,
            fmt::format("more than {} copies of species {} on one side", max_stoichiometry,
                        quoted(one.species)),
            "in " + user, "Correct the stoichiometry");
      return;
    }
    same->count = static_cast<i64>(sum);
  }

  void add_reactions() {
    for (auto const& reaction : model_.reactions) {
      auto const sides = sides_of(reaction);
      auto rate = law(reaction.law);
      if (reaction.copies_per_extent != 1)
        rate =
            join(NodeKind::multiply, number_formula(reaction.copies_per_extent), std::move(rate));
      if (reaction.is_reversible)
        add_directions(reaction, sides, rate);
      else
        add_direction(reaction, reaction_ids_.make(reaction.id), sides, rate);
    }
  }

  void add_directions(ForeignReaction const& reaction, Sides const& sides, Formula const& rate) {
    auto const knowledge =
        SignKnowledge{[this](std::string const& id) { return is_never_negative(id); },
                      [&](std::string const& id) {
                        i64 needed = 0;
                        for (auto const* side : {&sides.reactants, &sides.products})
                          for (auto const& one : *side)
                            if (one.name == id) needed = std::max(needed, one.count);
                        return needed;
                      },
                      [this](std::string const& id) { return constant_in_laws(id); }};
    auto const directions = directions_of(rate, knowledge);
    if (!directions) {
      error(reaction.where,
            fmt::format("the law of the reversible reaction {} cannot be split in two directions",
                        quoted(reaction.id)),
            "a propensity is never negative, and which part of the law belongs to which direction "
            "cannot be told",
            "Write it as a difference, or as two reactions that are not reversible");
      return;
    }
    auto const id = reaction_ids_.make(reaction.id);
    if (directions->forward) add_direction(reaction, id, sides, *directions->forward);
    if (directions->reverse)
      add_direction(reaction, reaction_ids_.make(reaction.id + "_reverse"),
                    {sides.products, sides.reactants}, *directions->reverse);
  }

  /// By the id of laws: copy numbers are not, rules as their formulas tell, parameters and sizes as
  /// they start.
  bool is_never_negative(std::string const& id) {
    build_law_things();
    auto const found = law_things_.find(id);
    if (found == law_things_.end()) return false;
    auto const& name = found->second;
    auto const thing = things_.at(name);
    if (thing.kind == ThingKind::species && forms_[thing.index] == SpeciesForm::counted)
      return true;
    if (auto const rule = rules_.find(name); rule != rules_.end())
      return is_never_negative(name, *rule->second);
    // An event or --set that makes it negative ends trajectories with a bad propensity.
    return start(name) >= 0;
  }

  std::map<std::string, bool, std::less<>> signs_;  ///< of rules
  usize signs_depth_ = 0;
  bool is_never_negative(std::string const& name, ForeignAssignment const& rule) {
    auto const known = signs_.find(name);
    if (known != signs_.end()) return known->second;
    if (signs_depth_ > max_chain) return false;
    ++signs_depth_;
    SignKnowledge const knowledge{[this](std::string const& id) { return is_never_negative(id); },
                                  [](std::string const&) { return i64{0}; },
                                  [](std::string const&) { return std::optional<double>(); }};
    bool const result = cristae::is_never_negative(law(rule.formula), knowledge);
    --signs_depth_;
    signs_.emplace(name, result);
    return result;
  }

  static std::string equation(Sides const& sides) {
    auto const text = [](std::vector<CountedReactant> const& side) {
      std::string result;
      for (auto const& [name, count] : side) {
        if (!result.empty()) result += " + ";
        if (count != 1) result += fmt::format("{} ", count);
        result += name;
      }
      return result.empty() ? std::string("0") : result;
    };
    return text(sides.reactants) + " -> " + text(sides.products);
  }

  void add_direction(ForeignReaction const& reaction, std::string const& id, Sides const& sides,
                     Formula const& rate) {
    auto const constant =
        mass_action_constant(rate, sides.reactants,
                             [this](std::string const& name) { return is_constant_in_laws(name); });
    if (!constant) remark_missing_reactants(reaction, sides, rate);
    draft_.reaction(id, equation(sides), constant ? RateKind::mass_action : RateKind::expression,
                    to_text(constant ? *constant : rate),
                    {reaction.name.empty() && id != reaction.id ? reaction.id : reaction.name, ""},
                    reaction.where);
  }

  /// Of ids of laws: parameters, and rules that read no species.
  bool is_constant_in_laws(std::string const& id) {
    build_law_things();
    auto const found = law_things_.find(id);
    return found != law_things_.end() && !reads_species(found->second);
  }

  /// Its value at the start, where it is constant in laws.
  std::optional<double> constant_in_laws(std::string const& id) {
    if (!is_constant_in_laws(id)) return std::nullopt;
    return start_in_laws(law_things_.find(id)->second);
  }

  std::map<std::string, std::string, std::less<>> law_things_;  ///< names by id of laws
  void build_law_things() {
    if (law_things_.empty())
      for (auto const& [name, id] : ids_) law_things_.emplace(id, name);
  }

  std::map<std::string, bool, std::less<>> reads_species_;
  usize reads_depth_ = 0;
  bool reads_species(std::string const& name) {
    if (name == model_time) return false;
    auto const known = reads_species_.find(name);
    if (known != reads_species_.end()) return known->second;
    if (reads_depth_ > max_chain) {
      report_chain(name);
      return true;
    }
    ++reads_depth_;
    auto const thing = things_.at(name);
    bool result = thing.kind == ThingKind::species && forms_[thing.index] == SpeciesForm::counted;
    if (auto const rule = rules_.find(name); rule != rules_.end())
      result = uses(rule->second->formula,
                    [this](std::string const& used) { return reads_species(used); });
    --reads_depth_;
    reads_species_.emplace(name, result);
    return result;
  }

  /// A reaction whose reactants are not all there does not happen, whatever its law says.
  void remark_missing_reactants(ForeignReaction const& reaction, Sides const& sides,
                                Formula const& rate) {
    build_law_things();
    for (auto const& missing : sides.reactants) {
      bool is_known = true;
      auto const value = value_of(rate, [&](std::string const& id) -> double {
        for (auto const& one : sides.reactants)
          if (one.name == id) return static_cast<double>(one.count - (one.name == missing.name));
        auto const& name = law_things_.find(id)->second;
        auto const thing = things_.at(name);
        if (rules_.contains(name)) is_known = false;
        if (thing.kind == ThingKind::species && forms_[thing.index] == SpeciesForm::counted)
          return std::max(1.0, copies_[thing.index]);
        return start_in_laws(name);
      });
      if (!is_known || value == 0) continue;
      note(reaction.where,
           fmt::format("the law of reaction {} is not 0 where only {} of {} {} {} there",
                       quoted(reaction.id), missing.count - 1, missing.count, missing.name,
                       missing.count == 2 ? "is" : "are"),
           "a reaction happens only while all its reactants are there",
           missing.count > 1 ? "For the number of combinations write, for example, k*A*(A-1)/2"
                             : "");
      return;
    }
  }

  // ---- the other sections ----

  /// What an event gives a species, in copies. Where that is a product with a size or a unit, its
  /// rounding is taken off, and no more: amounts in moles are rounded, others must be whole.
  Formula assigned_copies(ForeignSpecies const& species, Formula value) {
    bool const is_in_moles = species.copies_per_unit != 1;
    if (species.has_only_amounts && !is_in_moles) return value;
    auto copies = in_copies(species, std::move(value));
    auto const nearest = join(NodeKind::floor, join(NodeKind::add, copies, number_formula(0.5)));
    if (is_in_moles) return nearest;
    Formula most;
    most.kind = NodeKind::maximum;
    most.arguments = {copies, number_formula(1)};
    auto const distance = join(NodeKind::absolute, join(NodeKind::subtract, copies, nearest));
    Formula result;
    result.kind = NodeKind::piecewise;
    result.arguments = {nearest,
                        join(NodeKind::less_equal, distance,
                             join(NodeKind::multiply, number_formula(whole_tolerance), most)),
                        copies};
    return result;
  }

  /// A concentration becomes copies by the size before the assignments of its event, which has to be
  /// the size where the value is worked out.
  void check_size(ForeignEvent const& event, ForeignSpecies const& species) {
    if (species.has_only_amounts) return;
    auto const& compartment = species.compartment;
    auto const set_between = [&](std::string const& name) {
      bool const by_event =
          std::any_of(model_.events.begin(), model_.events.end(), [&](ForeignEvent const& other) {
            return (&other != &event || event.delay) &&
                   std::any_of(other.assignments.begin(), other.assignments.end(),
                               [&](auto const& one) { return one.variable == name; });
          });
      auto const thing = things_.at(name);
      bool const by_reaction = event.delay && thing.kind == ThingKind::species &&
                               forms_[thing.index] == SpeciesForm::counted;
      return by_event || by_reaction;
    };
    if (event.values_from_trigger_time && follows(compartment, set_between))
      error(
          event.where,
          fmt::format("{} sets the concentration of species {}, and the size of its compartment {} "
                      "can change between its trigger and the assignment",
                      named(event), quoted(species.id), quoted(compartment)),
          "copies are counted, and worked out at the trigger",
          "Let the species have only units of substance, or take values at the time of the "
          "assignment");
  }

  /// Whether a quantity is, or reads through rules or as a concentration, something that `is_meant`.
  bool follows(std::string const& name, std::function<bool(std::string const&)> const& is_meant) {
    std::vector<std::string> open{name};
    std::set<std::string> seen{name};
    while (!open.empty()) {
      auto const next = std::move(open.back());
      open.pop_back();
      if (next == model_time) continue;
      if (is_meant(next)) return true;
      std::set<std::string> names;
      if (auto const rule = rules_.find(next); rule != rules_.end())
        add_names(rule->second->formula, names);
      if (auto const thing = things_.find(next);
          thing != things_.end() && thing->second.kind == ThingKind::species)
        if (auto const& species = model_.species[thing->second.index]; !species.has_only_amounts)
          names.insert(species.compartment);
      for (auto const& one : names)
        if (seen.insert(one).second) open.push_back(one);
    }
    return false;
  }

  void add_events() {
    for (auto const& event : model_.events) {
      NetworkDraft::EventText text;
      text.trigger = to_text(law(event.trigger));
      if (event.delay) text.delay = to_text(law(*event.delay));
      if (event.priority) text.priority = to_text(law(*event.priority));
      text.initial_value = event.initial_value;
      text.persistent = event.persistent;
      text.values_from_trigger_time = event.values_from_trigger_time;
      for (auto const& one : event.assignments) {
        auto value = law(one.formula);
        if (auto const thing = things_.at(one.variable); thing.kind == ThingKind::species) {
          check_size(event, model_.species[thing.index]);
          value = assigned_copies(model_.species[thing.index], std::move(value));
        }
        used_.insert(one.variable);
        text.set.emplace_back(ids_.find(one.variable)->second, to_text(value));
      }
      auto const id = event_ids_.make(event.id.empty() ? "event" : event.id);
      if (text.set.empty()) {
        note(event.where, fmt::format("{} sets nothing", named(event)), "it is left out", "");
        continue;
      }
      draft_.event(id, text, {label(event, id), ""}, event.where);
    }
    check_equal_priorities();
  }

  /// What an event reads and sets, rules followed.
  struct Reach {
    std::set<std::string> reads, sets;
  };

  Reach reach_of(ForeignEvent const& event) {
    Reach reach;
    auto const read = [&](Formula const& formula) {
      std::set<std::string> names;
      add_names(formula, names);
      for (auto const& name : names)
        follows(name, [&](std::string const& one) { return reach.reads.insert(one), false; });
    };
    read(event.trigger);
    if (event.delay) read(*event.delay);
    read(*event.priority);
    for (auto const& one : event.assignments) {
      read(one.formula);
      reach.sets.insert(one.variable);
      follows(one.variable,
              [&](std::string const& read) { return reach.reads.insert(read), false; });
    }
    return reach;
  }

  /// Of a formula without names.
  static std::optional<double> fixed_value(Formula const& formula) {
    if (uses(formula, [](std::string const&) { return true; })) return std::nullopt;
    return value_of(formula, [](std::string const&) { return 0.0; });
  }

  /// Of no account where neither event sets what the other reads or sets. A warning where formulas may
  /// be equal.
  void check_equal_priorities() {
    std::vector<std::pair<ForeignEvent const*, Reach>> before;
    for (auto const& event : model_.events) {
      if (!event.priority) continue;
      auto reach = reach_of(event);
      auto const meets = [](std::set<std::string> const& a, std::set<std::string> const& b) {
        return std::any_of(a.begin(), a.end(), [&](auto const& name) { return b.contains(name); });
      };
      for (auto const& [other, others] : before) {
        auto const one = fixed_value(*event.priority), two = fixed_value(*other->priority);
        bool const are_numbers = one && two;
        if (are_numbers && *one != *two) continue;
        if (!meets(reach.sets, others.reads) && !meets(others.sets, reach.reads)) continue;
        findings_.push_back({are_numbers ? Severity::error : Severity::warning, event.where,
                             fmt::format("{} and {} {} the same priority", named(*other),
                                         named(event), are_numbers ? "have" : "can have"),
                             "of such events due at one time SBML lets chance choose; a network, "
                             "the first in the file",
                             "Give them different priorities"});
        return;
      }
      before.emplace_back(&event, std::move(reach));
    }
  }

  void add_species() {
    for (usize i = 0; i < model_.species.size(); ++i) {
      auto const& species = model_.species[i];
      auto const& id = ids_.find(species.id)->second;
      NetworkDraft::Remark const remark{label(species, id), ""};
      if (forms_[i] == SpeciesForm::counted) {
        draft_.species(id, static_cast<i64>(copies_[i]), species.compartment, remark,
                       species.where);
        continue;
      }
      if (is_fixed_amount(species)) {
        draft_.parameter(id, fixed_amount(species), remark, species.where);
        auto copies = law_name(species.id);
        if (species.copies_per_unit != 1)
          copies =
              join(NodeKind::multiply, std::move(copies), number_formula(species.copies_per_unit));
        draft_.observable(id, to_text(copies), remark, species.where);
        continue;
      }
      if (forms_[i] == SpeciesForm::ruled)
        add_rule(species, id);
      else
        draft_.parameter(id, start(species.id), remark, species.where);
      bool const takes_size = !species.has_only_amounts;
      if (is_reported(species, takes_size ? species.compartment : species.id))
        draft_.observable(id, to_text(in_copies(species, law_name(species.id))), remark,
                          species.where);
    }
  }

  /// The values that events give to parameters are not kept at sample times, nor what follows.
  /// `other` is read, too, to report the thing.
  bool is_reported(ForeignThing const& thing, std::string const& other) {
    if (!follows_events(thing.id, 0) && !follows_events(other, 0)) return true;
    note(thing.where, fmt::format("{} is not reported", quoted(thing.id)),
         "it reads a parameter that an event sets", "");
    return false;
  }

  std::map<std::string, bool, std::less<>> follows_events_;
  bool follows_events(std::string const& name, usize depth) {
    if (name == model_time || depth > max_chain) return false;
    if (auto const known = follows_events_.find(name); known != follows_events_.end())
      return known->second;
    auto const thing = things_.at(name);
    auto const rule = rules_.find(name);
    bool follows = false;
    if (rule != rules_.end()) {
      follows = uses(rule->second->formula,
                     [&](std::string const& used) { return follows_events(used, depth + 1); });
    } else if (thing.kind == ThingKind::species) {
      auto const& species = model_.species[thing.index];  // read as a concentration
      follows = !species.has_only_amounts && follows_events(species.compartment, depth + 1);
    } else {
      follows = event_targets_.contains(name);
    }
    follows_events_.emplace(name, follows);
    return follows;
  }

  static std::string label(ForeignThing const& thing, std::string const& id) {
    return thing.name.empty() && id != thing.id ? thing.id : thing.name;
  }

  void add_rule(ForeignThing const& thing, std::string const& id) {
    draft_.rule(id, to_text(law(rules_.find(thing.id)->second->formula)), {label(thing, id), ""},
                thing.where);
  }

  /// Whether its initial assignment reads nothing that could ever have another value.
  bool follows_constants(std::string const& name) {
    auto const initial = initial_.find(name);
    if (initial == initial_.end() || !is_constant(name)) return false;
    // A stoichiometry has one value, in equations and in laws.
    auto const thing = things_.at(name);
    if (thing.kind == ThingKind::parameter && model_.parameters[thing.index].is_optional)
      return false;
    return !uses(initial->second->formula, [this](std::string const& used) {
      return used == model_time || things_.at(used).kind == ThingKind::species ||
             !is_constant(used);
    });
  }

  /// A parameter, or the size of a compartment.
  void add_value(ForeignThing const& thing, std::string const& id) {
    if (rules_.contains(thing.id))
      add_rule(thing, id);
    else if (follows_constants(thing.id))
      draft_.rule(id, to_text(law(initial_.find(thing.id)->second->formula)),
                  {label(thing, id), ""}, thing.where);
    else
      draft_.parameter(id, start(thing.id), {label(thing, id), ""}, thing.where);
  }

  void add_parameters() {
    for (auto const& parameter : model_.parameters) {
      auto const& id = ids_.find(parameter.id)->second;
      if (!parameter.value && !assignment_of(parameter.id)) {
        if (used_.contains(parameter.id) || event_targets_.contains(parameter.id))
          error(parameter.where, fmt::format("parameter {} has no value", quoted(parameter.id)),
                "a formula reads it", "Give it a value");
        continue;
      }
      if (parameter.is_optional && !used_.contains(parameter.id)) continue;
      add_value(parameter, id);
      if (parameter.is_of_model && rules_.contains(parameter.id) &&
          is_reported(parameter, parameter.id))
        draft_.observable(id, id, {label(parameter, id), ""}, parameter.where);
    }
  }

  void add_compartments() {
    for (auto const& compartment : model_.compartments) {
      if (rules_.contains(compartment.id) || event_targets_.contains(compartment.id))
        used_.insert(compartment.id);
      // It may read further sizes.
      if (auto const* assignment = assignment_of(compartment.id)) law(assignment->formula);
    }
    for (auto const& compartment : model_.compartments) {
      bool const has_size = compartment.size || assignment_of(compartment.id);
      bool const has_volume = has_size && start(compartment.id) > 0;
      draft_.compartment(compartment.id,
                         has_volume ? std::optional(start(compartment.id)) : std::nullopt,
                         {compartment.name, compartment.unit}, compartment.where);
    }
    for (auto const& compartment : model_.compartments) {
      if (!used_.contains(compartment.id)) continue;
      auto const& id = ids_.find(compartment.id)->second;
      bool const has_size = compartment.size || assignment_of(compartment.id);
      if (!has_size)
        error(compartment.where, fmt::format("compartment {} has no size", quoted(compartment.id)),
              "a formula reads it, or the concentration of a species in it",
              "Give it a size, or let its species have only units of substance");
      else if (start(compartment.id) == 0)
        error(compartment.where, fmt::format("compartment {} has size 0", quoted(compartment.id)),
              "there are no concentrations in it",
              "Give it a size, or let its species have only units of substance");
      else
        add_value(compartment, id);
      if (rules_.contains(compartment.id) && is_reported(compartment, compartment.id))
        draft_.observable(id, id, {label(compartment, id), ""}, compartment.where);
    }
  }
};

}  // namespace

Network network_of(ForeignModel const& model, std::string const& file,
                   std::vector<Diagnostic> findings) {
  auto const with_rates = with_rates_as_rules(model);
  return Translator(with_rates ? *with_rates : model, file, std::move(findings)).translate();
}

}  // namespace cristae
