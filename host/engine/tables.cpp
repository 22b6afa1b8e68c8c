// host/engine/tables.cpp - law graph and experiment to tables: constants, registers, guards, stops.
#include "host/engine/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "host/core/trajectory.hpp"
#include "host/engine/cells.hpp"
#include "host/engine/constant_ranges.hpp"
#include "host/engine/interval.hpp"

namespace cristae {
namespace {

constexpr usize largest_network = 100000;
constexpr u32 no_register = ~u32{0};

/// Where an operand comes from: a register, or a value known to the whole run.
struct Operand {
  bool fixed = false;
  float value = 0;
  u32 reg = no_register;
};

}  // namespace

std::array<float, 2> words_of(double value) {
  auto const bits = core::bit_cast<core::u64>(value);
  return {core::bit_cast<float>(core::u32(bits)), core::bit_cast<float>(core::u32(bits >> 32))};
}

class TableBuilder {
 public:
  TableBuilder(Tables& tables, LawGraph const& graph, RunPlan const& plan, TableShape shape)
      : t_(tables), graph_(graph), plan_(plan), network_(*plan.experiment->network), shape_(shape),
        node_register_(graph.nodes.size(), no_register) {}

  void build() {
    // The bound of the choice's filter is derived for (M + depth) 2^-24 < 0.01.
    if (graph_.propensities.size() > largest_network) {
      throw Error(
          ExitCode::model,
          fmt::format("network '{}' has {} reactions", network_.name, graph_.propensities.size()),
          fmt::format("the direct method here takes up to {}", largest_network),
          "Use --engine reference");
    }
    species_ = u32(network_.species.size() + plan_.counted_reactions.size());
    if (has_events()) {
      t_.event_ = event_program(graph_, *plan_.experiment);
      if (t_.event_.touches()) touch_count_ = species_++;
    }
    constants();
    changes();
    terms();
    end_condition();
    event_condition();
    assign_registers();
    dependencies();
    stops();
    fill_program();
  }

 private:
  Tables& t_;
  LawGraph const& graph_;
  RunPlan const& plan_;
  Network const& network_;
  TableShape shape_;
  u32 species_ = 0;
  std::vector<std::vector<float>> values_;  ///< [segment][constant]
  std::vector<u32> constant_register_;      ///< of constants that vary; else no_register
  u32 first_temporary_ = 0, next_register_ = 0;
  std::vector<u32> node_register_;
  float max_count_ = 0;

  // --- constants -----------------------------------------------------------------------------
  void constants() {
    std::vector<Diagnostic> problems;
    std::vector<bool> used(graph_.constants.size(), false);
    for (LawNode const& n : graph_.nodes)
      if (n.constant != no_constant) used[n.constant] = true;
    std::vector<u32> owner(graph_.constants.size(), no_constant);
    for (u32 j = 0; j < graph_.propensities.size(); ++j)
      mark_owner(graph_.propensities[j], j, owner);

    for (Segment const& segment : plan_.experiment->segments) {
      std::vector<double> const exact = evaluate_constants(graph_, segment.parameters);
      std::vector<float> rounded(exact.size());
      for (usize c = 0; c < exact.size(); ++c) {
        rounded[c] = float(exact[c]);
        if (!used[c] || owner[c] == no_constant) continue;
        Reaction const& reaction = network_.reactions[owner[c]];
        if (!std::isfinite(rounded[c])) {
          problems.push_back({Severity::error, reaction.where,
                              fmt::format("a constant of reaction '{}' is {} from t = {}",
                                          reaction.id, exact[c], segment.start),
                              "its propensity would not be a number",
                              "Check the parameters of its rate"});
        } else if (rounded[c] == 0 && exact[c] != 0) {
          problems.push_back(
              {Severity::error, reaction.where,
               fmt::format("a constant of reaction '{}' is {}, below the range of float32",
                           reaction.id, exact[c]),
               "propensities are float32 and it would vanish",
               "Use larger units of time or of copies"});
        }
      }
      for (auto const& p : graph_.positive) {
        if (exact[p.constant] > 0 && std::isfinite(exact[p.constant])) continue;
        Reaction const& reaction = network_.reactions[p.reaction];
        problems.push_back({Severity::error, reaction.where,
                            fmt::format("the {} of a hill() in the rate of '{}' is {}", p.what,
                                        reaction.id, exact[p.constant]),
                            "hill(x, K, n) needs K > 0 and n > 0", "Change the parameter"});
      }
      values_.push_back(std::move(rounded));
    }
    if (!problems.empty()) throw Error(ExitCode::model, std::move(problems));

    next_register_ = species_;
    constant_register_.assign(graph_.constants.size(), no_register);
    if (plan_.experiment->has_rows() || !t_.event_.constants.empty()) {
      of_cells_ = constants_of_cells(graph_, *plan_.experiment);
      ranges_of_cells_ = constant_ranges(graph_, *plan_.experiment);
    }
    for (u32 c = 0; c < graph_.constants.size(); ++c) {
      if (!used[c]) continue;
      bool varies = !of_cells_.empty() && of_cells_[c];
      for (auto const& v : values_) varies = varies || v[c] != values_[0][c];
      if (varies) {
        constant_register_[c] = next_register_++;
        t_.varying_.push_back(c);
      }
    }
    if (is_watched_later()) watched_ = next_register_++;
    event_registers();
    registers_of_schedule_ = next_register_ - species_;
    if (has_events()) next_register_ += event_words();
    first_temporary_ = next_register_;
    for (usize segment = 0; segment < values_.size(); ++segment) {
      for (u32 c : t_.varying_) t_.schedule_values_.push_back(values_[segment][c]);
      if (watched_ != no_register) t_.schedule_values_.push_back(segment == 0 ? 0.0f : 1.0f);
      // Before events are looked at no threshold can be passed.
      for (usize f = 0; f < t_.event_.forms.size(); ++f)
        for (float const bound : {core::infinity(), -core::infinity()})
          t_.schedule_values_.push_back(bound);
      if (gate_ != no_register) t_.schedule_values_.push_back(-core::infinity());
      for (auto const id : t_.event_.values) {
        auto const words =
            words_of(plan_.experiment->segments[segment].parameters[static_cast<u32>(id)]);
        t_.schedule_values_.insert(t_.schedule_values_.end(), words.begin(), words.end());
      }
    }
  }

