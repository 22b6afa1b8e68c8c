// host/io/trajectory_rows.hpp - numbers of single trajectories, from blocks to variables.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/engine/experiment.hpp"
#include "host/stats/column.hpp"
#include "host/stats/ensemble.hpp"
#include "host/stats/feature.hpp"

namespace cristae {

class ResultFile;

/// Which numbers of single trajectories a result keeps.
struct KeptTrajectories {
  std::vector<Feature> features;  ///< dimension `feature`
  bool end_states = true;         ///< copy numbers of all species at the end
  bool raw = false;               ///< all columns at all sample times
  bool end_times = false;         ///< when it ended: where a condition may end it

  bool any() const { return !features.empty() || end_states || raw || end_times; }
};

/// Packed trajectories [first, first + trajectories).
struct PackedBlock {
  u64 first = 0;
  u64 trajectories = 0;
  std::function<std::string()> read;  ///< the bytes, once
};

/// Packs what is kept of a block of trajectories, and makes variables of packed blocks.
class TrajectoryRows {
 public:
  /// The experiment must outlive this.
  TrajectoryRows(Experiment const& experiment, std::vector<Column> const& columns,
                 KeptTrajectories kept);

  KeptTrajectories const& kept() const { return kept_; }
  /// As BlockSink::features.
  std::vector<Feature> const* features() const { return kept_.raw ? nullptr : &kept_.features; }
  std::string pack(FinishedBlock const& block) const;
  /// Of all trajectories of a result that keeps the same, as blocks of some MiB that open it when
  /// they are read.
  std::vector<PackedBlock> blocks_of(ResultFile const& file, std::string const& path) const;
  u64 bytes_per_trajectory() const;

  // `File` is Hdf5File or Dataset.

  /// The dimension `feature`, where there are any.
  template <class File>
  void write_features(File& file) const;
  /// The dimension `realization` and the variables along it, for the first `trajectories` of the
  /// blocks, which come in the order of ids without a gap.
  template <class File>
  void write(File& file, std::vector<PackedBlock> const& blocks, u64 trajectories) const;

 private:
  struct Lists;

  double feature_value(FinishedBlock const& block, usize trajectory, usize index) const;
  Lists empty_lists(u64 trajectories) const;
  static std::string bytes_of(Lists const& rows);
  std::string pack(ResultFile const& file, u64 begin, u64 end) const;
  usize times() const { return experiment_.sample_times.size(); }
  usize species() const { return experiment_.network->species.size(); }
  usize values_per_trajectory() const { return kinds_.size() * times(); }

  Experiment const& experiment_;
  std::vector<ColumnKind> kinds_;  ///< of the columns
  KeptTrajectories kept_;
};

}  // namespace cristae
