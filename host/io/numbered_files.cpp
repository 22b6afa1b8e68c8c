// host/io/numbered_files.cpp - a listing that fails is not an empty one.
#include "host/io/numbered_files.hpp"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>
#include <memory>
#include <system_error>

#include "host/base/error.hpp"

namespace cristae {
namespace {

struct Closer {
  void operator()(DIR* folder) const { closedir(folder); }
};

}  // namespace

// Not with std::filesystem, whose step from one entry to the next ends the program where there is no
// memory.
std::vector<std::string> names_in(std::string const& folder, int& error) {
  std::vector<std::string> names;
  std::unique_ptr<DIR, Closer> const open(opendir(folder.c_str()));
  error = open ? 0 : errno;
  while (open) {
    errno = 0;
    auto const* const entry = readdir(open.get());
    if (entry == nullptr) {
      error = errno;
      break;
    }
    std::string name(entry->d_name);
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  return names;
}

std::vector<u64> numbered_files(std::string const& folder, std::string_view suffix) {
  std::vector<u64> found;
  int error = 0;
  for (auto const& name : names_in(folder, error)) {
    u64 number = 0;
    auto const [after, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
    bool const is_one = problem == std::errc() && std::string_view(after) == suffix;
    if (is_one && number < u64{1} << 62) found.push_back(number);
  }
  if (error != 0 && error != ENOENT)
    throw Error(ExitCode::input_output, fmt::format("'{}' cannot be listed", folder),
                std::strerror(error), "Try again");
  std::sort(found.begin(), found.end(), std::greater<>());
  return found;
}

}  // namespace cristae
