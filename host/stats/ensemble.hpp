// host/stats/ensemble.hpp - what a run keeps of every trajectory, and the ensemble's statistics.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "host/base/types.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/experiment.hpp"
#include "host/model/network.hpp"

namespace cristae {

/// One reported quantity: an observable, or a species where that was selected.
struct Column {
  std::string name;
  std::string label;  ///< text for people; the name where the network gives none
  std::string unit;   ///< "" where the network gives none
  Expression expression;
};

/// The columns for a selection of observable or species ids (an observable wins where both exist);
/// an empty selection means all observables, or all species where there are none.
/// Throws Error(usage) with every unknown name and its nearest one.
std::vector<Column> choose_columns(Network const& network,
                                   std::vector<std::string> const& selection);

/// The reactions whose firings the columns count, directly or through rules; by index.
std::vector<ReactionId> counted_reactions(Network const& network,
                                          std::vector<Column> const& columns);

/// Statistics of one column at one sample time over the trajectories that reached it.
/// Quantile q interpolates linearly between the order statistics around rank q*(n-1) (type 7 of
/// Hyndman and Fan 1996, the default of R and NumPy). NaN where undefined: sd for n < 2, all for
/// n = 0 or where a value is NaN.
struct PointStatistics {
  u64 n = 0;
  double mean = 0;
  double sd = 0;  ///< with n - 1
  double q05 = 0, q25 = 0, median = 0, q75 = 0, q95 = 0;
};

struct ColumnStatistics {
  std::string name, label, unit;
  std::vector<PointStatistics> points;  ///< by sample time
};

/// What a run reports. Everything is over the contiguous prefix of finished trajectories: those
/// that happen to finish first are a biased sample.
struct EnsembleSummary {
  u64 trajectories = 0;
  u64 events = 0;
  u64 contract_hash = 0;  ///< 0 from engines that do not follow the contract
  std::array<u64, status_count> statuses{};
  std::vector<TrajectoryEnd> first_failures;  ///< lowest id of each failing status
  std::vector<double> times;
  std::vector<ColumnStatistics> columns;

  u64 count(TrajectoryStatus status) const { return statuses[static_cast<usize>(status)]; }
};

/// True for the statuses of a trajectory that did not get to the end.
bool is_failure(TrajectoryStatus status);

/// Statistics of values in a given order; the order does not change any quantile, and sums are
/// compensated in that order. `values` is reordered.
PointStatistics point_statistics(std::span<double> values);

/// Keeps every sampled value of every trajectory by its id, so that results do not depend on the
/// order in which threads deliver them.
class EnsembleRecorder : public SampleSink {
 public:
  /// For trajectories first .. first + trajectories - 1 of an experiment, which must outlive this.
  /// Throws Error(usage) with the figures if that needs more than `available_bytes`.
  EnsembleRecorder(Experiment const& experiment, std::vector<Column> columns, u64 first,
                   u64 trajectories, u64 available_bytes);
  ~EnsembleRecorder() override;

  /// What RunPlan::counted_reactions must be for this recorder.
  std::vector<ReactionId> const& counted_reactions() const { return counted_; }
  u64 needed_bytes() const { return needed_bytes_; }

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override;

  /// Call when the engine has returned. `contract_hash` is the wrapping sum over the reported
  /// trajectories of core::ensemble_term(hash, id): it does not depend on the order of arrival. `threads` share the work and change
  /// nothing; 0: all cores.
  EnsembleSummary summary(u32 threads = 0) const;

  /// One trajectory's values of one column at the sample times it reached; for tests and replay.
  std::vector<double> values(u64 trajectory, usize column) const;

 private:
  class Program;
  struct Memory;

  usize tile(usize column, usize block) const;
  PointStatistics statistics_at(usize column, usize time, u64 prefix,
                                std::vector<double>& scratch) const;

  Experiment const& experiment_;
  std::vector<Column> columns_;
  u64 first_;
  u64 trajectories_;
  usize width_;   ///< sample times per block
  usize blocks_;  ///< blocks of sample times per column
  std::vector<ReactionId> counted_;
  u64 needed_bytes_ = 0;
  std::unique_ptr<Program> program_;
  std::unique_ptr<Memory> memory_;
  std::mutex mutex_;
  std::vector<TrajectoryEnd> first_failures_;  ///< guarded by mutex_
};

}  // namespace cristae
