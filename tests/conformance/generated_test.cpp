// tests/conformance/generated_test.cpp - generated code gives the bits of the tables, everywhere.
#include <gtest/gtest.h>

#include <algorithm>

#include "host/cpu/cpu_engine.hpp"
#include "host/jit/host_compiler.hpp"
#include "host/stats/column.hpp"
#include "tests/support/window.hpp"

namespace cristae::test {
namespace {

Kept kept_of(RunPlan const& plan, std::string* code = nullptr) {
  Keeper keeper;
  RunControl control;
  auto const engine = make_engine("cpu", plan);
  if (code != nullptr) *code = engine->code();
  engine->run(keeper, control);
  EXPECT_EQ(keeper.kept.by_id.size(), plan.trajectories);
  return std::move(keeper.kept);
}

u64 hash_of(RunPlan const& plan, std::string* code = nullptr) { return kept_of(plan, code).hash(); }

std::vector<std::string> vector_isas() {
  auto isas = usable_isas();
  std::erase(isas, "baseline");
  return isas;
}

class Bundled : public testing::TestWithParam<char const*> {};

TEST_P(Bundled, GeneratedCodeHasTheHashOfTheTablesUnderEveryCondition) {
  Network const network = bundled(GetParam());
  for (auto const& condition : conditions_of(network)) {
    ExperimentRequest request;
    request.condition = condition;
    request.samples = 20;
    Experiment experiment = resolve(network, request);
    RunPlan plan;
    plan.experiment = &experiment;
    plan.seed = 20261121;
    plan.threads = 1;
    plan.counted_reactions = counted_reactions(network, choose_columns(network, {}));
    scale_into_window(experiment, plan);
    plan.trajectories = 65;
    plan.max_events = window;
    plan.code = Code::table;
    auto const expected = kept_of(plan);
    plan.code = Code::generated;
    for (std::string const& isa : vector_isas()) {
      plan.isa = isa;
      std::string code;
      EXPECT_EQ(hash_of(plan, &code), expected.hash()) << condition << " " << isa;
      EXPECT_EQ(code, "generated code, bundled") << condition << " " << isa;
    }
    // Alone, a trajectory runs in the form that follows dependencies.
    plan.trajectories = 1;
    for (plan.first = 0; plan.first < 65; plan.first += 32)
      EXPECT_EQ(kept_of(plan).by_id.at(plan.first).end.hash, expected.by_id.at(plan.first).end.hash)
          << condition << " trajectory " << plan.first;
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, Bundled,
                         testing::Values("birth_death", "dimerisation", "vilar", "schloegl",
                                         "telegraph", "chain", "isr", "mitophagy", "uprmt",
                                         "uprmt_cel", "mam_ca", "coupled"));

/// Every kind of operation and term that the tables know, guards and checks included.
Network const& every_operation() {
  static Network const network = read_network_text(
      R"toml([network]
name = "every \"operation\""
time_unit = "s"
[parameters]
k = 3.0
n = 2.0
m = 1.5
[species]
A = 40
B = 30
C = 0
[rules]
big = "A > B and not (C >= 10 or A == 3)"
[reactions]
r1 = { equation = "0 -> A", rate = "k * hill(B, 20, n) + 1" }
r2 = { equation = "A -> B", rate = "A ^ m / (10 + A)" }
r3 = { equation = "B -> C", rate = "piecewise(0.3 * B, big, 0.1 * B)" }
r4 = { equation = "C -> 0", rate = "max(0, C - 2) * exp(-C / 50)" }
r5 = { equation = "A + B -> C", mass_action = "0.001" }
r6 = { equation = "2 A -> B", mass_action = "0.0005" }
r7 = { equation = "3 A -> B", mass_action = "0.00001" }
r8 = { equation = "B -> A", rate = "min(B, sqrt(B) * abs(A - B), 7)" }
r9 = { equation = "C -> A", rate = "floor(C / 3) + ceil(C / 7) + ln(1 + C)" }
r10 = { equation = "0 -> B", rate = "(A <= B) + (A != B) + 2 - (A < C)" }
r11 = { equation = "A -> 0", rate = "0.5" }
r12 = { equation = "B -> 0", rate = "B ^ (1 + A / 100) / 20" }
r13 = { equation = "0 -> C", rate = "k" }
r14 = { equation = "C -> B", rate = "-C + 2 * C" }
[conditions.pulse]
at = [ { time = 3, set = { k = 9 } }, { time = 5, set = { n = 3, m = 2 } } ]
[run]
t_end = 10
sample_every = 0.5
)toml",
      "every.toml");
  return network;
}

TEST(Compiled, EveryOperationHasTheHashOfTheTables) {
  if (!find_host_compiler()) GTEST_SKIP() << "no C++ compiler";
  for (char const* condition : {"", "pulse"}) {
    ExperimentRequest request;
    request.condition = condition;
    Experiment const experiment = resolve(every_operation(), request);
    RunPlan plan;
    plan.experiment = &experiment;
    plan.trajectories = 200;
    plan.threads = 1;
    plan.code = Code::table;
    u64 const expected = hash_of(plan);
    plan.code = Code::generated;
    for (std::string const& isa : usable_isas()) {
      plan.isa = isa;
      EXPECT_EQ(hash_of(plan), expected) << isa << " " << condition;
    }
    u64 one_by_one = 0;
    plan.trajectories = 1;
    for (plan.first = 0; plan.first < 200; ++plan.first) one_by_one += hash_of(plan);
    EXPECT_EQ(one_by_one, expected) << condition;
  }
}

}  // namespace
}  // namespace cristae::test
