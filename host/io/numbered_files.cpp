// host/io/numbered_files.cpp - a listing that fails is not an empty one.
#include "host/io/numbered_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <system_error>

#include "host/base/error.hpp"

namespace cristae {

namespace fs = std::filesystem;

std::vector<u64> numbered_files(std::string const& folder, std::string_view suffix) {
  std::vector<u64> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    auto const name = entry->path().filename().string();
    u64 number = 0;
    auto const [after, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
    bool const is_one = problem == std::errc() && std::string_view(after) == suffix;
    if (is_one && number < u64{1} << 62) found.push_back(number);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw Error(ExitCode::input_output, fmt::format("'{}' cannot be listed", folder),
                error.message(), "Try again");
  std::sort(found.begin(), found.end(), std::greater<>());
  return found;
}

}  // namespace cristae
