// tests/engine/law_accuracy_test.cpp - laws that float32 cannot hold are named; the bundled ones can.
#include "host/engine/law_accuracy.hpp"

#include <gtest/gtest.h>

#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

TEST(LawAccuracy, OfAllBundledNetworksIsTolerableUnderEveryCondition) {
  for (char const* name : {"birth_death", "dimerisation", "vilar", "schloegl", "telegraph", "chain",
                           "isr", "mitophagy", "uprmt", "uprmt_cel", "mam_ca", "coupled"}) {
    Network const network = bundled(name);
    std::vector<std::string> conditions{""};
    for (Condition const& condition : network.conditions) conditions.push_back(condition.id);
    for (std::string const& condition : conditions) {
      ExperimentRequest request;
      request.condition = condition;
      Experiment const experiment = resolve(network, request);
      RunPlan plan;
      plan.experiment = &experiment;
      auto const accuracies = law_accuracy(plan);
      for (usize j = 0; j < accuracies.size(); ++j) {
        EXPECT_LE(accuracies[j].error, tolerable_law_error)
            << name << " " << condition << " " << network.reactions[j].id;
      }
    }
  }
}

TEST(LawAccuracy, OfACancellingDifferenceIsReportedWithItsState) {
  Network const network = read_network_text(R"toml([network]
name = "test"
time_unit = "s"
[species]
A = 100000
[parameters]
k = 0.3333333
top = 33333.3300001
[reactions]
grow = { equation = "0 -> A", rate = "abs(top - k * A)" }
fade = { equation = "A -> 0", mass_action = "k" }
[run]
t_end = 1
sample_every = 1
)toml",
                                            "test.toml");
  Experiment const experiment = resolve(network, {});
  RunPlan plan;
  plan.experiment = &experiment;
  auto const warnings = law_accuracy_warnings(plan);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(to_string(warnings[0]).find("test.toml:10:1: warning: the rate of 'grow' loses "), 0u)
      << to_string(warnings[0]);
  EXPECT_NE(warnings[0].problem.find("A = 100000"), std::string::npos) << warnings[0].problem;
}

}  // namespace
}  // namespace cristae::test
