// host/stats/martingale.cpp - compiling the laws, following events, and the chance of a difference.
#include "host/stats/martingale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "host/engine/cells.hpp"
#include "host/model/evaluate.hpp"

namespace cristae {

// clang-format off
enum class MartingaleLaws::Action : u8 {
  negate, add, subtract, multiply, divide, power,
  less, less_equal, greater, greater_equal, equal, not_equal,
  logical_and, logical_or, logical_not,
  select,  ///< b != 0 ? a : c
  minimum, maximum,
  exponential, logarithm, logarithm10, square_root, absolute, floor, ceiling, hill,
  combinations,  ///< a times the ways to pick c copies out of b
  guard,         ///< a, or 0 where b < c
};
// clang-format on

namespace {

double combinations(double count, u32 copies) {
  double ways = 1;
  for (u32 i = 0; i < copies; ++i) ways *= (count - double(i)) / double(i + 1);
  return ways;
}

}  // namespace

void MartingaleLaws::run(Step const& step, double* slots) {
  double const a = slots[step.a], b = slots[step.b];
  double& out = slots[step.out];
  switch (step.action) {
    case Action::negate: out = -a; break;
    case Action::add: out = a + b; break;
    case Action::subtract: out = a - b; break;
    case Action::multiply: out = a * b; break;
    case Action::divide: out = a / b; break;
    case Action::power: out = std::pow(a, b); break;
    case Action::less: out = a < b ? 1 : 0; break;
    case Action::less_equal: out = a <= b ? 1 : 0; break;
    case Action::greater: out = a > b ? 1 : 0; break;
    case Action::greater_equal: out = a >= b ? 1 : 0; break;
    case Action::equal: out = a == b ? 1 : 0; break;
    case Action::not_equal: out = a != b ? 1 : 0; break;
    case Action::logical_and: out = a != 0 && b != 0 ? 1 : 0; break;
    case Action::logical_or: out = a != 0 || b != 0 ? 1 : 0; break;
    case Action::logical_not: out = a != 0 ? 0 : 1; break;
    case Action::select: out = b != 0 ? a : slots[step.c]; break;
    case Action::minimum: out = b < a || std::isnan(b) ? b : a; break;
    case Action::maximum: out = b > a || std::isnan(b) ? b : a; break;
    case Action::exponential: out = std::exp(a); break;
    case Action::logarithm: out = std::log(a); break;
    case Action::logarithm10: out = std::log10(a); break;
    case Action::square_root: out = std::sqrt(a); break;
    case Action::absolute: out = std::fabs(a); break;
    case Action::floor: out = std::floor(a); break;
    case Action::ceiling: out = std::ceil(a); break;
    case Action::hill: out = hill(a, b, slots[step.c]); break;
    case Action::combinations: out = a * combinations(b, step.c); break;
    case Action::guard: out = b < double(step.c) ? 0 : a; break;
  }
}

/// Trees to steps, in the order of the network's rules, then of its reactions.
class MartingaleCompiler {
 public:
  explicit MartingaleCompiler(MartingaleLaws& laws)
      : laws_(laws), network_(*laws.experiment_.network) {}

  void compile() {
    usize const species = network_.species.size();
    laws_.slots_.assign(species + network_.parameters.size(), 0);
    is_varying_.assign(laws_.slots_.size(), 0);
    std::fill_n(is_varying_.begin(), species, 1);
    rule_slot_.resize(network_.rules.size());
    for (u32 const rule : network_.rule_order)
      rule_slot_[rule] = expression(network_.rules[rule].expression);
    for (Reaction const& reaction : network_.reactions) laws_.law_slot_.push_back(law(reaction));
    state_changes();
    dependencies();
  }

 private:
  using Action = MartingaleLaws::Action;

  u32 slot(double value, bool varying) {
    laws_.slots_.push_back(value);
    is_varying_.push_back(varying);
    return u32(laws_.slots_.size() - 1);
  }

