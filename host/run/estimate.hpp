// host/run/estimate.hpp - what a run will cost: events, time, memory, disk.
#pragma once

#include <string>

#include "host/base/types.hpp"
#include "host/engine/experiment.hpp"

namespace cristae {

/// The section of `inspect` on a run of so many trajectories. Simulates some of them, for about a
/// second at most, on the cpu engine with all cores and the statistics that a run keeps.
std::string estimate_text(Experiment const& experiment, u64 trajectories);

/// Whether what a run would cost is worked out.
enum class Estimate : u8 { shown, left_out };

/// That section for a request, or why there is none. Throws Error(usage) for wrong names and times,
/// with or without the estimate.
std::string cost_text(Network const& network, ExperimentRequest const& asked, u64 trajectories,
                      Estimate estimate);

}  // namespace cristae
