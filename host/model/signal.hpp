// host/model/signal.hpp - what rows of a signal must be, wherever they come from.
#pragma once

#include <optional>
#include <string>

#include "host/model/network.hpp"

namespace cristae {

struct SignalProblem {
  std::string problem, reason, fix;
};

/// Of a row's time; `last` is that of the row before, null for the first.
std::optional<SignalProblem> time_problem(double time, double const* last);
/// Of a row's value.
std::optional<SignalProblem> value_problem(Parameter const& parameter, double value);
SignalProblem no_rows();

}  // namespace cristae
