// host/cli/estimate.hpp - what a run will cost: events, time, memory, disk.
#pragma once

#include <string>

#include "host/engine/experiment.hpp"

namespace cristae {

/// The section of `inspect` on a run of so many trajectories. Simulates some of them, for about a
/// second at most, on the cpu engine with all cores and the statistics that a run keeps.
std::string estimate_text(Experiment const& experiment, u64 trajectories);

}  // namespace cristae
