// host/ode/switches.hpp - where laws jump: comparisons, floor and ceil of copy numbers, as values of
// their own that stay while the solution does not cross their bounds.
#pragma once

#include <vector>

#include "host/model/network.hpp"

namespace cristae {

struct Switch {
  enum class Kind : u8 { comparison, floor, ceiling };
  Kind kind = Kind::comparison;
  bool is_above_at = false;  ///< at equality a comparison has the value that it has above
  /// Of comparisons, which jump where the two are equal; floor and ceil have `left` alone, and jump
  /// where it is whole. They read the values of switches before this one.
  Expression left, right;
};

struct SwitchedLaws {
  std::vector<Switch> switches;
  /// In these, two parameters behind the network's stand for each switch: of comparisons 1 and 0 where
  /// `left` is above `right`, 0 and 1 where it is below; of the others their value, and nothing.
  std::vector<Expression> rules, rates;
  std::vector<std::vector<u32>>
      of_rate;  ///< by reaction: its switches, also those of rules it reads
};

/// `needed`, by reaction: species where none of which is there the rate is 0 whatever its law says.
SwitchedLaws switched_laws(Network const& network, std::vector<std::vector<u32>> const& needed);

}  // namespace cristae
