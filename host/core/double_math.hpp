// host/core/double_math.hpp - exp, log, log10, pow and the like in double, the same bits everywhere.
//
// For reported values and for events, not for laws. Logarithms are kept as an unevaluated sum of two doubles (Dekker
// 1971, Numer. Math. 18:224), accurate to 2^-63, so that pow is as good as exp. Errors against the
// true value, tested in tests/core/double_math_test.cpp: below 0.51 ulp for log and log10, 0.8 for exp
// and pow. Special cases are those of C (ISO 9899, annex F).
#pragma once

#include "host/core/lane.hpp"

namespace cristae::core {

struct DoubleMath {
  /// high + low, |low| at most half an ulp of high.
  struct Pair {
    double high, low;
  };

  // Those that have one possible result; every compiler has its own name for them.
#if defined(__CUDA_ARCH__)
  static CRISTAE_CORE double square_root(double x) { return __dsqrt_rn(x); }
  static CRISTAE_CORE double absolute(double x) { return fabs(x); }
  static CRISTAE_CORE double lower(double x) { return ::floor(x); }
  static CRISTAE_CORE double upper(double x) { return ::ceil(x); }
#else
  static CRISTAE_CORE double square_root(double x) { return __builtin_sqrt(x); }
  static CRISTAE_CORE double absolute(double x) { return __builtin_fabs(x); }
  static CRISTAE_CORE double lower(double x) { return __builtin_floor(x); }
  static CRISTAE_CORE double upper(double x) { return __builtin_ceil(x); }
#endif
  static CRISTAE_CORE double minimum(double best, double next) {
    return next < best || next != next ? next : best;
  }
  static CRISTAE_CORE double maximum(double best, double next) {
    return next > best || next != next ? next : best;
  }

  static CRISTAE_CORE double infinity() { return bit_cast<double>(u64(0x7ff0000000000000)); }
  static CRISTAE_CORE double not_a_number() { return bit_cast<double>(u64(0x7ff8000000000000)); }
  /// 2^n for a normal result.
  static CRISTAE_CORE double power_of_two(i32 n) { return bit_cast<double>(u64(1023 + n) << 52); }

  static CRISTAE_CORE_CALL double exponential(double x) { return exponential(Pair{x, 0}); }

  static CRISTAE_CORE_CALL double logarithm(double x) {
    if (!is_positive(x)) return logarithm_at_the_edge(x);
    return logarithm_pair(x).high;
  }

  static CRISTAE_CORE_CALL double logarithm10(double x) {
    if (!is_positive(x)) return logarithm_at_the_edge(x);
    constexpr double high = 0x1.bcb7b1526e50ep-2, low = 0x1.95355baaafad3p-57;  // 1 / ln 10
    Pair const l = logarithm_pair(x);
    Pair const p = product(l.high, high);
    return p.high + (p.low + (l.high * low + l.low * high));
  }

  static CRISTAE_CORE_CALL double power(double x, double y) {
    if (y == 0 || x == 1) return 1;
    if (x != x || y != y) return not_a_number();
    double const base = x < 0 ? -x : x;
    bool const is_negative = (bit_cast<u64>(x) >> 63) != 0;
    bool const is_edge = base == 0 || base == infinity();
    double const size = y < 0 ? -y : y;
    // From 2^53 on all are even.
    bool const is_whole = size >= 0x1p53 || double(i64(size)) == size;
    bool const is_odd = size < 0x1p53 && is_whole && (i64(size) & 1) != 0;
    if (is_negative && !is_whole && !is_edge) return not_a_number();
    double result;
    if (is_edge)
      result = (base == 0) == (y < 0) ? infinity() : 0;
    else if (base == 1)
      result = 1;
    else if (size >= 0x1p64)  // |log| >= 2^-53
      result = (base > 1) == (y > 0) ? infinity() : 0;
    else {
      Pair const l = logarithm_pair(base);
      Pair const p = product(y, l.high);
      result = exponential(Pair{p.high, p.low + y * l.low});
    }
    return is_negative && is_odd ? -result : result;
  }

  /// x^n / (K^n + x^n); 0 for x <= 0.
  static CRISTAE_CORE double hill(double x, double K, double n) {
    return x <= 0 ? 0 : 1 / (1 + power(K / x, n));
  }

