// tests/core/lane_checks.hpp - every operation of a vector lane against ScalarLane, bit by bit.
//
// Included by one source file per instruction set, so it returns texts instead of using GoogleTest
// in code compiled for an instruction set that the machine may lack.
#pragma once

#include "host/core/math.hpp"
#include "host/core/philox.hpp"
#include "tests/support/philox_vectors.hpp"

namespace cristae::test {

/// What differed first; operation is null where nothing did.
struct LaneDifference {
  char const* operation = nullptr;
  core::u32 a = 0, b = 0, c = 0;
  core::u32 expected = 0, got = 0;
};

/// A cheap stream of words that favours the edges of float32.
struct WordSource {
  core::u64 state;
  core::u32 next() {
    state += 0x9E3779B97F4A7C15ull;
    core::u64 z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    z ^= z >> 31;
    constexpr core::u32 edges[] = {0x00000000, 0x80000000, 0x00000001, 0x007fffff, 0x00800000,
                                   0x3f800000, 0x3f7fffff, 0x3f800001, 0x4b800000, 0x4b7fffff,
                                   0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffffffff,
                                   0x33800000, 0x34000000, 0x3effffff};
    if ((z >> 60) == 0) return edges[(z >> 32) % (sizeof edges / sizeof *edges)];
    core::u32 const bits = core::u32(z);
    // Half of them near 1, where sums and products round in interesting ways.
    return (z >> 40) & 1 ? (bits & 0x807fffffu) | ((120 + ((z >> 41) & 15)) << 23) : bits;
  }
};

template <class L>
struct LaneChecks {
  using S = core::ScalarLane;
  static constexpr int w = L::width;
  core::u32 a[w], b[w], c[w];
  LaneDifference found;

  static bool same(core::u32 x, core::u32 y) {
    // Which NaN it is, is not part of the contract: none survives a propensity check.
    bool const nan_x = (x & 0x7fffffffu) > 0x7f800000u, nan_y = (y & 0x7fffffffu) > 0x7f800000u;
    return x == y || (nan_x && nan_y);
  }

  template <class Vector, class Scalar>
  void floats(char const* name, Vector vector, Scalar scalar) {
    float fa[w], fb[w], fc[w], result[w];
    for (int i = 0; i < w; ++i) {
      fa[i] = core::bit_cast<float>(a[i]);
      fb[i] = core::bit_cast<float>(b[i]);
      fc[i] = core::bit_cast<float>(c[i]);
    }
    L::store(result, vector(L::load(fa), L::load(fb), L::load(fc)));
    for (int i = 0; i < w; ++i) {
      core::u32 const got = core::bit_cast<core::u32>(result[i]);
      core::u32 const expected = core::bit_cast<core::u32>(scalar(fa[i], fb[i], fc[i]));
      if (!found.operation && !same(got, expected)) found = {name, a[i], b[i], c[i], expected, got};
    }
  }

  template <class Vector, class Scalar>
  void words(char const* name, Vector vector, Scalar scalar) {
    core::u32 result[w];
    L::store_bits(result, vector(L::load_bits(a), L::load_bits(b)));
    for (int i = 0; i < w; ++i) {
      core::u32 const expected = scalar(a[i], b[i]);
      if (!found.operation && result[i] != expected)
        found = {name, a[i], b[i], 0, expected, result[i]};
    }
  }

