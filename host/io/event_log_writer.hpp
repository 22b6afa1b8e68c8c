// host/io/event_log_writer.hpp - the events of a replayed trajectory as CSV, as they come.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "host/engine/engine.hpp"

namespace cristae {

/// `event,time,reaction,state`: the number of the event (0: the start), its time with 17 significant
/// digits, the reaction's id, and the copy numbers that changed as `id=count` separated by spaces
/// (event 0: all of them). What triggered events change has a row without a reaction, with the number
/// of the last event, and parameters that they set among the changes (at the start: all of these).
class EventLogWriter final : public EventLog {
 public:
  /// `write` is handed pieces of about 64 KiB; the rest by finish().
  EventLogWriter(Experiment const& experiment, u64 trajectory,
                 std::function<void(std::string_view)> write);

  void event(u64 number, double time, ReactionId reaction, std::span<i64 const> counts) override;
  void looked_at_events(double time, std::span<i64 const> counts,
                        std::span<double const> parameters) override;
  void finish();

 private:
  Network const& network_;
  std::function<void(std::string_view)> write_;
  std::vector<i64> last_;  ///< copy numbers after the event before: shows scheduled additions too
  std::vector<ParameterId> set_;  ///< what triggered events set
  std::vector<double> last_set_;  ///< their values; empty before the first look
  u64 last_number_ = 0;
  std::string buffer_;

  std::string changes(std::span<i64 const> counts);
};

}  // namespace cristae
