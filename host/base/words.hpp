// host/base/words.hpp - words and numbers out of what users write.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace cristae {

/// Without blanks and line ends around it.
inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  auto const begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// The number that the whole word is, infinite and NaN included; independent of the locale.
inline std::optional<double> number_in(std::string_view word) {
  double value = 0;
  auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

}  // namespace cristae
