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

/// Of a bound, in multiples of what is compared: as far as rounding goes, and the range in which the
/// rates along it go from those below to those above.
constexpr double least_distance = 1e-9, width_along = 1e-6;
constexpr double least_share = 1e-9;
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

/// Those with which a law does not vanish by its form.
std::vector<std::vector<u32>> needed_reactants(Network const& network) {
  std::vector<std::vector<u32>> needed(network.reactions.size());
  for (usize j = 0; j < network.reactions.size(); ++j) {
    Reaction const& reaction = network.reactions[j];
    if (reaction.rate_kind == RateKind::mass_action) continue;
    for (auto const& reactant : reaction.reactants) {
      u32 const species = static_cast<u32>(reactant.species);
      if (!vanishes_with(network, reaction.rate, species)) needed[j].push_back(species);
    }
  }
  return needed;
}

/// By reaction: the reactants without which its law, evaluated at the start, is not 0.
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

}  // namespace

RateEquations::RateEquations(Experiment const& experiment, std::vector<ReactionId> const& counted)
    : network_(*experiment.network), counted_(counted), species_(network_.species.size()),
      parameters_(experiment.segments[0].parameters), needed_(needed_reactants(network_)),
      laws_(switched_laws(network_, needed_)), sides_(laws_.switches.size()),
      values_(network_.parameters.size() + SwitchedLaws::values * sides_.size()), x_(species_),
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
  if (one.kind != Switch::Kind::comparison)
    return {left, std::isfinite(left) ? std::max(1.0, std::fabs(left)) : 1};
  double const right = evaluate(one.right, values);
  auto const size = [](double x) { return std::isfinite(x) ? std::fabs(x) : 0; };
  double scale = one.has_fixed_right ? size(right) : std::max(size(left), size(right));
  // Of a comparison with 0: what has been compared with it.
  if (scale == 0) scale = one.presence_of ? 1 : std::max(size(left), sides_[bound].most);
  return {left - right, scale > 0 ? scale : 1};
}

/// Along a bound: of the rates above it; beyond 0 and 1 it goes on as a straight line.
double RateEquations::share_above(u32 bound, double value) const {
  Side const& side = sides_[bound];
  return side.share + (value - side.middle) / side.width;
}

/// To the laws.
void RateEquations::show(u32 bound, Side::Where where, double share) {
  using enum Side::Where;
  auto const kind = laws_.switches[bound].kind;
  double const part = where == above ? 1 : where == along ? share : 0;
  double* const shown = values_.data() + network_.parameters.size() + SwitchedLaws::values * bound;
  if (kind == Switch::Kind::comparison) {
    bool const has_sides = where != at && where != undefined;
    shown[0] = part;
    shown[1] = has_sides ? 1 - part : 0;
    shown[2] = where == at ? 1 : shown[0];
    shown[3] = where == at ? 1 : shown[1];
    if (laws_.switches[bound].presence_of) {  // there is never less than nothing
      shown[3] = shown[1];
      shown[1] = 0;
      shown[2] = 1;
    }
  } else {
    shown[0] = sides_[bound].bound + part - (kind == Switch::Kind::floor ? 1 : 0);
  }
}

void RateEquations::distances(std::span<double const> state, std::span<double> out) {
  auto const values = read(state.first(species_));
  for (u32 i = 0; i < sides_.size(); ++i) out[i] = distance(i, reading(i, values));
}

double RateEquations::distance(u32 bound, Reading const& now) const {
  constexpr double far = 1e300;
  using enum Side::Where;
  Side const& side = sides_[bound];
  if (side.where == undefined) return std::isnan(now.value) ? 1 : -1;
  if (std::isnan(now.value)) return -1;
  double const value = std::clamp(now.value, -far, far);
  if (side.where == along) {
    double const share = share_above(bound, value);
    return std::min(share, 1 - share);
  }
  double const edge = side.beyond + least_distance * now.scale;
  if (side.where == at) return edge - std::fabs(value);
  if (laws_.switches[bound].kind == Switch::Kind::comparison)
    return edge + (side.where == above ? value : -value);
  double const least = side.where == above ? side.bound : side.bound - 1;
  return edge + std::min(value - least, least + 1 - value);
}

bool RateEquations::any_comparison(std::span<int const> met) const {
  for (usize i = 0; i < met.size(); ++i)
    if (met[i] != 0 && laws_.switches[i].kind == Switch::Kind::comparison) return true;
  return false;
}

