// host/io/memory_result.cpp - packed blocks by id, and the dataset made of them.
#include "host/io/memory_result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/base/bytes_text.hpp"
#include "host/io/cell_factors.hpp"
#include "host/io/result_statistics.hpp"

namespace cristae {

MemoryResult::MemoryResult(Experiment const& experiment, std::vector<Column> const& columns,
                           u64 first, KeptTrajectories kept, u64 available_bytes)
    : experiment_(experiment), first_(first), rows_(experiment, columns, std::move(kept)),
      available_bytes_(available_bytes) {}

void MemoryResult::require_memory(u64 trajectories) const {
  if (!rows_.kept().any()) return;
  double const bytes = double(rows_.bytes_per_trajectory()) * double(trajectories);
  if (bytes > double(available_bytes_)) throw too_much(bytes, trajectories);
}

Error MemoryResult::too_much(double bytes, u64 trajectories) const {
  return Error(
      ExitCode::usage,
      fmt::format("{} needed for numbers of {} single trajectories, {} free", bytes_text(bytes),
                  trajectories, bytes_text(double(available_bytes_))),
      fmt::format("{} features and the end states are kept of each", rows_.kept().features.size()),
      "Keep fewer features with --keep, or none");
}

void MemoryResult::block(FinishedBlock const& block) {
  if (!rows_.kept().any()) return;
  try {
    auto bytes = rows_.pack(block);
    std::lock_guard const lock(mutex_);
    if (error_) return;
    bytes_ += bytes.size();
    if (bytes_ > available_bytes_) {
      error_ = too_much(double(bytes_), bytes_ / rows_.bytes_per_trajectory());
      blocks_.clear();
      if (stop_ != nullptr) *stop_ = true;
      return;
    }
    blocks_.emplace(block.first, std::pair(block.ends.size(), std::move(bytes)));
  } catch (std::exception const& error) {
    std::lock_guard const lock(mutex_);
    if (!error_) error_ = Error(ExitCode::internal, error.what());
    if (stop_ != nullptr) *stop_ = true;
  }
}

std::vector<MemoryResult::Block> MemoryResult::blocks() {
  std::lock_guard const lock(mutex_);
  std::vector<Block> blocks;
  for (auto const& [first, block] : blocks_) blocks.push_back({first, block.first, block.second});
  return blocks;
}

void MemoryResult::take(std::vector<Block> blocks, std::vector<Piece> const& summed,
                        std::string const& what) {
  std::lock_guard const lock(mutex_);
  for (auto& block : blocks) {
    auto const holds = [&](Piece const& piece) {
      return piece.first <= block.first && block.trajectories <= piece.count &&
             block.first - piece.first <= piece.count - block.trajectories;
    };
    if (!std::any_of(summed.begin(), summed.end(), holds)) continue;
    u64 const each = std::max<u64>(1, rows_.bytes_per_trajectory());
    if (block.bytes.size() % each != 0 || block.bytes.size() / each != block.trajectories)
      throw Error(ExitCode::input_output, fmt::format("{} is damaged", what),
                  "its rows are of another kind", "Run again with --overwrite");
    bytes_ += block.bytes.size();
    blocks_.emplace(block.first, std::pair(block.trajectories, std::move(block.bytes)));
  }
}

void MemoryResult::finish(Dataset& dataset, RunReport const& report,
                          EnsembleSummary const& summary) {
  write_run(dataset, report, subject_of(experiment_), summary);
  write_cell_factors(dataset, factors_of_cells(experiment_, first_, summary.trajectories));
  write_results(dataset, report.time_unit, summary);
}

void MemoryResult::write_results(Dataset& dataset, std::string const& time_unit,
                                 EnsembleSummary const& summary) {
  if (error_) throw *error_;
  write_statistics(dataset, summary, time_unit);
  rows_.write_features(dataset);
  if (!rows_.kept().any() || summary.trajectories == 0) return;
  std::vector<PackedBlock> blocks;
  u64 done = 0;
  for (auto& [first, block] : blocks_) {
    if (done >= summary.trajectories) break;
    if (first != first_ + done) break;
    done += block.first;
    blocks.push_back({first, block.first, [&bytes = block.second] { return std::move(bytes); }});
  }
  if (done < summary.trajectories)
    throw Error(ExitCode::internal,
                fmt::format("the block with trajectory {} was not delivered", first_ + done));
  rows_.write(dataset, blocks, summary.trajectories);
}

}  // namespace cristae
