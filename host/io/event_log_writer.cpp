// host/io/event_log_writer.cpp - one line per event.
#include "host/io/event_log_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
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
  for (u32 i = 0; i < network_.parameters.size(); ++i) {
    auto const is_target = [&](EventAssignment const& one) {
      auto const* parameter = std::get_if<ParameterId>(&one.target);
      return parameter && *parameter == ParameterId(i);
    };
    if (std::any_of(network_.events.begin(), network_.events.end(), [&](Event const& event) {
          return std::any_of(event.assignments.begin(), event.assignments.end(), is_target);
        }))
      set_.push_back(ParameterId(i));
  }
  buffer_ = fmt::format("event,time,reaction,state\n0,{:.17g},,", experiment.segments[0].start);
  for (usize s = 0; s < last_.size(); ++s)
    buffer_ += fmt::format("{}{}={}", s ? " " : "", network_.species[s].id, last_[s]);
  buffer_ += '\n';
}

/// Copy numbers that are not those of the row before.
std::string EventLogWriter::changes(std::span<i64 const> counts) {
  std::string text;
  for (usize s = 0; s < counts.size(); ++s) {
    if (counts[s] == last_[s]) continue;
    fmt::format_to(std::back_inserter(text), "{}{}={}", text.empty() ? "" : " ",
                   network_.species[s].id, counts[s]);
    last_[s] = counts[s];
  }
  return text;
}

void EventLogWriter::event(u64 number, double time, ReactionId reaction,
                           std::span<i64 const> counts) {
  fmt::format_to(std::back_inserter(buffer_), "{},{:.17g},{},{}\n", number, time,
                 csv_field(network_.reactions[u32(reaction)].id), changes(counts));
  last_number_ = number;
  if (buffer_.size() >= piece) finish();
}

void EventLogWriter::looked_at_events(double time, std::span<i64 const> counts,
                                      std::span<double const> parameters) {
  auto text = changes(counts);
  bool const is_first = last_set_.empty();
  last_set_.resize(set_.size());
  for (usize i = 0; i < set_.size(); ++i) {
    double const value = parameters[u32(set_[i])];
    if (!is_first && value == last_set_[i]) continue;
    fmt::format_to(std::back_inserter(text), "{}{}={:.17g}", text.empty() ? "" : " ",
                   network_.parameters[u32(set_[i])].id, value);
    last_set_[i] = value;
  }
  if (text.empty()) return;
  fmt::format_to(std::back_inserter(buffer_), "{},{:.17g},,{}\n", last_number_, time, text);
  if (buffer_.size() >= piece) finish();
}

void EventLogWriter::finish() {
  write_(buffer_);
  buffer_.clear();
}

}  // namespace cristae
