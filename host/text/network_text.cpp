// host/text/network_text.cpp - a network as text, section by section.
#include "host/text/network_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "host/engine/engine.hpp"
#include "host/engine/experiment.hpp"
#include "host/engine/law_accuracy.hpp"
#include "host/model/conservation.hpp"
#include "host/model/law_parser.hpp"
#include "host/model/units.hpp"
#include "host/text/table.hpp"

namespace cristae {

std::string law_text(Network const& network, Expression const& expression) {
  return print_law(
      expression,
      [&](Symbol symbol) -> std::string {
        switch (symbol.kind) {
          case SymbolKind::species: return network.species[symbol.index].id;
          case SymbolKind::parameter: return network.parameters[symbol.index].id;
          case SymbolKind::rule: return network.rules[symbol.index].id;
          case SymbolKind::time: return "time";
          case SymbolKind::unresolved: break;
        }
        return "?";
      },
      [&](u32 reaction) { return network.reactions[reaction].id; });
}

namespace {

std::string counted(usize count, std::string const& singular, std::string const& several) {
  return fmt::format("{} {}", count, count == 1 ? singular : several);
}

/// As a factor: in parentheses unless it is one name, one number, or has them already.
std::string factor_text(Network const& network, Expression const& expression) {
  auto text = law_text(network, expression);
  auto const kind = expression.root().kind;
  if (kind == NodeKind::symbol || kind == NodeKind::number) return text;
  int depth = 0;
  for (usize i = 0; i < text.size(); ++i) {
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    if (depth == 0 && i + 1 < text.size()) return "(" + text + ")";
  }
  return text;
}

std::string label_of(Annotation const& annotation) {
  return annotation.label == annotation.id ? "" : annotation.label;
}

void add_section(std::string& text, std::string const& title, TextTable const& table,
                 TextTable::Header header = TextTable::Header::yes) {
  text += "\n" + title + "\n" + table.text(header, 2);
}

std::string species_section(Network const& network) {
  TextTable table({Align::left, Align::right, Align::left, Align::left, Align::left, Align::left});
  table.add({"id", "initial", "unit", "compartment", "grade", "label"});
  for (auto const& species : network.species)
    table.add({species.id, fmt::format("{}", species.initial), species.unit, species.compartment,
               species.grade, label_of(species)});
  std::string text;
  add_section(text, "Species", table);
  return text;
}

std::string parameter_section(Network const& network) {
  if (network.parameters.empty()) return {};
  TextTable table({Align::left, Align::right, Align::left, Align::left, Align::left, Align::left});
  table.add({"id", "value", "unit", "grade", "bounds", "label"});
  for (auto const& parameter : network.parameters) {
    std::string bounds;
    if (std::isfinite(parameter.lower) || std::isfinite(parameter.upper))
      bounds = fmt::format("[{}, {}]", parameter.lower, parameter.upper);
    table.add({parameter.id, fmt::format("{}", parameter.value), parameter.unit, parameter.grade,
               bounds, label_of(parameter)});
  }
  std::string text;
  add_section(text, "Parameters", table);
  std::map<std::string, usize> grades;
  for (auto const& parameter : network.parameters) ++grades[parameter.grade];
  std::string summary;
  for (auto const& [grade, count] : grades)
    summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", count,
                           grade.empty() ? "without a grade" : grade);
  return text + fmt::format("  Grades of {}: {}.\n",
                            counted(network.parameters.size(), "parameter", "parameters"), summary);
}

std::string expression_section(Network const& network, std::string const& title,
                               auto const& named) {
  if (named.empty()) return {};
  TextTable table({Align::left, Align::left, Align::left, Align::left});
  table.add({"id", "unit", "label", "read as"});
  for (auto const& one : named)
    table.add({one.id, one.unit, label_of(one), law_text(network, one.expression)});
  std::string text;
  add_section(text, title, table);
  return text;
}

std::string reaction_section(Network const& network) {
  std::string text = "\nReactions\n";
  for (auto const& reaction : network.reactions) {
    bool const is_mass_action = reaction.rate_kind == RateKind::mass_action;
    auto const label = label_of(reaction);
    text += fmt::format(
        "  {}: {}{}\n      {} {}\n", reaction.id, reaction.equation,
        label.empty() ? "" : "  (" + label + ")", is_mass_action ? "mass action:" : "propensity: ",
        is_mass_action ? mass_action_text(network, reaction) : law_text(network, reaction.rate));
  }
  return text;
}

std::string changes_text(Network const& network,
                         std::vector<std::pair<ParameterId, double>> const& set) {
  std::string text;
  for (auto const& [parameter, value] : set)
    text += fmt::format("{}{} = {}", text.empty() ? "set " : ", ",
                        network.parameters[static_cast<usize>(parameter)].id, value);
  return text;
}

std::string copies_text(Network const& network, char const* verb,
                        std::vector<std::pair<SpeciesId, i64>> const& copies) {
  std::string text;
  for (auto const& [species, count] : copies)
    text += fmt::format("{}{} = {}", text.empty() ? std::string(verb) + " " : ", ",
                        network.species[static_cast<usize>(species)].id, count);
  return text;
}

std::string joined(std::string const& a, std::string const& b) {
  return a.empty() ? b : b.empty() ? a : a + "; " + b;
}

std::string condition_section(Network const& network) {
  if (network.conditions.empty()) return {};
  std::string text = "\nConditions\n";
  for (auto const& condition : network.conditions) {
    auto const label = label_of(condition);
    text += fmt::format("  {}{}\n", condition.id, label.empty() ? "" : ": " + label);
    auto const start = joined(changes_text(network, condition.set),
                              copies_text(network, "start with", condition.initial));
    if (!start.empty()) text += "      " + start + "\n";
    for (auto const& change : condition.schedule)
      text += fmt::format(
          "      at {}{}{}: {}\n", change.time, network.time_unit.empty() ? "" : " ",
          network.time_unit,
          joined(changes_text(network, change.set), copies_text(network, "add", change.add)));
  }
  return text;
}

std::string variation_section(Network const& network) {
  if (network.variations.empty()) return {};
  std::string text = "\nCell-to-cell variation (applied with --vary all, or --vary NAME)\n";
  for (auto const& variation : network.variations)
    text += fmt::format("  {}: {}\n", variation.id, variation.factor.text());
  return text;
}

std::string law_text(Network const& network, ConservationLaw const& law) {
  constexpr usize most = 12;
  auto const& terms = law.coefficients;
  std::string text;
  for (usize i = 0; i < terms.size(); ++i) {
    if (terms.size() > most && i == most / 2) {
      text += " + ...";
      i = terms.size() - most / 4;
    }
    auto const [species, coefficient] = terms[i];
    bool const negative = coefficient < 0;
    text += text.empty() ? (negative ? "-" : "") : negative ? " - " : " + ";
    if (coefficient != 1 && coefficient != -1) text += fmt::format("{} ", std::abs(coefficient));
    text += network.species[static_cast<usize>(species)].id;
  }
  text += " = " + (law.total ? fmt::format("{}", *law.total) : "(beyond 64 bits)");
  if (terms.size() > most) text += fmt::format("  ({} species)", terms.size());
  if (terms.size() == 1) text += "  (no reaction changes it)";
  return text;
}

std::string conservation_section(Network const& network) {
  constexpr usize most = 50;
  auto const found = conservation_laws(network);
  std::string text = "\nConservation laws (totals of the initial counts)\n";
  if (!found.complete) return text + "  too many or too large to be worked out\n";
  if (found.laws.empty()) return text + "  none\n";
  for (usize i = 0; i < std::min(most, found.laws.size()); ++i)
    text += "  " + law_text(network, found.laws[i]) + "\n";
  if (found.laws.size() > most) text += fmt::format("  and {} more\n", found.laws.size() - most);
  return text;
}

std::string event_section(Network const& network) {
  if (network.events.empty()) return {};
  std::string text = "\nEvents\n";
  for (Event const& event : network.events) {
    text += fmt::format("  {}: when {}", event.id, law_text(network, event.trigger));
    if (event.delay) text += fmt::format(", after {}", law_text(network, *event.delay));
    if (event.priority) text += fmt::format(", priority {}", law_text(network, *event.priority));
    if (!event.persistent) text += ", unless it is over by then";
    if (!event.initial_value) text += ", at the start too";
    char const* separator = ": ";
    for (auto const& assignment : event.assignments) {
      auto const* species = std::get_if<SpeciesId>(&assignment.target);
      auto const& id = species != nullptr
                           ? network.species[u32(*species)].id
                           : network.parameters[u32(std::get<ParameterId>(assignment.target))].id;
      text += fmt::format("{}{} = {}", separator, id, law_text(network, assignment.value));
      separator = ", ";
    }
    if (!event.values_from_trigger_time) text += " (values of when it happens)";
    text += "\n";
  }
  return text;
}

/// The species on which every rule depends, through other rules too.
std::vector<std::set<u32>> species_of_rules(Network const& network) {
  std::vector<std::set<u32>> species(network.rules.size());
  for (u32 const rule : network.rule_order) {
    for (auto const& node : network.rules[rule].expression.nodes) {
      if (node.kind != NodeKind::symbol) continue;
      if (node.symbol.kind == SymbolKind::species) species[rule].insert(node.symbol.index);
      if (node.symbol.kind == SymbolKind::rule)
        species[rule].insert(species[node.symbol.index].begin(), species[node.symbol.index].end());
    }
  }
  return species;
}

/// How many propensities other than its own an event of each reaction changes.
std::vector<usize> dependents(Network const& network) {
  auto const rules = species_of_rules(network);
  std::vector<std::vector<u32>> readers(network.species.size());  // reactions, by species
  for (u32 j = 0; j < network.reactions.size(); ++j) {
    auto const& reaction = network.reactions[j];
    std::set<u32> read;
    for (auto const& reactant : reaction.reactants) read.insert(static_cast<u32>(reactant.species));
    for (auto const& node : reaction.rate.nodes) {
      if (node.kind != NodeKind::symbol) continue;
      if (node.symbol.kind == SymbolKind::species) read.insert(node.symbol.index);
      if (node.symbol.kind == SymbolKind::rule)
        read.insert(rules[node.symbol.index].begin(), rules[node.symbol.index].end());
    }
    for (u32 const species : read) readers[species].push_back(j);
  }
  std::vector<usize> counts;
  std::vector<u32> changed_by(network.reactions.size(), ~u32{0});  // the last one, by reader
  for (u32 j = 0; j < network.reactions.size(); ++j) {
    std::map<u32, i64> change;
    for (auto const& [species, count] : network.reactions[j].reactants)
      change[static_cast<u32>(species)] -= count;
    for (auto const& [species, count] : network.reactions[j].products)
      change[static_cast<u32>(species)] += count;
    usize changed = 0;
    for (auto const& [species, count] : change) {
      if (count == 0) continue;
      for (u32 const reader : readers[species])
        if (std::exchange(changed_by[reader], j) != j && reader != j) ++changed;
    }
    counts.push_back(changed);
  }
  return counts;
}

std::string dependency_section(Network const& network) {
  auto const counts = dependents(network);
  if (counts.size() < 2) return {};
  auto const [least, most] = std::minmax_element(counts.begin(), counts.end());
  double sum = 0;
  for (usize const count : counts) sum += static_cast<double>(count);
  auto const others = counts.size() - 1;
  auto text = fmt::format("\nDependencies\n  an event changes {}", *least);
  if (*least != *most) text += fmt::format(" to {}", *most);
  text += fmt::format(" of the {} other {}", others, others == 1 ? "propensity" : "propensities");
  if (*least != *most)
    text += fmt::format(", {:.1f} on average", sum / static_cast<double>(counts.size()));
  return text + "\n";
}

std::string unit_section(UnitReport const& report) {
  auto text = fmt::format("\nUnits\n  {} consistent, {} unknown in part",
                          counted(report.consistent, "law", "laws"), report.unknown);
  if (report.contradicted > 0) text += fmt::format(", {} contradicted", report.contradicted);
  text += "\n";
  for (auto const& warning : report.warnings) text += "  " + to_string(warning) + "\n";
  return text;
}

}  // namespace

