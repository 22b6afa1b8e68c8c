// host/io/sbml_math.hpp - MathML, as libSBML holds it, to formulas. Part of the SBML reader.
#pragma once

#include <sbml/SBMLTypes.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/io/formula.hpp"

LIBSBML_CPP_NAMESPACE_USE  // where it has one

    namespace cristae {
  /// Avogadro's number as SBML defines it, for the csymbol and for amounts in moles.
  inline constexpr double sbml_avogadro = 6.02214179e23;

  /// Names that are read otherwise: arguments of a function, parameters of one kinetic law.
  using MathNames = std::map<std::string, Formula, std::less<>>;

  /// What of a formula cannot be read.
  struct MathProblem {
    std::string problem, reason, fix;
  };

  class SbmlMath {
   public:
    explicit SbmlMath(::Model const& model) : model_(model) {}

    /// Function definitions are put in; the time is `model_time`. Throws MathProblem.
    Formula read(::ASTNode const& math, MathNames const& names) const;

   private:
    ::Model const& model_;
  };

}  // namespace cristae
