// host/io/network_draft.cpp - sections of TOML, and the places of what stands in them.
#include "host/io/network_draft.hpp"

#include <fmt/format.h>

#include <utility>

#include "host/io/network_names.hpp"
#include "host/io/network_reader.hpp"
#include "host/io/toml_fields.hpp"

namespace cristae {
namespace {

bool is_bare_key(std::string_view id) {
  return !id.empty() && id.find_first_not_of(
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                            "0123456789_-") == std::string_view::npos;
}

/// A TOML string of one line.
std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\')
      (result += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      result += ' ';  // labels and units are one line
    else
      result += c;
  }
  return result + "\"";
}

std::string key(std::string_view id) { return is_bare_key(id) ? std::string(id) : in_quotes(id); }

/// A TOML number: with a point or an exponent, or whole.
std::string number(double value) { return fmt::format("{}", value); }

std::string remarks(std::string const& id, NetworkDraft::Remark const& remark) {
  std::string text;
  if (!remark.unit.empty()) text += ", unit = " + in_quotes(remark.unit);
  if (!remark.label.empty() && remark.label != id) text += ", label = " + in_quotes(remark.label);
  return text;
}

template <class Things>
void place(Things& things, std::vector<SourceLocation> const& places) {
  for (usize i = 0; i < things.size(); ++i) things[i].where = places[i];
}

}  // namespace

std::string LawIds::make(std::string_view wanted) {
  std::string id;
  for (char const c : wanted) {
    bool const is_part =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    id += is_part ? c : '_';
  }
  if (id.empty() || (id[0] >= '0' && id[0] <= '9')) id.insert(id.begin(), '_');
  while (!is_law_id(id)) id += '_';
  std::string unique = id;
  for (u32 i = 2; !taken_.insert(unique).second; ++i) unique = fmt::format("{}_{}", id, i);
  return unique;
}

void NetworkDraft::compartment(std::string const& id, std::optional<double> volume,
                               Remark const& remark, SourceLocation where) {
  auto fields = remarks(id, remark);
  if (volume) fields = ", volume = " + number(*volume) + fields;
  compartments_.text +=
      fmt::format("{} = {{ {} }}\n", key(id), fields.empty() ? "" : fields.substr(2));
  compartments_.places.push_back(std::move(where));
}

void NetworkDraft::parameter(std::string const& id, double value, Remark const& remark,
                             SourceLocation where) {
  auto const beside = remarks(id, remark);
  parameters_.text += beside.empty()
                          ? fmt::format("{} = {}\n", id, number(value))
                          : fmt::format("{} = {{ value = {}{} }}\n", id, number(value), beside);
  parameters_.places.push_back(std::move(where));
}

void NetworkDraft::species(std::string const& id, i64 initial, std::string const& compartment,
                           Remark const& remark, SourceLocation where) {
  auto beside = remarks(id, remark);
  if (!compartment.empty()) beside = ", compartment = " + in_quotes(compartment) + beside;
  species_.text += beside.empty() ? fmt::format("{} = {}\n", id, initial)
                                  : fmt::format("{} = {{ initial = {}{} }}\n", id, initial, beside);
  species_.places.push_back(std::move(where));
}

void NetworkDraft::rule(std::string const& id, std::string const& law, Remark const& remark,
                        SourceLocation where) {
  rules_.text +=
      fmt::format("{} = {{ expression = {}{} }}\n", id, in_quotes(law), remarks(id, remark));
  rules_.places.push_back(std::move(where));
}

void NetworkDraft::observable(std::string const& id, std::string const& law, Remark const& remark,
                              SourceLocation where) {
  observables_.text +=
      fmt::format("{} = {{ expression = {}{} }}\n", key(id), in_quotes(law), remarks(id, remark));
  observables_.places.push_back(std::move(where));
}

void NetworkDraft::reaction(std::string const& id, std::string const& equation, RateKind kind,
                            std::string const& law, Remark const& remark, SourceLocation where) {
  reactions_.text +=
      fmt::format("{} = {{ equation = {}, {} = {}{} }}\n", key(id), in_quotes(equation),
                  kind == RateKind::mass_action ? "mass_action" : "rate", in_quotes(law),
                  remarks(id, {remark.label, ""}));
  reactions_.places.push_back(std::move(where));
}

void NetworkDraft::run(double t_end, double sample_every) {
  run_ = fmt::format("t_end = {}\nsample_every = {}\n", number(t_end), number(sample_every));
}

Network NetworkDraft::read(Header const& header, std::string const& file,
                           std::vector<Diagnostic> notes) const {
  std::string text = fmt::format("[network]\nname = {}\n", in_quotes(header.name));
  if (!header.title.empty() && header.title != header.name)
    text += fmt::format("title = {}\n", in_quotes(header.title));
  text += fmt::format("time_unit = {}\n", in_quotes(header.time_unit));
  auto const add = [&](char const* name, std::string const& section) {
    if (!section.empty()) text += fmt::format("\n[{}]\n{}", name, section);
  };
  add("run", run_);
  add("compartments", compartments_.text);
  add("parameters", parameters_.text);
  add("species", species_.text);
  add("rules", rules_.text);
  add("reactions", reactions_.text);
  add("observables", observables_.text);
  Network network;
  try {
    network = read_network_text(text, file);
  } catch (Error const& error) {
    // Its places are in a text that nobody has seen.
    auto findings = error.diagnostics();
    for (auto& finding : findings) finding.where = {file, 0, 0};
    throw Error(error.code(), std::move(findings));
  }
  place(network.compartments, compartments_.places);
  place(network.parameters, parameters_.places);
  place(network.species, species_.places);
  place(network.rules, rules_.places);
  place(network.reactions, reactions_.places);
  place(network.observables, observables_.places);
  for (auto note : network.notes) {
    note.where = {file, 0, 0};
    notes.push_back(std::move(note));
  }
  network.notes = std::move(notes);
  return network;
}

}  // namespace cristae
