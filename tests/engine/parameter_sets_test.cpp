// tests/engine/parameter_sets_test.cpp - ranges and designs of sweeps.
#include "host/engine/parameter_sets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/base/error.hpp"

namespace cristae {
namespace {

using Sets = std::vector<std::vector<double>>;

Sets sets_of(std::vector<std::string> const& over, std::string const& design = {}, u64 seed = 1) {
  return parameter_sets(over, design, seed).sets;
}

TEST(ParameterSets, AreAllCombinationsTheLastNameFastest) {
  EXPECT_EQ(sets_of({"a=list(1, 2)", "b = 0:1:0.5"}),
            (Sets{{1, 0}, {1, 0.5}, {1, 1}, {2, 0}, {2, 0.5}, {2, 1}}));
  EXPECT_EQ(parameter_sets({"a=list(1)", "b=list(2)"}, "", 1).parameters,
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(sets_of({"a=linear(0,1,3)"}), (Sets{{0}, {0.5}, {1}}));
  EXPECT_EQ(sets_of({"a=linear(5,9,1)"}), (Sets{{5}}));
}

TEST(ParameterSets, EndWhereTheRangeEnds) {
  auto const tenths = sets_of({"a=0:1:0.1"});
  ASSERT_EQ(tenths.size(), 11u);
  EXPECT_EQ(tenths.back()[0], 1);
  EXPECT_EQ(sets_of({"a=0:1:0.3"}).size(), 4u);
  EXPECT_EQ(sets_of({"a=3:1:-1"}), (Sets{{3}, {2}, {1}}));
  auto const decades = sets_of({"a=log(1e-3,1e3,7)"});
  for (usize i = 0; i < 7; ++i) EXPECT_NEAR(std::log10(decades[i][0]), double(i) - 3, 1e-12);
  EXPECT_EQ(decades.front()[0], 1e-3);
  EXPECT_EQ(decades.back()[0], 1e3);
}

TEST(ParameterSets, OfALatinHypercubeHaveOneInEachSlice) {
  constexpr usize n = 50;
  auto const sets = sets_of({"a=linear(0,1)", "b=log(1,100)"}, "lhs(50)", 7);
  ASSERT_EQ(sets.size(), n);
  for (usize side = 0; side < 2; ++side) {
    std::vector<int> in_slice(n, 0);
    for (auto const& set : sets) {
      double const share = side == 0 ? set[0] : std::log(set[1]) / std::log(100);
      ++in_slice[std::min(usize(share * n), n - 1)];
    }
    EXPECT_EQ(std::count(in_slice.begin(), in_slice.end(), 1), int(n)) << side;
  }
  EXPECT_EQ(sets, sets_of({"a=linear(0,1)", "b=log(1,100)"}, "lhs(50)", 7));
  EXPECT_NE(sets, sets_of({"a=linear(0,1)", "b=log(1,100)"}, "lhs(50)", 8));
}

TEST(ParameterSets, OfSobolFillEverySquareEvenly) {
  // The first 2^m points of a Sobol sequence are a net: each of 16 squares has the same number.
  auto const sets = sets_of({"a=linear(0,1)", "b=linear(0,1)"}, "sobol(256)");
  std::vector<int> in_square(16, 0);
  for (auto const& set : sets) ++in_square[usize(set[0] * 4) * 4 + usize(set[1] * 4)];
  for (int const count : in_square) EXPECT_NEAR(count, 16, 1);
}

std::string error_of(std::vector<std::string> const& over, std::string const& design = {}) {
  try {
    sets_of(over, design);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "no error";
}

TEST(ParameterSets, SayAllThatIsWrong) {
  std::string const forms =
      " It is written NAME=a:b:step, NAME=log(a, b, n), NAME=linear(a, b, n) or NAME=list(a, b, "
      "...).";
  EXPECT_EQ(error_of({"a", "b=1:2", "c=log(0,1,3)", "d=list(1,x)", "e=1:0:1"}),
            "error: 'a' does not say what to sweep over." + forms +
                "\nerror: 'b=1:2' is no range." + forms +
                "\nerror: 'c=log(0,1,3)' has no logarithm (both ends must be above 0)." + forms +
                "\nerror: 'd=list(1,x)' is no range." + forms +
                "\nerror: 'e=1:0:1' has no values (the step leads away from the end)." + forms);
  EXPECT_EQ(error_of({"a=0:1:0.1"}, "grid(3)"),
            "error: 'a=0:1:0.1' is no range. With a design it is written NAME=log(a, b) or "
            "NAME=linear(a, b).\nerror: 'grid(3)' is no design. It is written lhs(n) or sobol(n).");
  EXPECT_EQ(
      error_of({"a=linear(0,1,2000)", "b=linear(0,1,2000)"}),
      "error: 4000000 parameter sets are asked for (the limit is 1000000). Use coarser ranges, "
      "or a design.");
}

}  // namespace
}  // namespace cristae
