// tests/cpu/reference_engine_test.cpp - what a failing trajectory of the reference engine has sampled.
#include <gtest/gtest.h>

#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

Network faulty(std::string const& conditions) {
  return read_network_text(R"toml([network]
name = "faulty"
time_unit = "s"
[parameters]
k = 1
[species]
A = 5
[reactions]
fade = { equation = "A -> 0", rate = "1e-9 * A" }
odd = { equation = "0 -> A", rate = "1e-9 * k" }
[run]
t_end = 4
sample_every = 1
)toml" + conditions,
                           "faulty.toml");
}

/// Both engines, which must agree on everything but random numbers; no event happens here.
void expect_samples(Network const& network, TrajectoryStatus status, double time,
                    std::vector<double> const& sampled) {
  for (char const* engine : {"cpu", "reference"}) {
    RunOptions options;
    options.engine = std::string(engine);
    options.condition = std::string("c");
    auto const kept = run(network, options);
    auto const& [end, samples] = kept.by_id.at(0);
    EXPECT_EQ(end.status, status) << engine;
    EXPECT_EQ(end.time, time) << engine;
    EXPECT_EQ(end.events, 0u) << engine;
    ASSERT_EQ(end.samples, sampled.size()) << engine;
    for (usize k = 0; k < sampled.size(); ++k) EXPECT_EQ(samples[k], sampled[k]) << engine << k;
  }
}

TEST(ReferenceEngine, HasSampledTheStartWhereItFailsAtTheStart) {
  expect_samples(faulty("[conditions.c]\nset = { k = -1 }\ninitial = { A = 7 }\n"),
                 TrajectoryStatus::bad_propensity, 0, {7});
}

TEST(ReferenceEngine, HasSampledTheChangeAfterWhichItFails) {
  expect_samples(faulty("[conditions.c]\nat = [{ time = 2, set = { k = -1 }, add = { A = 3 } }]\n"),
                 TrajectoryStatus::bad_propensity, 2, {5, 5, 8});
}

TEST(ReferenceEngine, HasNotSampledAChangeThatFails) {
  expect_samples(faulty("[conditions.c]\nat = [{ time = 2, add = { A = -6 } }]\n"),
                 TrajectoryStatus::overflow, 2, {5, 5});
}

}  // namespace
}  // namespace cristae::test
