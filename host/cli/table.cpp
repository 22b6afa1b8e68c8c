// host/cli/table.cpp - widths, rounding for people, and writing to standard output.
#include "host/cli/table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "host/base/error.hpp"

namespace cristae {
namespace {

usize width_of(std::string const& text) {
  return static_cast<usize>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string TextTable::text(Header header, usize indent) const {
  std::vector<usize> widths(alignment_.size(), 0);
  std::vector<char> is_used(alignment_.size(), 0);
  for (usize row = 0; row < rows_.size(); ++row) {
    for (usize i = 0; i < rows_[row].size(); ++i) {
      widths[i] = std::max(widths[i], width_of(rows_[row][i]));
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
      std::string const padding(widths[i] - width_of(row[i]), ' ');
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

usize table_rows_per_column(usize columns) { return columns <= 8 ? 5 : columns <= 20 ? 3 : 2; }

std::string statistics_table(EnsembleSummary const& summary, std::vector<usize> const& rows,
                             std::string const& time_unit) {
  TextTable table({Align::left, Align::left, Align::right, Align::right, Align::right, Align::right,
                   Align::right, Align::right});
  bool const varies = [&] {  // n is worth a column only where trajectories ended early
    for (auto const& column : summary.columns)
      for (usize const k : rows)
        if (column.points[k].n != summary.trajectories) return true;
    return false;
  }();
  table.add({"observable", "unit", time_unit.empty() ? "time" : "time (" + time_unit + ")", "n",
             "mean", "sd", "median", "5-95 %"});
  for (auto const& column : summary.columns) {
    bool is_first = true;
    for (usize const k : rows) {
      auto const& point = column.points[k];
      table.add({is_first ? column.name : "", is_first ? column.unit : "",
                 short_number(summary.times[k]), varies ? fmt::format("{}", point.n) : "",
                 short_number(point.mean), short_number(point.sd), short_number(point.median),
                 short_number(point.q05) + " .. " + short_number(point.q95)});
      is_first = false;
    }
  }
  return table.text(TextTable::Header::yes);
}

void print_text(std::string_view text) {
  while (!text.empty()) {
    ssize_t const written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return;
    if (written < 0)
      throw Error(ExitCode::input_output, "standard output cannot be written",
                  std::strerror(errno));
    text.remove_prefix(static_cast<usize>(written));
  }
}

}  // namespace cristae
