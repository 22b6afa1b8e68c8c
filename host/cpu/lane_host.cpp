// host/cpu/lane_host.cpp - events carried out once for all instruction sets.
#include "host/core/events.hpp"
#include "host/cpu/kernel.hpp"

namespace cristae::cpu {

core::Settled LaneHost::happen(core::Program const& program, core::TrajectoryState& state,
                               core::NarrowCounts& counts, core::Occasion occasion) {
  return core::carry_out(program, state, counts, occasion);
}

core::Settled LaneHost::happen(core::Program const& program, core::TrajectoryState& state,
                               core::WideCounts& counts, core::Occasion occasion) {
  return core::carry_out(program, state, counts, occasion);
}

}  // namespace cristae::cpu
