// host/io/numbered_files.hpp - what a folder holds, and of that files that are named by numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// The names in a folder; `error` is the system's where they are not all, 0 otherwise.
std::vector<std::string> names_in(std::string const& folder, int& error);

/// The numbers of the files `12.shard` of a folder with the suffix ".shard", the largest first; none
/// where there is no such folder. Throws Error(input_output) where it cannot be listed.
std::vector<u64> numbered_files(std::string const& folder, std::string_view suffix);

}  // namespace cristae
