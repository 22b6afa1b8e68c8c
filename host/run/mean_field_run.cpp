// host/run/mean_field_run.cpp - columns at the solution, as the statistics of one realization.
#include "host/run/mean_field_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "host/model/evaluate.hpp"
#include "host/ode/mean_field.hpp"
#include "host/ode/ode_events.hpp"
#include "host/run/stopwatch.hpp"

namespace cristae {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// [column][sample time]
std::vector<double> column_values(Experiment const& experiment, std::vector<Column> const& columns,
                                  std::vector<ReactionId> const& counted, MeanField const& solved) {
  Network const& network = *experiment.network;
  auto const& times = experiment.sample_times;
  std::vector<double> values(columns.size() * times.size());
  std::vector<double> x(network.species.size()), rules(network.rules.size()),
      firings(network.reactions.size());
  usize segment = 0;
  for (usize k = 0; k < times.size(); ++k) {
    while (segment + 1 < experiment.segments.size() &&
           experiment.segments[segment + 1].start <= times[k])
      ++segment;
    for (usize i = 0; i < x.size(); ++i) x[i] = solved.samples[i * times.size() + k];
    for (usize c = 0; c < counted.size(); ++c)
      firings[static_cast<u32>(counted[c])] = solved.samples[(x.size() + c) * times.size() + k];
    ExpressionValues at{x, experiment.segments[segment].parameters, {}, firings};
    evaluate_rules(network, at, rules);
    at.rules = rules;
    for (usize c = 0; c < columns.size(); ++c) {
      double const value = evaluate(columns[c].expression, at);
      values[c * times.size() + k] = std::isfinite(value) ? value + 0.0 : undefined;  // no -0
    }
  }
  return values;
}

PointStatistics point_of(double value) {
  PointStatistics point;
  point.n = 1;
  point.undefined = std::isnan(value) ? 1 : 0;
  point.mean = point.min = point.max = value;
  point.var = point.se = point.fano = point.cv2 = undefined;
  point.quantiles.fill(value);
  return point;
}

}  // namespace

DeviceInfo ode_device() {
  DeviceInfo device{.engine = ode_engine,
                    .name = "rate equations",
                    .detail = "",
                    .usable = has_ode_solver(),
                    .reason = ""};
  (device.usable ? device.detail : device.reason) =
      ode_solver_text() + (device.usable ? ", no trajectories" : "");
  return device;
}

std::vector<Diagnostic> refused_by_ode(Network const& network, RunRequest const& request) {
  std::vector<Diagnostic> findings;
  auto const refuse = [&](std::string what, std::string fix) {
    findings.push_back({Severity::error,
                        {},
                        fmt::format("{} of the engine 'ode'", what),
                        "it solves the rate equations, which have one solution and no trajectories",
                        std::move(fix)});
  };
  auto const leave_out = [&](bool is_given, char const* option) {
    if (is_given) refuse(fmt::format("{} is asked", option), "Leave it out");
  };
  if (request.trajectories != 1)
    refuse(fmt::format("{} trajectories are asked", request.trajectories), "Leave the number out");
  leave_out(request.first != 0, "a first trajectory");
  leave_out(!request.until.empty(), "a precision of means");
  leave_out(request.max_events.has_value(), "an event budget");
  leave_out(request.certify.value_or(0) > 0, "a certificate");
  leave_out(request.covariance, "a covariance");
  leave_out(!request.correlation.empty(), "a correlation over lags");
  leave_out(request.raw, "every sample of single trajectories");
  leave_out(!request.isa.empty(), "an instruction set");
  leave_out(request.code == Code::generated, "generated code");
  leave_out(!request.experiment.vary.empty(), "variation between cells");
  leave_out(request.experiment.sisters > 1 || request.experiment.fork_at >= 0,
            "a family of sisters");
  leave_out(!request.experiment.stop_when.empty(), "a condition to stop");
  leave_out(!request.first_passages.empty(), "a first passage");
  for (auto& found : triggers_without_crossings(network)) findings.push_back(std::move(found));
  return findings;
}

EnsembleSummary run_rate_equations(Experiment const& experiment, std::vector<Column> const& columns,
                                   BlockSink* rows, RunControl& control, RunReport& report) {
  Stopwatch const stopwatch;
  auto const counted = counted_reactions(*experiment.network, columns);
  auto const solved = solve_rate_equations(experiment, counted, control);
  report.engine = ode_engine;
  report.isa = solved.solver;
  report.code = fmt::format("{} steps, {} evaluations", solved.steps, solved.evaluations);
  report.threads = 1;
  stopwatch.add_to(report);
  EnsembleSummary summary;
  summary.times = experiment.sample_times;
  auto const values = column_values(experiment, columns, counted, solved);
  for (usize c = 0; c < columns.size(); ++c) {
    ColumnStatistics column;
    column.kind = columns[c].kind;
    column.name = columns[c].name;
    column.label = columns[c].label;
    column.unit = columns[c].unit;
    column.resolution = 0;  // not rounded
    for (usize k = 0; k < summary.times.size(); ++k)
      column.points.push_back(point_of(values[c * summary.times.size() + k]));
    summary.columns.push_back(std::move(column));
  }
  if (solved.was_stopped) return summary;
  summary.trajectories = 1;
  summary.statuses[static_cast<usize>(TrajectoryStatus::completed)] = 1;
  TrajectoryEnd end;
  end.time = experiment.t_end;
  end.samples = static_cast<u32>(summary.times.size());
  std::vector<i64> const no_states(experiment.network->species.size(), -1);
  if (rows != nullptr) rows->block({0, {&end, 1}, values, no_states});
  ++control.trajectories;
  return summary;
}

}  // namespace cristae
