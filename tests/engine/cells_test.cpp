// tests/engine/cells_test.cpp - draws of cells: what they depend on, and their distribution.
#include "host/engine/cells.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/base/error.hpp"
#include "host/io/network_reader.hpp"

namespace cristae {
namespace {

Network small_network() {
  return read_network_text(R"toml([network]
name = "small"
time_unit = "min"
[parameters]
a = { value = 2, bounds = [0, inf] }
b = 3
share = { value = 0.8, bounds = [0, 1] }
[species]
A = 10
A2 = 4
B = 3
[reactions]
bind = { equation = "A -> A2", mass_action = "a" }
unbind = { equation = "A2 -> A", mass_action = "b * share" }
lose = { equation = "B -> 0", mass_action = "b" }
[conditions.pulse]
at = [ { time = 1, set = { a = 7 } } ]
[vary]
a = { factor = "lognormal", cv = 0.5, correlation = { pool = 0.6 } }
pool = { factor = "gamma", cv = 0.2, scales = ["A", "A2"] }
[run]
t_end = 2
sample_every = 1
)toml",
                           "small.toml");
}

Experiment experiment_of(Network const& network, std::vector<std::string> vary,
                         std::vector<std::string> correlate = {}, u64 seed = 7) {
  ExperimentRequest request;
  request.condition = "pulse";
  request.vary = std::move(vary);
  request.correlate = std::move(correlate);
  request.cell_seed = seed;
  return resolve(network, request);
}

std::string error_of(std::vector<std::string> vary, std::vector<std::string> correlate = {}) {
  auto const network = small_network();
  try {
    experiment_of(network, std::move(vary), std::move(correlate));
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "no error";
}

TEST(Cells, DependOnSeedCellAndNameOnly) {
  auto const network = small_network();
  auto const alone = experiment_of(network, {"b=lognormal(cv=0.3)"});
  auto const beside =
      experiment_of(network, {"all", "share=uniform(cv=0.1)", "b=lognormal(cv=0.3)"});
  for (u64 const cell : {u64{0}, u64{1}, u64{1} << 40}) {
    double const factor = Cells(alone).factors(cell).at(0);
    EXPECT_EQ(Cells(beside).factors(cell).at(3), factor);
    EXPECT_NE(Cells(alone).factors(cell + 1).at(0), factor);
    EXPECT_NE(Cells(experiment_of(network, {"b=lognormal(cv=0.3)"}, {}, 8)).factors(cell).at(0),
              factor);
    EXPECT_NE(Cells(experiment_of(network, {"a=lognormal(cv=0.3)"})).factors(cell).at(0), factor);
  }
}

TEST(Cells, KeepTheirDrawsWhereOthersAreCorrelated) {
  auto const network = small_network();
  auto const plain = experiment_of(network, {"a=lognormal(cv=0.3)", "b=gamma(cv=0.3)"});
  auto const mixed =
      experiment_of(network, {"a=lognormal(cv=0.3)", "b=gamma(cv=0.3)"}, {"a,b=0.9"});
  for (u64 cell = 0; cell < 20; ++cell) {
    EXPECT_EQ(Cells(mixed).factors(cell)[0], Cells(plain).factors(cell)[0]);
    EXPECT_NE(Cells(mixed).factors(cell)[1], Cells(plain).factors(cell)[1]);
  }
}

/// Draws of 40,000 cells: a mean or correlation is off by 5 standard errors in one of 1.7e6 seeds.
constexpr u64 many = 40000;
constexpr double errors = 5;

TEST(Cells, HaveTheCorrelationsThatWereAskedFor) {
  auto const network = small_network();
  auto const e = experiment_of(network, {"all", "b=lognormal(cv=0.4)"}, {"b,a=-0.5"});
  EXPECT_EQ(e.cells.correlation, (std::vector<double>{1, 0.6, -0.5, 0.6, 1, 0, -0.5, 0, 1}));
  Cells const cells(e);
  double mean[3] = {}, ab = 0, aa = 0, bb = 0;
  for (u64 cell = 0; cell < many; ++cell) {
    auto const f = cells.factors(cell);
    for (int i = 0; i < 3; ++i) mean[i] += f[i] / many;
    // The logarithm of a lognormal factor is its normal score but for scale and place.
    double const sa = std::sqrt(std::log(1.25)), sb = std::sqrt(std::log(1.16));
    double const za = std::log(f[0]) / sa + sa / 2, zb = std::log(f[2]) / sb + sb / 2;
    ab += za * zb / many;
    aa += za * za / many;
    bb += zb * zb / many;
  }
  double const se = 1 / std::sqrt(double(many));
  EXPECT_NEAR(mean[0], 1, errors * 0.5 * se);
  EXPECT_NEAR(mean[1], 1, errors * 0.2 * se);
  EXPECT_NEAR(mean[2], 1, errors * 0.4 * se);
  EXPECT_NEAR(aa, 1, errors * std::sqrt(2.0) * se);
  EXPECT_NEAR(bb, 1, errors * std::sqrt(2.0) * se);
  EXPECT_NEAR(ab, -0.5, errors * std::sqrt(1.25) * se);
}

TEST(Cells, ScaleCountsTogetherAndRoundWithoutBias) {
  auto const network = small_network();
  auto const e = experiment_of(network, {"A+A2+B=discrete(values=0.55:1.45)"});
  Cells const cells(e);
  double mean[3] = {};
  for (u64 cell = 0; cell < many; ++cell) {
    auto const f = cells.factors(cell);
    auto const counts = cells.initial(cell, f);
    double const exact[3] = {10 * f[0], 4 * f[0], 3 * f[0]};
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(counts[i] == std::floor(exact[i]) || counts[i] == std::ceil(exact[i]))
          << counts[i] << " of " << exact[i];
      mean[i] += double(counts[i]) / many;
    }
  }
  double const spread[3] = {4.5, 1.8, 1.35};
  double const expected[3] = {10, 4, 3};
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(mean[i], expected[i],
                errors * std::sqrt((spread[i] * spread[i] + 0.25) / double(many)));
}

TEST(Cells, ScaleScheduledValuesAndKeepBounds) {
  auto const network = small_network();
  auto const e = experiment_of(network, {"a=discrete(values=3)", "share=discrete(values=2)"});
  Cells const cells(e);
  auto const f = cells.factors(0);
  EXPECT_EQ(cells.parameters(0, f, 0), (std::vector<double>{6, 3, 1}));
  EXPECT_EQ(cells.parameters(0, f, 1), (std::vector<double>{21, 3, 1}));
}

TEST(Cells, RemarkOnWhatAUserMayNotExpect) {
  auto const network = small_network();
  auto const e = experiment_of(
      network, {"share=lognormal(cv=0.5)", "a=discrete(values=1:2)", "A=lognormal(cv=0.1)"});
  std::string text;
  for (auto const& remark : e.remarks) text += to_string(remark) + "\n";
  EXPECT_EQ(text,
            "note: in 24 % of the cells 'share' is held at a bound (it is 0.8 and must stay within "
            "[0, 1]). Give it a distribution that ends there, such as beta.\n"
            "note: the factors of 'a' have mean 1.5 (the average cell is not the cell without "
            "variation).\n"
            "note: 'A' scales 71 % of a conserved total, and not A2. To scale all of it, name it "
            "too: 'A+A2=...'.\n");
}

TEST(Cells, SayWhatCannotVary) {
  EXPECT_EQ(error_of({"c=lognormal(cv=0.3)"}),
            "error: 'c' is neither a parameter nor a species (it is to vary). 'cristae inspect' "
            "lists them.");
  EXPECT_EQ(error_of({"b"}),
            "error: 'b' is not declared under [vary] of the network. Give a distribution: --vary "
            "'b=lognormal(cv=0.3)'.");
  EXPECT_EQ(error_of({"b=lognormal(cv=0.3)", "b=gamma(cv=0.3)"}),
            "error: 'b' is varied twice (one of the two would be lost). Remove one.\n"
            "error: 'b' is scaled twice by 'b' (it would get the product of both factors). Remove "
            "one.");
  EXPECT_EQ(error_of({"all", "A=gamma(cv=0.1)"}),
            "error: 'A' is scaled by 'pool' and by 'A' (it would get the product of both factors). "
            "Remove one.");
  EXPECT_EQ(error_of({"a=gamma(cv=0.1)"}, {"a,b=0.5", "a=0.3", "a,a=1"}),
            "error: 'b' is to be correlated, but does not vary. Name it with --vary, too.\n"
            "error: 'a=0.3' is no correlation. It is written NAME,NAME=R with R from -1 to 1.\n"
            "error: 'a' is to be correlated with itself. Name two.");
  EXPECT_EQ(
      error_of({"a=gamma(cv=0.1)", "b=gamma(cv=0.1)", "share=uniform(cv=0.1)"},
               {"a,b=0.9", "b,share=0.9", "a,share=-0.9"}),
      "error: the correlations contradict each other (no quantities can be correlated in this "
      "way). Change one of them.");
}

TEST(Cells, OfSetsHaveTheSetsValues) {
  auto const network = small_network();
  ExperimentRequest request;
  request.condition = "pulse";
  request.vary = {"b=discrete(values=2)"};
  request.swept = {"b"};
  request.sets = {{5}, {6}};
  auto const e = resolve(network, request);
  Cells const cells(e);
  EXPECT_EQ(cells.parameters(1, cells.factors(0), 1), (std::vector<double>{7, 12, 0.8}));
  request.swept = {"a"};
  EXPECT_THROW(resolve(network, request), Error) << "the condition changes it";
  request.swept = {"share"};
  request.sets = {{0.5}, {1.5}};
  EXPECT_THROW(resolve(network, request), Error) << "outside of its bounds";
}

}  // namespace
}  // namespace cristae
