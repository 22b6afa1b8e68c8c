// host/model/distribution.cpp - text to distributions, and their quantiles.
//
// Quantiles of beta, gamma and the normal distribution are Boost.Math's.
#include "host/model/distribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>
#include <optional>

#include "host/base/error.hpp"
#include "host/base/words.hpp"

namespace cristae {
namespace {

struct KindName {
  FactorKind kind;
  char const* name;
  char const* arguments;  ///< as an example
};
constexpr std::array<KindName, 8> kinds{
    {{FactorKind::lognormal, "lognormal", "cv=0.3"},
     {FactorKind::normal, "normal", "cv=0.3"},
     {FactorKind::gamma, "gamma", "cv=0.3"},
     {FactorKind::uniform, "uniform", "cv=0.3"},
     {FactorKind::beta, "beta", "cv=0.3, most=2"},
     {FactorKind::loguniform, "loguniform", "fold=3"},
     {FactorKind::discrete, "discrete", "values=0:1, weights=0.3:0.7"},
     {FactorKind::table, "table", "values=0.8:1.1:1.1"}}};

KindName const& entry_of(FactorKind kind) {
  return *std::find_if(kinds.begin(), kinds.end(), [&](auto const& k) { return k.kind == kind; });
}

/// The standard deviation over mean of a normal distribution of mean 1 cut off at 0 and 2.
double cut_off_cv(double sigma) {
  double const alpha = 1 / sigma;
  boost::math::normal const standard;
  double const inside = 2 * cdf(standard, alpha) - 1;
  return sigma * std::sqrt(1 - 2 * alpha * pdf(standard, alpha) / inside);
}

/// The sigma before cutting off that has this cv behind it.
double sigma_before_cut(double cv) {
  double low = cv, high = 1e3;
  for (int i = 0; i < 200 && low < high; ++i) {
    double const middle = std::sqrt(low * high);
    (cut_off_cv(middle) < cv ? low : high) = middle;
  }
  return low;
}

/// Of a normal distribution cut off at 0 and 2, whose limit for a large sigma is uniform.
constexpr double largest_normal_cv = 0.57;

class Reader {
 public:
  Reader(std::string_view kind, Distribution::Arguments const& arguments)
      : kind_(kind), arguments_(arguments), used_(arguments.size(), false) {}

  std::optional<std::vector<double>> list(std::string const& name) {
    for (usize i = 0; i < arguments_.size(); ++i) {
      if (arguments_[i].first != name) continue;
      if (used_[i]) report(fmt::format("'{}' of {} is given twice", name, kind_), "", "Remove one");
      used_[i] = true;
      for (double const value : arguments_[i].second)
        if (!std::isfinite(value)) {
          report(fmt::format("'{}' of {} is {}", name, kind_, value),
                 "only finite numbers can be computed with", "Give finite numbers");
          return std::nullopt;
        }
      return arguments_[i].second;
    }
    return std::nullopt;
  }

  bool has(std::string const& name) const {
    return std::any_of(arguments_.begin(), arguments_.end(),
                       [&](auto const& argument) { return argument.first == name; });
  }

  std::optional<double> number(std::string const& name) {
    auto const values = list(name);
    if (values && values->size() != 1) {
      report(fmt::format("'{}' of {} is a list", name, kind_), "", "Give one number");
      return std::nullopt;
    }
    return values ? std::optional(values->front()) : std::nullopt;
  }

  /// Required; reports where it is not within [low, high].
  double required(std::string const& name, double low, double high) {
    if (!has(name)) report(fmt::format("{} has no '{}'", kind_, name), "", example());
    auto const value = number(name);
    if (!value) return low;
    if (!(*value >= low && *value <= high))
      report(fmt::format("'{}' of {} is {}", name, kind_, *value), "",
             std::isinf(high) ? fmt::format("Give {} or more", low)
                              : fmt::format("Give {} to {}", low, high));
    return *value;
  }

  void report(std::string problem, std::string reason, std::string fix) {
    findings_.push_back(
        {Severity::error, {}, std::move(problem), std::move(reason), std::move(fix)});
  }
  void finish() {
    for (usize i = 0; i < arguments_.size(); ++i)
      if (!used_[i])
        report(fmt::format("{} has no argument '{}'", kind_, arguments_[i].first), "", example());
    if (!findings_.empty()) throw Error(ExitCode::usage, std::move(findings_));
  }
  std::string example() const {
    auto const found =
        std::find_if(kinds.begin(), kinds.end(), [&](auto const& k) { return k.name == kind_; });
    return fmt::format("It is written {}({})", kind_, found->arguments);
  }