  // --- events ------------------------------------------------------------------------------------
  u32 touch_count_ = core::no_touch_count;
  u32 gate_ = no_register;
  u32 registers_of_schedule_ = 0;

  bool has_events() const { return !network_.events.empty(); }

  void event_registers() {
    for (auto& form : t_.event_.forms) {
      form.high = next_register_++;
      form.low = next_register_++;
    }
    if (touch_count_ != core::no_touch_count) gate_ = next_register_++;
    for (auto const& constant : t_.event_.constants)
      if (u32 const reg = constant_register_[constant.constant]; reg != no_register)
        t_.event_constants_.push_back({constant.value, reg});
  }

  /// How many registers hold what a trajectory remembers of events.
  u32 event_words() {
    core::EventTables& e = t_.program_.events;
    e.count = u32(network_.events.size());
    e.touch_count = touch_count_;
    e.gate = gate_;
    e.words = next_register_;
    e.values = u32(t_.event_.values.size());
    e.capacity = most_pending(network_);
    e.entry = 3 + 2 * t_.event_.most_sets;
    e.thresholds = u32(t_.event_.thresholds.size());
    e.forms = u32(t_.event_.forms.size());
    e.switches = u32(t_.event_.switches.size());
    e.constants = u32(t_.event_constants_.size());
    e.positives = u32(t_.event_.positives.size());
    return core::EventWords<core::NarrowCounts>::size(e);
  }

  /// One more reaction, as the condition that ends a trajectory has: infinite where a sum passes one of
  /// its bounds, or where a reaction fired that touches other triggers.
  void event_condition() {
    using core::OpCode;
    if (!has_events() || shape_.wide) return;
    u32 passed = no_register;
    auto const add = [&](u32 excess) {
      passed = passed == no_register ? excess : emit(OpCode::maximum, passed, excess);
    };
    for (auto const& form : t_.event_.forms) {
      std::vector<StateCondition::Part> parts;
      for (u32 i = form.part_begin; i < form.part_end; ++i)
        parts.push_back({t_.event_.parts[i].species, t_.event_.parts[i].factor});
      u32 const sum = sum_of(parts);
      add(emit(OpCode::subtract, sum, form.high));
      add(emit(OpCode::subtract, form.low, sum));
    }
    if (gate_ != no_register) add(emit(OpCode::add, touch_count_, gate_));
    if (passed == no_register) return;
    add_infinite_term({{passed, 0}});
    keep_sums_exact(t_.event_.largest_factors());
  }
  std::vector<bool> of_cells_;  ///< constants that differ between trajectories; empty: none
  std::vector<Interval> ranges_of_cells_;
  u32 watched_ = no_register;

  bool ends_by_condition() const { return !plan_.experiment->stop_when.empty(); }
  /// The condition is not looked at before time 0.
  bool is_watched_later() const { return ends_by_condition() && plan_.experiment->burn_in > 0; }
  std::vector<bool> marked_;

  void mark_owner(u32 node, u32 reaction, std::vector<u32>& owner) {
    if (marked_.empty()) marked_.resize(graph_.nodes.size());
    if (marked_[node]) return;
    marked_[node] = true;
    LawNode const& n = graph_.nodes[node];
    if (n.constant != no_constant && owner[n.constant] == no_constant) owner[n.constant] = reaction;
    for (u32 a : n.arguments) mark_owner(a, reaction, owner);
  }

  Interval constant_range(u32 c) const {
    if (!of_cells_.empty() && of_cells_[c]) return ranges_of_cells_[c];
    Interval r{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
               false};
    for (auto const& v : values_) {
      r.low = std::min(r.low, v[c]);
      r.high = std::max(r.high, v[c]);
    }
    return r;
  }

