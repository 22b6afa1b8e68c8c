// tests/model/distribution_test.cpp - factors of cells: moments, quantiles, text.
#include "host/model/distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "host/base/error.hpp"

namespace cristae {
namespace {

struct Known {
  char const* text;
  double mean, cv, tolerance;  ///< of the midpoint rule on the quantiles
};

void PrintTo(Known const& known, std::ostream* out) { *out << known.text; }

class Factors : public testing::TestWithParam<Known> {};

TEST_P(Factors, HaveTheMeanAndTheSpreadThatTheyState) {
  auto const& known = GetParam();
  auto const distribution = Distribution::parse(known.text);
  constexpr int n = 200000;
  double sum = 0, squares = 0, last = -1;
  for (int i = 0; i < n; ++i) {
    double const x = distribution.quantile((i + 0.5) / n);
    EXPECT_GE(x, last);
    last = x;
    sum += x;
    squares += x * x;
  }
  double const mean = sum / n;
  EXPECT_NEAR(mean, known.mean, known.tolerance);
  EXPECT_NEAR(std::sqrt(squares / n - mean * mean) / mean, known.cv, 10 * known.tolerance);
  EXPECT_NEAR(distribution.mean(), known.mean, 1e-9);
}

TEST_P(Factors, ReadTheirOwnText) {
  auto const distribution = Distribution::parse(GetParam().text);
  auto const again = Distribution::parse(distribution.text());
  EXPECT_EQ(again.text(), distribution.text());
  for (double const u : {1e-9, 0.1, 0.5, 0.77, 1 - 1e-9})
    EXPECT_EQ(again.quantile(u), distribution.quantile(u));
}

double loguniform_cv(double fold) {
  double const l = std::log(fold), mean = (fold - 1 / fold) / (2 * l);
  return std::sqrt((fold * fold - 1 / (fold * fold)) / (4 * l) / (mean * mean) - 1);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Factors,
    testing::Values(
        Known{"lognormal(cv=0.3)", 1, 0.3, 1e-5}, Known{"lognormal(cv=0)", 1, 0, 1e-12},
        Known{" lognormal( cv = 1 ) ", 1, 1, 1e-3}, Known{"normal(cv=0.2)", 1, 0.2, 1e-6},
        Known{"normal(cv=0.5)", 1, 0.5, 1e-6}, Known{"gamma(cv=0.5)", 1, 0.5, 1e-5},
        Known{"gamma(cv=2)", 1, 2, 1e-3}, Known{"uniform(cv=0.4)", 1, 0.4, 1e-6},
        Known{"beta(cv=0.2, most=1.25)", 1, 0.2, 1e-6}, Known{"beta(cv=1,most=4)", 1, 1, 1e-5},
        Known{"loguniform(fold=3)", (3 - 1 / 3.0) / (2 * std::log(3)), loguniform_cv(3), 1e-6},
        Known{"discrete(values=0:1:2, weights=1:2:1)", 1, std::sqrt(0.5), 1e-6},
        Known{"discrete(values=0:1)", 0.5, 1, 1e-6},
        Known{"table(values=0.5:1:1.5)", 1, std::sqrt(1 / 6.0), 1e-5}));

TEST(Distribution, HasTheRangeOfValuesInAnyOrder) {
  EXPECT_EQ(Distribution::parse("table(values=3:0.5:7:2)").range(), (std::pair{0.5, 7.0}));
  EXPECT_NEAR(Distribution::parse("discrete(values=2:0:1)").share_below(1.5), 2.0 / 3, 1e-12);
  auto const lognormal = Distribution::parse("lognormal(cv=30)");
  EXPECT_GT(lognormal.range().second, 1e6);
  EXPECT_TRUE(std::isfinite(lognormal.range().second));
  EXPECT_GE(Distribution::parse("gamma(cv=30)").range().first, 0);
}

TEST(Distribution, TellsTheShareBelowAValue) {
  auto const lognormal = Distribution::parse("lognormal(cv=0.5)");
  EXPECT_NEAR(lognormal.share_below(lognormal.quantile(0.3)), 0.3, 1e-9);
  EXPECT_NEAR(Distribution::parse("uniform(cv=0.5)").share_below(2), 1, 1e-9);
  EXPECT_NEAR(Distribution::parse("discrete(values=0:1,weights=3:7)").share_below(0.5), 0.3, 1e-9);
}

std::string error_of(char const* text) {
  try {
    Distribution::parse(text);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "no error";
}

TEST(Distribution, SaysAllThatIsWrong) {
  EXPECT_EQ(error_of("gamma(cv=1e-9)"), "error: 'cv' of gamma is 1e-09. Give 0, or 0.001 or more.");
  EXPECT_EQ(error_of("lognormal(cv=100)"), "error: 'cv' of lognormal is 100. Give 0 to 30.");
  EXPECT_EQ(error_of("0.3"), "error: '0.3' is no distribution. It is written lognormal(cv=0.3).");
  EXPECT_EQ(error_of("lognorml(cv=0.3)"),
            "error: unknown distribution 'lognorml'. Did you mean 'lognormal'?");
  EXPECT_EQ(error_of("pareto(3)"),
            "error: unknown distribution 'pareto'. Use lognormal, normal, gamma, uniform, beta, "
            "loguniform, discrete, table.");
  EXPECT_EQ(
      error_of("gamma(0.3)"),
      "error: 'gamma(0.3)' is no distribution. '0.3' has no value: it is written name=value.");
  EXPECT_EQ(error_of("gamma(cv=abc)"),
            "error: 'gamma(cv=abc)' is no distribution. 'abc' of 'cv' is not a number.");
  EXPECT_EQ(error_of("gamma(cv=-1, fold=2)"),
            "error: 'cv' of gamma is -1. Give 0 to 30.\n"
            "error: gamma has no argument 'fold'. It is written gamma(cv=0.3).");
  EXPECT_EQ(error_of("normal(cv=0.6)"), "error: 'cv' of normal is 0.6. Give 0 to 0.57.");
  EXPECT_EQ(error_of("beta(cv=0.3)"),
            "error: beta has no 'most'. It is written beta(cv=0.3, most=2).");
  EXPECT_EQ(
      error_of("beta(cv=1, most=2)"),
      "error: 'cv' of beta is 1 (on [0, 2] with mean 1 it is below 1). Give a smaller one, or "
      "a larger 'most'.");
  EXPECT_EQ(error_of("discrete(values=1:2, weights=1)"),
            "error: discrete has 2 values and 1 weights. Give one for each.");
  EXPECT_EQ(error_of("discrete(values=-1:2)"),
            "error: a value of discrete is -1 (it is a factor). Give 0 or more.");
  EXPECT_EQ(error_of("discrete(values=1:2, weights=0:0)"),
            "error: the weights of discrete are no shares. Give 0 or more, not all 0.");
  EXPECT_EQ(error_of("lognormal(cv=0.3:0.4)"),
            "error: 'cv' of lognormal is a list. Give one number.");
  EXPECT_EQ(
      error_of("lognormal(cv=inf)"),
      "error: 'cv' of lognormal is inf (only finite numbers can be computed with). Give finite "
      "numbers.");
  EXPECT_EQ(error_of("lognormal(cv=1, cv=2)"),
            "error: lognormal has no argument 'cv'. It is written lognormal(cv=0.3).");
}

}  // namespace
}  // namespace cristae
