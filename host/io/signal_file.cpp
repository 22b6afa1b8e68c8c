// host/io/signal_file.cpp - line by line, every problem with its place.
#include "host/io/signal_file.hpp"

#include <fmt/format.h>

#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "host/io/csv_lines.hpp"
#include "host/io/text_file.hpp"
#include "host/model/signal.hpp"

namespace cristae {
namespace {

constexpr usize most_findings = 100;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

class Reader {
 public:
  Reader(std::string const& file, Parameter const& parameter)
      : file_(file), parameter_(parameter) {}

  SignalRows read(std::string_view text) {
    bool is_first = true;
    for_each_csv_line(text, [&](u32 number, std::string_view line, auto const& fields) {
      if (line.starts_with('#')) return;
      read_line(number, fields, is_first);
      is_first = false;
    });
    if (rows_.times.empty() && rows_.findings.empty()) add({}, no_rows());
    return std::move(rows_);
  }

 private:
  struct Position {
    u32 line = 0, column = 0;
  };

  void add(Position where, SignalProblem problem) {
    // The first of a file that is something else altogether are enough.
    if (rows_.findings.size() == most_findings) return;
    rows_.findings.push_back({Severity::error,
                              {file_, where.line, where.column},
                              std::move(problem.problem),
                              std::move(problem.reason),
                              std::move(problem.fix)});
  }

  void read_line(u32 line, std::vector<CsvField> const& fields, bool is_first) {
    if (fields.size() != 2) {
      add({line, fields.size() > 2 ? fields[2].column : fields[0].column},
          {fmt::format("a row of {} {}", fields.size(), fields.size() == 1 ? "field" : "fields"),
           "a signal has two columns, time and value", "Write time,value"});
      return;
    }
    auto const time = csv_number_in(fields[0].text), value = csv_number_in(fields[1].text);
    if (is_first && !time && !value) return;  // the names of the columns
    if (!time) add_no_number({line, fields[0].column}, fields[0].text);
    if (!value) add_no_number({line, fields[1].column}, fields[1].text);
    if (time)
      if (auto problem = time_problem(*time, rows_.times.empty() ? nullptr : &rows_.times.back()))
        add({line, fields[0].column}, std::move(*problem));
    if (value)
      if (auto problem = value_problem(parameter_, *value))
        add({line, fields[1].column}, std::move(*problem));
    // A time that goes back is told once, not again for all that follow it.
    rows_.times.push_back(time.value_or(unknown));
    rows_.values.push_back(value.value_or(unknown));
  }

  void add_no_number(Position where, std::string_view text) {
    constexpr usize most = 40;
    std::string shown;
    for (char const c : text.substr(0, most))
      shown += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    add(where, {fmt::format("'{}{}' is no number", shown, text.size() > most ? "..." : ""),
                fmt::format("a value of parameter '{}' at a time is needed", parameter_.id),
                "Write rows of time,value with a point as decimal mark"});
  }

  std::string const& file_;
  Parameter const& parameter_;
  SignalRows rows_;
};

}  // namespace

SignalRows read_signal_text(std::string_view text, std::string const& file,
                            Parameter const& parameter) {
  return Reader(file, parameter).read(text);
}

SignalRows read_signal_file(std::string const& path, Parameter const& parameter) {
  return read_signal_text(read_text_file(path), path, parameter);
}

}  // namespace cristae
