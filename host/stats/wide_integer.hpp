// host/stats/wide_integer.hpp - 256-bit unsigned arithmetic, enough for n * sum(x^2) - sum(x)^2.
#pragma once

#include <array>
#include <bit>
#include <cmath>

#include "host/base/types.hpp"

namespace cristae {

__extension__ using i128 = __int128;
__extension__ using u128 = unsigned __int128;

/// Unsigned 256-bit integer; wraps like the built-in ones, which its uses never come near.
struct U256 {
  std::array<u64, 4> limb{};  ///< lowest first

  constexpr U256() = default;
  constexpr U256(u128 x) : limb{static_cast<u64>(x), static_cast<u64>(x >> 64), 0, 0} {}

  constexpr U256& operator+=(U256 const& other) {
    u64 carry = 0;
    for (usize i = 0; i < 4; ++i) {
      u128 const sum = static_cast<u128>(limb[i]) + other.limb[i] + carry;
      limb[i] = static_cast<u64>(sum);
      carry = static_cast<u64>(sum >> 64);
    }
    return *this;
  }
  constexpr U256& operator-=(U256 const& other) {
    u64 borrow = 0;
    for (usize i = 0; i < 4; ++i) {
      u128 const difference = static_cast<u128>(limb[i]) - other.limb[i] - borrow;
      limb[i] = static_cast<u64>(difference);
      borrow = static_cast<u64>(difference >> 64) & 1;
    }
    return *this;
  }
  constexpr bool operator==(U256 const&) const = default;
  constexpr bool operator<(U256 const& other) const {
    for (usize i = 4; i-- > 0;)
      if (limb[i] != other.limb[i]) return limb[i] < other.limb[i];
    return false;
  }
};

/// a * b modulo 2^256.
constexpr U256 operator*(U256 const& a, U256 const& b) {
  U256 product;
  for (usize i = 0; i < 4; ++i) {
    u64 carry = 0;
    for (usize j = 0; i + j < 4; ++j) {
      u128 const sum = static_cast<u128>(a.limb[i]) * b.limb[j] + product.limb[i + j] + carry;
      product.limb[i + j] = static_cast<u64>(sum);
      carry = static_cast<u64>(sum >> 64);
    }
  }
  return product;
}

/// The nearest double, ties to even.
inline double to_double(U256 const& x) {
  int top = 3;
  while (top > 0 && x.limb[static_cast<usize>(top)] == 0) --top;
  if (top == 0) return static_cast<double>(x.limb[0]);
  // The highest 64 bits, the lowest of them set if any bit below is: one rounding in all.
  int const shift = std::countl_zero(x.limb[static_cast<usize>(top)]);
  auto const at = [&](int i) { return i < 0 ? 0 : x.limb[static_cast<usize>(i)]; };
  u64 high = at(top) << shift;
  if (shift > 0) high |= at(top - 1) >> (64 - shift);
  bool rest = (at(top - 1) << shift) != 0;
  for (int i = 0; i < top - 1; ++i) rest = rest || at(i) != 0;
  return std::ldexp(static_cast<double>(high | (rest ? 1u : 0u)), 64 * top - shift);
}

constexpr u128 magnitude(i128 x) { return x < 0 ? -static_cast<u128>(x) : static_cast<u128>(x); }

/// The nearest double, ties to even.
inline double to_double(i128 x) {
  double const value = to_double(U256(magnitude(x)));
  return x < 0 ? -value : value;
}

/// In two's complement.
constexpr U256 widened(i128 x) {
  U256 wide(static_cast<u128>(x));
  if (x < 0) wide.limb[2] = wide.limb[3] = ~u64{0};
  return wide;
}

/// The nearest double of a number in two's complement, ties to even.
inline double to_signed_double(U256 const& x) {
  if ((x.limb[3] >> 63) == 0) return to_double(x);
  U256 negated;
  negated -= x;
  return -to_double(negated);
}

}  // namespace cristae
