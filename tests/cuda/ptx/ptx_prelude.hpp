// tests/cuda/ptx/ptx_prelude.hpp - what translated PTX calls: C text, and the thread that it runs as.
#pragma once

// Once as a type of the host, once as text.
#define CRISTAE_PTX_THREAD                                                                 \
  struct PtxThread {                                                                       \
    unsigned tid[3], ntid[3], ctaid[3], nctaid[3];                                         \
    unsigned shared_bytes, dynamic_bytes;                                                  \
    unsigned char* shared;                                                                 \
    void* globals;                                                                         \
    void* host;                                                                            \
    void (*barrier)(struct PtxThread*);                                                    \
    void (*fault)(struct PtxThread*, unsigned line, char const* what); /* never returns */ \
  };
#define CRISTAE_PTX_AS_TEXT_(...) #__VA_ARGS__
#define CRISTAE_PTX_AS_TEXT(...) CRISTAE_PTX_AS_TEXT_(__VA_ARGS__)

namespace cristae::test {

CRISTAE_PTX_THREAD

/// Where PTX defines a result that C leaves open, a function; the rest is plain C in the table of
/// instructions.
inline constexpr char const* ptx_prelude = CRISTAE_PTX_AS_TEXT(CRISTAE_PTX_THREAD) R"c(
typedef struct PtxThread Thread;
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned u32; typedef unsigned long long u64;
typedef signed char s8; typedef short s16; typedef int s32; typedef long long s64;
typedef unsigned __int128 u128; typedef __int128 s128;
typedef float f32; typedef double f64;

static inline f32 as_f32(u32 x) { f32 y; __builtin_memcpy(&y, &x, 4); return y; }
static inline f64 as_f64(u64 x) { f64 y; __builtin_memcpy(&y, &x, 8); return y; }
// Results of f32 arithmetic have one NaN; the payload of an f64 NaN is not defined.
static inline u32 bits_f32(f32 x) { u32 y; __builtin_memcpy(&y, &x, 4); return x != x ? 0x7fffffffu : y; }
static inline u64 bits_f64(f64 x) { u64 y; __builtin_memcpy(&y, &x, 8); return y; }

// A GPU stops at an address that is not a multiple of the size; a CPU would not.
static inline u64 aligned(Thread* t, u32 line, u64 address, u32 size) {
  if (address & (size - 1)) t->fault(t, line, "the address is not aligned");
  return address;
}

// Other threads of the block run between two barriers.
static inline u32 lane_of(Thread* t) {
  return (t->tid[0] + t->ntid[0] * (t->tid[1] + t->ntid[1] * t->tid[2])) & 31u;
}
static inline u32 warp_of(Thread* t) {
  return (t->tid[0] + t->ntid[0] * (t->tid[1] + t->ntid[1] * t->tid[2])) >> 5;
}

#define DIVISION(T, MINIMUM)                                                     \
  static inline T div_##T(Thread* t, u32 line, T a, T b) {                       \
    if (b == 0) t->fault(t, line, "division by zero is not defined");            \
    if (MINIMUM != 0 && a == MINIMUM && b == (T)-1) return a;                    \
    return a / b;                                                                \
  }                                                                              \
  static inline T rem_##T(Thread* t, u32 line, T a, T b) {                       \
    if (b == 0) t->fault(t, line, "a remainder of zero is not defined");         \
    if (MINIMUM != 0 && a == MINIMUM && b == (T)-1) return 0;                    \
    return a % b;                                                                \
  }
DIVISION(u16, 0) DIVISION(u32, 0) DIVISION(u64, 0)
DIVISION(s16, -32767 - 1) DIVISION(s32, -2147483647 - 1) DIVISION(s64, -9223372036854775807ll - 1)

// -0 < +0; a NaN loses against a number, or wins with .NaN.
#define EXTREMES(T)                                                              \
  static inline T min_##T(T a, T b) {                                            \
    if (a != a) return b;                                                        \
    if (b != b) return a;                                                        \
    return a < b || (a == b && __builtin_signbit(a)) ? a : b;                    \
  }                                                                              \
  static inline T max_##T(T a, T b) {                                            \
    if (a != a) return b;                                                        \
    if (b != b) return a;                                                        \
    return a > b || (a == b && !__builtin_signbit(a)) ? a : b;                   \
  }                                                                              \
  static inline T min_nan_##T(T a, T b) { return a != a || b != b ? a + b : min_##T(a, b); } \
  static inline T max_nan_##T(T a, T b) { return a != a || b != b ? a + b : max_##T(a, b); }
EXTREMES(f32) EXTREMES(f64)

// x is whole, infinite or NaN. Beyond the range: the nearest end; NaN: 0, or the top bit.
#define TO_INTEGER(T, LOW, HIGH, LEAST, MOST)                                    \
  static inline T to_##T(f64 x, int nan_is_top_bit) {                            \
    if (x != x) return nan_is_top_bit ? (T)((u64)1 << (sizeof(T) * 8 - 1)) : 0;  \
    return x < LOW ? LEAST : x >= HIGH ? MOST : (T)x;                            \
  }
