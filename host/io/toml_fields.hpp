// host/io/toml_fields.hpp - checked access to the fields of a TOML table; findings are collected.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/io/toml_document.hpp"

namespace cristae {

/// All findings of one file.
class Findings {
 public:
  explicit Findings(std::string file) : file_(std::move(file)) {}

  void error(Position where, std::string problem, std::string reason, std::string fix);
  void warning(Position where, std::string problem, std::string reason, std::string fix);
  void note(Position where, std::string problem, std::string reason, std::string fix);

  bool has_errors() const { return has_errors_; }
  SourceLocation location(Position where) const { return {file_, where.line, where.column}; }
  /// Everything found, by line and column.
  std::vector<Diagnostic> sorted() const;

 private:
  std::string file_;
  std::vector<Diagnostic> diagnostics_;
  bool has_errors_ = false;

  void add(Severity severity, Position where, std::string problem, std::string reason,
           std::string fix);
};

/// 'word' for messages: control characters escaped, long words cut.
std::string quoted(std::string_view word);

/// "Did you mean 'near'?", or `otherwise` if no candidate is near.
std::string did_you_mean(std::string_view word, std::vector<std::string> const& candidates,
                         std::string_view otherwise);

bool has_control_character(std::string_view text, bool allow_lines);

/// A finite number; `what` names it in messages ("'value' of parameter 'k'").
std::optional<double> read_number(Findings& findings, TomlValue const& value,
                                  std::string const& what);

enum class Sign : u8 { not_negative, any };

/// A whole number of at most 2^53 in size. Decimals within 1e-9 of one are rounded, with a note
/// unless they are whole as written.
std::optional<i64> read_count(Findings& findings, TomlValue const& value, std::string const& what,
                              Sign sign);

/// The fields of one table. Reports unknown keys at once, and wrong types as they are read.
class Fields {
 public:
  /// `what` names the table in messages ("species 'A'"); missing keys are reported at `where`.
  Fields(Findings& findings, TomlValue const& table, Position where, std::string what,
         std::vector<std::string> const& known);

  TomlValue const* find(std::string_view key) const { return table_.find(key); }
  /// Whether the key is there, or one that was reported as a slip of the keyboard for it.
  bool has(std::string_view key) const;
  /// Reports a missing key.
  TomlValue const* required(std::string_view key, std::string_view fix);

  enum class Lines : u8 { one, many };
  /// Empty if missing or wrong.
  std::string text(std::string_view key, Lines lines = Lines::one);
  std::string required_text(std::string_view key, std::string_view fix);
  /// The value if it is there and of this kind.
  TomlValue const* of_kind(std::string_view key, TomlKind kind);
  std::optional<double> number(std::string_view key);

  std::string const& what() const { return what_; }
  std::string what(std::string_view key) const;
  Position where() const { return where_; }

 private:
  Findings& findings_;
  TomlValue const& table_;
  Position where_;
  std::string what_;
  std::vector<std::string> misspelt_;  // known keys that were meant by unknown ones
};

/// Reports that `what` has the wrong type.
void report_kind(Findings& findings, TomlValue const& value, std::string const& what,
                 std::string_view expected);

}  // namespace cristae
