// host/run/measure_speed.hpp - how fast an engine is on this machine, by a short run.
#pragma once

#include <string>

#include "host/model/network.hpp"

namespace cristae {

/// Events per second of wall time over about half a second of `network` to its t_end, without the
/// engine's start. Throws Error as make_engine does.
double measure_events_per_second(Network const& network, std::string const& engine);

}  // namespace cristae
