// host/engine/constant_ranges.cpp - intervals through the expressions of constants.
//
// Constants are computed in double and rounded once; here in float32 at every step, so every step is
// widened by more than the rounding of all.
#include "host/engine/constant_ranges.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/engine/event_program.hpp"

namespace cristae {
namespace {

constexpr float slack = 1e-5f;

/// Zeros stay: the sign of a product or a quotient is exact.
Interval widened(Interval r) {
  r.low -= slack * std::fabs(r.low);
  r.high += slack * std::fabs(r.high);
  return r;
}

/// Of a sum, whose terms can cancel.
Interval widened(Interval r, Interval a, Interval b) {
  float const largest =
      std::max({std::fabs(a.low), std::fabs(a.high), std::fabs(b.low), std::fabs(b.high)});
  bool const is_exact = r.low >= 0 && a.low >= 0 && b.low >= 0;  // of what is not negative
  if (!is_exact) r.low -= slack * largest;
  r.high += slack * largest;
  return widened(r);
}

Interval range_of(double low, double high) {
  return widened({static_cast<float>(low), static_cast<float>(high), false});
}

/// Ranges of all parameters.
std::vector<Interval> parameter_ranges(Experiment const& e) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  usize const n = e.network->parameters.size();
  std::vector<double> low(n, infinite), high(n, -infinite);
  auto const take = [&](usize i, double value) {
    low[i] = std::min(low[i], value);
    high[i] = std::max(high[i], value);
  };
  for (auto const& segment : e.segments)
    for (usize i = 0; i < n; ++i) take(i, segment.parameters[i]);
  for (usize k = 0; k < e.sets.parameters.size(); ++k) {
    auto const i = static_cast<u32>(e.sets.parameters[k]);
    low[i] = infinite;
    high[i] = -infinite;
    for (auto const& values : e.sets.values) take(i, values[k]);
  }
  for (auto const& quantity : e.cells.quantities) {
    auto const [smallest, largest] = quantity.factor.range();
    for (auto const id : quantity.parameters) {
      auto const i = static_cast<u32>(id);
      auto const& parameter = e.network->parameters[i];
      double const ends[] = {low[i] * smallest, low[i] * largest, high[i] * smallest,
                             high[i] * largest};
      low[i] = std::max(*std::min_element(ends, ends + 4), std::min(low[i], parameter.lower));
      high[i] = std::min(*std::max_element(ends, ends + 4), std::max(high[i], parameter.upper));
    }
  }
  auto const of_events = parameters_of_events(*e.network);
  for (usize i = 0; i < n; ++i) {
    if (!of_events[i]) continue;
    low[i] = std::min(low[i], e.network->parameters[i].lower);
    high[i] = std::max(high[i], e.network->parameters[i].upper);
  }
  std::vector<Interval> ranges;
  for (usize i = 0; i < n; ++i) ranges.push_back(range_of(low[i], high[i]));
  return ranges;
}

}  // namespace

std::vector<Interval> constant_ranges(LawGraph const& graph, Experiment const& experiment) {
  auto const parameters = parameter_ranges(experiment);
  std::vector<Interval> ranges;
  for (auto const& n : graph.constants) {
    auto const a = [&](usize k) { return ranges[n.arguments[k]]; };
    Interval r;
    switch (n.kind) {
      case NodeKind::number: r = range_of(n.number, n.number); break;
      case NodeKind::symbol: r = parameters[n.parameter]; break;
      case NodeKind::negate: r = {-a(0).high, -a(0).low, a(0).maybe_nan}; break;
      case NodeKind::add: r = widened(interval::add(a(0), a(1)), a(0), a(1)); break;
      case NodeKind::subtract: {
        Interval const other{-a(1).high, -a(1).low, a(1).maybe_nan};
        r = widened(interval::subtract(a(0), a(1)), a(0), other);
        break;
      }
      case NodeKind::multiply: r = widened(interval::multiply(a(0), a(1))); break;
      case NodeKind::divide: r = widened(interval::divide(a(0), a(1))); break;
      case NodeKind::power: r = widened(interval::power(a(0), a(1))); break;
      case NodeKind::minimum: r = interval::minimum(a(0), a(1)); break;
      case NodeKind::maximum: r = interval::maximum(a(0), a(1)); break;
      case NodeKind::exponential: r = widened(interval::exponential(a(0))); break;
      case NodeKind::square_root: r = widened(interval::square_root(a(0))); break;
      case NodeKind::absolute: r = interval::absolute(a(0)); break;
      case NodeKind::less:
      case NodeKind::less_equal:
      case NodeKind::greater:
      case NodeKind::greater_equal:
      case NodeKind::equal:
      case NodeKind::not_equal:
      case NodeKind::logical_and:
      case NodeKind::logical_or:
      case NodeKind::logical_not: r = interval::truth(); break;
      default: r = interval::anything(); break;
    }
    ranges.push_back(r);
  }
  return ranges;
}

}  // namespace cristae
