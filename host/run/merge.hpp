// host/run/merge.hpp - results of parts of a run to the result of the run.
#pragma once

#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/engine.hpp"
#include "host/io/output_file.hpp"
#include "host/io/run_report.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// What to do where trajectories of the run are in no result.
enum class Gaps : u8 {
  refuse,
  leave_out  ///< the longest stretch without a gap is the result, which says so
};

struct MergeRequest {
  std::vector<std::string> results;  ///< in any order
  std::string output;
  Overwrite overwrite = Overwrite::refuse;
  Gaps gaps = Gaps::refuse;
};

struct MergeOutcome {
  RunReport report;
  EnsembleSummary summary;
  u64 results = 0;                  ///< that are in it
  std::vector<Diagnostic> remarks;  ///< on what is missing or was left out
};

/// Writes the result that one run of all trajectories would have written, but for what tells how they
/// were run: names of engines are joined, times and events are added up, and so are the certificates'
/// sums. Sums are added in the order of trajectories, one result after the other, each of which is
/// open only while it is read.
/// Throws Error with every finding: input_output for files that cannot be read or written or are
/// damaged; usage for results without exact sums, of other runs, that overlap, or with gaps;
/// interrupted where control.stop was set before all was added up: nothing is written.
MergeOutcome merge_results(MergeRequest const& request, RunControl& control);

}  // namespace cristae