 private:
  /// ln 2; the first has 11 zeros at its end, so that small multiples of it are exact.
  static constexpr double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45;

  static CRISTAE_CORE bool is_positive(double x) { return x > 0 && x < infinity(); }
  static CRISTAE_CORE double logarithm_at_the_edge(double x) {
    return x == 0 ? -infinity() : x > 0 ? x : not_a_number();
  }

  /// Where |a| >= |b|.
  static CRISTAE_CORE Pair sum(double a, double b) {
    double const s = a + b;
    return {s, b - (s - a)};
  }
  static CRISTAE_CORE Pair product(double a, double b) {
    constexpr double splitter = 0x1p27 + 1;
    double const p = a * b;
    double const a_big = splitter * a, b_big = splitter * b;
    double const a_high = a_big - (a_big - a), b_high = b_big - (b_big - b);
    double const a_low = a - a_high, b_low = b - b_high;
    return {p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low};
  }

  /// 1/2 + r/3! + ... + r^13/15!
  static CRISTAE_CORE double exponential_tail(double r) {
    double p = 1.0 / 1307674368000.0;
    p = p * r + 1.0 / 87178291200.0;
    p = p * r + 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    return p * r + 0.5;
  }

  /// exp(x.high + x.low), where x.low need not be small against an ulp of the result.
  static CRISTAE_CORE double exponential(Pair x) {
    if (x.high != x.high) return x.high;
    if (x.high > 710) return infinity();
    if (x.high < -746) return 0;
    constexpr double log2_e = 0x1.71547652b82fep+0;
    double const scaled = x.high * log2_e;
    i32 const n = i32(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    // x = n ln 2 + r, |r| <= 0.35.
    Pair const first = sum(x.high - n * ln2_high, -(n * ln2_low));
    Pair const r = sum(first.high, first.low + x.low);
    double const square = r.high * r.high;
    Pair const whole = sum(1, r.high);
    double const e = whole.high + (whole.low + (square * exponential_tail(r.high) + r.low));
    i32 const half = n / 2;
    return e * power_of_two(half) * power_of_two(n - half);
  }

  /// 1/5 + z/7 + ... + z^11/27
  static CRISTAE_CORE double logarithm_tail(double z) {
    double p = 1.0 / 27;
    p = p * z + 1.0 / 25;
    p = p * z + 1.0 / 23;
    p = p * z + 1.0 / 21;
    p = p * z + 1.0 / 19;
    p = p * z + 1.0 / 17;
    p = p * z + 1.0 / 15;
    p = p * z + 1.0 / 13;
    p = p * z + 1.0 / 11;
    p = p * z + 1.0 / 9;
    p = p * z + 1.0 / 7;
    return p * z + 1.0 / 5;
  }

  /// x = 2^k (1 + f), s = f / (2 + f), log(1 + f) = 2 s (1 + s^2/3 + s^4/5 + ...).
  static CRISTAE_CORE_CALL Pair logarithm_pair(double x) {
    constexpr u64 root_half = 0x3fe6a09e667f3bcd;
    i32 k = 0;
    if (x < 0x1p-1022) {
      x *= 0x1p54;
      k = -54;
    }
    u64 const above = bit_cast<u64>(x) - root_half;
    k += i32(i64(above) >> 52);
    double const f = bit_cast<double>((above & 0x000fffffffffffff) + root_half) - 1;
    Pair const d = sum(2, f);
    Pair s{f / d.high, 0};
    Pair const back = product(s.high, d.high);
    s.low = (((f - back.high) - back.low) - s.high * d.low) / d.high;
    Pair z = product(s.high, s.high);
    z.low += 2 * (s.high * s.low);
    Pair third = sum(0x1.5555555555555p-2, z.high * logarithm_tail(z.high));
    third.low += 0x1.5555555555555p-56;
    Pair w = product(z.high, third.high);
    w.low += z.high * third.low + z.low * third.high;
    Pair t = product(s.high, w.high);
    t.low += s.high * w.low + s.low * w.high;
    Pair l = sum(2 * s.high, 2 * t.high);
    l.low += 2 * (s.low + t.low);
    Pair const all = k == 0 ? Pair{l.high, 0} : sum(k * ln2_high, l.high);
    return sum(all.high, all.low + (l.low + k * ln2_low));
  }
};

}  // namespace cristae::core
