// host/run/first_passage.cpp - one run to the passage per condition, and its end times.
#include "host/run/first_passage.hpp"

#include <limits>
#include <utility>

#include "host/backends/backends.hpp"

namespace cristae {
namespace {

/// Keeps where trajectories ended in which the condition holds.
class PassageTimes final : public SampleSink {
 public:
  PassageTimes(StateCondition const& condition, u64 first, std::vector<double>& times)
      : condition_(condition), first_(first), times_(times) {}
  void finished(TrajectoryEnd const& end, std::span<double const>) override {
    bool const is_passage = end.status == TrajectoryStatus::stopped && condition_.holds(end.state);
    if (is_passage) times_[end.id - first_] = end.time;
  }

 private:
  StateCondition const& condition_;
  u64 first_;
  std::vector<double>& times_;
};

}  // namespace

FirstPassages::FirstPassages(SampleSink& next, std::vector<StateCondition> conditions,
                             RunPlan const& plan)
    : next_(next), conditions_(std::move(conditions)), first_(plan.first),
      times_(conditions_.size(),
             std::vector<double>(plan.trajectories, std::numeric_limits<double>::quiet_NaN())) {}

void FirstPassages::find(RunPlan const& step, std::string const& engine, RunControl& control) {
  u64 const events = control.events, trajectories = control.trajectories;
  for (usize c = 0; c < conditions_.size() && !control.stop; ++c) {
    Experiment to_passage = *step.experiment;
    // What ends the run's trajectory before ends this one, too; what is asked is which it was.
    to_passage.stop_when = either(step.experiment->stop_when, conditions_[c]);
    RunPlan plan = step;
    plan.experiment = &to_passage;
    plan.counted_reactions.clear();
    PassageTimes sink(conditions_[c], first_, times_[c]);
    make_engine(engine, plan)->run(sink, control);
  }
  control.events = events;
  control.trajectories = trajectories;
}

void FirstPassages::finished(TrajectoryEnd const& end, std::span<double const> samples) {
  TrajectoryEnd with_passages = end;
  for (auto const& times : times_) with_passages.first_passages.push_back(times[end.id - first_]);
  next_.finished(with_passages, samples);
}

ReductionSink* FirstPassages::reduction() {
  return conditions_.empty() ? next_.reduction() : nullptr;
}

}  // namespace cristae
