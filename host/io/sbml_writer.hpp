// host/io/sbml_writer.hpp - networks as SBML Level 3 Version 2 Core (docs/sbml.md).
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "host/model/network.hpp"

namespace cristae {

/// Writes the network, under a condition if that is not null: amounts in items, kinetic laws that
/// are the propensities, 0 while reactants are missing. Returns what SBML has no place for.
/// `write` is handed the text in pieces. Needs no libSBML.
std::vector<Diagnostic> write_sbml(Network const& network, Condition const* condition,
                                   std::function<void(std::string_view)> const& write);

}  // namespace cristae
