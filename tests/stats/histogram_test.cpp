// tests/stats/histogram_test.cpp - bins depend on the values alone; order statistics and their bound.
#include "host/stats/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace cristae {
namespace {

Histogram of(std::vector<i64> const& values) {
  Histogram histogram;
  for (i64 const x : values) {
    histogram.cover(x, x);
    histogram.add(x);
  }
  return histogram;
}

void expect_same(Histogram const& a, Histogram const& b) {
  EXPECT_EQ(a.shift(), b.shift());
  EXPECT_EQ(a.first(), b.first());
  EXPECT_EQ(a.counts(), b.counts());
}

TEST(Histogram, HasUnitBinsAsLongAsTheyFit) {
  auto const fits = of({-500, 523});
  EXPECT_EQ(fits.shift(), 0u);
  EXPECT_EQ(fits.first(), -500);
  EXPECT_EQ(fits.counts().size(), Histogram::most_bins);
  auto const wider = of({-500, 524});
  EXPECT_EQ(wider.shift(), 1u);
  EXPECT_EQ(wider.first(), -250);
  EXPECT_EQ(wider.counts().front(), 1u);
  EXPECT_EQ(wider.counts().back(), 1u);
}

TEST(Histogram, BinsNegativeValuesByTheFloor) {
  auto const histogram = of({-3, -2, -1, 0, 1, 5000});
  EXPECT_EQ(histogram.shift(), 3u);
  EXPECT_EQ(histogram.first(), -1);  // [-8, 0)
  EXPECT_EQ(histogram.counts()[0], 3u);
  EXPECT_EQ(histogram.counts()[1], 2u);
}

TEST(Histogram, CountsManyValuesAsItDoesEach) {
  for (i64 const spread : {i64{3}, i64{900}, i64{70000}}) {  // the last in wide bins
    std::vector<double> values;
    std::vector<i64> every_third;
    for (i64 i = 0; i < 600; ++i) {
      i64 const x = i * i % spread - spread / 2;
      values.push_back(static_cast<double>(x));
      if (i % 3 == 1) every_third.push_back(x);
    }
    auto const [low, high] = std::minmax_element(every_third.begin(), every_third.end());
    Histogram many;
    many.cover(*low, *high);
    many.add(values.data() + 1, 3, every_third.size());
    expect_same(many, of(every_third));
  }
}

TEST(Histogram, DoesNotDependOnOrderOrOnHowTheValuesWereSplit) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    i64 const centre = static_cast<i64>(random() % 2000) - 1000;
    u64 const spread = u64{1} << (random() % 40);
    std::vector<i64> values(1 + random() % 300);
    for (auto& x : values) x = centre + static_cast<i64>(random() % spread);
    if (round % 3 == 0) values.push_back(i64{1} << 52);  // one far outlier
    auto const all = of(values);
    std::shuffle(values.begin(), values.end(), random);
    expect_same(of(values), all);
    auto const cut = values.begin() + static_cast<std::ptrdiff_t>(random() % values.size());
    Histogram left = of({values.begin(), cut}), right = of({cut, values.end()});
    Histogram merged = left;
    merged.merge(right);
    expect_same(merged, all);
    right.merge(left);
    expect_same(right, all);
    EXPECT_EQ(std::accumulate(all.counts().begin(), all.counts().end(), u64{0}), values.size());
    EXPECT_LE(all.counts().size(), Histogram::most_bins);
    EXPECT_GT(all.counts().front(), 0u);
    EXPECT_GT(all.counts().back(), 0u);
    if (all.shift() > 0) {
      EXPECT_GT(all.counts().size(), Histogram::most_bins / 2);
    }
  }
}

TEST(OrderStatistics, AreExactInUnitBinsAndWithinABinElsewhere) {
  std::mt19937_64 random(12);
  for (u64 const spread : {1u, 50u, 1000u, 30000u, 5000000u}) {
    std::vector<i64> values(999);
    for (auto& x : values) x = static_cast<i64>(random() % spread) - 20;
    auto const histogram = of(values);
    std::sort(values.begin(), values.end());
    std::vector<u64> ranks(values.size());
    std::iota(ranks.begin(), ranks.end(), u64{0});
    std::vector<double> found(ranks.size());
    order_statistics(histogram, ranks, found);
    double const width = static_cast<double>(u64{1} << histogram.shift());
    for (usize i = 0; i < ranks.size(); ++i) {
      if (histogram.shift() == 0)
        EXPECT_EQ(found[i], static_cast<double>(values[i]));
      else
        EXPECT_LT(std::abs(found[i] - static_cast<double>(values[i])), width);
    }
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
  }
}

}  // namespace
}  // namespace cristae
