// host/io/memory_result.hpp - a run's result in memory, as ResultWriter makes it on the disk.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/io/dataset.hpp"
#include "host/io/run_report.hpp"
#include "host/io/trajectory_rows.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// Keeps blocks of finished trajectories until a Dataset is made of them.
class MemoryResult final : public BlockSink {
 public:
  /// The experiment must outlive this. No more than `available_bytes` are taken.
  MemoryResult(Experiment const& experiment, std::vector<Column> const& columns, u64 first,
               KeptTrajectories kept, u64 available_bytes);

  /// Throws Error(usage) if so many trajectories need more memory than there is.
  void require_memory(u64 trajectories) const;

  /// Never throws out of an engine's thread: where memory runs out, `*stop` is set, so that the run
  /// ends; finish() throws.
  void block(FinishedBlock const& block) override;
  std::vector<Feature> const* features() const override { return rows_.features(); }
  void stop_on_error(std::atomic<bool>* stop) { stop_ = stop; }
  /// What went wrong in block(), while no engine runs.
  std::optional<Error> const& error() const { return error_; }

  /// Rows as they were packed.
  struct Block {
    u64 first = 0;  ///< id
    u64 trajectories = 0;
    std::string bytes;

    template <class Bytes>
    void transfer(Bytes& each) {
      each(first, trajectories, bytes);
    }
  };
  /// Those that have come. Callable while engines run.
  std::vector<Block> blocks();
  /// Goes on with those whose trajectories are among `summed`; `what` names them in messages. Throws
  /// Error(input_output) where they are of another kind.
  void take(std::vector<Block> blocks, std::vector<Piece> const& summed, std::string const& what);

  /// Once: what was kept of trajectories goes from here to there.
  void finish(Dataset& dataset, RunReport const& report, EnsembleSummary const& summary);
  /// The same without what stands once in a result (write_run, cells), which comes before.
  void write_results(Dataset& dataset, std::string const& time_unit,
                     EnsembleSummary const& summary);

 private:
  Error too_much(double bytes, u64 trajectories) const;

  Experiment const& experiment_;
  u64 first_;
  TrajectoryRows rows_;
  u64 available_bytes_;
  std::atomic<bool>* stop_ = nullptr;
  std::mutex mutex_;
  u64 bytes_ = 0;                                      ///< guarded by mutex_, like all below
  std::map<u64, std::pair<u64, std::string>> blocks_;  ///< by first id: trajectories, bytes
  std::optional<Error> error_;
};

}  // namespace cristae
