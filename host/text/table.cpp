// host/text/table.cpp - widths, and rounding for people.
#include "host/text/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/io/json_writer.hpp"

namespace cristae {
namespace {

usize width_of(std::string const& text) {
  return static_cast<usize>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// A cell wider than this does not widen its column: it pushes what is on its right, in its row only.
constexpr usize widest_column = 60;

bool is_continuation(char c) { return (c & 0xC0) == 0x80; }

}  // namespace

std::string shortened(std::string const& text) {
  constexpr usize most = 40, head = 24, tail = 13;
  if (width_of(text) <= most) return text;
  usize begin = 0, end = text.size();
  for (usize left = head; left > 0 || is_continuation(text[begin]); ++begin)
    if (!is_continuation(text[begin])) --left;
  for (usize left = tail; left > 0;)
    if (!is_continuation(text[--end])) --left;
  return text.substr(0, begin) + "..." + text.substr(end);
}

std::string TextTable::text(Header header, usize indent) const {
  std::vector<usize> widths(alignment_.size(), 0);
  std::vector<char> is_used(alignment_.size(), 0);
  for (usize row = 0; row < rows_.size(); ++row) {
    for (usize i = 0; i < rows_[row].size(); ++i) {
      auto const width = width_of(rows_[row][i]);
      if (width <= widest_column) widths[i] = std::max(widths[i], width);
      if (!rows_[row][i].empty() && (row > 0 || header == Header::no)) is_used[i] = 1;
    }
  }
  std::string text;
  for (auto const& row : rows_) {
    std::string line(indent, ' ');
    bool is_first = true;
    for (usize i = 0; i < row.size(); ++i) {
      if (!is_used[i]) continue;
      if (!is_first) line += "  ";
      is_first = false;
      auto const width = width_of(row[i]);
      std::string const padding(width < widths[i] ? widths[i] - width : 0, ' ');
      line += alignment_[i] == Align::left ? row[i] + padding : padding + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string short_number(double value) {
  if (std::isnan(value)) return "-";
  double const size = std::fabs(value);
  if (size >= 1000 && size < 1e7) return fmt::format("{:.0f}", value);
  return fmt::format("{:.4g}", value + 0.0);
}

std::string short_count(double value) {
  for (auto const& [scale, letter] :
       {std::pair{1e12, 'T'}, std::pair{1e9, 'G'}, std::pair{1e6, 'M'}, std::pair{1e3, 'k'}})
    if (value >= scale * 0.9995) return fmt::format("{:.3g} {}", value / scale, letter);
  return fmt::format("{:.3g}", value);
}

std::string short_duration(double seconds) {
  if (!(seconds < 1e9)) return "-";
  if (seconds < 9.95) return fmt::format("{:.2g} s", seconds);
  auto const whole = static_cast<u64>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::vector<usize> main_columns(EnsembleSummary const& summary) {
  std::vector<usize> observables, all;
  for (usize i = 0; i < summary.columns.size(); ++i) {
    all.push_back(i);
    if (summary.columns[i].kind == ColumnKind::observable) observables.push_back(i);
  }
  return observables.empty() ? all : observables;
}

std::vector<usize> table_rows(EnsembleSummary const& summary, usize columns) {
  usize const count = columns <= 8 ? 5 : columns <= 20 ? 3 : 2;
  if (summary.histogram_times.empty()) return table_times(summary.times.size(), count);
  std::vector<usize> rows;
  for (usize const i : table_times(summary.histogram_times.size(), count))
    rows.push_back(summary.histogram_times[i]);
  return rows;
}

namespace {

/// What the columns are: their kind, where it is the same.
std::string heading(EnsembleSummary const& summary, std::vector<usize> const& columns) {
  std::string kind;
  for (usize const i : columns) {
    std::string const own = name_of(summary.columns[i].kind);
    if (!kind.empty() && kind != own) return "column";
    kind = own;
  }
  return kind;
}

}  // namespace

std::string statistics_table(EnsembleSummary const& summary, std::vector<usize> const& columns,
                             std::vector<usize> const& rows, std::string const& time_unit) {
  TextTable table({Align::left, Align::left, Align::right, Align::right, Align::right, Align::right,
                   Align::right, Align::right});
  bool const varies = [&] {  // n is worth a column only where trajectories ended early
    for (usize const i : columns)
      for (usize const k : rows)
        if (summary.columns[i].points[k].n != summary.trajectories) return true;
    return false;
  }();
  table.add({heading(summary, columns), "unit",
             time_unit.empty() ? "time" : "time (" + time_unit + ")", "n", "mean", "sd", "median",
             "5-95 %"});
  for (usize const i : columns) {
    auto const& column = summary.columns[i];
    bool is_first = true;
    for (usize const k : rows) {
      auto const& point = column.points[k];
      auto const& q = point.quantiles;
      table.add({is_first ? shortened(column.name) : "", is_first ? shortened(column.unit) : "",
                 short_number(summary.times[k]), varies ? fmt::format("{}", point.n) : "",
                 short_number(point.mean), short_number(point.sd()), short_number(q[2]),
                 short_number(q[0]) + " .. " + short_number(q[4])});
      is_first = false;
    }
  }
  return table.text(TextTable::Header::yes);
}

}  // namespace cristae
