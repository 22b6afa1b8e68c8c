// host/io/pick_writer.hpp - the trajectories that a query found, as CSV or JSON.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

struct PickedTrajectories {
  struct Row {
    u64 id = 0;
    std::vector<double> values;  ///< by `names`
  };
  std::string query;
  u64 trajectories = 0;  ///< of the result
  u64 matches = 0;       ///< `rows` may hold the first of them only
  u64 undefined = 0;     ///< did not get to where the query looks
  std::vector<std::string> names;
  std::vector<Row> rows;  ///< by id
};

/// `id` and the names, a line per row.
void write_csv(PickedTrajectories const& picked,
               std::function<void(std::string_view)> const& write);

/// An object with a final newline.
std::string json_text(PickedTrajectories const& picked);

}  // namespace cristae
