// host/run/shard.cpp - equal parts of a run.
#include "host/run/shard.hpp"

#include <algorithm>

namespace cristae {

Piece trajectories_of_shard(WholeRun const& run, u64 number, u64 of) {
  u64 const each = run.trajectories / of, rest = run.trajectories % of;
  auto const begin_of = [&](u64 shard) { return shard * each + std::min(shard, rest); };
  return {run.first + begin_of(number - 1), begin_of(number) - begin_of(number - 1)};
}

}  // namespace cristae
