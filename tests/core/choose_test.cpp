// tests/core/choose_test.cpp - which reaction fires: exact intervals, both ends, never a zero.
#include "host/core/choose.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "host/core/hash.hpp"

namespace cristae::core {
namespace {

u32 choice(std::vector<float> const& a, u64 word) {
  return choose(a.data(), 1, u32(a.size()), u32(word >> 32), u32(word));
}

/// The first 64-bit word for which reaction `j` or a later one fires.
u64 first_word(std::vector<float> const& a, u32 j) {
  u64 low = 0, high = ~u64(0);
  if (choice(a, low) >= j) return 0;
  while (high - low > 1) {
    u64 const middle = low + (high - low) / 2;
    (choice(a, middle) >= j ? high : low) = middle;
  }
  return high;
}

TEST(Choose, FirstAndLastWordsPickTheFirstAndLastReactionThatCanFire) {
  std::vector<float> const a{0, 3, 0, 1e-20f, 2, 0};
  EXPECT_EQ(choice(a, 0), 1u);
  EXPECT_EQ(choice(a, ~u64(0)), 4u);
}

TEST(Choose, AReactionWithPropensityZeroNeverFires) {
  std::mt19937_64 generator(3);
  std::vector<float> const a{0, 1, 0, 0, 2, 0, 1e-30f, 0};
  for (int i = 0; i < 1000000; ++i) ASSERT_GT(a[choice(a, generator())], 0.0f);
  for (u32 j = 1; j < a.size(); ++j) {
    u64 const edge = first_word(a, j);
    ASSERT_GT(a[choice(a, edge)], 0.0f);
    if (edge > 0) {
      ASSERT_GT(a[choice(a, edge - 1)], 0.0f);
    }
  }
}

TEST(Choose, ASingleReactionAlwaysFires) {
  EXPECT_EQ(choice({1e-30f}, 0), 0u);
  EXPECT_EQ(choice({1e-30f}, ~u64(0)), 0u);
}

TEST(Choose, IntervalsHaveTheWidthOfTheirShareOfTheTotal) {
  // Propensities over 13 decades at 1,000 random states of 2 to 60 reactions.
  std::mt19937_64 generator(5);
  std::uniform_real_distribution<double> exponent(-13, 0);
  for (int state = 0; state < 1000; ++state) {
    std::vector<float> a(2 + generator() % 59);
    double total = 0;
    for (float& x : a) {
      x = generator() % 7 == 0 ? 0.0f : float(std::pow(10.0, exponent(generator)));
      total += double(x);
    }
    if (total == 0) continue;
    for (u32 j = 0; j < a.size(); ++j) {
      double const share = double(a[j]) / total;
      u64 const begin = first_word(a, j);
      double const width = j + 1 < a.size() ? double(first_word(a, j + 1) - begin) * 0x1p-64
                                            : (18446744073709551616.0 - double(begin)) * 0x1p-64;
      if (a[j] == 0) {
        ASSERT_LE(width, 0x1p-53);
      } else if (share >= 1e-9) {
        ASSERT_NEAR(width / share, 1.0, 1e-6);
      } else if (share >= 1e-12) {
        ASSERT_NEAR(width / share, 1.0, 1e-3);
      }
    }
  }
}

TEST(Choose, TheFilterNeverDecidesAgainstTheDefinition) {
  // Float32 prefix sums and thresholds as the block computes them, at words next to every boundary,
  // where a wrong bound would show, and at random ones.
  std::mt19937_64 generator(7);
  std::uniform_real_distribution<double> exponent(-7, 7);
  u64 open = 0, decided = 0;
  for (int state = 0; state < 400; ++state) {
    u32 const reactions = 2 + u32(generator() % 200);
    std::vector<float> a(reactions);
    for (float& x : a) x = generator() % 5 == 0 ? 0.0f : float(std::pow(10.0, exponent(generator)));
    a[0] = 1.0f;
    std::vector<float> sums(a), prefix(reactions);
    while (sums.size() > 1) {
      if (sums.size() % 2) sums.push_back(0.0f);
      for (std::size_t i = 0; i < sums.size() / 2; ++i) sums[i] = sums[2 * i] + sums[2 * i + 1];
      sums.resize(sums.size() / 2);
    }
    float running = 0;
    for (u32 j = 0; j < reactions; ++j) prefix[j] = running += a[j];
    FilterBound const bound = filter_bound(reactions);
    auto check = [&](u64 word) {
      auto const t = threshold<ScalarLane>(bound, u32(word >> 32), sums[0]);
      u32 below = 0, above = 0;
      for (float p : prefix) {
        below += p <= t.below();
        above += p <= t.above();
      }
      if (below != above) {
        ++open;
        return;
      }
      ++decided;
      ASSERT_EQ(below, choice(a, word)) << "reactions " << reactions << " word " << word;
    };
    for (int i = 0; i < 200; ++i) check(generator());
    for (u32 j = 1; j < reactions; ++j) {
      u64 const edge = first_word(a, j);
      for (int shift = 4; shift < 50; ++shift) {
        check(edge + (u64(1) << shift));
        check(edge - (u64(1) << shift));
      }
    }
  }
  EXPECT_GT(decided, 100000u);
  EXPECT_GT(open, 100000u);
}

}  // namespace
}  // namespace cristae::core
