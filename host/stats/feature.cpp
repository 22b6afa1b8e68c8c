// host/stats/feature.cpp - reading, spelling and evaluating features.
#include "host/stats/feature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "host/base/error.hpp"
#include "host/base/words.hpp"

namespace cristae {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Function {
  std::string_view name;
  FeatureKind kind;
};
constexpr std::array functions{Function{"min", FeatureKind::minimum},
                               Function{"max", FeatureKind::maximum},
                               Function{"mean", FeatureKind::mean}};

/// The two parts of a feature's text: function or time, and the name.
struct Parts {
  FeatureKind kind = FeatureKind::at;
  std::string_view name;  ///< with the blanks around it
  std::string_view time;
};

/// Names may hold any sign, so what they are is told from both ends of the text.
std::optional<Parts> split(std::string_view whole) {
  auto const text = trimmed(whole);
  if (text.ends_with(']')) {
    auto const bracket = whole.rfind('['), close = whole.rfind(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    return Parts{FeatureKind::at, whole.substr(0, bracket),
                 whole.substr(bracket + 1, close - bracket - 1)};
  }
  if (!text.ends_with(')')) return std::nullopt;
  for (auto const& function : functions) {
    if (!text.starts_with(function.name)) continue;
    auto const open = text.find_first_not_of(" \t", function.name.size());
    if (text[open] != '(') continue;
    return Parts{function.kind, text.substr(open + 1, text.size() - open - 2), {}};
  }
  return std::nullopt;
}

/// CONDITION of first(CONDITION).
std::optional<std::string> condition_of(std::string_view whole) {
  constexpr std::string_view function = "first";
  auto const text = trimmed(whole);
  if (!text.starts_with(function) || !text.ends_with(')')) return std::nullopt;
  auto const open = text.find_first_not_of(" \t", function.size());
  if (text[open] != '(') return std::nullopt;
  return std::string(trimmed(text.substr(open + 1, text.size() - open - 2)));
}

/// The number nearest to `wanted` in a list that increases.
usize nearest_index(double wanted, std::vector<double> const& times) {
  auto const above = std::lower_bound(times.begin(), times.end(), wanted);
  if (above == times.begin()) return 0;
  auto const below = std::prev(above);
  bool const is_above = above != times.end() && *above - wanted < wanted - *below;
  return usize((is_above ? above : below) - times.begin());
}

double mean_of(std::span<double const> values) {
  double sum = 0;
  for (double const value : values) sum += value;
  return sum / double(values.size());
}

}  // namespace

usize parse_sample_time(std::string_view text, std::vector<double> const& times,
                        std::string_view user) {
  auto const word = trimmed(text);
  if (word == "end") return times.size() - 1;
  auto const wanted = number_in(word);
  if (!wanted || !std::isfinite(*wanted))
    throw Error(ExitCode::usage, fmt::format("'{}' is not a time", word),
                fmt::format("in '{}'", user), "Write a sample time, or end for the last one");
  usize const nearest = nearest_index(*wanted, times);
  // 0.3 means the sample at 3 * 0.1, which is not 0.3 in binary.
  if (std::fabs(times[nearest] - *wanted) <= 1e-12 * std::fabs(*wanted)) return nearest;
  throw Error(ExitCode::usage, fmt::format("{} is not a sample time", word),
              fmt::format("in '{}'", user),
              fmt::format("The nearest one is {:.15g}", times[nearest]));
}

std::string sample_time_text(usize time, std::vector<double> const& times) {
  return time + 1 == times.size() ? "end" : fmt::format("{:.15g}", times[time]);
}

Feature parse_feature(std::string const& text, std::vector<Column> const& columns,
                      std::vector<double> const& times) {
  if (auto const condition = condition_of(text)) return first_passage_feature(*condition, 0);
  auto const parts = split(text);
  if (!parts) {
    auto const word = trimmed(text);
    auto const name = find_column(word, columns) ? word : std::string_view("NAME");
    throw Error(ExitCode::usage, fmt::format("'{}' is not one number per trajectory", word), {},
                fmt::format("Write {0}[end], {0}[T] for a sample time T, min({0}), max({0}) or "
                            "mean({0})",
                            name));
  }
  Feature feature;
  feature.kind = parts->kind;
  feature.column = column_named(parts->name, columns, text);
  auto const& name = columns[feature.column].name;
  if (feature.kind == FeatureKind::at) {
    feature.time = parse_sample_time(parts->time, times, text);
    feature.text = fmt::format("{}[{}]", name, sample_time_text(feature.time, times));
    return feature;
  }
  for (auto const& function : functions)
    if (function.kind == feature.kind) feature.text = fmt::format("{}({})", function.name, name);
  return feature;
}

Feature first_passage_feature(std::string const& condition, usize passage) {
  Feature feature;
  feature.kind = FeatureKind::first;
  feature.passage = passage;
  feature.text = fmt::format("first({})", trimmed(condition));
  return feature;
}

std::vector<std::string> first_passages_of(std::vector<std::string> const& features) {
  std::vector<std::string> passages;
  for (auto const& text : features)
    if (condition_of(text)) passages.push_back(text);
  return passages;
}

double evaluate(Feature const& feature, std::span<double const> values, usize sample_times) {
  auto const own = values.subspan(feature.column * sample_times, sample_times);
  if (feature.kind == FeatureKind::at) return own[feature.time];
  if (std::any_of(own.begin(), own.end(), [](double value) { return std::isnan(value); }))
    return nan;
  switch (feature.kind) {
    case FeatureKind::minimum: return *std::min_element(own.begin(), own.end());
    case FeatureKind::maximum: return *std::max_element(own.begin(), own.end());
    default: return mean_of(own);
  }
}

}  // namespace cristae
