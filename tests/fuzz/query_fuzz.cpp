// tests/fuzz/query_fuzz.cpp - any bytes as a query, a feature or a demand on precision.
//
// What is read has one spelling that reads back as itself; what is refused is a usage error that
// points into the text.
#include <cmath>

#include "host/stats/precision.hpp"
#include "host/stats/query.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace cristae::fuzz {
namespace {

std::vector<double> const times{0, 0.1, 60, 120, 240};

std::vector<Column> const& columns() {
  static std::vector<Column> const all = [] {
    std::vector<Column> made;
    for (char const* name :
         {"CHOP", "P", "P2", "Q", "ER-mito α", "events", "a and b", "x[1]", "f(x)"})
      made.push_back({ColumnKind::observable, name, name, "", {}});
    return made;
  }();
  return all;
}

void read_feature(std::string const& text) {
  auto const feature = parse_feature(text, columns(), times);
  claim(feature.column < columns().size() && feature.time < times.size(), "index of a feature");
  auto const again = parse_feature(feature.text, columns(), times);
  claim(again.text == feature.text && again.kind == feature.kind && again.time == feature.time,
        "a feature reads back otherwise: " + feature.text);
  evaluate(feature, std::vector<double>(columns().size() * times.size(), 1.5), times.size());
}

void read_precision(std::string const& text) {
  EnsembleSummary summary;
  summary.columns.resize(columns().size());
  for (auto& column : summary.columns) column.points.resize(times.size());
  auto const targets = parse_precision(text, columns(), times);
  claim(!targets.empty(), "no demand");
  is_reached(targets, summary);
  for (auto const& target : targets) {
    claim(target.limit > 0 && target.column < columns().size(), "limit or column of a demand");
    auto const again = parse_precision(target.text, columns(), times);
    claim(again.size() == 1 && again[0].text == target.text && again[0].limit == target.limit &&
              again[0].times == target.times,
          "a demand reads back otherwise: " + target.text);
  }
}

void read_query(std::string const& text, bool kept_some) {
  std::optional<std::vector<std::string>> kept;
  if (kept_some) kept = {"CHOP[end]", "max(P)"};
  Query const query(text, columns(), times, kept);
  for (double const value : {0.0, 1.0, -2.5, 1e300, std::nan("")}) {
    std::vector<double> const values(query.features().size(), value);
    Match const match = query.match(7, 1000, values);
    if (std::isnan(value) && !values.empty())
      claim(match == Match::undefined, "a match of what is undefined");
  }
}

void read(std::string_view bytes) {
  if (bytes.empty()) return;
  std::string const text(bytes.substr(1));
  try {
    switch (bytes[0] & 3) {
      case 0: read_feature(text); break;
      case 1: read_precision(text); break;
      default: read_query(text, (bytes[0] & 1) != 0); break;
    }
  } catch (Error const& error) {
    claim(error.code() == ExitCode::usage, error.what());
    claim(!error.diagnostics().empty(), "an error without a finding");
    // The line is always 1: what the user typed is one word of a command line.
    if ((bytes[0] & 3) >= 2)
      for (auto const& finding : error.diagnostics())
        claim(finding.where.column <= text.size() + 1, "beyond the query: " + to_string(finding));
  }
}

}  // namespace
}  // namespace cristae::fuzz

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
  cristae::fuzz::read({reinterpret_cast<char const*>(data), size});
  return 0;
}
