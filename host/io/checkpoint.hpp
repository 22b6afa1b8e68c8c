// host/io/checkpoint.hpp - what a run needs to go on, as files that appear whole beside its shards.
#pragma once

#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/in_flight.hpp"
#include "host/io/shards.hpp"

namespace cristae {

struct Checkpoint {
  u64 generation = 0;    ///< 1, 2, ...
  std::string run;       ///< what was asked for: host/run/interrupted_run.hpp
  std::string sums;      ///< EnsembleRecorder::state()
  std::string passages;  ///< FirstPassages::state()
  std::vector<TrajectoryInFlight> in_flight;
  std::vector<Shards::Block> blocks;  ///< that the shards held then
  u64 missing = 0;                    ///< trajectories that had not ended
  double wall_seconds = 0;            ///< of the engine, so far
  u64 newest = 0;                     ///< newest_checkpoint() when it was read; not written

  template <class Bytes>
  void transfer(Bytes& bytes) {
    bytes(generation, run, sums, passages, in_flight, blocks, missing, wall_seconds);
  }
};

/// Where a run keeps shards and checkpoints while its result is not written.
std::string parts_folder(std::string const& result);

/// Writes GENERATION.checkpoint (temporary name, fsync, rename), then removes all but it and the one
/// before. Throws Error(input_output).
void write_checkpoint(std::string const& folder, Checkpoint& checkpoint);

/// The highest generation, whole or not; 0 where there is none.
u64 newest_checkpoint(std::string const& folder);

/// The newest that is whole. Where a newer one is damaged, a warning says so. Throws
/// Error(input_output) where there is none.
Checkpoint read_checkpoint(std::string const& folder, std::vector<Diagnostic>& remarks);

}  // namespace cristae
