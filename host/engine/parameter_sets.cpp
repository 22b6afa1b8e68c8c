// host/engine/parameter_sets.cpp - ranges read, combined or sampled.
#include "host/engine/parameter_sets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/random/sobol.hpp>
#include <cmath>
#include <optional>
#include <string_view>

#include "host/base/error.hpp"
#include "host/base/words.hpp"
#include "host/core/philox.hpp"

namespace cristae {
namespace {

constexpr u64 most_sets = 1'000'000;

std::optional<double> finite_number_in(std::string_view text) {
  auto const value = number_in(trimmed(text));
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// Numbers with `separator` between them; nothing where one is none.
std::optional<std::vector<double>> numbers_of(std::string_view text, char separator) {
  std::vector<double> numbers;
  for (bool more = true; more;) {
    auto const end = text.find(separator);
    auto const number = finite_number_in(text.substr(0, end));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    more = end != std::string_view::npos;
    if (more) text = text.substr(end + 1);
  }
  return numbers;
}

/// `word(arguments)`.
struct Call {
  std::string_view word, arguments;
};

std::optional<Call> call_of(std::string_view text) {
  text = trimmed(text);
  auto const open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')') return std::nullopt;
  return Call{trimmed(text.substr(0, open)), text.substr(open + 1, text.size() - open - 2)};
}

constexpr char const* grid_forms =
    "It is written NAME=a:b:step, NAME=log(a, b, n), NAME=linear(a, b, n) or NAME=list(a, b, ...)";
constexpr char const* design_forms =
    "With a design it is written NAME=log(a, b) or NAME=linear(a, b)";

/// One parameter: its values on a grid, or the value at a share of its range.
struct Range {
  std::string name;
  std::vector<double> values;
  double low = 0, high = 0;
  bool is_log = false;

  double at(double share) const {
    if (share == 1) return high;
    return is_log ? low * std::pow(high / low, share) : low + share * (high - low);
  }
};

class RangeReader {
 public:
  explicit RangeReader(bool is_design) : is_design_(is_design) {}

  void read(std::string const& text) {
    auto const equals = text.find('=');
    Range range;
    range.name = trimmed(std::string_view(text).substr(0, equals));
    if (equals == std::string::npos || range.name.empty())
      return report(text, "does not say what to sweep over", "");
    auto const rest = std::string_view(text).substr(equals + 1);
    auto const call = call_of(rest);
    if (!call)
      steps(text, rest, range);
    else if (call->word == "list" && !is_design_)
      list(text, *call, range);
    else if (call->word == "log" || call->word == "linear")
      between(text, *call, range);
    else
      report(text, "is no range", "");
    ranges.push_back(std::move(range));
  }

  std::vector<Range> ranges;
  std::vector<Diagnostic> findings;

 private:
  bool is_design_;

  void report(std::string const& text, std::string const& problem, std::string reason) {
    findings.push_back({Severity::error,
                        {},
                        fmt::format("'{}' {}", text, problem),
                        std::move(reason),
                        is_design_ ? design_forms : grid_forms});
  }

  void steps(std::string const& text, std::string_view rest, Range& range) {
    auto const numbers = numbers_of(rest, ':');
    if (!numbers || numbers->size() != 3 || is_design_) return report(text, "is no range", "");
    double const a = (*numbers)[0], b = (*numbers)[1], step = (*numbers)[2];
    double const count = std::floor((b - a) / step * (1 + 1e-12) + 1e-9) + 1;
    if (!(step != 0) || !(count >= 1))
      return report(text, "has no values", "the step leads away from the end");
    if (count > double(most_sets))
      return report(text, fmt::format("has {:.0f} values", count),
                    fmt::format("the limit is {}", most_sets));
    for (double k = 0; k < count; ++k) {
      double const value = a + k * step;
      // The last one is the end but for rounding, or before it.
      bool const is_end = std::fabs(value - b) <= 1e-9 * std::fabs(step) || (value - b) * step > 0;
      range.values.push_back(is_end ? b : value);
    }
  }

  void list(std::string const& text, Call const& call, Range& range) {
    auto numbers = numbers_of(call.arguments, ',');
    if (!numbers) return report(text, "is no range", "");
    range.values = std::move(*numbers);
  }

