// host/io/toml_document.hpp - a TOML text as a tree in source order, every part with its position.
//
// The only place that knows toml++, which keeps tables in alphabetical order.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// Line and column, both from 1; columns count code points. 0 means "the whole file".
struct Position {
  u32 line = 0;
  u32 column = 0;
  auto operator<=>(Position const&) const = default;
};

enum class TomlKind : u8 { string, integer, real, boolean, date_or_time, array, table };

/// "a string", "an integer", ... for messages.
char const* name_of(TomlKind kind);

struct TomlEntry;

struct TomlValue {
  TomlKind kind = TomlKind::table;
  Position position;
  std::string text;                ///< of a string
  i64 integer = 0;                 ///< of a boolean 0 or 1
  double real = 0;                 ///< of a real; of an integer the nearest double
  std::vector<TomlValue> items;    ///< of an array
  std::vector<TomlEntry> entries;  ///< of a table, in source order
  /// For a string: where byte 0 of `text` stands in the file if it stands there byte for byte
  /// (no escapes); otherwise `no_offset`.
  usize offset = no_offset;

  static constexpr usize no_offset = ~usize{0};
  TomlValue const* find(std::string_view key) const;
};

struct TomlEntry {
  std::string key;
  Position key_position;
  TomlValue value;
};

class TomlDocument {
 public:
  /// Throws Error(model) with the position of the first syntax error. `file` is for messages.
  TomlDocument(std::string_view text, std::string const& file);

  TomlValue const& root() const { return root_; }
  /// Where byte `at` of a string's text stands; the string's start where that cannot be told.
  Position position_within(TomlValue const& string, usize at) const;

 private:
  std::string text_;
  std::vector<usize> line_starts_;
  TomlValue root_;

  Position position_of_offset(usize offset) const;
  usize offset_of(Position position) const;
  void locate_strings(TomlValue& value) const;
};

}  // namespace cristae
