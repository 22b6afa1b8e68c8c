// host/io/pick_writer.cpp - a line or an object per trajectory.
#include "host/io/pick_writer.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "host/io/csv_writer.hpp"

namespace cristae {

void write_csv(PickedTrajectories const& picked,
               std::function<void(std::string_view)> const& write) {
  constexpr usize piece = usize{1} << 20;
  std::string text = "id";
  for (auto const& name : picked.names)
    fmt::format_to(std::back_inserter(text), ",{}", csv_field(name));
  text += '\n';
  for (auto const& row : picked.rows) {
    fmt::format_to(std::back_inserter(text), "{}", row.id);
    for (double const value : row.values)
      fmt::format_to(std::back_inserter(text), ",{}", csv_number(value));
    text += '\n';
    if (text.size() < piece) continue;
    write(text);
    text.clear();
  }
  write(text);
}

std::string json_text(PickedTrajectories const& picked) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["query"] = picked.query;
  json["trajectories"] = picked.trajectories;
  json["matches"] = picked.matches;
  json["undefined"] = picked.undefined;
  json["picked"] = Json::array();
  for (auto const& row : picked.rows) {
    Json entry;
    entry["id"] = row.id;
    for (usize i = 0; i < picked.names.size(); ++i) entry[picked.names[i]] = row.values[i];
    json["picked"].push_back(std::move(entry));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cristae
