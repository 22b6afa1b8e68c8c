// host/cpu/replay.cpp - the one-lane form with an eye on every event.
#include "host/cpu/replay.hpp"

#include <algorithm>
#include <vector>

#include "host/core/events.hpp"
#include "host/core/one_lane.hpp"
#include "host/cpu/trajectory_end.hpp"
#include "host/engine/cells.hpp"
#include "host/engine/tables.hpp"

namespace cristae {
namespace {

struct ReplayHost {
  static constexpr bool sees_events = true;
  Tables const& tables;
  EventLog& log;
  RunControl& control;
  RunPlan const& plan;
  u32 sample_count;
  std::vector<double> samples;  ///< [species][sample]

  void sample(u32 index, core::WideCounts const& counts) {
    for (u32 s = 0; s < tables.program().species; ++s)
      samples[usize(s) * sample_count + index] = double(counts.get(s));
  }
  void event(core::TrajectoryState const& t, u32 reaction, core::WideCounts& counts) {
    log.event(t.events(), now(tables.program(), t, counts), ReactionId(reaction),
              {counts.counts, tables.program().hashed});
  }
  core::Settled happen(core::Program const& program, core::TrajectoryState& t,
                       core::WideCounts& counts, core::Occasion occasion) {
    double const time =
        occasion <= core::Occasion::changes ? tables.stop_times()[t.stop] : now(program, t, counts);
    auto const settled = core::carry_out(program, t, counts, occasion);
    // Before time 0 nothing is looked at.
    if (settled != core::Settled::redraws || t.stop < program.events.from) return settled;
    log.looked_at_events(time, {counts.counts, program.hashed}, parameters(t, counts));
    return settled;
  }
  /// As triggered events see it: counted back from what the clock counts to.
  static double now(core::Program const& program, core::TrajectoryState const& t,
                    core::WideCounts& counts) {
    return core::target_of(program, t, counts) - (double(t.left.high) + double(t.left.low));
  }
  /// In force now: the schedule's, but for those that events have set.
  std::vector<double> parameters(core::TrajectoryState const& t, core::WideCounts& counts) const {
    Cells const cells(*plan.experiment);
    auto const place = plan.place_of(plan.first);
    auto values =
        cells.parameters(place.set, cells.factors(cells.cell_of(place.id)), t.segment - 1);
    auto const words = core::event_words(tables.program(), counts);
    auto const& ids = tables.event_values();
    for (u32 i = 0; i < ids.size(); ++i) values[u32(ids[i])] = words.value(i);
    return values;
  }
  bool pause(u64 events) {
    control.events = events;
    return control.stop;
  }
};

}  // namespace

void replay_on_cpu(RunPlan const& plan, EventLog& log, SampleSink& sink, RunControl& control) {
  LawGraph const graph = build_law_graph(*plan.experiment->network);
  Tables const tables(graph, plan, {1, false, true});
  core::Program program = tables.program();
  auto const place = plan.place_of(plan.first);
  core::Begin begin{place.id, 0, place.id % program.initial_rows, place.sister};
  OwnRow row;
  row.take(graph, tables, plan, place, program, begin);
  u32 const leaves = core::tree_leaves(program.reactions);
  std::vector<float> registers(tables.register_count()), sums(2 * usize(leaves));
  std::vector<i64> counts(program.species);
  core::OneLane const memory{registers.data(), counts.data(), sums.data(), leaves};
  u32 const sample_count = u32(plan.experiment->sample_times.size());
  ReplayHost host{tables, log,          control,
                  plan,   sample_count, std::vector<double>(usize(program.species) * sample_count)};
  core::OneLaneRunner<ReplayHost> runner{
      program, memory,    core::TableOneLaws{program, tables.dependencies(), memory},
      host,    plan.seed, plan.max_events};
  core::TrajectoryState state{};
  auto const outcome = runner.run(state, begin);
  if (outcome.interrupted) return;

  core::WideCounts wide{counts.data(), registers.data()};
  state.left = core::left_to_stop(program, state, wide);
  TrajectoryEnd end = end_of(state, outcome.status, outcome.reaction, wide, tables, plan);
  end.id = plan.first;
  sink.finished(end, host.samples);
  control.trajectories = 1;
}

}  // namespace cristae
