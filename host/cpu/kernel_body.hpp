// host/cpu/kernel_body.hpp - the kernels of one lane type; included by one source file per ISA.
//
// Everything that is not inlined is a template over the lane type, so that no function compiled for
// one instruction set can be linked into another's place.
#pragma once

#include "host/core/generated_laws.hpp"
#include "host/cpu/kernel.hpp"

namespace cristae::cpu {

template <class L>
struct HostOf {
  static constexpr bool sees_events = false;
  LaneHost& host;
  bool next(core::u32 lane, core::Begin& begin) { return host.next(lane, begin); }
  bool resume(core::u32 lane, core::TrajectoryState& state, core::NarrowCounts& counts) {
    return host.resume(lane, state, counts);
  }
  void sample(core::u32 lane, core::u32 index, core::NarrowCounts const& counts) {
    host.sample(lane, index, counts);
  }
  void sample(core::u32 index, core::WideCounts const& counts) { host.sample_wide(index, counts); }
  void finished(core::u32 lane, core::TrajectoryState const& state, core::Status status,
                core::u32 reaction, core::NarrowCounts const& counts) {
    host.finished(lane, state, status, reaction, counts);
  }
  void widen(core::u32 lane, core::TrajectoryState const& state, bool started,
             core::NarrowCounts const& counts) {
    host.widen(lane, state, started, counts);
  }
  template <class Counts>
  core::Settled happen(core::Program const& program, core::TrajectoryState& state, Counts& counts,
                       core::Occasion occasion) {
    return host.happen(program, state, counts, occasion);
  }
  bool pause(core::u32 live) { return host.pause(live); }
  bool pause(core::u64 events) { return host.pause_wide(events); }
};

template <class L, int K, class Laws = core::TableLaws<L, K>>
void run_block(core::Program const& program, core::Block const& block, LaneHost& host,
               core::u64 seed, core::u64 max_events) {
  HostOf<L> of{host};
  core::BlockRunner<L, K, HostOf<L>, Laws> runner(program, block, of, seed, max_events);
  runner.run();
}

template <class L, class Laws>
core::OneLaneOutcome run_one_with(Laws const& laws, core::OneLane const& memory, LaneHost& host,
                                  core::TrajectoryState& state, core::Begin const* begin,
                                  core::u64 seed, core::u64 max_events) {
  HostOf<L> of{host};
  core::OneLaneRunner<HostOf<L>, Laws, L> runner{laws.program, memory, laws, of, seed, max_events};
  return begin != nullptr ? runner.run(state, *begin) : runner.resume(state);
}

template <class L>
core::OneLaneOutcome run_one(core::Program const& program, core::Dependencies const& dependencies,
                             core::OneLane const& memory, LaneHost& host,
                             core::TrajectoryState& state, core::Begin const* begin, core::u64 seed,
                             core::u64 max_events) {
  return run_one_with<L>(core::TableOneLaws{program, dependencies, memory}, memory, host, state,
                         begin, seed, max_events);
}

template <class L, class Network>
core::OneLaneOutcome run_one_generated(core::Program const& program, core::Dependencies const&,
                                       core::OneLane const& memory, LaneHost& host,
                                       core::TrajectoryState& state, core::Begin const* begin,
                                       core::u64 seed, core::u64 max_events) {
  return run_one_with<L>(core::GeneratedOneLaws<Network>{program, memory}, memory, host, state,
                         begin, seed, max_events);
}

template <class L>
Kernel kernel_of(char const* isa, BlockSize size) {
  constexpr int large = 4;
  if (size == BlockSize::small) return {isa, core::u32(L::width), &run_block<L, 1>, &run_one<L>};
  return {isa, core::u32(L::width * large), &run_block<L, large>, &run_one<L>};
}

}  // namespace cristae::cpu
