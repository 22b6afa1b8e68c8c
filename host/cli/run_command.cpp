// host/cli/run_command.cpp - prepare, run, stop on signals, report.
#include "host/cli/run_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/base/error.hpp"
#include "host/cli/inspect_command.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"
#include "host/engine/law_accuracy.hpp"
#include "host/io/csv_writer.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/machine_memory.hpp"
#include "host/io/network_library.hpp"
#include "host/io/network_reader.hpp"
#include "host/io/plot_writer.hpp"

#ifndef CRISTAE_VERSION
#define CRISTAE_VERSION "unknown"
#endif

namespace cristae {
namespace {

std::atomic<int> received_signal{0};
std::atomic<std::atomic<bool>*> stop_flag{nullptr};
static_assert(std::atomic<int>::is_always_lock_free &&
                  std::atomic<std::atomic<bool>*>::is_always_lock_free &&
                  std::atomic<bool>::is_always_lock_free,
              "used in a signal handler");

extern "C" void stop_on_signal(int signal) {
  if (received_signal.exchange(signal) != 0) _exit(128 + signal);  // the second one
  if (auto* const flag = stop_flag.load()) flag->store(true);
}

/// SIGINT and SIGTERM stop the run while this lives; the second one ends the program.
class SignalGuard {
 public:
  explicit SignalGuard(RunControl& control) {
    stop_flag = &control.stop;
    struct sigaction action {};
    action.sa_handler = stop_on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &old_interrupt_);
    sigaction(SIGTERM, &action, &old_terminate_);
  }
  ~SignalGuard() {
    sigaction(SIGINT, &old_interrupt_, nullptr);
    sigaction(SIGTERM, &old_terminate_, nullptr);
    stop_flag = nullptr;
  }
  SignalGuard(SignalGuard const&) = delete;
  SignalGuard& operator=(SignalGuard const&) = delete;

