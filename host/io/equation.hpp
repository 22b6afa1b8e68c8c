// host/io/equation.hpp - reaction equations as people write them: "A + 2 B -> C".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/base/types.hpp"
#include "host/model/law_parser.hpp"

namespace cristae {

struct EquationTerm {
  std::string species;
  i64 count = 1;
  Span span;  ///< of the species' name
};

struct ParsedEquation {
  std::vector<EquationTerm> reactants;  ///< as written: a species may stand there twice
  std::vector<EquationTerm> products;
  std::vector<LawProblem> problems;  ///< all that could be found in one pass
};

inline constexpr i64 max_stoichiometry = 100;

/// "A + 2 B -> C", "2A -> B", "0 -> X" and "-> X" (from nothing), "X -> 0" and "X ->" (to nothing).
ParsedEquation parse_equation(std::string_view text);

}  // namespace cristae
