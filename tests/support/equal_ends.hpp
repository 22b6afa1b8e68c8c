// tests/support/equal_ends.hpp - two runs of the same trajectories: the same bits in all that is told of them.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/runs.hpp"

namespace cristae::test {

/// The samples that were taken: what stands behind them is left from other trajectories.
inline std::vector<double> reached(Kept::Trajectory const& t) {
  if (t.end.state.empty()) return t.samples;
  usize const species = t.end.state.size(), times = t.samples.size() / species;
  std::vector<double> values;
  for (usize s = 0; s < species; ++s)
    values.insert(values.end(), t.samples.begin() + static_cast<std::ptrdiff_t>(s * times),
                  t.samples.begin() + static_cast<std::ptrdiff_t>(s * times + t.end.samples));
  return values;
}

/// Statuses, times and states too: the hash holds neither time nor state of an end.
inline void expect_equal(Kept const& got, Kept const& expected, std::string const& what) {
  ASSERT_FALSE(got.by_id.empty()) << what;
  for (auto const& [id, t] : got.by_id) {
    SCOPED_TRACE(fmt::format("{}, trajectory {}", what, id));
    auto const& other = expected.by_id.at(id);
    ASSERT_EQ(t.end.hash, other.end.hash);
    ASSERT_EQ(t.end.status, other.end.status);
    ASSERT_EQ(t.end.events, other.end.events);
    ASSERT_EQ(t.end.time, other.end.time);
    ASSERT_EQ(t.end.state, other.end.state);
    ASSERT_EQ(t.end.reaction, other.end.reaction);
    ASSERT_EQ(t.end.samples, other.end.samples);
    ASSERT_EQ(reached(t), reached(other));
  }
}

}  // namespace cristae::test
