// host/cli/list_commands.cpp - what is bundled, and what can run here.
#include "host/cli/list_commands.hpp"

#include <fmt/format.h>

#include "host/backends/backends.hpp"
#include "host/base/error.hpp"
#include "host/cli/print.hpp"
#include "host/io/network_library.hpp"
#include "host/io/network_reader.hpp"
#include "host/text/table.hpp"

namespace cristae {

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

int devices_command() {
  TextTable table({Align::left, Align::left, Align::left, Align::left});
  table.add({"engine", "device", "usable", "detail"});
  for (auto const& device : list_devices()) {
    std::string detail = device.detail;
    if (!device.usable) detail += (detail.empty() ? "" : "; ") + device.reason;
    table.add({device.engine, device.name, device.usable ? "yes" : "no", detail});
  }
  print_text(table.text(TextTable::Header::no));
  return 0;
}

}  // namespace cristae
