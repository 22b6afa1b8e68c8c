// host/io/sbml_reader.hpp - SBML Levels 2 and 3 to networks, through libSBML (docs/sbml.md).
#pragma once

#include <string>
#include <string_view>

#include "host/model/network.hpp"

namespace cristae {

/// Whether this program was built with libSBML.
bool has_sbml();

/// Whether libSBML's own check of all rules of SBML is made, which takes minutes for large models.
enum class SbmlRules : u8 { of_small_models, always };

/// Reads and checks a model; `file` names it in diagnostics. Whatever cannot be simulated exactly
/// is refused by its element, id and line, never ignored.
/// Throws Error(model) with all findings, or Error(input_output) where libSBML is missing.
Network read_sbml_text(std::string_view text, std::string const& file,
                       SbmlRules rules = SbmlRules::of_small_models);

}  // namespace cristae
