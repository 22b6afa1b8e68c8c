// host/engine/reduction.hpp - trajectories that an engine sums up itself, where nobody needs each of them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/core/reduction.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/piece_queue.hpp"

namespace cristae {

/// Trajectories that are reduced together begin and end at multiples of this, counted from the first
/// of the run, or at its end.
inline constexpr u64 reduction_unit = 256;

/// Columns whose products over lags are summed up.
struct LaggedColumns {
  u32 leading, following;
};

/// What is to be summed up, the same for all trajectories of a run.
struct ReductionRequest {
  /// Text over host/core/reduction.hpp: a `struct Columns` for core::reduce_values.
  std::string columns;
  u32 column_count = 0;
  u32 constants = 0;    ///< of ColumnValues
  u32 parameters = 0;   ///< of ColumnValues, each with a value for every sample time
  u32 cell_values = 0;  ///< of each trajectory, where cells differ in what columns read
  std::vector<u32> histogram_times;  ///< sample times, increasing
  bool products = false;             ///< of all pairs of columns, at the histogram times
  std::vector<LaggedColumns> lagged;
  u32 lag_times = 0, lags = 0;  ///< products over 0 to lags - 1 of the first sample times
  /// Sums of `lagged` are apart for groups of trajectories: (number / alike) modulo lag_groups.
  u32 lag_groups = 0;
  u64 alike = 1;
  /// Of every single trajectory.
  std::vector<core::KeptNumber> kept;
  bool last_counts = false;  ///< copy numbers at the last sample time
};

/// What the columns read beside copy numbers: of one parameter set.
struct ColumnValues {
  /// Those of core::Reduction, as long as they are the same for all trajectories; behind them come
  /// the values of each trajectory's cell, in order.
  std::vector<double> constants;
  std::vector<double> parameters;  ///< [parameter][sample time]
  u64 first = 0;                   ///< number, within the set, of the part's first trajectory
};

/// Consecutive trajectories that have ended, as sums.
struct ReducedTrajectories {
  u64 first = 0;                           ///< id of the first
  std::span<TrajectoryEnd const> ends;     ///< by id
  std::span<core::ColumnSums const> sums;  ///< [sample time][column]
  /// Of the bins of core::bins_of(min, max), one histogram after the other: [histogram time][column].
  std::span<u32 const> counts;
  std::span<core::ProductSums const> products;  ///< [histogram time][pair of columns i >= j]
  /// [pair of `lagged`][sum][group], the sums as LaggedSums::merge takes them.
  std::span<core::ProductSums const> lagged;
  /// [ReductionRequest::kept][trajectory], in the columns' resolutions; NaN where undefined.
  std::span<double const> kept;
  /// [trajectory][species and firing counters], of those that got there.
  std::span<float const> last_counts;
};

/// The side of a SampleSink that takes sums in the place of trajectories.
class ReductionSink {
 public:
  virtual ~ReductionSink() = default;
  virtual ReductionRequest const& request() const = 0;
  /// The first part of some consecutive trajectories that reduced() takes, as large as can be. Behind
  /// it there may be others: ask again.
  virtual Piece reducible(Piece trajectories) const = 0;
  /// For the columns of such a part.
  virtual ColumnValues values(Piece part) = 0;
  /// [trajectory][ReductionRequest::cell_values], of some trajectories of a part; by any thread.
  virtual void cell_values(Piece trajectories, double* values) = 0;
  /// Called concurrently from the engine's threads, in any order.
  virtual void reduced(ReducedTrajectories const& part) = 0;
  /// The first trajectory from `id` on whose samples watched() gets although they are within sums.
  virtual u64 next_watched(u64 id) const = 0;
  static constexpr u64 none = ~u64{0};
  /// As SampleSink::finished, and before reduced() gets the sums that hold the trajectory.
  virtual void watched(TrajectoryEnd const& end, std::span<double const> samples) = 0;
};

}  // namespace cristae
