// host/io/number_table.cpp - lines to fields to numbers.
#include "host/io/number_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

#include "host/base/error.hpp"

namespace cristae {
namespace {

constexpr usize most_findings = 20;

struct Field {
  std::string text;
  u32 column = 1;  ///< where it begins, from 1
};

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<Field> fields_of(std::string_view line) {
  std::vector<Field> fields;
  for (usize at = 0;;) {
    auto const comma = line.find(',', at);
    auto text = trimmed(line.substr(at, comma == std::string_view::npos ? comma : comma - at));
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
      text = text.substr(1, text.size() - 2);
    fields.push_back({std::string(text), static_cast<u32>(at + 1)});
    if (comma == std::string_view::npos) return fields;
    at = comma + 1;
  }
}

class TableReader {
 public:
  explicit TableReader(std::string const& path) : path_(path) {}

  NumberTable read() {
    std::ifstream file(path_, std::ios::binary);
    if (!file)
      throw Error(ExitCode::input_output, fmt::format("'{}' cannot be read", path_),
                  std::strerror(errno));
    std::string line;
    for (u32 number = 1; std::getline(file, line); ++number) {
      if (number == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
      if (trimmed(line).empty()) continue;
      if (table_.names.empty())
        names(fields_of(line), number);
      else
        row(fields_of(line), number);
    }
    if (file.bad()) throw Error(ExitCode::input_output, fmt::format("'{}' cannot be read", path_));
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

  void names(std::vector<Field> const& fields, u32 line) {
    for (auto const& field : fields) {
      if (field.text.empty())
        report(line, field.column, "a column has no name", "", "Name it");
      else if (std::count(table_.names.begin(), table_.names.end(), field.text) > 0)
        report(line, field.column, fmt::format("two columns are called '{}'", field.text), "",
               "Rename one");
      table_.names.push_back(field.text);
    }
    table_.columns.resize(table_.names.size());
  }

  void row(std::vector<Field> const& fields, u32 line) {
    if (fields.size() != table_.names.size())
      return report(line, 1,
                    fmt::format("the line has {} fields, the first one {}", fields.size(),
                                table_.names.size()),
                    "", "Give a number for each column");
    for (usize i = 0; i < fields.size(); ++i) {
      auto const& text = fields[i].text;
      double value = 0;
      auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (failed != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        report(line, fields[i].column,
               fmt::format("'{}' of column '{}' is no finite number", text, table_.names[i]), "",
               "");
      table_.columns[i].push_back(value);
    }
  }
};

}  // namespace

NumberTable read_number_table(std::string const& path) { return TableReader(path).read(); }

}  // namespace cristae
