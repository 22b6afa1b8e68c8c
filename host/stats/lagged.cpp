// host/stats/lagged.cpp - products over lags in double where that is exact, in integers elsewhere.
#include "host/stats/lagged.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/base/error.hpp"
#include "host/base/words.hpp"

namespace cristae {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

double largest_of(double const* values, usize count) {
  double largest = 0;
  for (usize k = 0; k < count; ++k) largest = std::max(largest, std::fabs(values[k]));
  return largest;
}

double product_in_double(double const* x, double const* y, usize count) {
  double sum[8] = {};
  usize k = 0;
  for (; k + 8 <= count; k += 8)
    for (usize i = 0; i < 8; ++i) sum[i] += x[k + i] * y[k + i];
  for (; k < count; ++k) sum[0] += x[k] * y[k];
  for (usize i = 1; i < 8; ++i) sum[0] += sum[i];
  return sum[0];
}

/// sum of x[k] y[k], exact in any way that `largest`, the largest product, allows.
void add_product(double const* x, double const* y, usize count, double largest, ProductSum& to) {
  if (largest * static_cast<double>(count) <= 0x1p53) {
    to.add(static_cast<i64>(product_in_double(x, y, count)));
    return;
  }
  // |x y| <= 2^124: three of them fit.
  usize const at_once = largest < 0x1p110 ? 1u << 16 : 2;
  i128 sum = 0;
  for (usize k = 0; k < count; ++k) {
    sum += static_cast<i128>(static_cast<i64>(x[k])) * static_cast<i64>(y[k]);
    if ((k + 1) % at_once != 0) continue;
    to.add(sum);
    sum = 0;
  }
  to.add(sum);
}

/// n * products - sum of x[k] y[k].
double centred(u64 n, ProductSum const& products, i128 const* x, i128 const* y, usize count) {
  U256 difference = U256(n) * products.value;
  for (usize k = 0; k < count; ++k) difference -= widened(x[k]) * widened(y[k]);
  return to_signed_double(difference);
}

}  // namespace

