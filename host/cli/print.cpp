// host/cli/print.cpp - writing to standard output and standard error.
#include "host/cli/print.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "host/base/error.hpp"
#include "host/base/types.hpp"

namespace cristae {

void print_text(std::string_view text) {
  while (!text.empty()) {
    ssize_t const written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return;
    if (written < 0)
      throw Error(ExitCode::input_output, "standard output cannot be written",
                  std::strerror(errno));
    text.remove_prefix(static_cast<usize>(written));
  }
}

void print_aside(std::string_view text) {
  while (!text.empty()) {
    ssize_t const written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;
    text.remove_prefix(static_cast<usize>(written));
  }
}

}  // namespace cristae
