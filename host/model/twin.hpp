// host/model/twin.hpp - dual reporters: species that a network has twice, under the same upstream.
// Elowitz et al. 2002, Science 297:1183; Swain et al. 2002, PNAS 99:12795; Hilfinger and Paulsson
// 2011, PNAS 108:12167.
#pragma once

#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/model/network.hpp"

namespace cristae {

/// Behind the id of what is there twice.
inline constexpr char const* twin_suffix = "_twin";

/// A network with some of its species duplicated: `X_twin` beside each X of a set.
///
/// Every reaction whose events change a species of the set is there a second time, NAME_twin, with
/// X_twin in the place of every X: in reactants, products, and in what its law reads, be it through
/// rules. Whatever is not of the set is shared. A reaction that only reads a species of the set
/// stays with the original. Twins start from the same counts and take part in the same scheduled
/// additions and variations. An observable that reads nothing but what is there twice (and
/// parameters) gets a twin, too. All that is new stands behind what was there.
struct TwinnedNetwork {
  Network network;
  std::vector<Diagnostic> remarks;  ///< on reactions through which the copies affect each other
};

/// Throws Error(usage) with every finding: no species, an unknown one (with the nearest name), one
/// given twice, a name that the network has already, species that no reaction changes.
TwinnedNetwork with_twins(Network const& network, std::vector<std::string> const& species);

}  // namespace cristae