 private:
  std::string kind_;
  Distribution::Arguments const& arguments_;
  std::vector<bool> used_;
  std::vector<Diagnostic> findings_;
};

/// Beyond these, quantiles are not to be had in double. A cv of 0 is a factor of 1.
constexpr double smallest_cv = 1e-3, largest_cv = 30;
/// Below this a factor is 0: constants are float32.
constexpr double smallest_factor = 1e-30;

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Throws where there is none.
FactorKind kind_named(std::string_view name) {
  auto const known =
      std::find_if(kinds.begin(), kinds.end(), [&](auto const& k) { return k.name == name; });
  if (known != kinds.end()) return known->kind;
  auto const near = nearest_name(std::string(name), factor_kinds());
  throw Error(ExitCode::usage, fmt::format("unknown distribution '{}'", name), "",
              near.empty() ? fmt::format("Use {}", fmt::join(factor_kinds(), ", "))
                           : fmt::format("Did you mean '{}'?", near));
}

}  // namespace

std::vector<std::string> factor_kinds() {
  std::vector<std::string> names;
  for (auto const& kind : kinds) names.emplace_back(kind.name);
  return names;
}

Distribution::Distribution(std::string_view kind, Arguments const& arguments)
    : kind_(kind_named(kind)) {
  Reader read(kind, arguments);
  switch (kind_) {
    case FactorKind::lognormal:
      cv_ = read.required("cv", 0, largest_cv);
      sigma_ = std::sqrt(std::log1p(cv_ * cv_));
      break;
    case FactorKind::normal: cv_ = read.required("cv", 0, largest_normal_cv); break;
    case FactorKind::gamma: cv_ = read.required("cv", 0, largest_cv); break;
    case FactorKind::uniform: cv_ = read.required("cv", 0, 1 / std::sqrt(3.0)); break;
    case FactorKind::beta:
      most_ = read.required("most", 1, infinite);
      cv_ = read.required("cv", 0, infinite);
      if (most_ > 1 && cv_ * cv_ >= most_ - 1)
        read.report(fmt::format("'cv' of beta is {}", cv_),
                    fmt::format("on [0, {}] with mean 1 it is below {:.4g}", most_,
                                std::sqrt(std::max(0.0, most_ - 1))),
                    "Give a smaller one, or a larger 'most'");
      break;
    case FactorKind::loguniform: fold_ = read.required("fold", 1, 1e15); break;
    case FactorKind::discrete:
    case FactorKind::table: {
      auto const values = read.list("values");
      if (!values || values->empty())
        read.report(fmt::format("{} has no 'values'", kind), "", read.example());
      else
        values_ = *values;
      for (double const value : values_)
        if (value < 0) {
          read.report(fmt::format("a value of {} is {}", kind, value), "it is a factor",
                      "Give 0 or more");
          break;
        }
      if (kind_ == FactorKind::table) break;
      auto const weights = read.list("weights");
      weights_ = weights.value_or(std::vector<double>(values_.size(), 1.0));
      if (weights_.size() != values_.size())
        read.report(
            fmt::format("discrete has {} values and {} weights", values_.size(), weights_.size()),
            "", "Give one for each");
      double const sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
      if (!(sum > 0) ||
          std::any_of(weights_.begin(), weights_.end(), [](double w) { return w < 0; }))
        read.report("the weights of discrete are no shares", "", "Give 0 or more, not all 0");
      break;
    }
  }
  if (cv_ > 0 && cv_ < smallest_cv)
    read.report(fmt::format("'cv' of {} is {}", kind, cv_), "",
                fmt::format("Give 0, or {} or more", smallest_cv));
  read.finish();
  if (kind_ == FactorKind::normal && cv_ > 0) sigma_ = sigma_before_cut(cv_);
  if (kind_ == FactorKind::beta && cv_ > 0) {
    double const size = (most_ - 1) / (cv_ * cv_) - 1;
    a_ = size / most_;
    b_ = size - a_;
  }
  auto shares = weights_.empty() ? std::vector<double>(values_.size(), 1.0) : weights_;
  double const sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  double end = 0;
  for (double const share : shares) ends_.push_back(end += share / sum);
  if (!ends_.empty()) ends_.back() = 1;
}

Distribution Distribution::parse(std::string_view text) {
  text = trimmed(text);
  auto const wrong = [&](std::string const& fix) {
    return Error(ExitCode::usage, fmt::format("'{}' is no distribution", text), "", fix);
  };
  auto const open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')')
    throw wrong("It is written lognormal(cv=0.3)");
  auto const kind = trimmed(text.substr(0, open));
  kind_named(kind);
  Arguments arguments;
  auto rest = trimmed(text.substr(open + 1, text.size() - open - 2));
  while (!rest.empty()) {
    auto const comma = rest.find(',');
    auto const part = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view{} : trimmed(rest.substr(comma + 1));
    auto const equals = part.find('=');
    if (equals == std::string_view::npos)
      throw wrong(fmt::format("'{}' has no value: it is written name=value", trimmed(part)));
    auto& [name, values] =
        arguments.emplace_back(trimmed(part.substr(0, equals)), std::vector<double>{});
    auto numbers = part.substr(equals + 1);
    for (bool more = true; more;) {
      auto const colon = numbers.find(':');
      auto const one = trimmed(numbers.substr(0, colon));
      auto const value = number_in(one);
      if (!value) throw wrong(fmt::format("'{}' of '{}' is not a number", one, name));
      values.push_back(*value);
      more = colon != std::string_view::npos;
      if (more) numbers = numbers.substr(colon + 1);
    }
  }
  return Distribution(kind, arguments);
}

