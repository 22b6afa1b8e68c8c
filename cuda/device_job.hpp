// cuda/device_job.hpp - what a GPU is to compute, without chemistry, as bytes that can be sent.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cuda/network_cubin.hpp"
#include "host/core/reduction.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/piece_queue.hpp"
#include "host/engine/reduction.hpp"

namespace cristae::cuda {

/// Sums that a device computes; of no columns where there is no image.
struct ReductionJob {
  std::string image;  ///< of reduction_source()
  u32 columns = 0;
  u32 products = 0;                                    ///< 1: of all pairs of columns
  u32 constants = 0, parameters = 0, cell_values = 0;  ///< as ReductionRequest has them
  std::vector<u32> histogram_times;
  std::vector<LaggedColumns> lagged;
  u32 lag_times = 0, lags = 0, lag_groups = 0;
  u64 alike = 1;
  std::vector<core::KeptNumber> kept;
  u32 last_counts = 0;  ///< 1: copy numbers at the last sample time

  ReductionJob() = default;
  ReductionJob(std::string compiled, ReductionRequest const& request);
};

/// A network's kernel and tables, and the figures of a run.
struct DeviceJob {
  int device = 0;        ///< ordinal
  u64 trajectories = 0;  ///< of the whole run: how much memory is worth having
  u64 seed = 0;
  u64 max_events = 0;
  u32 samples = 0;
  u64 first = 0, per_set = 0, sisters = 1;  ///< as Slice has them
  u32 row_values = 0;                       ///< of PieceRows; there are rows where own_rows is 1
  u32 own_rows = 0;
  u32 registers = 0;        ///< that a trajectory keeps between events
  core::Program program{};  ///< its arrays as offsets into `tables`
  std::string tables;
  std::string image;             ///< for the driver: a cubin, or PTX
  std::vector<float> constants;  ///< of generated code; tables hold their own
  ReductionJob reduction;

  DeviceJob() = default;
  /// `tables` as the kernel takes them.
  DeviceJob(RunPlan const& plan, Tables const& tables, Cubin const& cubin);

  /// The program where its tables lie at `base`, in this memory or a device's.
  core::Program program_at(std::byte const* base) const;

  /// For a process of the same build.
  std::string bytes() const;
  /// Throws Error(internal) where these are not bytes().
  static DeviceJob from(std::string_view bytes);
};

/// Which consecutive trajectories are to be handed on as sums, what their columns read (constants with
/// the values of cells behind them), and those among them, by id, whose samples are wanted nevertheless.
struct SumsWanted {
  Piece part;
  ColumnValues values;
  std::vector<u64> watched;
};

/// Arrays as ReducedTrajectories has them.
struct SampleSums {
  std::vector<core::ColumnSums> sums;
  std::vector<u32> counts;
  std::vector<core::ProductSums> products, lagged;
  std::vector<double> kept;
  std::vector<float> last_counts;
};

/// Consecutive trajectories of a piece as sums.
struct ReducedPart {
  u64 begin = 0;  ///< within the piece
  std::vector<core::End> ends;
  SampleSums sums;
  std::vector<float>
      failed;  ///< [end of a status above absorbed][species]: copy numbers at the end
  std::vector<float> watched;  ///< [SumsWanted::watched][samples][species]
};

/// Rows of trajectories that differ in constants or initial counts (CellRows).
struct PieceRows {
  std::vector<float> values;       ///< [trajectory][DeviceJob::row_values]
  std::vector<core::i64> initial;  ///< [trajectory][species without firing counters]
};

/// What a device asks and tells while it runs; answered in the same process, or through a socket.
class DeviceHost {
 public:
  virtual ~DeviceHost() = default;
  /// The next trajectories, at most so many; none where nothing is left. Fills in their rows where
  /// DeviceJob::own_rows is 1.
  virtual Piece take(u64 most, PieceRows& rows) = 0;
  /// Trajectories of one piece, in order: [count] ends, [count][samples][species] copy numbers at
  /// sample times, [count][species] at the end. Of status not_ended: nothing but that.
  virtual void results(std::span<core::End const> ends, float const* counts, float const* last) = 0;
  /// Of trajectories of one piece that have ended, the first that sums() shall get; none by default.
  /// Those behind them are asked for anew.
  virtual SumsWanted sums_wanted(Piece) { return {}; }
  /// In the place of results() for the trajectories of the part.
  virtual void sums(ReducedPart const&) {}
  /// Events so far. True: stop.
  virtual bool progress(u64 events) = 0;
};

}  // namespace cristae::cuda
