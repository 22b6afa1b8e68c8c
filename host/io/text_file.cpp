// host/io/text_file.cpp - read in blocks; names checked before and behind links.
#include "host/io/text_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "host/base/error.hpp"

namespace cristae {

std::string read_text_file(std::string const& path) {
  constexpr usize max_size = usize{64} << 20;
  auto const fail = [&](std::string problem, std::string reason) -> std::string {
    throw Error(
        ExitCode::input_output,
        {Severity::error, {path, 0, 0}, std::move(problem), std::move(reason), "Check the path"});
  };
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) return fail("the file cannot be opened", std::strerror(errno));
  std::string text;
  std::array<char, 65536> block{};
  while (usize const size = std::fread(block.data(), 1, block.size(), file.get())) {
    text.append(block.data(), size);
    if (text.size() > max_size) return fail("the file is larger than 64 MiB", "");
  }
  if (std::ferror(file.get())) return fail("the file cannot be read", std::strerror(errno));
  return text;
}

std::optional<std::string> path_within_folder_of(std::string const& beside,
                                                 std::string const& name) {
  namespace fs = std::filesystem;
  fs::path const relative(name);
  bool const goes_up =
      std::find(relative.begin(), relative.end(), fs::path("..")) != relative.end();
  if (name.empty() || relative.has_root_path() || goes_up) return std::nullopt;
  fs::path const folder = fs::path(beside).parent_path();
  fs::path const path = folder.empty() ? relative : folder / relative;
  // Links may lead anywhere.
  std::error_code error;
  auto const real_folder = fs::weakly_canonical(folder.empty() ? fs::path(".") : folder, error);
  if (error) return path.string();  // the caller will say that it cannot be opened
  auto const real = fs::weakly_canonical(path, error);
  if (error) return path.string();
  auto const end = std::mismatch(real_folder.begin(), real_folder.end(), real.begin(), real.end());
  if (end.first != real_folder.end()) return std::nullopt;
  return path.string();
}

}  // namespace cristae
