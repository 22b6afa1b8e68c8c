// tests/core/clock_test.cpp - the two-float clock: nothing is lost, time never stalls.
#include "host/core/clock.hpp"

#include <gtest/gtest.h>

#include "host/core/hash.hpp"
#include "host/core/math.hpp"

namespace cristae::core {
namespace {

using S = ScalarLane;

TEST(Clock, KeepsTheMeanWaitingTimeOver1e8EventsWithinOneInterval) {
  // Waiting times of 1e-9 of the interval: far below the last place of a float32 clock, which would
  // never advance.
  TimeLeft<S> left{1.0f, 0.0f};
  double expected = 0;
  constexpr int events = 100000000;
  for (int i = 0; i < events; ++i) {
    float const waiting = unit_exponential<S>(u32(mix(u64(i)))) * 1e-9f;
    left = subtract<S>(left, waiting);
    expected += double(waiting);
  }
  double const passed = 1.0 - (double(left.high) + double(left.low));
  EXPECT_NEAR(expected, 0.1, 1e-4);
  EXPECT_NEAR(passed / expected, 1.0, 1e-7);
}

TEST(Clock, SubtractionIsExactWhereTwoFloatsCanHoldTheResult) {
  TimeLeft<S> const left = subtract<S>({1.0f, 0x1p-30f}, 0x1p-26f);
  EXPECT_EQ(double(left.high) + double(left.low), 1.0 + 0x1p-30 - 0x1p-26);
}

TEST(Clock, HighIsTheRoundedSumAfterEveryStep) {
  TimeLeft<S> left{60.0f, 0.0f};
  for (u32 i = 0; left.high > 1e-3f; ++i) {
    float const waiting = unit_exponential<S>(u32(mix(i))) * 1e-3f;
    if (!(waiting < left.high)) break;
    left = subtract<S>(left, waiting);
    ASSERT_EQ(left.high, left.high + left.low);
  }
}

TEST(Clock, ExtensionKeepsWhatWasLeft) {
  TimeLeft<S> const left = extend({1e-6f, 1e-14f}, {5.0f, 1e-8f});
  EXPECT_NEAR(double(left.high) + double(left.low),
              double(1e-6f) + double(1e-14f) + 5.0 + double(1e-8f), 1e-14);
  EXPECT_EQ(left.high, left.high + left.low);
}

}  // namespace
}  // namespace cristae::core
