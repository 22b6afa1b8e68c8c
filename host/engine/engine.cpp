// host/engine/engine.cpp - names of statuses.
#include "host/engine/engine.hpp"

namespace cristae {

char const* name_of(TrajectoryStatus status) {
  switch (status) {
    case TrajectoryStatus::completed: return "completed";
    case TrajectoryStatus::absorbed: return "absorbed";
    case TrajectoryStatus::budget: return "budget";
    case TrajectoryStatus::overflow: return "overflow";
    case TrajectoryStatus::bad_propensity: return "bad_propensity";
    case TrajectoryStatus::stopped: return "stopped";
  }
  return "unknown";
}

}  // namespace cristae
