// host/cli/run_results.cpp - table, CSV, HDF5, picture, JSON, findings.
#include "host/cli/run_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <utility>

#include "host/cli/certify.hpp"
#include "host/cli/run_text.hpp"
#include "host/cli/signals.hpp"
#include "host/cli/table.hpp"
#include "host/io/csv_writer.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/plot_writer.hpp"

namespace cristae {
namespace {

std::string with_unit(double time, Network const& network) {
  return fmt::format("{:.6g}{}{}", time, network.time_unit.empty() ? "" : " ", network.time_unit);
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

/// For a shell: in quotes where it needs them.
std::string shell_word(std::string const& text) {
  bool const is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("_-./=+,:@%", c) != nullptr;
  });
  if (is_plain) return text;
  std::string quoted = "'";
  for (char const c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// One finding per status in which trajectories ended early, with the first of them.
std::vector<Diagnostic> failure_findings(RunOutcome const& run) {
  Network const& network = *run.experiment.network;
  std::vector<Diagnostic> findings;
  for (auto const& first : run.summary.first_failures) {
    auto where = fmt::format("the first: trajectory {}", first.id);
    std::string reaction;
    if (first.reaction >= 0 && static_cast<usize>(first.reaction) < network.reactions.size())
      reaction = network.reactions[static_cast<usize>(first.reaction)].id;
    if (!reaction.empty()) where += fmt::format(", reaction '{}'", reaction);
    where += ", t=" + with_unit(first.time, network);
    if (!first.state.empty()) where += ", state " + state_text(network, first.state);
    bool const is_budget = first.status == TrajectoryStatus::budget;
    std::string fix = is_budget ? "Raise --max-events, or replay it: " : "Replay it: ";
    fix += fmt::format("{} --trajectory {}", command_text("replay", run.options), first.id);
    Diagnostic finding;
    finding.problem =
        fmt::format("{} of {} trajectories ended with status {}", run.summary.count(first.status),
                    run.summary.trajectories, name_of(first.status));
    finding.reason = std::move(where);
    finding.fix = std::move(fix);
    findings.push_back(std::move(finding));
  }
  return findings;
}

/// Where a precision is furthest from its limit.
struct Shortfall {
  double error = 0;  ///< standard error, as a fraction of the mean where the target is relative
  double ratio = 0;  ///< to the limit; NaN where undefined
  usize time = 0;
};

Shortfall shortfall(PrecisionTarget const& target, EnsembleSummary const& summary) {
  Shortfall worst;
  for (usize const time : target.times) {
    auto const& point = summary.columns[target.column].points[time];
    double const error =
        point.se == 0 || !target.relative ? point.se : point.se / std::fabs(point.mean);
    double const ratio = error / target.limit;
    if (std::isnan(ratio)) return {error, ratio, time};
    if (ratio > worst.ratio) worst = {error, ratio, time};
  }
  return worst;
}

/// A number of trajectories in two digits, rounded up.
u64 rounded_up(double count) {
  double const step = std::pow(10, std::floor(std::log10(count)) - 1);
  return static_cast<u64>(std::ceil(count / step) * step);
}

/// One finding per precision of --until that was not reached, with how far it got.
std::vector<Diagnostic> precision_findings(RunOutcome const& run) {
  Network const& network = *run.experiment.network;
  std::vector<Diagnostic> findings;
  for (auto const& target : run.targets) {
    if (is_reached({target}, run.summary)) continue;
    auto const worst = shortfall(target, run.summary);
    Diagnostic finding;
    finding.problem = fmt::format("{} is not reached after {} trajectories", target.text,
                                  run.summary.trajectories);
    finding.reason =
        std::isnan(worst.ratio) ? std::string("it is undefined")
        : worst.error == 0
            ? fmt::format("no trajectory differs, which is trusted from {} on", trust_no_spread)
        : target.relative ? fmt::format("it is {:.3g} %", 100 * worst.error)
                          : fmt::format("it is {:.3g}", worst.error);
    finding.reason += " at " + with_unit(run.summary.times[worst.time], network);
    // The standard error falls with the square root of the number of trajectories.
    double const needed = worst.error == 0 ? double(trust_no_spread)
                                           : static_cast<double>(run.summary.trajectories) *
                                                 worst.ratio * worst.ratio;
    finding.fix = needed < 1e15 ? fmt::format("Raise --trajectories to about {}, or ask for less",
                                              rounded_up(needed))
                                : std::string("Ask for less");
    findings.push_back(std::move(finding));
  }
  return findings;
}

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

std::string engine_text(RunReport const& report, EnsembleSummary const& summary) {
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

std::string stop_text(RunOutcome const& run) {
  auto const& options = run.options;
  char const* const how = received_signal() != 0 ? "interrupted" : "stopped";
  auto const n = run.summary.trajectories;
  if (n == 0)
    return fmt::format(
        "{}: trajectory {} had not finished; there is nothing to report, and no table, picture or "
        "result was written",
        how, options.first);
  auto text = fmt::format(
      "{}: {} of {}{} trajectories are reported (ids {} to {}, without a gap: those that finish "
      "first are a biased sample)",
      how, n, run.targets.empty() ? "" : "at most ", options.trajectories, options.first,
      options.first + n - 1);
  if (n < options.trajectories && run.targets.empty())
    text += fmt::format("; --first {} --trajectories {} runs the rest", options.first + n,
                        options.trajectories - n);
  return text;
}

class Results {
 public:
  explicit Results(RunOutcome run) : run_(std::move(run)) {
    auto const& summary = run_.summary;
    if (run_.options.select.empty()) {
      columns_ = main_columns(summary);
    } else {
      for (usize i = 0; i < summary.columns.size(); ++i) columns_.push_back(i);
    }
    rows_ = table_rows(summary, columns_.size());
  }

  /// The result file and the JSON come last, because they hold the exit code.
  int write() {
    if (run_.was_stopped) print_aside(stop_text(run_) + "\n");
    add(failure_findings(run_));
    if (!run_.was_stopped) add(precision_findings(run_));
    if (!findings_.empty()) status_ = ExitCode::numerical;
    if (!run_.certificate_findings.empty()) status_ = ExitCode::verification;
    add(run_.certificate_findings);
    attempt([&] { print_table(); });
    if (run_.summary.trajectories > 0) {
      attempt([&] { write_statistics(); });
      attempt([&] { write_picture(); });
      run_.report.exit_status = exit_code();
      attempt([&] { write_result(); });
    }
    run_.report.exit_status = exit_code();
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
    int const signal = received_signal();
    return signal != 0 ? 128 + signal : static_cast<int>(status_);
  }

  void print_table() const {
    auto const& options = run_.options;
    auto const& summary = run_.summary;
    if (options.talk == Talk::quiet || options.json == "-" || summary.trajectories == 0) return;
    Network const& network = *run_.experiment.network;
    auto const title = network.title.empty() ? std::string() : network.title + "\n";
    print_text(title + run_text(run_.report, summary.trajectories) + "\n\n" +
               statistics_table(summary, columns_, rows_, network.time_unit) + "\n" +
               engine_text(run_.report, summary));
  }

  void write_file(std::string const& path, std::function<void(OutputFile&)> const& work) const {
    OutputFile file(path, run_.options.overwrite);
    work(file);
    file.commit();
    remark(run_.options.talk, "wrote " + path);
  }

  void write_statistics() const {
    if (run_.options.output.empty() || run_.options.has_result_file()) return;
    write_file(run_.options.output, [&](OutputFile& file) {
      write_csv(run_.summary, [&](std::string_view text) { file.write(text); });
    });
  }

  void write_picture() const {
    if (run_.options.plot.empty()) return;
    std::vector<double> changes;
    for (auto const& segment : run_.experiment.segments)
      if (segment.start > 0) changes.push_back(segment.start);
    auto const text = plot_text(run_.report, run_.summary.trajectories, std::move(changes));
    write_file(run_.options.plot, [&](OutputFile& file) {
      write_plot(text, run_.summary, columns_, *plot_format(run_.options.plot), file);
    });
  }

  void write_result() const {
    if (run_.result == nullptr) return;
    run_.result->finish(run_.report, run_.summary);
    remark(run_.options.talk, "wrote " + run_.options.output);
  }

  void write_json() const {
    auto const& path = run_.options.json;
    if (path.empty()) return;
    auto const text = json_text(run_.report, run_.summary, columns_, rows_);
    if (path == "-")
      print_text(text);
    else
      write_file(path, [&](OutputFile& file) { file.write(text); });
  }

  RunOutcome run_;
  std::vector<usize> columns_, rows_;  ///< of tables and pictures
  std::vector<Diagnostic> findings_;
  ExitCode status_ = ExitCode::ok;
};

}  // namespace

std::string command_text(std::string const& command, RunOptions const& options) {
  auto text = fmt::format("cristae {} {}", command, shell_word(options.network));
  auto const add = [&](char const* option, std::string const& value) {
    text += fmt::format(" --{} {}", option, shell_word(value));
  };
  auto const& request = options.request;
  if (!request.condition.empty()) add("condition", request.condition);
  for (auto const& [name, value] : request.set) add("set", fmt::format("{}={}", name, value));
  if (request.t_end >= 0) add("t-end", fmt::format("{}", request.t_end));
  if (request.sample_every >= 0) add("sample-every", fmt::format("{}", request.sample_every));
  if (request.samples >= 0) add("samples", fmt::format("{}", request.samples));
  if (request.burn_in > 0) add("burn-in", fmt::format("{}", request.burn_in));
  if (!options.start_from.empty()) add("start-from", options.start_from);
  if (options.max_events) add("max-events", fmt::format("{}", *options.max_events));
  return text + fmt::format(" --seed {}", options.seed);
}

void remark(Talk talk, std::string const& text) {
  if (talk == Talk::normal) print_aside(text + "\n");
}

int write_results(RunOutcome outcome) { return Results(std::move(outcome)).write(); }

}  // namespace cristae
