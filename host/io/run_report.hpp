// host/io/run_report.hpp - what a run was and how it went, beside its statistics.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/base/types.hpp"
#include "host/engine/experiment.hpp"
#include "host/stats/martingale.hpp"

namespace cristae {

/// What came of following some of the run's trajectories event by event, with propensities that
/// come from elsewhere.
struct Certificate {
  bool passed = false;
  u64 trajectories = 0;  ///< followed
  u64 whole = 0;         ///< of these, to their end; the others as far as the events went
  u64 events = 0;
  double p_value = 1;  ///< family-wise, over reactions and all of them together
  std::vector<ReactionMartingale> reactions;

  /// The reaction that is least likely to be right; null where there are none.
  ReactionMartingale const* worst() const;
};

/// A run of which a result holds a part.
struct WholeRun {
  u64 first = 0;
  u64 trajectories = 0;

  template <class Bytes>
  void transfer(Bytes& bytes) {
    bytes(first, trajectories);
  }
};

struct RunReport {
  std::string version;
  std::string network;
  std::string title;
  std::string time_unit;
  std::string condition;  ///< empty: none, null in JSON
  std::vector<std::pair<std::string, double>> set;
  std::vector<std::pair<std::string, std::string>> varied;  ///< names and distributions
  std::vector<double> correlation;                          ///< as CellVariation has it
  u64 replicates = 1;
  u64 cell_seed = 0;
  u64 sisters = 1;                   ///< trajectories of a family, which are one until
  double fork_at = 0;                ///< this time
  std::vector<NamedSignal> signals;  ///< all that the run followed, the network's own with them
  std::vector<std::string> twin;     ///< species of which the network had a twin
  std::string engine;
  std::string isa;
  std::string code;  ///< where the code of the laws came from, see Engine::code()
  u32 threads = 1;
  u64 seed = 0;
  u64 first = 0;
  u64 requested = 0;                ///< trajectories asked for
  std::string shard;                ///< which one of how many, `3/10`; or empty
  std::optional<WholeRun> part_of;  ///< of a shard, and of a merge with gaps
  std::string
      missing;  ///< trajectories of the whole that a merge did not find, `200-299`; or empty
  u64 simulated_events = 0;  ///< with those of trajectories that are not reported
  double wall_seconds = 0;   ///< of the engine alone
  double cpu_seconds = 0;    ///< of the process meanwhile: all threads
  double t_end = 0;
  double burn_in = 0;
  u64 max_events = 0;
  u32 histogram_times = 513;     ///< at most so many were to have histograms
  std::string start_from;        ///< the result file whose end states were started from; or empty
  std::vector<u64> start_seeds;  ///< seeds of the runs that lead to those states
  u64 start_contract_hash = 0;   ///< of that result
  std::string until;             ///< precision that ended the run, as asked for; or empty
  std::string stop_when;         ///< condition that ends a trajectory; or empty
  std::vector<std::string> first_passages;  ///< conditions whose first passage is kept
  bool interrupted = false;                 ///< by a signal
  bool is_sweep = false;                    ///< over parameter sets
  std::optional<Certificate> certificate;
  int exit_status = 0;

  double events_per_second() const;
  double nanoseconds_per_event_per_core() const;
};

}  // namespace cristae
