// host/cpu/reference_events.hpp - triggered events as the reference engine carries them out.
//
// What host/core/events.hpp is compared with.
#pragma once

#include <optional>
#include <vector>

#include "host/engine/waiting_events.hpp"

namespace cristae {

class ReferenceEvents {
 public:
  /// The experiment must outlive this.
  explicit ReferenceEvents(Experiment const& experiment);

  bool any() const { return !network_.events.empty(); }
  bool have_begun() const { return has_begun_; }
  /// The next time at which something is due while the state stays as it is.
  double next() const { return next_; }
  /// Everything that happens at `time`; the first call is at time 0. What went wrong, if anything.
  std::optional<EventFailure> happen(double time, std::vector<double>& counts,
                                     std::vector<double>& parameters);

 private:
  std::optional<EventFailure> execute(WaitingEvents::Waiting const& due,
                                      ExpressionValues const& values, std::vector<double>& counts,
                                      std::vector<double>& parameters);

  Network const& network_;
  WaitingEvents waiting_;
  bool has_begun_ = false;
  double next_;
  u32 in_a_row_ = 0;  ///< executions at times between which there is no other
};

}  // namespace cristae
