// host/ode/rate_equations.cpp - rates by plain recursion, changes by adding up.
#include "host/ode/rate_equations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "host/engine/event_program.hpp"
#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

bool jumps(NodeKind kind) {
  switch (kind) {
    case NodeKind::less:
    case NodeKind::less_equal:
    case NodeKind::greater:
    case NodeKind::greater_equal:
    case NodeKind::equal:
    case NodeKind::not_equal:
    case NodeKind::logical_and:
    case NodeKind::logical_or:
    case NodeKind::logical_not:
    case NodeKind::floor:
    case NodeKind::ceiling: return true;
    default: return false;
  }
}

/// What the laws of a network read and do, through their rules.
class LawSurvey {
 public:
  explicit LawSurvey(Network const& network)
      : reads_(network.rules.size(), 0), jumps_(network.rules.size(), 0) {
    for (u32 const rule : network.rule_order) {
      auto const found = survey(network.rules[rule].expression);
      reads_[rule] = found.reads_species;
      jumps_[rule] = found.jumps;
    }
  }

  struct Found {
    bool reads_species = false, jumps = false;
  };
  Found survey(Expression const& expression) const {
    Found found;
    std::vector<char> reads(expression.nodes.size(), 0);
    for (usize i = 0; i < expression.nodes.size(); ++i) {
      Node const& node = expression.nodes[i];
      if (node.kind == NodeKind::symbol) {
        bool const is_rule = node.symbol.kind == SymbolKind::rule;
        reads[i] = is_rule ? reads_[node.symbol.index] : node.symbol.kind == SymbolKind::species;
        found.jumps |= is_rule && jumps_[node.symbol.index];
      }
      for (u32 const argument : node.arguments) reads[i] |= reads[argument];
      found.reads_species |= reads[i] != 0;
      found.jumps |= reads[i] != 0 && jumps(node.kind);
    }
    return found;
  }

 private:
  std::vector<char> reads_, jumps_;  ///< by rule
};

std::string quoted_list(std::vector<std::string> const& names) {
  constexpr usize most = 8;
  std::string text;
  for (usize i = 0; i < std::min(names.size(), most); ++i)
    text += fmt::format("{}'{}'", i > 0 ? ", " : "", names[i]);
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

}  // namespace

RateEquations::RateEquations(Experiment const& experiment, std::vector<ReactionId> const& counted)
    : network_(*experiment.network), counted_(counted), species_(network_.species.size()),
      parameters_(experiment.segments[0].parameters), x_(species_), rules_(network_.rules.size()),
      rates_(network_.reactions.size()), fading_(fading_reactants(experiment)) {}

std::vector<double> const& RateEquations::rates(std::span<double const> state) {
  for (usize i = 0; i < species_; ++i) x_[i] = std::max(state[i], 0.0);
  ExpressionValues values{x_, parameters_, {}, {}};
  evaluate_rules(network_, values, rules_);
  values.rules = rules_;
  for (usize j = 0; j < rates_.size(); ++j) {
    Reaction const& reaction = network_.reactions[j];
    double rate = evaluate(reaction.rate, values);
    if (reaction.rate_kind == RateKind::mass_action)
      for (auto const& reactant : reaction.reactants)
        for (i64 i = 0; i < reactant.count; ++i)
          rate *= x_[static_cast<u32>(reactant.species)] / static_cast<double>(i + 1);
    for (u32 const species : fading_[j]) rate *= std::min(1.0, x_[species] / last_copies);
    rates_[j] = rate;
  }
  return rates_;
}

bool RateEquations::derivative(std::span<double const> state, std::span<double> change) {
  rates(state);
  std::fill(change.begin(), change.end(), 0.0);
  for (usize j = 0; j < rates_.size(); ++j) {
    double const rate = rates_[j];
    if (!std::isfinite(rate)) {
      bad_reaction_ = static_cast<i32>(j);
      return false;
    }
    Reaction const& reaction = network_.reactions[j];
    for (auto const& one : reaction.reactants)
      change[static_cast<u32>(one.species)] -= static_cast<double>(one.count) * rate;
    for (auto const& one : reaction.products)
      change[static_cast<u32>(one.species)] += static_cast<double>(one.count) * rate;
  }
  for (usize c = 0; c < counted_.size(); ++c)
    change[species_ + c] = rates_[static_cast<u32>(counted_[c])];
  return true;
}

std::vector<std::vector<u32>> fading_reactants(Experiment const& experiment) {
  Network const& network = *experiment.network;
  // Under any of the values that the parameters will have, for one of them may be 0.
  std::vector<std::vector<double>> looks;
  for (usize i = 0; i < std::min<usize>(experiment.segments.size(), 16); ++i)
    looks.push_back(experiment.segments[i].parameters);
  if (!network.events.empty()) {
    auto const set_by_events = parameters_of_events(network);
    looks.push_back(looks[0]);
    for (usize p = 0; p < set_by_events.size(); ++p)
      if (set_by_events[p]) looks.back()[p] = 1;
  }
  std::vector<double> full(network.species.size());
  for (usize i = 0; i < full.size(); ++i)
    full[i] = std::max(1.0, static_cast<double>(experiment.initial[i]));
  std::vector<std::vector<u32>> fading(network.reactions.size());
  for (usize j = 0; j < network.reactions.size(); ++j) {
    Reaction const& reaction = network.reactions[j];
    if (reaction.rate_kind == RateKind::mass_action) continue;
    for (auto const& reactant : reaction.reactants) {
      auto x = full;
      x[static_cast<u32>(reactant.species)] = 0;
      for (auto const& parameters : looks) {
        ExpressionValues values{x, parameters, {}, {}};
        auto const rules = evaluate_rules(network, values);
        values.rules = rules;
        if (evaluate(reaction.rate, values) == 0) continue;
        fading[j].push_back(static_cast<u32>(reactant.species));
        break;
      }
    }
  }
  return fading;
}

std::vector<Diagnostic> discontinuity_notes(Experiment const& experiment) {
  Network const& network = *experiment.network;
  LawSurvey const laws(network);
  std::vector<std::string> jumping, cut;
  auto const fading = fading_reactants(experiment);
  for (usize j = 0; j < network.reactions.size(); ++j) {
    auto const& reaction = network.reactions[j];
    if (laws.survey(reaction.rate).jumps) jumping.push_back(reaction.id);
    if (!fading[j].empty()) cut.push_back(reaction.id);
  }
  std::vector<Diagnostic> notes;
  auto const add = [&](std::string problem, char const* reason) {
    notes.push_back({Severity::note, {}, std::move(problem), reason, {}});
  };
  if (!jumping.empty())
    add(fmt::format("rates jump where species cross a bound: {}", quoted_list(jumping)),
        "the step size finds such points by its error estimate, and means of trajectories, which "
        "cross at different times, do not jump");
  if (!cut.empty())
    add(fmt::format("rates do not vanish with their reactants: {}", quoted_list(cut)),
        "they are made to, within the last thousandth of a copy, and there trajectories, which "
        "count "
        "whole copies, behave otherwise");
  return notes;
}

}  // namespace cristae
