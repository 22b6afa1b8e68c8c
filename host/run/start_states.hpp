// host/run/start_states.hpp - --start-from: the end states of an earlier run as initial states.
#pragma once

#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/experiment.hpp"

namespace cristae {

/// Where the initial states come from.
struct StartStates {
  std::string result;      ///< the file; empty where the network gives the initial counts
  std::vector<u64> seeds;  ///< of the runs that lead to the states
  u64 contract_hash = 0;   ///< of the result
  u64 states = 0;
  std::vector<Diagnostic> remarks;  ///< notes on what was left out or is not used
};

/// Replaces the initial copy numbers by the end states of a result file, for a run with `seed`.
/// Throws Error(usage) if the result has none, if none is usable, or if the seed has led to these
/// states already; Error(input_output) as ResultFile does.
StartStates start_from_result(Experiment& experiment, std::string const& path, u64 seed);

}  // namespace cristae
