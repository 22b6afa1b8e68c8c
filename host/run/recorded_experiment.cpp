// host/run/recorded_experiment.cpp - resolves a run's request a second time.
#include "host/run/recorded_experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "host/base/error.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/network_reader.hpp"
#include "host/run/asked.hpp"
#include "host/run/start_states.hpp"

namespace cristae {
namespace {

/// As resolve() made it: names with their distributions, correlations by name.
void vary_again(ExperimentRequest& request, RunReport const& report) {
  auto const& varied = report.varied;
  for (auto const& [name, factor] : varied) request.vary.push_back(name + "=" + factor);
  for (usize i = 0; i < varied.size() && !report.correlation.empty(); ++i)
    for (usize j = 0; j < i; ++j)
      request.correlate.push_back(fmt::format("{},{}={}", varied[i].first, varied[j].first,
                                              report.correlation[i * varied.size() + j]));
  request.replicates = report.replicates;
  request.cell_seed = report.cell_seed;
}

}  // namespace

ExperimentRequest request_of(RunRecord const& record) {
  auto const& report = record.report;
  ExperimentRequest request;
  request.condition = report.condition;
  request.set = report.set;
  request.signals = report.signals;
  request.twin = report.twin;
  request.sisters = report.sisters;
  if (report.sisters > 1) request.fork_at = report.fork_at;
  request.t_end = report.t_end;
  request.burn_in = report.burn_in;
  vary_again(request, report);
  request.stop_when = report.stop_when;
  return request;
}

namespace {

/// A result holds the sample times but not how they were asked for, and the times of scheduled
/// changes are matched to the grid as it is made: each way is tried.
Experiment resolve_again(Network const& network, RunRecord const& record, std::string const& path,
                         ExperimentRequest& resolved) {
  auto const& report = record.report;
  auto const& times = record.times;
  auto const& request = resolved = request_of(record);
  auto every = request, evenly = request;
  if (times.size() > 1) {
    every.sample_every = times[1];
    evenly.samples = static_cast<i64>(times.size() - 1);
  }
  for (auto const& candidate : {every, evenly}) {
    auto experiment = resolve(network, candidate);
    resolved = candidate;
    if (experiment.sample_times == times) return experiment;
  }
  throw Error(ExitCode::verification,
              fmt::format("the sample times of '{}' come out differently", path),
              "its trajectories could not be the same ones",
              fmt::format("Use the version that wrote it, {}", report.version));
}

std::string beside(std::string const& path, std::string const& name) {
  auto const folder = path.find_last_of('/'), base = name.find_last_of('/');
  return (folder == std::string::npos ? "" : path.substr(0, folder + 1)) +
         (base == std::string::npos ? name : name.substr(base + 1));
}

}  // namespace

std::string find_start(std::string const& start, std::string const& path) {
  std::string reason;
  for (auto const& candidate : {start, beside(path, start)}) {
    try {
      ResultFile const file(candidate);
      return candidate;
    } catch (Error const& error) {
      if (reason.empty()) reason = error.diagnostics().front().problem;
    }
  }
  throw Error(
      ExitCode::input_output,
      fmt::format("the trajectories of '{}' start from the end states in '{}'", path, start),
      reason, "Put that file back, where it was or next to the result");
}

namespace {

void start_again(Experiment& experiment, RunReport const& report, std::string const& path) {
  if (report.start_from.empty()) return;
  auto const start = find_start(report.start_from, path);
  u64 const hash = ResultFile(start).summary().contract_hash;
  if (hash != report.start_contract_hash)
    throw Error(ExitCode::verification,
                fmt::format("'{}' is not the result that '{}' started from", start, path),
                fmt::format("its contract hash is {}, that of the other was {}", hash_text(hash),
                            hash_text(report.start_contract_hash)),
                "Put the other one back");
  start_from_result(experiment, start, report.seed);
}

/// Without the files of its signals, whose rows the result has, and with the twins that it had.
Network network_again(RunRecord const& record, std::string const& path) {
  ExperimentRequest request;
  request.twin = record.report.twin;
  return ask(read_network_text(record.network_text, path, SignalFiles::left_out), request).network;
}

std::vector<Column> columns_again(Network const& network, RunRecord const& record) {
  auto const all = choose_columns(network, {});
  std::vector<Column> columns;
  for (auto const& reported : record.columns) {
    auto const& kind = reported.first;  // clang 14 does not capture bindings
    auto const& name = reported.second;
    auto const found = std::find_if(all.begin(), all.end(), [&](Column const& column) {
      return column.kind == kind && column.name == name;
    });
    if (found == all.end())
      throw Error(ExitCode::input_output,
                  fmt::format("the {} '{}' is not in the network", name_of(kind), name),
                  "the result reports it");
    columns.push_back(*found);
  }
  return columns;
}

}  // namespace

RunRecord record_of(ResultFile const& file) {
  RunRecord record{file.report(), file.network_text(), file.summary().times, {}};
  for (auto const& column : file.summary().columns)
    record.columns.emplace_back(column.kind, column.name);
  return record;
}

RecordedExperiment::RecordedExperiment(RunRecord const& record, std::string const& path)
    : network_(network_again(record, path)),
      experiment_(resolve_again(network_, record, path, request_)),
      columns_(columns_again(network_, record)) {
  start_again(experiment_, record.report, path);
}

}  // namespace cristae
