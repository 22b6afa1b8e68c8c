// host/run/result_parts.hpp - results of parts of one run: whether they are, and what they add up to.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/engine/engine.hpp"
#include "host/io/result_file.hpp"
#include "host/io/run_report.hpp"
#include "host/run/recorded_experiment.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// A result, and which trajectories of a run it holds.
struct PartOfRun {
  std::string path;
  Piece trajectories;
};

/// "3 to 9", or "3".
std::string range_text(Piece piece);

/// What the results of one run have in common, by name, as text: network, values, grid, seed, columns,
/// and what is kept. Not which trajectories, nor what has run them.
std::vector<std::pair<std::string, std::string>> traits_of(ResultFile const& file);

/// One finding per status in which trajectories ended early.
std::vector<Diagnostic> failures_of(EnsembleSummary const& summary);

/// The run that a result of so many trajectories is of, or is a part of. One that ended because it was
/// precise enough has no more.
WholeRun whole_run_of(RunReport const& report, u64 trajectories);

/// How a result was made, made again from its file: what is needed to add to it.
class ContinuedRun {
 public:
  /// Throws as RecordedExperiment does.
  ContinuedRun(ResultFile const& file, std::string const& path);

  Experiment const& experiment() const { return recorded_.experiment(); }
  ExperimentRequest const& request() const { return recorded_.request(); }
  std::vector<Column> const& columns() const { return recorded_.columns(); }
  KeptTrajectories const& kept() const { return kept_; }
  /// Of its recorder, with exact sums; without blocks and threads.
  RecorderOptions const& options() const { return options_; }

 private:
  RecordedExperiment recorded_;
  KeptTrajectories kept_;
  RecorderOptions options_;
};

/// Puts together what reports say of how parts of a run went: engines, time, certificates.
class JoinedReport {
 public:
  /// Everything but how it went is the first one's.
  void add(RunReport const& report);
  /// With the outcome of the trajectories; throws nothing.
  RunReport joined(Network const& network, EnsembleSummary const& summary) const;

 private:
  RunReport report_;
  bool is_empty_ = true;
  u64 with_certificate_ = 0;
  Certificate certificate_;
  double worst_failed_ = 1;  ///< p-value of a certificate that failed by itself
  std::map<std::string, std::pair<u64, double>> followed_;  ///< firings, integrals by reaction
};

}  // namespace cristae
