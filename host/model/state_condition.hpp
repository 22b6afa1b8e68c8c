// host/model/state_condition.hpp - a condition on copy numbers, decided in whole numbers.
//
// Written as a law is: PTo >= 1, or A + 2*B > 50 and C == 0. Comparisons of sums of copy numbers,
// each times a constant, are joined by and, or, not. In the form that is run every comparison is
// sum(factor x) >= least with whole numbers, so that no rounding can decide otherwise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/model/network.hpp"

namespace cristae {

struct StateCondition {
  /// Of whole numbers, the greatest sum of a comparison's factors without their signs: with counts
  /// up to 2^53 it then stays within 64 bits.
  static constexpr i64 most_factors = 512;
  static constexpr usize most_steps = 63;  ///< they are decided in the bits of one word

  enum class Join : u8 { at_least, all, any };
  /// One copy number of a sum.
  struct Part {
    u32 species = 0;
    i64 factor = 1;
    bool operator==(Part const&) const = default;
  };
  /// at_least: whether the sum of parts [begin, end) is at least `least`. all, any: of the two
  /// results before, which it replaces.
  struct Step {
    Join join = Join::at_least;
    u32 begin = 0, end = 0;
    i64 least = 0;
    bool operator==(Step const&) const = default;
  };

  std::string text;       ///< as written, without blanks around it
  Expression expression;  ///< with observables put in: over species, parameters and rules
  std::vector<Part> parts;
  std::vector<Step> steps;  ///< the last result is the condition's; empty: there is none

  bool empty() const { return steps.empty(); }
  /// The largest sum of a comparison's factors without their signs.
  i64 largest_factors() const;
  bool holds(std::vector<i64> const& counts) const;
};

/// Reads a condition; names are those of laws, and then observables. `parameters` are values by
/// index. Throws Error(usage) with all findings: what is no law, is not linear in copy numbers,
/// cannot be brought to whole numbers, or holds no copy number at all.
StateCondition parse_condition(Network const& network, std::string const& text,
                               std::vector<double> const& parameters);

/// What a part of an expression is as a condition: as StateCondition has it, or the same in every state.
struct WholeForm {
  std::optional<bool> fixed;
  std::vector<StateCondition::Part> parts;
  std::vector<StateCondition::Step> steps;
};

/// Nothing where the part has no form in whole numbers. `parameters` are values by index.
std::optional<WholeForm> whole_form(Network const& network, Expression const& expression, u32 node,
                                    std::vector<double> const& parameters);

/// The one that holds where either does; `a` may be empty.
StateCondition either(StateCondition const& a, StateCondition const& b);

}  // namespace cristae