  // --- what reactions do -----------------------------------------------------------------------
  void changes() {
    float largest = 1;
    t_.change_begin_ = {0};
    for (u32 j = 0; j < network_.reactions.size(); ++j) {
      Reaction const& reaction = network_.reactions[j];
      std::map<u32, i64> net;
      for (auto const& p : reaction.reactants) net[u32(p.species)] -= p.count;
      for (auto const& p : reaction.products) net[u32(p.species)] += p.count;
      for (u32 i = 0; i < plan_.counted_reactions.size(); ++i)
        if (u32(plan_.counted_reactions[i]) == j) net[u32(network_.species.size()) + i] += 1;
      if (touch_count_ != core::no_touch_count && touches(net)) net[touch_count_] = 1;
      for (auto const& [species, delta] : net) {
        if (delta == 0) continue;
        t_.changes_.push_back({species * shape_.stride, float(delta)});
        largest = std::max(largest, float(std::abs(delta)));
      }
      t_.change_begin_.push_back(u32(t_.changes_.size()));
    }
    t_.change_begin_.push_back(u32(t_.changes_.size()));
    t_.program_.widen_above = 0x1p24f - float(core::check_interval) * largest;
    max_count_ = shape_.wide ? 0x1p53f : 0x1p24f;
  }

  /// Whether a change of copy numbers touches a trigger without thresholds.
  bool touches(std::map<u32, i64> const& net) const {
    return std::any_of(net.begin(), net.end(), [&](auto const& change) {
      return change.first < network_.species.size() && change.second != 0 &&
             t_.event_.touching[change.first];
    });
  }

  // --- ranges ----------------------------------------------------------------------------------
  /// Ranges of nodes worked out so far; cheap to forget, for they are few of all nodes.
  struct KnownRanges {
    std::vector<std::optional<Interval>> by_node;
    std::vector<u32> nodes;

    void forget() {
      for (u32 const node : nodes) by_node[node].reset();
      nodes.clear();
    }
  };

  /// Range of a node; `species` is held at `count` if given.
  Interval range(u32 node, u32 species, float count, KnownRanges& known) {
    if (known.by_node[node]) return *known.by_node[node];
    LawNode const& n = graph_.nodes[node];
    auto a = [&](usize i) { return range(n.arguments[i], species, count, known); };
    Interval r;
    switch (n.op) {
      case LawOp::constant: r = constant_range(n.constant); break;
      case LawOp::species:
        r = n.index == species ? Interval{count, count, false} : Interval{0, max_count_, false};
        break;
      case LawOp::product: {
        r = n.constant != no_constant ? constant_range(n.constant) : Interval{1, 1, false};
        for (usize i = 0; i < n.arguments.size(); ++i) {
          Interval factor = a(i);
          if (falls(n, i)) factor.low = std::max(factor.low, 0.0f);
          r = interval::multiply(r, factor);
        }
        break;
      }
      case LawOp::quotient: r = interval::divide(a(0), a(1)); break;
      case LawOp::sum: {
        r = n.constant != no_constant ? constant_range(n.constant) : Interval{};
        for (usize i = 0; i < n.arguments.size(); ++i)
          r = n.negative[i] ? interval::subtract(r, a(i)) : interval::add(r, a(i));
        break;
      }
      case LawOp::power: r = interval::power(a(0), a(1)); break;
      case LawOp::saturate: r = interval::saturate(a(0)); break;
      case LawOp::minimum: r = interval::minimum(a(0), a(1)); break;
      case LawOp::maximum: r = interval::maximum(a(0), a(1)); break;
      case LawOp::exponential: r = interval::exponential(a(0)); break;
      case LawOp::logarithm: r = interval::logarithm(a(0)); break;
      case LawOp::square_root: r = interval::square_root(a(0)); break;
      case LawOp::absolute: r = interval::absolute(a(0)); break;
      case LawOp::floor: r = interval::floor(a(0)); break;
      case LawOp::ceiling: r = interval::ceiling(a(0)); break;
      case LawOp::less: r = interval::less(a(0), a(1)); break;
      case LawOp::less_equal: r = interval::less_equal(a(0), a(1)); break;
      case LawOp::equal:
      case LawOp::logical_and:
      case LawOp::logical_or:
      case LawOp::logical_not: r = interval::truth(); break;
      case LawOp::choose: r = interval::choose(a(0), a(1), a(2)); break;
    }
    known.by_node[node] = r;
    known.nodes.push_back(node);
    return r;
  }

  /// Whether factor i of a product is x - m with x, x - 1, ..., x - m + 1 before it: where it is
  /// negative, one of those is 0.
  bool falls(LawNode const& product, usize i) const {
    LawNode const& n = graph_.nodes[product.arguments[i]];
    if (n.op != LawOp::sum || n.constant == no_constant || n.arguments.size() != 1) return false;
    LawNode const& x = graph_.nodes[n.arguments[0]];
    float const m = -constant_range(n.constant).high;
    if (x.op != LawOp::species || n.negative[0] || !(m >= 1 && m <= float(i)) || m != std::floor(m))
      return false;
    for (u32 k = 0; k < u32(m); ++k) {
      LawNode const& before = graph_.nodes[product.arguments[i - usize(m) + k]];
      bool const matches = k == 0 ? before == x
                                  : before.op == LawOp::sum && before.arguments == n.arguments &&
                                        before.constant != no_constant && !before.negative[0] &&
                                        constant_range(before.constant).high == -float(k);
      if (!matches) return false;
    }
    return constant_range(n.constant).low == -m;
  }

