// host/cli/selection.cpp - names to indices, with all slips at once.
#include "host/cli/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "host/base/error.hpp"

namespace cristae {

std::vector<usize> select(std::vector<std::string> const& selection,
                          std::vector<std::string> const& names) {
  std::vector<usize> chosen;
  if (selection.empty()) {
    chosen.resize(names.size());
    std::iota(chosen.begin(), chosen.end(), usize{0});
    return chosen;
  }
  std::vector<Diagnostic> unknown;
  for (auto const& name : selection) {
    auto const found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) {
      chosen.push_back(usize(found - names.begin()));
      continue;
    }
    auto const near = nearest_name(name, names);
    Diagnostic finding;
    finding.problem = fmt::format("'{}' is not in the result", name);
    finding.reason = "asked for with --select";
    finding.fix =
        near.empty() ? "It has " + name_list(names) : fmt::format("Did you mean '{}'?", near);
    unknown.push_back(std::move(finding));
  }
  if (!unknown.empty()) throw Error(ExitCode::usage, std::move(unknown));
  return chosen;
}

std::vector<usize> select_columns(std::vector<std::string> const& selection,
                                  EnsembleSummary const& summary) {
  std::vector<std::string> names;
  for (auto const& column : summary.columns) names.push_back(column.name);
  return select(selection, names);
}

}  // namespace cristae
