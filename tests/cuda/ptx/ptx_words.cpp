// tests/cuda/ptx/ptx_words.cpp - reads words; names what it does not know.
#include "tests/cuda/ptx/ptx_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "tests/cuda/ptx/ptx_to_c.hpp"

namespace cristae::test {

void ptx_fail(usize line, std::string const& problem) {
  throw PtxError(fmt::format("ptx:{}: error: {}", line, problem));
}

std::vector<PtxWord> ptx_words(std::string const& ptx) {
  auto const in_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' ||
           c == '.';
  };
  std::vector<PtxWord> words;
  usize line = 1;
  for (usize i = 0; i < ptx.size();) {
    usize const begin = i;
    if (ptx[i] == '\n') ++line;
    if (ptx.compare(i, 2, "//") == 0) {
      i = std::min(ptx.find('\n', i), ptx.size());
    } else if (ptx.compare(i, 2, "/*") == 0) {
      i = ptx.find("*/", i);
      if (i == std::string::npos) ptx_fail(line, "a comment does not end");
      line += usize(
          std::count(ptx.begin() + std::ptrdiff_t(begin), ptx.begin() + std::ptrdiff_t(i), '\n'));
      i += 2;
    } else if (std::isspace(static_cast<unsigned char>(ptx[i])) || ptx[i] == '\0') {
      ++i;
    } else if (ptx[i] == '"') {
      i = ptx.find('"', i + 1);
      if (i == std::string::npos) ptx_fail(line, "a string does not end");
      words.push_back({ptx.substr(begin, ++i - begin), line});
    } else if (in_name(ptx[i])) {
      while (i < ptx.size() && in_name(ptx[i])) ++i;
      words.push_back({ptx.substr(begin, i - begin), line});
    } else {
      words.push_back({ptx.substr(i++, 1), line});
    }
  }
  words.push_back({"", line});
  return words;
}

std::vector<std::string> split_at(std::string_view text, char at) {
  std::vector<std::string> parts{""};
  for (char c : text)
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

std::string PtxType::word() const { return fmt::format("u{}", std::max(bits, 8u)); }

std::string PtxType::value() const {
  return kind == 'p' ? "u8" : fmt::format("{}{}", kind == 'b' ? 'u' : kind, bits);
}

std::optional<PtxType> ptx_type(std::string_view name) {
  if (name == "pred") return PtxType{'p', 1};
  for (char kind : {'b', 'u', 's', 'f'})
    for (u32 bits : {8u, 16u, 32u, 64u})
      if (name == fmt::format("{}{}", kind, bits) && (kind != 'f' || bits >= 32))
        return PtxType{kind, bits};
  return std::nullopt;
}

Modifiers::Modifiers(PtxWord const& word) : word_(word), parts_(split_at(word.text, '.')) {
  base_ = parts_.front();
  parts_.erase(parts_.begin());
}

std::optional<std::string> Modifiers::take(std::initializer_list<char const*> any) {
  if (!parts_.empty())
    for (char const* one : any)
      if (parts_.front() == one) {
        parts_.erase(parts_.begin());
        return one;
      }
  return std::nullopt;
}

PtxType Modifiers::type() {
  auto const found = parts_.empty() ? std::nullopt : ptx_type(parts_.front());
  if (!found) unknown();
  parts_.erase(parts_.begin());
  return *found;
}

void Modifiers::done() const {
  if (!parts_.empty()) unknown();
}

void Modifiers::unknown() const {
  if (word_.text.find(".approx") != std::string::npos)
    ptx_fail(word_.line,
             fmt::format("'{}' (its bits are not defined and differ between GPUs)", word_.text));
  ptx_fail(word_.line, fmt::format("unknown instruction '{}' (nothing is skipped)", word_.text));
}

}  // namespace cristae::test
