// host/cpu/replay.hpp - one trajectory of an ensemble again, event by event.
#pragma once

#include "host/engine/engine.hpp"

namespace cristae {

/// See host/backends/backends.hpp, where callers find it.
void replay_on_cpu(RunPlan const& plan, EventLog& log, SampleSink& sink, RunControl& control);

}  // namespace cristae
