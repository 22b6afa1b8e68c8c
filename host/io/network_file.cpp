// host/io/network_file.cpp - which format a text is in, and its reader.
#include "host/io/network_file.hpp"

#include "host/base/words.hpp"
#include "host/io/antimony_reader.hpp"
#include "host/io/bngl_net_reader.hpp"
#include "host/io/sbml_reader.hpp"
#include "host/io/text_file.hpp"

namespace cristae {
namespace {

/// Whether a line of the text is this and nothing else.
bool has_line(std::string_view text, std::string_view line) {
  for (auto at = text.find(line); at != std::string_view::npos; at = text.find(line, at + 1)) {
    auto const begin = text.rfind('\n', at) + 1;  // npos + 1 is 0
    auto const end = text.find('\n', at);
    if (trimmed(text.substr(begin, end - begin)) == line) return true;
  }
  return false;
}

}  // namespace

bool has_network_extension(std::string const& file) {
  for (auto const* extension : {".toml", ".xml", ".sbml", ".net", ".ant"})
    if (file.ends_with(extension)) return true;
  return false;
}

NetworkFormat network_format(std::string_view text, std::string const& file) {
  if (file.ends_with(".toml")) return NetworkFormat::toml;
  if (file.ends_with(".xml") || file.ends_with(".sbml")) return NetworkFormat::sbml;
  if (file.ends_with(".net")) return NetworkFormat::bngl_net;
  if (file.ends_with(".ant")) return NetworkFormat::antimony;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (trimmed(text).starts_with('<')) return NetworkFormat::sbml;
  if (has_line(text, "begin parameters") || has_line(text, "begin species"))
    return NetworkFormat::bngl_net;
  return NetworkFormat::toml;
}

Network read_network(std::string_view text, std::string const& file, SignalFiles signals,
                     SbmlRules rules) {
  switch (network_format(text, file)) {
    case NetworkFormat::sbml: return read_sbml_text(text, file, rules);
    case NetworkFormat::bngl_net: return read_bngl_net_text(text, file);
    case NetworkFormat::antimony: return read_antimony_text(text, file);
    default: return read_network_text(text, file, signals);
  }
}

Network read_network_file(std::string const& path, SbmlRules rules) {
  return read_network(read_text_file(path), path, SignalFiles::read, rules);
}

}  // namespace cristae
