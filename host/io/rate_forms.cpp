// host/io/rate_forms.cpp - identities at random points, and the signs of the parts of a law.
#include "host/io/rate_forms.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace cristae {
namespace {

constexpr double largest_power = 20;  // of a species in a law that may be mass action

/// Only sums, products, quotients by constants and whole powers of what varies.
bool is_polynomial(Formula const& formula, std::function<bool(std::string const&)> const& varies) {
  if (!uses(formula, varies)) return true;
  auto const& arguments = formula.arguments;
  switch (formula.kind) {
    case NodeKind::symbol: return true;
    case NodeKind::negate:
    case NodeKind::add:
    case NodeKind::subtract:
    case NodeKind::multiply:
      return std::all_of(arguments.begin(), arguments.end(),
                         [&](Formula const& argument) { return is_polynomial(argument, varies); });
    case NodeKind::divide:
      return is_polynomial(arguments[0], varies) && !uses(arguments[1], varies);
    case NodeKind::power: {
      auto const& exponent = arguments[1];
      bool const is_whole = exponent.kind == NodeKind::number && exponent.number >= 0 &&
                            exponent.number <= largest_power &&
                            exponent.number == std::floor(exponent.number);
      return is_whole && is_polynomial(arguments[0], varies);
    }
    default: return false;
  }
}

bool is_arithmetic(Formula const& formula) {
  switch (formula.kind) {
    case NodeKind::number:
    case NodeKind::symbol:
    case NodeKind::negate:
    case NodeKind::add:
    case NodeKind::subtract:
    case NodeKind::multiply:
    case NodeKind::divide: return true;
    case NodeKind::power: return formula.arguments[1].kind == NodeKind::number;
    default: return false;
  }
}

/// A name for every function of constants, one for all that are the same: a few points do not
/// tell what a piecewise function is elsewhere, and others leave the range of numbers.
Formula with_plain_constants(Formula const& formula, std::vector<Formula>& functions) {
  if (!uses(formula, [](std::string const&) { return true; })) return formula;
  if (!is_arithmetic(formula)) {
    auto const found = std::find(functions.begin(), functions.end(), formula);
    auto const index = found - functions.begin();
    if (found == functions.end()) functions.push_back(formula);
    return name_formula("<function " + std::to_string(index) + ">");
  }
  auto result = formula;
  for (auto& argument : result.arguments) argument = with_plain_constants(argument, functions);
  return result;
}

/// A sequence of numbers that is the same on every machine (SplitMix64).
class Numbers {
 public:
  u64 next() {
    u64 z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double between(double low, double high) {
    return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53;
  }

 private:
  u64 state_ = 20080615;
};

/// How many distinct combinations of `count` among `copies`.
double combinations(double copies, i64 count) {
  double result = 1;
  for (i64 i = 0; i < count; ++i)
    result *= (copies - static_cast<double>(i)) / static_cast<double>(i + 1);
  return result;
}

/// Whether two formulas over the same names agree wherever they are looked at.
bool is_mass_action(Formula const& law, Formula const& constant,
                    std::vector<CountedReactant> const& reactants) {
  constexpr int points = 16;
  constexpr double tolerance = 1e-11;
  Numbers numbers;
  std::set<std::string> names;
  add_names(law, names);
  for (int point = 0; point < points; ++point) {
    std::map<std::string, double> values;
    // Half of the points lie far apart, so that no term is too small to count at all of them.
    bool const is_far = point % 2 != 0;
    for (auto const& name : names)
      values[name] = is_far ? std::pow(10, numbers.between(-12, 12)) : numbers.between(0.5, 2);
    double expected = 1;
    for (auto const& [name, count] : reactants) {
      u64 const range = is_far ? u64{1} << (5 + numbers.next() % 30) : 40;
      double const copies =
          static_cast<double>(count) + static_cast<double>(numbers.next() % range);
      values[name] = copies;
      expected *= combinations(copies, count);
    }
    auto const value = [&](std::string const& name) { return values[name]; };
    expected *= value_of(constant, value);
    double const found = value_of(law, value);
    if (!(std::fabs(found - expected) <= tolerance * std::fabs(expected))) return false;
  }
  return true;
}

class Splitter {
 public:
  explicit Splitter(SignKnowledge const& knowledge) : knowledge_(knowledge) {}

