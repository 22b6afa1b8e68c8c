// host/io/csv_lines.hpp - lines and fields of a CSV file of numbers, with their places.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// Without blanks and quotes around it.
struct CsvField {
  std::string_view text;
  u32 column = 1;  ///< from 1, in bytes
};

/// Hands on every line that is not blank: its number, from 1, its text and its fields. A byte order
/// mark is left out.
void for_each_csv_line(std::string_view text,
                       std::function<void(u32 number, std::string_view line,
                                          std::vector<CsvField> const& fields)> const& body);

/// A number as spreadsheets write it, with or without '+'.
std::optional<double> csv_number_in(std::string_view field);

}  // namespace cristae
