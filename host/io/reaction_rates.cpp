// host/io/reaction_rates.cpp - rates of reactions that formulas read, as rules.
#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "host/io/foreign_model.hpp"

namespace cristae {
namespace {

template <class Visit>
void visit_formulas(auto& model, Visit const& visit) {
  for (auto& one : model.initial) visit(one.formula);
  for (auto& one : model.rules) visit(one.formula);
  for (auto& reaction : model.reactions) visit(reaction.law);
  for (auto& event : model.events) {
    visit(event.trigger);
    if (event.delay) visit(*event.delay);
    if (event.priority) visit(*event.priority);
    for (auto& one : event.assignments) visit(one.formula);
  }
}

std::set<std::string> all_ids(ForeignModel const& model) {
  std::set<std::string> ids;
  auto const add = [&](auto const& things) {
    for (auto const& one : things) ids.insert(one.id);
  };
  add(model.compartments);
  add(model.species);
  add(model.parameters);
  add(model.reactions);
  add(model.events);
  add(model.functions);
  return ids;
}

}  // namespace

std::optional<ForeignModel> with_rates_as_rules(ForeignModel const& model) {
  std::set<std::string> read;
  visit_formulas(model, [&](Formula const& formula) { add_names(formula, read); });
  auto ids = all_ids(model);
  std::map<std::string, std::string> names;  // by id of the reaction
  for (auto const& reaction : model.reactions) {
    if (!read.contains(reaction.id)) continue;
    auto name = reaction.id + "_rate";
    while (!ids.insert(name).second) name += "_";
    names.emplace(reaction.id, std::move(name));
  }
  if (names.empty()) return std::nullopt;
  ForeignModel result = model;
  visit_formulas(result, [&](Formula& formula) {
    formula = replaced(formula, [&](std::string const& name) {
      auto const found = names.find(name);
      return name_formula(found == names.end() ? name : found->second);
    });
  });
  for (auto const& reaction : result.reactions) {
    auto const found = names.find(reaction.id);
    if (found == names.end()) continue;
    ForeignParameter rate;
    rate.id = found->second;
    rate.name = "rate of " + reaction.id;
    rate.where = reaction.where;
    rate.is_constant = false;
    rate.is_of_model = false;
    result.parameters.push_back(std::move(rate));
    result.rules.push_back({found->second, reaction.law, reaction.where});
  }
  return result;
}

}  // namespace cristae
