// host/cli/list_commands.cpp - what is bundled, and what can run here.
#include "host/cli/list_commands.hpp"

#include <fmt/format.h>

#include "host/backends/backends.hpp"
#include "host/base/error.hpp"
#include "host/cli/print.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/run/mean_field_run.hpp"
#include "host/run/measure_speed.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

double vilar_events_per_second(std::string const& engine) {
  SpeedRequest request;
  request.engine = engine;
  return measure_speed(read_network_file(NetworkLibrary::standard().find("vilar")), request)
      .events_per_second();
}

}  // namespace

int networks_command() {
  int status = 0;
  TextTable table({Align::left, Align::right, Align::right, Align::left});
  table.add({"network", "species", "reactions", "title"});
  for (auto const& bundled : NetworkLibrary::standard().list()) {
    try {
      auto const network = read_network_file(bundled.path);
      table.add({bundled.name, fmt::format("{}", network.species.size()),
                 fmt::format("{}", network.reactions.size()), network.title});
    } catch (Error const& error) {  // the others can still be listed
      print_aside(fmt::format("{}\n", error.what()));
      status = static_cast<int>(error.code());
      table.add({bundled.name, "", "", "(cannot be read)"});
    }
  }
  print_text(table.text(TextTable::Header::no));
  return status;
}

int devices_command(DevicesOptions const& options) {
  auto devices = list_devices();
  devices.push_back(ode_device());
  std::vector<Align> columns(4, Align::left);
  std::vector<std::string> header{"engine", "device", "usable", "detail"};
  if (options.measure) {
    columns.insert(columns.begin() + 3, Align::right);
    header.insert(header.begin() + 3, "events/s");
  }
  TextTable table(columns);
  table.add(header);
  std::string last;
  for (auto const& device : devices) {
    std::string detail = device.detail;
    if (!device.usable) detail += (detail.empty() ? "" : "; ") + device.reason;
    std::vector<std::string> row{device.engine, device.name, device.usable ? "yes" : "no", detail};
    if (options.measure) {
      // An engine's run takes all of its devices.
      bool const is_new = device.usable && device.engine != last && device.engine != ode_engine;
      row.insert(row.begin() + 3,
                 is_new ? fmt::format("{:.2g}", vilar_events_per_second(device.engine)) : "");
      last = device.engine;
    }
    table.add(row);
  }
  print_text(table.text(TextTable::Header::no));
  return 0;
}

}  // namespace cristae
