// host/io/network_names.cpp - declaring and looking up the ids of a network file.
#include "host/io/network_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace cristae {
namespace {

/// Words that laws read otherwise, or that people would misread in a law.
constexpr std::array<std::string_view, 21> reserved_words{
    "and",  "or",  "not",   "time", "piecewise", "min",  "max",   "exp", "ln",   "log10", "log",
    "sqrt", "abs", "floor", "ceil", "pow",       "hill", "count", "if",  "true", "false"};

bool is_reserved(std::string_view id) {
  return std::find(reserved_words.begin(), reserved_words.end(), id) != reserved_words.end();
}

char const* word_for(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::species: return "species";
    case SymbolKind::parameter: return "parameter";
    case SymbolKind::rule: return "rule";
    case SymbolKind::time:
    case SymbolKind::unresolved: break;
  }
  return "name";
}

bool is_name(std::string_view id) {
  auto const letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  auto const part = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !id.empty() && letter(id[0]) && std::all_of(id.begin(), id.end(), part);
}

/// "Define it under ..., or did you mean 'near'?"
std::string define_or_near(std::string_view define, std::string const& name,
                           std::vector<std::string> const& candidates) {
  std::string const near = nearest_name(name, candidates);
  return near.empty() ? std::string(define)
                      : fmt::format("{}, or did you mean {}?", define, quoted(near));
}

}  // namespace

bool is_law_id(std::string_view id) { return is_name(id) && !is_reserved(id); }

NetworkNames::NetworkNames(TomlDocument const& document, Findings& findings)
    : document_(document), findings_(findings) {
  law_names_.symbol = [this](std::string_view name) { return symbol(name); };
  observable_names_.symbol = law_names_.symbol;
  event_names_.symbol = [this](std::string_view name) -> std::optional<Symbol> {
    if (auto const known = symbol(name)) return known;
    if (name == "time" || name == "t") return Symbol{SymbolKind::time, 0};
    return std::nullopt;
  };
  observable_names_.reaction = [this](std::string_view name) -> std::optional<u32> {
    auto const found = reactions_.find(name);
    return found == reactions_.end() ? std::nullopt : std::optional(found->second);
  };
}

void NetworkNames::check_id(TomlEntry const& entry, std::string_view kind) {
  if (entry.key.empty()) {
    findings_.error(entry.key_position, fmt::format("the id of a {} is empty", kind), "",
                    "Give it a name");
  } else if (has_control_character(entry.key, false)) {
    findings_.error(
        entry.key_position,
        fmt::format("the id {} of a {} holds a control character", quoted(entry.key), kind),
        "it would garble what is printed", "Remove it");
  }
}

void NetworkNames::check_law_id(TomlEntry const& entry, std::string_view kind) {
  if (!is_name(entry.key)) {
    findings_.error(entry.key_position,
                    fmt::format("{} cannot be the id of a {}", quoted(entry.key), kind),
                    "laws could not refer to it",
                    "Use A-Z a-z 0-9 _ with no digit in front, and 'label' for other signs");
  } else if (is_reserved(entry.key)) {
    findings_.error(entry.key_position,
                    fmt::format("{} cannot be the id of a {}", quoted(entry.key), kind),
                    "it is a reserved word of laws", "Choose another id");
  }
}

