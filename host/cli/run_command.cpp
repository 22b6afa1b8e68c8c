// host/cli/run_command.cpp - options to a run, its progress, signals and results.
#include "host/cli/run_command.hpp"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/run_results.hpp"
#include "host/cli/shared_command.hpp"
#include "host/cli/signals.hpp"
#include "host/cli/sweep_command.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/io/shared_folder.hpp"
#include "host/run/interrupted_run.hpp"
#include "host/run/run.hpp"
#include "host/run/run_findings.hpp"
#include "host/text/network_text.hpp"

namespace cristae {
namespace {

void remark_shared_states(RunOptions const& options, u64 states, u64 trajectories) {
  if (states > 0 && states < trajectories)
    remark(options.talk, fmt::format("note: {} trajectories start from {} states; those that share "
                                     "one are not independent",
                                     trajectories, states));
}

void check_outputs(RunOptions const& options, Overwrite of_result) {
  std::vector<Diagnostic> findings;
  for (auto const& path : {options.output, options.plot, options.json}) {
    if (path.empty() || path == "-") continue;
    try {
      bool const is_result = path == options.result_file;
      check_output(path, is_result ? of_result : options.overwrite);
    } catch (Error const& error) {
      if (error.code() != ExitCode::input_output) throw;
      findings.insert(findings.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!findings.empty()) throw Error(ExitCode::input_output, std::move(findings));
}

}  // namespace

int carry_out(RunOptions const& options, Run& run) {
  for (auto const& note : run.remarks()) remark(options.talk, to_string(note));

  check_outputs(options, run.request().overwrite);
  // From here on there may be files that must not be left behind by a signal.
  RunControl control;
  SignalGuard const signals(control);
  for (auto const& warning : run.open(control)) remark(options.talk, to_string(warning));
  {
    std::optional<Progress> progress;
    if (options.talk == Talk::normal)
      progress.emplace(control, options.trajectories,
                       options.until.empty() ? Total::exact : Total::at_most);
    run.simulate(control);
  }
  for (auto const& note : run.outcome().engine_remarks) remark(options.talk, to_string(note));
  run.certify(control, command_text("verify", options.network, options));
  auto& outcome = run.outcome();
  outcome.report.interrupted = outcome.was_stopped && received_signal() != 0;
  remark_shared_states(options, run.start_states(), outcome.summary.trajectories);
  return write_results(options, run);
}

int run_command(RunOptions const& options) {
  auto const network = read_network_file(NetworkLibrary::standard().find(options.network));
  for (auto const& note : network.notes)
    if (note.severity == Severity::warning) remark(options.talk, to_string(note));
  if (options.units == Units::strict) require_units(network);
  return run_network(network, options);
}

int run_network(Network const& network, RunOptions const& options) {
  if (options.shards > 0) return share_run(network, options);
  Run run(network, options);
  return carry_out(options, run);
}

int resume_command(ResumeOptions const& given) {
  if (SharedFolder::is_there(given.result)) return resume_shared_run(given);
  auto left = read_interrupted_run(given.result);
  for (auto const& note : left.remarks) remark(given.talk, to_string(note));
  if (left.sweep) return resume_sweep(std::move(left), given);
  RunOptions options;
  static_cast<RunRequest&>(options) = request_to_resume(left, given);
  auto const request = options;
  // The result of the interrupted run is replaced without a word; pictures and others are not.
  options.overwrite = given.overwrite;
  options.output = given.result;
  options.plot = given.plot;
  options.json = given.json;
  options.talk = given.talk;
  remark(options.talk, fmt::format("{} of {} trajectories are finished, {} under way",
                                   options.trajectories - left.checkpoint.missing,
                                   options.trajectories, left.checkpoint.in_flight.size()));
  Run run(left.network, request);
  run.go_on_from(std::move(left.checkpoint), left.fingerprint);
  return carry_out(options, run);
}

}  // namespace cristae
