// host/io/network_reader.hpp - network files (TOML) to checked networks.
#pragma once

#include <string>
#include <string_view>

#include "host/model/network.hpp"

namespace cristae {

/// What becomes of the files that a network names for its signals.
enum class SignalFiles : u8 {
  refused,   ///< an error: the text has no folder
  read,      ///< from the folder of the network file, and nowhere else
  left_out,  ///< the network is without signals: a result has their rows
};

/// Reads and checks one network file, and the files of its signals.
/// Throws Error: input_output if it cannot be read, model with every finding of the files.
Network read_network_file(std::string const& path);

/// The same for a text; `file` names it in diagnostics.
Network read_network_text(std::string_view text, std::string const& file,
                          SignalFiles signals = SignalFiles::refused);

}  // namespace cristae
