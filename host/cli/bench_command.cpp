// host/cli/bench_command.cpp - every form of the code for a moment each, and the share of the bound.
#include "host/cli/bench_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "host/backends/backends.hpp"
#include "host/backends/speed_bound.hpp"
#include "host/cli/print.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/io/output_file.hpp"
#include "host/run/measure_speed.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

/// Engines and forms of this machine, by what one would rather have.
std::vector<SpeedRequest> forms(BenchOptions const& options) {
  std::vector<SpeedRequest> found;
  auto const add = [&](std::string const& engine, std::string const& isa, Code code) {
    found.push_back({engine, isa, code, options.threads, options.seconds});
  };
  for (auto const& device : list_devices())
    if (device.usable && device.engine == "cuda" &&
        std::none_of(found.begin(), found.end(), [](auto const& f) { return f.engine == "cuda"; }))
      add("cuda", "", Code::automatic);
  for (auto const& isa : cpu_instruction_sets()) {
    add("cpu", isa, Code::generated);
    add("cpu", isa, Code::table);
  }
  add("reference", "", Code::automatic);
  return found;
}

std::vector<std::string> row_of(Speed const& speed) {
  auto const share = speed.share_of_bound();
  return {speed.network,
          speed.engine,
          speed.isa,
          speed.code,
          fmt::format("{}", speed.threads),
          fmt::format("{:.3g}", speed.events_per_second() / 1e6),
          fmt::format("{:.3g}", speed.cpu_nanoseconds_per_event()),
          share > 0 ? fmt::format("{:.0f} %", 100 * share) : ""};
}

}  // namespace

int bench_command(BenchOptions const& options) {
  if (!options.json.empty() && options.json != "-") check_output(options.json, options.overwrite);
  SpeedReport report{CRISTAE_VERSION,
                     processor_name(),
                     std::max(1u, std::thread::hardware_concurrency()),
                     options.seconds,
                     {}};
  std::vector<Network> networks;
  for (auto const& name : options.networks)
    networks.push_back(read_network_file(NetworkLibrary::standard().find(name)));
  for (auto const& network : networks)
    for (auto const& form : forms(options)) {
      try {
        report.speeds.push_back(measure_speed(network, form));
      } catch (Error const& error) {  // a machine without a compiler has the other forms
        if (form.code != Code::generated) throw;
        if (options.talk == Talk::normal)
          print_aside(fmt::format("left out: {}, generated code for {}: {}\n", network.name,
                                  form.isa, error.diagnostics().front().problem));
      }
    }
  if (options.json == "-") {
    print_text(json_text(report));
    return 0;
  }
  if (options.talk == Talk::normal) {
    TextTable table({Align::left, Align::left, Align::left, Align::left, Align::right, Align::right,
                     Align::right, Align::right});
    table.add({"network", "engine", "isa", "code", "threads", "events/us", "CPU ns/event",
               "of the bound"});
    for (auto const& speed : report.speeds) table.add(row_of(speed));
    print_text(fmt::format("{}, {} cores\n\n{}", report.processor, report.cores,
                           table.text(TextTable::Header::no)));
  }
  if (!options.json.empty()) {
    OutputFile file(options.json, options.overwrite);
    file.write(json_text(report));
    file.commit();
    if (options.talk == Talk::normal) print_aside(fmt::format("wrote {}\n", options.json));
  }
  return 0;
}

}  // namespace cristae
