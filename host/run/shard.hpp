// host/run/shard.hpp - which trajectories of a run a part of it simulates.
#pragma once

#include "host/base/types.hpp"
#include "host/engine/piece_queue.hpp"
#include "host/io/run_report.hpp"

namespace cristae {

/// Of the `of` shards of a run, number 1 to `of`: consecutive trajectories; the first ones have one
/// more where they cannot be equal. None where there are fewer trajectories than shards.
Piece trajectories_of_shard(WholeRun const& run, u64 number, u64 of);

}  // namespace cristae
