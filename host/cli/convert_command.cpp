// host/cli/convert_command.cpp - a network of any format to the network format or SBML.
#include "host/cli/convert_command.hpp"

#include "host/base/error.hpp"
#include "host/cli/run_results.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/io/output_file.hpp"
#include "host/io/sbml_writer.hpp"

namespace cristae {

int convert_command(ConvertOptions const& options) {
  auto const network = read_network_file(NetworkLibrary::standard().find(options.network));
  OutputFile output(options.output, options.overwrite);
  std::vector<Diagnostic> notes = network.notes;
  if (options.output.ends_with(".toml")) {
    output.write(network.text);
  } else {
    auto const more =
        write_sbml(network, options.condition, [&](std::string_view text) { output.write(text); });
    notes.insert(notes.end(), more.begin(), more.end());
  }
  output.commit();
  for (auto const& one : notes) remark(options.talk, to_string(one));
  remark(options.talk, "wrote " + options.output);
  return 0;
}

}  // namespace cristae
