// host/model/units.cpp - unit texts, and the units of every node of every law.
#include "host/model/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

namespace cristae {
namespace {

constexpr i32 largest_power = 1000;

struct TimeUnit {
  std::string_view name;
  double seconds;
};
constexpr std::array time_units{TimeUnit{"s", 1}, TimeUnit{"min", 60}, TimeUnit{"h", 3600},
                                TimeUnit{"day", 86400}};

TimeUnit const* find_time_unit(std::string_view name) {
  auto const* found = std::find_if(time_units.begin(), time_units.end(),
                                   [&](TimeUnit const& unit) { return unit.name == name; });
  return found == time_units.end() ? nullptr : found;
}

/// The one name of a unit that people write in several ways.
std::string_view base_name(std::string_view name) {
  constexpr std::array<std::array<std::string_view, 2>, 17> spellings{{{"sec", "s"},
                                                                       {"second", "s"},
                                                                       {"seconds", "s"},
                                                                       {"minute", "min"},
                                                                       {"minutes", "min"},
                                                                       {"hr", "h"},
                                                                       {"hour", "h"},
                                                                       {"hours", "h"},
                                                                       {"d", "day"},
                                                                       {"days", "day"},
                                                                       {"counts", "count"},
                                                                       {"copy", "count"},
                                                                       {"copies", "count"},
                                                                       {"molecule", "count"},
                                                                       {"molecules", "count"},
                                                                       {"event", "count"},
                                                                       {"events", "count"}}};
  for (auto const& spelling : spellings)
    if (spelling[0] == name) return spelling[1];
  return name;
}

/// unit := term ((' ' | '*' | '/') term)*; term := ('1' | name | '(' unit ')') ['^' integer]. A blank
/// between terms is a product; behind a '/' that could be read in two ways and is refused.
class UnitParser {
 public:
  explicit UnitParser(std::string_view text) : text_(text) {}

  std::optional<Unit> parse() {
    skip_blanks();
    auto unit = parse_product(0);
    return at_ == text_.size() ? unit : std::nullopt;
  }

 private:
  std::string_view text_;
  usize at_ = 0;

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }

  std::optional<Unit> parse_product(int depth) {
    auto unit = parse_term(depth);
    bool divided = false;
    while (unit) {
      skip_blanks();
      char const sign = peek();
      if (sign == '\0' || sign == ')') return unit;
      if (sign == '*' || sign == '/') {
        ++at_;
        skip_blanks();
      } else if (divided) {
        return std::nullopt;
      }
      divided = divided || sign == '/';
      auto const next = parse_term(depth);
      if (!next) return std::nullopt;
      unit = product(*unit, *next, sign == '/' ? -1 : 1);
    }
    return std::nullopt;
  }

  std::optional<Unit> parse_term(int depth) {
    std::optional<Unit> unit;
    if (peek() == '(' && depth < 20) {
      ++at_;
      skip_blanks();
      unit = parse_product(depth + 1);
      if (peek() != ')') return std::nullopt;
      ++at_;
    } else if (peek() == '1') {
      ++at_;
      if (is_name_part(peek()) || peek() == '.') return std::nullopt;
      unit = Unit();
    } else {
      unit = parse_name();
    }
    if (!unit || peek() != '^') return unit;
    ++at_;
    auto const power = parse_integer();
    return power ? product(Unit(), *unit, *power) : std::nullopt;
  }

  static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '%' ||
           static_cast<unsigned char>(c) >= 0x80;
  }
  static bool is_name_part(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

  std::optional<Unit> parse_name() {
    usize const begin = at_;
    if (!is_letter(peek())) return std::nullopt;
    while (is_name_part(peek())) ++at_;
    auto const name = text_.substr(begin, at_ - begin);
    if (name == "of" || name == "per") return std::nullopt;  // prose
    return Unit(std::string(base_name(name)));
  }

  std::optional<i32> parse_integer() {
    i32 const sign = peek() == '-' ? -1 : 1;
    if (sign < 0) ++at_;
    usize const begin = at_;
    i32 value = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      value = 10 * value + (peek() - '0');
      if (value > largest_power) return std::nullopt;
    }
    if (at_ == begin || is_name_part(peek()) || peek() == '.') return std::nullopt;
    return sign * value;
  }
};

