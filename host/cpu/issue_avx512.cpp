// host/cpu/issue_avx512.cpp - nothing but vector arithmetic; flags in host/CMakeLists.txt.
#include "host/cpu/issue_rate.hpp"
#include "host/cpu/lane_avx512.hpp"

namespace cristae::cpu {

void issue_avx512(float* values, u64 rounds) {
  using L = LaneAvx512;
  L::f32 x[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) x[i] = L::load(values + 16 * i);  // alike they would become one
  L::f32 const k = L::load(values);
  for (u64 n = 0; n < rounds; ++n) {
#pragma GCC unroll 4
    for (int step = 0; step < 4; ++step) {
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) {
        x[i] = (i + step) % 2 == 0 ? L::mul(x[i], k) : L::add(x[i], k);
        asm("" : "+v"(x[i]));
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) L::store(values + 16 * i, x[i]);
}

}  // namespace cristae::cpu
