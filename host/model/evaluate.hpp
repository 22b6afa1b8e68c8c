// host/model/evaluate.hpp - the value of an expression in double: plain recursion, the textbook
// reading of every node, independent of the core on purpose (it is the oracle of the laws).
#pragma once

#include <span>
#include <vector>

#include "host/base/types.hpp"
#include "host/model/network.hpp"

namespace cristae {

/// What the names of an expression stand for, by index; a part no law refers to may be empty.
struct ExpressionValues {
  std::span<double const> species;  ///< copy numbers
  std::span<double const> parameters;
  std::span<double const> rules;    ///< see evaluate_rules
  std::span<double const> firings;  ///< by reaction
  double time = 0;
};

/// x^n / (K^n + x^n) in the form that cannot overflow; 0 for x <= 0.
double hill(double x, double K, double n);

/// Conditions: every value but 0 is true, comparisons give 1 or 0. `piecewise` takes the value of
/// the first true condition and looks at nothing behind it. min and max are NaN if an argument is.
/// Throws std::logic_error for an unresolved symbol or a value that is not there.
double evaluate(Expression const& expression, ExpressionValues const& values);

/// The values of all rules of a network, by rule index; `values.rules` is not looked at.
std::vector<double> evaluate_rules(Network const& network, ExpressionValues const& values);

/// The same into `rules` (one per rule of the network), without an allocation.
void evaluate_rules(Network const& network, ExpressionValues const& values,
                    std::span<double> rules);

}  // namespace cristae
