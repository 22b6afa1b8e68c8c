// host/stats/moments.cpp - sums in double where they are exact, in integers elsewhere.
#include "host/stats/moments.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace cristae {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Sample times summed side by side.
constexpr usize tile = 64;

/// 256 squares of numbers up to 2^22 sum to at most 2^52: double has them all exactly.
constexpr usize exact_rows = 256;
constexpr double exact_limit = 4194304.0;

struct Tile {
  std::array<double, tile> sum{}, squares{}, min{}, max{};
};

void add_rows(double const* values, usize row_stride, usize rows, usize count, Tile& t) {
  t.min.fill(std::numeric_limits<double>::infinity());
  t.max.fill(-std::numeric_limits<double>::infinity());
  for (usize r = 0; r < rows; ++r) {
    double const* const x = values + r * row_stride;
    for (usize k = 0; k < count; ++k) {
      t.sum[k] += x[k];
      t.squares[k] += x[k] * x[k];
      t.min[k] = x[k] < t.min[k] ? x[k] : t.min[k];
      t.max[k] = x[k] > t.max[k] ? x[k] : t.max[k];
    }
  }
}

void add_squares(Moments& m, i64 x) {
  u128 const size = magnitude(x);
  m.squares += U256(size * size);
}

/// One sample time, value by value.
void add_slowly(double const* values, usize row_stride, std::span<u32 const> reached, usize time,
                Moments& m) {
  for (usize r = 0; r < reached.size(); ++r) {
    if (time >= reached[r]) continue;
    ++m.n;
    double const value = values[r * row_stride];
    if (std::isnan(value)) {
      ++m.undefined;
      continue;
    }
    auto const x = static_cast<i64>(value);
    m.sum += x;
    add_squares(m, x);
    m.min = std::min(m.min, x);
    m.max = std::max(m.max, x);
  }
}

i128 word(u64 bits) { return static_cast<i64>(bits); }

/// Signed words of 32-bit digits, lowest first.
void add_words(U256& to, u64 const (&words)[4]) {
  U256 scale(1);
  for (u64 const w : words) {
    to += widened(word(w)) * scale;
    scale = scale * U256(u128{1} << 32);
  }
}

void set_quantiles(PointStatistics& point, Moments const& m, Histogram const& histogram,
                   double resolution) {
  // In twentieths, so that ranks like 0.05 * 20 are exact.
  constexpr std::array<u64, 5> twentieths{1, 5, 10, 15, 19};
  std::array<u64, 10> ranks;
  std::array<double, 10> found;
  std::array<double, 5> fraction;
  u64 const last = m.n - 1;
  for (usize i = 0; i < twentieths.size(); ++i) {
    u64 const whole = last / 20 * twentieths[i], rest = last % 20 * twentieths[i];
    ranks[2 * i] = whole + rest / 20;
    ranks[2 * i + 1] = std::min(ranks[2 * i] + 1, last);
    fraction[i] = static_cast<double>(rest % 20) / 20;
  }
  // Of neighbouring quantiles of few values, the upper rank of one may exceed the lower of the next.
  std::array<u64, 10> sorted = ranks;
  std::sort(sorted.begin(), sorted.end());
  order_statistics(histogram, sorted, found);
  auto const value_at = [&](u64 rank) {
    auto const at = std::lower_bound(sorted.begin(), sorted.end(), rank) - sorted.begin();
    return std::clamp(found[static_cast<usize>(at)], static_cast<double>(m.min),
                      static_cast<double>(m.max));
  };
  for (usize i = 0; i < twentieths.size(); ++i) {
    double const low = value_at(ranks[2 * i]), high = value_at(ranks[2 * i + 1]);
    point.quantiles[i] = (low + fraction[i] * (high - low)) * resolution;
  }
}

}  // namespace

void Moments::merge(Moments const& other) {
  n += other.n;
  undefined += other.undefined;
  sum += other.sum;
  squares += other.squares;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

void Moments::merge(core::ColumnSums const& sums) {
  n += sums.n;
  undefined += sums.undefined;
  sum += word(sums.sum[0]) + (word(sums.sum[1]) << 32);
  add_words(squares, sums.squares);
  min = std::min(min, sums.min);
  max = std::max(max, sums.max);
}

void ProductSum::add(i128 x) { value += widened(x); }

void ProductSum::add(core::ProductSums const& sums) { add_words(value, sums.sum); }

void block_moments(double const* values, usize row_stride, std::span<u32 const> reached,
                   std::span<Moments> moments) {
  usize const rows = reached.size();
  usize const all_reached =
      rows == 0 ? 0 : static_cast<usize>(*std::min_element(reached.begin(), reached.end()));
  for (usize at = 0; at < moments.size(); at += tile) {
    usize const count = std::min(tile, moments.size() - at);
    Tile t;
    bool const may_be_exact = rows <= exact_rows;
    if (may_be_exact) add_rows(values + at, row_stride, rows, count, t);
    for (usize k = 0; k < count; ++k) {
      Moments& m = moments[at + k];
      bool const is_exact = may_be_exact && at + k < all_reached && !std::isnan(t.sum[k]) &&
                            t.min[k] >= -exact_limit && t.max[k] <= exact_limit;
      if (!is_exact) {
        add_slowly(values + at + k, row_stride, reached, at + k, m);
        continue;
      }
      m.n += rows;
      m.sum += static_cast<i64>(t.sum[k]);
      m.squares += U256(static_cast<u64>(t.squares[k]));
      m.min = std::min(m.min, static_cast<i64>(t.min[k]));
      m.max = std::max(m.max, static_cast<i64>(t.max[k]));
    }
  }
}

double PointStatistics::sd() const { return std::sqrt(var); }

PointStatistics point_statistics(Moments const& m, Histogram const* histogram, double resolution) {
  PointStatistics point;
  point.n = m.n;
  point.undefined = m.undefined;
  point.mean = point.var = point.se = point.fano = point.cv2 = point.min = point.max = not_a_number;
  point.quantiles.fill(not_a_number);
  if (m.n == 0 || m.undefined > 0) return point;

  auto const n = static_cast<double>(m.n);
  auto const divisor = static_cast<i128>(m.n);
  point.mean = (to_double(m.sum / divisor) + to_double(m.sum % divisor) / n) * resolution;
  point.min = static_cast<double>(m.min) * resolution;
  point.max = static_cast<double>(m.max) * resolution;
  if (m.n > 1) {
    U256 const sum(magnitude(m.sum));
    // sum (x - mean)^2 = (n sum x^2 - (sum x)^2) / n
    U256 difference = U256(m.n) * m.squares;
    difference -= sum * sum;
    point.var = to_double(difference) / (n * (n - 1)) * (resolution * resolution);
    point.se = std::sqrt(point.var / n);
    if (point.mean != 0) {
      point.fano = point.var / point.mean;
      point.cv2 = point.var / (point.mean * point.mean);
    }
  }
  if (histogram != nullptr && !histogram->empty()) set_quantiles(point, m, *histogram, resolution);
  return point;
}

double covariance(ProductSum const& products, Moments const& x, Moments const& y,
                  double resolution_x, double resolution_y) {
  if (x.n < 2 || x.undefined > 0 || y.undefined > 0) return not_a_number;
  // n sum xy - sum x sum y, modulo 2^256 in two's complement: far from the ends of its range.
  U256 difference = U256(x.n) * products.value;
  difference -= widened(x.sum) * widened(y.sum);
  auto const n = static_cast<double>(x.n);
  return to_signed_double(difference) / (n * (n - 1)) * resolution_x * resolution_y;
}

}  // namespace cristae
