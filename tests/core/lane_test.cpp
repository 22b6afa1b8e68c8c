// tests/core/lane_test.cpp - all lane types return ScalarLane's bits.
#include <gtest/gtest.h>

#include "host/cpu/cpu_engine.hpp"
#include "tests/core/lane_checks.hpp"

namespace cristae {
namespace {

constexpr int rounds = 20000;

bool usable(std::string const& isa) {
  auto const isas = usable_isas();
  return std::find(isas.begin(), isas.end(), isa) != isas.end();
}

void expect_none(test::LaneDifference const& d) {
  EXPECT_EQ(d.operation, nullptr) << d.operation << std::hex << " of " << d.a << ", " << d.b << ", "
                                  << d.c << ": expected " << d.expected << ", got " << d.got;
}

TEST(Lane, ScalarLaneGivesThePublishedPhiloxAnswers) {
  expect_none(test::LaneChecks<core::ScalarLane>().run(1));
}

TEST(Lane, PortableLanesGiveTheBitsOfScalarLane) { expect_none(test::check_portable(rounds)); }

TEST(Lane, Avx2LanesGiveTheBitsOfScalarLane) {
  if (!usable("avx2")) GTEST_SKIP() << "no AVX2 on this machine";
  expect_none(test::check_avx2(rounds));
}

TEST(Lane, Avx512LanesGiveTheBitsOfScalarLane) {
  if (!usable("avx512")) GTEST_SKIP() << "no AVX-512 on this machine";
  expect_none(test::check_avx512(rounds));
}

}  // namespace
}  // namespace cristae