  Interval range(u32 node) {
    if (ranges_.by_node.empty()) ranges_.by_node.resize(graph_.nodes.size());
    return range(node, no_constant, 0, ranges_);
  }
  KnownRanges ranges_;

  /// Whether the propensity is exactly 0 while fewer than `needed` copies are there.
  bool vanishes(u32 node, u32 species, i64 needed) {
    if (held_ranges_.by_node.empty()) held_ranges_.by_node.resize(graph_.nodes.size());
    for (i64 count = 0; count < needed; ++count) {
      held_ranges_.forget();
      if (!range(node, species, float(count), held_ranges_).is_zero()) return false;
    }
    return true;
  }
  KnownRanges held_ranges_;

  // --- laws to ops -----------------------------------------------------------------------------
  Operand operand(u32 node) {
    LawNode const& n = graph_.nodes[node];
    if (n.op == LawOp::constant && constant_register_[n.constant] == no_register)
      return {true, values_[0][n.constant], no_register};
    return {false, 0, in_register(node)};
  }

  u32 emit(core::OpCode code, u32 a, u32 b = 0, u32 c = 0, float k = 0) {
    u32 const to = next_register_++;
    t_.ops_.push_back({code, to, a, b, c, k});
    return to;
  }

  u32 in_register(u32 node) {
    u32& known = node_register_[node];
    if (known != no_register) return known;
    u32 const reg = compute(node);
    node_register_[node] = reg;
    return reg;
  }

  /// `constant op node` for a constant that may vary.
  u32 with_constant(u32 constant, u32 reg, core::OpCode fixed, core::OpCode varying) {
    if (constant_register_[constant] == no_register)
      return emit(fixed, reg, 0, 0, values_[0][constant]);
    return emit(varying, constant_register_[constant], reg);
  }

  u32 binary(LawNode const& n, core::OpCode both, core::OpCode right_fixed) {
    Operand const a = operand(n.arguments[0]), b = operand(n.arguments[1]);
    if (b.fixed && !a.fixed) return emit(right_fixed, a.reg, 0, 0, b.value);
    return emit(both, in_register(n.arguments[0]), in_register(n.arguments[1]));
  }

  u32 unary(LawNode const& n, core::OpCode code) { return emit(code, in_register(n.arguments[0])); }

  u32 comparison(LawNode const& n, core::OpCode code) {
    u32 const a = in_register(n.arguments[0]);
    return emit(code, a, in_register(n.arguments[1]));
  }

  u32 compute(u32 node) {
    using core::OpCode;
    LawNode const& n = graph_.nodes[node];
    switch (n.op) {
      case LawOp::constant:
        if (constant_register_[n.constant] != no_register) return constant_register_[n.constant];
        return emit(OpCode::constant, 0, 0, 0, values_[0][n.constant]);
      case LawOp::species: return n.index;
      case LawOp::product: {
        u32 r = in_register(n.arguments[0]);
        if (n.constant != no_constant)
          r = with_constant(n.constant, r, OpCode::multiply_constant, OpCode::multiply);
        for (usize i = 1; i < n.arguments.size(); ++i)
          r = emit(OpCode::multiply, r, in_register(n.arguments[i]));
        return r;
      }
      case LawOp::quotient: {
        Operand const a = operand(n.arguments[0]);
        if (a.fixed)
          return emit(OpCode::divide_constant, in_register(n.arguments[1]), 0, 0, a.value);
        return binary(n, OpCode::divide, OpCode::divide_by_constant);
      }
      case LawOp::sum: return sum(n);
      case LawOp::power: return power(n);
      case LawOp::saturate: return unary(n, OpCode::saturate);
      case LawOp::minimum: {
        Interval const a = range(n.arguments[0]), b = range(n.arguments[1]);
        if (a.high <= b.low && !a.maybe_nan && !b.maybe_nan) return in_register(n.arguments[0]);
        return binary(n, OpCode::minimum, OpCode::minimum_constant);
      }
      case LawOp::maximum: {
        Interval const a = range(n.arguments[0]), b = range(n.arguments[1]);
        if (a.low >= b.high && !a.maybe_nan && !b.maybe_nan) return in_register(n.arguments[0]);
        return binary(n, OpCode::maximum, OpCode::maximum_constant);
      }
      case LawOp::exponential: return unary(n, OpCode::exponential);
      case LawOp::logarithm: return unary(n, OpCode::logarithm);
      case LawOp::square_root: return unary(n, OpCode::square_root);
      case LawOp::absolute: return unary(n, OpCode::absolute);
      case LawOp::floor: return unary(n, OpCode::floor);
      case LawOp::ceiling: return unary(n, OpCode::ceiling);
      case LawOp::less: return comparison(n, OpCode::less);
      case LawOp::less_equal: return comparison(n, OpCode::less_equal);
      case LawOp::equal: return comparison(n, OpCode::equal);
      case LawOp::logical_and: return comparison(n, OpCode::logical_and);
      case LawOp::logical_or: return comparison(n, OpCode::logical_or);
      case LawOp::logical_not: return unary(n, OpCode::logical_not);
      case LawOp::choose: {
        u32 const a = in_register(n.arguments[0]);
        u32 const b = in_register(n.arguments[1]);
        return emit(OpCode::choose, a, b, in_register(n.arguments[2]));
      }
    }
    throw Error(ExitCode::internal, "a law graph holds a node of unknown kind");
  }

