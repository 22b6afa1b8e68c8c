// host/cpu/pilot.hpp - how many events a run will have, from the first ones of one trajectory.
#pragma once

#include "host/engine/engine.hpp"
#include "host/engine/tables.hpp"

namespace cristae {

/// Events of a trajectory of the plan: those of trajectory plan.first up to an early end of it at
/// 20,000 events, which takes a millisecond, continued at the same pace. `wide` is of `graph`.
double predicted_events(RunPlan const& plan, LawGraph const& graph, Tables const& wide);
double predicted_events(RunPlan const& plan);

}  // namespace cristae
