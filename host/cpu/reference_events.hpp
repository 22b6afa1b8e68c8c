// host/cpu/reference_events.hpp - triggered events as the reference engine carries them out.
//
// The rules of docs/decisions/0015-events.md once more, in double, with expressions evaluated from their
// trees: what host/core/events.hpp is compared with.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "host/engine/engine.hpp"
#include "host/model/event_time.hpp"

namespace cristae {

class ReferenceEvents {
 public:
  /// `stops`: times of samples and scheduled changes, increasing.
  ReferenceEvents(Network const& network, std::vector<double> stops);

  bool any() const { return !network_.events.empty(); }
  bool have_begun() const { return has_begun_; }
  /// The next time at which something is due while the state stays as it is.
  double next() const { return next_; }
  /// Everything that happens at `time`; the first call is at time 0. What went wrong, if anything.
  std::optional<EventFailure> happen(double time, std::vector<double>& counts,
                                     std::vector<double>& parameters);

 private:
  struct Pending {
    u32 event;
    double due;
    std::vector<double> values;
  };

  double snapped(double time) const;
  std::vector<double> values_of(Event const& event, ExpressionValues const& values) const;
  std::optional<EventFailure> look(ExpressionValues const& values);
  std::optional<usize> first_due(ExpressionValues const& values) const;
  std::optional<EventFailure> execute(Pending const& pending, ExpressionValues const& values,
                                      std::vector<double>& counts, std::vector<double>& parameters);

  Network const& network_;
  std::vector<double> stops_;
  std::vector<TimedTrigger> triggers_;
  std::vector<bool> latches_;
  std::vector<Pending> pending_;
  bool has_begun_ = false;
  double next_;
};

}  // namespace cristae
