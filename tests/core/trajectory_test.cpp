// tests/core/trajectory_test.cpp - stops, changes and ends of one trajectory, at their exact moments.
#include "host/core/trajectory.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace cristae::core {
namespace {

/// Two species, samples at 0, 1, 2 (and, with `change`, new constants and 5 copies of B at 1).
struct Fixture {
  std::vector<float> high{1.0f, 1.0f, 0.0f}, low{0.0f, 0.0f, 0.0f};
  std::vector<u8> actions{stop_samples, stop_samples, stop_samples};
  std::vector<i64> initial{3, 7};
  std::vector<u64> multipliers;
  std::vector<float> values{0.5f, 0.25f};
  std::vector<u32> add_begin{0, 0, 1}, add_species{1};
  std::vector<i64> add_count{5};
  std::vector<double> times{0, 1, 2};
  std::vector<float> registers = std::vector<float>(3);
  Program program{};
  std::vector<std::vector<i64>> samples;

  explicit Fixture(bool change = false) {
    if (change) actions[1] |= stop_changes;
    for (u32 i = 0; i < 5; ++i) multipliers.push_back(multiplier(i));
    program.species = program.hashed = 2;
    program.initial = initial.data();
    program.initial_rows = 1;
    program.multipliers = multipliers.data();
    program.widen_above = 1000.0f;
    program.stops = {3, high.data(), low.data(), actions.data(), times.data()};
    program.schedule = {
        1, 1, 2, 1, values.data(), add_begin.data(), add_species.data(), add_count.data()};
  }
  NarrowCounts counts() { return {registers.data(), 1, program.widen_above}; }
  template <class Counts>
  void sample(TrajectoryState const&, Counts const& c) {
    samples.push_back({c.get(0), c.get(1)});
  }
};

TEST(Trajectory, StartsWithTheInitialStateSampledAtTimeZero) {
  Fixture f;
  auto counts = f.counts();
  TrajectoryState t;
  EXPECT_EQ(start(f.program, t, {9, 0, 0}, counts, f), Settled::redraws);
  EXPECT_EQ(f.samples, (std::vector<std::vector<i64>>{{3, 7}}));
  EXPECT_EQ(t.stop, 1u);
  EXPECT_EQ(t.left.high, 1.0f);
  EXPECT_EQ(f.registers[2], 0.5f);
}

TEST(Trajectory, AnEventExactlyAtASampleTimeComesAfterTheSample) {
  Fixture f;
  auto counts = f.counts();
  TrajectoryState t;
  start(f.program, t, {0, 0, 0}, counts, f);
  EXPECT_EQ(settle(f.program, t, counts, 1.0f, 1.0f, f), Settled::fires);
  EXPECT_EQ(f.samples.size(), 2u);
  EXPECT_EQ(t.left.high, 1.0f);
  EXPECT_EQ(t.events(), 1u);
}

TEST(Trajectory, AnEventJustBeforeASampleTimeComesBeforeIt) {
  Fixture f;
  auto counts = f.counts();
  TrajectoryState t;
  start(f.program, t, {0, 0, 0}, counts, f);
  EXPECT_EQ(settle(f.program, t, counts, 1.0f, 0x1.fffffep-1f, f), Settled::fires);
  EXPECT_EQ(f.samples.size(), 1u);
}

TEST(Trajectory, WithoutAnEventTheStateHoldsToTheEnd) {
  Fixture f;
  auto counts = f.counts();
  TrajectoryState t;
  start(f.program, t, {0, 0, 0}, counts, f);
  EXPECT_EQ(settle(f.program, t, counts, 0.0f, infinity(), f), Settled::absorbed);
  EXPECT_EQ(f.samples, (std::vector<std::vector<i64>>{{3, 7}, {3, 7}, {3, 7}}));
  EXPECT_EQ(t.events(), 0u);
}

TEST(Trajectory, ATotalOfMinusZeroIsNoEvent) {
  Fixture f;
  auto counts = f.counts();
  TrajectoryState t;
  start(f.program, t, {0, 0, 0}, counts, f);
  EXPECT_EQ(settle(f.program, t, counts, -0.0f, -infinity(), f), Settled::absorbed);
}

TEST(Trajectory, AnEventBeyondTheEndCompletesTheTrajectory) {
  Fixture f;
  auto counts = f.counts();
  TrajectoryState t;
  start(f.program, t, {0, 0, 0}, counts, f);
  EXPECT_EQ(settle(f.program, t, counts, 1.0f, 2.0f, f), Settled::completed);
  EXPECT_EQ(f.samples.size(), 3u);
}

TEST(Trajectory, ScheduledChangesApplyBeforeTheSampleOfTheSameTimeAndRedraw) {
  Fixture f(true);
  auto counts = f.counts();
  TrajectoryState t;
  start(f.program, t, {0, 0, 0}, counts, f);
  EXPECT_EQ(settle(f.program, t, counts, 1.0f, 1.5f, f), Settled::redraws);
  EXPECT_EQ(f.samples.back(), (std::vector<i64>{3, 12}));
  EXPECT_EQ(f.registers[2], 0.25f);
  EXPECT_EQ(t.draw, 1u);
  EXPECT_EQ(t.events(), 0u);
  EXPECT_EQ(t.left.high, 1.0f);
}

TEST(Trajectory, AChangeThatWouldLeaveTheFloatFormIsNotApplied) {
  Fixture f(true);
  f.add_count[0] = 999;
  auto counts = f.counts();
  TrajectoryState t;
  start(f.program, t, {0, 0, 0}, counts, f);
  EXPECT_EQ(settle(f.program, t, counts, 1.0f, 1.5f, f), Settled::widen);
  EXPECT_EQ(f.registers[1], 7.0f);
  EXPECT_EQ(t.stop, 1u);
}

TEST(Trajectory, AChangeBelowZeroIsAnOverflow) {
  Fixture f(true);
  f.add_count[0] = -8;
  auto counts = f.counts();
  TrajectoryState t;
  start(f.program, t, {0, 0, 0}, counts, f);
  EXPECT_EQ(settle(f.program, t, counts, 1.0f, 1.5f, f), Settled::overflow);
}

TEST(Trajectory, InfiniteAndUndefinedTotalsEndIt) {
  Fixture f;
  auto counts = f.counts();
  TrajectoryState t;
  start(f.program, t, {0, 0, 0}, counts, f);
  EXPECT_EQ(settle(f.program, t, counts, infinity(), 0.0f, f), Settled::bad_propensity);
  EXPECT_EQ(settle(f.program, t, counts, quiet_nan(), quiet_nan(), f), Settled::bad_propensity);
}

TEST(Trajectory, TheHashSeesStateClockAndEvents) {
  Fixture f;
  auto counts = f.counts();
  TrajectoryState t;
  start(f.program, t, {0, 0, 0}, counts, f);
  u64 const base = t.hash;
  auto hash_with = [&](auto change) {
    TrajectoryState copy = t;
    auto c = f.counts();
    std::vector<float> const kept = f.registers;
    change(copy, c);
    fold_sample(f.program, copy, c);
    f.registers = kept;
    return copy.hash;
  };
  u64 const plain = hash_with([](auto&, auto&) {});
  EXPECT_NE(plain, base);
  EXPECT_NE(plain, hash_with([](auto&, auto& c) { c.set(0, 4); }));
  EXPECT_NE(plain, hash_with([](auto&, auto& c) { c.set(0, 7), c.set(1, 3); }));
  EXPECT_NE(plain, hash_with([](auto& s, auto&) { s.left.low = 0x1p-40f; }));
  EXPECT_NE(plain, hash_with([](auto& s, auto&) { s.left.high = 0x1.000002p0f; }));
  EXPECT_NE(plain, hash_with([](auto& s, auto&) { ++s.draw; }));
}

}  // namespace
}  // namespace cristae::core
