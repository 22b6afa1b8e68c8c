// host/cpu/replay.hpp - one trajectory of an ensemble again, event by event.
#pragma once

#include "host/engine/engine.hpp"

namespace cristae {

/// Runs trajectory plan.first alone, with the bits it has in the ensemble: same events, same samples,
/// same contract hash. `log` sees every event, `sink` the samples and the end.
/// Throws Error as the cpu engine does. Stops early, without an end, where control.stop is set.
void replay_trajectory(RunPlan const& plan, EventLog& log, SampleSink& sink, RunControl& control);

}  // namespace cristae