TO_INTEGER(u8, 0, 0x1p8, 0, 255) TO_INTEGER(s8, -0x1p7, 0x1p7, -128, 127)
TO_INTEGER(u16, 0, 0x1p16, 0, 65535) TO_INTEGER(s16, -0x1p15, 0x1p15, -32768, 32767)
TO_INTEGER(u32, 0, 0x1p32, 0, 4294967295u) TO_INTEGER(s32, -0x1p31, 0x1p31, -2147483647 - 1, 2147483647)
TO_INTEGER(u64, 0, 0x1p64, 0, 18446744073709551615ull)
TO_INTEGER(s64, -0x1p63, 0x1p63, -9223372036854775807ll - 1, 9223372036854775807ll)

// CC.CF: carry out of a sum, borrow out of a difference; the top bits in use are `bits`.
static inline u64 add_carry(u64 a, u64 b, u32 in, u32 bits, u8* out) {
  u128 const sum = (u128)a + b + in;
  *out = (u8)(sum >> bits) & 1;
  return (u64)sum;
}
static inline u64 sub_borrow(u64 a, u64 b, u32 in, u32 bits, u8* out) {
  u128 const difference = (u128)a - b - in;
  *out = (u8)(difference >> bits) & 1;
  return (u64)difference;
}

static inline u32 lop3(u32 a, u32 b, u32 c, u32 table) {
  u32 d = 0;
  if (table & 0x01) d |= ~a & ~b & ~c;
  if (table & 0x02) d |= ~a & ~b & c;
  if (table & 0x04) d |= ~a & b & ~c;
  if (table & 0x08) d |= ~a & b & c;
  if (table & 0x10) d |= a & ~b & ~c;
  if (table & 0x20) d |= a & ~b & c;
  if (table & 0x40) d |= a & b & ~c;
  if (table & 0x80) d |= a & b & c;
  return d;
}
static inline u32 prmt(u64 a, u64 b, u32 selectors) {
  u64 const bytes = b << 32 | a;
  u32 d = 0;
  for (u32 i = 0; i < 4; ++i) {
    u32 const selector = selectors >> (4 * i) & 15;
    u32 const byte = bytes >> (8 * (selector & 7)) & 255;
    d |= (selector & 8 ? (byte & 128 ? 255u : 0u) : byte) << (8 * i);
  }
  return d;
}
static inline u64 reverse(u64 x, u32 bits) {
  u64 y = 0;
  for (u32 i = 0; i < bits; ++i) y |= (x >> i & 1) << (bits - 1 - i);
  return y;
}
static inline u64 low_bits(u32 count) { return count >= 64 ? ~0ull : ((u64)1 << count) - 1; }
static inline u64 extract(u64 a, u32 position, u32 length, u32 bits, int is_signed) {
  position &= 255;
  length &= 255;
  if (length == 0) return 0;
  u32 const top = position + length - 1 < bits - 1 ? position + length - 1 : bits - 1;
  u64 const sign = is_signed && (a >> top & 1) ? ~0ull : 0;
  if (position >= bits) return sign;
  u32 const there = bits - position < length ? bits - position : length;
  return (a >> position & low_bits(there)) | (sign & ~low_bits(there));
}
static inline u64 insert(u64 a, u64 b, u32 position, u32 length, u32 bits) {
  position &= 255;
  length &= 255;
  if (length == 0 || position >= bits) return b;
  u64 const mask = low_bits(length) << position;
  return (b & ~mask) | (a << position & mask);
}
static inline u32 find_top(u64 x) { return x == 0 ? ~0u : 63 - (u32)__builtin_clzll(x); }

#define ATOMIC(NAME, T, NEW)                                                     \
  static inline T NAME##_##T(T* p, T b) {                                        \
    T a = __atomic_load_n(p, __ATOMIC_SEQ_CST);                                  \
    while (!__atomic_compare_exchange_n(p, &a, (T)(NEW), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {} \
    return a;                                                                    \
  }
#define ATOMICS(T)                                                               \
  ATOMIC(atomic_min, T, a < b ? a : b) ATOMIC(atomic_max, T, a > b ? a : b)      \
  ATOMIC(atomic_add, T, (u64)a + (u64)b) ATOMIC(atomic_exch, T, b)               \
  ATOMIC(atomic_and, T, a & b) ATOMIC(atomic_or, T, a | b) ATOMIC(atomic_xor, T, a ^ b) \
  static inline T atomic_cas_##T(T* p, T a, T b) {                               \
    __atomic_compare_exchange_n(p, &a, b, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    return a;                                                                    \
  }
ATOMICS(u32) ATOMICS(s32) ATOMICS(u64) ATOMICS(s64)
ATOMIC(atomic_inc, u32, a >= b ? 0 : a + 1)
ATOMIC(atomic_dec, u32, a == 0 || a > b ? b : a - 1)
)c";

}  // namespace cristae::test
