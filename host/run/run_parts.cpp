// host/run/run_parts.cpp - request and experiment to plan and report.
#include "host/run/run_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/base/error.hpp"

#ifndef CRISTAE_VERSION
#define CRISTAE_VERSION "unknown"
#endif

namespace cristae {

bool collect(std::vector<Diagnostic>& findings, ExitCode code, std::function<void()> const& step) {
  try {
    step();
    return true;
  } catch (Error const& error) {
    if (error.code() != code) throw;
    findings.insert(findings.end(), error.diagnostics().begin(), error.diagnostics().end());
    return false;
  }
}

void add_once(std::vector<Feature>& features, Feature feature) {
  auto const is_same = [&](Feature const& other) { return other.text == feature.text; };
  if (std::none_of(features.begin(), features.end(), is_same))
    features.push_back(std::move(feature));
}

void add_first_passages(std::span<Experiment const> experiments,
                        std::vector<std::string> const& texts,
                        std::vector<StateCondition>& passages, std::vector<Feature>& features,
                        std::vector<Diagnostic>& findings) {
  for (auto const& text : texts)
    collect(findings, ExitCode::usage, [&] {
      auto condition = condition_for(experiments.front(), text);
      for (auto const& experiment : experiments.subspan(1)) {
        auto const other = condition_for(experiment, text);
        if (other.parts != condition.parts || other.steps != condition.steps)
          throw Error(ExitCode::usage,
                      fmt::format("the condition '{}' reads a parameter that differs between the "
                                  "conditions of the sweep",
                                  condition.text),
                      "it must mean the same for all", "Write the number");
      }
      auto const is_same = [&](StateCondition const& known) {
        return known.text == condition.text;
      };
      if (std::any_of(passages.begin(), passages.end(), is_same)) return;
      features.push_back(first_passage_feature(condition.text, passages.size()));
      passages.push_back(std::move(condition));
    });
}

RunPlan plan_of(RunRequest const& request, Experiment const& experiment,
                std::vector<ReactionId> counted_reactions) {
  RunPlan plan;
  plan.experiment = &experiment;
  plan.first = request.first;
  plan.trajectories = request.trajectories;
  plan.seed = request.seed;
  plan.threads = request.threads;
  plan.isa = request.isa;
  plan.code = request.code;
  plan.max_events = request.max_events.value_or(plan.max_events);
  plan.counted_reactions = std::move(counted_reactions);
  return plan;
}

RunReport report_of(RunRequest const& request, Experiment const& experiment,
                    StartStates const& start, RunPlan const& plan) {
  Network const& network = *experiment.network;
  RunReport report;
  report.version = CRISTAE_VERSION;
  report.network = network.name;
  report.title = network.title;
  report.time_unit = network.time_unit;
  report.condition = experiment.condition;
  report.set = request.experiment.set;
  for (auto const& signal : experiment.signals)
    report.signals.push_back({network.parameters[static_cast<u32>(signal.parameter)].id,
                              signal.file, signal.times, signal.values});
  report.twin = request.experiment.twin;
  report.seed = request.seed;
  report.first = request.first;
  report.requested = request.trajectories;
  report.shard = request.shard;
  report.part_of = request.part_of;
  report.t_end = experiment.t_end;
  report.burn_in = experiment.burn_in;
  auto const& cells = experiment.cells;
  for (auto const& quantity : cells.quantities)
    report.varied.emplace_back(quantity.name, quantity.factor.text());
  report.correlation = cells.correlation;
  report.replicates = cells.replicates;
  report.cell_seed = cells.seed;
  report.sisters = experiment.sisters;
  report.fork_at = experiment.fork_at;
  report.max_events = plan.max_events;
  report.histogram_times = request.histogram_times;
  report.stop_when = experiment.stop_when.text;
  report.start_from = start.result;
  report.start_seeds = start.seeds;
  report.start_contract_hash = start.contract_hash;
  return report;
}

}  // namespace cristae
