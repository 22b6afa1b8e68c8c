// tests/core/math_test.cpp - errors of the float32 functions against double, as math.hpp states them.
#include "host/core/math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace cristae::core {
namespace {

using S = ScalarLane;

/// Distance in units of the last place of the float nearest to `exact`.
double ulps(float got, double exact) {
  float const nearest = float(exact);
  double const ulp = std::nextafter(std::fabs(nearest), INFINITY) - std::fabs(nearest);
  return std::fabs(double(got) - exact) / ulp;
}

TEST(Math, UnitExponentialIsWithin3UlpOverEvery97thWord) {
  double worst = 0;
  for (u64 word = 0; word <= 0xffffffffull; word += 97) {
    double const u = (double(word) + 0.5) * 0x1p-32;
    worst = std::max(worst, ulps(unit_exponential<S>(u32(word)), -std::log(u)));
  }
  EXPECT_LT(worst, 3.0);
}

TEST(Math, UnitExponentialKeepsItsRelativeErrorAtTheShortestWaitingTimes) {
  for (u32 k = 0; k < 1000; ++k) {
    double const rest = (double(k) + 0.5) * 0x1p-32;
    EXPECT_LT(ulps(unit_exponential<S>(0xffffffffu - k), -std::log1p(-rest)), 2.0);
  }
  EXPECT_FLOAT_EQ(unit_exponential<S>(0), 22.8738569f);
  EXPECT_GT(unit_exponential<S>(0xffffffffu), 0.0f);
}

TEST(Math, UnitExponentialHasMeanOneAndVarianceOne) {
  double sum = 0, squares = 0, n = 0;
  for (u64 word = 0; word <= 0xffffffffull; word += 127) {
    double const e = unit_exponential<S>(u32(word));
    sum += e;
    squares += e * e;
    n += 1;
  }
  // A stratified sample of 3.4e7 words: errors far below those of random ones.
  EXPECT_NEAR(sum / n, 1.0, 2e-6);
  EXPECT_NEAR(squares / n, 2.0, 2e-5);
}

TEST(Math, LogIsWithin2UlpFromTheSmallestToTheLargestFloat) {
  double worst = 0;
  for (u32 bits = 1; bits < 0x7f800000u; bits += 9973) {
    float const x = bit_cast<float>(bits);
    worst = std::max(worst, ulps(core::log<S>(x), std::log(double(x))));
  }
  EXPECT_LT(worst, 2.0);
}

TEST(Math, LogOfZeroInfinityAndNegativeNumbers) {
  EXPECT_EQ(core::log<S>(0.0f), -INFINITY);
  EXPECT_EQ(core::log<S>(INFINITY), INFINITY);
  EXPECT_EQ(core::log<S>(1.0f), 0.0f);
  EXPECT_TRUE(std::isnan(core::log<S>(-1.0f)));
  EXPECT_TRUE(std::isnan(core::log<S>(NAN)));
}

TEST(Math, ExpIsWithin2UlpWhereTheResultIsNormal) {
  double worst = 0;
  for (double x = -87.3; x < 88.7; x += 1e-4)
    worst = std::max(worst, ulps(core::exp<S>(float(x)), std::exp(double(float(x)))));
  EXPECT_LT(worst, 2.0);
}

TEST(Math, ExpUnderflowsToZeroOverflowsToInfinityAndKeepsNan) {
  EXPECT_EQ(core::exp<S>(-1000.0f), 0.0f);
  EXPECT_EQ(core::exp<S>(-INFINITY), 0.0f);
  EXPECT_EQ(core::exp<S>(1000.0f), INFINITY);
  EXPECT_EQ(core::exp<S>(0.0f), 1.0f);
  EXPECT_TRUE(std::isnan(core::exp<S>(NAN)));
}

TEST(Math, PowerRealIsWithin2UlpForTheExponentsOfRateLaws) {
  std::mt19937_64 generator(1);
  std::uniform_real_distribution<double> log_base(-18, 18), exponent(-8, 8);
  double worst = 0;
  for (int i = 0; i < 2000000; ++i) {
    float const x = float(std::exp(log_base(generator))), y = float(exponent(generator));
    double const exact = std::pow(double(x), double(y));
    if (exact < 0x1p-126 || exact > 0x1p127) continue;
    worst = std::max(worst, ulps(power_real<S>(x, y), exact));
  }
  EXPECT_LT(worst, 2.0);
}

TEST(Math, PowersBeyondTheRangeAreZeroOrInfinityHoweverLargeTheExponent) {
  for (float y : {3.3e8f, 1e12f, 1e15f, 1e30f, 3e38f}) {
    EXPECT_EQ(power(0.7f, y), 0.0f) << y;
    EXPECT_EQ(power(0.5f, y), 0.0f) << y;
    EXPECT_EQ(power(1.5f, y), INFINITY) << y;
    EXPECT_EQ(power(1.5f, -y), 0.0f) << y;
  }
}

TEST(Math, PowerTakesWholeExponentsByMultiplication) {
  EXPECT_EQ(power(3.0f, 4.0f), 81.0f);
  EXPECT_EQ(power(-3.0f, 3.0f), -27.0f);
  EXPECT_EQ(power(2.0f, -2.0f), 0.25f);
  EXPECT_EQ(power(7.0f, 0.0f), 1.0f);
  EXPECT_EQ(power(0.0f, 2.5f), 0.0f);
  EXPECT_EQ(power(0.0f, -2.5f), INFINITY);
  EXPECT_TRUE(std::isnan(power(-1.0f, 0.5f)));
  EXPECT_TRUE(is_whole_exponent(64.0f));
  EXPECT_FALSE(is_whole_exponent(65.0f));
  EXPECT_FALSE(is_whole_exponent(2.5f));
}

TEST(Math, FloorAndCeilingAgreeWithTheStandardLibrary) {
  for (float x : {0.0f, 0.5f, -0.5f, 1.0f, -1.0f, 8388607.5f, -8388607.5f, 8388608.0f, 1e30f,
                  2.9999998f, -2.9999998f}) {
    EXPECT_EQ(core::floor<S>(x), std::floor(x)) << x;
    EXPECT_EQ(core::ceiling<S>(x), std::ceil(x)) << x;
  }
}

}  // namespace
}  // namespace cristae::core
