// host/io/factor_table.cpp - the file's numbers in the place of its name.
#include "host/io/factor_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "host/base/error.hpp"
#include "host/io/number_table.hpp"

namespace cristae {

void read_factor_tables(std::vector<std::string>& vary) {
  std::map<std::string, NumberTable> tables;
  std::vector<Diagnostic> findings;
  for (auto& text : vary) {
    auto const begin = text.find("=table(");
    if (begin == std::string::npos || text.back() != ')') continue;
    auto const name = text.substr(0, begin);
    auto const open = begin + std::string("=table(").size();
    auto const path = text.substr(open, text.size() - open - 1);
    if (path.starts_with("values=")) continue;
    if (!tables.contains(path)) tables.emplace(path, read_number_table(path));
    auto const& table = tables.at(path);
    auto const found = std::find(table.names.begin(), table.names.end(), name);
    if (found == table.names.end()) {
      auto const near = nearest_name(name, table.names);
      findings.push_back({Severity::error,
                          {path, 1, 1},
                          fmt::format("there is no column '{}'", name),
                          "its factors are to come from there",
                          near.empty() ? fmt::format("Columns are {}", fmt::join(table.names, ", "))
                                       : fmt::format("Did you mean '{}'?", near)});
      continue;
    }
    auto const& values = table.columns[static_cast<usize>(found - table.names.begin())];
    text = fmt::format("{}=table(values={})", name, fmt::join(values, ":"));
  }
  if (!findings.empty()) throw Error(ExitCode::usage, std::move(findings));
}

}  // namespace cristae
