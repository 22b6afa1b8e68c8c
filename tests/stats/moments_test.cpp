// tests/stats/moments_test.cpp - exact sums against plain loops, and the statistics against numpy.
#include "host/stats/moments.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace cristae {
namespace {

double const not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Rows of `times` values with gaps between them, as in a block.
struct Rows {
  usize times, stride;
  std::vector<double> values;
  std::vector<u32> reached;

  Rows(usize rows, usize times_of_row)
      : times(times_of_row), stride(times_of_row + 3), values(rows * stride, 12345.0),
        reached(rows, u32(times_of_row)) {}
  double& at(usize row, usize time) { return values[row * stride + time]; }
  std::vector<Moments> moments() const {
    std::vector<Moments> found(times);
    block_moments(values.data(), stride, reached, found);
    return found;
  }
};

Moments plain(Rows& rows, usize time) {
  Moments m;
  for (usize r = 0; r < rows.reached.size(); ++r) {
    if (time >= rows.reached[r]) continue;
    ++m.n;
    double const x = rows.at(r, time);
    if (std::isnan(x)) {
      ++m.undefined;
      continue;
    }
    auto const whole = static_cast<i64>(x);
    m.sum += whole;
    auto const size = static_cast<u128>(whole < 0 ? -static_cast<i128>(whole) : whole);
    m.squares += U256(size) * U256(size);
    m.min = std::min(m.min, whole);
    m.max = std::max(m.max, whole);
  }
  return m;
}

void expect_equal(Moments const& a, Moments const& b) {
  EXPECT_EQ(a.n, b.n);
  EXPECT_EQ(a.undefined, b.undefined);
  EXPECT_TRUE(a.sum == b.sum);
  EXPECT_EQ(a.squares, b.squares);
  EXPECT_EQ(a.min, b.min);
  EXPECT_EQ(a.max, b.max);
}

TEST(BlockMoments, AreExactForSmallLargeMissingAndUndefinedValuesAtAwkwardLengths) {
  std::mt19937_64 random(5);
  for (usize const times : {1u, 63u, 64u, 65u, 130u})
    for (usize const count : {1u, 2u, 255u, 256u})
      for (u64 const range : {u64{10}, u64{1} << 23, u64{1} << 54}) {
        Rows rows(count, times);
        for (usize r = 0; r < count; ++r)
          for (usize k = 0; k < times; ++k)
            rows.at(r, k) = static_cast<double>(static_cast<i64>(random() % range) -
                                                static_cast<i64>(range / 2));
        if (range == 10 && times > 1) {
          rows.at(count / 2, times / 2) = not_a_number;
          rows.reached[count - 1] = u32(times / 2);
        }
        auto const found = rows.moments();
        for (usize k = 0; k < times; ++k) expect_equal(found[k], plain(rows, k));
      }
}

TEST(BlockMoments, KeepSquaresAtTheEdgeOfWhatDoubleSumsExactly) {
  Rows rows(256, 1);
  for (usize r = 0; r < 256; ++r) rows.at(r, 0) = 4194304.0 - double(r % 2);
  expect_equal(rows.moments()[0], plain(rows, 0));
  rows.at(7, 0) = 4194305.0;
  expect_equal(rows.moments()[0], plain(rows, 0));
}

PointStatistics statistics_of(std::vector<double> const& values, double resolution = 1) {
  Rows rows(values.size(), 1);
  for (usize r = 0; r < values.size(); ++r) rows.at(r, 0) = values[r];
  auto const moments = rows.moments()[0];
  Histogram histogram;
  if (moments.n > moments.undefined) histogram.cover(moments.min, moments.max);
  for (double const x : values)
    if (!std::isnan(x)) histogram.add(static_cast<i64>(x));
  return point_statistics(moments, &histogram, resolution);
}

TEST(PointStatistics, OfOneValueHaveNoSpread) {
  auto const point = statistics_of({7});
  EXPECT_EQ(point.n, 1u);
  EXPECT_EQ(point.mean, 7);
  EXPECT_EQ(point.min, 7);
  EXPECT_EQ(point.max, 7);
  for (double const q : point.quantiles) EXPECT_EQ(q, 7);
  for (double const x : {point.var, point.se, point.fano, point.cv2, point.sd()})
    EXPECT_TRUE(std::isnan(x));
}

TEST(PointStatistics, AreThoseOfTheTextbook) {
  // numpy: var([4, 1, 3, 2], ddof=1), quantile(..., [0.05, 0.25, 0.5, 0.75, 0.95])
  auto const point = statistics_of({4, 1, 3, 2});
  EXPECT_DOUBLE_EQ(point.mean, 2.5);
  EXPECT_DOUBLE_EQ(point.var, 5.0 / 3.0);
  EXPECT_DOUBLE_EQ(point.sd(), std::sqrt(5.0 / 3.0));
  EXPECT_DOUBLE_EQ(point.se, std::sqrt(5.0 / 12.0));
  EXPECT_DOUBLE_EQ(point.fano, 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(point.cv2, 5.0 / 3.0 / 6.25);
  EXPECT_EQ(point.min, 1);
  EXPECT_EQ(point.max, 4);
  std::array<double, 5> const expected{1.15, 1.75, 2.5, 3.25, 3.85};
  for (usize i = 0; i < 5; ++i) EXPECT_DOUBLE_EQ(point.quantiles[i], expected[i]);
}

TEST(PointStatistics, ScaleWithTheResolution) {
  auto const coarse = statistics_of({4, -1, 3, 2}), fine = statistics_of({4, -1, 3, 2}, 0.25);
  EXPECT_EQ(fine.mean, coarse.mean / 4);
  EXPECT_EQ(fine.var, coarse.var / 16);
  EXPECT_EQ(fine.se, coarse.se / 4);
  EXPECT_DOUBLE_EQ(fine.fano, coarse.fano / 4);
  EXPECT_DOUBLE_EQ(fine.cv2, coarse.cv2);
  EXPECT_EQ(fine.min, -0.25);
  EXPECT_EQ(fine.quantiles[2], coarse.quantiles[2] / 4);
}

TEST(PointStatistics, QuantilesAreTypeSevenForEveryNumberOfValues) {
  std::mt19937 random(3);
  for (usize const n : {1u, 2u, 3u, 10u, 20u, 21u, 41u, 1000u}) {
    std::vector<double> values(n);
    for (auto& x : values) x = double(random() % 50);
    auto const point = statistics_of(values);
    std::sort(values.begin(), values.end());
    for (usize i = 0; i < 5; ++i) {
      double const rank = quantile_levels[i] * double(n - 1);
      auto const low = static_cast<usize>(rank + 1e-9);
      double const above = values[std::min(low + 1, n - 1)];
      EXPECT_NEAR(point.quantiles[i], values[low] + (rank - double(low)) * (above - values[low]),
                  1e-9);
    }
  }
}

TEST(PointStatistics, LoseNothingWhereTheSpreadIsFarBelowTheMean) {
  double const base = 9007199254740000.0;  // 2^53 - 992
  auto const point = statistics_of({base + 1, base + 2, base + 3});
  EXPECT_EQ(point.mean, base + 2);
  EXPECT_EQ(point.var, 1);
}

TEST(PointStatistics, AreUndefinedWhereAValueIsAndSayHowMany) {
  auto const point = statistics_of({1, not_a_number, 3});
  EXPECT_EQ(point.n, 3u);
  EXPECT_EQ(point.undefined, 1u);
  EXPECT_TRUE(std::isnan(point.mean));
  EXPECT_TRUE(std::isnan(point.min));
  EXPECT_TRUE(std::isnan(point.quantiles[2]));
}

TEST(PointStatistics, HaveNoNoiseMeasuresWhereTheMeanIsZero) {
  auto const point = statistics_of({-1, 1});
  EXPECT_EQ(point.mean, 0);
  EXPECT_EQ(point.var, 2);
  EXPECT_TRUE(std::isnan(point.fano));
  EXPECT_TRUE(std::isnan(point.cv2));
}

TEST(Covariance, IsExactWithAnySigns) {
  std::vector<std::pair<i64, i64>> const values{{1, -5}, {-2, 3}, {4, 0}, {-7, -9}};
  Moments x, y;
  ProductSum products;
  double mean_x = 0, mean_y = 0, expected = 0;
  for (auto const& [a, b] : values) {
    for (auto const& [m, value] : {std::pair{&x, a}, std::pair{&y, b}}) {
      ++m->n;
      m->sum += value;
    }
    products.add(static_cast<i128>(a) * b);
    mean_x += double(a) / 4;
    mean_y += double(b) / 4;
  }
  for (auto const& [a, b] : values) expected += (double(a) - mean_x) * (double(b) - mean_y) / 3;
  EXPECT_DOUBLE_EQ(covariance(products, x, y, 1, 1), expected);
  EXPECT_DOUBLE_EQ(covariance(products, x, y, 0.5, 0.25), expected / 8);
}

}  // namespace
}  // namespace cristae
