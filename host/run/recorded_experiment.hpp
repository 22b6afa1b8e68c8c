// host/run/recorded_experiment.hpp - the experiment of a result file, made again from what it holds.
#pragma once

#include <string>
#include <vector>

#include "host/engine/experiment.hpp"
#include "host/io/result_file.hpp"
#include "host/model/network.hpp"
#include "host/stats/column.hpp"

namespace cristae {

/// Network, condition, values, sampling grid, initial copy numbers and columns of a run.
class RecordedExperiment {
 public:
  /// `path` names the file in messages. Throws Error: model where this version cannot read the
  /// network any more; input_output where the run started from the end states of another result and
  /// that is gone; verification where that is another one by now, or the grid comes out differently.
  RecordedExperiment(ResultFile const& file, std::string const& path);
  RecordedExperiment(RecordedExperiment const&) = delete;  // the experiment points to the network
  RecordedExperiment& operator=(RecordedExperiment const&) = delete;

  Network const& network() const { return network_; }
  Experiment const& experiment() const { return experiment_; }
  std::vector<Column> const& columns() const { return columns_; }

 private:
  Network network_;
  Experiment experiment_;
  std::vector<Column> columns_;
};

}  // namespace cristae