  void between(std::string const& text, Call const& call, Range& range) {
    auto const numbers = numbers_of(call.arguments, ',');
    usize const needed = is_design_ ? 2 : 3;
    if (!numbers || numbers->size() != needed) return report(text, "is no range", "");
    range.low = (*numbers)[0];
    range.high = (*numbers)[1];
    range.is_log = call.word == "log";
    if (range.is_log && !(range.low > 0 && range.high > 0))
      return report(text, "has no logarithm", "both ends must be above 0");
    if (is_design_) return;
    double const n = (*numbers)[2];
    if (n != std::floor(n) || n < 1 || n > double(most_sets))
      return report(text, fmt::format("asks for {} values", n), "");
    for (double k = 0; k < n; ++k) range.values.push_back(range.at(n == 1 ? 0 : k / (n - 1)));
  }
};

std::vector<std::vector<double>> all_combinations(std::vector<Range> const& ranges) {
  std::vector<std::vector<double>> sets{{}};
  for (auto const& range : ranges) {
    std::vector<std::vector<double>> longer;
    for (auto const& set : sets)
      for (double const value : range.values) {
        longer.push_back(set);
        longer.back().push_back(value);
      }
    sets = std::move(longer);
  }
  return sets;
}

/// Points of the open unit cube: one in each n-th of every side, in shuffled order.
std::vector<std::vector<double>> latin_hypercube(u64 n, usize sides, u64 seed) {
  std::vector<std::vector<double>> points(n, std::vector<double>(sides));
  core::PhiloxKeys const keys(seed);
  for (usize side = 0; side < sides; ++side) {
    auto const random = [&](u64 i) {
      auto const stream = static_cast<u32>(core::Stream::design) << 16;
      auto const block = core::philox<core::ScalarLane>(
          {{static_cast<u32>(i), stream, static_cast<u32>(side), static_cast<u32>(i >> 32)}}, keys);
      return std::pair((u64{block.word[0]} << 32 | block.word[1]),
                       (double(block.word[2]) + 0.5) * 0x1p-32);
    };
    std::vector<u64> order(n);
    for (u64 i = 0; i < n; ++i) order[i] = i;
    for (u64 i = n - 1; i > 0; --i) std::swap(order[i], order[random(i).first % (i + 1)]);
    for (u64 i = 0; i < n; ++i) points[i][side] = (double(order[i]) + random(i).second) / double(n);
  }
  return points;
}

std::vector<std::vector<double>> sobol_points(u64 n, usize sides) {
  boost::random::sobol engine(sides);
  std::vector<std::vector<double>> points(n, std::vector<double>(sides));
  double const scale = std::ldexp(1.0, -64);
  for (auto& point : points)
    for (auto& share : point) share = (double(engine()) + 0.5) * scale;
  return points;
}

}  // namespace

SetTable parameter_sets(std::vector<std::string> const& over, std::string const& design, u64 seed) {
  RangeReader reader(!design.empty());
  for (auto const& text : over) reader.read(text);
  auto& findings = reader.findings;
  double count = 1;
  auto const call = call_of(design);
  if (!design.empty()) {
    auto const n = call ? finite_number_in(call->arguments) : std::nullopt;
    bool const is_known = call && (call->word == "lhs" || call->word == "sobol");
    if (!is_known || !n || *n != std::floor(*n) || *n < 1)
      findings.push_back({Severity::error,
                          {},
                          fmt::format("'{}' is no design", design),
                          "",
                          "It is written lhs(n) or sobol(n)"});
    else
      count = *n;
    constexpr usize most_sides = 3667;  // of Boost's table of directions
    if (over.size() > most_sides)
      findings.push_back({Severity::error,
                          {},
                          fmt::format("{} parameters are swept over", over.size()),
                          fmt::format("designs have {} at most", most_sides),
                          ""});
  } else {
    for (auto const& range : reader.ranges) count *= double(range.values.size());
  }
  if (findings.empty() && count > double(most_sets))
    findings.push_back({Severity::error,
                        {},
                        fmt::format("{:.0f} parameter sets are asked for", count),
                        fmt::format("the limit is {}", most_sets),
                        "Use coarser ranges, or a design"});
  if (!findings.empty()) throw Error(ExitCode::usage, std::move(findings));

  SetTable table;
  for (auto const& range : reader.ranges) table.parameters.push_back(range.name);
  if (design.empty()) {
    table.sets = all_combinations(reader.ranges);
    return table;
  }
  auto const n = static_cast<u64>(count);
  table.sets =
      call->word == "lhs" ? latin_hypercube(n, over.size(), seed) : sobol_points(n, over.size());
  for (auto& set : table.sets)
    for (usize i = 0; i < set.size(); ++i) set[i] = reader.ranges[i].at(set[i]);
  return table;
}

}  // namespace cristae
