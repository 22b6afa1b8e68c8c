// host/core/math.hpp - logarithm, exponential and powers in float32, the same bits everywhere.
//
// Polynomials are minimax fits (Remez in 40 digits), their coefficients rounded to float32. Errors,
// tested in tests/core/math_test.cpp: unit_exponential 2.4 ulp (near u = sqrt(1/2)), log 0.9, exp 1.1,
// power_real 1.4 for results in the normal range.
#pragma once

#include "host/core/lane.hpp"

namespace cristae::core {

/// log(1 + f) - f + f^2/2 over f^3, for f in [sqrt(1/2) - 1, sqrt(2) - 1]; |error| * f^2 < 6.1e-9.
template <class L>
CRISTAE_CORE typename L::f32 log_tail(typename L::f32 f) {
  typename L::f32 p = L::splat(-0x1.422b68p-4f);
  p = L::fma(p, f, L::splat(0x1.07c426p-3f));
  p = L::fma(p, f, L::splat(-0x1.0cce56p-3f));
  p = L::fma(p, f, L::splat(0x1.226f7ap-3f));
  p = L::fma(p, f, L::splat(-0x1.547ab8p-3f));
  p = L::fma(p, f, L::splat(0x1.99a592p-3f));
  p = L::fma(p, f, L::splat(-0x1.000216p-2f));
  return L::fma(p, f, L::splat(0x1.55554ap-2f));
}

inline constexpr float ln2_high = 0x1.62e4p-1f;    // 15 bits: k * ln2_high is exact
inline constexpr float ln2_low = 0x1.7f7d1cp-20f;  // ln 2 - ln2_high

/// x > 0 and normal as 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt(2)).
template <class L>
CRISTAE_CORE void split_power(typename L::f32 x, typename L::f32& k, typename L::f32& f) {
  typename L::u32 const bits = L::as_bits(x);
  // 0x3f3504f3 is sqrt(1/2): subtracting it before the shift rounds the exponent to the nearest.
  typename L::u32 const shifted = L::add_bits(bits, L::splat_bits(0x3f800000u - 0x3f3504f3u));
  typename L::u32 const exponent = L::template shift_right<23>(shifted);
  k = L::sub(L::to_float(exponent), L::splat(127.0f));
  typename L::u32 const mantissa = L::and_bits(shifted, L::splat_bits(0x007fffffu));
  f = L::sub(L::as_float(L::add_bits(mantissa, L::splat_bits(0x3f3504f3u))), L::splat(1.0f));
}

/// -log(u) for u = (word + 1/2) / 2^32: a unit exponential variate in [1.16e-10, 22.88].
/// Above sqrt(1/2) it works with 1 - u, which keeps the relative error of short waiting times small.
template <class L>
CRISTAE_CORE typename L::f32 unit_exponential(typename L::u32 word) {
  using f32 = typename L::f32;
  typename L::u32 const complement = L::xor_bits(word, L::splat_bits(0xffffffffu));
  f32 const whole = L::to_float(word);
  typename L::mask const near_one = L::lt(L::splat(0x1.6a09e6p31f), whole);
  f32 const part = L::select(near_one, L::to_float(complement), whole);
  f32 const p = L::fma(part, L::splat(0x1p-32f), L::splat(0x1p-33f));
  f32 k, f;
  split_power<L>(p, k, f);
  k = L::select(near_one, L::splat(0.0f), k);
  f = L::select(near_one, L::sub(L::splat(0.0f), p), f);
  f32 const square = L::mul(f, f);
  // -log(1 + f) = -f + f^2/2 - f^3 tail, summed from the small end.
  f32 tail = L::fma(L::mul(square, f), log_tail<L>(f), L::mul(k, L::splat(ln2_low)));
  tail = L::fma(square, L::splat(-0.5f), tail);
  return L::sub(L::splat(0.0f), L::fma(k, L::splat(ln2_high), L::add(f, tail)));
}

/// Natural logarithm; -inf at 0, NaN below, +inf and NaN kept.
template <class L>
CRISTAE_CORE typename L::f32 log(typename L::f32 x) {
  using f32 = typename L::f32;
  typename L::mask const subnormal = L::lt(x, L::splat(0x1p-126f));
  f32 const normal = L::select(subnormal, L::mul(x, L::splat(0x1p24f)), x);
  f32 k, f;
  split_power<L>(normal, k, f);
  k = L::select(subnormal, L::sub(k, L::splat(24.0f)), k);
  f32 const square = L::mul(f, f);
  f32 tail = L::fma(L::mul(square, f), log_tail<L>(f), L::mul(k, L::splat(ln2_low)));
  tail = L::fma(square, L::splat(-0.5f), tail);
  f32 result = L::fma(k, L::splat(ln2_high), L::add(f, tail));
  result = L::select(L::lt(L::splat(0x1.fffffep127f), x), x, result);
  result = L::select(L::eq(x, L::splat(0.0f)), L::splat(-infinity()), result);
  // not (x >= 0): negative or NaN
  return L::select(L::le(L::splat(0.0f), x), result, L::splat(quiet_nan()));
}

/// exp(x + low) for |low| far below |x|; 0 and +inf beyond the range, subnormal results rounded.
template <class L>
CRISTAE_CORE typename L::f32 exp_sum(typename L::f32 x, typename L::f32 low) {
  using f32 = typename L::f32;
  // Beyond these the result is 0 or inf; the clamp keeps the exponent arithmetic in range.
  f32 z = L::select(L::lt(x, L::splat(-110.0f)), L::splat(-110.0f), x);
  z = L::select(L::lt(L::splat(100.0f), z), L::splat(100.0f), z);
  low = L::select(L::eq(x, z), low, L::splat(0.0f));
  f32 const shift = L::splat(0x1.8p23f);
  f32 const shifted = L::fma(z, L::splat(0x1.715476p0f), shift);
  f32 const n = L::sub(shifted, shift);
  f32 r = L::fma(n, L::splat(-ln2_high), z);
  r = L::add(L::fma(n, L::splat(-ln2_low), r), low);
  f32 q = L::splat(0x1.6db3fcp-10f);
  q = L::fma(q, r, L::splat(0x1.123b38p-7f));
  q = L::fma(q, r, L::splat(0x1.55545ep-5f));
  q = L::fma(q, r, L::splat(0x1.55549p-3f));
  q = L::fma(q, r, L::splat(0x1p-1f));
  f32 const value = L::add(L::splat(1.0f), L::fma(L::mul(r, r), q, r));
  // 2^n in two factors, each a normal number: n in [-159, 145]. The low bits of `shifted` hold n.
  typename L::u32 const whole = L::add_bits(
      L::sub_bits(L::as_bits(shifted), L::splat_bits(0x4b400000u)), L::splat_bits(256u));
  typename L::u32 const half = L::template shift_right<1>(whole);
  typename L::u32 const rest = L::sub_bits(whole, half);
  f32 const first = L::as_float(L::template shift_left<23>(L::sub_bits(half, L::splat_bits(1u))));
  f32 const second = L::as_float(L::template shift_left<23>(L::sub_bits(rest, L::splat_bits(1u))));
  f32 result = L::mul(L::mul(value, first), second);
  return L::select(L::eq(x, x), result, x);
}

template <class L>
CRISTAE_CORE typename L::f32 exp(typename L::f32 x) {
  return exp_sum<L>(x, L::splat(0.0f));
}

/// x^n for a whole n by repeated multiplication, leading bit first; 1 / x^-n for n < 0.
template <class L>
CRISTAE_CORE typename L::f32 power_int(typename L::f32 x, int n) {
  u32 const magnitude = n < 0 ? u32(-n) : u32(n);
  if (magnitude == 0) return L::splat(1.0f);
  int top = 31;
  while (((magnitude >> top) & 1u) == 0) --top;
  typename L::f32 result = x;
  for (int bit = top - 1; bit >= 0; --bit) {
    result = L::mul(result, result);
    if ((magnitude >> bit) & 1u) result = L::mul(result, x);
  }
  return n < 0 ? L::div(L::splat(1.0f), result) : result;
}

/// Whether the contract takes an exponent as whole, to multiply instead of exp(y log x).
CRISTAE_CORE bool is_whole_exponent(float y) {
  return y >= -64.0f && y <= 64.0f && float(int(y)) == y;
}

/// x^y for an exponent that is not whole: exp(y log x) with the logarithm in two floats.
/// 0^y is 0 for y > 0 and inf for y < 0; NaN for x < 0.
template <class L>
CRISTAE_CORE typename L::f32 power_real(typename L::f32 x, typename L::f32 y) {
  using f32 = typename L::f32;
  typename L::mask const subnormal = L::lt(x, L::splat(0x1p-126f));
  f32 const normal = L::select(subnormal, L::mul(x, L::splat(0x1p24f)), x);
  f32 k, f;
  split_power<L>(normal, k, f);
  k = L::select(subnormal, L::sub(k, L::splat(24.0f)), k);
  // log x = k ln 2 + f - f^2/2 + f^3 tail; the first three with their rounding errors.
  f32 const square = L::mul(f, f);
  f32 const square_low = L::fma(f, f, L::sub(L::splat(0.0f), square));
  f32 const half = L::mul(square, L::splat(0.5f));
  f32 const log1 = L::sub(f, half);
  f32 const log1_low = L::sub(L::sub(L::sub(f, log1), half), L::mul(square_low, L::splat(0.5f)));
  f32 const base = L::mul(k, L::splat(ln2_high));
  f32 const sum = L::add(base, log1);
  f32 const part = L::sub(sum, base);
  f32 low = L::add(L::sub(base, L::sub(sum, part)), L::sub(log1, part));
  low = L::add(low, log1_low);
  low = L::fma(L::mul(square, f), log_tail<L>(f), low);
  low = L::fma(k, L::splat(ln2_low), low);
  f32 const high = L::add(sum, low);
  low = L::add(L::sub(sum, high), low);
  f32 const product = L::mul(y, high);
  f32 const product_low = L::fma(y, low, L::fma(y, high, L::sub(L::splat(0.0f), product)));
  f32 result = exp_sum<L>(product, product_low);
  typename L::mask const rising = L::lt(L::splat(0.0f), y);
  f32 const at_zero = L::select(rising, L::splat(0.0f), L::splat(infinity()));
  f32 const at_infinity = L::select(rising, L::splat(infinity()), L::splat(0.0f));
  result = L::select(L::lt(L::splat(0x1.fffffep127f), x), at_infinity, result);
  result = L::select(L::eq(x, L::splat(0.0f)), at_zero, result);
  typename L::mask const defined = L::both(L::le(L::splat(0.0f), x), L::eq(y, y));
  return L::select(defined, result, L::splat(quiet_nan()));
}

/// x^y for one trajectory: whole exponents by multiplication, decided by the value.
CRISTAE_CORE float power(float x, float y) {
  return is_whole_exponent(y) ? power_int<ScalarLane>(x, int(y)) : power_real<ScalarLane>(x, y);
}

/// Largest whole number not above x.
template <class L>
CRISTAE_CORE typename L::f32 floor(typename L::f32 x) {
  using f32 = typename L::f32;
  f32 const magnitude = L::as_float(L::and_bits(L::as_bits(x), L::splat_bits(0x7fffffffu)));
  f32 const rounded = L::sub(L::add(magnitude, L::splat(0x1p23f)), L::splat(0x1p23f));
  typename L::u32 const sign = L::and_bits(L::as_bits(x), L::splat_bits(0x80000000u));
  f32 const nearest = L::as_float(L::or_bits(L::as_bits(rounded), sign));
  f32 const below = L::select(L::lt(x, nearest), L::sub(nearest, L::splat(1.0f)), nearest);
  return L::select(L::lt(magnitude, L::splat(0x1p23f)), below, x);
}

template <class L>
CRISTAE_CORE typename L::f32 negate(typename L::f32 x) {
  return L::as_float(L::xor_bits(L::as_bits(x), L::splat_bits(0x80000000u)));
}

template <class L>
CRISTAE_CORE typename L::f32 absolute(typename L::f32 x) {
  return L::as_float(L::and_bits(L::as_bits(x), L::splat_bits(0x7fffffffu)));
}

template <class L>
CRISTAE_CORE typename L::f32 ceiling(typename L::f32 x) {
  return negate<L>(core::floor<L>(negate<L>(x)));
}

/// b if b < a, else a: one rule for NaN and signed zeros on every machine.
template <class L>
CRISTAE_CORE typename L::f32 minimum(typename L::f32 a, typename L::f32 b) {
  return L::select(L::lt(b, a), b, a);
}

template <class L>
CRISTAE_CORE typename L::f32 maximum(typename L::f32 a, typename L::f32 b) {
  return L::select(L::lt(a, b), b, a);
}

}  // namespace cristae::core