std::string Distribution::text() const {
  std::string const name = entry_of(kind_).name;
  switch (kind_) {
    case FactorKind::beta: return fmt::format("beta(cv={}, most={})", cv_, most_);
    case FactorKind::loguniform: return fmt::format("loguniform(fold={})", fold_);
    case FactorKind::discrete:
      return fmt::format("discrete(values={}, weights={})", fmt::join(values_, ":"),
                         fmt::join(weights_, ":"));
    case FactorKind::table: return fmt::format("table(values={})", fmt::join(values_, ":"));
    default: return fmt::format("{}(cv={})", name, cv_);
  }
}

double Distribution::quantile(double u) const {
  double const factor = unlimited_quantile(u);
  return factor < smallest_factor ? 0 : factor;
}

double Distribution::unlimited_quantile(double u) const {
  boost::math::normal const standard;
  if (!values_.empty())
    return values_[static_cast<usize>(std::upper_bound(ends_.begin(), ends_.end() - 1, u) -
                                      ends_.begin())];
  if (kind_ == FactorKind::loguniform) return std::pow(fold_, 2 * u - 1);
  if (cv_ == 0) return 1;
  switch (kind_) {
    case FactorKind::lognormal:
      return std::exp(sigma_ * boost::math::quantile(standard, u) - sigma_ * sigma_ / 2);
    case FactorKind::normal: {
      double const outside = cdf(standard, -1 / sigma_);
      double const z = boost::math::quantile(standard, outside + u * (1 - 2 * outside));
      return std::clamp(1 + sigma_ * z, 0.0, 2.0);
    }
    case FactorKind::gamma:
      return boost::math::quantile(boost::math::gamma_distribution(1 / (cv_ * cv_), cv_ * cv_), u);
    case FactorKind::uniform: return 1 + std::sqrt(3.0) * cv_ * (2 * u - 1);
    default: return most_ * boost::math::quantile(boost::math::beta_distribution(a_, b_), u);
  }
}

double Distribution::mean() const {
  if (kind_ == FactorKind::loguniform)
    return fold_ == 1 ? 1 : (fold_ - 1 / fold_) / (2 * std::log(fold_));
  if (values_.empty()) return 1;
  double sum = 0, begin = 0;
  for (usize i = 0; i < values_.size(); begin = ends_[i++]) sum += values_[i] * (ends_[i] - begin);
  return sum;
}

std::pair<double, double> Distribution::range() const {
  if (values_.empty()) return {quantile(0x1p-54), quantile(1 - 0x1p-53)};
  auto const [low, high] = std::minmax_element(values_.begin(), values_.end());
  return {*low, *high};
}

double Distribution::share_below(double x) const {
  if (!values_.empty()) {
    double share = 0, begin = 0;
    for (usize i = 0; i < values_.size(); begin = ends_[i++])
      if (values_[i] < x) share += ends_[i] - begin;
    return share;
  }
  double low = 0, high = 1;
  for (int i = 0; i < 60; ++i) {
    double const middle = (low + high) / 2;
    (quantile(std::clamp(middle, 0x1p-54, 1 - 0x1p-53)) < x ? low : high) = middle;
  }
  return low;
}

}  // namespace cristae
