// host/io/csv_writer.cpp - RFC 4180 text of ensemble statistics.
#include "host/io/csv_writer.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace cristae {
namespace {

/// The sign of NaN carries nothing and differs between machines.
double unsigned_nan(double value) { return std::isnan(value) ? std::fabs(value) : value; }

}  // namespace

std::string csv_field(std::string const& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char const c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

void write_csv(EnsembleSummary const& summary, OutputFile& file) {
  file.write("time,observable,unit,n,mean,sd,q05,q25,median,q75,q95\n");
  std::string text;
  for (auto const& column : summary.columns) {
    auto const name = csv_field(column.name), unit = csv_field(column.unit);
    for (usize k = 0; k < column.points.size(); ++k) {
      auto const& point = column.points[k];
      fmt::format_to(std::back_inserter(text), "{:.17g},{},{},{}", summary.times[k], name, unit,
                     point.n);
      for (double const value :
           {point.mean, point.sd, point.q05, point.q25, point.median, point.q75, point.q95})
        fmt::format_to(std::back_inserter(text), ",{:.17g}", unsigned_nan(value));
      text += '\n';
    }
    file.write(text);
    text.clear();
  }
}

}  // namespace cristae
