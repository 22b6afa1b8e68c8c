// host/run/measure_speed.hpp - how fast an engine is on this machine, by a short run.
#pragma once

#include <string>

#include "host/engine/engine.hpp"
#include "host/io/speed_report.hpp"
#include "host/model/network.hpp"

namespace cristae {

/// On what, and how long.
struct SpeedRequest {
  std::string engine;
  std::string isa;  ///< empty: the best
  Code code = Code::automatic;
  u32 threads = 0;  ///< 0: all cores
  double seconds = 0.5;
};

/// Events of `network` from its start on, over and over, for so many seconds, without the engine's
/// start, compilation included. Of a trajectory at most 200,000 events, and those up to the network's
/// t_end. Throws Error as make_engine does.
Speed measure_speed(Network const& network, SpeedRequest const& request);

}  // namespace cristae