  std::optional<Directions> split(Formula const& law) const {
    if (are_combinations(law)) return Directions{law, std::nullopt};
    auto const& arguments = law.arguments;
    switch (law.kind) {
      case NodeKind::negate: {
        auto inner = split(arguments[0]);
        if (inner) std::swap(inner->forward, inner->reverse);
        return inner;
      }
      case NodeKind::add:
      case NodeKind::subtract: return split_sum(law);
      case NodeKind::multiply: return split_product(law);
      case NodeKind::divide: {
        if (!is_never_negative(arguments[1])) return std::nullopt;
        return each(split(arguments[0]), [&](Formula part) {
          return join(NodeKind::divide, std::move(part), arguments[1]);
        });
      }
      default: break;
    }
    if (is_never_negative(law)) return Directions{law, std::nullopt};
    if (law.kind == NodeKind::number) return Directions{std::nullopt, number_formula(-law.number)};
    return std::nullopt;
  }

  bool is_never_negative(Formula const& formula) const;

 private:
  SignKnowledge const& knowledge_;

  template <class Change>
  static std::optional<Directions> each(std::optional<Directions> directions, Change change) {
    if (!directions) return std::nullopt;
    for (auto* const part : {&directions->forward, &directions->reverse})
      if (*part) *part = change(std::move(**part));
    return directions;
  }

  static std::optional<Formula> sum(std::optional<Formula> a, std::optional<Formula> b) {
    if (!a) return b;
    if (!b) return a;
    return join(NodeKind::add, std::move(*a), std::move(*b));
  }

  std::optional<Directions> split_sum(Formula const& law) const {
    if (is_never_negative(law)) return Directions{law, std::nullopt};
    auto left = split(law.arguments[0]);
    auto right = split(law.arguments[1]);
    if (!left || !right) return std::nullopt;
    if (law.kind == NodeKind::subtract) std::swap(right->forward, right->reverse);
    return Directions{sum(std::move(left->forward), std::move(right->forward)),
                      sum(std::move(left->reverse), std::move(right->reverse))};
  }

  /// One factor has to have a sign: it is never negative, or never positive, such as -1.
  std::optional<Directions> split_product(Formula const& law) const {
    for (usize const i : {usize{0}, usize{1}})
      if (auto const& factor = law.arguments[i]; is_never_negative(factor))
        return times(split(law.arguments[1 - i]), factor, i);
    std::array const parts{split(law.arguments[0]), split(law.arguments[1])};
    for (usize const i : {usize{0}, usize{1}}) {
      auto const& sign = parts[i];
      if (!sign || sign->forward || !sign->reverse) continue;
      auto result = times(parts[1 - i], *sign->reverse, i);
      if (result) std::swap(result->forward, result->reverse);
      return result;
    }
    return std::nullopt;
  }

  /// `factor` stands in front at 0, behind at 1.
  static std::optional<Directions> times(std::optional<Directions> directions,
                                         Formula const& factor, usize place) {
    return each(std::move(directions), [&](Formula part) {
      return place == 0 ? join(NodeKind::multiply, factor, std::move(part))
                        : join(NodeKind::multiply, std::move(part), factor);
    });
  }

