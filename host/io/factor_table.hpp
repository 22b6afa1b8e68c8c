// host/io/factor_table.hpp - factors of cells from a CSV file: `NAME=table(cells.csv)`.
#pragma once

#include <string>
#include <vector>

namespace cristae {

/// Replaces the file in each `NAME=table(FILE)` by the numbers of its column NAME, so that a result
/// holds all that its cells are made of. Throws as read_number_table does, and Error(usage) where the
/// file has no such column.
void read_factor_tables(std::vector<std::string>& vary);

}  // namespace cristae
