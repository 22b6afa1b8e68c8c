// host/io/result_writer.cpp - blocks of trajectories to shards, and the result file made of them.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "host/base/error.hpp"
#include "host/io/cell_factors.hpp"
#include "host/io/checkpoint.hpp"
#include "host/io/hdf5_file.hpp"
#include "host/io/result_file.hpp"
#include "host/io/result_format.hpp"
#include "host/io/result_statistics.hpp"
#include "host/io/shards.hpp"
#include "host/io/trajectory_rows.hpp"

namespace cristae {

void write_result_file(std::string const& path, Overwrite overwrite, Experiment const& experiment,
                       RunReport const& report, EnsembleSummary const& summary,
                       TrajectoryRows const& rows, std::vector<PackedBlock> const& blocks) {
  OutputFile output(path, overwrite, Streams::refuse);
  Hdf5File file(Hdf5File::Mode::create, output.temporary(), path);
  write_run(file, report, subject_of(experiment), summary);
  write_statistics(file, summary, report.time_unit);
  write_cell_factors(file, factors_of_cells(experiment, report.first, summary.trajectories));
  rows.write_features(file);
  if (!blocks.empty()) rows.write(file, blocks, summary.trajectories);
  // Other engines follow no contract: what they add up to is no part of another run.
  if (summary.contract_hash != 0 && !summary.exact_sums.empty())
    file.add_bytes(result_format::exact_group, result_format::exact_sums, summary.exact_sums);
  file.close();
  output.commit();
}

class ResultWriter::Impl {
 public:
  Impl(std::string path, Overwrite overwrite, Experiment const& experiment,
       std::vector<Column> const& columns, u64 first, KeptTrajectories kept,
       std::optional<LeftParts> left)
      : path_(std::move(path)), overwrite_(overwrite), experiment_(experiment), first_(first),
        rows_(experiment, columns, std::move(kept)) {
    check_output(path_, overwrite_, Streams::refuse);
    auto const by_overwrite = overwrite == Overwrite::allow ? LeftParts::remove : LeftParts::refuse;
    shards_.emplace(parts_folder(path_), left.value_or(by_overwrite));
  }

  std::vector<Feature> const* features() const { return rows_.features(); }
  void block(FinishedBlock const& block) {
    if (!rows_.kept().any() || failed()) return;
    try {
      shards_->add(block.first, block.ends.size(), rows_.pack(block));
    } catch (Error const& error) {
      keep(error);
    } catch (std::exception const& error) {
      keep(Error(ExitCode::internal, error.what()));
    }
  }

  void take(std::vector<Shards::Block> const& blocks, std::vector<Piece> const& summed) {
    std::vector<Shards::Block> taken;
    for (auto const& block : blocks) {
      auto const holds = [&](Piece const& piece) {
        return piece.first <= block.first &&
               block.first + block.trajectories <= piece.first + piece.count;
      };
      if (!std::any_of(summed.begin(), summed.end(), holds)) continue;
      if (block.size / std::max<u64>(1, rows_.bytes_per_trajectory()) != block.trajectories)
        throw Error(ExitCode::input_output,
                    fmt::format("the checkpoint in '{}' is damaged", shards_->folder()),
                    "its shards are of another kind", "Run again with --overwrite");
      taken.push_back(block);
    }
    shards_->take(std::move(taken));
  }

  Shards& shards() { return *shards_; }

  /// Of rows that are not there, no checkpoint may be made.
  std::vector<Shards::Block> flush() {
    {
      std::lock_guard const lock(mutex_);
      if (error_) throw *error_;
    }
    return shards_->flush();
  }

  void stop_on_error(std::atomic<bool>* stop) { stop_ = stop; }
  void start_with(std::vector<PackedBlock> blocks) { before_ = std::move(blocks); }
  void copy(std::vector<PackedBlock> const& blocks) {
    for (auto const& block : blocks) shards_->add(block.first, block.trajectories, block.read());
  }

  void finish(RunReport const& report, EnsembleSummary const& summary) {
    if (error_) throw *error_;
    shards_->flush();
    write_result_file(path_, overwrite_, experiment_, report, summary, rows_,
                      blocks_of(summary.trajectories));
    if (!report.interrupted) shards_->drop();
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

  std::vector<PackedBlock> blocks_of(u64 trajectories) const {
    if (!rows_.kept().any() || trajectories == 0) return {};
    auto blocks = before_;
    u64 before = 0;
    for (auto const& block : before_) before += block.trajectories;
    for (auto const& block : shards_->cover(first_ + before, trajectories - before))
      blocks.push_back(
          {block.first, block.trajectories, [this, block] { return shards_->read(block); }});
    return blocks;
  }

  std::string path_;
  Overwrite overwrite_;
  Experiment const& experiment_;
  u64 first_;
  TrajectoryRows rows_;
  std::vector<PackedBlock> before_;
  std::optional<Shards> shards_;
  std::atomic<bool>* stop_ = nullptr;
  std::mutex mutex_;
  std::optional<Error> error_;  ///< guarded by mutex_
};

ResultWriter::ResultWriter(std::string path, Overwrite overwrite, Experiment const& experiment,
                           std::vector<Column> const& columns, u64 first, KeptTrajectories kept,
                           std::optional<LeftParts> left)
    : impl_(std::make_unique<Impl>(std::move(path), overwrite, experiment, columns, first,
                                   std::move(kept), left)) {}
ResultWriter::~ResultWriter() = default;
void ResultWriter::block(FinishedBlock const& block) { impl_->block(block); }
std::vector<Feature> const* ResultWriter::features() const { return impl_->features(); }
void ResultWriter::take(std::vector<Shards::Block> const& blocks,
                        std::vector<Piece> const& summed) {
  impl_->take(blocks, summed);
}
std::vector<Shards::Block> ResultWriter::flush() { return impl_->flush(); }
void ResultWriter::keep_parts() { impl_->shards().keep(); }
std::string const& ResultWriter::parts() const { return impl_->shards().folder(); }
void ResultWriter::stop_on_error(std::atomic<bool>* stop) { impl_->stop_on_error(stop); }
void ResultWriter::start_with(std::vector<PackedBlock> blocks) {
  impl_->start_with(std::move(blocks));
}
void ResultWriter::copy(std::vector<PackedBlock> const& blocks) { impl_->copy(blocks); }
void ResultWriter::finish(RunReport const& report, EnsembleSummary const& summary) {
  impl_->finish(report, summary);
}

}  // namespace cristae
