// host/base/bytes_text.hpp - an amount of memory for people: 12.4 GiB.
#pragma once

#include <fmt/format.h>

#include <string>

namespace cristae {

inline std::string bytes_text(double bytes) {
  if (bytes >= 1024.0 * 1024 * 1024) return fmt::format("{:.1f} GiB", bytes / 1073741824.0);
  if (bytes >= 1024.0 * 1024) return fmt::format("{:.1f} MiB", bytes / 1048576.0);
  return fmt::format("{:.1f} KiB", bytes / 1024.0);
}

}  // namespace cristae
