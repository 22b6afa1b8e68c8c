// host/cpu/lane_avx2.hpp - 8 lanes of AVX2 and FMA.
#pragma once

#include <immintrin.h>

#include "host/core/lane.hpp"

namespace cristae::cpu {

struct LaneAvx2 {
  using f32 = __m256;
  using u32 = __m256i;
  using mask = __m256;
  static constexpr int width = 8;

  static CRISTAE_CORE f32 splat(float v) { return _mm256_set1_ps(v); }
  static CRISTAE_CORE u32 splat_bits(core::u32 v) { return _mm256_set1_epi32(int(v)); }
  static CRISTAE_CORE f32 load(float const* from) { return _mm256_loadu_ps(from); }
  static CRISTAE_CORE void store(float* to, f32 v) { _mm256_storeu_ps(to, v); }
  static CRISTAE_CORE u32 load_bits(core::u32 const* from) {
    return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from));
  }
  static CRISTAE_CORE void store_bits(core::u32* to, u32 v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v);
  }

  static CRISTAE_CORE f32 add(f32 a, f32 b) { return _mm256_add_ps(a, b); }
  static CRISTAE_CORE f32 sub(f32 a, f32 b) { return _mm256_sub_ps(a, b); }
  static CRISTAE_CORE f32 mul(f32 a, f32 b) { return _mm256_mul_ps(a, b); }
  static CRISTAE_CORE f32 div(f32 a, f32 b) { return _mm256_div_ps(a, b); }
  static CRISTAE_CORE f32 fma(f32 a, f32 b, f32 c) { return _mm256_fmadd_ps(a, b, c); }
  static CRISTAE_CORE f32 sqrt(f32 a) { return _mm256_sqrt_ps(a); }
  static CRISTAE_CORE mask lt(f32 a, f32 b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  static CRISTAE_CORE mask le(f32 a, f32 b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
  static CRISTAE_CORE mask eq(f32 a, f32 b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }

  static CRISTAE_CORE u32 add_bits(u32 a, u32 b) { return _mm256_add_epi32(a, b); }
  static CRISTAE_CORE u32 sub_bits(u32 a, u32 b) { return _mm256_sub_epi32(a, b); }
  static CRISTAE_CORE u32 and_bits(u32 a, u32 b) { return _mm256_and_si256(a, b); }
  static CRISTAE_CORE u32 or_bits(u32 a, u32 b) { return _mm256_or_si256(a, b); }
  static CRISTAE_CORE u32 xor_bits(u32 a, u32 b) { return _mm256_xor_si256(a, b); }
  template <int N>
  static CRISTAE_CORE u32 shift_right(u32 a) {
    return _mm256_srli_epi32(a, N);
  }
  template <int N>
  static CRISTAE_CORE u32 shift_left(u32 a) {
    return _mm256_slli_epi32(a, N);
  }
  static CRISTAE_CORE mask eq_bits(u32 a, u32 b) {
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b));
  }
  static CRISTAE_CORE void multiply_wide(core::u32 factor, u32 a, u32& high, u32& low) {
    __m256i const k = _mm256_set1_epi32(int(factor));
    __m256i const even = _mm256_mul_epu32(a, k);
    __m256i const odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), k);
    high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
  }
  /// Both halves are exact, so the sum is rounded once: the nearest float.
  static CRISTAE_CORE f32 to_float(u32 a) {
    __m256 const high = _mm256_cvtepi32_ps(_mm256_srli_epi32(a, 16));
    __m256 const low = _mm256_cvtepi32_ps(_mm256_and_si256(a, _mm256_set1_epi32(0xffff)));
    return _mm256_add_ps(_mm256_mul_ps(high, _mm256_set1_ps(65536.0f)), low);
  }
  static CRISTAE_CORE u32 as_bits(f32 a) { return _mm256_castps_si256(a); }
  static CRISTAE_CORE f32 as_float(u32 a) { return _mm256_castsi256_ps(a); }

  static CRISTAE_CORE f32 nearer(f32 a, f32 b) {
    return _mm256_min_ps(a, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), b));
  }
  static CRISTAE_CORE f32 select(mask m, f32 a, f32 b) { return _mm256_blendv_ps(b, a, m); }
  static CRISTAE_CORE u32 select_bits(mask m, u32 a, u32 b) {
    return _mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(b), _mm256_castsi256_ps(a), m));
  }
  static CRISTAE_CORE u32 count_if(mask m, u32 count) {
    return _mm256_sub_epi32(count, _mm256_castps_si256(m));
  }
  static CRISTAE_CORE mask both(mask a, mask b) { return _mm256_and_ps(a, b); }
  static CRISTAE_CORE mask either(mask a, mask b) { return _mm256_or_ps(a, b); }
  static CRISTAE_CORE mask without(mask a, mask b) { return _mm256_andnot_ps(b, a); }
  static CRISTAE_CORE core::u32 to_word(mask m) { return core::u32(_mm256_movemask_ps(m)); }
  static CRISTAE_CORE mask from_word(core::u32 word) {
    __m256i const bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    __m256i const picked = _mm256_and_si256(_mm256_set1_epi32(int(word)), bit);
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(picked, bit));
  }
};

}  // namespace cristae::cpu
