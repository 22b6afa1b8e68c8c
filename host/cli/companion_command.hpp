// host/cli/companion_command.hpp - commands that are programs of the Python package.
#pragma once

#include <string>
#include <vector>

namespace cristae {

/// One of them: `cristae NAME ...` is the program `cristae-NAME`.
struct Companion {
  std::string name;
  std::string usage;    ///< what stands behind `cristae` in the help
  std::string purpose;  ///< one line
};

std::vector<Companion> const& companions();

/// Becomes the program `cristae-NAME`, found beside this one or in PATH, with the path of this one
/// in the environment as CRISTAE_BIN. Returns never; throws Error(usage) where there is no such
/// program, and Error(input_output) where it does not start.
[[noreturn]] void companion_command(std::string const& name,
                                    std::vector<std::string> const& arguments);

}  // namespace cristae
