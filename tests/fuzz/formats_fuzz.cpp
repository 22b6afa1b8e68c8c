// tests/fuzz/formats_fuzz.cpp - any bytes as SBML, .net or .ant: findings, or a network that its own text gives again.
//
// The first byte says which: x, n or a.
#include "host/io/network_file.hpp"
#include "host/io/sbml_reader.hpp"
#include "host/io/sbml_writer.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace cristae::fuzz {
namespace {

/// Places that libSBML gives need not lie in their line.
void check_library_finding(Diagnostic const& finding) {
  auto without_place = finding;
  without_place.where = {};
  check_finding(without_place, "");
}

void check(Error const& error, bool is_sbml, std::string_view text) {
  claim(error.code() == ExitCode::model, std::string("exit code: ") + error.what());
  claim(!error.diagnostics().empty(), "an error without a finding");
  for (auto const& finding : error.diagnostics()) {
    if (is_sbml)
      check_library_finding(finding);
    else
      check_finding(finding, text);
  }
}

void write_and_read(Network const& network) {
  auto const again = read_network_text(network.text, "n.toml");
  claim(again.text == network.text, "another text");
  claim(again.reactions.size() == network.reactions.size(), "other reactions");
  if (!has_sbml()) return;
  std::string sbml;
  write_sbml(network, nullptr, [&](std::string_view part) { sbml += part; });
  try {
    auto const back = read_sbml_text(sbml, "m.xml");
    claim(back.species.size() == network.species.size(), "other species");
    claim(back.reactions.size() == network.reactions.size(), "other reactions in SBML");
    claim(back.events.size() == network.events.size(), "other events");
  } catch (Error const& error) {
    // What nests too deep there, or a name that no XML can hold.
    check(error, true, sbml);
  }
}

void read(std::string_view input) {
  if (input.empty() || (input[0] == 'x' && !has_sbml())) return;
  auto const* file = input[0] == 'x' ? "m.xml" : input[0] == 'n' ? "m.net" : "m.ant";
  auto const text = input.substr(1);
  Network network;
  try {
    network = read_network(text, file);
  } catch (Error const& error) {
    check(error, input[0] == 'x', text);
    return;
  }
  write_and_read(network);
}

}  // namespace
}  // namespace cristae::fuzz

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
  cristae::fuzz::read({reinterpret_cast<char const*>(data), size});
  return 0;
}