/// What is known of the unit of a value.
struct Measure {
  enum class Kind : u8 {
    unknown,  ///< anything
    number,   ///< 0, 1, 2 or a firing counter: a pure number in products, anything in sums
    known,
  };
  Kind kind = Kind::unknown;
  Unit unit = {};
  /// Multiplied by a literal that may turn one countable thing into another, as in P + 2 * P2.
  bool scaled = false;

  bool is_known() const { return kind == Kind::known; }
};

Measure known(Unit unit) { return {Measure::Kind::known, std::move(unit)}; }
Measure number() { return {Measure::Kind::number}; }

std::string bracketed(Unit const& unit) { return "[" + to_string(unit) + "]"; }

class UnitChecker {
 public:
  explicit UnitChecker(Network const& network) : network_(network) {}

  UnitReport check() {
    read_units();
    for (u32 const rule : network_.rule_order) {
      auto const& checked = network_.rules[rule];
      begin("rule", checked);
      auto const measure = measure_of(checked.expression);
      rules_[rule] = declared(checked, measure);
      end();
    }
    for (auto const& reaction : network_.reactions) {
      begin("reaction", reaction);
      check_rate(reaction);
      end();
    }
    for (auto const& observable : network_.observables) {
      begin("observable", observable);
      declared(observable, measure_of(observable.expression));
      end();
    }
    std::stable_sort(report_.warnings.begin(), report_.warnings.end(),
                     [](Diagnostic const& a, Diagnostic const& b) {
                       return std::tie(a.where.line, a.where.column) <
                              std::tie(b.where.line, b.where.column);
                     });
    return std::move(report_);
  }

 private:
  Network const& network_;
  UnitReport report_;
  std::vector<Measure> species_;
  std::vector<Measure> parameters_;
  std::vector<Measure> rules_;
  std::optional<Unit> time_;
  std::set<std::string> countable_{"count"};  // bases of the species' units
  bool species_are_known_ = true;
  bool species_are_simple_ = true;  // no unit of a species has a negative power

  // ---- units of names ----

  static Measure stated(Annotation const& annotation) {
    auto unit = annotation.unit.empty() ? std::nullopt : parse_unit(annotation.unit);
    return unit ? known(std::move(*unit)) : Measure{};
  }

  void read_units() {
    for (auto const& species : network_.species) {
      auto const& measure = species_.emplace_back(stated(species));
      species_are_known_ = species_are_known_ && measure.is_known();
      for (auto const& [base, power] : measure.unit.powers()) {
        if (!find_time_unit(base)) countable_.insert(base);
        species_are_simple_ = species_are_simple_ && power > 0;
      }
    }
    for (auto const& parameter : network_.parameters) parameters_.push_back(stated(parameter));
    rules_.resize(network_.rules.size());
    time_ = parse_unit(network_.time_unit);
  }

  /// Whether such a thing can be counted: a product of species' units, or 1.
  bool is_countable(Unit const& unit) const {
    return std::all_of(unit.powers().begin(), unit.powers().end(), [&](auto const& factor) {
      auto const& [base, power] = factor;
      if (find_time_unit(base)) return false;
      if (!species_are_known_) return true;
      return countable_.contains(base) && (power > 0 || !species_are_simple_);
    });
  }

  /// Whether they differ by countable things only.
  bool is_recount(Unit const& a, Unit const& b) const {
    auto const ratio = product(a, b, -1);
    return ratio &&
           std::all_of(ratio->powers().begin(), ratio->powers().end(),
                       [&](auto const& factor) { return countable_.contains(factor.first); });
  }