  /// Whether a law that has a minus is no difference, but a number of combinations, such as
  /// k*(A*A - A) or k*A/V*(A/V - 1) at V = 1 where a reaction needs two of A.
  bool are_combinations(Formula const& law) const {
    std::set<std::string> names;
    add_names(law, names);
    std::map<std::string, double> values;
    std::vector<CountedReactant> species;
    for (auto const& name : names)
      if (auto const value = knowledge_.constant(name))
        values[name] = *value;
      else
        species.push_back({name, std::max<i64>(1, knowledge_.needed(name))});
    bool const has_several = std::any_of(species.begin(), species.end(),
                                         [](CountedReactant const& one) { return one.count > 1; });
    if (!has_several) return false;
    Numbers numbers;
    std::optional<double> factor;
    constexpr int points = 16;
    constexpr double tolerance = 1e-11;
    for (int point = 0; point < points; ++point) {
      double combined = 1;
      for (auto const& [name, count] : species) {
        double const copies = static_cast<double>(count) + static_cast<double>(numbers.next() % 40);
        values[name] = copies;
        combined *= combinations(copies, count);
      }
      double const found = value_of(law, [&](std::string const& name) { return values.at(name); });
      if (!factor) factor = found / combined;
      if (!(*factor > 0) || !(std::fabs(found - *factor * combined) <= tolerance * found))
        return false;
    }
    return true;
  }

  bool are_never_negative(std::vector<Formula> const& formulas, usize step = 1) const {
    for (usize i = 0; i < formulas.size(); i += step)
      if (!is_never_negative(formulas[i])) return false;
    return true;
  }
};

bool Splitter::is_never_negative(Formula const& formula) const {
  auto const& arguments = formula.arguments;
  switch (formula.kind) {
    case NodeKind::number: return formula.number >= 0;
    case NodeKind::symbol: return knowledge_.is_never_negative(formula.name);
    case NodeKind::negate: return arguments[0].kind == NodeKind::number && arguments[0].number <= 0;
    case NodeKind::subtract:
      // A - 1 of a reaction that needs two of A.
      if (arguments[0].kind != NodeKind::symbol || arguments[1].kind != NodeKind::number)
        return false;
      return arguments[1].number < static_cast<double>(knowledge_.needed(arguments[0].name));
    case NodeKind::add:
    case NodeKind::multiply:
    case NodeKind::divide:
    case NodeKind::minimum: return are_never_negative(arguments);
    case NodeKind::maximum:
      return std::any_of(arguments.begin(), arguments.end(),
                         [&](Formula const& one) { return is_never_negative(one); });
    case NodeKind::power: return is_never_negative(arguments[0]);
    case NodeKind::floor:
    case NodeKind::ceiling: return is_never_negative(arguments[0]);
    case NodeKind::piecewise: return are_never_negative(arguments, 2);
    case NodeKind::logarithm:
    case NodeKind::logarithm10: return false;
    default: return true;  // exp, sqrt, abs, hill, and what is 0 or 1
  }
}

}  // namespace

std::optional<Formula> mass_action_constant(
    Formula const& law, std::vector<CountedReactant> const& reactants,
    std::function<bool(std::string const&)> const& is_constant) {
  auto const varies = [&](std::string const& name) { return !is_constant(name); };
  if (!is_polynomial(law, varies)) return std::nullopt;
  auto const constant = simplified(replaced(law, [&](std::string const& name) {
    for (auto const& reactant : reactants)
      if (reactant.name == name) return number_formula(static_cast<double>(reactant.count));
    return name_formula(name);
  }));
  if (uses(constant, varies)) return std::nullopt;  // of something that is no reactant
  std::vector<Formula> functions;
  auto const plain_law = with_plain_constants(law, functions);
  auto const plain_constant = with_plain_constants(constant, functions);
  if (!is_mass_action(plain_law, plain_constant, reactants)) return std::nullopt;
  return constant;
}

bool is_never_negative(Formula const& formula, SignKnowledge const& knowledge) {
  return Splitter(knowledge).is_never_negative(formula);
}

std::optional<Directions> directions_of(Formula const& law, SignKnowledge const& knowledge) {
  auto directions = Splitter(knowledge).split(law);
  if (!directions) return std::nullopt;
  for (auto* const part : {&directions->forward, &directions->reverse})
    if (*part) *part = simplified(**part);
  return directions;
}

}  // namespace cristae