  u32 sum(LawNode const& n) {
    using core::OpCode;
    u32 r = in_register(n.arguments[0]);
    if (n.constant != no_constant) {
      r = n.negative[0]
              ? with_constant(n.constant, r, OpCode::subtract_from_constant, OpCode::subtract)
              : with_constant(n.constant, r, OpCode::add_constant, OpCode::add);
    } else if (n.negative[0]) {
      r = emit(OpCode::negate, r);
    }
    for (usize i = 1; i < n.arguments.size(); ++i)
      r = emit(n.negative[i] ? OpCode::subtract : OpCode::add, r, in_register(n.arguments[i]));
    return r;
  }

  u32 power(LawNode const& n) {
    using core::OpCode;
    u32 const base = in_register(n.arguments[0]);
    Operand const exponent = operand(n.arguments[1]);
    if (!exponent.fixed) return emit(OpCode::power, base, exponent.reg);
    float const y = exponent.value;
    if (y == 1) return base;
    return emit(core::is_whole_exponent(y) ? OpCode::power_whole : OpCode::power_constant, base, 0,
                0, y);
  }

  void terms() {
    for (u32 j = 0; j < graph_.propensities.size(); ++j) {
      u32 const node = graph_.propensities[j];
      Reaction const& reaction = network_.reactions[j];
      core::Term term = term_of(node);
      ReactionAnalysis analysis;
      term.guard_begin = u32(t_.guards_.size());
      for (auto const& p : reaction.reactants) {
        // Mass action holds x (x - 1) ... as factors.
        if (reaction.rate_kind == RateKind::mass_action || vanishes(node, u32(p.species), p.count))
          continue;
        t_.guards_.push_back({u32(p.species), float(p.count)});
        analysis.guarded = true;
      }
      term.guard_end = u32(t_.guards_.size());
      Interval const r = range(node);
      analysis.checked = !(r.low >= 0) || r.maybe_nan;
      term.flags = u8((analysis.guarded ? core::term_guarded : 0) |
                      (analysis.checked ? core::term_checked : 0));
      term.ops_end = u32(t_.ops_.size());
      t_.terms_.push_back(term);
      t_.analysis_.push_back(analysis);
    }
  }

  // --- the condition that ends a trajectory ------------------------------------------------------
  /// Its sums as the condition's steps, and one more reaction (core::EndCondition): the sign of
  /// sum - least is exact in float32 while the sum stays within 2^24, and min and max of them are
  /// what `and` and `or` are of comparisons.
  void end_condition() {
    StateCondition const& condition = plan_.experiment->stop_when;
    for (auto const& part : condition.parts)
      t_.condition_parts_.push_back({part.species, part.factor});
    for (auto const& step : condition.steps)
      t_.condition_steps_.push_back(
          {core::ConditionJoin(step.join), step.begin, step.end, step.least});
    if (condition.empty() || shape_.wide) return;
    std::vector<u32> results;
    for (auto const& step : condition.steps) {
      if (step.join == StateCondition::Join::at_least) {
        results.push_back(excess(condition, step));
        continue;
      }
      u32 const b = results.back();
      results.pop_back();
      results.back() = emit(
          step.join == StateCondition::Join::all ? core::OpCode::minimum : core::OpCode::maximum,
          results.back(), b);
    }
    std::vector<core::Guard> guards{{results.back(), 0}};
    if (watched_ != no_register) guards.push_back({watched_, 1});
    add_infinite_term(guards);
    keep_sums_exact(condition.largest_factors());
  }

  /// A reaction that changes nothing; its propensity is 0 until all guards are passed.
  void add_infinite_term(std::vector<core::Guard> const& guards) {
    core::Term term{core::TermKind::constant, core::term_guarded, u32(t_.guards_.size()), 0,
                    core::infinity(),         {0, 0, 0},          u32(t_.ops_.size())};
    t_.guards_.insert(t_.guards_.end(), guards.begin(), guards.end());
    term.guard_end = u32(t_.guards_.size());
    t_.terms_.push_back(term);
    t_.change_begin_.push_back(t_.change_begin_.back());
  }

