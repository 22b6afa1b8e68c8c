// host/cli/run_results.cpp - table, CSV, HDF5, picture, JSON, findings.
#include "host/cli/run_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/cli/print.hpp"
#include "host/cli/run_text.hpp"
#include "host/cli/signals.hpp"
#include "host/io/csv_writer.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/plot_writer.hpp"
#include "host/run/certify.hpp"
#include "host/run/run_findings.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

/// A line per column that is undefined somewhere.
std::string undefined_text(EnsembleSummary const& summary) {
  std::string text;
  for (auto const& column : summary.columns) {
    u64 most = 0;
    for (auto const& point : column.points) most = std::max(most, point.undefined);
    if (most > 0)
      text += fmt::format(
          "{} is undefined (infinite, not a number or too large for its resolution) in up to {} of "
          "{} trajectories; "
          "its statistics at those times are left out\n",
          column.name, most, summary.trajectories);
    if (column.coarse_times > 0)
      text += fmt::format(
          "{} is counted in units of {:.3g}, too coarse for its values at {} of {} sample times; "
          "declare a smaller resolution for it in the network file\n",
          column.name, column.resolution, column.coarse_times, summary.times.size());
  }
  return text;
}

std::string equations_text(RunReport const& report, EnsembleSummary const& summary) {
  return fmt::format("the reaction rate equations, solved by {} ({} in {})\n", report.isa,
                     report.code, short_duration(report.wall_seconds)) +
         undefined_text(summary);
}

std::string engine_text(RunReport const& report, EnsembleSummary const& summary) {
  if (report.engine == ode_engine) return equations_text(report, summary);
  auto text = fmt::format("{} events in {} on {} ({}{} {}{}): {} events/s",
                          short_count(static_cast<double>(report.simulated_events)),
                          short_duration(report.wall_seconds), report.engine,
                          report.isa.empty() ? "" : report.isa + ", ", report.threads,
                          report.threads == 1 ? "thread" : "threads",
                          report.code.empty() ? "" : "; " + report.code,
                          short_count(report.events_per_second()));
  if (report.simulated_events > 0)
    text += fmt::format(", {:.3g} ns per event and core", report.nanoseconds_per_event_per_core());
  text += "\n";
  if (auto const absorbed = summary.count(TrajectoryStatus::absorbed); absorbed > 0)
    text += fmt::format("{} of {} trajectories absorbed: no reaction could fire any more\n",
                        absorbed, summary.trajectories);
  if (!report.stop_when.empty())
    text +=
        fmt::format("{} of {} trajectories stopped: {}\n", summary.count(TrajectoryStatus::stopped),
                    summary.trajectories, report.stop_when);
  text += undefined_text(summary);
  if (summary.contract_hash != 0)
    text += fmt::format("contract hash {}\n", hash_text(summary.contract_hash));
  text += fmt::format("statistics hash {}\n", hash_text(summary.statistics_hash));
  if (report.certificate)
    text += certificate_text(*report.certificate);
  else if (summary.contract_hash == 0)
    text += "not certified: the reference engine follows no contract\n";
  return text;
}

std::string stop_text(RunOptions const& options, RunOutcome const& run) {
  char const* const how = received_signal() != 0 ? "interrupted" : "stopped";
  auto const n = run.summary.trajectories;
  auto const goes_on = run.can_go_on
                           ? fmt::format("; cristae resume {} goes on", options.result_file)
                           : std::string();
  if (n == 0)
    return fmt::format(
        "{}: trajectory {} had not finished; there is nothing to report, and no table, picture or "
        "result was written{}",
        how, options.first, goes_on);
  auto text = fmt::format(
      "{}: {} of {}{} trajectories are reported (ids {} to {}, without a gap: those that finish "
      "first are a biased sample)",
      how, n, run.targets.empty() ? "" : "at most ", options.trajectories, options.first,
      options.first + n - 1);
  if (run.can_go_on) return text + goes_on;
  if (n < options.trajectories && run.targets.empty())
    text += fmt::format("; --first {} --trajectories {} runs the rest", options.first + n,
                        options.trajectories - n);
  return text;
}

class Results {
 public:
  Results(RunOptions const& options, Run& run)
      : options_(options), run_(run), outcome_(run.outcome()) {
    auto const& summary = outcome_.summary;
    if (options_.select.empty()) {
      columns_ = main_columns(summary);
    } else {
      for (usize i = 0; i < summary.columns.size(); ++i) columns_.push_back(i);
    }
    rows_ = table_rows(summary, columns_.size());
  }

