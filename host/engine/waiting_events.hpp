// host/engine/waiting_events.hpp - triggered events in plain recursion: what turns true, waits and is due.
//
// The rules of docs/decisions/0015-events.md once more, in double, with expressions evaluated from their
// trees, for engines that share no code with host/core/events.hpp.
#pragma once

#include <optional>
#include <vector>

#include "host/engine/engine.hpp"
#include "host/model/event_time.hpp"

namespace cristae {

class WaitingEvents {
 public:
  struct Waiting {
    u32 event;
    double due;
    std::vector<double> values;  ///< that it sets, where they are those of its trigger's time
  };

  /// The experiment must outlive this.
  explicit WaitingEvents(Experiment const& experiment, TimedTrigger::Decide decide = {});
  WaitingEvents(WaitingEvents const&) = delete;

  /// Puts down what turned true, and gives up what does not persist. What went wrong, if anything.
  std::optional<EventFailure> look(ExpressionValues const& values);
  /// Of what is due, that of the highest priority; then the first in the file; then the oldest.
  std::optional<usize> first_due(ExpressionValues const& values) const;
  Waiting const& operator[](usize i) const { return waiting_[i]; }
  void remove(usize i) { waiting_.erase(waiting_.begin() + std::ptrdiff_t(i)); }
  /// What it sets.
  std::vector<double> values_of(Waiting const& waiting, ExpressionValues const& values) const;
  /// The next time at which something is due while the state stays as it is.
  double next(ExpressionValues const& values) const;

 private:
  Network const& network_;
  std::vector<double> stops_;  ///< times of samples and scheduled changes, increasing
  std::vector<TimedTrigger> triggers_;
  std::vector<bool> latches_;
  std::vector<Waiting> waiting_;

  double snapped(double time) const;
  std::vector<double> values_now(Event const& event, ExpressionValues const& values) const;
};

}  // namespace cristae
