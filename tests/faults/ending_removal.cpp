// tests/faults/ending_removal.cpp - preloaded: the program ends at once before it removes the k-th part.
//
// CRISTAE_END_AT_REMOVAL is k, counted over files in the folder of parts of a result that is there. What was
// removed before stands on standard error, a path a line.
#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

extern "C" int unlink(char const* path) noexcept {
  static auto const next = reinterpret_cast<int (*)(char const*)>(dlsym(RTLD_NEXT, "unlink"));
  static char const* const text = std::getenv("CRISTAE_END_AT_REMOVAL");
  static std::atomic<long> count{0};
  std::string const file = path;
  auto const parts = file.find(".parts/");
  if (text != nullptr && parts != std::string::npos &&
      access(file.substr(0, parts).c_str(), F_OK) == 0) {
    if (++count == std::atol(text)) _exit(137);
    std::fprintf(stderr, "%s\n", path);
  }
  return next(path);
}
