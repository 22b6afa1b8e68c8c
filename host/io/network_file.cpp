// host/io/network_file.cpp - which format a text is in, and its reader.
#include "host/io/network_file.hpp"

#include "host/base/words.hpp"
#include "host/io/sbml_reader.hpp"
#include "host/io/text_file.hpp"

namespace cristae {

bool has_network_extension(std::string const& file) {
  for (auto const* extension : {".toml", ".xml", ".sbml"})
    if (file.ends_with(extension)) return true;
  return false;
}

NetworkFormat network_format(std::string_view text, std::string const& file) {
  if (file.ends_with(".toml")) return NetworkFormat::toml;
  if (file.ends_with(".xml") || file.ends_with(".sbml")) return NetworkFormat::sbml;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (trimmed(text).starts_with('<')) return NetworkFormat::sbml;
  return NetworkFormat::toml;
}

Network read_network(std::string_view text, std::string const& file, SignalFiles signals) {
  switch (network_format(text, file)) {
    case NetworkFormat::sbml: return read_sbml_text(text, file);
    default: return read_network_text(text, file, signals);
  }
}

Network read_network_file(std::string const& path) {
  return read_network(read_text_file(path), path, SignalFiles::read);
}

}  // namespace cristae