  u32 step(Action action, u32 a, u32 b, u32 c, bool c_is_slot = false) {
    bool const varying = is_varying_[a] || is_varying_[b] || (c_is_slot && is_varying_[c]);
    u32 const out = slot(0, varying);
    (varying ? laws_.steps_ : laws_.constant_steps_).push_back({action, out, a, b, c});
    return out;
  }

  u32 law(Reaction const& reaction) {
    u32 value = expression(reaction.rate);
    Action const action =
        reaction.rate_kind == RateKind::mass_action ? Action::combinations : Action::guard;
    for (auto const& reactant : reaction.reactants)
      value = step(action, value, u32(reactant.species), u32(reactant.count));
    return value;
  }

  u32 expression(Expression const& expression) {
    std::vector<u32> slots;
    for (Node const& node : expression.nodes) slots.push_back(compile(node, slots));
    return slots.back();
  }

  u32 symbol(Symbol symbol) const {
    switch (symbol.kind) {
      case SymbolKind::species: return symbol.index;
      case SymbolKind::parameter: return u32(network_.species.size()) + symbol.index;
      case SymbolKind::rule: return rule_slot_[symbol.index];
      case SymbolKind::time:
      case SymbolKind::unresolved: break;
    }
    throw std::logic_error("martingale: unresolved symbol");
  }

  u32 compile(Node const& node, std::vector<u32> const& slots) {
    auto const argument = [&](usize i) { return slots[node.arguments[i]]; };
    auto const unary = [&](Action action) { return step(action, argument(0), argument(0), 0); };
    auto const binary = [&](Action action) { return step(action, argument(0), argument(1), 0); };
    auto const chain = [&](Action action) {
      u32 value = argument(0);
      for (usize i = 1; i < node.arguments.size(); ++i) value = step(action, value, argument(i), 0);
      return value;
    };
    switch (node.kind) {
      case NodeKind::number: return slot(node.number, false);
      case NodeKind::symbol: return symbol(node.symbol);
      case NodeKind::firings: break;
      case NodeKind::negate: return unary(Action::negate);
      case NodeKind::add: return binary(Action::add);
      case NodeKind::subtract: return binary(Action::subtract);
      case NodeKind::multiply: return binary(Action::multiply);
      case NodeKind::divide: return binary(Action::divide);
      case NodeKind::power: return binary(Action::power);
      case NodeKind::less: return binary(Action::less);
      case NodeKind::less_equal: return binary(Action::less_equal);
      case NodeKind::greater: return binary(Action::greater);
      case NodeKind::greater_equal: return binary(Action::greater_equal);
      case NodeKind::equal: return binary(Action::equal);
      case NodeKind::not_equal: return binary(Action::not_equal);
      case NodeKind::logical_and: return binary(Action::logical_and);
      case NodeKind::logical_or: return binary(Action::logical_or);
      case NodeKind::logical_not: return unary(Action::logical_not);
      case NodeKind::piecewise: {
        u32 value = argument(node.arguments.size() - 1);
        for (usize i = node.arguments.size() - 1; i >= 2; i -= 2)
          value = step(Action::select, argument(i - 2), argument(i - 1), value, true);
        return value;
      }
      case NodeKind::minimum: return chain(Action::minimum);
      case NodeKind::maximum: return chain(Action::maximum);
      case NodeKind::exponential: return unary(Action::exponential);
      case NodeKind::logarithm: return unary(Action::logarithm);
      case NodeKind::logarithm10: return unary(Action::logarithm10);
      case NodeKind::square_root: return unary(Action::square_root);
      case NodeKind::absolute: return unary(Action::absolute);
      case NodeKind::floor: return unary(Action::floor);
      case NodeKind::ceiling: return unary(Action::ceiling);
      case NodeKind::hill: return step(Action::hill, argument(0), argument(1), argument(2), true);
    }
    throw std::logic_error("martingale: a law with firings");
  }

