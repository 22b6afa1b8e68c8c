// host/io/rate_forms.hpp - what a rate law as written amounts to: mass action, or two directions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/base/types.hpp"
#include "host/io/formula.hpp"

namespace cristae {

/// One kind of reactant, by the name of its copy number in formulas.
struct CountedReactant {
  std::string name;
  i64 count = 1;
};

/// k, where the law is k times the number of distinct combinations of the reactants for all copy
/// numbers, however it is spelt; `is_constant` says which names do not vary with the state.
/// Decided as an identity of polynomials: at random points, of laws that are nothing else.
std::optional<Formula> mass_action_constant(
    Formula const& law, std::vector<CountedReactant> const& reactants,
    std::function<bool(std::string const&)> const& is_constant);

/// A law as the difference of two that are never negative; nothing where a direction has none.
struct Directions {
  std::optional<Formula> forward, reverse;
};

struct SignKnowledge {
  std::function<bool(std::string const&)> is_never_negative;
  /// How many copies of it a reaction that happens must find: k * A * (A - 1) is not a difference.
  std::function<i64(std::string const&)> needed;
  /// The value of what does not vary with the state; nothing for all else.
  std::function<std::optional<double>(std::string const&)> constant;
};

/// Whether the form of a formula alone tells it.
bool is_never_negative(Formula const& formula, SignKnowledge const& knowledge);

/// Nothing where the law cannot be taken apart.
std::optional<Directions> directions_of(Formula const& law, SignKnowledge const& knowledge);

}  // namespace cristae
