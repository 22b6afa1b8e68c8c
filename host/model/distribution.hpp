// host/model/distribution.hpp - factors by which cells differ: distributions given by their quantiles.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

enum class FactorKind : u8 {
  lognormal,   ///< mean 1, standard deviation `cv`
  normal,      ///< cut off symmetrically at 0 and 2, so that the mean is 1; cv as stated, cut off
  gamma,       ///< mean 1
  uniform,     ///< mean 1, on [1 - w, 1 + w] with w = sqrt(3) cv
  beta,        ///< mean 1, on [0, most]
  loguniform,  ///< on [1 / fold, fold], its logarithm uniform: median 1, mean above
  discrete,    ///< `values` with `weights`
  table,       ///< one of `values`; quantities with tables of one length take the same row
};

/// Dimensionless factors. Made from text such as `lognormal(cv=0.3)`, `discrete(values=0:1,
/// weights=0.3:0.7)` or `table(values=0.8:1.1:1.1)`.
class Distribution {
 public:
  Distribution() = default;  ///< lognormal of cv 0: 1

  /// A number, or numbers with ':' between them, by the name of the argument.
  using Arguments = std::vector<std::pair<std::string, std::vector<double>>>;
  /// Throws Error(usage): unknown kind, missing, unknown or impossible argument; all of them.
  Distribution(std::string_view kind, Arguments const& arguments);
  /// Throws Error(usage) as above, and where the text does not have the form.
  static Distribution parse(std::string_view text);

  FactorKind kind() const { return kind_; }
  /// Reads back to the same distribution.
  std::string text() const;
  /// The factor that a cell with the share u in (0, 1) has. Increasing in u, but for discrete and
  /// table, whose values stand in their own order.
  double quantile(double u) const;
  /// Smallest and largest factor that is ever drawn.
  std::pair<double, double> range() const;
  double mean() const;
  /// Share of the cells with a factor below x.
  double share_below(double x) const;

 private:
  double unlimited_quantile(double u) const;

  FactorKind kind_ = FactorKind::lognormal;
  double cv_ = 0;
  double sigma_ = 0;  ///< of the logarithm, or of the normal before it is cut off
  double most_ = 2, fold_ = 1;
  double a_ = 1, b_ = 1;  ///< of beta
  std::vector<double> values_, weights_;
  std::vector<double> ends_;  ///< of the values' shares, the last is 1
};

/// Names of all kinds, as in text.
std::vector<std::string> factor_kinds();

}  // namespace cristae
