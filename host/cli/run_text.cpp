// host/cli/run_text.cpp - a run report in words.
#include "host/cli/run_text.hpp"

#include <fmt/format.h>

#include <utility>

#include "host/run/run.hpp"

namespace cristae {

std::string run_text(RunReport const& report, u64 trajectories) {
  auto text = report.network;
  if (!report.condition.empty()) text += ", condition " + report.condition;
  for (auto const& [name, value] : report.set) text += fmt::format(", {} = {}", name, value);
  for (auto const& [name, factor] : report.varied)
    text += fmt::format(", {} {}", name,
                        factor.size() > 60 ? factor.substr(0, factor.find('(')) : factor);
  if (report.sisters > 1)
    text += fmt::format(", {} sisters from t = {:.6g} on", report.sisters, report.fork_at);
  if (report.replicates > report.sisters)
    text += fmt::format(", {} of each cell", report.replicates);
  if (report.cell_seed != report.seed) text += fmt::format(", cells of seed {}", report.cell_seed);
  for (auto const& signal : report.signals)
    text += fmt::format(", {} from {}", signal.parameter,
                        signal.file.empty() ? "a signal" : signal.file);
  if (!report.twin.empty()) text += fmt::format(", twin of {}", fmt::join(report.twin, " and "));
  if (!report.start_from.empty()) text += ", from the end of " + report.start_from;
  if (report.burn_in > 0)
    text += fmt::format(", burn-in {:.6g}{}{}", report.burn_in, report.time_unit.empty() ? "" : " ",
                        report.time_unit);
  if (!report.stop_when.empty()) text += ", until " + report.stop_when;
  if (report.engine == ode_engine) return text + ", rate equations";
  text += fmt::format(", n = {}", trajectories);
  if (report.first > 0) text += fmt::format(" from {}", report.first);
  return text + fmt::format(", seed {}", report.seed);
}

PlotText plot_text(RunReport const& report, u64 trajectories, std::vector<double> changes) {
  PlotText text;
  text.title = report.title.empty() ? report.network : report.title;
  text.subtitle = run_text(report, trajectories);
  text.time_unit = report.time_unit;
  // More lines than these would hide the curves.
  constexpr usize most_lines = 64;
  if (changes.size() <= most_lines) text.changes = std::move(changes);
  if (!text.changes.empty()) text.subtitle += "; dotted lines: scheduled changes";
  return text;
}

}  // namespace cristae
