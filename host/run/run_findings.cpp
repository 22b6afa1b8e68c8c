// host/run/run_findings.cpp - failed trajectories, and precisions that were not reached.
#include "host/run/run_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <utility>

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
std::vector<Diagnostic> failure_findings(Run const& run,
                                         std::function<std::string(u64)> const& replay) {
  Network const& network = *run.experiment().network;
  auto const& summary = run.outcome().summary;
  std::vector<Diagnostic> findings;
  for (auto const& first : summary.first_failures) {
    auto where = fmt::format("the first: trajectory {}", first.id);
    std::string reaction;
    if (first.status != TrajectoryStatus::bad_event && first.reaction >= 0 &&
        static_cast<usize>(first.reaction) < network.reactions.size())
      reaction = network.reactions[static_cast<usize>(first.reaction)].id;
    if (first.status == TrajectoryStatus::bad_event)
      where += ", " + event_failure_text(network, first.reaction);
    if (!reaction.empty()) where += fmt::format(", reaction '{}'", reaction);
    where += ", t=" + with_unit(first.time, network);
    if (!first.state.empty()) where += ", state " + state_text(network, first.state);
    bool const is_budget = first.status == TrajectoryStatus::budget;
    std::string fix = is_budget ? "Raise --max-events, or replay it: " : "Replay it: ";
    fix += replay(first.id);
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

/// One finding per precision that was not reached, with how far it got.
std::vector<Diagnostic> precision_findings(Run const& run) {
  Network const& network = *run.experiment().network;
  auto const& summary = run.outcome().summary;
  std::vector<Diagnostic> findings;
  for (auto const& target : run.outcome().targets) {
    if (is_reached({target}, summary)) continue;
    auto const worst = shortfall(target, summary);
    Diagnostic finding;
    finding.problem =
        fmt::format("{} is not reached after {} trajectories", target.text, summary.trajectories);
    finding.reason =
        std::isnan(worst.ratio) ? std::string("it is undefined")
        : worst.error == 0
            ? fmt::format("no trajectory differs, which is trusted from {} on", trust_no_spread)
        : target.relative ? fmt::format("it is {:.3g} %", 100 * worst.error)
                          : fmt::format("it is {:.3g}", worst.error);
    finding.reason += " at " + with_unit(summary.times[worst.time], network);
    // The standard error falls with the square root of the number of trajectories.
    double const needed =
        worst.error == 0 ? double(trust_no_spread)
                         : static_cast<double>(summary.trajectories) * worst.ratio * worst.ratio;
    finding.fix = needed < 1e15 ? fmt::format("Raise --trajectories to about {}, or ask for less",
                                              rounded_up(needed))
                                : std::string("Ask for less");
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

std::vector<Diagnostic> run_findings(Run const& run,
                                     std::function<std::string(u64 trajectory)> const& replay) {
  auto findings = failure_findings(run, replay);
  if (run.outcome().was_stopped) return findings;
  for (auto& finding : precision_findings(run)) findings.push_back(std::move(finding));
  return findings;
}

ExitCode status_of(Run const& run) {
  if (!run.outcome().certificate_findings.empty()) return ExitCode::verification;
  bool const is_as_asked = run_findings(run, [](u64) { return std::string(); }).empty();
  return is_as_asked ? ExitCode::ok : ExitCode::numerical;
}

std::string command_text(std::string const& command, std::string const& network,
                         RunRequest const& run) {
  auto text = fmt::format("cristae {} {}", command, shell_word(network));
  auto const add = [&](char const* option, std::string const& value) {
    text += fmt::format(" --{} {}", option, shell_word(value));
  };
  auto const& request = run.experiment;
  if (!request.condition.empty()) add("condition", request.condition);
  for (auto const& [name, value] : request.set) add("set", fmt::format("{}={}", name, value));
  for (auto const& text : request.vary) add("vary", text);
  for (auto const& text : request.correlate) add("correlate", text);
  if (request.replicates > 1) add("replicates", fmt::format("{}", request.replicates));
  if (request.cell_seed) add("cell-seed", fmt::format("{}", *request.cell_seed));
  if (request.sisters > 1) add("sisters", fmt::format("{}", request.sisters));
  if (request.fork_at >= 0) add("fork-at", fmt::format("{}", request.fork_at));
  for (auto const& signal : request.signals)
    add("signal", fmt::format("{}={}", signal.parameter, signal.file));
  if (!request.twin.empty()) add("twin", fmt::format("{}", fmt::join(request.twin, ",")));
  if (request.t_end >= 0) add("t-end", fmt::format("{}", request.t_end));
  if (request.sample_every >= 0) add("sample-every", fmt::format("{}", request.sample_every));
  if (request.samples >= 0) add("samples", fmt::format("{}", request.samples));
  if (request.burn_in > 0) add("burn-in", fmt::format("{}", request.burn_in));
  if (!request.stop_when.empty()) add("stop-when", request.stop_when);
  if (!run.start_from.empty()) add("start-from", run.start_from);
  if (run.max_events) add("max-events", fmt::format("{}", *run.max_events));
  return text + fmt::format(" --seed {}", run.seed);
}

}  // namespace cristae
