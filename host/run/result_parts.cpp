// host/run/result_parts.cpp - traits to compare, a recorder's options, reports joined.
#include "host/run/result_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "host/io/json_writer.hpp"
#include "host/run/certify.hpp"
#include "host/stats/martingale.hpp"

namespace cristae {
namespace {

std::string column_name(EnsembleSummary const& summary) {
  std::vector<std::string> names;
  for (auto const& column : summary.columns)
    names.push_back(fmt::format("{} {}", name_of(column.kind), column.name));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string pairs_text(std::vector<std::pair<std::string, std::string>> const& pairs) {
  std::vector<std::string> texts;
  for (auto const& [name, value] : pairs) texts.push_back(name + "=" + value);
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string set_text(RunReport const& report) {
  std::vector<std::string> texts;
  for (auto const& [name, value] : report.set) texts.push_back(fmt::format("{}={}", name, value));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string signals_text(RunReport const& report) {
  std::string text;
  for (auto const& signal : report.signals)
    text += fmt::format("{}: {} {}; ", signal.parameter, fmt::join(signal.times, ","),
                        fmt::join(signal.values, ","));
  return text;
}

std::string lagged_text(EnsembleSummary const& summary) {
  std::vector<std::string> names;
  for (auto const& pair : summary.lagged) names.push_back(pair.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

char const* yes_or_no(bool is) { return is ? "yes" : "no"; }

KeptTrajectories kept_in(ResultFile const& file, std::vector<Column> const& columns) {
  KeptTrajectories kept;
  kept.end_states = file.has_end_states();
  kept.raw = file.has_raw();
  kept.end_times = file.has_end_times();
  usize passage = 0;
  for (auto const& text : file.features()) {
    auto feature = parse_feature(text, columns, file.summary().times);
    if (feature.kind == FeatureKind::first) feature.passage = passage++;
    kept.features.push_back(std::move(feature));
  }
  return kept;
}

/// Columns of one name: the first, which is what the name means.
usize column_of(std::string const& name, std::vector<Column> const& columns) {
  usize c = 0;
  while (c < columns.size() && columns[c].name != name) ++c;
  return c;
}

LaggedPair pair_of(std::string const& name, std::vector<Column> const& columns,
                   std::string const& path) {
  for (usize at = name.find(':'); at != std::string::npos; at = name.find(':', at + 1)) {
    LaggedPair const pair{column_of(name.substr(0, at), columns),
                          column_of(name.substr(at + 1), columns)};
    if (std::max(pair.leading, pair.following) < columns.size()) return pair;
  }
  throw Error(ExitCode::input_output, fmt::format("'{}' is damaged", path),
              fmt::format("'{}' are no two of its columns", name),
              "Restore it from a copy, or run again");
}

/// `a`, or `a, b` where they differ.
void add_text(std::string& to, std::string const& text) {
  std::string const list = ", " + to + ", ";
  if (list.find(", " + text + ", ") == std::string::npos) to += (to.empty() ? "" : ", ") + text;
}

}  // namespace

std::string range_text(Piece piece) {
  return piece.count == 1 ? fmt::format("{}", piece.first)
                          : fmt::format("{} to {}", piece.first, piece.first + piece.count - 1);
}

std::vector<std::pair<std::string, std::string>> traits_of(ResultFile const& file) {
  auto const& report = file.report();
  auto const& summary = file.summary();
  std::vector<std::pair<std::string, std::string>> traits{
      {"version", report.version},
      {"network", file.network_text()},
      {"condition", report.condition},
      {"set", set_text(report)},
      {"seed", fmt::format("{}", report.seed)},
      {"t_end", fmt::format("{}", report.t_end)},
      {"burn_in", fmt::format("{}", report.burn_in)},
      {"sample times", fmt::format("{}", fmt::join(summary.times, ","))},
      {"histogram times", fmt::format("{}", fmt::join(summary.histogram_times, ","))},
      {"columns", column_name(summary)},
      {"max_events", fmt::format("{}", report.max_events)},
      {"stop_when", report.stop_when},
      {"vary", pairs_text(report.varied)},
      {"correlate", fmt::format("{}", fmt::join(report.correlation, ","))},
      {"replicates", fmt::format("{}", report.replicates)},
      {"sisters", fmt::format("{}", report.sisters)},
      {"fork_at", fmt::format("{}", report.fork_at)},
      {"signals", signals_text(report)},
      {"twin", fmt::format("{}", fmt::join(report.twin, ","))},
      {"states to start from",
       report.start_from.empty() ? "" : hash_text(report.start_contract_hash)},
      {"features", fmt::format("{}", fmt::join(file.features(), ", "))},
      {"end states", yes_or_no(file.has_end_states())},
      {"raw samples", yes_or_no(file.has_raw())},
      {"covariances", yes_or_no(file.has_covariance())},
      {"correlations", lagged_text(summary)}};
  if (!report.varied.empty()) traits.emplace_back("cell_seed", fmt::format("{}", report.cell_seed));
  return traits;
}

std::vector<Diagnostic> failures_of(EnsembleSummary const& summary) {
  std::vector<Diagnostic> findings;
  for (auto const& failure : summary.first_failures)
    findings.push_back(
        {Severity::error,
         {},
         fmt::format("{} of {} trajectories ended with status {}", summary.count(failure.status),
                     summary.trajectories, name_of(failure.status)),
         fmt::format("the first: trajectory {}", failure.id),
         {}});
  return findings;
}

WholeRun whole_run_of(RunReport const& report, u64 trajectories) {
  bool const is_precise = !report.until.empty() && !report.interrupted;
  return report.part_of.value_or(
      WholeRun{report.first, is_precise ? trajectories : report.requested});
}

ContinuedRun::ContinuedRun(ResultFile const& file, std::string const& path)
    : recorded_(record_of(file), path), kept_(kept_in(file, columns())) {
  auto const& summary = file.summary();
  // Times that are spread as widely as possible are so again when they are asked for.
  options_.histogram_times = static_cast<u32>(summary.histogram_times.size());
  options_.covariance = file.has_covariance();
  for (auto const& pair : summary.lagged)
    options_.lagged.push_back(pair_of(pair.name, columns(), path));
  options_.first_passages = file.report().first_passages;
  options_.alike = experiment().alike();
  options_.exact_sums = true;
}

void JoinedReport::add(RunReport const& report) {
  if (is_empty_) {
    report_ = report;
    report_.certificate.reset();
  } else {
    add_text(report_.engine, report.engine);
    add_text(report_.isa, report.isa);
    add_text(report_.code, report.code);
    report_.threads = std::max(report_.threads, report.threads);
    report_.simulated_events += report.simulated_events;
    report_.wall_seconds += report.wall_seconds;
  }
  is_empty_ = false;
  if (!report.certificate) return;
  auto const& part = *report.certificate;
  certificate_.passed = part.passed && (with_certificate_++ == 0 || certificate_.passed);
  if (!part.passed) worst_failed_ = std::min(worst_failed_, part.p_value);
  certificate_.trajectories += part.trajectories;
  certificate_.whole += part.whole;
  certificate_.events += part.events;
  for (auto const& reaction : part.reactions) {
    auto& sums = followed_[reaction.id];
    sums.first += reaction.firings;
    sums.second += reaction.integral;
  }
}

RunReport JoinedReport::joined(Network const& network, EnsembleSummary const& summary) const {
  RunReport report = report_;
  if (with_certificate_ > 0) {
    MartingaleSums sums;
    for (auto const& reaction : network.reactions) {
      auto const found = followed_.find(reaction.id);
      bool const is_known = found != followed_.end();
      sums.firings.push_back(is_known ? found->second.first : 0);
      sums.integrals.push_back(is_known ? found->second.second : 0);
    }
    sums.trajectories = certificate_.trajectories;
    sums.events = certificate_.events;
    auto const result = martingale_result(network, sums);
    report.certificate = certificate_;
    report.certificate->p_value = std::min(result.p_value, worst_failed_);
    report.certificate->reactions = result.reactions;
    if (martingale_finding(result, certificate_false_alarm_rate))
      report.certificate->passed = false;
  }
  bool const has_failures = !summary.first_failures.empty();
  bool const is_refuted = report.certificate && !report.certificate->passed;
  report.exit_status = static_cast<int>(is_refuted     ? ExitCode::verification
                                        : has_failures ? ExitCode::numerical
                                                       : ExitCode::ok);
  report.interrupted = false;
  return report;
}

}  // namespace cristae
