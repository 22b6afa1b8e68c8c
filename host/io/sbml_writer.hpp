// host/io/sbml_writer.hpp - networks as SBML Level 3 Version 2 Core (docs/sbml.md).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/network.hpp"

namespace cristae {

/// Writes the network, under a condition if one is named: amounts in items, kinetic laws that
/// are the propensities, 0 while reactants are missing. Returns what SBML has no place for.
/// `write` is handed the text in pieces. Needs no libSBML. Throws Error(usage) for a condition that
/// is not there.
std::vector<Diagnostic> write_sbml(Network const& network, std::string const& condition,
                                   std::function<void(std::string_view)> const& write);

}  // namespace cristae
