// host/io/machine_memory.cpp - reads the kernel's figures.
#include "host/io/machine_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <utility>

namespace cristae {
namespace {

/// A number in a small file of the kernel, or the largest number where it says "max" or nothing.
u64 kernel_number(char const* path) {
  std::ifstream file(path);
  u64 number = 0;
  return file >> number ? number : std::numeric_limits<u64>::max();
}

}  // namespace

u64 available_memory_bytes() {
  u64 available = std::numeric_limits<u64>::max();
  std::ifstream meminfo("/proc/meminfo");
  std::string word;
  u64 kibibytes = 0;
  while (meminfo >> word)
    if (word == "MemAvailable:" && meminfo >> kibibytes) available = kibibytes * 1024;
  if (available == std::numeric_limits<u64>::max()) {
    auto const pages = sysconf(_SC_AVPHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages > 0 && page > 0) available = static_cast<u64>(pages) * static_cast<u64>(page);
  }
  // A container may allow less than the machine has (control groups, version 2 and 1).
  for (auto const& [limit_path, used_path] :
       {std::pair{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
        std::pair{"/sys/fs/cgroup/memory/memory.limit_in_bytes",
                  "/sys/fs/cgroup/memory/memory.usage_in_bytes"}}) {
    u64 const limit = kernel_number(limit_path), used = kernel_number(used_path);
    if (limit != std::numeric_limits<u64>::max() && used != std::numeric_limits<u64>::max())
      available = std::min(available, limit > used ? limit - used : 0);
  }
  return available;
}

}  // namespace cristae