  void state_changes() {
    for (Reaction const& reaction : network_.reactions) {
      std::vector<i64> change(network_.species.size(), 0);
      for (auto const& r : reaction.reactants) change[u32(r.species)] -= r.count;
      for (auto const& p : reaction.products) change[u32(p.species)] += p.count;
      laws_.change_begin_.push_back(u32(laws_.changes_.size()));
      for (u32 s = 0; s < change.size(); ++s)
        if (change[s] != 0) laws_.changes_.push_back({s, change[s]});
    }
    laws_.change_begin_.push_back(u32(laws_.changes_.size()));
    laws_.set_by_events_.assign(network_.species.size(), 0);
    for (Event const& event : network_.events)
      for (auto const& assignment : event.assignments)
        if (auto const* species = std::get_if<SpeciesId>(&assignment.target))
          laws_.set_by_events_[u32(*species)] = 1;
  }

  void dependencies() {
    std::vector<std::vector<u32>> users(laws_.slots_.size()), laws_at(laws_.slots_.size());
    for (u32 i = 0; i < laws_.steps_.size(); ++i) {
      auto const& s = laws_.steps_[i];
      for (u32 const slot : {s.a, s.b}) users[slot].push_back(i);
      if (s.action == Action::select || s.action == Action::hill) users[s.c].push_back(i);
    }
    for (u32 j = 0; j < laws_.law_slot_.size(); ++j) laws_at[laws_.law_slot_[j]].push_back(j);
    std::vector<u32> seen(laws_.slots_.size(), ~u32{0});
    for (u32 j = 0; j < network_.reactions.size(); ++j) {
      std::vector<u32> reached, steps, laws;
      auto const reach = [&](u32 slot) {
        if (seen[slot] == j) return;
        seen[slot] = j;
        reached.push_back(slot);
      };
      for (u32 c = laws_.change_begin_[j]; c < laws_.change_begin_[j + 1]; ++c)
        reach(laws_.changes_[c].species);
      for (usize i = 0; i < reached.size(); ++i) {
        laws.insert(laws.end(), laws_at[reached[i]].begin(), laws_at[reached[i]].end());
        for (u32 const user : users[reached[i]]) {
          u32 const out = laws_.steps_[user].out;
          if (seen[out] != j) steps.push_back(user);
          reach(out);
        }
      }
      bool const all = steps.size() > 64 && 8 * steps.size() > laws_.steps_.size();
      laws_.touches_all_.push_back(all);
      laws_.step_begin_.push_back(u32(laws_.touched_steps_.size()));
      laws_.law_begin_.push_back(u32(laws_.touched_laws_.size()));
      if (all) continue;
      std::sort(steps.begin(), steps.end());
      std::sort(laws.begin(), laws.end());
      laws_.touched_steps_.insert(laws_.touched_steps_.end(), steps.begin(), steps.end());
      laws_.touched_laws_.insert(laws_.touched_laws_.end(), laws.begin(), laws.end());
    }
    laws_.step_begin_.push_back(u32(laws_.touched_steps_.size()));
    laws_.law_begin_.push_back(u32(laws_.touched_laws_.size()));
  }

