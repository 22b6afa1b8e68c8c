// host/cli/run_results.hpp - what a finished or stopped run leaves: text, files, exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/cli/options.hpp"
#include "host/engine/experiment.hpp"
#include "host/io/result_file.hpp"
#include "host/io/run_report.hpp"
#include "host/stats/ensemble.hpp"
#include "host/stats/precision.hpp"

namespace cristae {

/// What a run was, how it went, and what has come of it.
struct RunOutcome {
  RunOptions const& options;
  Experiment const& experiment;
  RunReport report;
  EnsembleSummary summary;
  std::vector<PrecisionTarget> targets;          ///< of --until
  bool was_stopped = false;                      ///< by a signal, or because the disk failed
  ResultWriter* result = nullptr;                ///< null without a result file
  std::vector<Diagnostic> certificate_findings;  ///< why the certificate failed
};

/// Prints the table and the findings, and writes every file. One output that cannot be written does
/// not take the others with it. Returns the exit code.
int write_results(RunOutcome outcome);

/// The command line of `replay` or `verify` for trajectories of this run, which are left to name.
std::string command_text(std::string const& command, RunOptions const& options);

/// Prints a line on standard error, unless --quiet is given.
void remark(Talk talk, std::string const& text);

}  // namespace cristae
