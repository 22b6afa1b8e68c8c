// host/io/trajectory_csv.cpp - reads a result in pieces and writes them line by line.
#include "host/io/trajectory_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "host/io/csv_writer.hpp"

namespace cristae {
namespace {

/// Lines that are handed on in large pieces.
class Lines {
 public:
  explicit Lines(WriteText const& write) : write_(write) {}

  template <class... Values>
  void add(fmt::format_string<Values...> text, Values&&... values) {
    fmt::format_to(std::back_inserter(buffer_), text, std::forward<Values>(values)...);
  }
  void add_number(double value) {
    buffer_ += ',';
    buffer_ += csv_number(value);
  }
  void end_line() {
    buffer_ += '\n';
    if (buffer_.size() >= piece) flush();
  }
  void flush() {
    write_(buffer_);
    buffer_.clear();
  }

 private:
  static constexpr usize piece = usize{1} << 20;
  WriteText const& write_;
  std::string buffer_;
};

/// Names of columns as a header; a species behind an observable of its name says so.
void add_header(Lines& lines, std::vector<Column> const& columns,
                std::vector<usize> const& chosen) {
  for (usize const i : chosen) {
    auto const& column = columns[i];
    bool const is_second = find_column(column.name, columns) != i;
    lines.add(",{}", csv_field(is_second ? column.name + " (species)" : column.name));
  }
  lines.end_line();
}

/// Calls `work(begin, end)` for pieces of trajectories that hold about a million numbers.
template <class Work>
void in_pieces(u64 trajectories, usize numbers_each, Work work) {
  u64 const step = std::max<u64>(1, (u64{1} << 20) / std::max<usize>(1, numbers_each));
  for (u64 begin = 0; begin < trajectories; begin += step)
    work(begin, std::min(trajectories, begin + step));
}

/// A line per trajectory: `id,status,events` and what `add_values(trajectory - begin)` adds.
/// `read(begin, end)` comes before them.
template <class Read, class AddValues>
void write_by_trajectory(ResultFile const& file, usize numbers_each, Lines& lines, Read read,
                         AddValues add_values) {
  u64 const first = file.report().first;
  in_pieces(file.summary().trajectories, numbers_each + 2, [&](u64 begin, u64 end) {
    auto const statuses = file.statuses(begin, end);
    auto const events = file.events(begin, end);
    read(begin, end);
    for (usize i = 0; i < statuses.size(); ++i) {
      lines.add("{},{},{}", first + begin + i, name_of(statuses[i]), events[i]);
      add_values(i);
      lines.end_line();
    }
  });
  lines.flush();
}

std::vector<usize> all_of(std::vector<Column> const& columns) {
  std::vector<usize> all(columns.size());
  for (usize i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

}  // namespace

std::vector<Column> columns_of(EnsembleSummary const& summary) {
  std::vector<Column> columns;
  for (auto const& reported : summary.columns) {
    auto& column = columns.emplace_back();
    column.kind = reported.kind;
    column.name = reported.name;
    column.label = reported.label;
    column.unit = reported.unit;
  }
  return columns;
}

void write_features_csv(ResultFile const& file, std::vector<usize> const& features,
                        WriteText const& write) {
  Lines lines(write);
  bool const has_end_times = file.has_end_times();
  lines.add("id,status,events{}", has_end_times ? ",end_time" : "");
  for (usize const feature : features) lines.add(",{}", csv_field(file.features()[feature]));
  lines.end_line();
  usize const kept = file.features().size();
  std::vector<double> values, end_times;
  write_by_trajectory(
      file, kept, lines,
      [&](u64 begin, u64 end) {
        if (has_end_times) end_times = file.end_times(begin, end);
        if (!features.empty()) values = file.feature_values(begin, end);
      },
      [&](usize i) {
        if (has_end_times) lines.add_number(end_times[i]);
        for (usize const feature : features) lines.add_number(values[i * kept + feature]);
      });
}

void write_end_states_csv(ResultFile const& file, std::vector<usize> const& species,
                          WriteText const& write) {
  Lines lines(write);
  lines.add("id,status,events");
  for (usize const s : species) lines.add(",{}", csv_field(file.species()[s]));
  lines.end_line();
  usize const all = file.species().size();
  std::vector<i64> states;
  write_by_trajectory(
      file, all, lines, [&](u64 begin, u64 end) { states = file.end_states(begin, end); },
      [&](usize i) {
        for (usize const s : species) {
          i64 const count = states[i * all + s];
          lines.add(",{}", count < 0 ? std::string() : fmt::to_string(count));
        }
      });
}

void write_raw_csv(ResultFile const& file, std::vector<usize> const& columns,
                   WriteText const& write) {
  auto const& times = file.summary().times;
  auto const all = columns_of(file.summary());
  Lines lines(write);
  lines.add("id,time");
  add_header(lines, all, columns);
  usize const each = all.size() * times.size();
  in_pieces(file.summary().trajectories, each, [&](u64 begin, u64 end) {
    auto const values = file.raw(begin, end);
    for (u64 i = 0; i < end - begin; ++i) {
      for (usize k = 0; k < times.size(); ++k) {
        lines.add("{},{}", file.report().first + begin + i, csv_number(times[k]));
        for (usize const c : columns) lines.add_number(values[i * each + c * times.size() + k]);
        lines.end_line();
      }
    }
  });
  lines.flush();
}

void write_trajectory_csv(std::vector<Column> const& columns, std::vector<double> const& times,
                          usize reached, std::span<double const> values, WriteText const& write) {
  Lines lines(write);
  lines.add("time");
  add_header(lines, columns, all_of(columns));
  for (usize k = 0; k < reached; ++k) {
    lines.add("{}", csv_number(times[k]));
    for (usize c = 0; c < columns.size(); ++c) lines.add_number(values[c * times.size() + k]);
    lines.end_line();
  }
  lines.flush();
}

}  // namespace cristae
