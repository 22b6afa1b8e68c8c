// host/io/csv_writer.cpp - RFC 4180 text of ensemble statistics.
#include "host/io/csv_writer.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace cristae {

std::string csv_field(std::string const& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char const c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_number(double value) {
  return std::isnan(value) ? std::string() : fmt::format("{}", value);
}

void write_csv(EnsembleSummary const& summary, std::function<void(std::string_view)> const& write) {
  write("time,kind,name,unit,n,undefined,mean,var,sd,se,fano,cv2,min,max,q05,q25,median,q75,q95\n");
  std::string text;
  for (auto const& column : summary.columns) {
    auto const what = fmt::format("{},{},{}", name_of(column.kind), csv_field(column.name),
                                  csv_field(column.unit));
    for (usize k = 0; k < column.points.size(); ++k) {
      auto const& point = column.points[k];
      fmt::format_to(std::back_inserter(text), "{},{},{},{}", csv_number(summary.times[k]), what,
                     point.n, point.undefined);
      for (double const value : {point.mean, point.var, point.sd(), point.se, point.fano, point.cv2,
                                 point.min, point.max})
        (text += ',') += csv_number(value);
      for (double const value : point.quantiles) (text += ',') += csv_number(value);
      text += '\n';
    }
    write(text);
    text.clear();
  }
}

}  // namespace cristae