  // ---- one law ----

  Expression const* expression_ = nullptr;
  std::string law_;  // "reaction 'x'"
  SourceLocation where_;
  bool partly_unknown_ = false;
  usize warnings_before_ = 0;

  void begin(std::string_view kind, Annotation const& annotation) {
    law_ = fmt::format("{} '{}'", kind, annotation.id);
    where_ = annotation.where;
    partly_unknown_ = false;
    warnings_before_ = report_.warnings.size();
  }

  void end() {
    bool const warned = report_.warnings.size() > warnings_before_;
    ++(warned ? report_.contradicted : partly_unknown_ ? report_.unknown : report_.consistent);
  }

  void warn(std::string problem, std::string reason, std::string fix) {
    report_.warnings.push_back(
        {Severity::warning, where_, std::move(problem), std::move(reason), std::move(fix)});
  }

  Measure unknown() {
    partly_unknown_ = true;
    return {};
  }

  Measure used(Measure const& measure) { return measure.is_known() ? measure : unknown(); }

  /// A part of the law as written, cut if it is long.
  std::string part(u32 node) const {
    auto const& span = expression_->nodes[node].span;
    constexpr usize most = 60;
    std::string text;
    for (char const c : expression_->text.substr(span.begin, span.end - span.begin))
      text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    if (text.size() > most) text = text.substr(0, most) + "...";
    return text;
  }

  Measure measure_of(Expression const& expression) {
    expression_ = &expression;
    if (expression.empty()) return unknown();
    std::vector<Measure> measures;
    measures.reserve(expression.nodes.size());
    for (auto const& node : expression.nodes) measures.push_back(measure_of(node, measures));
    return measures.back();
  }

  Measure measure_of(Node const& node, std::vector<Measure> const& measures) {
    auto const& arguments = node.arguments;
    auto const argument = [&](usize i) -> Measure const& { return measures[arguments[i]]; };
    switch (node.kind) {
      case NodeKind::number:
        // In a sum, any literal is what it is added to; see merge().
        return node.number == 0 || node.number == 1 || node.number == 2 ? number() : Measure{};
      case NodeKind::symbol:
        switch (node.symbol.kind) {
          case SymbolKind::species: return used(species_[node.symbol.index]);
          case SymbolKind::parameter: return used(parameters_[node.symbol.index]);
          case SymbolKind::rule: {
            auto const& rule = rules_[node.symbol.index];
            return rule.kind == Measure::Kind::unknown ? unknown() : rule;
          }
          case SymbolKind::time:
          case SymbolKind::unresolved: break;
        }
        return unknown();
      case NodeKind::firings: return {Measure::Kind::number, Unit(), true};
      case NodeKind::negate:
      case NodeKind::absolute:
      case NodeKind::floor:
      case NodeKind::ceiling: return argument(0);
      case NodeKind::add: return merge("adds", measures, arguments);
      case NodeKind::subtract: return merge("subtracts", measures, arguments);
      case NodeKind::minimum: return merge("takes the minimum of", measures, arguments);
      case NodeKind::maximum: return merge("takes the maximum of", measures, arguments);
      case NodeKind::piecewise: {
        std::vector<u32> values;
        for (usize i = 0; i < arguments.size(); i += 2) values.push_back(arguments[i]);
        return merge("chooses between", measures, values);
      }
      case NodeKind::multiply: return multiplied(node, argument(0), argument(1), 1);
      case NodeKind::divide: return multiplied(node, argument(0), argument(1), -1);
      case NodeKind::power: return raised(arguments, argument(0), argument(1));
      case NodeKind::square_root: return root(argument(0));
      case NodeKind::less:
      case NodeKind::less_equal:
      case NodeKind::greater:
      case NodeKind::greater_equal:
      case NodeKind::equal:
      case NodeKind::not_equal: merge("compares", measures, arguments); return number_of_one();
      case NodeKind::logical_and:
      case NodeKind::logical_or:
      case NodeKind::logical_not: return number_of_one();
      case NodeKind::exponential:
        if (argument(0).is_known() && !argument(0).unit.is_one() && !argument(0).scaled)
          warn(fmt::format("{} takes exp of '{}' {}", law_, part(arguments[0]),
                           bracketed(argument(0).unit)),
               "exp is defined for pure numbers", "Divide it by a constant of the same unit");
        return number_of_one();
      case NodeKind::logarithm:
      case NodeKind::logarithm10:
        if (argument(0).is_known() && !is_countable(argument(0).unit))
          warn(fmt::format("{} takes the logarithm of '{}' {}", law_, part(arguments[0]),
                           bracketed(argument(0).unit)),
               "its value depends on the choice of the unit",
               "Divide it by a constant of the same unit");
        return number_of_one();
      case NodeKind::hill: check_hill(arguments, measures); return number_of_one();
    }
    return unknown();
  }

