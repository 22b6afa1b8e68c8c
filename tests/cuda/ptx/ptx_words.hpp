// tests/cuda/ptx/ptx_words.hpp - PTX text as words, its types, and the modifiers of an instruction.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/types.hpp"

namespace cristae::test {

/// Throws PtxError of that line.
[[noreturn]] void ptx_fail(usize line, std::string const& problem);

struct PtxWord {
  std::string text;  ///< a name with its dots, a number, a string in quotes, or one other character
  usize line;
};

/// Without comments and spaces; the last word is empty.
std::vector<PtxWord> ptx_words(std::string const& ptx);

std::vector<std::string> split_at(std::string_view text, char at);

struct PtxType {
  char kind;  ///< b, u, s, f, or p for a predicate
  u32 bits;
  u32 bytes() const { return bits / 8; }
  std::string word() const;   ///< the unsigned type of C of that size
  std::string value() const;  ///< the type of C; bits are unsigned
};

/// Of u32, pred, ...; nothing for other names.
std::optional<PtxType> ptx_type(std::string_view name);

/// The modifiers of an instruction, taken one by one; what is left over is unknown.
class Modifiers {
 public:
  explicit Modifiers(PtxWord const& word);
  std::string const& base() const { return base_; }
  /// The next one, where it is one of `any`.
  std::optional<std::string> take(std::initializer_list<char const*> any);
  PtxType type();
  /// Everything was taken.
  void done() const;
  [[noreturn]] void unknown() const;

 private:
  PtxWord word_;
  std::string base_;
  std::vector<std::string> parts_;
};

}  // namespace cristae::test
