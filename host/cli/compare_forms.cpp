// host/cli/compare_forms.cpp - bits, events and means.
#include "host/cli/compare_forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "host/backends/backends.hpp"
#include "host/base/error.hpp"
#include "host/io/json_writer.hpp"

namespace cristae {
namespace {

bool has_same_bits(double a, double b) { return std::bit_cast<u64>(a) == std::bit_cast<u64>(b); }

std::string time_text(Experiment const& experiment, double time) {
  auto const& unit = experiment.network->time_unit;
  return fmt::format("{:.9g}{}{}", time, unit.empty() ? "" : " ", unit);
}

/// The first thing in which two ends differ; empty: none.
std::string end_difference(TrajectoryEnd const& expected, TrajectoryEnd const& end,
                           Experiment const& experiment) {
  if (end.status != expected.status)
    return fmt::format("status {}, in the replay {}", name_of(end.status),
                       name_of(expected.status));
  if (end.events != expected.events)
    return fmt::format("{} events, in the replay {}", end.events, expected.events);
  auto const& species = experiment.network->species;
  for (usize s = 0; s < std::min({end.state.size(), expected.state.size(), species.size()}); ++s)
    if (end.state[s] != expected.state[s])
      return fmt::format("'{}' is {}, in the replay {}", species[s].id, end.state[s],
                         expected.state[s]);
  if (!has_same_bits(end.time, expected.time))
    return fmt::format("the time is {:.17g}, in the replay {:.17g}", end.time, expected.time);
  if (end.reaction != expected.reaction) return "another reaction is named";
  if (end.samples != expected.samples)
    return fmt::format("{} samples, in the replay {}", end.samples, expected.samples);
  if (end.hash != expected.hash || end.state != expected.state)
    return fmt::format("contract hash {}, in the replay {}", hash_text(end.hash),
                       hash_text(expected.hash));
  return {};
}

/// Keeps the end of one trajectory.
struct OneEnd final : SampleSink {
  explicit OneEnd(u64 trajectory) : id(trajectory) {}
  void finished(TrajectoryEnd const& end, std::span<double const>) override {
    if (end.id == id) kept = end;  // there is one of this id, so no lock
  }
  u64 id;
  std::optional<TrajectoryEnd> kept;
};

/// Keeps the event of one number.
struct OneEvent final : EventLog {
  explicit OneEvent(u64 n) : number(n) {}
  void event(u64 n, double at, ReactionId which, std::span<i64 const>) override {
    if (n != number) return;
    time = at;
    reaction = which;
  }
  u64 number;
  double time = 0;
  std::optional<ReactionId> reaction;
};

/// A trajectory in both forms, up to a number of events.
struct BothEnds {
  std::optional<TrajectoryEnd> replay, form;
  OneEvent last;

  BothEnds(RunPlan const& plan, RunForm const& run, u64 trajectory, u64 events, RunControl& control)
      : last(events) {
    RunPlan cut = plan;
    cut.max_events = std::min(plan.max_events, events);
    OneEnd in_form(trajectory), in_replay(trajectory);
    run(cut, in_form, control);
    cut.first = trajectory;
    cut.trajectories = 1;
    replay_trajectory(cut, last, in_replay, control);
    replay = std::move(in_replay.kept);
    form = std::move(in_form.kept);
  }

