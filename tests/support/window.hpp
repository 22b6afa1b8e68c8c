// tests/support/window.hpp - experiments scaled so that every form runs them whole in a short time.
#pragma once

#include "tests/support/runs.hpp"

namespace cristae::test {

inline constexpr u64 window = 20000;  ///< events of a trajectory, at most

/// Times scaled so that a trajectory has about half as many events as the window: every scheduled
/// change and sample is met.
inline void scale_into_window(Experiment& experiment, RunPlan plan) {
  Keeper keeper;
  RunControl control;
  plan.trajectories = 1;
  plan.max_events = window / 2;
  make_engine("cpu", plan)->run(keeper, control);
  auto const& end = keeper.kept.by_id.at(0).end;
  if (end.status != TrajectoryStatus::budget || !(end.time > 0)) return;
  double const factor = end.time / experiment.t_end;
  for (auto& time : experiment.sample_times) time *= factor;
  for (auto& segment : experiment.segments) segment.start *= factor;
  experiment.t_end *= factor;
}

/// "" and the names of the network's conditions.
inline std::vector<std::string> conditions_of(Network const& network) {
  std::vector<std::string> conditions{""};
  for (auto const& condition : network.conditions) conditions.push_back(condition.id);
  return conditions;
}

}  // namespace cristae::test
