// host/engine/in_flight.hpp - trajectories under way, kept so that a run can go on with them later.
#pragma once

#include <atomic>
#include <bit>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "host/base/types.hpp"
#include "host/core/trajectory.hpp"

namespace cristae {

/// All that is to be known of a trajectory to go on with it, on any engine that follows the contract:
/// what it does from here on is a function of this and of its number.
struct TrajectoryInFlight {
  u64 number = 0;
  core::TrajectoryState state{};
  std::vector<i64> counts;      ///< of the species, and of the reactions that are counted
  std::vector<u32> registers;   ///< bits of constants that differ over time, and words of events
  std::vector<double> samples;  ///< [species][state.sample]

  template <class Bytes>
  void transfer(Bytes& bytes) {
    bytes(number, state.id, state.draw, state.hash, state.left.high, state.left.low, state.stop,
          state.sample, state.segment, state.redraws, state.sister, counts, registers, samples);
  }
};

/// Those of a run. Engines put what they have under way where that is wanted or where they are
/// stopped; what was put and has ended since does no harm, because it would only end once more.
class InFlight {
 public:
  /// From now on engines put what they have, each thread once.
  void want() { wanted_.fetch_add(1, std::memory_order_relaxed); }
  /// Counts the calls of want(); a thread has seen so many of them.
  u64 wanted() const { return wanted_.load(std::memory_order_relaxed); }

  void put(TrajectoryInFlight trajectory) {
    std::lock_guard const lock(mutex_);
    u64 const number = trajectory.number;
    by_number_.insert_or_assign(number, std::move(trajectory));
    count_.store(by_number_.size(), std::memory_order_relaxed);
  }
  /// Whether the trajectory is to go on from `to`, rather than to begin.
  bool find(u64 number, TrajectoryInFlight& to) const {
    if (count_.load(std::memory_order_relaxed) == 0) return false;
    std::lock_guard const lock(mutex_);
    auto const found = by_number_.find(number);
    if (found == by_number_.end()) return false;
    to = found->second;
    return true;
  }
  void ended(u64 number) {
    if (count_.load(std::memory_order_relaxed) == 0) return;
    std::lock_guard const lock(mutex_);
    by_number_.erase(number);
    count_.store(by_number_.size(), std::memory_order_relaxed);
  }
  /// By number.
  std::vector<TrajectoryInFlight> all() const {
    std::lock_guard const lock(mutex_);
    std::vector<TrajectoryInFlight> copies;
    copies.reserve(by_number_.size());
    for (auto const& entry : by_number_) copies.push_back(entry.second);
    return copies;
  }

 private:
  std::atomic<u64> wanted_{0}, count_{0};
  mutable std::mutex mutex_;
  std::map<u64, TrajectoryInFlight> by_number_;
};

}  // namespace cristae
