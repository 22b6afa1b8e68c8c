// host/io/json_writer.hpp - a run and its main figures as one JSON object.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/base/types.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// What a run was and how it went, beside its statistics.
struct RunReport {
  std::string version;
  std::string network;
  std::string title;
  std::string time_unit;
  std::string condition;  ///< empty: none, null in JSON
  std::vector<std::pair<std::string, double>> set;
  std::string engine;
  std::string isa;
  u32 threads = 1;
  u64 seed = 0;
  u64 first = 0;
  u64 requested = 0;         ///< trajectories asked for
  u64 simulated_events = 0;  ///< with those of trajectories that are not reported
  double wall_seconds = 0;   ///< of the engine alone
  double t_end = 0;
  int exit_status = 0;

  double events_per_second() const;
  double nanoseconds_per_event_per_core() const;
};

/// Indices of the sample times that a short table shows: at most `count`, evenly spread, with the
/// first and the last.
std::vector<usize> table_times(usize sample_times, usize count);

/// The object as text with a final newline. NaN becomes null. `rows` are sample times.
std::string json_text(RunReport const& report, EnsembleSummary const& summary,
                      std::vector<usize> const& rows);

/// 16 hexadecimal digits.
std::string hash_text(u64 hash);

}  // namespace cristae