  /// Every count up to `widen_above` keeps sums with such factors, whole or in part, within 2^24.
  void keep_sums_exact(i64 factors) {
    float const reserve = 0x1p24f - std::floor(0x1p24f / float(factors));
    if (reserve <= reserve_) return;
    t_.program_.widen_above -= reserve - reserve_;
    reserve_ = reserve;
  }
  float reserve_ = 0;

  /// The register of a comparison's sum less what it must be at least.
  u32 excess(StateCondition const& condition, StateCondition::Step const& step) {
    u32 const sum =
        sum_of({condition.parts.begin() + step.begin, condition.parts.begin() + step.end});
    // No sum of lanes is beyond 2^24.
    i64 const beyond = (i64{1} << 24) + 2;
    return emit(core::OpCode::subtract_constant, sum, 0, 0,
                float(std::clamp(step.least, -beyond, beyond)));
  }

  u32 sum_of(std::vector<StateCondition::Part> const& parts) {
    using core::OpCode;
    u32 sum = no_register;
    for (auto const& [species, factor] : parts) {
      u32 const size = factor == 1 || (factor == -1 && sum != no_register)
                           ? species
                           : emit(OpCode::multiply_constant, species, 0, 0,
                                  float(sum == no_register ? factor : std::abs(factor)));
      if (sum == no_register)
        sum = size;
      else
        sum = emit(factor < 0 ? OpCode::subtract : OpCode::add, sum, size);
    }
    return sum;
  }

  core::Term term_of(u32 node) {
    using core::TermKind;
    LawNode const& n = graph_.nodes[node];
    core::Term term{TermKind::plain, 0, 0, 0, 1.0f, {0, 0, 0}, 0};
    Operand const whole = n.op == LawOp::constant ? operand(node) : Operand{};
    if (whole.fixed) {
      term.kind = TermKind::constant;
      term.k = whole.value;
      return term;
    }
    std::vector<u32> factors;
    if (n.op == LawOp::product) {
      if (n.constant != no_constant) {
        // 1 * k is exact, so a varying constant may stand as the first factor.
        if (constant_register_[n.constant] != no_register)
          factors.push_back(constant_register_[n.constant]);
        else
          term.k = values_[0][n.constant];
      }
      if (factors.size() + n.arguments.size() <= 3) {
        for (u32 a : n.arguments) factors.push_back(in_register(a));
        for (usize i = 0; i < factors.size(); ++i) term.r[i] = factors[i];
        term.kind = factors.size() == 1   ? TermKind::scaled1
                    : factors.size() == 2 ? TermKind::scaled2
                                          : TermKind::scaled3;
        return term;
      }
      term.k = 1.0f;
    }
    term.r[0] = in_register(node);
    return term;
  }

  // --- registers -------------------------------------------------------------------------------
  /// Virtual to physical registers: a temporary's place is free again after its last use. Then
  /// operands are multiplied by the stride.
  void assign_registers() {
    std::vector<u32> last(next_register_, 0);
    auto each_source = [](core::Op& op, auto&& f) {
      u32* const from[3] = {&op.a, &op.b, &op.c};
      for (u32 i = 0; i < core::sources_of(op).count; ++i) f(*from[i]);
    };
    auto each_factor = [](core::Term& term, auto&& f) {
      for (u32 i = 0; i < core::factors_of(term).count; ++i) f(term.r[i]);
    };
    for (u32 i = 0; i < t_.ops_.size(); ++i)
      each_source(t_.ops_[i], [&](u32 r) { last[r] = 2 * i + 1; });
    for (auto& term : t_.terms_) {
      each_factor(term, [&](u32 r) { last[r] = std::max(last[r], 2 * term.ops_end); });
      for (u32 g = term.guard_begin; g < term.guard_end; ++g)
        last[t_.guards_[g].reg] = std::max(last[t_.guards_[g].reg], 2 * term.ops_end);
    }

    std::vector<u32> physical(next_register_);
    u32 top = first_temporary_;
    for (u32 r = 0; r < first_temporary_; ++r) physical[r] = r;
    std::multimap<u32, u32> busy;  // last use -> physical register
    std::vector<u32> free;
    for (u32 i = 0; i < t_.ops_.size(); ++i) {
      // An op may overwrite its own source: it reads each element before it writes it.
      while (shape_.reuse_registers && !busy.empty() && busy.begin()->first <= 2 * i + 1) {
        free.push_back(busy.begin()->second);
        busy.erase(busy.begin());
      }
      u32 const to = t_.ops_[i].to;
      if (free.empty()) {
        physical[to] = top++;
      } else {
        physical[to] = free.back();
        free.pop_back();
      }
      busy.insert({last[to], physical[to]});
    }
    for (auto& op : t_.ops_) {
      each_source(op, [&](u32& r) { r = physical[r]; });
      op.to = physical[op.to];
    }
    for (auto& term : t_.terms_) each_factor(term, [&](u32& r) { r = physical[r]; });
    for (auto& guard : t_.guards_) guard.reg = physical[guard.reg];
    t_.register_count_ = top;
    if (u64(std::max(top, u32(t_.terms_.size()))) * shape_.stride >> 32 != 0)
      throw Error(
          ExitCode::model, fmt::format("network '{}' needs {} registers", network_.name, top),
          fmt::format("{} lanes of them exceed 32-bit operands", shape_.stride), "Use fewer lanes");
  }

