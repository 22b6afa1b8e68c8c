// host/io/network_library.hpp - from the NETWORK of a command line to a file.
#pragma once

#include <string>
#include <vector>

namespace cristae {

struct BundledNetwork {
  std::string name;
  std::string path;
};

/// The folders that hold <name>/network.toml, in the order in which they are searched.
class NetworkLibrary {
 public:
  explicit NetworkLibrary(std::vector<std::string> folders) : folders_(std::move(folders)) {}
  /// $CRISTAE_NETWORKS, <folder of the program>/../share/cristae/networks, and the source tree
  /// that the program was built from.
  static NetworkLibrary standard();

  /// Every bundled network by name; a folder searched earlier hides the same name in a later one.
  std::vector<BundledNetwork> list() const;

  /// The file of a network: the argument itself if it contains '/' or ends as networks do (.toml,
  /// .xml, .sbml, .net, .ant), else the
  /// bundled network of that name.
  /// Throws Error(model) for an unknown name, with the nearest one and the list.
  std::string find(std::string const& network) const;

 private:
  std::vector<std::string> folders_;
};

}  // namespace cristae