  MartingaleLaws& laws_;
  Network const& network_;
  std::vector<u8> is_varying_;
  std::vector<u32> rule_slot_;
};

MartingaleLaws::MartingaleLaws(Experiment const& experiment) : experiment_(experiment) {
  MartingaleCompiler(*this).compile();
}

// ---- following a trajectory ----

MartingaleLog::MartingaleLog(MartingaleLaws const& laws, u64 max_events)
    : program_(laws), max_events_(max_events), slots_(laws.slots_), laws_(laws.law_slot_.size()) {
  sums_.firings.assign(laws_.size(), 0);
  sums_.integrals.assign(laws_.size(), 0);
}

void MartingaleLog::begin(u64 trajectory) {
  Experiment const& experiment = program_.experiment_;
  Cells const cells(experiment);
  factors_ = cells.factors(cells.cell_of(trajectory));
  counts_ = cells.initial(trajectory, factors_);
  trajectory_ = trajectory;
  followed_ = 0;
  time_ = experiment.segments[0].start;
  bad_law_ = none;
  following_ = true;
  faulty_ = false;
  for (Law& law : laws_) law = {0, time_, 0, 0};
  enter_segment(0);
}

void MartingaleLog::enter_segment(usize segment) {
  Segment const& entered = program_.experiment_.segments[segment];
  segment_ = segment;
  time_ = entered.start;
  for (auto const& [species, count] : entered.add) counts_[u32(species)] += count;
  take_parameters(Cells(program_.experiment_).parameters(0, factors_, segment));
}

void MartingaleLog::looked_at_events(double time, std::span<i64 const> counts,
                                     std::span<double const> parameters) {
  if (!following_) return;
  auto const& segments = program_.experiment_.segments;
  while (segment_ + 1 < segments.size() && segments[segment_ + 1].start <= time)
    enter_segment(segment_ + 1);
  if (is_early(time)) return report(FaultKind::order, followed_ + 1, time, 0);
  time_ = std::max(time, time_);
  for (usize s = 0; s < counts_.size(); ++s) {
    if (counts_[s] != counts[s] && program_.set_by_events_[s] == 0)
      return report(FaultKind::state, followed_ + 1, time, 0);
    counts_[s] = counts[s];
  }
  take_parameters(parameters);
}

bool MartingaleLog::is_early(double time) const {
  // Behind triggered events the clock counts to another time, in two floats: it can lose 2^-48 of it.
  Experiment const& experiment = program_.experiment_;
  double const rounding = experiment.network->events.empty() ? 0 : 0x1p-47 * experiment.t_end;
  return !(time >= time_ - rounding);
}

void MartingaleLog::take_parameters(std::span<double const> parameters) {
  for (usize s = 0; s < counts_.size(); ++s) slots_[s] = double(counts_[s]);
  std::copy(parameters.begin(), parameters.end(), slots_.begin() + std::ptrdiff_t(counts_.size()));
  for (auto const& step : program_.constant_steps_) MartingaleLaws::run(step, slots_.data());
  for (auto const& step : program_.steps_) MartingaleLaws::run(step, slots_.data());
  for (u32 j = 0; j < laws_.size(); ++j) update(j);
}

void MartingaleLog::update(u32 law) {
  double const value = slots_[program_.law_slot_[law]];
  Law& l = laws_[law];
  if (value == l.value) return;
  l.integral += l.value * (time_ - l.since);
  l.since = time_;
  l.value = value;
  if (!(value >= 0 && value < std::numeric_limits<double>::infinity())) {
    l.value = 0;
    bad_law_ = law;
  }
}

bool MartingaleLog::leads_to(u32 reaction, std::span<i64 const> counts) const {
  std::vector<i64> after = counts_;
  for (u32 c = program_.change_begin_[reaction]; c < program_.change_begin_[reaction + 1]; ++c)
    after[program_.changes_[c].species] += program_.changes_[c].count;
  return std::equal(after.begin(), after.end(), counts.begin(), counts.end());
}

void MartingaleLog::fire(u32 reaction) {
  for (u32 c = program_.change_begin_[reaction]; c < program_.change_begin_[reaction + 1]; ++c) {
    auto const& change = program_.changes_[c];
    counts_[change.species] += change.count;
    slots_[change.species] = double(counts_[change.species]);
  }
  if (program_.touches_all_[reaction] != 0) {
    for (auto const& step : program_.steps_) MartingaleLaws::run(step, slots_.data());
    for (u32 j = 0; j < laws_.size(); ++j) update(j);
    return;
  }
  for (u32 i = program_.step_begin_[reaction]; i < program_.step_begin_[reaction + 1]; ++i)
    MartingaleLaws::run(program_.steps_[program_.touched_steps_[i]], slots_.data());
  for (u32 i = program_.law_begin_[reaction]; i < program_.law_begin_[reaction + 1]; ++i)
    update(program_.touched_laws_[i]);
}

void MartingaleLog::event(u64 number, double time, ReactionId reaction,
                          std::span<i64 const> counts) {
  if (!following_) return;
  u32 const j = u32(reaction);
  if (number != followed_ + 1 || is_early(time)) return report(FaultKind::order, number, time, j);
  if (bad_law_ != none) return report(FaultKind::propensity, number, time, bad_law_);
  // An event and a change can only share a time by rounding; the counts tell which came first.
  auto const& segments = program_.experiment_.segments;
  while (segment_ + 1 < segments.size() &&
         (segments[segment_ + 1].start < time ||
          (segments[segment_ + 1].start == time && !leads_to(j, counts))))
    enter_segment(segment_ + 1);
  if (bad_law_ != none) return report(FaultKind::propensity, number, time, bad_law_);
  if (laws_[j].value == 0) return report(FaultKind::impossible, number, time, j);
  time_ = std::max(time, time_);
  ++followed_;
  ++laws_[j].firings;
  fire(j);
  if (!std::equal(counts_.begin(), counts_.end(), counts.begin(), counts.end()))
    return report(FaultKind::state, number, time, j);
  if (followed_ == max_events_) {
    settle(time);
    following_ = false;
  }
}

void MartingaleLog::settle(double until) {
  for (Law& law : laws_) {
    law.integral += law.value * (until - law.since);
    law.since = until;
  }
}

void MartingaleLog::finish(TrajectoryEnd const& end) {
  if (following_) {
    auto const& segments = program_.experiment_.segments;
    while (segment_ + 1 < segments.size() && segments[segment_ + 1].start < end.time)
      enter_segment(segment_ + 1);
    settle(end.time);
    // The event that would have left the range of counts has happened, though the log has not seen
    // it.
    bool const unseen = end.status == TrajectoryStatus::overflow && end.reaction >= 0 &&
                        end.events == followed_ + 1;
    if (unseen) ++laws_[usize(end.reaction)].firings;
    if (end.events != followed_ + (unseen ? 1 : 0))
      report(FaultKind::order, followed_ + 1, end.time, 0);
    following_ = false;
  }
  ++sums_.trajectories;
  if (faulty_) return;
  sums_.events += followed_;
  for (usize j = 0; j < laws_.size(); ++j) {
    sums_.firings[j] += laws_[j].firings;
    sums_.integrals[j] += laws_[j].integral;
  }
}

void MartingaleLog::report(FaultKind kind, u64 event, double time, u32 reaction) {
  following_ = false;
  faulty_ = true;
  ++sums_.faults;
  if (!sums_.first_fault)
    sums_.first_fault = MartingaleFault{kind, trajectory_, event, time, ReactionId(reaction)};
}

MartingaleSums& MartingaleSums::operator+=(MartingaleSums const& other) {
  firings.resize(std::max(firings.size(), other.firings.size()), 0);
  integrals.resize(std::max(integrals.size(), other.integrals.size()), 0);
  for (usize j = 0; j < other.firings.size(); ++j) {
    firings[j] += other.firings[j];
    integrals[j] += other.integrals[j];
  }
  trajectories += other.trajectories;
  events += other.events;
  faults += other.faults;
  if (!first_fault) first_fault = other.first_fault;
  return *this;
}

// ---- chances ----

namespace {

/// lgamma(n) - n ln(x) + x, without the loss of the large terms' difference.
double log_gamma_ratio(double n, double x) {
  double const d = (x - n) / n;
  double const rest =
      n < 100 ? std::lgamma(n) - (n - 0.5) * std::log(n) + n - 0.5 * std::log(2 * std::numbers::pi)
              : 1 / (12 * n) - 1 / (360 * n * n * n);
  double const log_ratio = d < -0.5 ? std::log(x / n) : std::log1p(d);
  return n * (d - log_ratio) + 0.5 * std::log(2 * std::numbers::pi / n) + rest;
}

/// Of the gamma laws of g whose mean makes the e-value.
struct Gamma {
  double shape, rate;
};
constexpr Gamma gammas[] = {{1, 1}, {1e2, 1e2}, {1e4, 1e4}, {1e6, 1e6}, {1e8, 1e8}, {0.05, 1e-12}};

ReactionMartingale summary(std::string id, u64 firings, double integral) {
  double const z = integral > 0 ? (double(firings) - integral) / std::sqrt(integral) : 0;
  return {std::move(id), firings, integral, z, martingale_p_value(firings, integral)};
}

}  // namespace

double martingale_p_value(u64 firings, double integral) {
  if (!(integral > 0)) return firings > 0 || std::isnan(integral) ? 0 : 1;
  double e_value = 0;
  for (Gamma const& g : gammas)
    e_value += std::exp(log_gamma_ratio(g.shape + double(firings), g.rate + integral) -
                        log_gamma_ratio(g.shape, g.rate));
  return std::min(1.0, double(std::size(gammas)) / e_value);
}

MartingaleResult martingale_result(Network const& network, MartingaleSums const& sums) {
  MartingaleResult result;
  u64 firings = 0;
  double integral = 0, least = 1;
  for (usize j = 0; j < sums.firings.size(); ++j) {
    auto const& reaction = result.reactions.emplace_back(
        summary(network.reactions[j].id, sums.firings[j], sums.integrals[j]));
    least = std::min(least, reaction.p_value);
    firings += sums.firings[j];
    integral += sums.integrals[j];
  }
  result.total = summary({}, firings, integral);
  least = std::min(least, result.total.p_value);
  result.trajectories = sums.trajectories;
  result.events = sums.events;
  result.faults = sums.faults;
  result.first_fault = sums.first_fault;
  result.p_value = sums.faults > 0 ? 0 : std::min(1.0, least * double(result.reactions.size() + 1));
  return result;
}

namespace {

std::string text_of(MartingaleFault const& fault, std::string const& reaction) {
  std::string const at = fmt::format("trajectory {}: ", fault.trajectory);
  switch (fault.kind) {
    case FaultKind::state:
      return fmt::format(
          "{}the copy numbers after event {} ('{}' at time {}) are not those that "
          "the stoichiometry gives",
          at, fault.event, reaction, fault.time);
    case FaultKind::impossible:
      return fmt::format("{}'{}' fired at time {} (event {}) with propensity 0", at, reaction,
                         fault.time, fault.event);
    case FaultKind::propensity:
      return fmt::format(
          "{}went on at time {} (event {}) though the propensity of '{}' was "
          "negative, infinite or not a number",
          at, fault.time, fault.event, reaction);
    case FaultKind::order: break;
  }
  return fmt::format("{}event {} at time {} is out of order, or events are missing before it", at,
                     fault.event, fault.time);
}

}  // namespace

std::optional<Diagnostic> martingale_finding(MartingaleResult const& result,
                                             double false_alarm_rate) {
  if (!(result.p_value < false_alarm_rate)) return std::nullopt;
  Diagnostic found{};
  found.fix = "Compare with --engine reference, and report it with network and seed";
  if (result.first_fault) {
    std::string const id = result.reactions.at(usize(result.first_fault->reaction)).id;
    found.problem = text_of(*result.first_fault, id);
    found.reason = "a right simulator never does this";
    return found;
  }
  ReactionMartingale const* worst = &result.total;
  for (auto const& reaction : result.reactions)
    if (reaction.p_value < worst->p_value) worst = &reaction;
  found.problem = fmt::format(
      "{} fired {} times where {:.6g} are expected (z = {:.1f})",
      worst->id.empty() ? "all reactions together" : fmt::format("reaction '{}'", worst->id),
      worst->firings, worst->integral, worst->z);
  found.reason = fmt::format("the chance of that is below {:.1g} in {} trajectories",
                             std::max(result.p_value, 1e-300), result.trajectories);
  return found;
}

}  // namespace cristae
