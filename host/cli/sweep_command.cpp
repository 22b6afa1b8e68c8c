// host/cli/sweep_command.cpp - options to a sweep, a line for each of its sets, files.
#include "host/cli/sweep_command.hpp"

#include <fmt/format.h>

#include <optional>

#include "host/cli/print.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/run_results.hpp"
#include "host/cli/signals.hpp"
#include "host/io/csv_writer.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/text/network_text.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

/// So many columns fit beside the parameters.
constexpr usize most_columns = 4;
constexpr usize most_lines = 60;

std::string sets_table(Sweep const& sweep) {
  auto const& sets = sweep.sets();
  SweptSet const* some = nullptr;
  bool has_conditions = false;
  for (auto const& set : sets) {
    if (some == nullptr && set.summary.trajectories > 0) some = &set;
    has_conditions = has_conditions || !set.condition.empty();
  }
  if (some == nullptr) return {};
  auto columns = main_columns(some->summary);
  if (columns.size() > most_columns) columns.resize(most_columns);
  std::vector<std::string> header{"set", has_conditions ? "condition" : ""};
  for (auto const& name : sweep.parameters()) header.push_back(shortened(name));
  header.push_back("n");
  for (usize const c : columns) {
    header.push_back(shortened(some->summary.columns[c].name));
    header.push_back("sd");
  }
  std::vector<Align> alignment(header.size(), Align::right);
  alignment[1] = Align::left;
  TextTable table(alignment);
  table.add(header);
  for (usize s = 0; s < std::min(sets.size(), most_lines); ++s) {
    auto const& set = sets[s];
    std::vector<std::string> cells{fmt::format("{}", s), set.condition};
    for (double const value : set.values) cells.push_back(fmt::format("{:.6g}", value));
    cells.push_back(fmt::format("{}", set.summary.trajectories));
    for (usize const c : columns) {
      bool const is_there = set.summary.trajectories > 0;
      auto const* const end = is_there ? &set.summary.columns[c].points.back() : nullptr;
      cells.push_back(end ? short_number(end->mean) : "");
      cells.push_back(end ? short_number(end->sd()) : "");
    }
    table.add(std::move(cells));
  }
  auto text = table.text(TextTable::Header::yes);
  if (sets.size() > most_lines)
    text += fmt::format("... and {} sets more; --output has all\n", sets.size() - most_lines);
  return text;
}

/// The lines of write_csv with the set in front.
void write_sweep_csv(Sweep const& sweep, std::function<void(std::string_view)> const& write) {
  std::string header = "parameter_set,condition";
  for (auto const& name : sweep.parameters()) header += fmt::format(",{}", csv_field(name));
  bool is_first = true;
  for (usize s = 0; s < sweep.sets().size(); ++s) {
    auto const& set = sweep.sets()[s];
    if (set.summary.trajectories == 0) continue;
    auto front = fmt::format("{},{}", s, csv_field(set.condition));
    for (double const value : set.values) front += fmt::format(",{}", csv_number(value));
    bool is_header = true;
    write_csv(set.summary, [&](std::string_view text) {
      std::string lines;
      while (!text.empty()) {
        auto const end = text.find('\n') + 1;
        if (!is_header || is_first)
          lines += fmt::format("{},{}", is_header ? header : front, text.substr(0, end));
        is_header = is_first = false;
        text.remove_prefix(end);
      }
      write(lines);
    });
  }
}

void write_file(SweepOptions const& options, Sweep& sweep) {
  if (options.output.empty()) return;
  if (options.has_result_file()) return sweep.write_result_file();
  OutputFile file(options.output, options.run.overwrite, Streams::refuse);
  write_sweep_csv(sweep, [&](std::string_view text) { file.write(text); });
  file.commit();
}

/// A prepared sweep to its results.
int carry_out(SweepOptions const& options, Sweep& sweep) {
  for (auto const& note : sweep.remarks()) remark(options.talk, to_string(note));
  if (!options.output.empty()) check_output(options.output, options.run.overwrite, Streams::refuse);
  RunControl control;
  SignalGuard const signals(control);
  for (auto const& warning : sweep.open(control)) remark(options.talk, to_string(warning));
  {
    std::optional<Progress> progress;
    if (options.talk == Talk::normal) progress.emplace(control, sweep.trajectories(), Total::exact);
    sweep.simulate(control);
  }
  for (auto const& note : sweep.engine_remarks()) remark(options.talk, to_string(note));
  auto& report = sweep.report();
  bool const was_stopped = report.interrupted;
  usize complete = 0;
  for (auto const& set : sweep.sets()) complete += set.summary.trajectories > 0;
  if (was_stopped)
    print_aside(fmt::format("interrupted: {} of {} parameter sets are complete and reported{}\n",
                            complete, sweep.sets().size(),
                            sweep.can_go_on()
                                ? fmt::format("; cristae resume {} goes on", options.output)
                                : std::string()));
  auto const findings = sweep.findings();
  int const status = was_stopped        ? 128 + received_signal()
                     : findings.empty() ? 0
                                        : static_cast<int>(ExitCode::numerical);
  report.exit_status = status;
  if (options.talk == Talk::normal) {
    print_text(sets_table(sweep));
    print_text(fmt::format("{} events in {} on {} ({}{} threads{}): {} events/s\n",
                           short_count(static_cast<double>(report.simulated_events)),
                           short_duration(report.wall_seconds), report.engine,
                           report.isa.empty() ? "" : report.isa + ", ", report.threads,
                           report.code.empty() ? "" : "; " + report.code,
                           short_count(report.events_per_second())));
  }
  if (complete > 0) write_file(options, sweep);
  for (auto const& finding : findings) print_aside(to_string(finding) + "\n");
  return status;
}

}  // namespace

int sweep_command(SweepOptions const& options) {
  auto const network = read_network_file(NetworkLibrary::standard().find(options.network));
  for (auto const& note : network.notes)
    if (note.severity == Severity::warning) remark(options.talk, to_string(note));
  if (options.units == Units::strict) require_units(network);
  Sweep sweep(network, options);
  return carry_out(options, sweep);
}

int resume_sweep(InterruptedRun left, ResumeOptions const& given) {
  if (!given.plot.empty() || !given.json.empty())
    throw Error(ExitCode::usage, fmt::format("'{}' is a sweep", given.result),
                "there is no picture and no JSON of many parameter sets",
                "Leave --plot and --json out");
  SweepOptions options;
  static_cast<SweepRequest&>(options) = *left.sweep;
  options.run = request_to_resume(left, given);
  options.output = given.result;
  options.talk = given.talk;
  Sweep sweep(left.network, options);
  remark(options.talk,
         fmt::format("{} of {} trajectories of {} parameter sets are finished, {} "
                     "under way",
                     sweep.trajectories() - left.checkpoint.missing, sweep.trajectories(),
                     sweep.sets().size(), left.checkpoint.in_flight.size()));
  sweep.go_on_from(std::move(left.checkpoint), left.fingerprint);
  return carry_out(options, sweep);
}

}  // namespace cristae