std::vector<LaggedPair> parse_lagged_pairs(std::vector<std::string> const& texts,
                                           std::vector<Column> const& columns) {
  std::vector<LaggedPair> pairs;
  std::vector<Diagnostic> findings;
  auto const add = [&](LaggedPair const& pair) {
    if (std::find(pairs.begin(), pairs.end(), pair) == pairs.end()) pairs.push_back(pair);
  };
  for (auto const& text : texts) {
    try {
      auto const colon = find_column(text, columns) ? std::string::npos : text.find(':');
      usize const leading = column_named(std::string_view(text).substr(0, colon), columns, text);
      if (colon == std::string::npos) {
        add({leading, leading});
        continue;
      }
      usize const following = column_named(std::string_view(text).substr(colon + 1), columns, text);
      add({leading, following});
      add({following, leading});
    } catch (Error const& error) {
      findings.insert(findings.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!findings.empty()) throw Error(ExitCode::usage, std::move(findings));
  return pairs;
}

LagGrid::LagGrid(std::vector<double> const& sample_times) : times(sample_times.size()) {
  if (times >= 2) {
    interval = sample_times[1] - sample_times[0];
    auto const is_even = [&](usize k) {
      return std::fabs(sample_times[k] - sample_times[0] - static_cast<double>(k) * interval) <=
             1e-6 * interval;
    };
    if (!is_even(times - 1)) --times;
    for (usize k = 2; k < times; ++k)
      if (!is_even(k))
        throw Error(ExitCode::usage,
                    fmt::format("samples at {} and {} are not {} apart", sample_times[k - 1],
                                sample_times[k], interval),
                    "correlations over lags need even sample times", "Use --samples");
  }
  if (times < 4)
    throw Error(ExitCode::usage, fmt::format("there are {} even sample times", times),
                "correlations over lags need 4", "Use --samples or a smaller --sample-every");
  lags = std::min(times / 2, most_lags);
}

LaggedSums::Group::Group(LagGrid const& grid)
    : sum_x(grid.times), sum_y(grid.times), products(grid.lags) {}

void LaggedSums::Group::merge(Group const& other) {
  n += other.n;
  for (usize k = 0; k < sum_x.size(); ++k) {
    sum_x[k] += other.sum_x[k];
    sum_y[k] += other.sum_y[k];
  }
  squares_x.value += other.squares_x.value;
  squares_y.value += other.squares_y.value;
  for (usize lag = 0; lag < products.size(); ++lag)
    products[lag].value += other.products[lag].value;
}

LaggedSums::LaggedSums(LagGrid const& grid) : grid_(grid), groups_(groups, Group(grid)) {}

double LaggedSums::bytes(LagGrid const& grid) {
  return static_cast<double>(groups) * (static_cast<double>(grid.times) * 2 * sizeof(i128) +
                                        static_cast<double>(grid.lags) * sizeof(ProductSum));
}

void LaggedSums::add(u32 group, double const* x, double const* y) {
  Group& to = groups_[group];
  ++to.n;
  for (usize k = 0; k < grid_.times; ++k) {
    to.sum_x[k] += static_cast<i64>(x[k]);
    to.sum_y[k] += static_cast<i64>(y[k]);
  }
  double const largest_x = largest_of(x, grid_.times), largest_y = largest_of(y, grid_.times);
  add_product(x, x, grid_.times, largest_x * largest_x, to.squares_x);
  add_product(y, y, grid_.times, largest_y * largest_y, to.squares_y);
  for (usize lag = 0; lag < grid_.lags; ++lag)
    add_product(x, y + lag, grid_.times - lag, largest_x * largest_y, to.products[lag]);
}

void LaggedSums::merge(LaggedSums const& other) {
  for (u32 g = 0; g < groups; ++g) groups_[g].merge(other.groups_[g]);
}

void LaggedSums::merge(std::span<core::ProductSums const> sums) {
  for (u32 g = 0; g < groups; ++g) {
    Group& to = groups_[g];
    usize next = g;
    auto const take = [&] {
      ProductSum sum;
      sum.add(sums[next]);
      next += groups;
      return sum.value;
    };
    auto const take_narrow = [&] {
      auto const limb = take().limb;
      return static_cast<i128>(u128{limb[1]} << 64 | limb[0]);
    };
    for (i128& sum : to.sum_x) sum += take_narrow();
    for (i128& sum : to.sum_y) sum += take_narrow();
    to.squares_x.value += take();
    to.squares_y.value += take();
    for (ProductSum& product : to.products) product.value += take();
    to.n += take().limb[0];
  }
}

LaggedSums::Group LaggedSums::all_but(u32 left_out) const {
  Group all(grid_);
  for (u32 g = 0; g < groups; ++g)
    if (g != left_out) all.merge(groups_[g]);
  return all;
}

LaggedSums::Estimate LaggedSums::estimate(Group const& group) const {
  Estimate made{std::vector<double>(grid_.lags, not_a_number),
                std::vector<double>(grid_.lags, not_a_number)};
  if (group.n < 2) return made;
  double const n = static_cast<double>(group.n), times = static_cast<double>(grid_.times);
  i128 const* const x = group.sum_x.data();
  i128 const* const y = group.sum_y.data();
  double const scale = std::sqrt(centred(group.n, group.squares_x, x, x, grid_.times) / times) *
                       std::sqrt(centred(group.n, group.squares_y, y, y, grid_.times) / times) /
                       (n * (n - 1));
  for (usize lag = 0; lag < grid_.lags; ++lag) {
    double const origins = static_cast<double>(grid_.times - lag);
    made.covariance[lag] = centred(group.n, group.products[lag], x, y + lag, grid_.times - lag) /
                           origins / (n * (n - 1));
    if (scale > 0) made.correlation[lag] = made.covariance[lag] / scale;
  }
  return made;
}

LaggedStatistics LaggedSums::statistics(double resolution_x, double resolution_y) const {
  Group const all = all_but(groups);
  auto estimated = estimate(all);
  LaggedStatistics made;
  made.n = all.n;
  made.correlation = estimated.correlation;
  made.correlation_se.assign(grid_.lags, not_a_number);
  for (double const value : estimated.covariance)
    made.covariance.push_back(value * resolution_x * resolution_y);
  std::vector<std::vector<double>> without;
  for (u32 g = 0; g < groups; ++g)
    if (groups_[g].n > 0) without.push_back(estimate(all_but(g)).correlation);
  double const parts = static_cast<double>(without.size());
  if (parts < 2) return made;
  for (usize lag = 0; lag < grid_.lags; ++lag) {
    double mean = 0, squares = 0;
    for (auto const& part : without) mean += part[lag] / parts;
    for (auto const& part : without) squares += (part[lag] - mean) * (part[lag] - mean);
    made.correlation_se[lag] = std::sqrt((parts - 1) / parts * squares);
  }
  return made;
}

}  // namespace cristae
