// host/io/network_reader.hpp - network files (TOML) to checked networks.
#pragma once

#include <string>
#include <string_view>

#include "host/model/network.hpp"

namespace cristae {

/// Reads and checks one network file.
/// Throws Error: input_output if it cannot be read, model with every finding of the file.
Network read_network_file(std::string const& path);

/// The same for a text; `file` names it in diagnostics.
Network read_network_text(std::string_view text, std::string const& file);

}  // namespace cristae
