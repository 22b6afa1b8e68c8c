// host/cli/run_command.cpp - prepare, run until all is done, precise enough, or stopped.
#include "host/cli/run_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/base/error.hpp"
#include "host/cli/certify.hpp"
#include "host/cli/inspect_command.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/run_results.hpp"
#include "host/cli/signals.hpp"
#include "host/cli/start_states.hpp"
#include "host/engine/law_accuracy.hpp"
#include "host/io/machine_memory.hpp"
#include "host/io/network_library.hpp"
#include "host/io/network_reader.hpp"

#ifndef CRISTAE_VERSION
#define CRISTAE_VERSION "unknown"
#endif

namespace cristae {
namespace {

/// Runs `step` and keeps its findings of one exit code, so that a user sees all at once.
bool collect(std::vector<Diagnostic>& findings, ExitCode code, std::function<void()> const& step) {
  try {
    step();
    return true;
  } catch (Error const& error) {
    if (error.code() != code) throw;
    findings.insert(findings.end(), error.diagnostics().begin(), error.diagnostics().end());
    return false;
  }
}

/// The options resolved against the network.
struct Prepared {
  Experiment experiment;
  std::vector<Column> columns;
  KeptTrajectories kept;
  std::vector<PrecisionTarget> targets;
  StartStates start;
};

/// NAME[end] of every column; of columns of one name, the first, which is what the name means.
std::vector<Feature> default_features(std::vector<Column> const& columns,
                                      std::vector<double> const& times) {
  std::vector<Feature> features;
  for (usize i = 0; i < columns.size(); ++i) {
    auto feature = parse_feature(columns[i].name + "[end]", columns, times);
    if (feature.column == i) features.push_back(std::move(feature));
  }
  return features;
}

void prepare_kept(Prepared& prepared, RunOptions const& options,
                  std::vector<Diagnostic>& findings) {
  auto const& times = prepared.experiment.sample_times;
  prepared.kept.raw = options.raw;
  if (!options.keep) {
    prepared.kept.features = default_features(prepared.columns, times);
    return;
  }
  prepared.kept.end_states = !options.keep->empty();
  for (auto const& text : *options.keep)
    collect(findings, ExitCode::usage, [&] {
      auto feature = parse_feature(text, prepared.columns, times);
      auto const is_same = [&](Feature const& other) { return other.text == feature.text; };
      auto& features = prepared.kept.features;
      if (std::none_of(features.begin(), features.end(), is_same))
        features.push_back(std::move(feature));
    });
}

/// Names and times against the network: what is to be run and reported, or every error of it.
Prepared prepare(Network const& network, RunOptions const& options) {
  Prepared prepared;
  std::vector<Diagnostic> findings;
  bool const has_experiment = collect(
      findings, ExitCode::usage, [&] { prepared.experiment = resolve(network, options.request); });
  bool const has_columns = collect(findings, ExitCode::usage, [&] {
    prepared.columns = choose_columns(network, options.select);
  });
  if (has_experiment && has_columns) {
    if (options.has_result_file()) prepare_kept(prepared, options, findings);
    if (!options.until.empty())
      collect(findings, ExitCode::usage, [&] {
        prepared.targets =
            parse_precision(options.until, prepared.columns, prepared.experiment.sample_times);
      });
  }
  if (has_experiment && !options.start_from.empty())
    collect(findings, ExitCode::usage, [&] {
      prepared.start = start_from_result(prepared.experiment, options.start_from, options.seed);
    });
  if (!findings.empty()) throw Error(ExitCode::usage, std::move(findings));
  return prepared;
}

void remark_shared_states(RunOptions const& options, StartStates const& start, u64 trajectories) {
  if (start.states > 0 && start.states < trajectories)
    remark(options.talk, fmt::format("note: {} trajectories start from {} states; those that share "
                                     "one are not independent",
                                     trajectories, start.states));
}

void check_outputs(RunOptions const& options) {
  std::vector<Diagnostic> findings;
  for (auto const& path : {options.output, options.plot, options.json}) {
    if (path.empty() || path == "-") continue;
    collect(findings, ExitCode::input_output, [&] { check_output(path, options.overwrite); });
  }
  if (!findings.empty()) throw Error(ExitCode::input_output, std::move(findings));
}

RunPlan plan_of(RunOptions const& options, Experiment const& experiment,
                EnsembleRecorder const& recorder) {
  RunPlan plan;
  plan.experiment = &experiment;
  plan.first = options.first;
  plan.trajectories = options.trajectories;
  plan.seed = options.seed;
  plan.threads = options.threads;
  plan.isa = options.isa;
  plan.code = options.code;
  plan.max_events = options.max_events.value_or(plan.max_events);
  plan.counted_reactions = recorder.counted_reactions();
  return plan;
}

RunReport report_of(RunOptions const& options, Prepared const& prepared, RunPlan const& plan) {
  Network const& network = *prepared.experiment.network;
  RunReport report;
  report.version = CRISTAE_VERSION;
  report.network = network.name;
  report.title = network.title;
  report.time_unit = network.time_unit;
  report.condition = prepared.experiment.condition;
  report.set = options.request.set;
  report.seed = options.seed;
  report.first = options.first;
  report.requested = options.trajectories;
  report.t_end = prepared.experiment.t_end;
  report.burn_in = prepared.experiment.burn_in;
  report.max_events = plan.max_events;
  report.start_from = prepared.start.result;
  report.start_seeds = prepared.start.seeds;
  report.start_contract_hash = prepared.start.contract_hash;
  for (auto const& target : prepared.targets)
    report.until += (report.until.empty() ? "" : " and ") + target.text;
  return report;
}

/// Runs the plan in one go; with targets, in steps that end when all of them are reached. `sink`
/// hands everything on to the recorder. Fills in the report's figures of the engine.
EnsembleSummary run_steps(RunPlan const& plan, std::string const& engine_name,
                          std::vector<PrecisionTarget> const& targets, SampleSink& sink,
                          EnsembleRecorder& recorder, RunControl& control, RunReport& report) {
  u64 done = 0;
  for (;;) {
    u64 const next =
        targets.empty() ? plan.trajectories : std::min(next_check(done), plan.trajectories);
    RunPlan step = plan;
    step.first = plan.first + done;
    step.trajectories = next - done;
    auto const engine = make_engine(engine_name, step);
    report.engine = engine->name();
    report.isa = engine->isa();
    report.code = engine->code();
    report.threads = engine->threads();
    auto const start = std::chrono::steady_clock::now();
    engine->run(sink, control);
    std::chrono::duration<double> const wall = std::chrono::steady_clock::now() - start;
    report.wall_seconds += wall.count();
    done = next;
    bool const is_over = control.stop || done == plan.trajectories;
    if (is_over || is_reached(targets, recorder.summary(EnsembleRecorder::LastBlock::kept))) break;
  }
  auto summary = recorder.summary();
  report.simulated_events = std::max(control.events.load(), summary.events);
  return summary;
}

/// Fills in what became of checking the run from outside.
void certify_outcome(RunOutcome& outcome, RunPlan const& plan, CertifiedSink const& sink,
                     RunControl& control) {
  auto const& summary = outcome.summary;
  if (summary.trajectories == 0) return;
  CertificateScope scope{.trajectories = summary.trajectories,
                         .threads = outcome.report.threads,
                         .verify = command_text("verify", outcome.options)};
  // Who stops a run does not want to wait.
  if (outcome.was_stopped)
    scope.events = affordable_events(0, 0, 1);
  else if (!outcome.options.certify)
    scope.events = affordable_events(summary.events, summary.trajectories, scope.threads);
  control.stop = false;
  MartingaleLaws const laws(outcome.experiment);
  auto certified = certify(plan, laws, scope, sink.delivered(), control);
  // A signal before the first trajectory was followed leaves nothing to tell.
  if (certified.certificate.trajectories == 0) return;
  outcome.report.certificate = std::move(certified.certificate);
  outcome.certificate_findings = std::move(certified.findings);
}

}  // namespace

int run_command(RunOptions const& options) {
  auto const network = read_network_file(NetworkLibrary::standard().find(options.network));
  for (auto const& note : network.notes)
    if (note.severity == Severity::warning) remark(options.talk, to_string(note));
  if (options.units == Units::strict) require_units(network);
  auto const prepared = prepare(network, options);
  auto const& experiment = prepared.experiment;
  for (auto const& note : prepared.start.remarks) remark(options.talk, to_string(note));

  check_outputs(options);
  // From here on there may be files that must not be left behind by a signal.
  RunControl control;
  SignalGuard const signals(control);
  std::unique_ptr<ResultWriter> result;
  RecorderOptions keep;
  keep.histogram_times = options.histogram_times;
  keep.covariance = options.covariance;
  keep.threads = options.threads;
  if (options.has_result_file()) {
    result = std::make_unique<ResultWriter>(options.output, options.overwrite, experiment,
                                            prepared.columns, options.first, prepared.kept);
    result->stop_on_error(&control.stop);
    keep.blocks = result.get();
  }
  EnsembleRecorder recorder(experiment, prepared.columns, options.first, options.trajectories,
                            available_memory_bytes(), keep);
  auto const plan = plan_of(options, experiment, recorder);
  // The reference engine follows no contract: there is nothing that a replay must agree with.
  bool const follows_contract = make_engine(options.engine, plan)->name() != "reference";
  if (follows_contract)
    for (auto const& warning : law_accuracy_warnings(plan))
      remark(options.talk, to_string(warning));

  RunOutcome outcome{
      options,      experiment, report_of(options, prepared, plan), {}, prepared.targets, false,
      result.get(), {}};
  std::optional<CertifiedSink> certified;
  double const share = options.certify.value_or(affordable_share);
  if (follows_contract && share > 0) certified.emplace(recorder, plan, certified_step(share));
  {
    std::optional<Progress> progress;
    if (options.talk == Talk::normal)
      progress.emplace(control, options.trajectories,
                       options.until.empty() ? Total::exact : Total::at_most);
    SampleSink& sink = certified ? static_cast<SampleSink&>(*certified) : recorder;
    outcome.summary =
        run_steps(plan, options.engine, prepared.targets, sink, recorder, control, outcome.report);
  }
  outcome.was_stopped = control.stop;
  if (certified) certify_outcome(outcome, plan, *certified, control);
  outcome.report.interrupted = received_signal() != 0;
  remark_shared_states(options, prepared.start, outcome.summary.trajectories);
  return write_results(std::move(outcome));
}

}  // namespace cristae
