// host/stats/lagged.hpp - how values go together over a lag: exact sums, and what comes of them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/core/lagged_reduction.hpp"
#include "host/stats/moments.hpp"

namespace cristae {

/// `A`: A with itself. `A:B`: A that leads, and B that leads. Throws Error(usage) with every finding.
std::vector<LaggedPair> parse_lagged_pairs(std::vector<std::string> const& texts,
                                           std::vector<Column> const& columns);

/// Sample times that are evenly spaced, as far as that is all but the last: at most so many lags are
/// looked at, half of the run.
struct LagGrid {
  usize times = 0;  ///< the first ones
  usize lags = 0;   ///< 0 to lags - 1 intervals
  double interval = 0;

  static constexpr usize most_lags = 1000;
  /// Throws Error(usage) where other times than the last are uneven, or there are fewer than 4.
  explicit LagGrid(std::vector<double> const& sample_times);
  LagGrid() = default;
};

/// Sums over products for one pair. Whole numbers, so that no order of addition changes them.
class LaggedSums {
 public:
  static constexpr u32 groups = 16;

  explicit LaggedSums(LagGrid const& grid);

  /// `x`, `y`: whole numbers at the times of the grid, at most 2^62.
  void add(u32 group, double const* x, double const* y);
  void merge(LaggedSums const& other);
  /// As a device sums up, [sum][group]: of x at each time, of y at each time, of x^2 and y^2, of the
  /// products at each lag, and n.
  void merge(std::span<core::ProductSums const> sums);
  static usize sums(LagGrid const& grid) {
    return usize(core::lagged_sums(u32(grid.times), u32(grid.lags))) * groups;
  }
  /// Of the same grid.
  template <class Bytes>
  void transfer(Bytes& bytes) {
    for (Group& group : groups_) group.transfer(bytes);
  }
  LaggedStatistics statistics(double resolution_x, double resolution_y) const;

  static double bytes(LagGrid const& grid);

 private:
  struct Group {
    u64 n = 0;
    std::vector<i128> sum_x, sum_y;    ///< by time
    ProductSum squares_x, squares_y;   ///< over all times
    std::vector<ProductSum> products;  ///< by lag

    explicit Group(LagGrid const& grid);
    void merge(Group const& other);
    template <class Bytes>
    void transfer(Bytes& bytes) {
      usize const times = sum_x.size(), lags = products.size();
      bytes(n, sum_x, sum_y, squares_x, squares_y, products);
      if constexpr (Bytes::reads)
        bytes.require(sum_x.size() == times && sum_y.size() == times && products.size() == lags);
    }
  };
  struct Estimate {
    std::vector<double> covariance, correlation;
  };

  LagGrid grid_;
  std::vector<Group> groups_;

  Group all_but(u32 left_out) const;
  Estimate estimate(Group const& group) const;
};

}  // namespace cristae
