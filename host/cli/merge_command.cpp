// host/cli/merge_command.cpp - results to one result, and what to tell of it.
#include "host/cli/merge_command.hpp"

#include <fmt/format.h>

#include "host/base/error.hpp"
#include "host/cli/print.hpp"
#include "host/cli/run_results.hpp"
#include "host/cli/run_text.hpp"
#include "host/cli/signals.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/output_file.hpp"
#include "host/run/certify.hpp"
#include "host/run/result_parts.hpp"
#include "host/text/table.hpp"

namespace cristae {
int tell_joined(RunReport const& report, EnsembleSummary const& summary, std::string const& joined,
                std::string const& json, Overwrite overwrite, Talk talk) {
  auto const columns = main_columns(summary);
  auto const text = json.empty()
                        ? std::string()
                        : json_text(report, summary, columns, table_rows(summary, columns.size()));
  if (json == "-") {
    print_text(text);
  } else {
    auto lines = fmt::format("{}\n{}\n", run_text(report, summary.trajectories), joined);
    lines += fmt::format("contract hash {}\nstatistics hash {}\n", hash_text(summary.contract_hash),
                         hash_text(summary.statistics_hash));
    if (report.certificate) lines += certificate_text(*report.certificate);
    if (talk == Talk::normal) print_text(lines);
  }
  if (!json.empty() && json != "-") {
    OutputFile file(json, overwrite);
    file.write(text);
    file.commit();
    remark(talk, "wrote " + json);
  }
  for (auto const& finding : failures_of(summary)) print_aside(to_string(finding) + "\n");
  return report.exit_status;
}

int merge_command(MergeOptions const& options) {
  if (!options.json.empty() && options.json != "-") check_output(options.json, options.overwrite);
  RunControl control;
  SignalGuard const signals(control);
  MergeOutcome merged;
  try {
    merged = merge_results(options, control);
  } catch (Error const& error) {
    if (error.code() != ExitCode::interrupted) throw;
    print_aside(fmt::format("interrupted: nothing was written to {}\n", options.output));
    return 128 + received_signal();
  }
  for (auto const& note : merged.remarks) remark(options.talk, to_string(note));
  remark(options.talk, "wrote " + options.output);
  auto const joined =
      fmt::format("{} of {} trajectories, from {}{}", merged.summary.trajectories,
                  whole_run_of(merged.report, merged.summary.trajectories).trajectories,
                  merged.results == 1 ? "1 result" : fmt::format("{} results", merged.results),
                  merged.report.missing.empty() ? "" : ", partial");
  return tell_joined(merged.report, merged.summary, joined, options.json, options.overwrite,
                     options.talk);
}

}  // namespace cristae
