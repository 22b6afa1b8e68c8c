// host/run/certify.hpp - a run checked from outside: some of its trajectories again, event by event.
#pragma once

#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/reduction.hpp"
#include "host/io/run_report.hpp"
#include "host/stats/martingale.hpp"

namespace cristae {

/// A certificate fails where chance alone would do that less often.
inline constexpr double certificate_false_alarm_rate = 1e-6;

/// What a run said about a trajectory. A replay must say the same.
struct DeliveredTrajectory {
  TrajectoryStatus status = TrajectoryStatus::completed;
  u64 events = 0;
  u64 hash = 0;
  /// Of all copy numbers that were handed on up to a sample time, at 32 of them at most.
  std::vector<u64> samples;

  DeliveredTrajectory() = default;
  DeliveredTrajectory(TrajectoryEnd const& end, std::span<double const> samples,
                      usize sample_times);
  bool operator==(DeliveredTrajectory const&) const = default;
  /// Whether `start` can be how it began.
  bool starts_with(DeliveredTrajectory const& start) const;
};

/// Trajectories first, first + step, first + 2 step, ... of a run are those it is certified by: a
/// rule that is fixed before the run, so that nothing that happens in it decides what is looked at.
/// 0 for no share at all.
u64 certified_step(double share);

/// Hands everything on, and keeps what was delivered of every `step`-th trajectory.
class CertifiedSink final : public SampleSink, private ReductionSink {
 public:
  CertifiedSink(SampleSink& to, RunPlan const& plan, u64 step)
      : to_(to), first_(plan.first), step_(step),
        sample_times_(plan.experiment->sample_times.size()) {}
  void finished(TrajectoryEnd const& end, std::span<double const> samples) override;
  ReductionSink* reduction() override;
  /// By id.
  std::map<u64, DeliveredTrajectory> const& delivered() const { return delivered_; }

 private:
  ReductionRequest const& request() const override { return to_.reduction()->request(); }
  Piece reducible(Piece piece) const override { return to_.reduction()->reducible(piece); }
  ColumnValues values(Piece part) override { return to_.reduction()->values(part); }
  void cell_values(Piece piece, double* values) override {
    to_.reduction()->cell_values(piece, values);
  }
  void reduced(ReducedTrajectories const& part) override { to_.reduction()->reduced(part); }
  u64 next_watched(u64 id) const override;
  void watched(TrajectoryEnd const& end, std::span<double const> samples) override;

  SampleSink& to_;
  u64 first_, step_;
  usize sample_times_;
  std::mutex mutex_;
  std::map<u64, DeliveredTrajectory> delivered_;
};

/// A trajectory to follow, no further than `max_events` events.
struct FollowedTrajectory {
  u64 id = 0;
  u64 max_events = 0;
};

/// Replays trajectories of a plan and follows their events with propensities of other origin.
/// `ends` gets what a replay gives, from several threads. Equal bits on any number of threads. Where
/// control.stop is set, the sums are those of the trajectories before the first unfinished one.
MartingaleSums follow(RunPlan const& plan, MartingaleLaws const& laws,
                      std::span<FollowedTrajectory const> trajectories, SampleSink& ends,
                      u32 threads, RunControl& control);

/// How much of a finished run is looked at.
struct CertificateScope {
  u64 trajectories = 0;  ///< reported by the run, from plan.first on
  u64 events = all;      ///< to follow at most; the start of a replay counts as some
  u32 threads = 1;
  std::string verify;  ///< for messages: the command that verifies trajectories of this run

  static constexpr u64 all = ~u64{0};
};

/// What is looked at where nobody asked for more: every 2000th trajectory, ...
inline constexpr double affordable_share = 5e-4;
/// ... and so many events that the run takes less than 2 % longer, or some milliseconds.
u64 affordable_events(u64 run_events, u64 run_trajectories, u32 threads);

/// Trajectories to follow, in the order of ids, until the scope's events are used up. `delivered`
/// may hold more than the reported ones.
std::vector<FollowedTrajectory> chosen_trajectories(
    RunPlan const& plan, CertificateScope const& scope,
    std::map<u64, DeliveredTrajectory> const& delivered);

struct CertificateWithFindings {
  Certificate certificate;
  std::vector<Diagnostic> findings;  ///< why it failed; empty: it passed
};

/// `laws` are those of the plan's experiment. The findings name the reaction or the trajectory.
CertificateWithFindings certify(RunPlan const& plan, MartingaleLaws const& laws,
                                CertificateScope const& scope,
                                std::map<u64, DeliveredTrajectory> const& delivered,
                                RunControl& control);

/// For people, with a final newline: how much was followed, and what agrees.
std::string certificate_text(Certificate const& certificate);
/// Its last line, on the propensities.
std::string propensities_text(Certificate const& certificate);

}  // namespace cristae
