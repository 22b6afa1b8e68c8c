// host/io/network_draft.cpp - sections of TOML, and the places of what stands in them.
#include "host/io/network_draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
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

void NetworkDraft::event(std::string const& id, EventText const& event, Remark const& remark,
                         SourceLocation where) {
  std::string set;
  for (auto const& [name, value] : event.set)
    set += fmt::format("{}{} = {}", set.empty() ? "" : ", ", name, in_quotes(value));
  auto text =
      fmt::format("{} = {{ trigger = {}, set = {{ {} }}", key(id), in_quotes(event.trigger), set);
  if (!event.delay.empty()) text += ", delay = " + in_quotes(event.delay);
  if (!event.priority.empty()) text += ", priority = " + in_quotes(event.priority);
  if (!event.initial_value) text += ", initial_value = false";
  if (!event.persistent) text += ", persistent = false";
  if (!event.values_from_trigger_time) text += ", values_from_trigger_time = false";
  events_.text += text + remarks(id, {remark.label, ""}) + " }\n";
  events_.places.push_back(std::move(where));
}

Network NetworkDraft::read(Header const& header, std::string const& file,
                           std::vector<Diagnostic> notes) const {
  std::string text = fmt::format("[network]\nname = {}\n", in_quotes(header.name));
  if (!header.title.empty() && header.title != header.name)
    text += fmt::format("title = {}\n", in_quotes(header.title));
  text += fmt::format("time_unit = {}\n", in_quotes(header.time_unit));
  std::map<u32, SourceLocation> places;  // of lines of the text, which nobody has seen
  u32 lines = static_cast<u32>(std::count(text.begin(), text.end(), '\n'));
  auto const add = [&](char const* name, Section const& section) {
    if (section.text.empty()) return;
    text += fmt::format("\n[{}]\n{}", name, section.text);
    lines += 2;
    for (auto const& place : section.places) places[++lines] = place;
  };
  add("compartments", compartments_);
  add("parameters", parameters_);
  add("species", species_);
  add("rules", rules_);
  add("reactions", reactions_);
  add("observables", observables_);
  add("events", events_);
  auto const replace = [&](SourceLocation& where) {
    auto const found = places.find(where.line);
    where = found == places.end() ? SourceLocation{file, 0, 0} : found->second;
  };
  Network network;
  try {
    network = read_network_text(text, file);
  } catch (Error const& error) {
    auto findings = error.diagnostics();
    for (auto& finding : findings) replace(finding.where);
    throw Error(error.code(), std::move(findings));
  }
  place(network.compartments, compartments_.places);
  place(network.parameters, parameters_.places);
  place(network.species, species_.places);
  place(network.rules, rules_.places);
  place(network.reactions, reactions_.places);
  place(network.observables, observables_.places);
  place(network.events, events_.places);
  for (auto& one : network.notes) {
    replace(one.where);
    notes.push_back(std::move(one));
  }
  network.notes = std::move(notes);
  return network;
}

}  // namespace cristae
