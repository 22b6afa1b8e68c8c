// host/ode/switches.hpp - where laws jump: comparisons, floor and ceil of copy numbers, as values of
// their own that stay while the solution does not cross their bounds.
#pragma once

#include <optional>
#include <vector>

#include "host/model/network.hpp"

namespace cristae {

struct Switch {
  enum class Kind : u8 { comparison, floor, ceiling };
  Kind kind = Kind::comparison;
  /// Of comparisons, which jump where the two are equal; floor and ceil have `left` alone, and jump
  /// where it is whole. They may read the values of switches before this one.
  Expression left, right;
  bool reads_switches = false;
  /// Of a comparison with something that no copy number changes: only `left` moves.
  bool has_fixed_right = false;
  /// Of `species > 0`: whether there is anything of it.
  std::optional<u32> presence_of;
};

struct SwitchedLaws {
  std::vector<Switch> switches;
  /// In these, four parameters behind the network's stand for each switch: of comparisons whether
  /// `left` > `right`, <, >= and <=; of the others the value, and nothing.
  std::vector<Expression> rules, rates;
  std::vector<std::vector<u32>>
      of_rate;              ///< by reaction: its switches, also those of rules it reads
  bool has_nested = false;  ///< switches that read others

  static constexpr u32 values = 4;  ///< of each switch
};

/// `needed`, by reaction: species where none of which is there the rate is 0 whatever its law says.
SwitchedLaws switched_laws(Network const& network, std::vector<std::vector<u32>> const& needed);

/// The part of an expression that ends with `node`, without its text.
Expression part(Expression const& expression, u32 node);

/// Whether an expression is 0 wherever there is nothing of a species, as far as its form says.
bool vanishes_with(Network const& network, Expression const& expression, u32 species);

}  // namespace cristae
