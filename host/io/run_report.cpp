// host/io/run_report.cpp - figures of speed.
#include "host/io/run_report.hpp"

#include <limits>

namespace cristae {

double RunReport::events_per_second() const {
  return wall_seconds > 0 ? static_cast<double>(simulated_events) / wall_seconds : 0;
}

double RunReport::nanoseconds_per_event_per_core() const {
  return simulated_events > 0 ? wall_seconds * 1e9 * threads / static_cast<double>(simulated_events)
                              : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace cristae
