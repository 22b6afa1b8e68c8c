// host/io/result_writer.cpp - blocks of trajectories to shards, and the result file made of them.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "host/base/error.hpp"
#include "host/io/hdf5_file.hpp"
#include "host/io/result_file.hpp"
#include "host/io/result_format.hpp"
#include "host/io/result_statistics.hpp"
#include "host/io/shards.hpp"

namespace cristae {
namespace {

/// Numbers of every trajectory of one block, by id.
struct TrajectoryRows {
  std::vector<u8> statuses;
  std::vector<u64> events, hashes;
  std::vector<double> features;  ///< [trajectory][feature]
  std::vector<i64> end_states;   ///< [trajectory][species]
  std::vector<double> raw;       ///< [trajectory][column][sample time]
};

template <class Visit>
void for_each_list(TrajectoryRows& rows, Visit visit) {
  visit(rows.statuses);
  visit(rows.events);
  visit(rows.hashes);
  visit(rows.features);
  visit(rows.end_states);
  visit(rows.raw);
}

std::string packed(TrajectoryRows rows) {
  std::string bytes;
  for_each_list(rows, [&](auto const& list) {
    bytes.append(reinterpret_cast<char const*>(list.data()), list.size() * sizeof(list[0]));
  });
  return bytes;
}

/// The lists of `rows` have the sizes that were packed.
void unpack(std::string const& bytes, TrajectoryRows& rows) {
  char const* from = bytes.data();
  for_each_list(rows, [&](auto& list) {
    if (!list.empty()) std::memcpy(list.data(), from, list.size() * sizeof(list[0]));
    from += list.size() * sizeof(list[0]);
  });
}

/// A variable over trajectories that is written in whole chunks, from the first one on.
template <class T>
class RowWriter {
 public:
  explicit RowWriter(Hdf5Variable variable)
      : variable_(std::move(variable)), width_(variable_.size() / variable_.shape()[0]),
        full_(variable_.chunk_rows() * width_) {}

  void append(std::span<T const> values) {
    while (!values.empty()) {
      auto const piece = values.first(std::min<usize>(values.size(), full_ - buffer_.size()));
      buffer_.insert(buffer_.end(), piece.begin(), piece.end());
      values = values.subspan(piece.size());
      if (buffer_.size() == full_) flush();
    }
  }
  void flush() {
    u64 const rows = buffer_.size() / width_;
    variable_.write(variable_.rows(written_, written_ + rows), std::span<T const>(buffer_));
    written_ += rows;
    buffer_.clear();
  }

 private:
  Hdf5Variable variable_;
  u64 width_, full_;
  u64 written_ = 0;
  std::vector<T> buffer_;
};

}  // namespace

class ResultWriter::Impl {
 public:
  Impl(std::string path, Overwrite overwrite, Experiment const& experiment,
       std::vector<Column> const& columns, u64 first, KeptTrajectories kept)
      : path_(std::move(path)), overwrite_(overwrite), experiment_(experiment), first_(first),
        kept_(std::move(kept)) {
    for (auto const& column : columns) kinds_.push_back(column.kind);
    check_output(path_, overwrite_, Streams::refuse);
    if (!kept_.features.empty() || kept_.end_states || kept_.raw)
      shards_.emplace(target_of(path_) + ".parts", overwrite_);
  }

