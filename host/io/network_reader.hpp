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

/// Reads and checks a text in the network format, and the files of its signals; `file` names it in
/// diagnostics. Throws Error(model) with every finding of the files. host/io/network_file.hpp reads
/// files, and other formats.
Network read_network_text(std::string_view text, std::string const& file,
                          SignalFiles signals = SignalFiles::refused);

}  // namespace cristae
