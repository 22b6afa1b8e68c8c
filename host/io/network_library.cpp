// host/io/network_library.cpp - bundled networks by name.
#include "host/io/network_library.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <utility>

#include "host/base/error.hpp"
#include "host/io/network_file.hpp"
#include "host/io/numbered_files.hpp"

namespace cristae {
namespace fs = std::filesystem;

NetworkLibrary NetworkLibrary::standard() {
  std::vector<std::string> folders;
  if (char const* const folder = std::getenv("CRISTAE_NETWORKS"); folder != nullptr && *folder)
    folders.emplace_back(folder);
  std::error_code error;
  auto const program = fs::read_symlink("/proc/self/exe", error);
  if (!error)
    folders.push_back((program.parent_path().parent_path() / "share/cristae/networks").string());
#ifdef CRISTAE_SOURCE_NETWORKS
  folders.emplace_back(CRISTAE_SOURCE_NETWORKS);
#endif
  return NetworkLibrary(std::move(folders));
}

std::vector<BundledNetwork> NetworkLibrary::list() const {
  std::map<std::string, std::string> found;
  for (auto const& folder : folders_) {
    int ignored = 0;
    for (auto const& name : names_in(folder, ignored)) {
      auto const path = fs::path(folder) / name / "network.toml";
      std::error_code error;
      if (fs::is_regular_file(path, error)) found.emplace(name, path.string());
    }
  }
  std::vector<BundledNetwork> networks;
  for (auto const& [name, path] : found) networks.push_back({name, path});
  return networks;
}

std::string NetworkLibrary::find(std::string const& network) const {
  bool const is_path = network.find('/') != std::string::npos || has_network_extension(network);
  if (is_path) return network;
  auto const networks = list();
  for (auto const& bundled : networks)
    if (bundled.name == network) return bundled.path;
  std::vector<std::string> names;
  for (auto const& bundled : networks) names.push_back(bundled.name);
  auto const nearest = nearest_name(network, names);
  throw Error(ExitCode::model, fmt::format("there is no bundled network '{}'", network),
              names.empty() ? fmt::format("no networks found in {}", fmt::join(folders_, ", "))
                            : fmt::format("bundled: {}", fmt::join(names, ", ")),
              nearest.empty() ? "Give one of them, or the path of a network file"
                              : fmt::format("Did you mean '{}'?", nearest));
}

}  // namespace cristae
