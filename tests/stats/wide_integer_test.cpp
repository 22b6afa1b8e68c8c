// tests/stats/wide_integer_test.cpp - 256-bit arithmetic against identities and 128-bit numbers.
#include "host/stats/wide_integer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace cristae {
namespace {

TEST(U256, CarriesAndBorrowsThroughAllLimbs) {
  U256 x(~u128{0});
  x += U256(1);
  EXPECT_EQ(x.limb, (std::array<u64, 4>{0, 0, 1, 0}));
  x -= U256(1);
  EXPECT_EQ(x, U256(~u128{0}));
  U256 zero;
  zero -= U256(1);
  EXPECT_EQ(zero.limb, (std::array<u64, 4>{~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}}));
}

TEST(U256, MultipliesAsTheBinomialFormulaSays) {
  // (2^128 - 1)^2 = 2^256 - 2^129 + 1
  U256 const square = U256(~u128{0}) * U256(~u128{0});
  EXPECT_EQ(square.limb, (std::array<u64, 4>{1, 0, ~u64{0} - 1, ~u64{0}}));
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    u128 const a = random(), b = random(), c = random();
    // (a + c) b = a b + c b
    U256 sum = U256(a) * U256(b);
    sum += U256(c) * U256(b);
    EXPECT_EQ(U256(a + c) * U256(b), sum);
  }
}

TEST(U256, ComparesByTheHighestLimbThatDiffers) {
  U256 low(~u128{0}), high;
  high.limb[2] = 1;
  EXPECT_LT(low, high);
  EXPECT_FALSE(high < low);
  EXPECT_FALSE(low < low);
}

TEST(U256, RoundsToTheNearestDoubleTiesToEven) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 10000; ++i) {
    u128 const x = (static_cast<u128>(random()) << 64 | random()) >> (random() % 128);
    EXPECT_EQ(to_double(U256(x)), static_cast<double>(x));
  }
  u128 const tie = (u128{1} << 100) + (u128{1} << 47);  // halfway: to the even 2^100
  EXPECT_EQ(to_double(U256(tie)), std::ldexp(1.0, 100));
  EXPECT_EQ(to_double(U256(tie + 1)), std::ldexp(1.0, 100) * (1 + 0x1p-52));
  U256 far = U256(tie) * U256(u128{1} << 100);
  EXPECT_EQ(to_double(far), std::ldexp(1.0, 200));
  far += U256(1);  // one bit, 147 places below, decides
  EXPECT_EQ(to_double(far), std::ldexp(1.0, 200) * (1 + 0x1p-52));
  EXPECT_EQ(to_double(U256()), 0);
}

TEST(SignedDouble, KeepsTheSign) {
  EXPECT_EQ(to_double(i128{-3}), -3);
  EXPECT_EQ(to_double(-(i128{1} << 120)), -std::ldexp(1.0, 120));
}

}  // namespace
}  // namespace cristae
