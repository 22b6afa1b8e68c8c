// host/engine/engine.hpp - what every engine does: run trajectories of one experiment.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/types.hpp"
#include "host/core/event_tables.hpp"
#include "host/engine/experiment.hpp"
#include "host/engine/piece_queue.hpp"

namespace cristae {

/// How a trajectory ended; values are part of the contract hash.
enum class TrajectoryStatus : u8 {
  completed = 0,
  absorbed = 1,        ///< no reaction could fire any more; the state holds to the end
  budget = 2,          ///< --max-events reached
  overflow = 3,        ///< a copy number left [0, 2^53]
  bad_propensity = 4,  ///< a propensity was negative, infinite or not a number
  stopped = 5,         ///< the condition of Experiment::stop_when came true
  bad_event = 6,       ///< an event could not be carried out
};
inline constexpr usize status_count = 7;
char const* name_of(TrajectoryStatus status);

/// Which event could not be carried out, and why; by index into the network's.
struct EventFailure {
  u32 event;
  core::EventFault fault;
};
i32 event_fault(EventFailure failure);
EventFailure event_failure(i32 fault);
/// "event 'reset' set a species to what is not a whole number": of TrajectoryStatus::bad_event.
std::string event_failure_text(Network const& network, i32 fault);

/// Summary of one trajectory.
struct TrajectoryEnd {
  u64 id = 0;  ///< its number: RunPlan::place_of
  TrajectoryStatus status = TrajectoryStatus::completed;
  u64 events = 0;
  u64 hash = 0;     ///< contract hash; 0 from engines that do not follow the contract
  double time = 0;  ///< t_end, or where it ended early
  /// bad_propensity: which; overflow: which fired last, if known; bad_event: event_fault().
  i32 reaction = -1;
  u32 samples = 0;         ///< sample times reached
  std::vector<i64> state;  ///< copy numbers where it ended early; else empty
  /// Of the conditions of a run, when each first held; NaN where it did not (host/run/first_passage.hpp).
  std::vector<double> first_passages;

  template <class Bytes>
  void transfer(Bytes& bytes) {
    bytes(id, status, events, hash, time, reaction, samples, state, first_passages);
    if constexpr (Bytes::reads) bytes.require(static_cast<usize>(status) < status_count);
  }
};

class ReductionSink;

/// Receives finished trajectories; called concurrently from the engine's threads.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  /// `samples[s * sample_count + k]` is the copy number of species s at sample time k, valid for
  /// k < end.samples. Species are the network's, followed by one firing counter per entry of
  /// RunPlan::counted_reactions.
  virtual void finished(TrajectoryEnd const& end, std::span<double const> samples) = 0;
  /// Takes sums of many trajectories instead, from engines that have them (host/engine/reduction.hpp);
  /// null where every trajectory is needed.
  virtual ReductionSink* reduction() { return nullptr; }
};

/// Live figures of a run, and the way to stop it.
struct RunControl {
  std::atomic<u64> events{0};
  std::atomic<u64> trajectories{0};
  std::atomic<bool> stop{false};
};

/// Whether a network's laws run as tables or as code that was generated for them; the bits are the
/// same.
enum class Code : u8 {
  automatic,  ///< generated where it is there or will pay off
  table,
  generated,  ///< an error where it cannot be had
};

class InFlight;

struct RunPlan {
  Experiment const* experiment = nullptr;
  u64 first = 0;  ///< number of the first trajectory
  u64 trajectories = 1;
  /// Those of them that are to be run, disjoint and in order; empty: all.
  std::vector<Piece> pieces;
  u64 per_set = 0;  ///< of each of the experiment's parameter sets, one after the other; 0: no sets
  PieceQueue* queue =
      nullptr;  ///< where to take them from, shared with other engines; null: its own
  /// Trajectories to go on with, and where to leave those that are interrupted; null: none.
  InFlight* in_flight = nullptr;
  u64 seed = 0;
  u32 threads = 0;  ///< 0: all cores
  std::string isa;  ///< "", "baseline", "avx2", "avx512"
  Code code = Code::automatic;
  u64 max_events = u64{1} << 40;
  std::vector<ReactionId> counted_reactions;  ///< reactions whose firings observables count

  std::vector<Piece> todo() const {
    return pieces.empty() ? std::vector<Piece>{{first, trajectories}} : pieces;
  }
  u64 todo_count() const {
    u64 count = 0;
    for (auto const& piece : todo()) count += piece.count;
    return count;
  }

  /// Trajectories of a run are numbered through. Those of different sets that have the same random
  /// numbers have the same id; without sets it is the number.
  struct Place {
    u64 set = 0;
    u64 id = 0;      ///< of sisters: that of the first
    u32 sister = 0;  ///< which of them: 0, 1, ...
  };
  Place place_of(u64 number) const {
    u64 const set = per_set == 0 ? 0 : (number - first) / per_set;
    u64 const id = per_set == 0 ? number : first + (number - first) % per_set;
    u32 const sister = static_cast<u32>(id % experiment->sisters);
    return {set, id - sister, sister};
  }
};

/// Receives every event of a replayed trajectory, in order.
class EventLog {
 public:
  virtual ~EventLog() = default;
  /// Event `number` (from 1) at `time`; `counts` are the copy numbers after it.
  virtual void event(u64 number, double time, ReactionId reaction, std::span<i64 const> counts) = 0;
  /// Events of the network, if any, have been looked at, at the start of the trajectory, at a stop, or
  /// between two of the above: what is so from `time` on. Of networks with events only.
  virtual void looked_at_events(double time, std::span<i64 const> counts,
                                std::span<double const> parameters) {
    (void)time, (void)counts, (void)parameters;
  }
};

/// Runs all trajectories of the plan, or those finished before `control.stop` was seen (every
/// trajectory is handed out in order of id, so that the finished ones hold a contiguous prefix).
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  virtual std::string isa() const = 0;  ///< instruction set or device that will run
  virtual u32 threads() const = 0;
  /// Where the code of the laws comes from, for people; empty where there is no choice.
  virtual std::string code() const { return {}; }
  virtual void run(SampleSink& sink, RunControl& control) = 0;
  /// What happened in run() that people should know though the results are whole: a card that failed.
  virtual std::vector<Diagnostic> remarks() const { return {}; }
};

}  // namespace cristae
