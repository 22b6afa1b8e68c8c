// host/run/first_passage.cpp - one run to the passage per condition, and its end times.
#include "host/run/first_passage.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "host/backends/backends.hpp"
#include "host/base/bytes.hpp"

namespace cristae {
namespace {

/// Keeps where trajectories ended in which the condition holds. Needs none of their samples.
class PassageTimes final : public SampleSink, private ReductionSink {
 public:
  PassageTimes(StateCondition const& condition, u64 first, std::vector<double>& times,
               std::vector<u8>& is_known)
      : condition_(condition), first_(first), times_(times), is_known_(is_known) {
    request_.columns = R"(struct Columns {
  template <class... Arguments>
  static CRISTAE_CORE void store(Arguments const&...) {}
};
)";
  }
  void finished(TrajectoryEnd const& end, std::span<double const>) override {
    bool const is_passage = end.status == TrajectoryStatus::stopped && condition_.holds(end.state);
    u64 const i = end.id - first_;
    if (is_passage) std::atomic_ref(times_[i]).store(end.time, std::memory_order_relaxed);
    std::atomic_ref(is_known_[i]).store(1, std::memory_order_release);
  }
  ReductionSink* reduction() override { return this; }

 private:
  ReductionRequest const& request() const override { return request_; }
  /// As many as may have their copy numbers at the end in one message.
  Piece reducible(Piece piece) const override {
    return {piece.first, std::min<u64>(piece.count, 1u << 16)};
  }
  ColumnValues values(Piece) override { return {}; }
  void cell_values(Piece, double*) override {}
  void reduced(ReducedTrajectories const& part) override {
    for (auto const& end : part.ends) finished(end, {});
  }
  u64 next_watched(u64) const override { return none; }
  void watched(TrajectoryEnd const&, std::span<double const>) override {}

  ReductionRequest request_;  ///< of no columns
  StateCondition const& condition_;
  u64 first_;
  std::vector<double>& times_;
  std::vector<u8>& is_known_;
};

/// Trajectories of a step that are not known yet.
std::vector<Piece> unknown(RunPlan const& step, u64 first, std::vector<u8> const& is_known) {
  std::vector<Piece> pieces;
  for (auto const& piece : step.todo())
    for (u64 id = piece.first; id < piece.first + piece.count; ++id) {
      if (is_known[id - first] != 0) continue;
      if (!pieces.empty() && pieces.back().first + pieces.back().count == id)
        ++pieces.back().count;
      else
        pieces.push_back({id, 1});
    }
  return pieces;
}

}  // namespace

FirstPassages::FirstPassages(SampleSink& next, std::vector<StateCondition> conditions,
                             RunPlan const& plan)
    : next_(next), conditions_(std::move(conditions)), first_(plan.first) {
  // Nothing that grows with the trajectories where there are no conditions.
  for (usize c = 0; c < conditions_.size(); ++c) {
    times_.emplace_back(plan.trajectories, std::numeric_limits<double>::quiet_NaN());
    is_known_.emplace_back(plan.trajectories);
  }
}

void FirstPassages::find(RunPlan const& step, std::string const& engine, RunControl& control) {
  u64 const events = control.events, trajectories = control.trajectories;
  for (usize c = 0; c < conditions_.size() && !control.stop; ++c) {
    Experiment to_passage = *step.experiment;
    // What ends the run's trajectory before ends this one, too; what is asked is which it was.
    to_passage.stop_when = either(step.experiment->stop_when, conditions_[c]);
    RunPlan plan = step;
    plan.experiment = &to_passage;
    plan.counted_reactions.clear();
    plan.pieces = unknown(step, first_, is_known_[c]);
    if (plan.pieces.empty()) continue;
    // Of another condition: it is of no use for this one.
    if (condition_ != c)
      for (auto const& one : in_flight_.all()) in_flight_.ended(one.number);
    condition_ = c;
    plan.in_flight = &in_flight_;
    PassageTimes sink(conditions_[c], first_, times_[c], is_known_[c]);
    make_engine(engine, plan)->run(sink, control);
  }
  control.events = events;
  control.trajectories = trajectories;
}

std::string FirstPassages::state() {
  ByteWriter bytes;
  u64 condition = condition_;
  auto under_way = in_flight_.all();
  if (condition != condition_) under_way.clear();
  bytes(condition, under_way);
  for (usize c = 0; c < conditions_.size(); ++c) {
    std::vector<u8> is_known(is_known_[c].size());
    std::vector<double> times(is_known.size());
    for (usize i = 0; i < is_known.size(); ++i) {
      is_known[i] = std::atomic_ref(is_known_[c][i]).load(std::memory_order_acquire);
      times[i] = std::atomic_ref(times_[c][i]).load(std::memory_order_relaxed);
    }
    bytes(conditions_[c].text, is_known, times);
  }
  return bytes.take();
}

void FirstPassages::go_on_from(std::string_view text, std::string const& what) {
  if (conditions_.empty()) return;
  ByteReader bytes(text, what);
  u64 condition = 0;
  std::vector<TrajectoryInFlight> under_way;
  bytes(condition, under_way);
  condition_ = condition;
  for (auto& one : under_way) in_flight_.put(std::move(one));
  for (usize c = 0; c < conditions_.size(); ++c) {
    usize const trajectories = times_[c].size();
    std::string name;
    bytes(name, is_known_[c], times_[c]);
    bytes.require(name == conditions_[c].text && is_known_[c].size() == trajectories &&
                  times_[c].size() == trajectories);
  }
  bytes.require(bytes.is_at_end());
}

void FirstPassages::finished(TrajectoryEnd const& end, std::span<double const> samples) {
  next_.finished(with_passages(end), samples);
}

void FirstPassages::reduced(ReducedTrajectories const& part) {
  std::vector<TrajectoryEnd> ends;
  for (auto const& end : part.ends) ends.push_back(with_passages(end));
  ReducedTrajectories with = part;
  with.ends = ends;
  next_.reduction()->reduced(with);
}

TrajectoryEnd FirstPassages::with_passages(TrajectoryEnd end) const {
  for (auto const& times : times_) end.first_passages.push_back(times[end.id - first_]);
  return end;
}

ReductionSink* FirstPassages::reduction() {
  if (next_.reduction() == nullptr) return nullptr;
  return conditions_.empty() ? next_.reduction() : this;
}

}  // namespace cristae
