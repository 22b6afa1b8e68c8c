// tests/core/double_math_test.cpp - errors of the functions in double, their special cases, their bits.
#include "host/core/double_math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "host/core/hash.hpp"

namespace cristae::core {
namespace {

using M = DoubleMath;

/// Distance in units of the last place of the double nearest to `exact`.
double ulps(double got, long double exact) {
  double const nearest = std::fabs(double(exact));
  if (std::isinf(nearest)) return std::isinf(got) ? 0 : 1e9;
  double const ulp = std::nextafter(nearest, INFINITY) - nearest;
  return double(std::fabs((long double)(got)-exact)) / ulp;
}

struct Worst {
  double exponential = 0, logarithm = 0, logarithm10 = 0, power = 0;
};

Worst worst_of(u32 n) {
  std::mt19937_64 random(11);
  auto const uniform = [&] { return double(random() >> 11) * 0x1p-53; };
  Worst w;
  for (u32 i = 0; i < n; ++i) {
    double const x = (uniform() - 0.5) * (i % 2 == 0 ? 1400 : 4);
    w.exponential = std::max(w.exponential, ulps(M::exponential(x), std::exp((long double)(x))));
    // Of any size, near 1, and small numbers.
    double const y = i % 3 == 0   ? std::exp((uniform() - 0.5) * 1400)
                     : i % 3 == 1 ? 1 + (uniform() - 0.5) * std::exp(-36 * uniform())
                                  : 100 * uniform() + 1e-9;
    w.logarithm = std::max(w.logarithm, ulps(M::logarithm(y), std::log((long double)(y))));
    w.logarithm10 = std::max(w.logarithm10, ulps(M::logarithm10(y), std::log10((long double)(y))));
    double const a = std::exp((uniform() - 0.5) * (i % 2 == 0 ? 20 : 600));
    double const b = (uniform() - 0.5) * (i % 2 == 0 ? 40 : 2);
    w.power = std::max(w.power, ulps(M::power(a, b), std::pow((long double)(a), (long double)(b))));
  }
  return w;
}

TEST(DoubleMath, HasTheErrorsThatItsHeaderStates) {
  if (std::numeric_limits<long double>::digits < 64)
    GTEST_SKIP() << "long double is no longer than double here";
  auto const worst = worst_of(300'000);
  EXPECT_LT(worst.exponential, 0.8);
  EXPECT_LT(worst.logarithm, 0.51);
  EXPECT_LT(worst.logarithm10, 0.51);
  EXPECT_LT(worst.power, 0.8);
}

TEST(DoubleMath, IsExactWhereTheResultIsADouble) {
  for (int base = 2; base < 100; ++base) {
    double product = 1;
    for (int n = 1; product * base < 0x1p53; ++n) {
      product *= base;
      EXPECT_EQ(M::power(base, n), product) << base << "^" << n;
      EXPECT_EQ(M::power(-base, n), n % 2 == 0 ? product : -product);
    }
  }
  for (int n = -22; n <= 22; ++n) EXPECT_EQ(M::logarithm10(std::stod("1e" + std::to_string(n))), n);
  EXPECT_EQ(M::exponential(0), 1);
  EXPECT_EQ(M::power(4, 0.5), 2);
  EXPECT_EQ(M::power(2, -1074), 0x1p-1074);
}

bool is_same(double got, double expected) {
  return std::isnan(expected) ? std::isnan(got)
                              : std::signbit(got) == std::signbit(expected) &&
                                    (got == expected || std::fabs(got / expected - 1) < 4e-16);
}

TEST(DoubleMath, HasTheSpecialCasesOfC) {
  double const inf = std::numeric_limits<double>::infinity();
  double const nan = std::numeric_limits<double>::quiet_NaN();
  double const values[] = {0.0,    -0.0,   1,      -1,    2,      -2,     3,          -3,
                           0.5,    -0.5,   2.5,    -2.5,  inf,    -inf,   nan,        1e308,
                           1e-300, -1e308, 5e-324, 1e300, -1e300, 0x1p53, 0x1p53 + 2, -0x1p52 - 1};
  for (double const a : values) {
    EXPECT_TRUE(is_same(M::exponential(a), std::exp(a))) << a;
    EXPECT_TRUE(is_same(M::logarithm(a), std::log(a))) << a;
    EXPECT_TRUE(is_same(M::logarithm10(a), std::log10(a))) << a;
    for (double const b : values)
      EXPECT_TRUE(is_same(M::power(a, b), std::pow(a, b))) << a << "^" << b;
  }
  EXPECT_EQ(M::hill(0, 3, 2), 0);
  EXPECT_EQ(M::hill(-1, 3, 2), 0);
  EXPECT_EQ(M::hill(3, 3, 2), 0.5);
  EXPECT_EQ(M::hill(1e300, 1e-300, 4), 1);
}

TEST(DoubleMath, HasTheseBitsEverywhere) {
  u64 hash = 0;
  for (u64 i = 0; i < 4096; ++i) {
    double const a = double(mix(i)) * 0x1p-58, b = double(mix(~i)) * 0x1p-61 - 4;
    for (double const x :
         {M::power(a, b), M::exponential(b), M::logarithm(a), M::logarithm10(a), M::hill(a, 30, b)})
      hash = chain(hash, bit_cast<u64>(x));
  }
  EXPECT_EQ(hash, 13410849807962682697ull);
}

}  // namespace
}  // namespace cristae::core
