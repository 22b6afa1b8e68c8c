// host/core/hash.hpp - the contract hash of a trajectory.
//
// At every sample the state, the number of events and the bits of the clock (which carry all
// earlier waiting times) go into a multilinear hash with odd 64-bit multipliers; samples are
// chained by the splitmix64 finaliser (Steele, Lea, Flood, OOPSLA 2014).
#pragma once

#include "host/core/lane.hpp"

namespace cristae::core {

CRISTAE_CORE u64 mix(u64 z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// The multiplier of the i-th value of a sample.
CRISTAE_CORE u64 multiplier(u32 i) { return mix((u64(i) + 1) * 0x9E3779B97F4A7C15ull) | 1u; }

/// The hash after one more sample, whose values were summed up as value_i * multiplier(i).
CRISTAE_CORE u64 chain(u64 hash, u64 sample) { return mix(hash * 3 + sample); }

/// What trajectory `id` adds to the hash of its ensemble: a sum, so that order does not matter.
CRISTAE_CORE u64 ensemble_term(u64 hash, u64 id) {
  return mix(hash + 0x9E3779B97F4A7C15ull * (id + 1));
}

}  // namespace cristae::core