  static Measure number_of_one() { return known(Unit()); }

  /// The one unit of several values; unknown ones and literals take that of the others.
  Measure merge(std::string_view verb, std::vector<Measure> const& measures,
                std::vector<u32> const& arguments) {
    std::optional<u32> first;
    bool all_numbers = true;
    bool scaled = false;
    for (u32 const index : arguments) {
      auto const& measure = measures[index];
      all_numbers = all_numbers && measure.kind == Measure::Kind::number;
      scaled = scaled || measure.scaled;
      if (!measure.is_known()) continue;
      if (!first) {
        first = index;
      } else if (!agree(measures[*first], measure)) {
        warn_apart(verb, *first, index, measures);
        return unknown();
      } else if (measure.unit != measures[*first].unit) {
        return unknown();  // one may be turned into the other
      }
    }
    if (!first) return all_numbers ? number() : Measure{};
    return {Measure::Kind::known, measures[*first].unit, scaled};
  }

  bool agree(Measure const& a, Measure const& b) const {
    if (a.unit == b.unit) return true;
    return (a.scaled || b.scaled) && is_recount(a.unit, b.unit);
  }

  void warn_apart(std::string_view verb, u32 a, u32 b, std::vector<Measure> const& measures) {
    warn_difference(fmt::format("{} {} '{}' {} and '{}' {}", law_, verb, part(a),
                                bracketed(measures[a].unit), part(b), bracketed(measures[b].unit)),
                    measures[a].unit, measures[b].unit, "they have no common unit");
  }

  /// `a` is `factor` times `b`, or the other way round where that is the larger number.
  static std::string times_text(Unit const& a, Unit const& b, double factor) {
    bool const larger = factor >= 1;
    return fmt::format("{} is {} times {}", bracketed(larger ? a : b),
                       larger ? factor : *conversion_factor(b, a), bracketed(larger ? b : a));
  }

  void warn_difference(std::string problem, Unit const& a, Unit const& b, std::string reason) {
    if (auto const factor = conversion_factor(a, b)) {
      reason = times_text(a, b, *factor) + ", and laws convert nothing";
      warn(std::move(problem), std::move(reason), "Give both in one time unit");
      return;
    }
    warn(std::move(problem), std::move(reason), "Correct the law or a unit");
  }

  Measure multiplied(Node const& node, Measure const& a, Measure const& b, i32 exponent) {
    if (a.kind == Measure::Kind::unknown || b.kind == Measure::Kind::unknown) return unknown();
    auto const is_literal = [&](usize i, double value) {
      auto const& factor = expression_->nodes[node.arguments[i]];
      return factor.kind == NodeKind::number && factor.number == value;
    };
    if (is_literal(0, 0)) return number();
    bool const scaled = a.scaled || b.scaled || is_literal(0, 2) || is_literal(1, 2);
    if (!a.is_known() && !b.is_known()) return {Measure::Kind::number, Unit(), scaled};
    auto unit = product(a.unit, b.unit, exponent);
    return unit ? Measure{Measure::Kind::known, std::move(*unit), scaled} : unknown();
  }

