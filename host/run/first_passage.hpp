// host/run/first_passage.hpp - when a condition first holds in each trajectory of a run.
//
// A trajectory that ends where a condition comes true has, up to there, the bits of the one that goes
// on. So the same trajectories are run once more for each condition, each as far as its first
// passage, and the run itself pays nothing.
#pragma once

#include <atomic>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/engine/engine.hpp"
#include "host/engine/in_flight.hpp"
#include "host/engine/reduction.hpp"

namespace cristae {

/// Hands trajectories on with TrajectoryEnd::first_passages.
class FirstPassages final : public SampleSink, private ReductionSink {
 public:
  /// `conditions` of the plan's experiment, `first` and `trajectories` of the whole run.
  FirstPassages(SampleSink& next, std::vector<StateCondition> conditions, RunPlan const& plan);

  /// Runs the trajectories of a step of the run as far as their first passages, before the step
  /// itself. Leaves the figures of `control` as they were, but for `stop`.
  void find(RunPlan const& step, std::string const& engine, RunControl& control);

  /// How far find() is, for a checkpoint; and so far again. Callable while it runs.
  std::string state();
  /// Throws Error(input_output) where the bytes are damaged.
  void go_on_from(std::string_view bytes, std::string const& what);
  /// Asks engines that run in find() for what they have under way.
  void want() { in_flight_.want(); }

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override;
  ReductionSink* reduction() override;

 private:
  ReductionRequest const& request() const override { return next_.reduction()->request(); }
  Piece reducible(Piece piece) const override { return next_.reduction()->reducible(piece); }
  ColumnValues values(Piece part) override { return next_.reduction()->values(part); }
  void cell_values(Piece piece, double* values) override {
    next_.reduction()->cell_values(piece, values);
  }
  void reduced(ReducedTrajectories const& part) override;
  u64 next_watched(u64 id) const override { return next_.reduction()->next_watched(id); }
  void watched(TrajectoryEnd const& end, std::span<double const> samples) override {
    next_.reduction()->watched(with_passages(end), samples);
  }

  TrajectoryEnd with_passages(TrajectoryEnd end) const;

  SampleSink& next_;
  std::vector<StateCondition> conditions_;
  u64 first_;
  std::vector<std::vector<double>> times_;  ///< [condition][trajectory]
  std::vector<std::vector<u8>> is_known_;   ///< likewise
  InFlight in_flight_;                      ///< on their way to
  std::atomic<u64> condition_{0};           ///< this one
};

}  // namespace cristae
