// host/cpu/trajectory_end.hpp - the core's state of an ended trajectory as the engines report it.
#pragma once

#include <algorithm>

#include "host/core/trajectory.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/tables.hpp"

namespace cristae {

/// Time of the last event or change: that of the next stop less what is left to it.
inline double time_of(core::TrajectoryState const& t, Tables const& tables) {
  auto const& stops = tables.stop_times();
  return stops[std::min<usize>(t.stop, stops.size() - 1)] -
         (double(t.left.high) + double(t.left.low));
}

/// `reaction` is at least the number of reactions where there is none to name.
template <class Counts>
TrajectoryEnd end_of(core::TrajectoryState const& t, core::Status status, u32 reaction,
                     Counts const& counts, Tables const& tables, RunPlan const& plan) {
  core::Program const& program = tables.program();
  TrajectoryEnd end;
  end.id = t.id;
  end.status = TrajectoryStatus(status);
  end.events = t.events();
  end.hash = t.hash;
  end.samples = t.sample;
  end.reaction = end.status == TrajectoryStatus::bad_event               ? i32(reaction)
                 : reaction < plan.experiment->network->reactions.size() ? i32(reaction)
                                                                         : -1;
  bool const ran_out =
      end.status == TrajectoryStatus::completed || end.status == TrajectoryStatus::absorbed;
  end.time = ran_out ? plan.experiment->t_end : time_of(t, tables);
  if (!ran_out)
    for (u32 s = 0; s < program.hashed; ++s) end.state.push_back(counts.get(s));
  return end;
}

}  // namespace cristae
