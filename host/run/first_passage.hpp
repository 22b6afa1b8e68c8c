// host/run/first_passage.hpp - when a condition first holds in each trajectory of a run.
//
// A trajectory that ends where a condition comes true has, up to there, the bits of the one that goes
// on. So the same trajectories are run once more for each condition, each as far as its first
// passage, and the run itself pays nothing.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/engine/engine.hpp"

namespace cristae {

/// Hands trajectories on with TrajectoryEnd::first_passages.
class FirstPassages final : public SampleSink {
 public:
  /// `conditions` of the plan's experiment, `first` and `trajectories` of the whole run.
  FirstPassages(SampleSink& next, std::vector<StateCondition> conditions, RunPlan const& plan);

  /// Runs the trajectories of a step of the run as far as their first passages, before the step
  /// itself. Leaves the figures of `control` as they were, but for `stop`.
  void find(RunPlan const& step, std::string const& engine, RunControl& control);

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override;
  /// Every trajectory is needed, but where there are no conditions.
  ReductionSink* reduction() override;

 private:
  SampleSink& next_;
  std::vector<StateCondition> conditions_;
  u64 first_;
  std::vector<std::vector<double>> times_;  ///< [condition][trajectory]
};

}  // namespace cristae
