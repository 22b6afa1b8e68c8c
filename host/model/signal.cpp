// host/model/signal.cpp - finite, increasing, within bounds.
#include "host/model/signal.hpp"

#include <fmt/format.h>

#include <cmath>

namespace cristae {

std::optional<SignalProblem> time_problem(double time, double const* last) {
  if (!std::isfinite(time))
    return SignalProblem{fmt::format("the time is {}", time), "", "Give a finite number"};
  if (last == nullptr || std::isnan(*last) || time > *last) return std::nullopt;
  return SignalProblem{fmt::format("time {} does not follow time {}", time, *last),
                       "the times of a signal must increase",
                       "Sort the rows, and keep one of each time"};
}

std::optional<SignalProblem> value_problem(Parameter const& parameter, double value) {
  if (!std::isfinite(value))
    return SignalProblem{fmt::format("the value is {}", value),
                         "only finite numbers can be computed with", "Give a finite number"};
  if (value >= parameter.lower && value <= parameter.upper) return std::nullopt;
  return SignalProblem{fmt::format("{} of parameter '{}' is outside its bounds [{}, {}]", value,
                                   parameter.id, parameter.lower, parameter.upper),
                       "the laws have no meaning there", "Correct the value or the bounds"};
}

SignalProblem no_rows() {
  return {"there are no rows", "a parameter needs a value", "Give rows of time,value"};
}

}  // namespace cristae
