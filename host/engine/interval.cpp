// host/engine/interval.cpp - interval arithmetic in float32.
#include "host/engine/interval.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "host/core/math.hpp"

namespace cristae::interval {
namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

/// The hull of end points; NaN among them means that a NaN can arise inside.
Interval hull(std::initializer_list<float> points, bool maybe_nan) {
  Interval r{infinite, -infinite, maybe_nan};
  for (float p : points) {
    if (std::isnan(p)) return {-infinite, infinite, true};
    r.low = std::min(r.low, p);
    r.high = std::max(r.high, p);
  }
  return r;
}

}  // namespace

Interval anything() { return {-infinite, infinite, true}; }
Interval truth() { return {0, 1, false}; }

Interval add(Interval a, Interval b) {
  // inf - inf can arise across, not only at matching end points.
  bool const clash =
      (a.high == infinite && b.low == -infinite) || (a.low == -infinite && b.high == infinite);
  return hull({a.low + b.low, a.high + b.high}, a.maybe_nan || b.maybe_nan || clash);
}

Interval subtract(Interval a, Interval b) { return add(a, {-b.high, -b.low, b.maybe_nan}); }

Interval multiply(Interval a, Interval b) {
  bool const infinite_a = std::isinf(a.low) || std::isinf(a.high);
  bool const infinite_b = std::isinf(b.low) || std::isinf(b.high);
  if ((infinite_a && b.contains_zero()) || (infinite_b && a.contains_zero())) return anything();
  return hull({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high},
              a.maybe_nan || b.maybe_nan);
}

Interval divide(Interval a, Interval b) {
  bool const nan = a.maybe_nan || b.maybe_nan;
  if (!b.contains_zero())
    return hull({a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high}, nan);
  // Even b >= 0 may be -0 (x (x - 1) at 0), and a / -0 is -inf.
  return anything();
}

Interval power(Interval base, Interval exponent) {
  bool const nan = base.maybe_nan || exponent.maybe_nan;
  if (exponent.low != exponent.high)
    return base.low >= 0 ? Interval{0, infinite, true} : anything();
  float const y = exponent.low;
  auto at = [y](float x) { return core::power(x, y); };
  bool const whole = core::is_whole_exponent(y);
  if (base.low >= 0) {
    if (y < 0 && base.low == 0) return anything();  // (-0)^-1 is -inf
    float const slack = whole ? 0.0f : 1e-5f;
    float const first = at(base.low), second = at(base.high);
    return {std::min(first, second) * (1 - slack), std::max(first, second) * (1 + slack), nan};
  }
  if (!whole) return anything();
  if (y > 0 && (int(y) & 1) == 0) return {0, std::max(at(base.low), at(base.high)), nan};
  if (y > 0) return {at(base.low), at(base.high), nan};
  return anything();
}

Interval saturate(Interval a) {
  if (a.low < 0) return anything();
  // Not quite monotone in float32: two roundings.
  float const low = a.low / (1 + a.low) * (1 - 0x1p-21f);
  if (std::isinf(a.high)) return {low, 1, true};
  return {low, std::min(1.0f, a.high / (1 + a.high) * (1 + 0x1p-21f)), a.maybe_nan};
}

Interval minimum(Interval a, Interval b) {
  return {std::min(a.low, b.low), std::min(a.high, b.high), a.maybe_nan || b.maybe_nan};
}

Interval maximum(Interval a, Interval b) {
  return {std::max(a.low, b.low), std::max(a.high, b.high), a.maybe_nan || b.maybe_nan};
}

Interval exponential(Interval a) {
  auto at = [](float x) { return core::exp<core::ScalarLane>(x); };
  return {at(a.low) * (1 - 1e-6f), at(a.high) * (1 + 1e-6f), a.maybe_nan};
}

Interval logarithm(Interval a) {
  auto at = [](float x) { return core::log<core::ScalarLane>(x); };
  if (a.low < 0) return anything();
  return {at(a.low) - 1e-5f, at(a.high) + 1e-5f, a.maybe_nan};
}

Interval square_root(Interval a) {
  if (a.low < 0) return anything();
  return {std::sqrt(a.low), std::sqrt(a.high), a.maybe_nan};
}

Interval absolute(Interval a) {
  float const low = a.contains_zero() ? 0 : std::min(std::fabs(a.low), std::fabs(a.high));
  return {low, std::max(std::fabs(a.low), std::fabs(a.high)), a.maybe_nan};
}

Interval floor(Interval a) { return {std::floor(a.low), std::floor(a.high), a.maybe_nan}; }
Interval ceiling(Interval a) { return {std::ceil(a.low), std::ceil(a.high), a.maybe_nan}; }

Interval less(Interval a, Interval b) {
  if (a.maybe_nan || b.maybe_nan) return truth();
  if (a.high < b.low) return {1, 1, false};
  if (a.low >= b.high) return {0, 0, false};
  return truth();
}

Interval less_equal(Interval a, Interval b) {
  if (a.maybe_nan || b.maybe_nan) return truth();
  if (a.high <= b.low) return {1, 1, false};
  if (a.low > b.high) return {0, 0, false};
  return truth();
}

Interval choose(Interval condition, Interval yes, Interval no) {
  if (condition.is_zero()) return no;
  if (!condition.contains_zero() && !condition.maybe_nan) return yes;
  return {std::min(yes.low, no.low), std::max(yes.high, no.high), yes.maybe_nan || no.maybe_nan};
}

}  // namespace cristae::interval
