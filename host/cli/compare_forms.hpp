// host/cli/compare_forms.hpp - the same trajectories on another form of the code: equal, or where not.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/engine/engine.hpp"

namespace cristae {

/// The trajectories of a plan, as one form gave them.
class KeptTrajectorySet final : public SampleSink {
 public:
  explicit KeptTrajectorySet(RunPlan const& plan);

  struct Trajectory {
    TrajectoryEnd end;
    std::vector<double> samples;  ///< [species][sample time]
  };

  /// Throws Error(internal) for one that is not of the plan.
  void finished(TrajectoryEnd const& end, std::span<double const> samples) override;

  /// By number, from the first of the plan; without a value where it has not come.
  std::span<std::optional<Trajectory> const> trajectories() const { return kept_; }
  u64 first() const { return first_; }
  u64 events() const;
  /// How much memory that needs.
  static u64 bytes(RunPlan const& plan);

 private:
  u64 first_;
  std::vector<std::optional<Trajectory>> kept_;  ///< a slot each, so no lock
};

/// Where a form parts from what was expected, in words.
struct FormDifference {
  u64 trajectory = 0;
  std::string text;
  u64 events = 0;  ///< of the trajectory, the larger of both numbers
};

/// Compares what comes with what is expected, every bit of it.
class FormComparison final : public SampleSink {
 public:
  /// Both must outlive this.
  FormComparison(KeptTrajectorySet const& expected, Experiment const& experiment);

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override;

  /// Of the lowest number; trajectories that have not come differ. Call when the run is over.
  std::optional<FormDifference> first_difference() const;
  u64 different() const;
  u64 trajectories() const { return came_; }
  u64 events() const { return events_; }

 private:
  std::string difference(KeptTrajectorySet::Trajectory const& expected, TrajectoryEnd const& end,
                         std::span<double const> samples) const;

  KeptTrajectorySet const& expected_;
  Experiment const& experiment_;
  std::mutex mutex_;
  std::vector<u8> has_come_;
  u64 came_ = 0, events_ = 0, different_ = 0;
  std::optional<FormDifference> first_;
};

/// A way to run a plan.
using RunForm = std::function<void(RunPlan const&, SampleSink&, RunControl&)>;

/// The first event after which a trajectory is in another state than in its replay.
struct DifferingEvent {
  u64 number = 0;
  std::string text;  ///< what happened then in the replay, and what the form has instead
};

/// Looks for it by bisection of the event budget, up to `events`: forms cannot log events, but a
/// trajectory that ends without budget shows its state. Nothing where all states agree, so that
/// only what was handed on differs, and where control.stop is set.
std::optional<DifferingEvent> first_differing_event(RunPlan const& plan, RunForm const& form,
                                                    u64 trajectory, u64 events,
                                                    RunControl& control);

/// How the mean of a species at the end compares between two sets of trajectories whose random
/// numbers are independent.
struct MeanComparison {
  u32 species = 0;
  double z = 0;  ///< sum of the differences of pairs over the root of the sum of their squares
};

/// By species, over the trajectories that got to the end in both. If both follow the same law, the
/// difference of a pair is as likely as its negative, so P(|z| >= x) <= 2 exp(-x^2 / 2) whatever
/// the law (Efron 1969, J. Am. Stat. Assoc. 64:1278; the bound is Hoeffding's, 1963). |z| is at
/// most the root of the number of trajectories.
std::vector<MeanComparison> compare_means(KeptTrajectorySet const& a, KeptTrajectorySet const& b,
                                          Experiment const& experiment);

/// What |z| of any of so many species exceeds with at most this chance.
double mean_bound(usize species, double false_alarm_rate);

}  // namespace cristae
