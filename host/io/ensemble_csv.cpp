// host/io/ensemble_csv.cpp - one line per bin, one line per pair of columns.
#include "host/io/ensemble_csv.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string>

#include "host/io/csv_writer.hpp"

namespace cristae {
namespace {

std::string kind_and_name(ColumnStatistics const& column) {
  return fmt::format("{},{}", name_of(column.kind), csv_field(column.name));
}

}  // namespace

void write_histograms_csv(EnsembleSummary const& summary, std::vector<usize> const& columns,
                          std::function<void(std::string_view)> const& write) {
  write("time,kind,name,unit,lower,upper,count\n");
  std::string text;
  for (usize const c : columns) {
    auto const& column = summary.columns[c];
    auto const what = kind_and_name(column) + "," + csv_field(column.unit);
    for (usize h = 0; h < column.histograms.size(); ++h) {
      auto const time = csv_number(summary.times[summary.histogram_times[h]]);
      auto const& histogram = column.histograms[h];
      for (usize b = 0; b < histogram.counts.size(); ++b) {
        double const lower = histogram.start + double(b) * histogram.width;
        double const upper = histogram.start + double(b + 1) * histogram.width;
        fmt::format_to(std::back_inserter(text), "{},{},{},{},{}\n", time, what, csv_number(lower),
                       csv_number(upper), histogram.counts[b]);
      }
      write(text);
      text.clear();
    }
  }
}

void write_suite_csv(EnsembleSummary const& summary, std::vector<usize> const& columns,
                     std::function<void(std::string_view)> const& write) {
  std::string text = "time";
  for (usize const c : columns) {
    auto const& name = summary.columns[c].name;
    text += fmt::format(",{},{}", csv_field(name + "-mean"), csv_field(name + "-sd"));
  }
  for (usize k = 0; k < summary.times.size(); ++k) {
    fmt::format_to(std::back_inserter(text), "\n{}", csv_number(summary.times[k]));
    for (usize const c : columns) {
      auto const& point = summary.columns[c].points[k];
      text += fmt::format(",{},{}", csv_number(point.mean), csv_number(point.sd()));
    }
    write(text);
    text.clear();
  }
  write("\n");
}

void write_covariance_csv(EnsembleSummary const& summary, std::vector<usize> const& columns,
                          std::function<void(std::string_view)> const& write) {
  write("time,kind_1,name_1,kind_2,name_2,covariance\n");
  usize const all = summary.columns.size();
  std::string text;
  for (usize h = 0; h < summary.histogram_times.size(); ++h) {
    auto const time = csv_number(summary.times[summary.histogram_times[h]]);
    for (usize const a : columns) {
      for (usize const b : columns)
        fmt::format_to(std::back_inserter(text), "{},{},{},{}\n", time,
                       kind_and_name(summary.columns[a]), kind_and_name(summary.columns[b]),
                       csv_number(summary.covariance[(h * all + a) * all + b]));
    }
    write(text);
    text.clear();
  }
}

}  // namespace cristae
