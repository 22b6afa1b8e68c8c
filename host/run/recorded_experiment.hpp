// host/run/recorded_experiment.hpp - the experiment of a result, made again from what it holds.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/engine/experiment.hpp"
#include "host/io/result_file.hpp"
#include "host/io/run_report.hpp"
#include "host/model/network.hpp"
#include "host/stats/column.hpp"

namespace cristae {

/// What a result holds of its run, from a file or from memory.
struct RunRecord {
  RunReport report;
  std::string network_text;
  std::vector<double> times;
  std::vector<std::pair<ColumnKind, std::string>> columns;  ///< kinds and names
};
RunRecord record_of(ResultFile const& file);

/// What was asked of the network, but for the sample times.
ExperimentRequest request_of(RunRecord const& record);
/// The result that a run started from: where the run found it, or next to the result at `path`. Throws
/// Error(input_output).
std::string find_start(std::string const& start, std::string const& path);

/// Network, condition, values, sampling grid, initial copy numbers and columns of a run.
class RecordedExperiment {
 public:
  /// `path` names the result in messages, and the result that the run started from is looked for
  /// beside it, too. Throws Error: model where this version cannot read the network any more;
  /// input_output where the run started from the end states of another result and that is gone;
  /// verification where that is another one by now, or the grid comes out differently.
  RecordedExperiment(RunRecord const& record, std::string const& path);
  RecordedExperiment(RecordedExperiment const&) = delete;  // the experiment points to the network
  RecordedExperiment& operator=(RecordedExperiment const&) = delete;

  Network const& network() const { return network_; }
  Experiment const& experiment() const { return experiment_; }
  /// That the experiment was resolved from; with a way to ask for its sample times.
  ExperimentRequest const& request() const { return request_; }
  std::vector<Column> const& columns() const { return columns_; }

 private:
  Network network_;
  ExperimentRequest request_;
  Experiment experiment_;
  std::vector<Column> columns_;
};

}  // namespace cristae