  /// The result file and the JSON come last, because they hold the exit code.
  int write() {
    if (outcome_.was_stopped && !options_.is_one_of_many)
      print_aside(stop_text(options_, outcome_) + "\n");
    if (outcome_.certificate_was_cut)
      print_aside("interrupted: fewer trajectories are certified than were asked for\n");
    add(run_findings(run_, [&](u64 trajectory) {
      return fmt::format("{} --trajectory {}", command_text("replay", options_.network, options_),
                         trajectory);
    }));
    if (!findings_.empty()) status_ = ExitCode::numerical;
    if (!outcome_.certificate_findings.empty()) status_ = ExitCode::verification;
    add(outcome_.certificate_findings);
    attempt([&] { print_table(); });
    if (outcome_.summary.trajectories > 0) {
      attempt([&] { write_statistics(); });
      attempt([&] { write_picture(); });
      outcome_.report.exit_status = exit_code();
      attempt([&] { write_result(); });
    }
    outcome_.report.exit_status = exit_code();
    attempt([&] { write_json(); });
    for (auto const& finding : findings_) print_aside(to_string(finding) + "\n");
    return exit_code();
  }

 private:
  void add(std::vector<Diagnostic> const& findings) {
    findings_.insert(findings_.end(), findings.begin(), findings.end());
  }

  void attempt(std::function<void()> const& step) {
    try {
      step();
    } catch (Error const& error) {
      if (status_ != ExitCode::verification) status_ = error.code();
      add(error.diagnostics());
    }
  }

  int exit_code() const {
    // A signal that cut nothing changes nothing: the result is whole.
    bool const was_cut = outcome_.report.interrupted || outcome_.certificate_was_cut;
    return was_cut ? 128 + received_signal() : static_cast<int>(status_);
  }

  void print_table() const {
    auto const& summary = outcome_.summary;
    if (options_.talk == Talk::quiet || options_.json == "-" || summary.trajectories == 0) return;
    Network const& network = *run_.experiment().network;
    auto const title = network.title.empty() ? std::string() : network.title + "\n";
    print_text(title + run_text(outcome_.report, summary.trajectories) + "\n\n" +
               statistics_table(summary, columns_, rows_, network.time_unit) + "\n" +
               engine_text(outcome_.report, summary));
  }

  void write_file(std::string const& path, std::function<void(OutputFile&)> const& work) const {
    OutputFile file(path, options_.overwrite);
    work(file);
    file.commit();
    remark(options_.talk, "wrote " + path);
  }

  void write_statistics() const {
    if (options_.output.empty() || options_.has_result_file()) return;
    write_file(options_.output, [&](OutputFile& file) {
      write_csv(outcome_.summary, [&](std::string_view text) { file.write(text); });
    });
  }

  void write_picture() const {
    if (options_.plot.empty()) return;
    std::vector<double> changes;
    for (auto const& segment : run_.experiment().segments)
      if (segment.start > 0) changes.push_back(segment.start);
    auto const text = plot_text(outcome_.report, outcome_.summary.trajectories, std::move(changes));
    write_file(options_.plot, [&](OutputFile& file) {
      write_plot(text, outcome_.summary, columns_, *plot_format(options_.plot), file);
    });
  }

  void write_result() const {
    if (options_.result_file.empty()) return;
    run_.write_result_file();
    remark(options_.talk, "wrote " + options_.output);
  }

  void write_json() const {
    auto const& path = options_.json;
    if (path.empty()) return;
    auto const text = json_text(outcome_.report, outcome_.summary, columns_, rows_);
    if (path == "-")
      print_text(text);
    else
      write_file(path, [&](OutputFile& file) { file.write(text); });
  }

  RunOptions const& options_;
  Run& run_;
  RunOutcome& outcome_;
  std::vector<usize> columns_, rows_;  ///< of tables and pictures
  std::vector<Diagnostic> findings_;
  ExitCode status_ = ExitCode::ok;
};

}  // namespace

void remark(Talk talk, std::string const& text) {
  if (talk == Talk::normal) print_aside(text + "\n");
}

int write_results(RunOptions const& options, Run& run) { return Results(options, run).write(); }

}  // namespace cristae
