// host/io/json_writer.cpp - JSON by nlohmann-json, keys in the order in which they are added.
#include "host/io/json_writer.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace cristae {

double RunReport::events_per_second() const {
  return wall_seconds > 0 ? static_cast<double>(simulated_events) / wall_seconds : 0;
}

double RunReport::nanoseconds_per_event_per_core() const {
  return simulated_events > 0 ? wall_seconds * 1e9 * threads / static_cast<double>(simulated_events)
                              : std::numeric_limits<double>::quiet_NaN();
}

std::string hash_text(u64 hash) { return fmt::format("{:016x}", hash); }

std::vector<usize> table_times(usize sample_times, usize count) {
  std::vector<usize> rows;
  if (sample_times <= count) count = sample_times;
  for (usize i = 0; i < count; ++i)
    rows.push_back(count == 1 ? sample_times - 1 : i * (sample_times - 1) / (count - 1));
  return rows;
}

std::string json_text(RunReport const& report, EnsembleSummary const& summary,
                      std::vector<usize> const& rows) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["version"] = report.version;
  json["network"] = report.network;
  json["title"] = report.title;
  json["condition"] = report.condition.empty() ? Json() : Json(report.condition);
  json["set"] = Json::object();
  for (auto const& [name, value] : report.set) json["set"][name] = value;
  json["engine"] = report.engine;
  json["isa"] = report.isa;
  json["threads"] = report.threads;
  json["seed"] = report.seed;
  json["first"] = report.first;
  json["trajectories"] = summary.trajectories;
  json["trajectories_requested"] = report.requested;
  json["events"] = summary.events;
  json["wall_seconds"] = report.wall_seconds;
  json["events_per_second"] = report.events_per_second();
  json["nanoseconds_per_event_per_core"] = report.nanoseconds_per_event_per_core();
  json["contract_hash"] = hash_text(summary.contract_hash);
  json["statuses"] = Json::object();
  for (usize i = 0; i < status_count; ++i)
    json["statuses"][name_of(static_cast<TrajectoryStatus>(i))] = summary.statuses[i];
  json["exit_status"] = report.exit_status;
  json["t_end"] = report.t_end;
  json["time_unit"] = report.time_unit;
  json["sample_times"] = summary.times.size();
  json["quantiles"] = "linear interpolation of order statistics";
  json["table"] = Json::array();
  for (auto const& column : summary.columns) {
    for (usize const k : rows) {
      auto const& point = column.points[k];
      json["table"].push_back({{"observable", column.name},
                               {"unit", column.unit},
                               {"time", summary.times[k]},
                               {"n", point.n},
                               {"mean", point.mean},
                               {"sd", point.sd},
                               {"q05", point.q05},
                               {"q25", point.q25},
                               {"median", point.median},
                               {"q75", point.q75},
                               {"q95", point.q95}});
    }
  }
  // Names may hold any bytes of the network file; JSON must be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cristae