 private:
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
};

/// Runs `step` and keeps its findings of one exit code, so that a user sees all at once.
void collect(std::vector<Diagnostic>& findings, ExitCode code, std::function<void()> const& step) {
  try {
    step();
  } catch (Error const& error) {
    if (error.code() != code) throw;
    findings.insert(findings.end(), error.diagnostics().begin(), error.diagnostics().end());
  }
}

/// Names and times against the network: the experiment and the columns, or every error of both.
std::pair<Experiment, std::vector<Column>> prepare(Network const& network,
                                                   RunOptions const& options) {
  std::pair<Experiment, std::vector<Column>> prepared;
  std::vector<Diagnostic> findings;
  collect(findings, ExitCode::usage, [&] { prepared.first = resolve(network, options.request); });
  collect(findings, ExitCode::usage,
          [&] { prepared.second = choose_columns(network, options.select); });
  if (!findings.empty()) throw Error(ExitCode::usage, std::move(findings));
  return prepared;
}

void check_outputs(RunOptions const& options) {
  std::vector<Diagnostic> findings;
  for (auto const& path : {options.output, options.plot, options.json}) {
    if (path.empty() || path == "-") continue;
    collect(findings, ExitCode::input_output, [&] { check_output(path, options.overwrite); });
  }
  if (!findings.empty()) throw Error(ExitCode::input_output, std::move(findings));
}

std::string run_text(RunOptions const& options, Network const& network, u64 reported) {
  auto text = network.name;
  if (!options.request.condition.empty()) text += ", condition " + options.request.condition;
  for (auto const& [name, value] : options.request.set)
    text += fmt::format(", {} = {}", name, value);
  text += fmt::format(", n = {}", reported);
  if (options.first > 0) text += fmt::format(" from {}", options.first);
  return text + fmt::format(", seed {}", options.seed);
}

std::string state_text(Network const& network, std::vector<i64> const& state) {
  constexpr usize most = 24;
  std::string text;
  usize shown = 0, left_out = 0, zeros = 0;
  for (usize i = 0; i < std::min(state.size(), network.species.size()); ++i) {
    if (state[i] == 0)
      ++zeros;
    else if (shown++ < most)
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", network.species[i].id, state[i]);
    else
      ++left_out;
  }
  if (left_out > 0) text += fmt::format(" and {} more", left_out);
  return text.empty() ? "all 0" : text + (zeros == 0 ? "" : ", the rest 0");
}

/// One finding per status in which trajectories ended early, with the first of them.
std::vector<Diagnostic> failure_findings(EnsembleSummary const& summary, Network const& network,
                                         u64 seed) {
  std::vector<Diagnostic> findings;
  for (auto const& first : summary.first_failures) {
    auto where = fmt::format("the first: trajectory {}", first.id);
    std::string reaction;
    if (first.reaction >= 0 && static_cast<usize>(first.reaction) < network.reactions.size())
      reaction = network.reactions[static_cast<usize>(first.reaction)].id;
    if (!reaction.empty()) where += fmt::format(", reaction '{}'", reaction);
    where += fmt::format(", t={:.6g}{}{}", first.time, network.time_unit.empty() ? "" : " ",
                         network.time_unit);
    if (!first.state.empty()) where += ", state " + state_text(network, first.state);
    bool const is_budget = first.status == TrajectoryStatus::budget;
    std::string fix = is_budget ? "Raise --max-events, or replay it: " : "Replay it: ";
    fix += fmt::format("--first {} --trajectories 1 --seed {}", first.id, seed);
    Diagnostic finding;
    finding.problem =
        fmt::format("{} of {} trajectories ended with status {}", summary.count(first.status),
                    summary.trajectories, name_of(first.status));
    finding.reason = std::move(where);
    finding.fix = std::move(fix);
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::string engine_text(RunReport const& report, EnsembleSummary const& summary) {
  auto text = fmt::format("{} events in {} on {} ({}{} {}): {} events/s",
                          short_count(static_cast<double>(report.simulated_events)),
                          short_duration(report.wall_seconds), report.engine,
                          report.isa.empty() ? "" : report.isa + ", ", report.threads,
                          report.threads == 1 ? "thread" : "threads",
                          short_count(report.events_per_second()));
  if (report.simulated_events > 0)
    text += fmt::format(", {:.3g} ns per event and core", report.nanoseconds_per_event_per_core());
  text += "\n";
  if (auto const absorbed = summary.count(TrajectoryStatus::absorbed); absorbed > 0)
    text += fmt::format("{} of {} trajectories absorbed: no reaction could fire any more\n",
                        absorbed, summary.trajectories);
  if (summary.contract_hash != 0)
    text += fmt::format("contract hash {}\n", hash_text(summary.contract_hash));
  return text;
}

void remark(RunOptions const& options, std::string const& text) {
  if (options.talk == Talk::normal) fmt::print(stderr, "{}\n", text);
}

/// Everything that a finished or stopped run leaves: text, files, exit code.
class Results {
 public:
  Results(RunOptions const& options, Network const& network, Experiment const& experiment,
          RunReport& report, EnsembleSummary const& summary)
      : options_(options), network_(network), experiment_(experiment), report_(report),
        summary_(summary) {}

  /// The JSON comes last, because it holds the exit code.
  int write() {
    report_signal();
    findings_ = failure_findings(summary_, network_, options_.seed);
    if (!findings_.empty()) status_ = static_cast<int>(ExitCode::numerical);
    auto const rows =
        table_times(summary_.times.size(), table_rows_per_column(summary_.columns.size()));
    attempt([&] { print_table(rows); });
    if (summary_.trajectories > 0) {
      attempt([&] { write_output(); });
      attempt([&] { write_picture(); });
    }
    report_.exit_status = exit_code();
    attempt([&] { write_json(rows); });
    for (auto const& finding : findings_) fmt::print(stderr, "{}\n", to_string(finding));
    return exit_code();
  }

 private:
  /// One output that cannot be written must not take the others with it.
  void attempt(std::function<void()> const& step) {
    try {
      step();
    } catch (Error const& error) {
      status_ = static_cast<int>(error.code());
      findings_.insert(findings_.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }

  int exit_code() const {
    int const signal = received_signal.load();
    return signal != 0 ? 128 + signal : status_;
  }

  void report_signal() const {
    if (received_signal.load() == 0) return;
    auto const n = summary_.trajectories;
    if (n == 0) {
      fmt::print(stderr,
                 "interrupted: trajectory {} had not finished; there is nothing to report, "
                 "and no table or picture was written\n",
                 options_.first);
      return;
    }
    auto text = fmt::format(
        "interrupted: {} of {} trajectories are reported (ids {} to {}, without a gap: those that "
        "finish first are a biased sample)",
        n, options_.trajectories, options_.first, options_.first + n - 1);
    if (n < options_.trajectories)
      text += fmt::format("; --first {} --trajectories {} runs the rest", options_.first + n,
                          options_.trajectories - n);
    fmt::print(stderr, "{}\n", text);
  }

  void print_table(std::vector<usize> const& rows) const {
    if (options_.talk == Talk::quiet || options_.json == "-" || summary_.trajectories == 0) return;
    auto const title = network_.title.empty() ? std::string() : network_.title + "\n";
    print_text(title + run_text(options_, network_, summary_.trajectories) + "\n\n" +
               statistics_table(summary_, rows, network_.time_unit) + "\n" +
               engine_text(report_, summary_));
  }

  void write_output() const {
    if (options_.output.empty()) return;
    OutputFile file(options_.output, options_.overwrite);
    write_csv(summary_, file);
    file.commit();
    remark(options_, "wrote " + options_.output);
  }

  void write_picture() const {
    if (options_.plot.empty()) return;
    PlotText text;
    text.title = network_.title.empty() ? network_.name : network_.title;
    text.subtitle = run_text(options_, network_, summary_.trajectories);
    text.time_unit = network_.time_unit;
    for (auto const& segment : experiment_.segments)
      if (segment.start > 0) text.changes.push_back(segment.start);
    if (!text.changes.empty()) text.subtitle += "; dotted lines: scheduled changes";
    OutputFile file(options_.plot, options_.overwrite);
    write_plot(text, summary_, *plot_format(options_.plot), file);
    file.commit();
    remark(options_, "wrote " + options_.plot);
  }

  void write_json(std::vector<usize> const& rows) const {
    if (options_.json.empty()) return;
    auto const text = json_text(report_, summary_, rows);
    if (options_.json == "-") {
      print_text(text);
      return;
    }
    OutputFile file(options_.json, options_.overwrite);
    file.write(text);
    file.commit();
    remark(options_, "wrote " + options_.json);
  }

  RunOptions const& options_;
  Network const& network_;
  Experiment const& experiment_;
  RunReport& report_;
  EnsembleSummary const& summary_;
  std::vector<Diagnostic> findings_;
  int status_ = 0;
};

}  // namespace

int run_command(RunOptions const& options) {
  auto const network = read_network_file(NetworkLibrary::standard().find(options.network));
  if (options.talk == Talk::normal)
    for (auto const& note : network.notes)
      if (note.severity == Severity::warning) fmt::print(stderr, "{}\n", to_string(note));
  if (options.units == Units::strict) require_units(network);
  auto const [experiment, columns] = prepare(network, options);

  EnsembleRecorder recorder(experiment, columns, options.first, options.trajectories,
                            available_memory_bytes());
  check_outputs(options);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.first = options.first;
  plan.trajectories = options.trajectories;
  plan.seed = options.seed;
  plan.threads = options.threads;
  plan.isa = options.isa;
  plan.max_events = options.max_events.value_or(plan.max_events);
  plan.counted_reactions = recorder.counted_reactions();
  auto const engine = make_engine(options.engine, plan);
  if (options.talk == Talk::normal && engine->name() != "reference")
    for (auto const& warning : law_accuracy_warnings(plan))
      fmt::print(stderr, "{}\n", to_string(warning));

  RunControl control;
  SignalGuard const signals(control);
  auto const start = std::chrono::steady_clock::now();
  {
    std::optional<Progress> progress;
    if (options.talk == Talk::normal) progress.emplace(control, options.trajectories);
    engine->run(recorder, control);
  }
  std::chrono::duration<double> const wall = std::chrono::steady_clock::now() - start;
  auto const summary = recorder.summary(options.threads);

  RunReport report;
  report.version = CRISTAE_VERSION;
  report.network = network.name;
  report.title = network.title;
  report.time_unit = network.time_unit;
  report.condition = experiment.condition;
  report.set = options.request.set;
  report.engine = engine->name();
  report.isa = engine->isa();
  report.threads = engine->threads();
  report.seed = options.seed;
  report.first = options.first;
  report.requested = options.trajectories;
  report.simulated_events = std::max(control.events.load(), summary.events);
  report.wall_seconds = wall.count();
  report.t_end = experiment.t_end;
  return Results(options, network, experiment, report, summary).write();
}

}  // namespace cristae
