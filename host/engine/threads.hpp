// host/engine/threads.hpp - the same work on several threads; the first failure stops all.
#pragma once

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "host/engine/engine.hpp"

namespace cristae {

/// As many threads as asked for (0: as cores), but not more than trajectories.
inline u32 useful_threads(RunPlan const& plan) {
  u32 const cores = std::max(1u, std::thread::hardware_concurrency());
  return u32(
      std::min<u64>(plan.threads > 0 ? plan.threads : cores, std::max<u64>(1, plan.todo_count())));
}

/// Calls `body` on `threads` threads, this one included, and waits. An exception sets control.stop
/// and is thrown again here, the first one if there are several.
template <class Body>
void run_on_threads(u32 threads, RunControl& control, Body const& body) {
  std::mutex mutex;
  std::exception_ptr failure;
  auto const guarded = [&] {
    try {
      body();
    } catch (...) {
      std::lock_guard const lock(mutex);
      if (!failure) failure = std::current_exception();
      control.stop = true;
    }
  };
  {
    std::vector<std::jthread> others;
    for (u32 i = 1; i < threads; ++i) others.emplace_back(guarded);
    guarded();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace cristae