  void block(FinishedBlock const& block) {
    if (!shards_ || failed()) return;
    try {
      shards_->add(block.first, block.ends.size(), packed(rows_of(block)));
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
    write_run(file, report, experiment_, summary);
    write_statistics(file, summary, report.time_unit);
    write_features(file);
    if (shards_ && summary.trajectories > 0) write_trajectories(file, summary);
    file.close();
    output.commit();
    shards_.reset();
  }

 private:
  usize times() const { return experiment_.sample_times.size(); }
  usize species() const { return experiment_.network->species.size(); }
  usize values_per_trajectory() const { return kinds_.size() * times(); }

  bool failed() {
    std::lock_guard const lock(mutex_);
    return error_.has_value();
  }

  void keep(Error const& error) {
    std::lock_guard const lock(mutex_);
    if (!error_) error_ = error;
    if (stop_ != nullptr) *stop_ = true;
  }

  TrajectoryRows rows_of(FinishedBlock const& block) const {
    TrajectoryRows rows;
    for (usize i = 0; i < block.ends.size(); ++i) {
      auto const& end = block.ends[i];
      rows.statuses.push_back(static_cast<u8>(end.status));
      rows.events.push_back(end.events);
      rows.hashes.push_back(end.hash);
      if (kept_.features.empty()) continue;
      auto const values =
          block.values.subspan(i * values_per_trajectory(), values_per_trajectory());
      for (auto const& feature : kept_.features)
        rows.features.push_back(evaluate(feature, values, times()));
    }
    if (kept_.end_states) rows.end_states.assign(block.end_states.begin(), block.end_states.end());
    if (kept_.raw) rows.raw.assign(block.values.begin(), block.values.end());
    return rows;
  }

  TrajectoryRows empty_rows(u64 trajectories) const {
    TrajectoryRows rows;
    rows.statuses.resize(trajectories);
    rows.events.resize(trajectories);
    rows.hashes.resize(trajectories);
    rows.features.resize(trajectories * kept_.features.size());
    if (kept_.end_states) rows.end_states.resize(trajectories * species());
    if (kept_.raw) rows.raw.resize(trajectories * values_per_trajectory());
    return rows;
  }

  void write_features(Hdf5File& file) const {
    if (kept_.features.empty()) return;
    std::vector<std::string> texts;
    for (auto const& feature : kept_.features) texts.push_back(feature.text);
    file.add_dimension("feature", texts);
  }

  void write_trajectories(Hdf5File& file, EnsembleSummary const& summary) const;

  std::string path_;
  Overwrite overwrite_;
  Experiment const& experiment_;
  std::vector<ColumnKind> kinds_;  ///< of the columns
  u64 first_;
  KeptTrajectories kept_;
  std::optional<Shards> shards_;
  std::atomic<bool>* stop_ = nullptr;
  std::mutex mutex_;
  std::optional<Error> error_;  ///< guarded by mutex_
};

namespace {

Hdf5Variable add_statuses(Hdf5File& file) {
  auto status = file.add<u8>("status", {"realization"});
  std::string meanings;
  std::vector<u8> values;
  for (usize i = 0; i < status_count; ++i) {
    values.push_back(static_cast<u8>(i));
    meanings += fmt::format("{}{}", i ? " " : "", name_of(static_cast<TrajectoryStatus>(i)));
  }
  status.set("long_name", "how the trajectory ended");
  status.set_numbers("flag_values", std::span<u8 const>(values));
  status.set("flag_meanings", meanings);
  return status;
}

template <class T>
Hdf5Variable add_described(Hdf5File& file, std::string const& name,
                           std::vector<std::string> const& dimensions, std::string const& text) {
  auto variable = file.add<T>(name, dimensions);
  variable.set("long_name", text);
  return variable;
}

}  // namespace

void ResultWriter::Impl::write_trajectories(Hdf5File& file, EnsembleSummary const& summary) const {
  auto realization = file.add_dimension<u64>("realization", summary.trajectories);
  realization.set("long_name", "number of the trajectory");
  RowWriter<u64> ids(std::move(realization));
  RowWriter<u8> statuses(add_statuses(file));
  RowWriter<u64> events(
      add_described<u64>(file, "events", {"realization"}, "events of the trajectory"));
  RowWriter<u64> hashes(add_described<u64>(file, "trajectory_hash", {"realization"},
                                           "contract hash of the trajectory"));
  std::optional<RowWriter<double>> features;
  if (!kept_.features.empty())
    features.emplace(add_described<double>(file, "feature_value", {"realization", "feature"},
                                           "number kept of the trajectory"));
  std::optional<RowWriter<i64>> end_states;
  if (kept_.end_states)
    end_states.emplace(add_described<i64>(file, "end_state", {"realization", "network_species"},
                                          "copy number at the end, -1 where it was not reached"));
  std::vector<std::optional<RowWriter<double>>> raw(result_format::kinds.size());
  for (usize k = 0; kept_.raw && k < raw.size(); ++k) {
    auto const kind = result_format::name_of_kind(result_format::kinds[k]);
    if (std::count(kinds_.begin(), kinds_.end(), result_format::kinds[k]) == 0) continue;
    auto variable = add_described<double>(file, kind + "_raw", {"realization", kind, "time"},
                                          "value in the trajectory");
    variable.set("coordinates", fmt::format("{0}_label {0}_unit", kind));
    raw[k].emplace(std::move(variable));
  }

  u64 done = 0;
  for (auto const& block : shards_->cover(first_, summary.trajectories)) {
    auto rows = empty_rows(block.trajectories);
    unpack(shards_->read(block), rows);
    u64 const count = std::min(block.trajectories, summary.trajectories - done);
    for (u64 i = 0; i < count; ++i) {
      u64 const id = block.first + i;
      ids.append({&id, 1});
    }
    auto const head = [&](auto const& list) {
      return std::span(list).first(list.size() / block.trajectories * count);
    };
    statuses.append(head(rows.statuses));
    events.append(head(rows.events));
    hashes.append(head(rows.hashes));
    if (features) features->append(head(rows.features));
    if (end_states) end_states->append(head(rows.end_states));
    if (kept_.raw) {
      auto const all = head(rows.raw);
      for (usize row = 0; row < count * kinds_.size(); ++row) {
        auto const kind = static_cast<usize>(kinds_[row % kinds_.size()]);
        raw[kind]->append(all.subspan(row * times(), times()));
      }
    }
    done += count;
  }
  ids.flush();
  statuses.flush();
  events.flush();
  hashes.flush();
  if (features) features->flush();
  if (end_states) end_states->flush();
  for (auto& writer : raw)
    if (writer) writer->flush();
}

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
