// host/io/text_file.hpp - a whole text file, at most 64 MiB.
#pragma once

#include <optional>
#include <string>

namespace cristae {

/// Throws Error(input_output) if it cannot be opened or read, or is larger.
std::string read_text_file(std::string const& path);

/// The path of `name` beside the file `beside`; nothing where it leaves that file's folder: an
/// absolute name, one that goes up, or a link that leads out.
std::optional<std::string> path_within_folder_of(std::string const& beside,
                                                 std::string const& name);

}  // namespace cristae