std::string mass_action_text(Network const& network, Reaction const& reaction) {
  std::vector<std::pair<std::string, i64>> reactants;  // a species may stand twice in an equation
  for (auto const& participant : reaction.reactants) {
    auto const& id = network.species[static_cast<usize>(participant.species)].id;
    auto const same = std::find_if(reactants.begin(), reactants.end(),
                                   [&](auto const& other) { return other.first == id; });
    if (same == reactants.end())
      reactants.emplace_back(id, participant.count);
    else
      same->second += participant.count;
  }
  if (reactants.empty()) return law_text(network, reaction.rate) + "  (whatever the state)";
  auto text = factor_text(network, reaction.rate);
  std::string words;
  for (auto const& [id, count] : reactants) {
    text += " * " + id;
    i64 orders = 1;
    for (i64 i = 1; i < count; ++i) {
      text += fmt::format("*({}-{})", id, i);
      orders *= i + 1;
    }
    if (count > 1) text += fmt::format("/{}", orders);
    words += words.empty() ? "" : " with ";
    words += count == 1   ? "each " + id
             : count == 2 ? "pairs of " + id
             : count == 3 ? "triples of " + id
                          : fmt::format("groups of {} {}", count, id);
  }
  return text + "  (" + words + ")";
}

std::string inspect_text(Network const& network) {
  std::string text = network.name;
  if (!network.title.empty()) text += ": " + network.title;
  text += "\n" + network.file + "\n";
  if (!network.description.empty()) {
    text += "\n" + network.description;
    if (text.back() != '\n') text += '\n';
  }
  text += fmt::format("\n{}, {}, {}, {}, {}, {}\n",
                      counted(network.species.size(), "species", "species"),
                      counted(network.reactions.size(), "reaction", "reactions"),
                      counted(network.parameters.size(), "parameter", "parameters"),
                      counted(network.rules.size(), "rule", "rules"),
                      counted(network.observables.size(), "observable", "observables"),
                      counted(network.conditions.size(), "condition", "conditions"));
  text += fmt::format("Time unit {}; a run ends at {} and samples every {} unless told otherwise\n",
                      network.time_unit.empty() ? "not given" : network.time_unit,
                      network.run.t_end, network.run.sample_every);
  text += species_section(network);
  text += parameter_section(network);
  text += expression_section(network, "Rules", network.rules);
  text += reaction_section(network);
  text += expression_section(network, "Observables", network.observables);
  text += event_section(network);
  text += condition_section(network);
  text += variation_section(network);
  text += conservation_section(network);
  text += dependency_section(network);
  text += unit_section(check_units(network));
  if (!network.notes.empty()) {
    text += "\nNotes of reading\n";
    for (auto const& note : network.notes) text += "  " + to_string(note) + "\n";
  }
  return text;
}

