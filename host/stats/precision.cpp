// host/stats/precision.cpp - reading demands on precision, and comparing them with what is reached.
#include "host/stats/precision.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string_view>

#include "host/base/error.hpp"
#include "host/base/words.hpp"
#include "host/stats/feature.hpp"

namespace cristae {
namespace {

/// `text` without `word` and the blanks around it in front; nothing if it begins otherwise.
std::optional<std::string_view> behind(std::string_view text, std::string_view word) {
  text = trimmed(text);
  if (!text.starts_with(word)) return std::nullopt;
  return trimmed(text.substr(word.size()));
}

/// The same at the end.
std::optional<std::string_view> before(std::string_view text, std::string_view word) {
  text = trimmed(text);
  if (!text.ends_with(word)) return std::nullopt;
  return trimmed(text.substr(0, text.size() - word.size()));
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

/// The demands between the words `and`: those behind which another one begins, because the name of a
/// column may hold the word, too.
std::vector<std::string_view> demands_in(std::string_view text) {
  std::vector<std::string_view> demands;
  constexpr std::string_view word = " and ";
  for (usize from = 0;;) {
    auto const at = text.find(word, from);
    if (at == std::string_view::npos) break;
    from = at + 1;
    auto const rest = text.substr(at + word.size());
    if (auto const se = behind(rest, "se"); !se || !se->starts_with('(')) continue;
    demands.push_back(text.substr(0, at));
    text = rest;
    from = 0;
  }
  demands.push_back(text);
  return demands;
}

/// What stands between `se(mean(` and `))`.
std::optional<std::string_view> mean_in(std::string_view text) {
  std::optional<std::string_view> rest = text;
  for (char const* const word : {"se", "(", "mean", "("})
    if (rest) rest = behind(*rest, word);
  for (int i = 0; i < 2; ++i)
    if (rest) rest = before(*rest, ")");
  return rest;
}

/// Fills in column, sample times and the first half of the text.
void read_mean(PrecisionTarget& target, std::string_view mean, std::vector<Column> const& columns,
               std::vector<double> const& times) {
  auto const bracket = mean.ends_with(']') ? mean.rfind('[') : std::string_view::npos;
  bool const has_time = bracket != std::string_view::npos;
  std::string_view const time = has_time ? mean.substr(bracket + 1, mean.size() - bracket - 2) : "";
  bool const all = trimmed(time) == "all";
  auto const name = std::string(mean.substr(0, bracket));
  auto const feature =
      parse_feature(has_time && !all ? std::string(mean) : name + "[end]", columns, times);
  target.column = feature.column;
  target.times = {feature.time};
  target.text = feature.text;
  if (!all) return;
  target.times.resize(times.size());
  std::iota(target.times.begin(), target.times.end(), usize{0});
  target.text = columns[feature.column].name + "[all]";
}

PrecisionTarget read_demand(std::string_view text, std::vector<Column> const& columns,
                            std::vector<double> const& times) {
  auto const less = text.rfind('<');
  auto const mean = mean_in(text.substr(0, less));
  if (less == std::string_view::npos || !mean)
    throw Error(ExitCode::usage, fmt::format("'{}' is not a precision", trimmed(text)), {},
                "Write se(mean(NAME)) < X, or < X % of the mean, with NAME, NAME[T] for a sample "
                "time T or NAME[all]; join several by 'and'");
  auto const limit = trimmed(text.substr(less + 1));
  auto const percent = before(limit, "%");
  auto const value = number(percent.value_or(limit));
  if (!value || *value <= 0)
    throw Error(ExitCode::usage, fmt::format("'{}' is not a limit of a precision", limit),
                fmt::format("in '{}'", trimmed(text)), "Give a number above 0, or one with %");
  PrecisionTarget target;
  read_mean(target, *mean, columns, times);
  target.relative = percent.has_value();
  target.limit = target.relative ? *value / 100 : *value;
  target.text = fmt::format("se(mean({})) < {}{}", target.text, *value, percent ? " %" : "");
  return target;
}

bool is_reached_at(PrecisionTarget const& target, usize time, PointStatistics const& point) {
  double const limit = target.relative ? target.limit * std::fabs(point.mean) : target.limit;
  // All trajectories start alike; later, no spread may mean that nothing was seen yet.
  if (point.se == 0) return point.n >= (time == 0 ? 2 : trust_no_spread);
  return point.se < limit;
}

}  // namespace

std::vector<PrecisionTarget> parse_precision(std::string const& text,
                                             std::vector<Column> const& columns,
                                             std::vector<double> const& times) {
  std::vector<PrecisionTarget> targets;
  std::vector<Diagnostic> findings;
  for (auto const demand : demands_in(text)) {
    try {
      targets.push_back(read_demand(demand, columns, times));
    } catch (Error const& error) {
      findings.insert(findings.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!findings.empty()) throw Error(ExitCode::usage, std::move(findings));
  return targets;
}

bool is_reached(std::vector<PrecisionTarget> const& targets, EnsembleSummary const& summary) {
  for (auto const& target : targets)
    for (usize const time : target.times)
      if (!is_reached_at(target, time, summary.columns[target.column].points[time])) return false;
  return true;
}

u64 next_check(u64 trajectories) {
  if (trajectories < 256) return 256;
  if (trajectories < 512) return 512;
  u64 const power = std::bit_floor(trajectories), step = power / 4;
  u64 const steps = (trajectories - power) / step + 1;
  constexpr u64 largest = std::numeric_limits<u64>::max();
  return steps * step > largest - power ? largest : power + steps * step;
}

}  // namespace cristae
