// host/jit/text_key.hpp - 128 bits that stand for a text: names of cached and bundled code.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "host/base/types.hpp"
#include "host/core/hash.hpp"

namespace cristae {

/// Two hashes with different constants, of everything that was added, in order.
class TextKey {
 public:
  void add(std::string_view text) {
    add_word(text.size());
    for (char const c : text) add_word(static_cast<unsigned char>(c));
  }
  /// The same for many bytes, eight at a time; another key than add gives.
  void add_bytes(std::string_view bytes) {
    add_word(bytes.size());
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
      u64 word = 0;
      std::memcpy(&word, bytes.data(), 8);
      add_word(word);
    }
    for (char const c : bytes) add_word(static_cast<unsigned char>(c));
  }
  void add_word(u64 word) {
    words_[0] = core::chain(words_[0], word);
    words_[1] = core::mix(words_[1] * 0x9E3779B97F4A7C15ull + word + 1);
  }
  std::array<u64, 2> const& words() const { return words_; }
  /// 32 hexadecimal digits.
  std::string text() const { return fmt::format("{:016x}{:016x}", words_[0], words_[1]); }

 private:
  std::array<u64, 2> words_{1, 2};
};

inline TextKey key_of(std::string_view text) {
  TextKey key;
  key.add(text);
  return key;
}

}  // namespace cristae