  // --- dependencies ----------------------------------------------------------------------------
  /// Ops and terms by increasing index; or, of too many to list, `all` of them.
  struct Readers {
    std::vector<u32> ops, terms;
    bool all = false;
  };

  /// Beyond this, computing everything anew takes about as long as going through a list, and lists
  /// of every reaction would take memory by the square of the network's size.
  static bool is_too_long(usize listed, usize all) { return listed >= 256 && 4 * listed >= all; }
  bool are_too_many(Readers const& readers) const {
    return is_too_long(readers.ops.size(), t_.ops_.size()) ||
           is_too_long(readers.terms.size(), t_.terms_.size());
  }

  /// Which ops and terms read a register, directly.
  std::vector<Readers> readers_of_registers() const {
    std::vector<Readers> readers(t_.register_count_);
    for (u32 i = 0; i < t_.ops_.size(); ++i) {
      core::Op const& op = t_.ops_[i];
      for (u32 const reg : core::sources_of(op)) readers[reg].ops.push_back(i);
    }
    for (u32 j = 0; j < t_.terms_.size(); ++j) {
      core::Term const& term = t_.terms_[j];
      for (u32 const reg : core::factors_of(term)) readers[reg].terms.push_back(j);
      for (u32 g = term.guard_begin; g < term.guard_end; ++g)
        readers[t_.guards_[g].reg].terms.push_back(j);
    }
    return readers;
  }

  static void sort_once(std::vector<u32>& indices) {
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  }

  /// Which ops and terms read a species, directly or through other ops.
  Readers readers_of_species(u32 species, std::vector<Readers> const& direct,
                             std::vector<u32>& last_reader) const {
    Readers readers;
    std::vector<u32> registers{species};
    while (!registers.empty() && !are_too_many(readers)) {
      Readers const& here = direct[registers.back()];
      registers.pop_back();
      readers.terms.insert(readers.terms.end(), here.terms.begin(), here.terms.end());
      for (u32 const op : here.ops) {
        if (std::exchange(last_reader[op], species) == species) continue;
        readers.ops.push_back(op);
        registers.push_back(t_.ops_[op].to);
      }
    }
    if (are_too_many(readers)) return {{}, {}, true};
    sort_once(readers.ops);
    sort_once(readers.terms);
    return readers;
  }

  Readers readers_after(u32 reaction, std::vector<Readers> const& of_species) const {
    Readers readers;
    for (u32 c = t_.change_begin_[reaction]; c < t_.change_begin_[reaction + 1]; ++c) {
      Readers const& more = of_species[t_.changes_[c].reg / shape_.stride];
      if (more.all) return more;
      readers.ops.insert(readers.ops.end(), more.ops.begin(), more.ops.end());
      readers.terms.insert(readers.terms.end(), more.terms.begin(), more.terms.end());
    }
    sort_once(readers.ops);
    sort_once(readers.terms);
    if (are_too_many(readers)) return {{}, {}, true};
    return readers;
  }

  /// Level by level: parents of nodes in order are in that order, too.
  void add_nodes_above(std::vector<u32> const& terms) {
    u32 const leaves = core::tree_leaves(u32(t_.terms_.size()));
    std::vector<u32> nodes(terms.rbegin(), terms.rend());
    for (u32& node : nodes) node += leaves;
    while (!nodes.empty() && nodes.back() > 1) {
      for (u32& node : nodes) node >>= 1;
      nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
      t_.dependent_nodes_.insert(t_.dependent_nodes_.end(), nodes.begin(), nodes.end());
    }
  }

  void dependencies() {
    std::vector<Readers> of_species(species_);
    if (!shape_.reuse_registers) {
      auto const direct = readers_of_registers();
      std::vector<u32> last_reader(t_.ops_.size(), no_register);
      for (u32 s = 0; s < species_; ++s) of_species[s] = readers_of_species(s, direct, last_reader);
    }
    t_.op_begin_ = t_.term_begin_ = t_.node_begin_ = {0};
    for (u32 j = 0; j < t_.terms_.size(); ++j) {
      Readers const readers = readers_after(j, of_species);
      t_.touches_all_.push_back(readers.all ? 1 : 0);
      t_.dependent_ops_.insert(t_.dependent_ops_.end(), readers.ops.begin(), readers.ops.end());
      t_.dependent_terms_.insert(t_.dependent_terms_.end(), readers.terms.begin(),
                                 readers.terms.end());
      t_.op_begin_.push_back(u32(t_.dependent_ops_.size()));
      t_.term_begin_.push_back(u32(t_.dependent_terms_.size()));
      add_nodes_above(readers.terms);
      t_.node_begin_.push_back(u32(t_.dependent_nodes_.size()));
    }
    for (auto& op : t_.ops_)
      for (u32* r : {&op.to, &op.a, &op.b, &op.c}) *r *= shape_.stride;
    for (auto& term : t_.terms_)
      for (u32& r : term.r) r *= shape_.stride;
    for (auto& guard : t_.guards_) guard.reg *= shape_.stride;
  }

