// host/io/speed_report.cpp - an object per measurement.
#include "host/io/speed_report.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

namespace cristae {

double Speed::events_per_second() const {
  return wall_seconds > 0 ? static_cast<double>(events) / wall_seconds : 0;
}

double Speed::cpu_nanoseconds_per_event() const {
  return events > 0 ? cpu_seconds * 1e9 / static_cast<double>(events) : 0;
}

double Speed::share_of_bound() const {
  if (bound_events_per_second <= 0 || cpu_seconds <= 0) return 0;
  if (engine != "cpu") return events_per_second() / bound_events_per_second;
  return static_cast<double>(events) / cpu_seconds * threads / bound_events_per_second;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (auto const colon = line.find(": "); line.starts_with("model name") && colon < line.size())
      return line.substr(colon + 2);
  return {};
}

std::string json_text(SpeedReport const& report) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["version"] = report.version;
  json["processor"] = report.processor;
  json["cores"] = report.cores;
  json["seconds"] = report.seconds;
  json["speeds"] = Json::array();
  for (auto const& speed : report.speeds) {
    Json entry;
    entry["network"] = speed.network;
    entry["reactions"] = speed.reactions;
    entry["engine"] = speed.engine;
    entry["isa"] = speed.isa;
    entry["code"] = speed.code;
    entry["threads"] = speed.threads;
    entry["events"] = speed.events;
    entry["wall_seconds"] = speed.wall_seconds;
    entry["cpu_seconds"] = speed.cpu_seconds;
    entry["events_per_second"] = speed.events_per_second();
    entry["cpu_nanoseconds_per_event"] = speed.cpu_nanoseconds_per_event();
    entry["share_of_bound"] =
        speed.share_of_bound() > 0 ? Json(speed.share_of_bound()) : Json(nullptr);
    json["speeds"].push_back(std::move(entry));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cristae
