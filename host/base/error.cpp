// host/base/error.cpp - texts of diagnostics, and the nearest name to a misspelt one.
#include "host/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace cristae {

std::string printable(std::string_view word) {
  constexpr usize limit = 80;
  std::string text;
  for (char const c : word) {
    bool const continuation = (static_cast<unsigned char>(c) & 0xc0) == 0x80;
    if (text.size() >= limit && !continuation) return text + "...";
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      text += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      text += c;
  }
  return text;
}

std::string to_string(Diagnostic const& diagnostic) {
  std::string text;
  auto const& where = diagnostic.where;
  if (!where.file.empty()) {
    text += where.file + ":";
    if (where.line > 0) text += fmt::format("{}:{}:", where.line, where.column);
    text += " ";
  }
  switch (diagnostic.severity) {
    case Severity::error: text += "error: "; break;
    case Severity::warning: text += "warning: "; break;
    case Severity::note: text += "note: "; break;
  }
  text += diagnostic.problem;
  if (!diagnostic.reason.empty()) text += " (" + diagnostic.reason + ")";
  text += ".";
  if (!diagnostic.fix.empty()) {
    text += " " + diagnostic.fix;
    if (diagnostic.fix.back() != '?') text += ".";
  }
  return text;
}

Error::Error(ExitCode code, std::vector<Diagnostic> diagnostics)
    : code_(code), diagnostics_(std::move(diagnostics)) {
  for (auto const& diagnostic : diagnostics_) {
    if (!text_.empty()) text_ += '\n';
    text_ += to_string(diagnostic);
  }
}

Error::Error(ExitCode code, Diagnostic diagnostic)
    : Error(code, std::vector<Diagnostic>{std::move(diagnostic)}) {}

Error::Error(ExitCode code, std::string problem, std::string reason, std::string fix)
    : Error(
          code,
          Diagnostic{Severity::error, {}, std::move(problem), std::move(reason), std::move(fix)}) {}

namespace {

char lower(char c) { return char(std::tolower(static_cast<unsigned char>(c))); }

/// Optimal string alignment: insertions, deletions, substitutions and adjacent swaps cost 2, a letter
/// in the wrong case 1.
usize edit_distance(std::string const& a, std::string const& b) {
  std::vector<std::vector<usize>> d(a.size() + 1, std::vector<usize>(b.size() + 1));
  for (usize i = 0; i <= a.size(); ++i) d[i][0] = 2 * i;
  for (usize j = 0; j <= b.size(); ++j) d[0][j] = 2 * j;
  for (usize i = 1; i <= a.size(); ++i) {
    for (usize j = 1; j <= b.size(); ++j) {
      usize const cost = a[i - 1] == b[j - 1] ? 0 : lower(a[i - 1]) == lower(b[j - 1]) ? 1 : 2;
      d[i][j] = std::min({d[i - 1][j] + 2, d[i][j - 1] + 2, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 2);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest_name(std::string const& word, std::vector<std::string> const& candidates) {
  if (word.empty() || word.size() > 256) return {};
  // At most a third of the word, and never all of it: one letter is no slip of another.
  usize const slips = std::max<usize>(1, word.size() / 3);
  usize best = std::min(2 * slips, 2 * word.size() - 1) + 1;
  std::string found;
  for (auto const& candidate : candidates) {
    if (candidate.size() > word.size() + slips || word.size() > candidate.size() + slips) continue;
    usize const distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string name_list(std::vector<std::string> const& names) {
  constexpr usize most = 30;
  std::string text;
  for (usize i = 0; i < std::min(most, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

}  // namespace cristae