  std::string difference(Experiment const& experiment) const {
    if (!replay || !form) return "it did not come";
    return end_difference(*replay, *form, experiment);
  }
};

}  // namespace

KeptTrajectorySet::KeptTrajectorySet(RunPlan const& plan)
    : first_(plan.first), kept_(plan.trajectories) {}

u64 KeptTrajectorySet::bytes(RunPlan const& plan) {
  u64 const species = plan.experiment->network->species.size() + plan.counted_reactions.size();
  return plan.trajectories * (sizeof(std::optional<Trajectory>) +
                              8 * species * (plan.experiment->sample_times.size() + 1));
}

void KeptTrajectorySet::finished(TrajectoryEnd const& end, std::span<double const> samples) {
  if (end.id < first_ || end.id - first_ >= kept_.size())
    throw Error(ExitCode::internal, fmt::format("trajectory {} was not asked for", end.id));
  kept_[end.id - first_] = Trajectory{end, {samples.begin(), samples.end()}};
}

u64 KeptTrajectorySet::events() const {
  u64 events = 0;
  for (auto const& one : kept_) events += one ? one->end.events : 0;
  return events;
}

FormComparison::FormComparison(KeptTrajectorySet const& expected, Experiment const& experiment)
    : expected_(expected), experiment_(experiment), has_come_(expected.trajectories().size()) {}

void FormComparison::finished(TrajectoryEnd const& end, std::span<double const> samples) {
  u64 const i = end.id - expected_.first();
  auto const all = expected_.trajectories();
  std::string text;
  if (end.id < expected_.first() || i >= all.size() || !all[i])
    text = "it was not asked for";
  else
    text = difference(*all[i], end, samples);
  std::lock_guard const lock(mutex_);
  ++came_;
  events_ += end.events;
  if (i < has_come_.size() && std::exchange(has_come_[i], 1) != 0) text = "it came twice";
  if (text.empty()) return;
  ++different_;
  if (first_ && first_->trajectory <= end.id) return;
  u64 const events = i < all.size() && all[i] ? all[i]->end.events : 0;
  first_ = FormDifference{end.id, std::move(text), std::max(events, end.events)};
}

std::string FormComparison::difference(KeptTrajectorySet::Trajectory const& expected,
                                       TrajectoryEnd const& end,
                                       std::span<double const> samples) const {
  auto const& times = experiment_.sample_times;
  auto const& species = experiment_.network->species;
  if (samples.size() != expected.samples.size()) return "another number of samples was handed on";
  usize const rows = times.empty() ? 0 : samples.size() / times.size();
  // Samples first, because they tell where to look, and by time, because that is how it began.
  for (usize k = 0; k < std::min<usize>(end.samples, expected.end.samples); ++k)
    for (usize s = 0; s < rows; ++s) {
      double const value = samples[s * times.size() + k];
      double const wanted = expected.samples[s * times.size() + k];
      if (!has_same_bits(value, wanted))
        return fmt::format("at the sample time {} '{}' is {}, in the replay {}",
                           time_text(experiment_, times[k]),
                           s < species.size() ? species[s].id : "a counter", value, wanted);
    }
  auto text = end_difference(expected.end, end, experiment_);
  return text.empty() ? text : fmt::format("at the end: {}", text);
}

u64 FormComparison::different() const {
  u64 missing = 0;
  for (usize i = 0; i < has_come_.size(); ++i)
    missing += has_come_[i] == 0 && expected_.trajectories()[i].has_value();
  return different_ + missing;
}

std::optional<FormDifference> FormComparison::first_difference() const {
  for (usize i = 0; i < has_come_.size(); ++i) {
    u64 const id = expected_.first() + i;
    if (first_ && first_->trajectory <= id) break;
    auto const& expected = expected_.trajectories()[i];
    if (has_come_[i] == 0 && expected)
      return FormDifference{id, "it did not come", expected->end.events};
  }
  return first_;
}

std::optional<DifferingEvent> first_differing_event(RunPlan const& plan, RunForm const& form,
                                                    u64 trajectory, u64 events,
                                                    RunControl& control) {
  Experiment const& experiment = *plan.experiment;
  auto const difference = [&](u64 budget) {
    return BothEnds(plan, form, trajectory, budget, control).difference(experiment);
  };
  if (events == 0 || difference(events).empty()) return std::nullopt;
  u64 equal = 0, differing = events;
  while (differing - equal > 1 && !control.stop) {
    u64 const middle = equal + (differing - equal) / 2;
    (difference(middle).empty() ? equal : differing) = middle;
  }
  BothEnds const both(plan, form, trajectory, differing, control);
  if (control.stop) return std::nullopt;
  DifferingEvent found{differing, {}};
  if (both.last.reaction)
    found.text = fmt::format("'{}' at time {} in the replay; behind it, ",
                             experiment.network->reactions[usize(*both.last.reaction)].id,
                             time_text(experiment, both.last.time));
  found.text += both.difference(experiment);
  return found;
}

std::vector<MeanComparison> compare_means(KeptTrajectorySet const& a, KeptTrajectorySet const& b,
                                          Experiment const& experiment) {
  usize const times = experiment.sample_times.size();
  auto const got_to_end = [&](auto const& one) { return one && one->end.samples == times; };
  std::vector<MeanComparison> means;
  for (u32 s = 0; s < experiment.network->species.size(); ++s) {
    double sum = 0, squares = 0;
    for (usize i = 0; i < std::min(a.trajectories().size(), b.trajectories().size()); ++i) {
      auto const &x = a.trajectories()[i], &y = b.trajectories()[i];
      if (!got_to_end(x) || !got_to_end(y)) continue;
      usize const last = (usize(s) + 1) * times - 1;
      double const difference = x->samples[last] - y->samples[last];
      sum += difference;
      squares += difference * difference;
    }
    means.push_back({s, squares > 0 ? sum / std::sqrt(squares) : 0});
  }
  return means;
}

double mean_bound(usize species, double false_alarm_rate) {
  return std::sqrt(2 * std::log(2 * double(std::max<usize>(species, 1)) / false_alarm_rate));
}

}  // namespace cristae
