// host/run/run_parts.hpp - what a run and a sweep make of a request before they begin.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "host/run/run.hpp"
#include "host/run/start_states.hpp"
#include "host/stats/feature.hpp"

namespace cristae {

/// Runs `step` and keeps its findings of one exit code, so that a user sees all at once.
bool collect(std::vector<Diagnostic>& findings, ExitCode code, std::function<void()> const& step);

/// Unless one of its text is there.
void add_once(std::vector<Feature>& features, Feature feature);

/// Conditions whose first passages are asked for, which must mean the same in all experiments; each a
/// feature. Given twice it is kept once.
void add_first_passages(std::span<Experiment const> experiments,
                        std::vector<std::string> const& texts,
                        std::vector<StateCondition>& passages, std::vector<Feature>& features,
                        std::vector<Diagnostic>& findings);

RunPlan plan_of(RunRequest const& request, Experiment const& experiment,
                std::vector<ReactionId> counted_reactions);

/// What was asked for, and of what; nothing of how it went.
RunReport report_of(RunRequest const& request, Experiment const& experiment,
                    StartStates const& start, RunPlan const& plan);

}  // namespace cristae
