// host/run/asked.cpp - twins, then the rows of signals.
#include "host/run/asked.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/io/factor_table.hpp"
#include "host/io/signal_file.hpp"
#include "host/model/signal.hpp"
#include "host/model/twin.hpp"

namespace cristae {
namespace {

/// Rows that did not come from a file have no place but their number.
void check_rows(Parameter const& parameter, NamedSignal const& signal,
                std::vector<Diagnostic>& findings) {
  auto const add = [&](std::string where, SignalProblem problem) {
    findings.push_back({Severity::error,
                        {},
                        fmt::format("signal of '{}'{}: {}", parameter.id, where, problem.problem),
                        std::move(problem.reason),
                        std::move(problem.fix)});
  };
  if (signal.times.size() != signal.values.size())
    add("", {fmt::format("{} times and {} values", signal.times.size(), signal.values.size()),
             "every row has both", "Give as many of one as of the other"});
  usize const rows = std::min(signal.times.size(), signal.values.size());
  if (rows == 0) add("", no_rows());
  for (usize row = 0; row < rows; ++row) {
    auto const where = fmt::format(", row {}", row);
    if (auto problem = time_problem(signal.times[row], row > 0 ? &signal.times[row - 1] : nullptr))
      add(where, std::move(*problem));
    if (auto problem = value_problem(parameter, signal.values[row]))
      add(where, std::move(*problem));
  }
}

void read_rows(Network const& network, std::vector<NamedSignal>& signals) {
  std::vector<Diagnostic> usage, model;
  for (auto& signal : signals) {
    auto const found =
        std::find_if(network.parameters.begin(), network.parameters.end(),
                     [&](Parameter const& parameter) { return parameter.id == signal.parameter; });
    // resolve() says what the name is instead.
    if (found == network.parameters.end()) continue;
    bool const is_in_file = signal.times.empty() && signal.values.empty() && !signal.file.empty();
    if (!is_in_file) {
      check_rows(*found, signal, usage);
      continue;
    }
    auto rows = read_signal_file(signal.file, *found);
    model.insert(model.end(), rows.findings.begin(), rows.findings.end());
    signal.times = std::move(rows.times);
    signal.values = std::move(rows.values);
  }
  if (!model.empty()) throw Error(ExitCode::model, std::move(model));
  if (!usage.empty()) throw Error(ExitCode::usage, std::move(usage));
}

}  // namespace

ExperimentRequest with_cell_seed(ExperimentRequest request, u64 seed) {
  if (!request.cell_seed) request.cell_seed = seed;
  return request;
}

Asked ask(Network network, ExperimentRequest request) {
  Asked asked{std::move(network), std::move(request), {}};
  if (!asked.request.twin.empty()) {
    auto twinned = with_twins(asked.network, asked.request.twin);
    asked.network = std::move(twinned.network);
    asked.remarks = std::move(twinned.remarks);
  }
  read_factor_tables(asked.request.vary);
  read_rows(asked.network, asked.request.signals);
  return asked;
}

AskedExperiment::AskedExperiment(Network read, ExperimentRequest const& request)
    : asked(ask(std::move(read), request)), experiment(resolve(asked.network, asked.request)) {}

}  // namespace cristae
