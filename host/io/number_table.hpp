// host/io/number_table.hpp - a CSV file of numbers with names above its columns.
#pragma once

#include <string>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

struct NumberTable {
  std::vector<std::string> names;            ///< of the columns
  std::vector<std::vector<double>> columns;  ///< [column][row]
  usize rows() const { return columns.empty() ? 0 : columns.front().size(); }
};

/// The first line has the names. Throws Error: input_output where the file cannot be read; usage with
/// file, line and column of every field that is no finite number, of names that are missing or
/// doubled, of lines of other length, and where there are no rows.
NumberTable read_number_table(std::string const& path);

}  // namespace cristae