  Measure raised(std::vector<u32> const& arguments, Measure const& base, Measure const& exponent) {
    if (exponent.is_known() && !exponent.unit.is_one() && !exponent.scaled)
      warn(fmt::format("{} has the exponent '{}' {}", law_, part(arguments[1]),
                       bracketed(exponent.unit)),
           "exponents are pure numbers", "Divide it by a constant of the same unit");
    if (base.kind == Measure::Kind::number) return base;
    if (base.is_known() && base.unit.is_one()) return base;
    auto const power = literal(arguments[1]);
    if (!base.is_known() || !power || *power != std::floor(*power) || std::fabs(*power) > 100)
      return unknown();  // x^n with a parameter n has a unit that only x^n has
    auto unit = product(Unit(), base.unit, static_cast<i32>(*power));
    return unit ? Measure{Measure::Kind::known, std::move(*unit), base.scaled} : unknown();
  }

  /// A number as written, with its sign.
  std::optional<double> literal(u32 index) const {
    auto const& node = expression_->nodes[index];
    if (node.kind == NodeKind::number) return node.number;
    if (node.kind != NodeKind::negate) return std::nullopt;
    auto const& inner = expression_->nodes[node.arguments[0]];
    return inner.kind == NodeKind::number ? std::optional(-inner.number) : std::nullopt;
  }

  Measure root(Measure const& square) {
    if (!square.is_known()) return square;
    Unit unit;
    for (auto const& [base, power] : square.unit.powers()) {
      if (power % 2 != 0) return unknown();
      unit = *product(unit, Unit(base), power / 2);
    }
    return {Measure::Kind::known, std::move(unit), square.scaled};
  }

  void check_hill(std::vector<u32> const& arguments, std::vector<Measure> const& measures) {
    auto const& x = measures[arguments[0]];
    auto const& K = measures[arguments[1]];
    auto const& n = measures[arguments[2]];
    if (x.is_known() && K.is_known() && !agree(x, K))
      warn_difference(
          fmt::format("{} has hill of '{}' {} with the constant '{}' {}", law_, part(arguments[0]),
                      bracketed(x.unit), part(arguments[1]), bracketed(K.unit)),
          x.unit, K.unit, "hill(x, K, n) compares x with K");
    if (n.is_known() && !n.unit.is_one() && !n.scaled)
      warn(fmt::format("{} has hill with the exponent '{}' {}", law_, part(arguments[2]),
                       bracketed(n.unit)),
           "exponents are pure numbers", "Correct its unit");
  }

  // ---- whole laws ----

  /// The unit of a rule or observable: as declared, or else as computed.
  Measure declared(Annotation const& annotation, Measure const& measure) {
    auto const unit = annotation.unit.empty() ? std::nullopt : parse_unit(annotation.unit);
    if (!unit) {
      if (!annotation.unit.empty()) partly_unknown_ = true;
      return measure;
    }
    if (measure.kind == Measure::Kind::unknown) partly_unknown_ = true;
    // An indicator such as Alive, 0 or 1 copies, is often said to be a pure number.
    bool const indicator = unit->is_one() && is_countable(measure.unit);
    if (measure.is_known() && !indicator && !agree(measure, known(*unit)))
      warn_difference(fmt::format("{} is declared in {}, its expression is in {}", law_,
                                  bracketed(*unit), bracketed(measure.unit)),
                      *unit, measure.unit, "one of them is wrong");
    return known(*unit);
  }

