// host/core/lane.hpp - the words of the core, and the scalar lane: one trajectory per step.
//
// Everything in host/core is written once for g++, clang, nvcc and NVRTC: no header but its own, no
// allocation, no exceptions. A lane type is a set of static functions over `f32`, `u32` and `mask`
// that hold one value per trajectory; ScalarLane holds one trajectory (a GPU thread, or the
// one-lane form), the vector lanes of host/cpu hold 4 to 16. Every function must return the bits of
// ScalarLane's in each lane, hence -ffp-contract=off and --fmad=false.
#pragma once

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#define CRISTAE_CORE __host__ __device__ __forceinline__
#define CRISTAE_CORE_CALL __host__ __device__ __noinline__
#else
#define CRISTAE_CORE inline __attribute__((always_inline))
#define CRISTAE_CORE_CALL __attribute__((noinline))
#endif

// For loops over the K vectors of a block, and over arrays of a network's size, so that they stay in
// registers.
#if defined(__CUDACC__) || defined(__CUDACC_RTC__) || defined(__clang__)
#define CRISTAE_UNROLL _Pragma("unroll")
#define CRISTAE_UNROLL_ALL _Pragma("unroll")
#else
#define CRISTAE_UNROLL _Pragma("GCC unroll 16")
#define CRISTAE_UNROLL_ALL _Pragma("GCC unroll 2048")
#endif

namespace cristae::core {

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;
using i32 = int;
using i64 = long long;

template <class To, class From>
CRISTAE_CORE To bit_cast(From value) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, value);
}

CRISTAE_CORE float quiet_nan() { return bit_cast<float>(0x7fc00000u); }
CRISTAE_CORE float infinity() { return bit_cast<float>(0x7f800000u); }

struct ScalarLane {
  using f32 = float;
  using u32 = core::u32;
  using mask = bool;
  static constexpr int width = 1;

  static CRISTAE_CORE f32 splat(float value) { return value; }
  static CRISTAE_CORE u32 splat_bits(core::u32 value) { return value; }
  static CRISTAE_CORE f32 load(float const* from) { return *from; }
  static CRISTAE_CORE void store(float* to, f32 value) { *to = value; }
  static CRISTAE_CORE u32 load_bits(core::u32 const* from) { return *from; }
  static CRISTAE_CORE void store_bits(core::u32* to, u32 value) { *to = value; }

  static CRISTAE_CORE f32 add(f32 a, f32 b) { return a + b; }
  static CRISTAE_CORE f32 sub(f32 a, f32 b) { return a - b; }
  static CRISTAE_CORE f32 mul(f32 a, f32 b) { return a * b; }
  static CRISTAE_CORE f32 div(f32 a, f32 b) { return a / b; }
#if defined(__CUDA_ARCH__)
  static CRISTAE_CORE f32 fma(f32 a, f32 b, f32 c) { return __fmaf_rn(a, b, c); }
  static CRISTAE_CORE f32 sqrt(f32 a) { return __fsqrt_rn(a); }
#else
  static CRISTAE_CORE f32 fma(f32 a, f32 b, f32 c) { return __builtin_fmaf(a, b, c); }
  static CRISTAE_CORE f32 sqrt(f32 a) { return __builtin_sqrtf(a); }
#endif
  static CRISTAE_CORE mask lt(f32 a, f32 b) { return a < b; }
  static CRISTAE_CORE mask le(f32 a, f32 b) { return a <= b; }
  static CRISTAE_CORE mask eq(f32 a, f32 b) { return a == b; }

  static CRISTAE_CORE u32 add_bits(u32 a, u32 b) { return a + b; }
  static CRISTAE_CORE u32 sub_bits(u32 a, u32 b) { return a - b; }
  static CRISTAE_CORE u32 and_bits(u32 a, u32 b) { return a & b; }
  static CRISTAE_CORE u32 or_bits(u32 a, u32 b) { return a | b; }
  static CRISTAE_CORE u32 xor_bits(u32 a, u32 b) { return a ^ b; }
  template <int N>
  static CRISTAE_CORE u32 shift_right(u32 a) {
    return a >> N;
  }
  template <int N>
  static CRISTAE_CORE u32 shift_left(u32 a) {
    return a << N;
  }
  static CRISTAE_CORE mask eq_bits(u32 a, u32 b) { return a == b; }
  /// The 64-bit products factor * a as two words.
  static CRISTAE_CORE void multiply_wide(core::u32 factor, u32 a, u32& high, u32& low) {
    u64 const product = u64(factor) * a;
    high = core::u32(product >> 32);
    low = core::u32(product);
  }
  /// The nearest float to an unsigned word.
  static CRISTAE_CORE f32 to_float(u32 a) { return float(a); }
  static CRISTAE_CORE u32 as_bits(f32 a) { return bit_cast<u32>(a); }
  static CRISTAE_CORE f32 as_float(u32 a) { return bit_cast<float>(a); }

  /// The smaller of a and |b|; either where one is not a number.
  static CRISTAE_CORE f32 nearer(f32 a, f32 b) {
#if defined(__CUDA_ARCH__)
    return fminf(a, fabsf(b));
#else
    b = bit_cast<float>(bit_cast<u32>(b) & 0x7fffffffu);
    return a < b ? a : b;
#endif
  }
  static CRISTAE_CORE f32 select(mask m, f32 a, f32 b) { return m ? a : b; }
  static CRISTAE_CORE u32 select_bits(mask m, u32 a, u32 b) { return m ? a : b; }
  /// count + 1 where the mask is set.
  static CRISTAE_CORE u32 count_if(mask m, u32 count) { return m ? count + 1 : count; }
  static CRISTAE_CORE mask both(mask a, mask b) { return a && b; }
  static CRISTAE_CORE mask either(mask a, mask b) { return a || b; }
  static CRISTAE_CORE mask without(mask a, mask b) { return a && !b; }
  /// Bit i is set where lane i is.
  static CRISTAE_CORE core::u32 to_word(mask m) { return m ? 1u : 0u; }
  static CRISTAE_CORE mask from_word(core::u32 word) { return (word & 1u) != 0; }
};

}  // namespace cristae::core
