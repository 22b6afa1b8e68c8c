// host/engine/interval.hpp - ranges of float32 values, to prove signs and vanishing of laws.
//
// End points are computed with the operations of the laws themselves; rounding is monotone, so the
// range holds for the rounded values, not only for the real ones. For exp, log and real powers,
// which are not exactly monotone, ranges are widened beyond their stated error.
#pragma once

#include "host/base/types.hpp"

namespace cristae {

struct Interval {
  float low = 0;
  float high = 0;
  bool maybe_nan = false;

  bool contains_zero() const { return low <= 0 && high >= 0; }
  bool is_zero() const { return low == 0 && high == 0 && !maybe_nan; }
};

namespace interval {

Interval anything();
Interval add(Interval a, Interval b);
Interval subtract(Interval a, Interval b);
Interval multiply(Interval a, Interval b);
Interval divide(Interval a, Interval b);
Interval power(Interval base, Interval exponent);
Interval saturate(Interval a);
Interval minimum(Interval a, Interval b);
Interval maximum(Interval a, Interval b);
Interval exponential(Interval a);
Interval logarithm(Interval a);
Interval square_root(Interval a);
Interval absolute(Interval a);
Interval floor(Interval a);
Interval ceiling(Interval a);
Interval less(Interval a, Interval b);
Interval less_equal(Interval a, Interval b);
Interval choose(Interval condition, Interval yes, Interval no);
/// 0 or 1, whatever the arguments.
Interval truth();

}  // namespace interval
}  // namespace cristae