void RateEquations::settle(std::span<double> state, Since since) {
  using enum Side::Where;
  auto const x = state.first(species_);
  std::vector<u32> near;
  bool has_changed = since == Since::change;  // what a switch that reads others reads
  auto values = read(x);
  for (u32 i = 0; i < sides_.size(); ++i) {
    Side& side = sides_[i];
    Switch const& one = laws_.switches[i];
    if (has_changed && one.reads_switches) values = read(x);
    auto const now = reading(i, values);
    double const room = least_distance * now.scale;
    bool const is_continued = since == Since::crossing && !(one.reads_switches && has_changed);
    double const kept_above = side.where == along ? 0 : is_continued ? room / 2 : HUGE_VAL;
    if (distance(i, now) > kept_above) continue;
    bool const was_along = side.where == along;
    bool const is_comparison = one.kind == Switch::Kind::comparison;
    side.bound = is_comparison ? 0 : std::nearbyint(now.value);
    double const over = now.value - side.bound;
    bool const is_near = !was_along && std::fabs(over) <= 2 * room;
    if (std::isfinite(now.value)) side.most = std::max(side.most, std::fabs(now.value));
    side.where = std::isnan(now.value)             ? undefined
                 : over > 0                        ? above
                 : over < 0                        ? below
                 : is_comparison                   ? at
                 : one.kind == Switch::Kind::floor ? above
                                                   : below;
    side.beyond = is_near ? std::fabs(over) : 0;
    show(i, side.where);
    has_changed = true;
    if (is_near) near.push_back(i);
  }
  for (u32 const i : near) {
    auto& side = sides_[i];
    side.where = led(i, x);
    auto const present = laws_.switches[i].presence_of;
    if (side.where == along) {
      auto const now = reading(i, read(x));
      side.width = width_along * now.scale;
      side.middle = now.value;
      // There is never less than nothing of it.
      if (present) side.middle = x[*present] = side.share * side.width;
    } else if (present && x[*present] < 0) {
      x[*present] = 0;
      side.beyond = 0;
    }
    show(i, side.where, side.share);
  }
}

/// Where the rates lead from a bound.
RateEquations::Side::Where RateEquations::led(u32 bound, std::span<double const> x) {
  using enum Side::Where;
  auto const at_it = sides_[bound].where;
  auto const slope_of = [&](Side::Where where) {
    sides_[bound].where = where;
    show(bound, where);
    return slope(bound, x);
  };
  double const from_below = slope_of(below), from_above = slope_of(above);
  sides_[bound].where = at_it;
  if (from_below > 0 && from_above < 0) {
    double const share = from_below / (from_below - from_above);
    if (share < least_share) return below;
    if (share > 1 - least_share) return above;
    sides_[bound].share = share;
    return along;
  }
  if (from_below > 0) return above;
  return from_above < 0 ? below : at_it;
}

/// Of what is compared, in time; 0 where it is not above its rounding.
double RateEquations::slope(u32 bound, std::span<double const> x) {
  std::vector<double> change(size()), ahead(x.begin(), x.end());
  if (!derivative(x, change)) return 0;
  double fastest = 0;
  for (usize i = 0; i < species_; ++i)
    fastest = std::max(fastest, std::fabs(change[i]) / (std::fabs(ahead[i]) + 1));
  if (fastest == 0) return 0;
  auto const before = reading(bound, read(ahead));
  double const step = 1e-6 / fastest;
  for (usize i = 0; i < species_; ++i) ahead[i] += step * change[i];
  double const change_of_value = reading(bound, read(ahead)).value - before.value;
  return std::fabs(change_of_value) > 1e-15 * before.scale ? change_of_value / step : 0;
}

double RateEquations::law(u32 reaction, ExpressionValues const& values) {
  std::vector<u32> along;
  for (u32 const bound : laws_.of_rate[reaction])
    if (sides_[bound].where == Side::Where::along && along.size() < most_along)
      along.push_back(bound);
  if (along.empty()) return evaluate(laws_.rates[reaction], values);
  // All combinations of the rates below and above.
  double sum = 0;
  for (u32 which = 0; which < 1U << along.size(); ++which) {
    double part = 1;
    for (usize i = 0; i < along.size(); ++i) {
      bool const is_above = (which >> i & 1U) != 0;
      double const share = sides_[along[i]].share_now;
      part *= is_above ? share : 1 - share;
      show(along[i], is_above ? Side::Where::above : Side::Where::below);
    }
    sum += part * evaluate(laws_.rates[reaction], read(values.species));
  }
  for (u32 const bound : along) show(bound, Side::Where::along, sides_[bound].share_now);
  read(values.species);
  return sum;
}

std::vector<double> const& RateEquations::rates(std::span<double const> state) {
  bool const is_along = std::any_of(sides_.begin(), sides_.end(), [](Side const& side) {
    return side.where == Side::Where::along;
  });
  // The shares go by counts below 0, too: that leads back from there.
  if (is_along) {
    auto values = read(state.first(species_));
    for (u32 i = 0; i < sides_.size(); ++i) {
      if (sides_[i].where != Side::Where::along) continue;
      sides_[i].share_now = share_above(i, reading(i, values).value);
      show(i, Side::Where::along, sides_[i].share_now);
      if (laws_.has_nested) values = read(state.first(species_));
    }
  }
  for (usize i = 0; i < species_; ++i) x_[i] = std::max(state[i], 0.0);
  auto const values = read(x_);
  for (usize j = 0; j < rates_.size(); ++j) {
    Reaction const& reaction = network_.reactions[j];
    double rate = law(static_cast<u32>(j), values);
    // Beyond its bound the law of a side may be undefined.
    if (!std::isfinite(rate) && !laws_.of_rate[j].empty())
      rate = law_as_written(static_cast<u32>(j));
    if (reaction.rate_kind == RateKind::mass_action)
      for (auto const& reactant : reaction.reactants)
        for (i64 i = 0; i < reactant.count; ++i)
          rate *= x_[static_cast<u32>(reactant.species)] / static_cast<double>(i + 1);
    rates_[j] = rate;
  }
  return rates_;
}

double RateEquations::law_as_written(u32 reaction) const {
  for (u32 const species : needed_[reaction])
    if (x_[species] == 0) return 0;
  ExpressionValues values{x_, parameters_, {}, {}};
  auto const rules = evaluate_rules(network_, values);
  values.rules = rules;
  return evaluate(network_.reactions[reaction].rate, values);
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
