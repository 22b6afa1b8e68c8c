// host/io/result_file.hpp - the HDF5 file of a run: written whole or not at all, read back.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/engine/experiment.hpp"
#include "host/io/cell_factors.hpp"
#include "host/io/output_file.hpp"
#include "host/io/run_report.hpp"
#include "host/io/shards.hpp"
#include "host/io/trajectory_rows.hpp"
#include "host/stats/ensemble.hpp"
#include "host/stats/feature.hpp"

namespace cristae {

/// Writes a result file under a temporary name, fsyncs and renames it. `blocks` are packed rows of
/// the summary's trajectories, in the order of ids without a gap; none where nothing was kept.
/// Throws Error(input_output).
void write_result_file(std::string const& path, Overwrite overwrite, Experiment const& experiment,
                       RunReport const& report, EnsembleSummary const& summary,
                       TrajectoryRows const& rows, std::vector<PackedBlock> const& blocks);

/// Takes blocks of finished trajectories to the disk as shards next to the result file
/// (PATH.parts/NUMBER.shard: temporary name, fsync, rename), so that memory does not grow, and makes
/// one result file of them at the end.
class ResultWriter : public BlockSink {
 public:
  /// Throws Error(input_output) if `path` could not be written later, as check_output does, or if
  /// the folder of shards cannot be made. The experiment must outlive this.
  /// What an earlier run left is refused or removed as `overwrite` says, or as `left` does.
  ResultWriter(std::string path, Overwrite overwrite, Experiment const& experiment,
               std::vector<Column> const& columns, u64 first, KeptTrajectories kept,
               std::optional<LeftParts> left = std::nullopt);
  /// Removes the shards, unless they are to be kept.
  ~ResultWriter() override;

  /// Goes on with those of an earlier run's blocks whose trajectories are among `summed`.
  void take(std::vector<Shards::Block> const& blocks, std::vector<Piece> const& summed);
  /// Brings all blocks to the disk. Throws Error(input_output).
  std::vector<Shards::Block> flush();
  /// From now on the shards stay, whatever happens, until finish() has made a whole result of them.
  void keep_parts();
  std::string const& parts() const;  ///< their folder

  /// Never throws out of an engine's thread: the first error is kept and `*stop` is set, so that
  /// the run ends; finish() throws it.
  void block(FinishedBlock const& block) override;
  std::vector<Feature> const* features() const override;
  void stop_on_error(std::atomic<bool>* stop);
  /// Rows from the first trajectory on that need not come as blocks.
  void start_with(std::vector<PackedBlock> blocks);
  /// The same, copied to the shards, so that a checkpoint has them. Throws Error(input_output).
  void copy(std::vector<PackedBlock> const& blocks);

  /// Writes the file under a temporary name, fsyncs and renames it. Throws Error(input_output). The
  /// parts of a run that was interrupted stay where they are to be kept.
  void finish(RunReport const& report, EnsembleSummary const& summary);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether a file is the result of a sweep. Throws Error(input_output) if it cannot be opened.
bool is_sweep_file(std::string const& path);

/// What tells of which run, or of which sweep, a result is.
struct ResultOrigin {
  std::string network_text;
  u64 seed = 0, first = 0, requested = 0;  ///< as RunReport has them
  u64 contract_hash = 0;
  bool is_interrupted = false;
};
/// Throws Error(input_output) where it is no result of this format.
ResultOrigin origin_of(std::string const& path);

/// A result file opened for reading.
class ResultFile {
 public:
  /// Throws Error(input_output) if it cannot be opened, is not a result of Cristae, is of a newer
  /// format, or is damaged.
  enum class Load : u8 {
    all,
    head  ///< of the summary the totals, times, and names of columns and of pairs over lags only
  };
  explicit ResultFile(std::string const& path, Load load = Load::all);
  ~ResultFile();

  RunReport const& report() const;
  EnsembleSummary const& summary() const;  ///< without first_failures
  std::string const& network_text() const;
  std::vector<double> const& changes() const;       ///< times of scheduled changes
  std::vector<std::string> const& species() const;  ///< ids of all species of the network
  std::vector<std::string> const& features() const;
  CellFactors cell_factors() const;  ///< empty where nothing varies
  bool has_end_states() const;
  bool has_raw() const;
  bool has_end_times() const;
  bool has_covariance() const;
  bool has_exact_sums() const;

  /// EnsembleSummary::exact_sums. Throws Error(input_output) where it has none.
  std::string exact_sums() const;

  // All of these throw Error(usage) where the numbers were not kept.

  /// Values of features of trajectories [begin, end) counted from the first: [trajectory][feature].
  std::vector<double> feature_values(u64 begin, u64 end) const;
  /// [trajectory][species]; -1 where the trajectory did not get to the end.
  std::vector<i64> end_states(u64 begin, u64 end) const;
  /// [trajectory][column][sample time]; NaN where not reached.
  std::vector<double> raw(u64 begin, u64 end) const;
  /// When they ended.
  std::vector<double> end_times(u64 begin, u64 end) const;
  std::vector<TrajectoryStatus> statuses(u64 begin, u64 end) const;
  /// How many events each had, and its contract hash: what a replay must give again.
  std::vector<u64> events(u64 begin, u64 end) const;
  std::vector<u64> hashes(u64 begin, u64 end) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cristae
