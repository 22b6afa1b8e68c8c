// host/jit/code_cache.cpp - files of one folder, replaced by rename.
#include "host/jit/code_cache.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "host/jit/embedded_headers.hpp"
#include "host/jit/text_key.hpp"

namespace cristae {

namespace fs = std::filesystem;

std::string cache_folder() {
  if (char const* const folder = std::getenv("CRISTAE_CACHE")) return folder;
  if (char const* const folder = std::getenv("XDG_CACHE_HOME"); folder != nullptr && *folder != 0)
    return std::string(folder) + "/cristae";
  if (char const* const home = std::getenv("HOME"); home != nullptr && *home != 0)
    return std::string(home) + "/.cache/cristae";
  return {};
}

std::optional<std::string> read_cached(std::string const& name) {
  auto const folder = cache_folder();
  if (folder.empty()) return std::nullopt;
  std::ifstream file(folder + "/" + name, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

void write_cached(std::string const& name, std::string_view bytes) {
  auto const folder = cache_folder();
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  auto const temporary = fmt::format("{}/.{}-{}.tmp", folder, name, getpid());
  std::ofstream file(temporary, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) fs::rename(temporary, folder + "/" + name, error);
  if (!file || error) fs::remove(temporary, error);
}

std::string headers_key() {
  TextKey key;
  for (auto const& header : embedded_headers()) {
    key.add(header.name);
    key.add(header.text);
  }
  return key.text();
}

}  // namespace cristae
