// host/io/mathml_writer.hpp - expressions as the MathML of SBML Level 3 Version 2.
#pragma once

#include <functional>
#include <string>

#include "host/model/expression.hpp"

namespace cristae {

/// What stands for a name: SBML's id of it. The time needs none.
using MathNamer = std::function<std::string(Symbol)>;

/// `<cn>...</cn>`, which reads back as the same number.
std::string mathml_number(double value);
std::string mathml_name(std::string const& id);
/// `<apply><op/>...</apply>`
std::string mathml_call(std::string const& op, std::string const& arguments);

/// An expression as a number; truth values become 1 and 0. Without `firings`.
std::string mathml(Expression const& expression, MathNamer const& name);
/// An expression as a truth value.
std::string mathml_condition(Expression const& expression, MathNamer const& name);

/// `<math>...</math>` in its namespace.
std::string math_element(std::string const& content);

}  // namespace cristae
