// host/cpu/replay.cpp - the one-lane form with an eye on every event.
#include "host/cpu/replay.hpp"

#include <algorithm>
#include <vector>

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
  u32 sample_count;
  std::vector<double> samples;  ///< [species][sample]

  void sample(u32 index, core::WideCounts const& counts) {
    for (u32 s = 0; s < tables.program().species; ++s)
      samples[usize(s) * sample_count + index] = double(counts.get(s));
  }
  void event(core::TrajectoryState const& t, u32 reaction, core::WideCounts const& counts) {
    log.event(t.events(), time_of(t, tables), ReactionId(reaction),
              {counts.counts, tables.program().hashed});
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
  u32 const leaves = u32{1} << core::tree_depth(std::max(1u, program.reactions));
  std::vector<float> registers(tables.register_count()), sums(2 * usize(leaves));
  std::vector<i64> counts(program.species);
  core::OneLane const memory{registers.data(), counts.data(), sums.data(), leaves};
  u32 const sample_count = u32(plan.experiment->sample_times.size());
  ReplayHost host{tables, log, control, sample_count,
                  std::vector<double>(usize(program.species) * sample_count)};
  core::OneLaneRunner<ReplayHost> runner{
      program, memory,    core::TableOneLaws{program, tables.dependencies(), memory},
      host,    plan.seed, plan.max_events};
  core::TrajectoryState state{};
  auto const outcome = runner.run(state, begin);
  if (outcome.interrupted) return;

  TrajectoryEnd end = end_of(state, outcome.status, outcome.reaction,
                             core::WideCounts{counts.data(), registers.data()}, tables, plan);
  end.id = plan.first;
  sink.finished(end, host.samples);
  control.trajectories = 1;
}

}  // namespace cristae
