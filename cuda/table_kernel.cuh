// cuda/table_kernel.cuh - host/core on a GPU: one thread per trajectory over a network's tables.
//
// Includes host/core only, so that nvcc and NVRTC compile the same text.
#pragma once

#include "host/core/block.hpp"

namespace cristae::cuda {

using core::u32;
using core::u64;

/// Global memory of a launch; every array holds one row of `threads` per register or reaction.
struct TableLaunch {
  core::Program program;
  float* registers;
  float* propensities;
  float* tree;
  u64 first;
  u64 trajectories;
  u64 seed;
  u64 max_events;
  u64* hashes;         ///< [trajectories]
  u64* events;         ///< [trajectories]
  core::u8* statuses;  ///< [trajectories]; not_run where the float32 form does not suffice
};

inline constexpr core::u8 not_run = 255;

/// Answers a thread's runner: the next trajectory by the stride of the grid, results to memory.
struct ThreadHost {
  TableLaunch const& launch;
  u64 index;
  u64 step;

  CRISTAE_CORE bool next(u64& id) {
    if (index >= launch.trajectories) return false;
    id = launch.first + index;
    index += step;
    return true;
  }
  CRISTAE_CORE void sample(u32, u32, core::NarrowCounts const&) {}
  CRISTAE_CORE void finished(u32, core::TrajectoryState const& t, core::Status status, u32,
                             core::NarrowCounts const&) {
    u64 const at = t.id - launch.first;
    launch.hashes[at] = t.hash;
    launch.events[at] = t.events();
    launch.statuses[at] = core::u8(status);
  }
  CRISTAE_CORE void widen(u32, core::TrajectoryState const& t, bool, core::NarrowCounts const&) {
    launch.statuses[t.id - launch.first] = not_run;
  }
  CRISTAE_CORE bool pause(u32) { return false; }
};

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
/// Laws: the tables of the launch, or GeneratedLaws of a network compiled with this text.
template <class Launch, class Laws = core::TableLaws<core::ScalarLane, 1>>
__global__ void table_kernel(Launch launch) {
  u32 const thread = blockIdx.x * blockDim.x + threadIdx.x;
  u32 const threads = gridDim.x * blockDim.x;
  float left_high = 0, left_low = 0, total = 0, waiting = 0;
  u32 draw_low = 0, draw_high = 0, id_low = 0, id_high = 0, idle = 0, chosen = 0, stop = 0;
  u32 sample = 0, segment = 0, redraws = 0;
  u32 words[4] = {};
  u64 hash = 0;
  core::Block const block{threads,
                          launch.registers + thread,
                          launch.propensities + thread,
                          launch.tree + thread,
                          &left_high,
                          &left_low,
                          &draw_low,
                          &draw_high,
                          &id_low,
                          &id_high,
                          &idle,
                          words,
                          &total,
                          &waiting,
                          &chosen,
                          &hash,
                          &stop,
                          &sample,
                          &segment,
                          &redraws};
  ThreadHost host{launch, thread, threads};
  core::BlockRunner<core::ScalarLane, 1, ThreadHost, Laws> runner(launch.program, block, host,
                                                                  launch.seed, launch.max_events);
  runner.run();
}
#endif

}  // namespace cristae::cuda
