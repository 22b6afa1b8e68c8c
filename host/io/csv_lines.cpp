// host/io/csv_lines.cpp - commas, quotes, byte order mark.
#include "host/io/csv_lines.hpp"

#include <algorithm>

#include "host/base/words.hpp"

namespace cristae {
namespace {

CsvField field_of(std::string_view line, usize begin, usize end) {
  auto const part = line.substr(begin, end - begin);
  auto text = trimmed(part);
  usize at = text.empty() ? begin : static_cast<usize>(text.data() - line.data());
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
    ++at;
  }
  return {text, static_cast<u32>(at + 1)};
}

std::vector<CsvField> fields_of(std::string_view line) {
  std::vector<CsvField> fields;
  for (usize begin = 0;;) {
    usize const comma = line.find(',', begin);
    fields.push_back(field_of(line, begin, std::min(comma, line.size())));
    if (comma == std::string_view::npos) return fields;
    begin = comma + 1;
  }
}

}  // namespace

void for_each_csv_line(std::string_view text,
                       std::function<void(u32 number, std::string_view line,
                                          std::vector<CsvField> const& fields)> const& body) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (u32 number = 1; !text.empty(); ++number) {
    usize const end = text.find('\n');
    auto const line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!trimmed(line).empty()) body(number, trimmed(line), fields_of(line));
  }
}

std::optional<double> csv_number_in(std::string_view field) {
  if (field.starts_with('+')) field.remove_prefix(1);
  return number_in(field);
}

}  // namespace cristae