  LaneDifference run(int rounds) {
    WordSource source{42};
    for (int round = 0; round < rounds && !found.operation; ++round) {
      for (int i = 0; i < w; ++i) {
        a[i] = source.next();
        b[i] = source.next();
        c[i] = source.next();
      }
#define CRISTAE_FLOATS(name, expression) \
  floats(                                \
      name,                              \
      [](auto x, auto y, auto z) {       \
        using T = L;                     \
        (void)x, (void)y, (void)z;       \
        return expression;               \
      },                                 \
      [](auto x, auto y, auto z) {       \
        using T = S;                     \
        (void)x, (void)y, (void)z;       \
        return expression;               \
      })
#define CRISTAE_WORDS(name, expression) \
  words(                                \
      name,                             \
      [](auto x, auto y) {              \
        using T = L;                    \
        (void)x, (void)y;               \
        return expression;              \
      },                                \
      [](auto x, auto y) {              \
        using T = S;                    \
        (void)x, (void)y;               \
        return expression;              \
      })
      CRISTAE_FLOATS("add", T::add(x, y));
      CRISTAE_FLOATS("sub", T::sub(x, y));
      CRISTAE_FLOATS("mul", T::mul(x, y));
      CRISTAE_FLOATS("div", T::div(x, y));
      CRISTAE_FLOATS("fma", T::fma(x, y, z));
      CRISTAE_FLOATS("fma near cancellation", T::fma(x, y, T::sub(T::splat(0.0f), T::mul(x, y))));
      CRISTAE_FLOATS("sqrt", T::sqrt(x));
      CRISTAE_FLOATS("lt select", T::select(T::lt(x, y), z, x));
      CRISTAE_FLOATS("le select", T::select(T::le(x, y), z, x));
      CRISTAE_FLOATS("eq select", T::select(T::eq(x, y), z, x));
      CRISTAE_FLOATS("both", T::select(T::both(T::lt(x, y), T::lt(y, z)), x, y));
      CRISTAE_FLOATS("either", T::select(T::either(T::lt(x, y), T::lt(y, z)), x, y));
      CRISTAE_FLOATS("without", T::select(T::without(T::lt(x, y), T::lt(y, z)), x, y));
      CRISTAE_FLOATS("minimum", core::minimum<T>(x, y));
      CRISTAE_FLOATS("maximum", core::maximum<T>(x, y));
      CRISTAE_FLOATS("floor", core::floor<T>(x));
      CRISTAE_FLOATS("ceiling", core::ceiling<T>(x));
      CRISTAE_FLOATS("absolute", core::absolute<T>(x));
      CRISTAE_FLOATS("log", core::log<T>(core::absolute<T>(x)));
      CRISTAE_FLOATS("exp", core::exp<T>(x));
      CRISTAE_FLOATS("power_real", core::power_real<T>(core::absolute<T>(x), y));
      CRISTAE_FLOATS("power_int", core::power_int<T>(x, 5));
      CRISTAE_FLOATS("to_float", T::to_float(T::as_bits(x)));
      CRISTAE_FLOATS("unit_exponential", core::unit_exponential<T>(T::as_bits(x)));
      CRISTAE_WORDS("add_bits", T::add_bits(x, y));
      CRISTAE_WORDS("sub_bits", T::sub_bits(x, y));
      CRISTAE_WORDS("and_bits", T::and_bits(x, y));
      CRISTAE_WORDS("or_bits", T::or_bits(x, y));
      CRISTAE_WORDS("xor_bits", T::xor_bits(x, y));
      CRISTAE_WORDS("shift_right", T::template shift_right<7>(x));
      CRISTAE_WORDS("shift_left", T::template shift_left<31>(x));
      CRISTAE_WORDS("count_if", T::count_if(T::eq_bits(x, y), x));
      CRISTAE_WORDS(
          "select_bits",
          T::select_bits(T::eq_bits(T::and_bits(x, T::splat_bits(1u)), T::splat_bits(0u)), x, y));
#undef CRISTAE_FLOATS
#undef CRISTAE_WORDS
      masks(a[0]);
      products(a[0] | 1u);
    }
    if (!found.operation) philox();
    return found;
  }

  void masks(core::u32 word) {
    core::u32 const kept = w == 32 ? word : word & ((1u << w) - 1u);
    core::u32 const got = L::to_word(L::from_word(word));
    if (!found.operation && got != kept) found = {"from_word", word, 0, 0, kept, got};
  }

  void products(core::u32 factor) {
    core::u32 high[w], low[w];
    typename L::u32 vector_high, vector_low;
    L::multiply_wide(factor, L::load_bits(a), vector_high, vector_low);
    L::store_bits(high, vector_high);
    L::store_bits(low, vector_low);
    for (int i = 0; i < w; ++i) {
      core::u64 const product = core::u64(factor) * a[i];
      core::u64 const got = core::u64(high[i]) << 32 | low[i];
      if (!found.operation && got != product)
        found = {"multiply_wide", factor, a[i], 0, core::u32(product), low[i]};
    }
  }

  void philox() {
    for (PhiloxVector const& v : philox_vectors) {
      core::PhiloxBlock<L> block;
      for (int k = 0; k < 4; ++k) block.word[k] = L::splat_bits(v.counter[k]);
      block = core::philox<L>(block, PhiloxKeys(u64(v.key[1]) << 32 | v.key[0]));
      for (int k = 0; k < 4; ++k) {
        core::u32 got[w];
        L::store_bits(got, block.word[k]);
        for (int i = 0; i < w; ++i)
          if (!found.operation && got[i] != v.answer[k])
            found = {"philox", v.counter[0], v.key[0], core::u32(k), v.answer[k], got[i]};
      }
    }
  }
};

LaneDifference check_scalar(int rounds);
LaneDifference check_portable(int rounds);
LaneDifference check_avx2(int rounds);
LaneDifference check_avx512(int rounds);

}  // namespace cristae::test