  void check_rate(Reaction const& reaction) {
    auto measure = measure_of(reaction.rate);
    bool const is_mass_action = reaction.rate_kind == RateKind::mass_action;
    if (is_mass_action) {
      for (auto const& [species, count] : reaction.reactants) {
        auto const& reactant = used(species_[static_cast<u32>(species)]);
        if (measure.kind == Measure::Kind::unknown || !reactant.is_known()) {
          measure = unknown();
          break;
        }
        auto unit = product(
            measure.unit, product(Unit(), reactant.unit, static_cast<i32>(count)).value_or(Unit()));
        if (!unit) {
          measure = unknown();
          break;
        }
        measure.unit = std::move(*unit);
        // A literal constant may stand for any unit.
        if (measure.kind == Measure::Kind::number) measure = unknown();
        if (!measure.is_known()) break;
      }
    }
    if (!measure.is_known() || !time_) {
      partly_unknown_ = true;
      return;
    }
    auto const events = product(measure.unit, *time_);
    if (!events || is_countable(*events)) return;
    std::string const problem = fmt::format(
        "the propensity of {} is in {}{}", law_, bracketed(measure.unit),
        is_mass_action && !reaction.reactants.empty() ? ", its reactants multiplied in" : "");
    Unit const per_time = *product(Unit(), *time_, -1);
    if (auto const other = in_network_time(measure.unit);
        other && is_countable(*product(*other, *time_)) && *other != measure.unit) {
      warn(problem,
           fmt::format("the time unit is {}, and laws convert nothing; {}", network_.time_unit,
                       times_text(measure.unit, *other, *conversion_factor(measure.unit, *other))),
           fmt::format("Give the rate constant per {}", network_.time_unit));
      return;
    }
    warn(problem,
         fmt::format("it must be in {}, or in units of species over {}", to_string(per_time),
                     network_.time_unit),
         "Correct the law or a unit");
  }

  /// The unit with all its time units replaced by the network's.
  std::optional<Unit> in_network_time(Unit const& unit) const {
    if (time_->powers().size() != 1 || !find_time_unit(time_->powers().begin()->first))
      return std::nullopt;
    std::optional<Unit> result = Unit();
    for (auto const& [base, power] : unit.powers()) {
      if (result) result = product(*result, find_time_unit(base) ? *time_ : Unit(base), power);
    }
    return result;
  }
};

}  // namespace

std::optional<Unit> product(Unit const& a, Unit const& b, i32 exponent) {
  Unit result = a;
  for (auto const& [base, power] : b.powers_) {
    i64 const sum = static_cast<i64>(power) * exponent + result.powers_[base];
    if (sum > largest_power || sum < -largest_power) return std::nullopt;
    if (sum == 0)
      result.powers_.erase(base);
    else
      result.powers_[base] = static_cast<i32>(sum);
  }
  return result;
}

std::optional<Unit> parse_unit(std::string_view text) {
  return text.size() > 1000 ? std::nullopt : UnitParser(text).parse();
}

std::string to_string(Unit const& unit) {
  std::string above, below;
  usize divisors = 0;
  auto const add = [&](std::string const& base, i32 power) {
    auto& text = power > 0 ? above : below;
    if (!text.empty()) text += ' ';
    text += base;
    if (std::abs(power) != 1) text += fmt::format("^{}", std::abs(power));
    divisors += power < 0 ? 1 : 0;
  };
  for (bool const times : {false, true})  // time comes last, as people write it
    for (auto const& [base, power] : unit.powers())
      if ((find_time_unit(base) != nullptr) == times) add(base, power);
  if (above.empty()) above = "1";
  if (divisors == 0) return above;
  return above + "/" + (divisors > 1 ? "(" + below + ")" : below);
}

std::optional<double> conversion_factor(Unit const& from, Unit const& to) {
  auto const ratio = product(from, to, -1);
  if (!ratio) return std::nullopt;
  double factor = 1;
  i32 sum = 0;
  for (auto const& [base, power] : ratio->powers()) {
    auto const* time = find_time_unit(base);
    if (!time) return std::nullopt;
    factor *= std::pow(time->seconds, power);
    sum += power;
  }
  return sum == 0 ? std::optional(factor) : std::nullopt;
}

UnitReport check_units(Network const& network) { return UnitChecker(network).check(); }

}  // namespace cristae
