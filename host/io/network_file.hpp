// host/io/network_file.hpp - a network from a file or text of any format that is read.
#pragma once

#include <string>
#include <string_view>

#include "host/io/network_reader.hpp"
#include "host/io/sbml_reader.hpp"
#include "host/model/network.hpp"

namespace cristae {

enum class NetworkFormat : u8 { toml, sbml, bngl_net, antimony };

/// By the extension of `file` (.toml, .xml or .sbml, .net, .ant); else by how the text begins.
NetworkFormat network_format(std::string_view text, std::string const& file);

/// The extensions above, by which a name is that of a file.
bool has_network_extension(std::string const& file);

/// Reads and checks one network file of any format.
/// Throws Error: input_output if it cannot be read, model with every finding.
Network read_network_file(std::string const& path, SbmlRules rules = SbmlRules::of_small_models);

/// The same for a text; `file` names it in diagnostics.
Network read_network(std::string_view text, std::string const& file,
                     SignalFiles signals = SignalFiles::refused,
                     SbmlRules rules = SbmlRules::of_small_models);

}  // namespace cristae