std::string numerics_text(Network const& network) {
  ExperimentRequest request;
  if (network.run.t_end <= 0) request.t_end = 1;
  request.samples = 1;
  Experiment const experiment = resolve(network, request);
  RunPlan plan;
  plan.experiment = &experiment;
  auto const accuracies = law_accuracy(plan);
  double worst = 0;
  std::vector<std::string> guarded, checked;
  for (usize j = 0; j < accuracies.size(); ++j) {
    worst = std::max(worst, accuracies[j].error);
    auto const& id = network.reactions[j].id;
    if (accuracies[j].analysis.guarded) guarded.push_back(id);
    if (accuracies[j].analysis.checked) checked.push_back(id);
  }
  auto text = fmt::format(
      "\nNumerics (parameters as they stand)\n  float32 loses at most {:.1e} of any rate = law at "
      "sampled states\n",
      worst);
  if (!guarded.empty()) {
    text += fmt::format("  held at 0 without reactants, which the law alone does not do: {}\n",
                        fmt::join(guarded, ", "));
  }
  if (!checked.empty()) {
    text += fmt::format("  watched for negative values, which could not be excluded: {}\n",
                        fmt::join(checked, ", "));
  }
  for (auto const& warning : law_accuracy_warnings(plan)) text += "  " + to_string(warning) + "\n";
  return text;
}

void require_units(Network const& network) {
  auto findings = check_units(network).warnings;
  for (auto& finding : findings) finding.severity = Severity::error;
  if (!findings.empty()) throw Error(ExitCode::model, std::move(findings));
}

}  // namespace cristae
