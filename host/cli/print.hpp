// host/cli/print.hpp - standard output and standard error.
#pragma once

#include <string_view>

namespace cristae {

/// Writes to standard output. A reader that has gone away is no error; anything else throws
/// Error(input_output).
void print_text(std::string_view text);

/// Writes to standard error. Nothing is thrown where that fails: a terminal that hung up or a full
/// disk behind a log must not end a run.
void print_aside(std::string_view text);

}  // namespace cristae
