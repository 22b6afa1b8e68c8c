// tests/cuda/ptx/ptx_instructions.hpp - PTX instructions that only compute: what each means, in C.
//
// PTX ISA 9.0, chapter 9. Loads, stores, calls, branches, conversions, comparisons and atomics are in
// ptx_to_c.cpp.
#pragma once

namespace cristae::test {

/// One row stands for its names times its types. `operands` has a letter for the result and for each
/// source:
///   N  the bits, as u64            T  a value of the type        P  a predicate
///   I  a 32-bit word, as u32       L  a 64-bit word, as u64      X  a literal
///   W  a value of twice the size   V  the bits of such a value, as u64
/// In `c`: $1 $2 ... the sources, $T the type, $W the one of twice the size, $Q 128 bits of the same
/// sign, $U the unsigned one, $B its bits, $F the suffix of C's functions, $L the line.
struct PtxRow {
  char const* names;
  char const* types;
  char const* operands;
  char const* c;
};

#define CRISTAE_WHOLE "u16 u32 u64 s16 s32 s64"
#define CRISTAE_BITS "b16 b32 b64"
#define CRISTAE_SIGN "((u64)1 << ($B - 1))"

inline constexpr PtxRow ptx_rows[] = {
    {"add", CRISTAE_WHOLE, "NNN", "$1 + $2"},
    {"sub", CRISTAE_WHOLE, "NNN", "$1 - $2"},
    {"mul.lo", CRISTAE_WHOLE, "NNN", "$1 * $2"},
    {"mul.hi", CRISTAE_WHOLE, "NTT", "(u64)((($Q)$1 * $2) >> $B)"},
    {"mul.wide", "u16 u32 s16 s32", "WTT", "($W)$1 * $2"},
    {"mad.lo", CRISTAE_WHOLE, "NNNN", "$1 * $2 + $3"},
    {"mad.hi", CRISTAE_WHOLE, "NTTN", "(u64)((($Q)$1 * $2) >> $B) + $3"},
    {"mad.wide", "u16 u32 s16 s32", "WTTV", "(u64)(($W)$1 * $2) + $3"},
    {"add.cc", "u32 s32 u64 s64", "NNN", "add_carry($1, $2, 0, $B, &carry)"},
    {"addc", "u32 s32 u64 s64", "NNN", "$1 + $2 + carry"},
    {"addc.cc", "u32 s32 u64 s64", "NNN", "add_carry($1, $2, carry, $B, &carry)"},
    {"sub.cc", "u32 s32 u64 s64", "NNN", "sub_borrow($1, $2, 0, $B, &carry)"},
    {"subc", "u32 s32 u64 s64", "NNN", "$1 - $2 - carry"},
    {"subc.cc", "u32 s32 u64 s64", "NNN", "sub_borrow($1, $2, carry, $B, &carry)"},
    {"mad.lo.cc", "u32 s32 u64 s64", "NNNN", "add_carry(($U)($1 * $2), $3, 0, $B, &carry)"},
    {"mad.hi.cc", "u32 s32 u64 s64", "NTTN",
     "add_carry(($U)((($Q)$1 * $2) >> $B), $3, 0, $B, &carry)"},
    {"madc.lo", "u32 s32 u64 s64", "NNNN", "$1 * $2 + $3 + carry"},
    {"madc.hi", "u32 s32 u64 s64", "NTTN", "(u64)((($Q)$1 * $2) >> $B) + $3 + carry"},
    {"madc.lo.cc", "u32 s32 u64 s64", "NNNN", "add_carry(($U)($1 * $2), $3, carry, $B, &carry)"},
    {"madc.hi.cc", "u32 s32 u64 s64", "NTTN",
     "add_carry(($U)((($Q)$1 * $2) >> $B), $3, carry, $B, &carry)"},
    {"div", CRISTAE_WHOLE, "TTT", "div_$T(t, $L, $1, $2)"},
    {"rem", CRISTAE_WHOLE, "TTT", "rem_$T(t, $L, $1, $2)"},
    {"neg", "s16 s32 s64", "NN", "0 - $1"},
    {"abs", "s16 s32 s64", "TT", "$1 < 0 ? 0 - (u64)$1 : (u64)$1"},
    {"min", CRISTAE_WHOLE, "TTT", "$1 < $2 ? $1 : $2"},
    {"max", CRISTAE_WHOLE, "TTT", "$1 > $2 ? $1 : $2"},

    {"and", "pred " CRISTAE_BITS, "NNN", "$1 & $2"},
    {"or", "pred " CRISTAE_BITS, "NNN", "$1 | $2"},
    {"xor", "pred " CRISTAE_BITS, "NNN", "$1 ^ $2"},
    {"not", "pred " CRISTAE_BITS, "NN", "~$1"},
    {"cnot", CRISTAE_BITS, "NN", "$1 == 0"},
    {"shl", CRISTAE_BITS, "NNI", "$2 < $B ? $1 << $2 : 0"},
    {"shr", CRISTAE_BITS " u16 u32 u64", "NNI", "$2 < $B ? $1 >> $2 : 0"},
    {"shr", "s16 s32 s64", "TTI", "$1 >> ($2 < $B ? $2 : $B - 1)"},
    {"shf.l.wrap", "b32", "NNNI", "($2 << 32 | $1) << ($3 & 31) >> 32"},
    {"shf.l.clamp", "b32", "NNNI", "($2 << 32 | $1) << ($3 < 32 ? $3 : 32) >> 32"},
    {"shf.r.wrap", "b32", "NNNI", "($2 << 32 | $1) >> ($3 & 31)"},
    {"shf.r.clamp", "b32", "NNNI", "($2 << 32 | $1) >> ($3 < 32 ? $3 : 32)"},
    {"lop3", "b32", "NNNNX", "lop3($1, $2, $3, $4)"},
    {"prmt", "b32", "NNNN", "prmt($1, $2, $3)"},
    {"bfe", "u32 u64", "NNII", "extract($1, $2, $3, $B, 0)"},
    {"bfe", "s32 s64", "NNII", "extract($1, $2, $3, $B, 1)"},
    {"bfi", "b32 b64", "NNNII", "insert($1, $2, $3, $4, $B)"},
    {"brev", "b32 b64", "NN", "reverse($1, $B)"},
    {"popc", "b32 b64", "IN", "__builtin_popcountll($1)"},
    {"clz", "b32 b64", "IN", "$1 == 0 ? $B : __builtin_clzll($1) - (64 - $B)"},
    {"bfind", "u32 u64", "IN", "find_top($1)"},
    {"bfind", "s32 s64", "IT", "find_top(($U)($1 < 0 ? ~$1 : $1))"},
    {"bfind.shiftamt", "u32 u64", "IN", "$1 == 0 ? ~0u : $B - 1 - find_top($1)"},

    {"mov", "pred u16 u32 u64 s16 s32 s64 f32 f64 " CRISTAE_BITS, "NN", "$1"},
    {"selp", "u16 u32 u64 s16 s32 s64 f32 f64 " CRISTAE_BITS, "NNNP", "$3 ? $1 : $2"},
    {"slct.b32 slct.u32 slct.s32 slct.f32", "s32 f32", "IIIT", "$3 >= 0 ? $1 : $2"},
    {"slct.b64 slct.u64 slct.s64 slct.f64", "s32 f32", "LLLT", "$3 >= 0 ? $1 : $2"},
    {"cvta.global cvta.shared cvta.local cvta.const cvta.param", "u64", "NN", "$1"},
    {"cvta.to.global cvta.to.shared cvta.to.local cvta.to.const cvta.to.param", "u64", "NN", "$1"},

    {"add.rn", "f32 f64", "TTT", "$1 + $2"},
    {"sub.rn", "f32 f64", "TTT", "$1 - $2"},
    {"mul.rn", "f32 f64", "TTT", "$1 * $2"},
    {"div.rn", "f32 f64", "TTT", "$1 / $2"},
    {"fma.rn", "f32 f64", "TTTT", "__builtin_fma$F($1, $2, $3)"},
    {"rcp.rn", "f32 f64", "TT", "1 / $1"},
    {"sqrt.rn", "f32 f64", "TT", "__builtin_sqrt$F($1)"},
    {"neg", "f32 f64", "NN", "$1 ^ " CRISTAE_SIGN},
    {"abs", "f32 f64", "NN", "$1 & ~" CRISTAE_SIGN},
    {"copysign", "f32 f64", "NNN", "($2 & ~" CRISTAE_SIGN ") | ($1 & " CRISTAE_SIGN ")"},
    {"min", "f32 f64", "TTT", "min_$T($1, $2)"},
    {"max", "f32 f64", "TTT", "max_$T($1, $2)"},
    {"min.NaN", "f32", "TTT", "min_nan_$T($1, $2)"},
    {"max.NaN", "f32", "TTT", "max_nan_$T($1, $2)"},
    {"testp.finite", "f32 f64", "PT", "__builtin_isfinite($1)"},
    {"testp.infinite", "f32 f64", "PT", "__builtin_isinf($1)"},
    {"testp.number", "f32 f64", "PT", "$1 == $1"},
    {"testp.notanumber", "f32 f64", "PT", "$1 != $1"},
    {"testp.normal", "f32 f64", "PT", "__builtin_isnormal($1)"},
    {"testp.subnormal", "f32 f64", "PT",
     "$1 != 0 && !__builtin_isnormal($1) && __builtin_isfinite($1)"},
};

/// With Unrounded::separate only.
inline constexpr PtxRow ptx_unrounded_rows[] = {
    {"add", "f32 f64", "TTT", "$1 + $2"},
    {"sub", "f32 f64", "TTT", "$1 - $2"},
    {"mul", "f32 f64", "TTT", "$1 * $2"},
};

#undef CRISTAE_WHOLE
#undef CRISTAE_BITS
#undef CRISTAE_SIGN

}  // namespace cristae::test
