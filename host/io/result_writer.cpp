// host/io/result_writer.cpp - blocks of trajectories to shards, and the result file made of them.
#include <mutex>
#include <optional>
#include <utility>

#include "host/base/error.hpp"
#include "host/io/cell_factors.hpp"
#include "host/io/hdf5_file.hpp"
#include "host/io/result_file.hpp"
#include "host/io/result_statistics.hpp"
#include "host/io/shards.hpp"
#include "host/io/trajectory_rows.hpp"

namespace cristae {
class ResultWriter::Impl {
 public:
  Impl(std::string path, Overwrite overwrite, Experiment const& experiment,
       std::vector<Column> const& columns, u64 first, KeptTrajectories kept)
      : path_(std::move(path)), overwrite_(overwrite), experiment_(experiment), first_(first),
        rows_(experiment, columns, std::move(kept)) {
    check_output(path_, overwrite_, Streams::refuse);
    if (rows_.kept().any()) shards_.emplace(target_of(path_) + ".parts", overwrite_);
  }

  void block(FinishedBlock const& block) {
    if (!shards_ || failed()) return;
    try {
      shards_->add(block.first, block.ends.size(), rows_.pack(block));
    } catch (Error const& error) {
      keep(error);
    } catch (std::exception const& error) {
      keep(Error(ExitCode::internal, error.what()));
    }
  }

  void stop_on_error(std::atomic<bool>* stop) { stop_ = stop; }

  void finish(RunReport const& report, EnsembleSummary const& summary) {
    if (error_) throw *error_;
    if (shards_) shards_->flush();
    OutputFile output(path_, overwrite_, Streams::refuse);
    Hdf5File file(Hdf5File::Mode::create, output.temporary(), path_);
    write_run(file, report, subject_of(experiment_), summary);
    write_statistics(file, summary, report.time_unit);
    write_cell_factors(file, factors_of_cells(experiment_, first_, summary.trajectories));
    rows_.write_features(file);
    if (shards_ && summary.trajectories > 0) write_trajectories(file, summary);
    file.close();
    output.commit();
    shards_.reset();
  }

 private:
  bool failed() {
    std::lock_guard const lock(mutex_);
    return error_.has_value();
  }

  void keep(Error const& error) {
    std::lock_guard const lock(mutex_);
    if (!error_) error_ = error;
    if (stop_ != nullptr) *stop_ = true;
  }

  void write_trajectories(Hdf5File& file, EnsembleSummary const& summary) const {
    std::vector<PackedBlock> blocks;
    for (auto const& block : shards_->cover(first_, summary.trajectories))
      blocks.push_back(
          {block.first, block.trajectories, [this, block] { return shards_->read(block); }});
    rows_.write(file, blocks, summary.trajectories);
  }

  std::string path_;
  Overwrite overwrite_;
  Experiment const& experiment_;
  u64 first_;
  TrajectoryRows rows_;
  std::optional<Shards> shards_;
  std::atomic<bool>* stop_ = nullptr;
  std::mutex mutex_;
  std::optional<Error> error_;  ///< guarded by mutex_
};

ResultWriter::ResultWriter(std::string path, Overwrite overwrite, Experiment const& experiment,
                           std::vector<Column> const& columns, u64 first, KeptTrajectories kept)
    : impl_(std::make_unique<Impl>(std::move(path), overwrite, experiment, columns, first,
                                   std::move(kept))) {}
ResultWriter::~ResultWriter() = default;
void ResultWriter::block(FinishedBlock const& block) { impl_->block(block); }
void ResultWriter::stop_on_error(std::atomic<bool>* stop) { impl_->stop_on_error(stop); }
void ResultWriter::finish(RunReport const& report, EnsembleSummary const& summary) {
  impl_->finish(report, summary);
}

}  // namespace cristae
