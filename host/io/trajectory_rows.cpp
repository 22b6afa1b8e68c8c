// host/io/trajectory_rows.cpp - packing, unpacking, and variables over trajectories.
#include "host/io/trajectory_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "host/io/dataset.hpp"
#include "host/io/hdf5_file.hpp"
#include "host/io/result_file.hpp"
#include "host/io/result_format.hpp"

namespace cristae {

/// Numbers of every trajectory of one block, by id.
struct TrajectoryRows::Lists {
  std::vector<u8> statuses;
  std::vector<u64> events, hashes;
  std::vector<double> features;  ///< [trajectory][feature]
  std::vector<i64> end_states;   ///< [trajectory][species]
  std::vector<double> raw;       ///< [trajectory][column][sample time]
  std::vector<double> end_times;
};

namespace {

template <class Lists, class Visit>
void for_each_list(Lists& lists, Visit visit) {
  visit(lists.statuses);
  visit(lists.events);
  visit(lists.hashes);
  visit(lists.features);
  visit(lists.end_states);
  visit(lists.raw);
  visit(lists.end_times);
}

/// The lists have the sizes that were packed.
template <class Lists>
void unpack(std::string const& bytes, Lists& lists) {
  char const* from = bytes.data();
  for_each_list(lists, [&](auto& list) {
    if (!list.empty()) std::memcpy(list.data(), from, list.size() * sizeof(list[0]));
    from += list.size() * sizeof(list[0]);
  });
}

/// A variable over trajectories that is written in whole chunks, from the first one on.
template <class T, class Variable>
class RowWriter {
 public:
  explicit RowWriter(Variable variable)
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
  Variable variable_;
  u64 width_, full_;
  u64 written_ = 0;
  std::vector<T> buffer_;
};

template <class File>
typename File::Variable add_statuses(File& file) {
  auto status = file.template add<u8>("status", {"realization"});
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

template <class T, class File>
typename File::Variable add_described(File& file, std::string const& name,
                                      std::vector<std::string> const& dimensions,
                                      std::string const& text) {
  auto variable = file.template add<T>(name, dimensions);
  variable.set("long_name", text);
  return variable;
}

}  // namespace

TrajectoryRows::TrajectoryRows(Experiment const& experiment, std::vector<Column> const& columns,
                               KeptTrajectories kept)
    : experiment_(experiment), kept_(std::move(kept)) {
  for (auto const& column : columns) kinds_.push_back(column.kind);
}

u64 TrajectoryRows::bytes_per_trajectory() const {
  usize const values = kept_.features.size() + (kept_.end_states ? species() : 0) +
                       (kept_.raw ? values_per_trajectory() : 0) + (kept_.end_times ? 1 : 0);
  return sizeof(u8) + 2 * sizeof(u64) + values * sizeof(double);
}

std::string TrajectoryRows::pack(FinishedBlock const& block) const {
  Lists rows;
  for (usize i = 0; i < block.ends.size(); ++i) {
    auto const& end = block.ends[i];
    rows.statuses.push_back(static_cast<u8>(end.status));
    rows.events.push_back(end.events);
    rows.hashes.push_back(end.hash);
    if (kept_.end_times) rows.end_times.push_back(end.time);
    for (usize f = 0; f < kept_.features.size(); ++f)
      rows.features.push_back(feature_value(block, i, f));
  }
  if (kept_.end_states) rows.end_states.assign(block.end_states.begin(), block.end_states.end());
  if (kept_.raw) rows.raw.assign(block.values.begin(), block.values.end());
  return bytes_of(rows);
}

double TrajectoryRows::feature_value(FinishedBlock const& block, usize trajectory,
                                     usize index) const {
  Feature const& feature = kept_.features[index];
  if (feature.kind == FeatureKind::first)
    return block.ends[trajectory].first_passages.at(feature.passage);
  if (!block.features.empty()) return block.features[trajectory * kept_.features.size() + index];
  usize const row = values_per_trajectory();
  return evaluate(feature, block.values.subspan(trajectory * row, row), times());
}

std::string TrajectoryRows::bytes_of(Lists const& rows) {
  std::string bytes;
  for_each_list(rows, [&](auto const& list) {
    bytes.append(reinterpret_cast<char const*>(list.data()), list.size() * sizeof(list[0]));
  });
  return bytes;
}

std::string TrajectoryRows::pack(ResultFile const& file, u64 begin, u64 end) const {
  Lists rows;
  for (auto const status : file.statuses(begin, end))
    rows.statuses.push_back(static_cast<u8>(status));
  rows.events = file.events(begin, end);
  rows.hashes = file.hashes(begin, end);
  if (!kept_.features.empty()) rows.features = file.feature_values(begin, end);
  if (kept_.end_states) rows.end_states = file.end_states(begin, end);
  if (kept_.raw) rows.raw = file.raw(begin, end);
  if (kept_.end_times) rows.end_times = file.end_times(begin, end);
  return bytes_of(rows);
}

std::vector<PackedBlock> TrajectoryRows::blocks_of(ResultFile const& file,
                                                   std::string const& path) const {
  std::vector<PackedBlock> blocks;
  if (!kept_.any()) return blocks;
  constexpr u64 most_bytes = u64{16} << 20;
  u64 const step = std::max<u64>(1, most_bytes / bytes_per_trajectory());
  u64 const trajectories = file.summary().trajectories, first = file.report().first;
  for (u64 begin = 0; begin < trajectories; begin += step) {
    u64 const end = std::min(begin + step, trajectories);
    blocks.push_back({first + begin, end - begin, [this, path, begin, end] {
                        ResultFile const opened(path, ResultFile::Load::head);
                        return pack(opened, begin, end);
                      }});
  }
  return blocks;
}

TrajectoryRows::Lists TrajectoryRows::empty_lists(u64 trajectories) const {
  Lists rows;
  rows.statuses.resize(trajectories);
  rows.events.resize(trajectories);
  rows.hashes.resize(trajectories);
  rows.features.resize(trajectories * kept_.features.size());
  if (kept_.end_states) rows.end_states.resize(trajectories * species());
  if (kept_.raw) rows.raw.resize(trajectories * values_per_trajectory());
  if (kept_.end_times) rows.end_times.resize(trajectories);
  return rows;
}

template <class File>
void TrajectoryRows::write_features(File& file) const {
  if (kept_.features.empty()) return;
  std::vector<std::string> texts;
  for (auto const& feature : kept_.features) texts.push_back(feature.text);
  file.add_dimension("feature", texts);
}

template <class File>
void TrajectoryRows::write(File& file, std::vector<PackedBlock> const& blocks,
                           u64 trajectories) const {
  using Variable = typename File::Variable;
  auto realization = file.template add_dimension<u64>("realization", trajectories);
  realization.set("long_name", "number of the trajectory");
  RowWriter<u64, Variable> ids(std::move(realization));
  RowWriter<u8, Variable> statuses(add_statuses(file));
  RowWriter<u64, Variable> events(
      add_described<u64>(file, "events", {"realization"}, "events of the trajectory"));
  RowWriter<u64, Variable> hashes(add_described<u64>(file, "trajectory_hash", {"realization"},
                                                     "contract hash of the trajectory"));
  std::optional<RowWriter<double, Variable>> features;
  if (!kept_.features.empty())
    features.emplace(add_described<double>(file, "feature_value", {"realization", "feature"},
                                           "number kept of the trajectory"));
  std::optional<RowWriter<i64, Variable>> end_states;
  if (kept_.end_states)
    end_states.emplace(add_described<i64>(file, "end_state", {"realization", "network_species"},
                                          "copy number at the end, -1 where it was not reached"));
  std::optional<RowWriter<double, Variable>> end_times;
  if (kept_.end_times)
    end_times.emplace(add_described<double>(file, "end_time", {"realization"},
                                            "time at which the trajectory ended"));
  std::vector<std::optional<RowWriter<double, Variable>>> raw(result_format::kinds.size());
  for (usize k = 0; kept_.raw && k < raw.size(); ++k) {
    auto const kind = result_format::name_of_kind(result_format::kinds[k]);
    if (std::count(kinds_.begin(), kinds_.end(), result_format::kinds[k]) == 0) continue;
    auto variable = add_described<double>(file, kind + "_raw", {"realization", kind, "time"},
                                          "value in the trajectory");
    variable.set("coordinates", fmt::format("{0}_label {0}_unit", kind));
    raw[k].emplace(std::move(variable));
  }

  u64 done = 0;
  for (auto const& block : blocks) {
    auto rows = empty_lists(block.trajectories);
    unpack(block.read(), rows);
    u64 const count = std::min(block.trajectories, trajectories - done);
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
    if (end_times) end_times->append(head(rows.end_times));
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
  if (end_times) end_times->flush();
  for (auto& writer : raw)
    if (writer) writer->flush();
}

template void TrajectoryRows::write_features(Hdf5File&) const;
template void TrajectoryRows::write_features(Dataset&) const;
template void TrajectoryRows::write(Hdf5File&, std::vector<PackedBlock> const&, u64) const;
template void TrajectoryRows::write(Dataset&, std::vector<PackedBlock> const&, u64) const;

}  // namespace cristae
