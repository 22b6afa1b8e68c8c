// host/io/rule_order.hpp - which rules use which: evaluation order, cycles, dependence on species.
#pragma once

#include <optional>
#include <vector>

#include "host/model/network.hpp"

namespace cristae {

struct RuleOrder {
  std::vector<u32> order;                ///< each rule behind those it uses; file order otherwise
  std::vector<std::vector<u32>> cycles;  ///< each rule of a cycle uses the next, the last the first
  /// By rule: a species that it depends on, directly or through other rules, or nothing.
  std::vector<std::optional<SpeciesId>> species;
};

/// Rules without an expression use nothing.
RuleOrder order_rules(std::vector<Rule> const& rules);

}  // namespace cristae
