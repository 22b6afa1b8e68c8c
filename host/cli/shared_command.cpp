// host/cli/shared_command.cpp - takes shards while there are any; who finds all whole tells of them.
#include "host/cli/shared_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "host/base/error.hpp"
#include "host/cli/merge_command.hpp"
#include "host/cli/plot_command.hpp"
#include "host/cli/print.hpp"
#include "host/cli/run_command.hpp"
#include "host/cli/run_results.hpp"
#include "host/cli/signals.hpp"
#include "host/run/result_parts.hpp"
#include "host/run/run.hpp"
#include "host/run/shared_run.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

/// One of them, to its end; returns the exit code.
int run_shard(Network const& network, RunOptions const& options, SharedRun::Shard& shard) {
  RunOptions own = options;
  static_cast<RunRequest&>(own) = shard.request;
  own.output = shard.request.result_file;
  own.plot.clear();
  own.json.clear();
  own.talk = Talk::quiet;
  own.is_one_of_many = true;
  if (!shard.left) {
    Run run(network, own);
    return carry_out(own, run);
  }
  for (auto const& note : shard.left->remarks) remark(options.talk, to_string(note));
  ResumeRequest given;
  given.result = own.result_file;
  given.engine = own.engine;
  given.isa = own.isa;
  given.threads = own.threads;
  given.code = own.code;
  given.checkpoint_every = own.checkpoint_every;
  static_cast<RunRequest&>(own) = request_to_resume(*shard.left, given);
  Run run(shard.left->network, own);
  run.go_on_from(std::move(shard.left->checkpoint), shard.left->fingerprint);
  return carry_out(own, run);
}

/// None where it is not this process's to do, or where a signal ended it.
std::optional<MergeOutcome> put_together(SharedRun& shared, Overwrite overwrite,
                                         RunControl& control) {
  try {
    return shared.put_together(overwrite, control);
  } catch (Error const& error) {
    if (error.code() != ExitCode::interrupted) throw;
    return std::nullopt;
  }
}

/// The result of all of them.
int tell(RunOptions const& options, MergeOutcome const& merged) {
  auto const& summary = merged.summary;
  remark(options.talk, "wrote " + options.output);
  auto joined =
      fmt::format("{} trajectories, from {} shards", summary.trajectories, merged.results);
  if (options.talk == Talk::normal && options.json != "-") {
    auto columns = main_columns(summary);
    if (!options.select.empty()) {
      columns.resize(summary.columns.size());
      std::iota(columns.begin(), columns.end(), usize{0});
    }
    joined = fmt::format("\n{}\n{}",
                         statistics_table(summary, columns, table_rows(summary, columns.size()),
                                          merged.report.time_unit),
                         joined);
  }
  if (!options.plot.empty()) {
    PlotOptions plot;
    plot.result = options.output;
    plot.output = options.plot;
    plot.overwrite = options.overwrite;
    plot.talk = options.talk;
    plot_command(plot);
  }
  return tell_joined(merged.report, summary, joined, options.json, options.overwrite, options.talk);
}

}  // namespace

int share_run(Network const& network, RunOptions const& options) {
  for (auto const& path : {options.plot, options.json})
    if (!path.empty() && path != "-") check_output(path, options.overwrite);
  RunControl control;
  SignalGuard const signals(control);
  SharedRun shared(network, options);
  for (auto const& note : shared.remarks()) remark(options.talk, to_string(note));
  if (shared.is_done()) {
    remark(options.talk,
           fmt::format("{} holds this run already: nothing is left to do", options.output));
    return 0;
  }
  int worst = 0;
  u64 own = 0;
  while (received_signal() == 0) {
    auto shard = shared.take();
    if (!shard) break;
    int const status = run_shard(network, options, *shard);
    if (!shared.finish(*shard)) {
      if (received_signal() != 0) break;
      if (status != 0) return status;
      throw Error(ExitCode::input_output,
                  fmt::format("'{}' is not what was written", shard->request.result_file),
                  "another process changed it, or the disk did", "Check the disk, and run again");
    }
    worst = std::max(worst, status);
    ++own;
    remark(options.talk,
           fmt::format("shard {} is finished, {} are", shard->request.shard, shared.finished()));
  }
  if (auto const merged = put_together(shared, options.overwrite, control))
    return tell(options, *merged);
  if (received_signal() != 0) {
    print_aside(fmt::format("interrupted: cristae resume {} goes on\n", options.output));
    return 128 + received_signal();
  }
  remark(options.talk,
         fmt::format("{} of {} shards were run here; who finishes the last one writes {}", own,
                     shared.shards(), options.output));
  return worst;
}

int resume_shared_run(ResumeOptions const& given) {
  auto const left = read_shared_run(given.result);
  for (auto const& note : left.remarks) remark(given.talk, to_string(note));
  RunOptions options;
  static_cast<RunRequest&>(options) = request_on(left.request, given);
  options.overwrite = given.overwrite;
  options.output = given.result;
  options.plot = given.plot;
  options.json = given.json;
  options.talk = given.talk;
  return share_run(left.network, options);
}

}  // namespace cristae
