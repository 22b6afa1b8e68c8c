// tests/core/choice_checks.hpp - the choice of every form against its definition, on chosen states and words.
//
// Included by one source file per instruction set, so it returns what it found instead of using
// GoogleTest in code compiled for an instruction set that the machine may lack.
#pragma once

#include "host/core/generated_laws.hpp"
#include "host/core/one_lane.hpp"
#include "host/core/table_laws.hpp"

namespace cristae::test {

/// One word of a choice; all states have `reactions` propensities.
struct ChoiceCase {
  float const* propensities;
  core::u32 high, low;
};

struct ChoiceFinding {
  char const* form = nullptr;  ///< the first that decided otherwise than the definition; null: none
  core::u32 reactions = 0, expected = 0, got = 0, high = 0, low = 0;
  core::u64 decided = 0, open = 0;  ///< choices of all forms
};

constexpr core::u32 leaves_of(core::u32 reactions) {
  core::u32 leaves = 1;
  while (leaves < reactions) leaves *= 2;
  return leaves;
}

/// A network whose propensities are its copy numbers; what host/codegen writes, for any state.
template <core::u32 n>
struct FreeNetwork {
  using u32 = core::u32;
  static constexpr u32 species = n, inputs = n, reactions = n, changes = n, nodes = leaves_of(n);

  template <class L>
  static CRISTAE_CORE void propensities(float const* x, u32 stride, float const*,
                                        typename L::f32 (&a)[n]) {
    for (u32 j = 0; j < n; ++j) a[j] = L::load(x + core::u64(j) * stride);
  }
  template <class L>
  static CRISTAE_CORE typename L::f32 total(typename L::f32 const (&a)[n],
                                            typename L::f32 (&sums)[nodes]) {
    for (u32 node = nodes - 1; node >= 1; --node)
      sums[node] = L::add(sum<L>(a, sums, 2 * node), sum<L>(a, sums, 2 * node + 1));
    return sum<L>(a, sums, 1);
  }
  template <class L>
  static CRISTAE_CORE typename L::u32 choose(typename L::f32 const (&a)[n],
                                             typename L::f32 const (&sums)[nodes],
                                             typename L::f32 r, typename L::f32& nearest) {
    typename L::u32 node = L::splat_bits(1u);
    for (u32 level = 1; level < nodes; level *= 2) {
      typename L::f32 left = L::splat(core::infinity());
      for (u32 i = level; i < 2 * level; ++i) {
        u32 first = 2 * i + 1;
        while (first < nodes) first *= 2;
        if (first - nodes >= n) continue;  // nothing on the right
        left = L::select(L::eq_bits(node, L::splat_bits(i)), sum<L>(a, sums, 2 * i), left);
      }
      typename L::f32 const d = L::sub(r, left);
      typename L::mask const right = L::le(L::splat(0.0f), d);
      nearest = L::nearer(nearest, d);
      r = L::select(right, d, r);
      node = L::count_if(right, L::add_bits(node, node));
    }
    return L::sub_bits(node, L::splat_bits(nodes));
  }

 private:
  /// Leaves are numbered from `nodes` on; those without a reaction are 0.
  template <class L>
  static CRISTAE_CORE typename L::f32 sum(typename L::f32 const (&a)[n],
                                          typename L::f32 const (&sums)[nodes], u32 node) {
    if (node < nodes) return sums[node];
    return node - nodes < n ? a[node - nodes] : L::splat(0.0f);
  }
};

template <class L, core::u32 n>
struct ChoiceChecks {
  using u32 = core::u32;
  static constexpr int K = 2;
  static constexpr u32 w = u32(L::width), lanes = K * w;
  static constexpr u32 leaves = leaves_of(n);

  float registers[n * lanes], propensities[n * lanes], tree[16 * lanes];
  core::Term terms[n];
  core::Program program{};
  core::Block block{};
  ChoiceFinding found;

  ChoiceChecks() {
    for (u32 j = 0; j < n; ++j)
      terms[j] = {core::TermKind::plain, 0, 0, 0, 0.0f, {j * lanes, 0, 0}, 0};
    program.species = program.reactions = n;
    program.terms = terms;
    block.stride = lanes;
    block.registers = registers;
    block.propensities = propensities;
    block.tree = tree;
  }

