// host/io/toml_fields.cpp - checked access to the fields of a TOML table.
#include "host/io/toml_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace cristae {

void Findings::add(Severity severity, Position where, std::string problem, std::string reason,
                   std::string fix) {
  diagnostics_.push_back(
      {severity, location(where), std::move(problem), std::move(reason), std::move(fix)});
}

void Findings::error(Position where, std::string problem, std::string reason, std::string fix) {
  has_errors_ = true;
  add(Severity::error, where, std::move(problem), std::move(reason), std::move(fix));
}

void Findings::warning(Position where, std::string problem, std::string reason, std::string fix) {
  add(Severity::warning, where, std::move(problem), std::move(reason), std::move(fix));
}

void Findings::note(Position where, std::string problem, std::string reason, std::string fix) {
  add(Severity::note, where, std::move(problem), std::move(reason), std::move(fix));
}

std::vector<Diagnostic> Findings::sorted() const {
  auto all = diagnostics_;
  std::stable_sort(all.begin(), all.end(), [](Diagnostic const& a, Diagnostic const& b) {
    return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
  });
  return all;
}

std::string quoted(std::string_view word) { return fmt::format("'{}'", printable(word)); }

std::string did_you_mean(std::string_view word, std::vector<std::string> const& candidates,
                         std::string_view otherwise) {
  std::string const near = nearest_name(std::string(word), candidates);
  return near.empty() ? std::string(otherwise) : "Did you mean " + quoted(near) + "?";
}

bool has_control_character(std::string_view text, bool allow_lines) {
  return std::any_of(text.begin(), text.end(), [&](char c) {
    if (allow_lines && (c == '\n' || c == '\t' || c == '\r')) return false;
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

void report_kind(Findings& findings, TomlValue const& value, std::string const& what,
                 std::string_view expected) {
  bool const quoted_number = value.kind == TomlKind::string && !value.text.empty() &&
                             value.text.find_first_not_of("0123456789.eE+-") == std::string::npos;
  findings.error(value.position,
                 fmt::format("{} is {}, expected {}", what, name_of(value.kind), expected), "",
                 quoted_number ? "Remove the quotes" : "");
}

std::optional<double> read_number(Findings& findings, TomlValue const& value,
                                  std::string const& what) {
  if (value.kind != TomlKind::integer && value.kind != TomlKind::real) {
    report_kind(findings, value, what, "a number");
    return std::nullopt;
  }
  if (!std::isfinite(value.real)) {
    findings.error(value.position, fmt::format("{} is {}", what, value.real),
                   "only finite numbers can be computed with", "Give a finite number");
    return std::nullopt;
  }
  return value.real;
}

std::optional<i64> read_count(Findings& findings, TomlValue const& value, std::string const& what,
                              Sign sign) {
  constexpr double max_count = 9007199254740992.0;  // 2^53
  auto const number = read_number(findings, value, what);
  if (!number) return std::nullopt;
  if (sign == Sign::not_negative && *number < 0) {
    findings.error(value.position, fmt::format("{} is negative ({})", what, *number),
                   "a copy number counts molecules", "Give 0 or more");
    return std::nullopt;
  }
  bool const too_large = value.kind == TomlKind::integer
                             ? value.integer > i64{1} << 53 || value.integer < -(i64{1} << 53)
                             : std::abs(*number) > max_count;
  if (too_large) {
    findings.error(value.position, fmt::format("{} is beyond 2^53 ({})", what, *number),
                   "copy numbers are exact up to there", "Count in a larger unit");
    return std::nullopt;
  }
  if (value.kind == TomlKind::integer) return value.integer;
  double const whole = std::round(*number);
  if (std::abs(*number - whole) > 1e-9) {
    findings.error(value.position, fmt::format("{} is not a whole number ({})", what, *number),
                   "a copy number counts molecules", "Round it, or count in another unit");
    return std::nullopt;
  }
  if (*number != whole) {
    findings.note(
        value.position,
        fmt::format("{} was rounded from {} to {}", what, *number, static_cast<i64>(whole)), "",
        "");
  }
  return static_cast<i64>(whole);
}

Fields::Fields(Findings& findings, TomlValue const& table, Position where, std::string what,
               std::vector<std::string> const& known)
    : findings_(findings), table_(table), where_(where), what_(std::move(what)) {
  for (auto const& entry : table_.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    findings_.error(
        entry.key_position, fmt::format("unknown key {} in {}", quoted(entry.key), what_), "",
        did_you_mean(entry.key, known, fmt::format("Known keys are {}", fmt::join(known, ", "))));
    misspelt_.push_back(nearest_name(entry.key, known));
  }
}

std::string Fields::what(std::string_view key) const {
  return fmt::format("'{}' of {}", key, what_);
}

bool Fields::has(std::string_view key) const {
  return find(key) || std::find(misspelt_.begin(), misspelt_.end(), key) != misspelt_.end();
}

TomlValue const* Fields::required(std::string_view key, std::string_view fix) {
  auto const* value = find(key);
  if (!value && !has(key))
    findings_.error(where_, fmt::format("{} has no '{}'", what_, key), "", std::string(fix));
  return value;
}

TomlValue const* Fields::of_kind(std::string_view key, TomlKind kind) {
  auto const* value = find(key);
  if (!value || value->kind == kind) return value;
  report_kind(findings_, *value, what(key), name_of(kind));
  return nullptr;
}

std::string Fields::text(std::string_view key, Lines lines) {
  auto const* value = of_kind(key, TomlKind::string);
  if (!value) return {};
  if (has_control_character(value->text, lines == Lines::many)) {
    findings_.error(value->position, fmt::format("{} holds a control character", what(key)),
                    "it would garble what is printed", "Remove it");
    return {};
  }
  return value->text;
}

std::string Fields::required_text(std::string_view key, std::string_view fix) {
  auto const* value = required(key, fix);
  if (value && value->kind == TomlKind::string && value->text.empty())
    findings_.error(value->position, fmt::format("{} is empty", what(key)), "", std::string(fix));
  return value ? text(key) : std::string{};
}

std::optional<double> Fields::number(std::string_view key) {
  auto const* value = find(key);
  return value ? read_number(findings_, *value, what(key)) : std::nullopt;
}

}  // namespace cristae
