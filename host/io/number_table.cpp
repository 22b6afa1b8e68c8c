// host/io/number_table.cpp - lines to fields to numbers.
#include "host/io/number_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "host/base/error.hpp"
#include "host/io/csv_lines.hpp"
#include "host/io/text_file.hpp"

namespace cristae {
namespace {

constexpr usize most_findings = 20;

class TableReader {
 public:
  explicit TableReader(std::string const& path) : path_(path) {}

  NumberTable read() {
    auto const text = read_text_file(path_);
    for_each_csv_line(text, [&](u32 number, std::string_view, auto const& fields) {
      if (table_.names.empty())
        names(fields, number);
      else
        row(fields, number);
    });
    if (table_.rows() == 0 && findings_.empty())
      report(0, 0, "there are no rows", "names in the first line and numbers below are needed", "");
    if (!findings_.empty()) throw Error(ExitCode::usage, std::move(findings_));
    return std::move(table_);
  }

 private:
  std::string path_;
  NumberTable table_;
  std::vector<Diagnostic> findings_;

  void report(u32 line, u32 column, std::string problem, std::string reason, std::string fix) {
    if (findings_.size() < most_findings)
      findings_.push_back({Severity::error,
                           {path_, line, column},
                           std::move(problem),
                           std::move(reason),
                           std::move(fix)});
  }

  void names(std::vector<CsvField> const& fields, u32 line) {
    for (auto const& field : fields) {
      if (field.text.empty())
        report(line, field.column, "a column has no name", "", "Name it");
      else if (std::count(table_.names.begin(), table_.names.end(), field.text) > 0)
        report(line, field.column, fmt::format("two columns are called '{}'", field.text), "",
               "Rename one");
      table_.names.emplace_back(field.text);
    }
    table_.columns.resize(table_.names.size());
  }

  void row(std::vector<CsvField> const& fields, u32 line) {
    if (fields.size() != table_.names.size())
      return report(line, 1,
                    fmt::format("the line has {} fields, the first one {}", fields.size(),
                                table_.names.size()),
                    "", "Give a number for each column");
    for (usize i = 0; i < fields.size(); ++i) {
      auto const value = csv_number_in(fields[i].text);
      if (!value || !std::isfinite(*value))
        report(
            line, fields[i].column,
            fmt::format("'{}' of column '{}' is no finite number", fields[i].text, table_.names[i]),
            "", "");
      table_.columns[i].push_back(value.value_or(0));
    }
  }
};

}  // namespace

NumberTable read_number_table(std::string const& path) { return TableReader(path).read(); }

}  // namespace cristae
