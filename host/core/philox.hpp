// host/core/philox.hpp - Philox4x32-10 and which of its words serves what.
// Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC'11 (Random123).
//
// Key = seed. Counter = (block low, block high | stream << 16, trajectory low, trajectory high).
// Draw n of a trajectory (one draw per event, and one more at each scheduled change) uses
//   stream 0, block n / 2: words 0 and 1 if n is even, 2 and 3 if odd:
//     first word  the waiting time
//     second word the high 32 bits of the choice of the reaction
//   stream 1, block n / 4, word n % 4: the low 32 bits of the choice, looked at only where the
//     high ones do not decide.
// Stream 3 has the factors of cells (host/engine/cells.cpp), stream 4 designs of sweeps
// (host/engine/parameter_sets.cpp); the others are free.
#pragma once

#include "host/core/lane.hpp"

namespace cristae::core {

enum class Stream : u32 { event = 0, choice_low = 1, variation = 3, design = 4 };

template <class L>
struct PhiloxBlock {
  typename L::u32 word[4];
};

/// The keys of the ten rounds.
struct PhiloxKeys {
  u32 low[10], high[10];

  CRISTAE_CORE explicit PhiloxKeys(u64 key) {
    CRISTAE_UNROLL
    for (u32 round = 0; round < 10; ++round) {
      low[round] = u32(key) + round * 0x9E3779B9u;
      high[round] = u32(key >> 32) + round * 0xBB67AE85u;
    }
  }
};

template <class L>
CRISTAE_CORE PhiloxBlock<L> philox(PhiloxBlock<L> counter, PhiloxKeys const& keys) {
  CRISTAE_UNROLL
  for (int round = 0; round < 10; ++round) {
    typename L::u32 high0, low0, high1, low1;
    L::multiply_wide(0xD2511F53u, counter.word[0], high0, low0);
    L::multiply_wide(0xCD9E8D57u, counter.word[2], high1, low1);
    counter.word[0] =
        L::xor_bits(L::xor_bits(high1, counter.word[1]), L::splat_bits(keys.low[round]));
    counter.word[2] =
        L::xor_bits(L::xor_bits(high0, counter.word[3]), L::splat_bits(keys.high[round]));
    counter.word[1] = low1;
    counter.word[3] = low0;
  }
  return counter;
}

/// The block that holds the event words of draw n, n given as two words.
template <class L>
CRISTAE_CORE PhiloxBlock<L> event_block(PhiloxKeys const& keys, typename L::u32 draw_low,
                                        typename L::u32 draw_high, typename L::u32 id_low,
                                        typename L::u32 id_high) {
  PhiloxBlock<L> counter;
  counter.word[0] =
      L::or_bits(L::template shift_right<1>(draw_low), L::template shift_left<31>(draw_high));
  counter.word[1] = L::template shift_right<1>(draw_high);
  counter.word[2] = id_low;
  counter.word[3] = id_high;
  return philox<L>(counter, keys);
}

/// The low 32 bits of the choice of draw n.
CRISTAE_CORE u32 choice_low_word(u64 seed, u64 draw, u64 id) {
  PhiloxBlock<ScalarLane> counter;
  counter.word[0] = u32(draw >> 2);
  counter.word[1] = u32(draw >> 34) | (u32(Stream::choice_low) << 16);
  counter.word[2] = u32(id);
  counter.word[3] = u32(id >> 32);
  PhiloxBlock<ScalarLane> const block = philox<ScalarLane>(counter, PhiloxKeys(seed));
  return block.word[draw & 3];
}

}  // namespace cristae::core