void NetworkNames::declare(Entries const& species, Entries const& parameters, Entries const& rules,
                           Entries const& reactions) {
  struct Declaration {
    TomlEntry const* entry;
    SymbolKind kind;
    u32 index;
  };
  std::vector<Declaration> all;
  auto const collect = [&](Entries const& entries, SymbolKind kind) {
    for (u32 index = 0; auto const& entry : entries) all.push_back({&entry, kind, index++});
  };
  collect(species, SymbolKind::species);
  collect(parameters, SymbolKind::parameter);
  collect(rules, SymbolKind::rule);
  // The one that stands first in the file keeps the name.
  std::stable_sort(all.begin(), all.end(), [](Declaration const& a, Declaration const& b) {
    return a.entry->key_position < b.entry->key_position;
  });
  std::map<std::string_view, Declaration const*> first;
  for (auto const& declaration : all) {
    auto const& entry = *declaration.entry;
    auto const [found, is_new] = first.emplace(entry.key, &declaration);
    if (!is_new) {
      auto const& other = *found->second;
      findings_.error(entry.key_position,
                      fmt::format("{} is already a {}, declared at line {}", quoted(entry.key),
                                  word_for(other.kind), other.entry->key_position.line),
                      "species, parameters and rules share one namespace", "Rename one of them");
      continue;
    }
    check_law_id(entry, word_for(declaration.kind));
    symbols_.emplace(entry.key, Symbol{declaration.kind, declaration.index});
    all_.push_back(entry.key);
    if (declaration.kind == SymbolKind::species) species_.push_back(entry.key);
    if (declaration.kind == SymbolKind::parameter) parameters_.push_back(entry.key);
    if (declaration.kind == SymbolKind::rule) rules_.push_back(entry.key);
  }
  for (auto const& entry : reactions) {
    reactions_.emplace(entry.key, static_cast<u32>(reactions_.size()));
    observable_names_.reaction_names.push_back(entry.key);
  }
  law_names_.names = all_;
  observable_names_.names = all_;
  event_names_.names = all_;
}

std::optional<Symbol> NetworkNames::symbol(std::string_view name) const {
  auto const found = symbols_.find(name);
  return found == symbols_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> const& NetworkNames::of_kind(SymbolKind kind) const {
  switch (kind) {
    case SymbolKind::species: return species_;
    case SymbolKind::parameter: return parameters_;
    case SymbolKind::rule: return rules_;
    case SymbolKind::time:
    case SymbolKind::unresolved: break;
  }
  return all_;
}

Expression NetworkNames::read_law(TomlValue const& value, std::string const& user,
                                  Firings firings) {
  ParsedLaw law =
      parse_law(value.text, firings == Firings::allowed ? observable_names_ : law_names_);
  report(value, std::move(law.problems), user);
  return std::move(law.expression);
}

Expression NetworkNames::read_timed(TomlValue const& value, std::string const& user) {
  ParsedLaw law = parse_law(value.text, event_names_);
  report(value, std::move(law.problems), user);
  return std::move(law.expression);
}

Expression NetworkNames::read_constant(TomlValue const& value, std::string const& user) {
  auto const begin = value.text.find_first_not_of(" \t");
  auto const end = value.text.find_last_not_of(" \t");
  std::string const name =
      begin == std::string::npos ? "" : value.text.substr(begin, end - begin + 1);
  // The parser has more to say on words such as t or exp.
  if (!is_name(name) || is_reserved(name) || name == "t" || symbol(name))
    return read_law(value, user, Firings::refused);
  std::vector<std::string> constants = parameters_;
  constants.insert(constants.end(), rules_.begin(), rules_.end());
  findings_.error(document_.position_within(value, begin),
                  fmt::format("rate constant {} is not defined", quoted(name)), "used by " + user,
                  define_or_near("Define it under [parameters]", name, constants));
  return {};
}

void NetworkNames::report(TomlValue const& value, std::vector<LawProblem> problems,
                          std::string const& user) {
  for (auto& problem : problems) {
    if (problem.reason.empty()) {
      bool const undefined = problem.problem.ends_with("is not defined");
      problem.reason = (undefined ? "used by " : "in ") + user;
    }
    findings_.error(document_.position_within(value, problem.span.begin),
                    std::move(problem.problem), std::move(problem.reason), std::move(problem.fix));
  }
}

void NetworkNames::report_not(SymbolKind wanted, std::string const& name, Position where,
                              std::string const& reason) {
  bool const species = wanted == SymbolKind::species;
  if (auto const found = symbol(name)) {
    findings_.error(
        where,
        fmt::format("{} is a {}, not a {}", quoted(name), word_for(found->kind), word_for(wanted)),
        reason, species ? "Only species have copy numbers" : "Only parameters can be set");
    return;
  }
  findings_.error(
      where, fmt::format("{} {} is not defined", word_for(wanted), quoted(name)), reason,
      define_or_near(species ? "Define it under [species]" : "Define it under [parameters]", name,
                     of_kind(wanted)));
}

}  // namespace cristae
