// host/cpu/kernel.hpp - the core compiled for one instruction set, behind function pointers.
#pragma once

#include "host/core/block.hpp"
#include "host/core/one_lane.hpp"

namespace cristae::cpu {

/// What a running block or trajectory asks of its thread; all calls are off the fast path.
class LaneHost {
 public:
  virtual ~LaneHost() = default;
  virtual bool next(core::u32 lane, core::Begin& begin) = 0;
  /// Whether it is to go on from what this fills in, which has events left and fits into float32.
  virtual bool resume(core::u32 lane, core::TrajectoryState& state, core::NarrowCounts& counts) {
    (void)lane, (void)state, (void)counts;
    return false;
  }
  virtual void sample(core::u32 lane, core::u32 index, core::NarrowCounts const& counts) = 0;
  virtual void sample_wide(core::u32 index, core::WideCounts const& counts) = 0;
  virtual void finished(core::u32 lane, core::TrajectoryState const& state, core::Status status,
                        core::u32 reaction, core::NarrowCounts const& counts) = 0;
  virtual void widen(core::u32 lane, core::TrajectoryState const& state, bool started,
                     core::NarrowCounts const& counts) = 0;
  virtual bool pause(core::u32 live) = 0;
  virtual bool pause_wide(core::u64 events) = 0;
  /// Carries events out; kernels have no text of it.
  virtual core::Settled happen(core::Program const& program, core::TrajectoryState& state,
                               core::NarrowCounts& counts, core::Occasion occasion);
  virtual core::Settled happen(core::Program const& program, core::TrajectoryState& state,
                               core::WideCounts& counts, core::Occasion occasion);
};

struct Kernel {
  char const* isa;
  core::u32 lanes;
  void (*run_block)(core::Program const&, core::Block const&, LaneHost&, core::u64 seed,
                    core::u64 max_events);
  /// Starts what `begin` names, or resumes `state` where it is null.
  core::OneLaneOutcome (*run_one)(core::Program const&, core::Dependencies const&,
                                  core::OneLane const&, LaneHost&, core::TrajectoryState& state,
                                  core::Begin const* begin, core::u64 seed, core::u64 max_events);
};

enum class BlockSize { small, large };

Kernel kernel_portable(BlockSize size);
Kernel kernel_avx2(BlockSize size);
Kernel kernel_avx512(BlockSize size);

}  // namespace cristae::cpu
