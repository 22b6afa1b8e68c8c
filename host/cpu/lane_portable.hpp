// host/cpu/lane_portable.hpp - 4 lanes by the compiler's vector extensions: any CPU.
#pragma once

#include "host/core/lane.hpp"

namespace cristae::cpu {

struct LanePortable {
  typedef float f32 __attribute__((vector_size(16)));
  typedef core::u32 u32 __attribute__((vector_size(16)));
  typedef core::i32 mask __attribute__((vector_size(16)));
  typedef double f64 __attribute__((vector_size(32)));
  typedef core::u64 u64 __attribute__((vector_size(32)));
  typedef core::i64 i64 __attribute__((vector_size(32)));
  static constexpr int width = 4;

  static CRISTAE_CORE f32 splat(float v) { return f32{v, v, v, v}; }
  static CRISTAE_CORE u32 splat_bits(core::u32 v) { return u32{v, v, v, v}; }
  template <class To, class From>
  static CRISTAE_CORE To read(From const* from) {
    To value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
  }
  static CRISTAE_CORE f32 load(float const* from) { return read<f32>(from); }
  static CRISTAE_CORE void store(float* to, f32 v) { __builtin_memcpy(to, &v, sizeof v); }
  static CRISTAE_CORE u32 load_bits(core::u32 const* from) { return read<u32>(from); }
  static CRISTAE_CORE void store_bits(core::u32* to, u32 v) { __builtin_memcpy(to, &v, sizeof v); }

  static CRISTAE_CORE f32 add(f32 a, f32 b) { return a + b; }
  static CRISTAE_CORE f32 sub(f32 a, f32 b) { return a - b; }
  static CRISTAE_CORE f32 mul(f32 a, f32 b) { return a * b; }
  static CRISTAE_CORE f32 div(f32 a, f32 b) { return a / b; }
  /// Correctly rounded without an FMA unit: the exact product plus c in double, rounded to odd,
  /// then to float (Boldo and Melquiond 2008, IEEE Trans. Comput. 57:462).
  static CRISTAE_CORE f32 fma(f32 a, f32 b, f32 c) {
    f64 const product = __builtin_convertvector(a, f64) * __builtin_convertvector(b, f64);
    f64 const addend = __builtin_convertvector(c, f64);
    f64 const sum = product + addend;
    f64 const part = sum - product;
    f64 const error = (product - (sum - part)) + (addend - part);
    i64 const bits = (i64)sum;
    // Where the sum is inexact and even, step one unit towards the error: away from zero where both
    // have the same sign, else towards zero.
    i64 const inexact = (error != f64{}) & (error == error) & ((bits & 1) == i64{});
    i64 const away = ((bits ^ (i64)error) >> 63) == i64{};
    i64 const step = (away & 2) - 1;
    f64 const odd = (f64)(bits + (step & inexact));
    return __builtin_convertvector(odd, f32);
  }
  static CRISTAE_CORE f32 sqrt(f32 a) {
    return f32{__builtin_sqrtf(a[0]), __builtin_sqrtf(a[1]), __builtin_sqrtf(a[2]),
               __builtin_sqrtf(a[3])};
  }
  static CRISTAE_CORE mask lt(f32 a, f32 b) { return (mask)(a < b); }
  static CRISTAE_CORE mask le(f32 a, f32 b) { return (mask)(a <= b); }
  static CRISTAE_CORE mask eq(f32 a, f32 b) { return (mask)(a == b); }

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
  static CRISTAE_CORE mask eq_bits(u32 a, u32 b) { return (mask)(a == b); }
  static CRISTAE_CORE void multiply_wide(core::u32 factor, u32 a, u32& high, u32& low) {
    u64 const product = __builtin_convertvector(a, u64) * (u64{} + factor);
    high = __builtin_convertvector(product >> 32, u32);
    low = __builtin_convertvector(product & (u64{} + 0xffffffffull), u32);
  }
  /// Both halves are exact, so the sum is rounded once: the nearest float.
  static CRISTAE_CORE f32 to_float(u32 a) {
    f32 const high = __builtin_convertvector((mask)(a >> 16), f32);
    f32 const low = __builtin_convertvector((mask)(a & splat_bits(0xffffu)), f32);
    return high * splat(65536.0f) + low;
  }
  static CRISTAE_CORE u32 as_bits(f32 a) { return (u32)a; }
  static CRISTAE_CORE f32 as_float(u32 a) { return (f32)a; }

  static CRISTAE_CORE f32 nearer(f32 a, f32 b) {
    b = (f32)((u32)b & 0x7fffffffu);
    return (f32)((a < b) ? (u32)a : (u32)b);
  }
  static CRISTAE_CORE f32 select(mask m, f32 a, f32 b) {
    return (f32)(((mask)a & m) | ((mask)b & ~m));
  }
  static CRISTAE_CORE u32 select_bits(mask m, u32 a, u32 b) { return (a & (u32)m) | (b & (u32)~m); }
  static CRISTAE_CORE u32 count_if(mask m, u32 count) { return count - (u32)m; }
  static CRISTAE_CORE mask both(mask a, mask b) { return a & b; }
  static CRISTAE_CORE mask either(mask a, mask b) { return a | b; }
  static CRISTAE_CORE mask without(mask a, mask b) { return a & ~b; }
  static CRISTAE_CORE core::u32 to_word(mask m) {
    return (m[0] & 1u) | (m[1] & 2u) | (m[2] & 4u) | (m[3] & 8u);
  }
  static CRISTAE_CORE mask from_word(core::u32 word) {
    u32 const bit{1, 2, 4, 8};
    return ~(mask)((splat_bits(word) & bit) == u32{});
  }
};

}  // namespace cristae::cpu
