// host/cli/convert_command.cpp - a network of any format to the network format or SBML.
#include "host/cli/convert_command.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/base/error.hpp"
#include "host/cli/run_results.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/io/output_file.hpp"
#include "host/io/sbml_writer.hpp"

namespace cristae {
namespace {

/// Null without a name. Throws Error(usage) for one that is not there.
Condition const* find_condition(Network const& network, std::string const& name) {
  if (name.empty()) return nullptr;
  std::vector<std::string> known;
  for (auto const& condition : network.conditions) {
    if (condition.id == name) return &condition;
    known.push_back(condition.id);
  }
  auto const near = nearest_name(name, known);
  throw Error(ExitCode::usage, fmt::format("there is no condition '{}'", name),
              known.empty() ? std::string("the network has none")
                            : fmt::format("conditions are {}", name_list(known)),
              near.empty() ? std::string() : fmt::format("Did you mean '{}'?", near));
}

}  // namespace

int convert_command(ConvertOptions const& options) {
  auto const network = read_network_file(NetworkLibrary::standard().find(options.network));
  auto const* condition = find_condition(network, options.condition);
  OutputFile output(options.output, options.overwrite);
  std::vector<Diagnostic> notes = network.notes;
  if (options.output.ends_with(".toml")) {
    output.write(network.text);
  } else {
    auto const more =
        write_sbml(network, condition, [&](std::string_view text) { output.write(text); });
    notes.insert(notes.end(), more.begin(), more.end());
  }
  output.commit();
  for (auto const& one : notes) remark(options.talk, to_string(one));
  remark(options.talk, "wrote " + options.output);
  return 0;
}

}  // namespace cristae
