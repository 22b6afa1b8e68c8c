// host/io/network_names.hpp - the ids of a network file, and the laws that are read with them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/toml_document.hpp"
#include "host/io/toml_fields.hpp"
#include "host/model/law_parser.hpp"

namespace cristae {

/// Whether laws can refer to a thing of this id: a name, and no word that they read otherwise.
bool is_law_id(std::string_view id);

/// Everything that a law may name is declared here before the first law is read.
class NetworkNames {
 public:
  NetworkNames(TomlDocument const& document, Findings& findings);
  NetworkNames(NetworkNames const&) = delete;  // law_names_ points to this
  NetworkNames& operator=(NetworkNames const&) = delete;

  using Entries = std::vector<TomlEntry>;
  /// Reports ids that laws cannot use, and ids that stand for two things.
  void declare(Entries const& species, Entries const& parameters, Entries const& rules,
               Entries const& reactions);
  /// Reports an empty or garbled id of something that no law names.
  void check_id(TomlEntry const& entry, std::string_view kind);

  std::optional<Symbol> symbol(std::string_view name) const;
  std::vector<std::string> const& of_kind(SymbolKind kind) const;

  enum class Firings : u8 { refused, allowed };
  /// The law in a string of the file; empty if it has problems, which are reported.
  Expression read_law(TomlValue const& value, std::string const& user, Firings firings);
  /// The same for an event, which may read `time`, and `t` where nothing else has that name.
  Expression read_timed(TomlValue const& value, std::string const& user);
  /// The same for the constant of a mass-action reaction.
  Expression read_constant(TomlValue const& value, std::string const& user);
  /// Reports problems within a string of the file; `user` says what the string belongs to.
  void report(TomlValue const& value, std::vector<LawProblem> problems, std::string const& user);
  /// Reports that `name` is not of the wanted kind (species or parameter), and what it is instead.
  void report_not(SymbolKind wanted, std::string const& name, Position where,
                  std::string const& reason);

 private:
  TomlDocument const& document_;
  Findings& findings_;
  std::map<std::string, Symbol, std::less<>> symbols_;
  std::map<std::string, u32, std::less<>> reactions_;
  std::vector<std::string> all_, species_, parameters_, rules_;
  LawNames law_names_;         // without count()
  LawNames observable_names_;  // with it
  LawNames event_names_;       // with the time

  void check_law_id(TomlEntry const& entry, std::string_view kind);
};

}  // namespace cristae
