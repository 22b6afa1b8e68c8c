// tests/conformance/laws_test.cpp - every kind of law at every state of a box, ties included, against double.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "host/engine/tables.hpp"
#include "host/model/evaluate.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

/// Each is a propensity without reactants: 0 or more, in the whole box.
constexpr char const* laws[] = {
    "A < B",
    "A <= B",
    "A > B",
    "A >= B",
    "A == B",
    "A != B",
    "2 > A",
    "2 >= A",
    "3 < B",
    "3 <= B",
    "not (A > B)",
    "A > B and B >= C",
    "A == B or B < C",
    "(A >= 4) * k + (B > 4)",
    "piecewise(k, A > B, 2 * k, A == B, 3)",
    "min(A, B, 5)",
    "max(A, B, 2)",
    "abs(A - B)",
    "floor(A / 2) + ceil(B / 3)",
    "k * A * B / (1 + C)",
    "A / (K + A)",
    "A ^ 2 * k",
    "A ^ m",
    "(1 + A) ^ (1 + B / 8)",
    "hill(A, K, n)",
    "hill(A, 1 + B, 3)",
    "hill(A, K, 1 + B)",
    "exp(-A / 3) + ln(1 + B) + log10(1 + C)",
    "sqrt(A) * sqrt(B)",
    "k - A / (1 + A)",
    "1 + A - B + C + 7",
    "2 / (1 + A) / (1 + B)",
    "-A + 3 * A",
};

Network network_of_laws() {
  std::string text = R"toml([network]
name = "laws"
time_unit = "s"
[parameters]
k = 3.7
K = 2.5
n = 2.0
m = 1.3
[species]
A = 0
B = 0
C = 0
[reactions]
)toml";
  for (usize j = 0; j < std::size(laws); ++j)
    text += fmt::format("r{} = {{ equation = \"0 -> A\", rate = \"{}\" }}\n", j, laws[j]);
  // The ways to choose reactants.
  text +=
      "m1 = { equation = \"A -> 0\", mass_action = \"k\" }\n"
      "m2 = { equation = \"2 A -> 0\", mass_action = \"k\" }\n"
      "m3 = { equation = \"3 A -> 0\", mass_action = \"k\" }\n"
      "m4 = { equation = \"2 A + 2 B -> C\", mass_action = \"k\" }\n"
      "m5 = { equation = \"A + B + C -> 0\", mass_action = \"k\" }\n";
  return read_network_text(text + "[run]\nt_end = 1\nsample_every = 1\n", "laws.toml");
}

/// C(x, count), counted by Pascal's triangle.
double ways(i64 x, i64 count) {
  if (count == 0) return 1;
  return x < count ? 0 : ways(x - 1, count - 1) + ways(x - 1, count);
}

TEST(Laws, AreThoseOfTheirTreesAtEveryStateOfABoxAndAtTies) {
  Network const network = network_of_laws();
  Experiment const experiment = resolve(network, {});
  RunPlan plan;
  plan.experiment = &experiment;
  Tables const tables(build_law_graph(network), plan, {1, false, false});
  core::Program const& program = tables.program();
  std::vector<float> registers(tables.register_count());
  usize compared = 0;
  for (i64 state = 0; state < 9 * 9 * 9; ++state) {
    std::vector<double> const x{double(state % 9), double(state / 9 % 9), double(state / 81)};
    for (usize s = 0; s < 3; ++s) registers[s] = float(x[s]);
    core::run_ops<core::ScalarLane, 1>(program.ops, program.ops_count, registers.data());
    for (u32 j = 0; j < program.reactions; ++j, ++compared) {
      Reaction const& reaction = network.reactions[j];
      double exact = evaluate(reaction.rate, {x, experiment.segments[0].parameters, {}, {}});
      if (reaction.rate_kind == RateKind::mass_action)
        for (auto const& p : reaction.reactants) exact *= ways(i64(x[u32(p.species)]), p.count);
      float got[1];
      core::term_values<core::ScalarLane, 1>(program.terms[j], program.guards, registers.data(),
                                             got);
      // At most 16 roundings of 2^-24 in any of them; what is a whole number or 0 has none.
      ASSERT_NEAR(double(got[0]), exact, 16 * 0x1p-24 * exact)
          << reaction.rate.text << " at " << x[0] << " " << x[1] << " " << x[2];
    }
  }
  EXPECT_EQ(compared, 729 * (std::size(laws) + 5));
}

}  // namespace
}  // namespace cristae::test
