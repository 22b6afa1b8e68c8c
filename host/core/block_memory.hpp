// host/core/block_memory.hpp - where a block of lanes keeps its trajectories.
#pragma once

#include "host/core/lane.hpp"

namespace cristae::core {

/// Arrays of one block; [lanes] unless stated. `stride` is the distance between two registers of
/// one lane: the lanes of the block on a CPU, the threads of the grid on a GPU.
struct Block {
  u32 stride;
  float* registers;     ///< [registers][stride]
  float* propensities;  ///< [reactions][stride]
  float* tree;          ///< [depth + 1][stride]: scratch of the summation tree
  float* left_high;
  float* left_low;
  u32* draw_low;
  u32* draw_high;
  u32* id_low;
  u32* id_high;
  u32* idle;   ///< 1: no trajectory
  u32* words;  ///< [4][lanes]: the Philox block of the pair
  float* total;
  float* waiting;
  u32* chosen;  ///< reaction that fires, or the number of reactions
  u64* hash;
  u32* stop;
  u32* sample;
  u32* segment;
  u32* redraws;
  u32* row;
  u32* sister;
};

}  // namespace cristae::core
