// host/io/bngl_net_reader.hpp - networks that BioNetGen generated (.net) to networks (docs/sbml.md).
#pragma once

#include <string>
#include <string_view>

#include "host/model/network.hpp"

namespace cristae {

/// Reads and checks a text; `file` names it in diagnostics. Statistical factors are in the rates
/// already, so that a propensity is the rate times the reactants, one by one.
/// Throws Error(model) with all findings.
Network read_bngl_net_text(std::string_view text, std::string const& file);

}  // namespace cristae
