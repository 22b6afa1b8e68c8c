// host/cpu/lane_avx512.hpp - 16 lanes of AVX-512 (F, DQ, BW, VL).
#pragma once

#include <immintrin.h>

#include "host/core/lane.hpp"

namespace cristae::cpu {

struct LaneAvx512 {
  using f32 = __m512;
  using u32 = __m512i;
  using mask = __mmask16;
  static constexpr int width = 16;

  static CRISTAE_CORE f32 splat(float v) { return _mm512_set1_ps(v); }
  static CRISTAE_CORE u32 splat_bits(core::u32 v) { return _mm512_set1_epi32(int(v)); }
  static CRISTAE_CORE f32 load(float const* from) { return _mm512_loadu_ps(from); }
  static CRISTAE_CORE void store(float* to, f32 v) { _mm512_storeu_ps(to, v); }
  static CRISTAE_CORE u32 load_bits(core::u32 const* from) { return _mm512_loadu_si512(from); }
  static CRISTAE_CORE void store_bits(core::u32* to, u32 v) { _mm512_storeu_si512(to, v); }

  static CRISTAE_CORE f32 add(f32 a, f32 b) { return _mm512_add_ps(a, b); }
  static CRISTAE_CORE f32 sub(f32 a, f32 b) { return _mm512_sub_ps(a, b); }
  static CRISTAE_CORE f32 mul(f32 a, f32 b) { return _mm512_mul_ps(a, b); }
  static CRISTAE_CORE f32 div(f32 a, f32 b) { return _mm512_div_ps(a, b); }
  static CRISTAE_CORE f32 fma(f32 a, f32 b, f32 c) { return _mm512_fmadd_ps(a, b, c); }
  static CRISTAE_CORE f32 sqrt(f32 a) { return _mm512_sqrt_ps(a); }
  static CRISTAE_CORE mask lt(f32 a, f32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  static CRISTAE_CORE mask le(f32 a, f32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
  static CRISTAE_CORE mask eq(f32 a, f32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }

  static CRISTAE_CORE u32 add_bits(u32 a, u32 b) { return _mm512_add_epi32(a, b); }
  static CRISTAE_CORE u32 sub_bits(u32 a, u32 b) { return _mm512_sub_epi32(a, b); }
  static CRISTAE_CORE u32 and_bits(u32 a, u32 b) { return _mm512_and_si512(a, b); }
  static CRISTAE_CORE u32 or_bits(u32 a, u32 b) { return _mm512_or_si512(a, b); }
  static CRISTAE_CORE u32 xor_bits(u32 a, u32 b) { return _mm512_xor_si512(a, b); }
  template <int N>
  static CRISTAE_CORE u32 shift_right(u32 a) {
    return _mm512_srli_epi32(a, N);
  }
  template <int N>
  static CRISTAE_CORE u32 shift_left(u32 a) {
    return _mm512_slli_epi32(a, N);
  }
  static CRISTAE_CORE mask eq_bits(u32 a, u32 b) { return _mm512_cmpeq_epi32_mask(a, b); }
  static CRISTAE_CORE void multiply_wide(core::u32 factor, u32 a, u32& high, u32& low) {
    __m512i const k = _mm512_set1_epi32(int(factor));
    __m512i const even = _mm512_mul_epu32(a, k);
    __m512i const odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), k);
    high = _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd);
    low = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
  }
  static CRISTAE_CORE f32 to_float(u32 a) { return _mm512_cvtepu32_ps(a); }
  static CRISTAE_CORE u32 as_bits(f32 a) { return _mm512_castps_si512(a); }
  static CRISTAE_CORE f32 as_float(u32 a) { return _mm512_castsi512_ps(a); }

  static CRISTAE_CORE f32 nearer(f32 a, f32 b) {
    return _mm512_range_ps(a, b, 0b1010);  // by magnitude, without sign
  }
  static CRISTAE_CORE f32 select(mask m, f32 a, f32 b) { return _mm512_mask_blend_ps(m, b, a); }
  static CRISTAE_CORE u32 select_bits(mask m, u32 a, u32 b) {
    return _mm512_mask_blend_epi32(m, b, a);
  }
  static CRISTAE_CORE u32 count_if(mask m, u32 count) {
    return _mm512_mask_sub_epi32(count, m, count, _mm512_set1_epi32(-1));
  }
  static CRISTAE_CORE mask both(mask a, mask b) { return mask(a & b); }
  static CRISTAE_CORE mask either(mask a, mask b) { return mask(a | b); }
  static CRISTAE_CORE mask without(mask a, mask b) { return mask(a & ~b); }
  static CRISTAE_CORE core::u32 to_word(mask m) { return m; }
  static CRISTAE_CORE mask from_word(core::u32 word) { return mask(word); }
};

}  // namespace cristae::cpu
