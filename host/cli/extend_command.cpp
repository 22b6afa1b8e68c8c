// host/cli/extend_command.cpp - what a result does not have yet, simulated and added.
#include "host/cli/extend_command.hpp"

#include <fmt/format.h>

#include <optional>

#include "host/cli/merge_command.hpp"
#include "host/cli/print.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/run_command.hpp"
#include "host/cli/run_results.hpp"
#include "host/cli/signals.hpp"
#include "host/io/result_file.hpp"
#include "host/run/run_findings.hpp"

namespace cristae {
namespace {

/// The command that verifies such trajectories, as far as a result tells what was asked for.
std::string verify_command_of(RunReport const& report) {
  return fmt::format("cristae verify {} --seed {}", report.network, report.seed);
}

int add_trajectories(ExtendOptions const& options) {
  RunControl control;
  SignalGuard const signals(control);
  Extension extension(options);
  extension.open(control);
  {
    std::optional<Progress> progress;
    if (options.talk == Talk::normal)
      progress.emplace(control, extension.trajectories(), Total::exact);
    extension.simulate(control);
  }
  extension.certify(control, verify_command_of(extension.report()));
  for (auto const& note : extension.remarks()) remark(options.talk, to_string(note));
  auto& report = extension.report();
  auto const& summary = extension.summary();
  if (report.interrupted) report.exit_status = 128 + received_signal();
  extension.write();
  if (extension.can_go_on())
    print_aside(fmt::format("interrupted: cristae resume {} goes on\n", extension.output()));
  remark(options.talk, "wrote " + extension.output());
  auto const text = fmt::format("{} of {} trajectories", summary.trajectories, report.requested);
  return tell_joined(report, summary, text, options.json, options.overwrite, options.talk);
}

int run_longer(ExtendOptions const& options) {
  RunOptions run;
  auto const again = longer_run(options, *options.t_end);
  static_cast<RunRequest&>(run) = again.request;
  run.output = run.result_file;
  run.json = options.json;
  run.talk = options.talk;
  remark(options.talk,
         fmt::format("note: all {} trajectories are simulated anew, from time 0 to {} "
                     "(results do not hold what a trajectory needs to go on)",
                     run.trajectories, *options.t_end));
  return run_network(again.network, run);
}

}  // namespace

int extend_command(ExtendOptions const& options) {
  return options.t_end ? run_longer(options) : add_trajectories(options);
}

}  // namespace cristae