  // --- stops -----------------------------------------------------------------------------------
  void stops() {
    Experiment const& e = *plan_.experiment;
    usize sample = 0, segment = 1;
    if (e.burn_in > 0) {
      t_.stop_times_.push_back(-e.burn_in);
      t_.actions_.push_back(0);
    }
    while (sample < e.sample_times.size() || segment < e.segments.size()) {
      constexpr double never = std::numeric_limits<double>::infinity();
      double const next_sample = sample < e.sample_times.size() ? e.sample_times[sample] : never;
      double const next_segment = segment < e.segments.size() ? e.segments[segment].start : never;
      double const time = std::min(next_sample, next_segment);
      u8 actions = 0;
      if (next_sample == time) {
        actions |= core::stop_samples;
        ++sample;
      }
      if (next_segment == time) {
        actions |= core::stop_changes;
        if (e.segments[segment].parts_sisters) actions |= core::stop_parts;
        ++segment;
      }
      if (time == 0) {
        t_.program_.condition.from = t_.program_.events.from = u32(t_.actions_.size());
        if (is_watched_later()) actions |= core::stop_watches;
      }
      t_.stop_times_.push_back(time);
      t_.actions_.push_back(actions);
    }
    for (usize k = 0; k < t_.stop_times_.size(); ++k) {
      double const length =
          k + 1 < t_.stop_times_.size() ? t_.stop_times_[k + 1] - t_.stop_times_[k] : 0;
      // The clock is a sum of two floats.
      if (k + 1 < t_.stop_times_.size() && !(length >= 1e-30 && length <= 1e37)) {
        throw Error(ExitCode::usage,
                    fmt::format("from t = {} to the next sample or change it is {} {}",
                                t_.stop_times_[k], length, network_.time_unit),
                    "the clock holds times from 1e-30 to 1e37", "Use another time unit");
      }
      t_.interval_high_.push_back(float(length));
      t_.interval_low_.push_back(float(length - double(float(length))));
    }
    t_.add_begin_ = {0};
    for (Segment const& s : e.segments) {
      for (auto const& [species, count] : s.add) {
        t_.add_species_.push_back(u32(species));
        t_.add_count_.push_back(count);
      }
      t_.add_begin_.push_back(u32(t_.add_species_.size()));
    }
  }

  void fill_program() {
    core::Program& p = t_.program_;
    for (i64 count : plan_.experiment->initial) t_.initial_.push_back(count);
    p.hashed = u32(network_.species.size());
    for (u32 i = 0; i < p.hashed + 3; ++i) t_.multipliers_.push_back(core::multiplier(i));
    p.species = species_;
    p.reactions = u32(t_.terms_.size());
    p.ops_count = u32(t_.ops_.size());
    p.ops = t_.ops_.data();
    p.terms = t_.terms_.data();
    p.guards = t_.guards_.data();
    p.change_begin = t_.change_begin_.data();
    p.changes = t_.changes_.data();
    p.initial = t_.initial_.data();
    p.initial_rows = plan_.experiment->initial_rows();
    p.multipliers = t_.multipliers_.data();
    p.stops = {u32(t_.stop_times_.size()), t_.interval_high_.data(), t_.interval_low_.data(),
               t_.actions_.data(), t_.stop_times_.data()};
    p.condition.steps = u32(t_.condition_steps_.size());
    p.condition.step = t_.condition_steps_.data();
    p.condition.part = t_.condition_parts_.data();
    p.condition.watched = watched_;
    p.schedule = {u32(plan_.experiment->segments.size()),
                  registers_of_schedule_,
                  species_,
                  registers_of_schedule_ + 2 * u32(t_.event_.values.size()),
                  t_.schedule_values_.data(),
                  t_.add_begin_.data(),
                  t_.add_species_.data(),
                  t_.add_count_.data()};
    core::EventTables& e = p.events;
    e.op = t_.event_.ops.data();
    e.part = t_.event_.parts.data();
    e.form = t_.event_.forms.data();
    e.threshold = t_.event_.thresholds.data();
    e.time_switch = t_.event_.switches.data();
    e.event = t_.event_.events.data();
    e.set = t_.event_.sets.data();
    e.constant = t_.event_constants_.data();
    e.positive = t_.event_.positives.data();
    e.loads = t_.event_.loads.data();
    t_.dependencies_ = {t_.op_begin_.data(),   t_.dependent_ops_.data(),
                        t_.term_begin_.data(), t_.dependent_terms_.data(),
                        t_.node_begin_.data(), t_.dependent_nodes_.data(),
                        t_.touches_all_.data()};
  }
};

Tables::Tables(LawGraph const& graph, RunPlan const& plan, TableShape shape) {
  TableBuilder(*this, graph, plan, shape).build();
}

}  // namespace cristae
