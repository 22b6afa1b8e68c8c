// host/core/clock.hpp - the clock: time left to the next stop, as an unevaluated sum of two floats.
//
// Invariant: high == fl(high + low), so that comparing with `high` alone compares the sum. Each
// event subtracts its waiting time and keeps the rounding error: about 2^-48 of the time left is
// lost per event, so time does not stall before some 1e14 events within one interval.
// Fast2Sum: Dekker 1971, Numer. Math. 18:224. TwoSum: Knuth, TAOCP 2, 4.2.2.
#pragma once

#include "host/core/lane.hpp"

namespace cristae::core {

template <class L>
struct TimeLeft {
  typename L::f32 high;
  typename L::f32 low;
};

/// left - waiting for 0 <= waiting < left.high.
template <class L>
CRISTAE_CORE TimeLeft<L> subtract(TimeLeft<L> left, typename L::f32 waiting) {
  typename L::f32 const difference = L::sub(left.high, waiting);
  typename L::f32 const error = L::sub(L::sub(left.high, difference), waiting);
  typename L::f32 const low = L::add(left.low, error);
  typename L::f32 const high = L::add(difference, low);
  return {high, L::sub(low, L::sub(high, difference))};
}

/// left + interval, at a stop that leaves the pending event in force.
CRISTAE_CORE TimeLeft<ScalarLane> extend(TimeLeft<ScalarLane> left, TimeLeft<ScalarLane> interval) {
  float const sum = left.high + interval.high;
  float const part = sum - left.high;
  float const error = (left.high - (sum - part)) + (interval.high - part);
  float const low = (left.low + interval.low) + error;
  float const high = sum + low;
  return {high, low - (high - sum)};
}

}  // namespace cristae::core
