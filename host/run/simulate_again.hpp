// host/run/simulate_again.hpp - the samples of some trajectories, whether or not they were kept.
#pragma once

#include <string>
#include <vector>

#include "host/engine/engine.hpp"
#include "host/stats/column.hpp"

namespace cristae {

struct TrajectoryValues {
  std::vector<double> values;  ///< [trajectory][column][sample time]; NaN where not reached
  std::vector<u64> hashes;     ///< contract hashes
};

/// Runs trajectories plan.first .. plan.first + plan.trajectories - 1 and keeps every sample, with
/// the bits they have in any ensemble. The plan's counted reactions are those of the columns.
/// Throws Error: usage if memory does not suffice, and as make_engine does. Empty where control.stop
/// was set.
TrajectoryValues simulate_again(RunPlan plan, std::string const& engine,
                                std::vector<Column> const& columns, RunControl& control);

}  // namespace cristae
