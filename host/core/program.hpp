// host/core/program.hpp - a network as tables: laws, reactions, stops; what every table-driven form reads.
//
// Registers are per-trajectory floats: copy numbers first, then constants that differ between
// trajectories or over time, then intermediate values of laws. An operand is register * stride
// already multiplied out, so that the same tables serve vectors of lanes and a grid of threads.
#pragma once

#include "host/core/event_tables.hpp"
#include "host/core/lane.hpp"
#include "host/core/math.hpp"

namespace cristae::core {

// clang-format off
enum class OpCode : u8 {
  add, add_constant,             ///< a + b, a + k
  subtract, subtract_constant, subtract_from_constant,  ///< a - b, a - k, k - a
  multiply, multiply_constant,   ///< a * b, k * a
  divide, divide_by_constant, divide_constant,          ///< a / b, a / k, k / a
  minimum, minimum_constant, maximum, maximum_constant,
  power_whole,                   ///< a^n, n = k
  power_constant, power,         ///< a^k by exp and log; a^b decided by the value of b
  saturate,                      ///< a / (1 + a): the last step of a Hill function
  negate, absolute, square_root, exponential, logarithm, floor, ceiling,
  less, less_equal, equal,       ///< a ? b as 1 or 0
  logical_and, logical_or, logical_not,
  choose,                        ///< a != 0 ? b : c
  constant,
};
// clang-format on

struct Op {
  OpCode code;
  u32 to;
  u32 a;
  u32 b;
  u32 c;
  float k;
};

/// The registers that an op reads: the first `count` of `reg`.
struct Sources {
  u32 count;
  u32 reg[3];
  CRISTAE_CORE u32 const* begin() const { return reg; }
  CRISTAE_CORE u32 const* end() const { return reg + count; }
};

CRISTAE_CORE Sources sources_of(Op const& op) {
  switch (op.code) {
    case OpCode::constant: return {0, {0, 0, 0}};
    case OpCode::choose: return {3, {op.a, op.b, op.c}};
    case OpCode::add:
    case OpCode::subtract:
    case OpCode::multiply:
    case OpCode::divide:
    case OpCode::minimum:
    case OpCode::maximum:
    case OpCode::power:
    case OpCode::less:
    case OpCode::less_equal:
    case OpCode::equal:
    case OpCode::logical_and:
    case OpCode::logical_or: return {2, {op.a, op.b, 0}};
    default: return {1, {op.a, 0, 0}};
  }
}

/// How a propensity is finished from registers: a product from the left.
enum class TermKind : u8 {
  constant,  ///< k
  scaled1,   ///< k * r0
  scaled2,   ///< (k * r0) * r1
  scaled3,   ///< ((k * r0) * r1) * r2
  plain,     ///< r0
};

inline constexpr u8 term_guarded =
    1;  ///< 0 where a reactant is short (the law alone does not say so)
inline constexpr u8 term_checked = 2;  ///< NaN where negative (analysis could not exclude it)

struct Term {
  TermKind kind;
  u8 flags;
  u32 guard_begin, guard_end;  ///< range in Program::guards
  float k;
  u32 r[3];
  u32 ops_end;  ///< ops before this one must have run; one-lane forms run them by dependency
};

struct Guard {
  u32 reg;       ///< operand
  float needed;  ///< copies the reaction takes
};

/// The registers that a term multiplies or takes.
CRISTAE_CORE Sources factors_of(Term const& term) {
  switch (term.kind) {
    case TermKind::constant: return {0, {0, 0, 0}};
    case TermKind::scaled2: return {2, {term.r[0], term.r[1], 0}};
    case TermKind::scaled3: return {3, {term.r[0], term.r[1], term.r[2]}};
    default: return {1, {term.r[0], 0, 0}};
  }
}

/// Change of copy numbers by one reaction: entries [change_begin[j], change_begin[j + 1]).
struct Change {
  u32 reg;  ///< operand of the copy number
  float delta;
};

/// Bits of Stops::actions.
inline constexpr u8 stop_samples = 1;
inline constexpr u8 stop_changes = 2;
inline constexpr u8 stop_watches = 4;  ///< from here on the condition that ends it is looked at
inline constexpr u8 stop_parts = 8;  ///< a change, behind which sisters are different trajectories

/// Times at which a trajectory is sampled or its parameters change. It starts at stop 0.
struct Stops {
  u32 count;
  float const* interval_high;  ///< [count]: from stop k to k + 1; the last is unused
  float const* interval_low;
  u8 const* actions;    ///< [count]; changes come before samples
  double const* times;  ///< [count]
};

/// Scheduled changes: new values of varying constants, and copies added.
struct Schedule {
  u32 segments;
  u32 constants;         ///< number of varying constants
  u32 constant_base;     ///< first register of them (not multiplied)
  u32 row;               ///< what a row has for a segment: constants, and two words for each of
                         ///< EventTables::values
  float const* values;   ///< [row][segment][row]; which row: Begin
  u32 const* add_begin;  ///< [segments + 1]
  u32 const* add_species;
  i64 const* add_count;
};

/// at_least: whether sum(factor * copies) over parts [begin, end) is at least `least`. all, any: of
/// the two results before, which it replaces.
enum class ConditionJoin : u8 { at_least, all, any };
struct ConditionStep {
  ConditionJoin join;
  u32 begin, end;
  i64 least;
};

/// What ends a trajectory as soon as it holds; nothing where there are no steps. Lanes do not look at
/// it: where it may hold, tables for them have one more reaction behind the network's, which changes
/// nothing and whose propensity is 0, and infinite as soon as it holds. So the total sends a lane to
/// the slow path, which decides here, in whole numbers.
struct EndCondition {
  u32 steps;
  ConditionStep const* step;
  ConditionPart const* part;
  u32 from;     ///< the stop from which on it is looked at
  u32 watched;  ///< where `from` is not the first: the register (not multiplied) that it sets to 1
};

/// Half steps between two looks at counts near 2^24 and at the event budget.
inline constexpr u32 check_interval = 1u << 16;

struct Program {
  u32 species;  ///< copy numbers, firing counters included
  u32 hashed;   ///< the first ones, without firing counters, make the contract hash
  u32 reactions;
  u32 ops_count;
  Op const* ops;
  Term const* terms;  ///< [reactions]
  Guard const* guards;
  u32 const* change_begin;  ///< [reactions + 2]: reaction `reactions` stands for "none fires"
  Change const* changes;
  i64 const* initial;  ///< [initial_rows][hashed]; which row: Begin
  u64 initial_rows;
  u64 const* multipliers;  ///< [hashed + 3] of the contract hash
  float widen_above;       ///< a copy number above this leaves the float32 form
  Stops stops;
  Schedule schedule;
  float const*
      constants;  ///< of generated code (host/codegen); tables hold theirs in ops and terms
  EndCondition condition;
  EventTables events;
};

/// All intermediate values of the laws, for K vectors of lanes.
template <class L, int K>
CRISTAE_CORE void run_ops(Op const* ops, u32 count, float* registers) {
  constexpr int w = L::width;
#define CRISTAE_EACH(expression)                                \
  CRISTAE_UNROLL                                                \
  for (int i = 0; i < K; ++i) L::store(to + i * w, expression); \
  break
#define CRISTAE_A L::load(a + i * w)
#define CRISTAE_B L::load(b + i * w)
#define CRISTAE_TRUTH(mask) L::select(mask, L::splat(1.0f), L::splat(0.0f))
  for (u32 n = 0; n < count; ++n) {
    Op const& op = ops[n];
    float* const to = registers + op.to;
    float const* const a = registers + op.a;
    float const* const b = registers + op.b;
    typename L::f32 const k = L::splat(op.k);
    typename L::f32 const zero = L::splat(0.0f);
    switch (op.code) {
      case OpCode::add: CRISTAE_EACH(L::add(CRISTAE_A, CRISTAE_B));
      case OpCode::add_constant: CRISTAE_EACH(L::add(CRISTAE_A, k));
      case OpCode::subtract: CRISTAE_EACH(L::sub(CRISTAE_A, CRISTAE_B));
      case OpCode::subtract_constant: CRISTAE_EACH(L::sub(CRISTAE_A, k));
      case OpCode::subtract_from_constant: CRISTAE_EACH(L::sub(k, CRISTAE_A));
      case OpCode::multiply: CRISTAE_EACH(L::mul(CRISTAE_A, CRISTAE_B));
      case OpCode::multiply_constant: CRISTAE_EACH(L::mul(k, CRISTAE_A));
      case OpCode::divide: CRISTAE_EACH(L::div(CRISTAE_A, CRISTAE_B));
      case OpCode::divide_by_constant: CRISTAE_EACH(L::div(CRISTAE_A, k));
      case OpCode::divide_constant: CRISTAE_EACH(L::div(k, CRISTAE_A));
      case OpCode::minimum: CRISTAE_EACH(core::minimum<L>(CRISTAE_A, CRISTAE_B));
      case OpCode::minimum_constant: CRISTAE_EACH(core::minimum<L>(CRISTAE_A, k));
      case OpCode::maximum: CRISTAE_EACH(core::maximum<L>(CRISTAE_A, CRISTAE_B));
      case OpCode::maximum_constant: CRISTAE_EACH(core::maximum<L>(CRISTAE_A, k));
      case OpCode::power_whole:
        switch (int(op.k)) {
          case 2: CRISTAE_EACH(power_int<L>(CRISTAE_A, 2));
          case 3: CRISTAE_EACH(power_int<L>(CRISTAE_A, 3));
          case 4: CRISTAE_EACH(power_int<L>(CRISTAE_A, 4));
          default: CRISTAE_EACH(power_int<L>(CRISTAE_A, int(op.k)));
        }
        break;
      case OpCode::power_constant: CRISTAE_EACH(power_real<L>(CRISTAE_A, k));
      case OpCode::power:
        for (int i = 0; i < K * w; ++i) to[i] = core::power(a[i], b[i]);
        break;
      case OpCode::saturate: CRISTAE_EACH(L::div(CRISTAE_A, L::add(L::splat(1.0f), CRISTAE_A)));
      case OpCode::negate: CRISTAE_EACH(core::negate<L>(CRISTAE_A));
      case OpCode::absolute: CRISTAE_EACH(core::absolute<L>(CRISTAE_A));
      case OpCode::square_root: CRISTAE_EACH(L::sqrt(CRISTAE_A));
      case OpCode::exponential: CRISTAE_EACH(core::exp<L>(CRISTAE_A));
      case OpCode::logarithm: CRISTAE_EACH(core::log<L>(CRISTAE_A));
      case OpCode::floor: CRISTAE_EACH(core::floor<L>(CRISTAE_A));
      case OpCode::ceiling: CRISTAE_EACH(core::ceiling<L>(CRISTAE_A));
      case OpCode::less: CRISTAE_EACH(CRISTAE_TRUTH(L::lt(CRISTAE_A, CRISTAE_B)));
      case OpCode::less_equal: CRISTAE_EACH(CRISTAE_TRUTH(L::le(CRISTAE_A, CRISTAE_B)));
      case OpCode::equal: CRISTAE_EACH(CRISTAE_TRUTH(L::eq(CRISTAE_A, CRISTAE_B)));
      case OpCode::logical_and:
        CRISTAE_EACH(L::select(L::eq(CRISTAE_A, zero), zero,
                               L::select(L::eq(CRISTAE_B, zero), zero, L::splat(1.0f))));
      case OpCode::logical_or:
        CRISTAE_EACH(L::select(L::eq(CRISTAE_A, zero),
                               L::select(L::eq(CRISTAE_B, zero), zero, L::splat(1.0f)),
                               L::splat(1.0f)));
      case OpCode::logical_not: CRISTAE_EACH(CRISTAE_TRUTH(L::eq(CRISTAE_A, zero)));
      case OpCode::choose:
        CRISTAE_EACH(
            L::select(L::eq(CRISTAE_A, zero), L::load(registers + op.c + i * w), CRISTAE_B));
      case OpCode::constant: CRISTAE_EACH(k);
    }
  }
#undef CRISTAE_EACH
#undef CRISTAE_A
#undef CRISTAE_B
#undef CRISTAE_TRUTH
}

/// The propensities of one reaction, guards and checks applied.
template <class L, int K>
CRISTAE_CORE void term_values(Term const& term, Guard const* guards, float const* registers,
                              typename L::f32 (&a)[K]) {
  constexpr int w = L::width;
  typename L::f32 const k = L::splat(term.k);
  float const* const r0 = registers + term.r[0];
  float const* const r1 = registers + term.r[1];
  float const* const r2 = registers + term.r[2];
#define CRISTAE_EACH(expression)                   \
  CRISTAE_UNROLL                                   \
  for (int i = 0; i < K; ++i) a[i] = (expression); \
  break
  CRISTAE_UNROLL
  for (int i = 0; i < K; ++i) a[i] = k;
  switch (term.kind) {
    case TermKind::constant: break;
    case TermKind::scaled1: CRISTAE_EACH(L::mul(k, L::load(r0 + i * w)));
    case TermKind::scaled2:
      CRISTAE_EACH(L::mul(L::mul(k, L::load(r0 + i * w)), L::load(r1 + i * w)));
    case TermKind::scaled3:
      CRISTAE_EACH(
          L::mul(L::mul(L::mul(k, L::load(r0 + i * w)), L::load(r1 + i * w)), L::load(r2 + i * w)));
    case TermKind::plain: CRISTAE_EACH(L::load(r0 + i * w));
  }
  if (term.flags == 0) return;
  if (term.flags & term_guarded) {
    for (u32 g = term.guard_begin; g < term.guard_end; ++g) {
      float const* const copies = registers + guards[g].reg;
      CRISTAE_UNROLL
      for (int i = 0; i < K; ++i) {
        a[i] = L::select(L::lt(L::load(copies + i * w), L::splat(guards[g].needed)), L::splat(0.0f),
                         a[i]);
      }
    }
  }
  if (term.flags & term_checked) {
    CRISTAE_UNROLL
    for (int i = 0; i < K; ++i) {
      a[i] = L::select(L::le(L::splat(0.0f), a[i]), a[i], L::splat(quiet_nan()));
    }
  }
#undef CRISTAE_EACH
}

}  // namespace cristae::core
