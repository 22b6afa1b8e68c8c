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

/// What is to be summed up.
struct ReductionRequest {
  /// Text over host/core/reduction.hpp: a `struct Columns` for core::reduce_values.
  std::string columns;
  u32 column_count = 0;
  std::vector<double> constants;
  std::vector<double> parameters;    ///< [parameter][sample time]
  std::vector<u32> histogram_times;  ///< sample times, increasing
  bool products = false;             ///< of all pairs of columns, at the histogram times
};

/// Consecutive trajectories that have ended, as sums.
struct ReducedTrajectories {
  u64 first = 0;                           ///< id of the first
  std::span<TrajectoryEnd const> ends;     ///< by id
  std::span<core::ColumnSums const> sums;  ///< [sample time][column]
  /// Of the bins of core::bins_of(min, max), one histogram after the other: [histogram time][column].
  std::span<u32 const> counts;
  std::span<core::ProductSums const> products;  ///< [histogram time][pair of columns i >= j]
};

/// The side of a SampleSink that takes sums in the place of trajectories.
class ReductionSink {
 public:
  virtual ~ReductionSink() = default;
  virtual ReductionRequest const& request() const = 0;
  /// The largest part of some consecutive trajectories that reduced() takes.
  virtual Piece reducible(Piece trajectories) const = 0;
  /// Called concurrently from the engine's threads, in any order.
  virtual void reduced(ReducedTrajectories const& part) = 0;
  /// The first trajectory from `id` on whose samples watched() gets although they are within sums.
  virtual u64 next_watched(u64 id) const = 0;
  static constexpr u64 none = ~u64{0};
  /// As SampleSink::finished, and before reduced() gets the sums that hold the trajectory.
  virtual void watched(TrajectoryEnd const& end, std::span<double const> samples) = 0;
};

}  // namespace cristae
