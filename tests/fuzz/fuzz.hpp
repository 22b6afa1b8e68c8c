// tests/fuzz/fuzz.hpp - what the fuzz targets share: a claim that ends the process, and sane diagnostics.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "host/base/error.hpp"

namespace cristae::fuzz {

inline void claim(bool holds, std::string const& what) {
  if (holds) return;
  std::fprintf(stderr, "claim broken: %s\n", what.c_str());
  std::abort();
}

/// The number of characters in line `line` (from 1) of a text; bytes where it is no UTF-8.
inline usize length_of_line(std::string_view text, u32 line) {
  for (u32 i = 1; i < line; ++i) {
    auto const end = text.find('\n');
    if (end == std::string_view::npos) return 0;
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n')).size();
}

/// A finding says something in one printable line, and points into the text.
inline void check_finding(Diagnostic const& finding, std::string_view text) {
  std::string const shown = to_string(finding);
  claim(!finding.problem.empty(), "a finding without a problem");
  claim(finding.where.line <= u32(std::count(text.begin(), text.end(), '\n')) + 1,
        "beyond the last line: " + shown);
  if (finding.where.line > 0) {
    claim(finding.where.column >= 1, "no column: " + shown);
    // One behind the last character is where something is missing; two where a line ends in "\r\n".
    claim(finding.where.column <= length_of_line(text, finding.where.line) + 2,
          "beyond the end of its line: " + shown);
  }
  for (char const c : shown)
    claim(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f,
          "a control character in a message: " + shown);
}

inline void check_error(Error const& error, ExitCode code, std::string_view text) {
  claim(error.code() == code, std::string("exit code: ") + error.what());
  claim(!error.diagnostics().empty(), "an error without a finding");
  for (auto const& finding : error.diagnostics()) check_finding(finding, text);
}

}  // namespace cristae::fuzz
