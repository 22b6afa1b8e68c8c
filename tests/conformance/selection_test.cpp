// tests/conformance/selection_test.cpp - at real states of every network: each reaction's interval of
// the choice has the width of its share of the total, propensities taken from the laws in double.
#include <gtest/gtest.h>

#include <cmath>

#include "host/core/choose.hpp"
#include "host/engine/tables.hpp"
#include "host/model/evaluate.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

/// Propensities as the textbook has them, from the syntax trees in double.
std::vector<double> exact_propensities(Network const& network, std::vector<double> const& x,
                                       std::vector<double> const& parameters) {
  ExpressionValues values{x, parameters, {}, {}};
  std::vector<double> const rules = evaluate_rules(network, values);
  values.rules = rules;
  std::vector<double> a;
  for (Reaction const& reaction : network.reactions) {
    double value = evaluate(reaction.rate, values);
    if (reaction.rate_kind == RateKind::mass_action)
      for (auto const& reactant : reaction.reactants)
        for (i64 i = 0; i < reactant.count; ++i)
          value *= (x[u32(reactant.species)] - double(i)) / double(i + 1);
    a.push_back(value);
  }
  return a;
}

class Selection : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Selection, IntervalsHaveTheWidthsOfTheLawsAt1000States) {
  auto const& [name, condition] = GetParam();
  Network const network = bundled(name);
  RunOptions o;
  o.condition = condition;
  o.trajectories = 100;
  o.seed = 3;
  // States along 100 trajectories of a tenth of the network's horizon, at 10 times each.
  o.t_end = network.run.t_end / 10;
  o.sample_every = o.t_end / 9;
  Kept const kept = run(network, o);

  ExperimentRequest request;
  request.condition = condition;
  request.t_end = o.t_end;
  Experiment const experiment = resolve(network, request);
  std::vector<double> const& parameters = experiment.segments[0].parameters;
  RunPlan plan;
  plan.experiment = &experiment;
  LawGraph const graph = build_law_graph(network);
  Tables const tables(graph, plan, {1, false, false});
  core::Program const& program = tables.program();

  u32 const reactions = program.reactions;
  std::vector<float> registers(tables.register_count()), a(reactions);
  int states = 0, intervals = 0;
  for (auto const& [id, t] : kept.by_id) {
    for (u32 k = 0; k < t.end.samples; ++k, ++states) {
      std::vector<double> x;
      for (usize s = 0; s < network.species.size(); ++s)
        x.push_back(t.samples[s * (t.samples.size() / network.species.size()) + k]);
      for (usize s = 0; s < x.size(); ++s) registers[s] = float(x[s]);
      for (u32 c = 0; c < program.schedule.constants; ++c)
        registers[program.schedule.constant_base + c] = program.schedule.values[c];
      core::run_ops<core::ScalarLane, 1>(program.ops, program.ops_count, registers.data());
      for (u32 j = 0; j < reactions; ++j) {
        float value[1];
        core::term_values<core::ScalarLane, 1>(program.terms[j], program.guards, registers.data(),
                                               value);
        a[j] = value[0];
      }
      std::vector<double> const exact = exact_propensities(network, x, parameters);
      double total = 0;
      for (double p : exact) total += p;
      if (total == 0) continue;

      auto const choice = [&](u64 word) {
        return core::choose(a.data(), 1, reactions, u32(word >> 32), u32(word));
      };
      u64 begin = 0;
      for (u32 j = 0; j < reactions; ++j) {
        u64 low = begin, high = ~u64{0};  // the first word beyond reaction j, by bisection
        double end = 0x1p64;
        if (choice(high) > j) {
          if (choice(begin) > j) {
            high = begin;
          } else {
            while (high - low > 1) {
              u64 const middle = low + (high - low) / 2;
              (choice(middle) > j ? high : low) = middle;
            }
          }
          end = double(high);
        }
        double const width = (end == 0x1p64 ? double(~begin) + 1 : double(high - begin)) * 0x1p-64;
        double const share = exact[j] / total;
        ASSERT_GE(exact[j], 0.0) << network.reactions[j].id;
        if (exact[j] == 0) {
          ASSERT_EQ(width, 0.0) << network.reactions[j].id;
        } else if (share >= 1e-9) {
          ASSERT_NEAR(width / share, 1, 1e-6) << network.reactions[j].id << " share " << share;
          ++intervals;
        } else if (share >= 1e-12) {
          ASSERT_NEAR(width / share, 1, 1e-3) << network.reactions[j].id << " share " << share;
          ++intervals;
        }
        begin = end == 0x1p64 ? ~u64{0} : high;
        if (end == 0x1p64) break;
      }
    }
  }
  EXPECT_GE(states, 1000);
  EXPECT_GE(intervals, 1000);
}

using Case = std::tuple<std::string, std::string>;
INSTANTIATE_TEST_SUITE_P(Networks, Selection,
                         testing::Values(Case("birth_death", ""), Case("dimerisation", ""),
                                         Case("vilar", ""), Case("schloegl", ""),
                                         Case("telegraph", ""), Case("chain", ""),
                                         Case("isr", "er"), Case("isr", "mito"),
                                         Case("mitophagy", "cccp"), Case("uprmt", "misfold"),
                                         Case("uprmt_cel", "etc"), Case("coupled", "combo")));

}  // namespace
}  // namespace cristae::test
