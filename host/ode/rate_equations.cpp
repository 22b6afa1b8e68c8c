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

/// Of a bound, in multiples of what is compared: as far as rounding goes, and as far as a solution along
/// it may be off.
constexpr double least_distance = 1e-9, width_along = 1e-6;
/// Of one law, along which the solution moves at once.
constexpr usize most_along = 6;

bool jumps(NodeKind kind) {
  return is_truth(kind) || kind == NodeKind::floor || kind == NodeKind::ceiling;
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
      parameters_(experiment.segments[0].parameters), fading_(fading_reactants(experiment)),
      laws_(switched_laws(network_, fading_)), sides_(laws_.switches.size()),
      values_(network_.parameters.size() + 2 * sides_.size()), x_(species_),
      rules_(network_.rules.size()), rates_(network_.reactions.size()) {}

/// What laws read of a state, by the sides that are known.
ExpressionValues RateEquations::read(std::span<double const> x) {
  std::copy(parameters_.begin(), parameters_.end(), values_.begin());
  ExpressionValues const values{x, values_, rules_, {}};
  for (u32 const rule : network_.rule_order) rules_[rule] = evaluate(laws_.rules[rule], values);
  return values;
}

RateEquations::Reading RateEquations::reading(u32 bound, ExpressionValues const& values) const {
  Switch const& one = laws_.switches[bound];
  double const left = evaluate(one.left, values);
  double const right = one.kind == Switch::Kind::comparison ? evaluate(one.right, values) : 0;
  return {left - right, std::max({1.0, std::fabs(left), std::fabs(right)})};
}

/// Along a bound: of the rates above it; beyond 0 and 1 it goes on as a straight line.
double RateEquations::share_above(u32 bound, double value) const {
  return sides_[bound].share + (value - sides_[bound].bound) / sides_[bound].width;
}

/// To the laws.
void RateEquations::show(u32 bound, Side::Where where, double share) {
  auto const kind = laws_.switches[bound].kind;
  double const above = where == Side::Where::above ? 1 : where == Side::Where::along ? share : 0;
  double* const shown = values_.data() + network_.parameters.size() + 2 * bound;
  if (kind == Switch::Kind::comparison) {
    shown[0] = above;
    shown[1] = where == Side::Where::undefined ? 0 : 1 - above;
  } else {
    shown[0] = sides_[bound].bound + above - (kind == Switch::Kind::floor ? 1 : 0);
  }
}

void RateEquations::distances(std::span<double const> state, std::span<double> out) {
  auto const values = read(state.first(species_));
  for (u32 i = 0; i < sides_.size(); ++i) out[i] = distance(i, reading(i, values).value);
}

double RateEquations::distance(u32 bound, double value) const {
  Side const& side = sides_[bound];
  bool const is_above = side.where == Side::Where::above;
  if (side.where == Side::Where::along) {
    double const share = share_above(bound, value);
    return std::min(share, 1 - share);
  }
  if (side.where == Side::Where::undefined) return std::isnan(value) ? 1 : -1;
  if (laws_.switches[bound].kind == Switch::Kind::comparison)
    return side.edge + (is_above ? value : -value);
  double const least = is_above ? side.bound : side.bound - 1;
  return side.edge + std::min(value - least, least + 1 - value);
}

void RateEquations::settle(std::span<double const> state, Since since) {
  using enum Side::Where;
  std::vector<u32> near;
  for (u32 i = 0; i < sides_.size(); ++i) {
    Side& side = sides_[i];
    Switch const& one = laws_.switches[i];
    auto const [value, scale] = reading(i, read(state.first(species_)));
    double const bound = one.kind == Switch::Kind::comparison ? 0 : std::nearbyint(value);
    double const over = value - bound, room = least_distance * scale;
    bool const was_along = side.where == along && side.bound == bound;
    if (was_along ? distance(i, value) > 0
                  : since == Since::crossing && distance(i, value) > room / 2)
      continue;
    bool const is_near = !was_along && std::fabs(over) <= 2 * room;
    side.bound = bound;
    side.width = width_along * scale;
    side.where = std::isnan(value)                            ? undefined
                 : over > 0 || (over == 0 && one.is_above_at) ? above
                                                              : below;
    side.edge = room + (is_near ? std::fabs(over) : 0);
    if (is_near) near.push_back(i);
    show(i, side.where);
  }
  for (u32 const i : near) {
    sides_[i].where = led(i, state);
    show(i, sides_[i].where, sides_[i].share);
  }
}

/// Where the rates lead from a bound.
RateEquations::Side::Where RateEquations::led(u32 bound, std::span<double const> state) {
  using enum Side::Where;
  auto const slope_of = [&](Side::Where where) {
    sides_[bound].where = where;
    show(bound, where);
    return slope(bound, state);
  };
  auto const at_it = sides_[bound].where;
  double const from_below = slope_of(below), from_above = slope_of(above);
  double const least = 1e-6 * std::max(std::fabs(from_below), std::fabs(from_above));
  bool const is_pushed_up = from_below > least, is_pushed_down = from_above < -least;
  if (is_pushed_up && is_pushed_down) {
    sides_[bound].share = from_below / (from_below - from_above);
    return along;
  }
  if (is_pushed_up) return above;
  return is_pushed_down ? below : at_it;
}

/// Of what is compared, in time.
double RateEquations::slope(u32 bound, std::span<double const> state) {
  std::vector<double> change(size()), ahead(state.begin(), state.begin() + species_);
  if (!derivative(state, change)) return 0;
  double fastest = 0;
  for (usize i = 0; i < species_; ++i)
    fastest = std::max(fastest, std::fabs(change[i]) / (std::fabs(ahead[i]) + 1));
  if (fastest == 0) return 0;
  double const before = reading(bound, read(ahead)).value, step = 1e-6 / fastest;
  for (usize i = 0; i < species_; ++i) ahead[i] += step * change[i];
  return (reading(bound, read(ahead)).value - before) / step;
}

double RateEquations::law(u32 reaction, ExpressionValues const& values) {
  std::vector<u32> along;
  for (u32 const bound : laws_.of_rate[reaction])
    if (sides_[bound].where == Side::Where::along && along.size() < most_along)
      along.push_back(bound);
  if (along.empty()) return evaluate(laws_.rates[reaction], values);
  // All combinations of the rates below and above.
  std::vector<double> shares;
  for (u32 const bound : along) shares.push_back(share_above(bound, reading(bound, values).value));
  double sum = 0;
  for (u32 which = 0; which < 1U << along.size(); ++which) {
    double part = 1;
    for (usize i = 0; i < along.size(); ++i) {
      bool const is_above = (which >> i & 1U) != 0;
      part *= is_above ? shares[i] : 1 - shares[i];
      show(along[i], is_above ? Side::Where::above : Side::Where::below);
    }
    sum += part * evaluate(laws_.rates[reaction], read(values.species));
  }
  for (usize i = 0; i < along.size(); ++i) show(along[i], Side::Where::along, shares[i]);
  read(values.species);
  return sum;
}

std::vector<double> const& RateEquations::rates(std::span<double const> state) {
  for (usize i = 0; i < species_; ++i) x_[i] = std::max(state[i], 0.0);
  auto const values = read(x_);
  for (u32 i = 0; i < sides_.size(); ++i) {
    if (sides_[i].where != Side::Where::along) continue;
    show(i, Side::Where::along, share_above(i, reading(i, values).value));
    read(x_);
  }
  for (usize j = 0; j < rates_.size(); ++j) {
    Reaction const& reaction = network_.reactions[j];
    double rate = law(static_cast<u32>(j), values);
    // Beyond its bound the law of a side may be undefined.
    if (!std::isfinite(rate) && !laws_.of_rate[j].empty()) {
      ExpressionValues as_written{x_, parameters_, {}, {}};
      auto const rules = evaluate_rules(network_, as_written);
      as_written.rules = rules;
      bool const is_held = std::any_of(fading_[j].begin(), fading_[j].end(),
                                       [&](u32 species) { return x_[species] == 0; });
      rate = is_held ? 0 : evaluate(reaction.rate, as_written);
    }
    if (reaction.rate_kind == RateKind::mass_action)
      for (auto const& reactant : reaction.reactants)
        for (i64 i = 0; i < reactant.count; ++i)
          rate *= x_[static_cast<u32>(reactant.species)] / static_cast<double>(i + 1);
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
        "the integration begins anew at each, and means of trajectories, which cross at different "
        "times, do not jump");
  if (!cut.empty())
    add(fmt::format("rates do not vanish with their reactants: {}", quoted_list(cut)),
        "they are 0 where there is nothing of one, and near that trajectories, which count whole "
        "copies, behave otherwise");
  return notes;
}

}  // namespace cristae