  void note(char const* form, ChoiceCase const& c, bool is_open, u32 got) {
    if (is_open) {
      ++found.open;
      return;
    }
    ++found.decided;
    u32 const expected = core::choose(c.propensities, 1, n, c.high, c.low);
    if (got == expected || found.form != nullptr) return;
    found.form = form;
    found.reactions = n;
    found.expected = expected;
    found.got = got;
    found.high = c.high;
    found.low = c.low;
  }

  template <class Laws>
  void block_form(char const* form, ChoiceCase const* cases, u32 count) {
    Laws laws{program, block};
    typename Laws::Values values;
    typename L::f32 total[K];
    laws.propensities(values, total);
    core::Threshold<L> t[K];
    typename L::u32 chosen[K];
    typename L::mask open[K];
    for (int i = 0; i < K; ++i) {
      u32 words[w];
      for (u32 lane = 0; lane < w; ++lane) words[lane] = cases[(i * w + lane) % count].high;
      t[i] = core::threshold<L>(Laws::bound(n), L::load_bits(words), total[i]);
    }
    laws.choose(values, t, chosen, open);
    for (int i = 0; i < K; ++i) {
      u32 of_lane[w];
      L::store_bits(of_lane, chosen[i]);
      u32 const open_word = L::to_word(open[i]);
      for (u32 lane = 0; lane < w && i * w + lane < count; ++lane)
        note(form, cases[i * w + lane], (open_word >> lane & 1) != 0, of_lane[lane]);
    }
  }

  void one_lane_form(ChoiceCase const& c) {
    float sums[2 * leaves];
    core::OneLane const memory{nullptr, nullptr, sums, leaves};
    for (u32 j = 0; j < leaves; ++j) sums[leaves + j] = j < n ? c.propensities[j] : 0.0f;
    core::sum_all(memory);
    auto const unit = core::unit_thresholds<core::ScalarLane>(core::descent_bound(n), c.high);
    u32 const j = core::descend(memory, core::scaled<core::ScalarLane>(unit, sums[1]));
    note("one lane", c, j == leaves, j);
  }

  ChoiceFinding run(ChoiceCase const* cases, core::u64 count) {
    for (core::u64 begin = 0; begin < count; begin += lanes) {
      u32 const many = u32(count - begin < lanes ? count - begin : lanes);
      for (u32 lane = 0; lane < lanes; ++lane)
        for (u32 j = 0; j < n; ++j)
          registers[j * lanes + lane] = cases[begin + lane % many].propensities[j];
      block_form<core::TableLaws<L, K>>("table", cases + begin, many);
      block_form<core::GeneratedLaws<FreeNetwork<n>, L, K>>("generated", cases + begin, many);
      for (u32 i = 0; i < many; ++i) one_lane_form(cases[begin + i]);
    }
    return found;
  }
};

/// The numbers of reactions for which there are checks.
inline constexpr core::u32 choice_sizes[] = {2, 7, 8, 9, 16, 57, 130};

template <class L>
ChoiceFinding check_choices_of(core::u32 reactions, ChoiceCase const* cases, core::u64 count) {
  switch (reactions) {
    case 2: return ChoiceChecks<L, 2>().run(cases, count);
    case 7: return ChoiceChecks<L, 7>().run(cases, count);
    case 8: return ChoiceChecks<L, 8>().run(cases, count);
    case 9: return ChoiceChecks<L, 9>().run(cases, count);
    case 16: return ChoiceChecks<L, 16>().run(cases, count);
    case 57: return ChoiceChecks<L, 57>().run(cases, count);
    default: return ChoiceChecks<L, 130>().run(cases, count);
  }
}

ChoiceFinding check_choices_portable(core::u32 reactions, ChoiceCase const* cases, core::u64 count);
ChoiceFinding check_choices_avx2(core::u32 reactions, ChoiceCase const* cases, core::u64 count);
ChoiceFinding check_choices_avx512(core::u32 reactions, ChoiceCase const* cases, core::u64 count);

}  // namespace cristae::test
