// tests/support/math_hash.hpp - one word through Philox and every function of the core, as a hash.
//
// Includes host/core only: g++, nvcc and NVRTC compile it.
#pragma once

#include "host/core/hash.hpp"
#include "host/core/math.hpp"
#include "host/core/philox.hpp"

namespace cristae::test {

CRISTAE_CORE core::u64 math_hash(core::u32 word) {
  using S = core::ScalarLane;
  core::PhiloxBlock<S> block;
  for (int k = 0; k < 4; ++k) block.word[k] = word + core::u32(k);
  block = core::philox<S>(block, core::PhiloxKeys(core::u64(~word) << 32 | word));
  core::u64 h = 0;
  for (int k = 0; k < 4; ++k) h = core::chain(h, block.word[k]);
  float const x = core::bit_cast<float>(block.word[0] & 0x7fffffffu);
  float const y = core::bit_cast<float>((block.word[1] & 0x807fffffu) | 0x3f800000u);
  float const e = core::unit_exponential<S>(block.word[2]);
  float const values[] = {
      e,     core::log<S>(x), core::exp<S>(e * y), core::power(e, y * 3.0f), S::sqrt(x),
      e / x, S::fma(x, y, e), core::floor<S>(x),   core::power(y, 5.0f)};
  for (float v : values) {
    core::u32 const bits = core::bit_cast<core::u32>(v);
    h = core::chain(h, v == v ? bits : 0x7fc00000u);
  }
  return h;
}

}  // namespace cristae::test
