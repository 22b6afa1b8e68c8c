// host/io/json_writer.cpp - JSON by nlohmann-json, keys in the order in which they are added.
#include "host/io/json_writer.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace cristae {

std::string hash_text(u64 hash) { return fmt::format("{:016x}", hash); }

std::vector<usize> table_times(usize sample_times, usize count) {
  std::vector<usize> rows;
  if (sample_times <= count) count = sample_times;
  for (usize i = 0; i < count; ++i)
    rows.push_back(count == 1 ? sample_times - 1 : i * (sample_times - 1) / (count - 1));
  return rows;
}

namespace {

using Json = nlohmann::ordered_json;

Json or_null(std::string const& text) { return text.empty() ? Json() : Json(text); }

Json start_json(RunReport const& report) {
  if (report.start_from.empty()) return Json();
  return {{"result", report.start_from},
          {"seeds", report.start_seeds},
          {"contract_hash", hash_text(report.start_contract_hash)}};
}

Json certificate_json(std::optional<Certificate> const& certificate) {
  if (!certificate) return Json();
  auto const* const worst = certificate->worst();
  return {{"passed", certificate->passed},
          {"p", certificate->p_value},
          {"worst_reaction", worst != nullptr ? Json(worst->id) : Json()},
          {"worst_z", worst != nullptr ? Json(worst->z) : Json()},
          {"trajectories", certificate->trajectories},
          {"whole_trajectories", certificate->whole},
          {"events", certificate->events},
          {"reactions", certificate->reactions.size()}};
}

Json signals_json(std::vector<NamedSignal> const& signals) {
  Json json = Json::array();
  for (auto const& signal : signals)
    json.push_back({{"parameter", signal.parameter},
                    {"file", or_null(signal.file)},
                    {"rows", signal.times.size()},
                    {"first_time", signal.times.front()},
                    {"last_time", signal.times.back()}});
  return json;
}

Json row_json(ColumnStatistics const& column, double time, PointStatistics const& point) {
  return {{"kind", name_of(column.kind)},
          {"name", column.name},
          {"unit", column.unit},
          {"time", time},
          {"n", point.n},
          {"undefined", point.undefined},
          {"mean", point.mean},
          {"var", point.var},
          {"sd", point.sd()},
          {"se", point.se},
          {"fano", point.fano},
          {"cv2", point.cv2},
          {"min", point.min},
          {"max", point.max},
          {"q05", point.quantiles[0]},
          {"q25", point.quantiles[1]},
          {"median", point.quantiles[2]},
          {"q75", point.quantiles[3]},
          {"q95", point.quantiles[4]}};
}

}  // namespace

std::string json_text(RunReport const& report, EnsembleSummary const& summary,
                      std::vector<usize> const& columns, std::vector<usize> const& rows) {
  Json json;
  json["version"] = report.version;
  json["network"] = report.network;
  json["title"] = report.title;
  json["condition"] = or_null(report.condition);
  json["set"] = Json::object();
  for (auto const& [name, value] : report.set) json["set"][name] = value;
  json["varied"] = Json::object();
  for (auto const& [name, factor] : report.varied) json["varied"][name] = factor;
  json["replicates"] = report.replicates;
  json["cell_seed"] = report.cell_seed;
  json["sisters"] = report.sisters;
  json["fork_at"] = report.fork_at;
  json["twin"] = report.twin;
  json["signals"] = signals_json(report.signals);
  json["engine"] = report.engine;
  json["isa"] = report.isa;
  json["code"] = report.code;
  json["threads"] = report.threads;
  json["seed"] = report.seed;
  json["first"] = report.first;
  json["start_from"] = start_json(report);
  json["burn_in"] = report.burn_in;
  json["until"] = or_null(report.until);
  json["stop_when"] = or_null(report.stop_when);
  json["first_passages"] = report.first_passages;
  json["max_events"] = report.max_events;
  json["trajectories"] = summary.trajectories;
  json["trajectories_requested"] = report.requested;
  json["interrupted"] = report.interrupted;
  if (!report.shard.empty()) json["shard"] = report.shard;
  if (report.part_of)
    json["part_of"] = {{"first", report.part_of->first},
                       {"trajectories", report.part_of->trajectories}};
  if (!report.missing.empty()) json["missing"] = report.missing;
  json["events"] = summary.events;
  json["wall_seconds"] = report.wall_seconds;
  json["cpu_seconds"] = report.cpu_seconds;
  json["events_per_second"] = report.events_per_second();
  json["nanoseconds_per_event_per_core"] = report.nanoseconds_per_event_per_core();
  json["contract_hash"] = hash_text(summary.contract_hash);
  json["statistics_hash"] = hash_text(summary.statistics_hash);
  json["certificate"] = certificate_json(report.certificate);
  json["statuses"] = Json::object();
  for (usize i = 0; i < status_count; ++i)
    json["statuses"][name_of(static_cast<TrajectoryStatus>(i))] = summary.statuses[i];
  json["exit_status"] = report.exit_status;
  json["t_end"] = report.t_end;
  json["time_unit"] = report.time_unit;
  json["sample_times"] = summary.times.size();
  json["columns"] = summary.columns.size();
  json["quantiles"] = "linear interpolation of order statistics";
  json["table"] = Json::array();
  for (usize const i : columns)
    for (usize const k : rows)
      json["table"].push_back(
          row_json(summary.columns[i], summary.times[k], summary.columns[i].points[k]));
  // Names may hold any bytes of the network file; JSON must be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cristae
