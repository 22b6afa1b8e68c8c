// host/cpu/pilot.cpp - a single trajectory on the tables, cut short.
#include "host/cpu/pilot.hpp"

#include <algorithm>
#include <vector>

#include "host/cpu/kernel.hpp"
#include "host/cpu/trajectory_end.hpp"
#include "host/engine/cells.hpp"

namespace cristae {
namespace {

constexpr u64 pilot_events = 20000;

struct Silent final : cpu::LaneHost {
  bool next(core::u32, core::Begin&) override { return false; }
  void sample(core::u32, core::u32, core::NarrowCounts const&) override {}
  void sample_wide(core::u32, core::WideCounts const&) override {}
  void finished(core::u32, core::TrajectoryState const&, core::Status, core::u32,
                core::NarrowCounts const&) override {}
  void widen(core::u32, core::TrajectoryState const&, bool, core::NarrowCounts const&) override {}
  bool pause(core::u32) override { return false; }
  bool pause_wide(core::u64) override { return false; }
};

}  // namespace

double predicted_events(RunPlan const& plan, LawGraph const& graph, Tables const& wide) {
  core::Program program = wide.program();
  auto const place = plan.place_of(plan.first);
  core::Begin begin{place.id, 0, place.id % program.initial_rows, place.sister};
  OwnRow row;
  row.take(graph, wide, plan, place, program, begin);
  u32 const leaves = core::tree_leaves(program.reactions);
  std::vector<float> registers(wide.register_count()), sums(2 * usize(leaves));
  std::vector<core::i64> counts(program.species);
  core::OneLane const memory{registers.data(), counts.data(), sums.data(), leaves};
  Silent host;
  core::TrajectoryState state{};
  auto const outcome = cpu::kernel_portable(cpu::BlockSize::small)
                           .run_one(program, wide.dependencies(), memory, host, state, &begin,
                                    plan.seed, std::min(pilot_events, plan.max_events));
  core::WideCounts at_end{counts.data(), registers.data()};
  state.left = core::left_to_stop(program, state, at_end);
  auto const end = end_of(state, outcome.status, outcome.reaction, at_end, wide, plan);
  Experiment const& experiment = *plan.experiment;
  double const whole = experiment.t_end + experiment.burn_in;
  double const part = end.time + experiment.burn_in;
  bool const was_cut = end.status == TrajectoryStatus::budget && part > 0;
  return std::min(double(state.events()) * (was_cut ? whole / part : 1), double(plan.max_events));
}

double predicted_events(RunPlan const& plan) {
  LawGraph const graph = build_law_graph(*plan.experiment->network);
  return predicted_events(plan, graph, Tables(graph, plan, TableShape{1, false, true}));
}

}  // namespace cristae
