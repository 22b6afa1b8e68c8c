// host/io/antimony_reader.hpp - a part of the language Antimony (.ant) to networks (docs/sbml.md).
#pragma once

#include <string>
#include <string_view>

#include "host/model/network.hpp"

namespace cristae {

/// Reads and checks a text; `file` names it in diagnostics: one model of compartments, species,
/// reactions, values, rules and events. Everything else is refused by name.
/// Throws Error(model) with all findings.
Network read_antimony_text(std::string_view text, std::string const& file);

}  // namespace cristae
