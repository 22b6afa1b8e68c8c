// host/engine/law_accuracy.cpp - float32 laws against double at sampled states.
#include "host/engine/law_accuracy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

constexpr u32 states_per_segment = 256;
constexpr usize most_segments = 64;
/// Below it a propensity is never met in a run: its event would take 1e20 time units.
constexpr double negligible = 1e-20;

/// A copy number near `initial`: the same, none, few, or scaled by 2^-6 to 2^6.
i64 sampled_count(i64 initial, u64 random) {
  switch (random & 7) {
    case 0: return initial;
    case 1: return 0;
    case 2: return i64((random >> 8) & 3);
    default: {
      double const scale = std::exp2(double((random >> 16) & 0xffff) / 65535.0 * 12 - 6);
      return i64(std::floor(double(std::max<i64>(initial, 8)) * scale));
    }
  }
}

}  // namespace

std::vector<LawAccuracy> law_accuracy(RunPlan const& plan) {
  Experiment const& experiment = *plan.experiment;
  Network const& network = *experiment.network;
  LawGraph const graph = build_law_graph(network);
  Tables const tables(graph, plan, {1, false, true});
  core::Program const& program = tables.program();
  std::vector<float> registers(tables.register_count());
  std::vector<LawAccuracy> worst(network.reactions.size());
  // What the lanes check; single trajectories with counts to 2^53 may check more.
  Tables const narrow(graph, plan, {1, true, false});
  for (usize j = 0; j < worst.size(); ++j) worst[j].analysis = narrow.analysis()[j];
  u64 random = 1;
  // Of a signal with thousands of rows, some from the first to the last.
  usize const last = experiment.segments.size() - 1;
  usize const looked_at = std::min<usize>(last + 1, most_segments);
  for (usize look = 0; look < looked_at; ++look) {
    usize const segment = looked_at == 1 ? 0 : look * last / (looked_at - 1);
    std::vector<double> const& parameters = experiment.segments[segment].parameters;
    for (u32 c = 0; c < program.schedule.constants; ++c) {
      registers[program.schedule.constant_base + c] =
          program.schedule.values[segment * program.schedule.row + c];
    }
    for (u32 n = 0; n < states_per_segment; ++n) {
      std::vector<i64> state(network.species.size());
      std::vector<double> x(state.size());
      for (usize s = 0; s < state.size(); ++s) {
        random = core::mix(random + 0x9E3779B97F4A7C15u);
        state[s] = n == 0 ? experiment.initial[s] : sampled_count(experiment.initial[s], random);
        x[s] = double(state[s]);
        registers[s] = float(x[s]);
      }
      core::run_ops<core::ScalarLane, 1>(program.ops, program.ops_count, registers.data());
      ExpressionValues values{x, parameters, {}, {}};
      std::vector<double> const rules = evaluate_rules(network, values);
      values.rules = rules;
      for (u32 j = 0; j < program.reactions; ++j) {
        Reaction const& reaction = network.reactions[j];
        // Mass action is a product: a few roundings, whatever the state.
        if (reaction.rate_kind == RateKind::mass_action) continue;
        float got[1];
        core::term_values<core::ScalarLane, 1>(program.terms[j], program.guards, registers.data(),
                                               got);
        double exact = evaluate(reaction.rate, values);
        for (auto const& reactant : reaction.reactants)
          if (x[u32(reactant.species)] < double(reactant.count)) exact = 0;
        // Negative and undefined values end a trajectory by themselves.
        if (!(exact >= 0) || std::isinf(exact) || (exact < negligible && got[0] < negligible))
          continue;
        double const error = std::isfinite(got[0])
                                 ? std::fabs(double(got[0]) - exact) / std::max(exact, negligible)
                                 : 1.0;
        if (error <= worst[j].error) continue;
        worst[j].error = error;
        worst[j].exact = exact;
        // Of tolerable errors nobody asks for the state, and a large network has many laws.
        if (error > tolerable_law_error) worst[j].state = state;
      }
    }
  }
  return worst;
}

std::vector<Diagnostic> law_accuracy_warnings(RunPlan const& plan) {
  Network const& network = *plan.experiment->network;
  std::vector<LawAccuracy> const accuracies = law_accuracy(plan);
  std::vector<Diagnostic> warnings;
  for (usize j = 0; j < accuracies.size(); ++j) {
    LawAccuracy const& accuracy = accuracies[j];
    if (accuracy.error <= tolerable_law_error) continue;
    std::string state;
    for (usize s = 0; s < accuracy.state.size() && s < 8; ++s)
      state += fmt::format("{}{} = {}", s ? ", " : "", network.species[s].id, accuracy.state[s]);
    if (accuracy.state.size() > 8) state += ", ...";
    warnings.push_back(
        {Severity::warning, network.reactions[j].where,
         fmt::format("the rate of '{}' loses {:.1e} of its value {:.6g} at {}",
                     network.reactions[j].id, accuracy.error, accuracy.exact, state),
         "propensities are float32, and a difference of nearly equal numbers keeps few digits",
         "Rewrite the difference, or check with --engine reference that it does not matter"});
  }
  return warnings;
}

}  // namespace cristae
