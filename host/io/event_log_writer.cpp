// host/io/event_log_writer.cpp - one line per event.
#include "host/io/event_log_writer.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "host/engine/cells.hpp"
#include "host/io/csv_writer.hpp"

namespace cristae {
namespace {

constexpr usize piece = 65536;

}  // namespace

EventLogWriter::EventLogWriter(Experiment const& experiment, u64 trajectory,
                               std::function<void(std::string_view)> write)
    : network_(*experiment.network), write_(std::move(write)),
      last_(initial_counts(experiment, trajectory)) {
  buffer_ = fmt::format("event,time,reaction,state\n0,{:.17g},,", experiment.segments[0].start);
  for (usize s = 0; s < last_.size(); ++s)
    buffer_ += fmt::format("{}{}={}", s ? " " : "", network_.species[s].id, last_[s]);
  buffer_ += '\n';
}

void EventLogWriter::event(u64 number, double time, ReactionId reaction,
                           std::span<i64 const> counts) {
  auto out = std::back_inserter(buffer_);
  fmt::format_to(out, "{},{:.17g},{},", number, time,
                 csv_field(network_.reactions[u32(reaction)].id));
  char const* separator = "";
  for (usize s = 0; s < counts.size(); ++s) {
    if (counts[s] == last_[s]) continue;
    fmt::format_to(out, "{}{}={}", separator, network_.species[s].id, counts[s]);
    separator = " ";
    last_[s] = counts[s];
  }
  buffer_ += '\n';
  if (buffer_.size() >= piece) finish();
}

void EventLogWriter::finish() {
  write_(buffer_);
  buffer_.clear();
}

}  // namespace cristae
