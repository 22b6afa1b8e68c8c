// host/codegen/network_source.cpp - one line of text per operation of the tables, in their order.
#include "host/codegen/network_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>

namespace cristae {
namespace {

using core::Op;
using core::OpCode;
using core::Term;
using core::TermKind;

/// Whether an operation reads the table of constants; exponents of whole powers shape the text.
bool has_constant(Op const& op) {
  switch (op.code) {
    case OpCode::add_constant:
    case OpCode::subtract_constant:
    case OpCode::subtract_from_constant:
    case OpCode::multiply_constant:
    case OpCode::divide_by_constant:
    case OpCode::divide_constant:
    case OpCode::minimum_constant:
    case OpCode::maximum_constant:
    case OpCode::power_constant:
    case OpCode::constant: return true;
    default: return false;
  }
}

class Writer {
 public:
  /// Registers are variables, v12, or for one trajectory in memory, v[12].
  enum class Registers : u8 { variables, memory };
  Writer(Tables const& tables, Registers registers)
      : tables_(tables), p_(tables.program()),
        register_format_(registers == Registers::variables ? "v{}" : "v[{}]") {}

  /// The form for one trajectory; the tables are the wide ones.
  std::string one_lane_text() {
    line("struct OneNetwork {{");
    line("  using u32 = cristae::core::u32;");
    line("  using L = cristae::core::ScalarLane;");
    all();
    fire_one();
    out_ += "};\n";
    return std::move(out_);
  }

  std::string text() {
    out_ =
        "// Written by Cristae from a network's laws: straight-line code over\n"
        "// host/core/generated_laws.hpp.\n"
        "struct Network {\n";
    line("  using u32 = cristae::core::u32;");
    line("  using u64 = cristae::core::u64;");
    line("  static constexpr u32 species = {};", p_.species);
    line("  static constexpr u32 reactions = {};", p_.reactions);
    line("  static constexpr u32 inputs = {};", inputs());
    line("  static constexpr u32 changes = {};", p_.change_begin[p_.reactions]);
    line("  static constexpr u32 nodes = {};", core::tree_leaves(p_.reactions));
    propensities();
    total();
    choose();
    fire();
    out_ += "};\n";
    return std::move(out_);
  }

 private:
  Tables const& tables_;
  core::Program const& p_;
  std::string out_;
  char const* register_format_;
  usize constants_ = 0;  ///< index of the next constant
  std::vector<usize> op_constant_, term_constant_;

  u32 inputs() const { return p_.species + p_.schedule.constants; }

  std::string reg(u32 number) const { return fmt::format(fmt::runtime(register_format_), number); }

  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
    out_ += '\n';
  }

  static std::string hex(float value) { return fmt::format("{:a}f", value); }

  std::string next_constant() { return fmt::format("L::splat(k[{}])", constants_++); }

  // ---- one trajectory ----

  void all() {
    out_ +=
        "\n  static CRISTAE_CORE_CALL void all(float* v, float const* k, float* a) {\n"
        "    using namespace cristae::core;\n"
        "    (void)v, (void)k, (void)a;\n";
    constants_ = 0;
    u32 done = 0;
    for (u32 j = 0; j < p_.reactions; ++j) {
      for (; done < p_.terms[j].ops_end; ++done) {
        op_constant_.push_back(constants_);
        line("    v[{}] = {};", p_.ops[done].to, value_of(p_.ops[done]));
      }
      term_constant_.push_back(constants_);
      line("    a[{}] = {};", j, value_of(p_.terms[j]));
    }
    out_ += "  }\n";
  }

  /// A case for each reaction changes the state. The laws and sums behind it are shared by all
  /// reactions that touch the same ones, as a step and its reverse do.
  void fire_one() {
    out_ +=
        "\n  static CRISTAE_CORE_CALL cristae::core::Fired fire(\n"
        "      u32 reaction, cristae::core::i64* __restrict x, float* __restrict v,\n"
        "      float const* __restrict k, float* __restrict n) {\n"
        "    using namespace cristae::core;\n"
        "    (void)x, (void)v, (void)k, (void)n;\n"
        "    switch (reaction) {\n";
    core::Dependencies const& d = tables_.dependencies();
    using Touched = std::pair<std::vector<u32>, std::vector<u32>>;  // operations and terms
    std::map<Touched, u32> numbers;
    std::vector<u32> an_example;  // a reaction of each
    for (u32 j = 0; j < p_.reactions; ++j) {
      line("      case {}:", j);
      for (u32 c = p_.change_begin[j]; c < p_.change_begin[j + 1]; ++c)
        line("        if (!change(x, v, {}, {})) return Fired::overflow;", p_.changes[c].reg,
             static_cast<i64>(p_.changes[c].delta));
      if (d.all[j] != 0) {
        line("        return Fired::needs_all;");
        continue;
      }
      Touched touched{{d.ops + d.op_begin[j], d.ops + d.op_begin[j + 1]},
                      {d.terms + d.term_begin[j], d.terms + d.term_begin[j + 1]}};
      auto const [at, is_new] =
          numbers.emplace(std::move(touched), static_cast<u32>(numbers.size()));
      if (is_new) an_example.push_back(j);
      line("        goto laws{};", at->second);
    }
    out_ += "      default: return Fired::needs_all;\n    }\n";
    for (u32 number = 0; number < an_example.size(); ++number) {
      u32 const j = an_example[number];
      line("  laws{}: {{", number);
      for (u32 i = d.op_begin[j]; i < d.op_begin[j + 1]; ++i) {
        constants_ = op_constant_[d.ops[i]];
        line("    v[{}] = {};", p_.ops[d.ops[i]].to, value_of(p_.ops[d.ops[i]]));
      }
      sums_above(d, j);
      line("    return Fired::done;\n  }}");
    }
    out_ += "  }\n";
  }

  /// The touched propensities, and each sum above them once, from the leaves to the root.
  void sums_above(core::Dependencies const& d, u32 reaction) {
    std::set<u32> fresh;
    u32 const first = core::tree_leaves(p_.reactions);
    for (u32 i = d.term_begin[reaction]; i < d.term_begin[reaction + 1]; ++i) {
      u32 const j = d.terms[i];
      constants_ = term_constant_[j];
      line("    float const n{0} = n[{0}] = {1};", first + j, value_of(p_.terms[j]));
      fresh.insert(first + j);
    }
    auto const name = [&](u32 node) {
      return fmt::format(fmt::runtime(fresh.count(node) > 0 ? "n{}" : "n[{}]"), node);
    };
    for (u32 i = d.node_begin[reaction]; i < d.node_begin[reaction + 1]; ++i) {
      u32 const node = d.nodes[i];
      line("    float const n{0} = n[{0}] = {1} + {2};", node, name(2 * node), name(2 * node + 1));
      fresh.insert(node);
    }
  }

  // ---- propensities ----

  void propensities() {
    out_ +=
        "\n  template <class L>\n"
        "  static CRISTAE_CORE void propensities(float const* x, u32 stride, float const* k,\n"
        "                                        typename L::f32 (&a)[reactions]) {\n"
        "    using namespace cristae::core;\n"
        "    using f32 = typename L::f32;\n"
        "    (void)x, (void)stride, (void)k;\n";
    loads();
    u32 done = 0;
    for (u32 j = 0; j < p_.reactions; ++j) {
      for (; done < p_.terms[j].ops_end; ++done) {
        Op const& op = p_.ops[done];
        line("    f32 const v{} = {};", op.to, value_of(op));
      }
      line("    a[{}] = {};", j, value_of(p_.terms[j]));
    }
    out_ += "  }\n";
  }

  /// Copy numbers and constants that a schedule changes, as far as a law reads them.
  void loads() {
    std::vector<char> is_read(tables_.register_count(), 0);
    for (u32 i = 0; i < p_.ops_count; ++i)
      for (u32 const reg : core::sources_of(p_.ops[i])) is_read[reg] = 1;
    for (u32 j = 0; j < p_.reactions; ++j) {
      Term const& t = p_.terms[j];
      for (u32 const reg : core::factors_of(t)) is_read[reg] = 1;
      for (u32 g = t.guard_begin; g < t.guard_end; ++g) is_read[p_.guards[g].reg] = 1;
    }
    for (u32 reg = 0; reg < inputs(); ++reg)
      if (is_read[reg]) line("    f32 const v{0} = L::load(x + u64({0}) * stride);", reg);
  }

  std::string value_of(Op const& op) {
    auto const a = reg(op.a), b = reg(op.b);
    auto const call = [&](char const* function, std::string const& x, std::string const& y) {
      return fmt::format("{}({}, {})", function, x, y);
    };
    auto const k = has_constant(op) ? next_constant() : std::string();
    switch (op.code) {
      case OpCode::add: return call("L::add", a, b);
      case OpCode::add_constant: return call("L::add", a, k);
      case OpCode::subtract: return call("L::sub", a, b);
      case OpCode::subtract_constant: return call("L::sub", a, k);
      case OpCode::subtract_from_constant: return call("L::sub", k, a);
      case OpCode::multiply: return call("L::mul", a, b);
      case OpCode::multiply_constant: return call("L::mul", k, a);
      case OpCode::divide: return call("L::div", a, b);
      case OpCode::divide_by_constant: return call("L::div", a, k);
      case OpCode::divide_constant: return call("L::div", k, a);
      case OpCode::minimum: return call("minimum<L>", a, b);
      case OpCode::minimum_constant: return call("minimum<L>", a, k);
      case OpCode::maximum: return call("maximum<L>", a, b);
      case OpCode::maximum_constant: return call("maximum<L>", a, k);
      case OpCode::power_whole:
        return call("power_int<L>", a, fmt::format("{}", static_cast<int>(op.k)));
      case OpCode::power_constant: return call("power_real<L>", a, k);
      case OpCode::power: return call("power_lanes<L>", a, b);
      case OpCode::saturate: return fmt::format("L::div({0}, L::add(L::splat(1.0f), {0}))", a);
      case OpCode::negate: return fmt::format("negate<L>({})", a);
      case OpCode::absolute: return fmt::format("absolute<L>({})", a);
      case OpCode::square_root: return fmt::format("L::sqrt({})", a);
      case OpCode::exponential: return fmt::format("exp<L>({})", a);
      case OpCode::logarithm: return fmt::format("log<L>({})", a);
      case OpCode::floor: return fmt::format("floor<L>({})", a);
      case OpCode::ceiling: return fmt::format("ceiling<L>({})", a);
      case OpCode::less: return fmt::format("truth<L>(L::lt({}, {}))", a, b);
      case OpCode::less_equal: return fmt::format("truth<L>(L::le({}, {}))", a, b);
      case OpCode::equal: return fmt::format("truth<L>(L::eq({}, {}))", a, b);
      case OpCode::logical_and:
        return fmt::format(
            "L::select({}, L::splat(0.0f), L::select({}, L::splat(0.0f), "
            "L::splat(1.0f)))",
            is_zero(a), is_zero(b));
      case OpCode::logical_or:
        return fmt::format(
            "L::select({}, L::select({}, L::splat(0.0f), L::splat(1.0f)), "
            "L::splat(1.0f))",
            is_zero(a), is_zero(b));
      case OpCode::logical_not: return fmt::format("truth<L>({})", is_zero(a));
      case OpCode::choose: return fmt::format("L::select({}, {}, {})", is_zero(a), reg(op.c), b);
      case OpCode::constant: return k;
    }
    return k;
  }

  static std::string is_zero(std::string const& a) {
    return fmt::format("L::eq({}, L::splat(0.0f))", a);
  }

  std::string value_of(Term const& t) {
    std::string value = t.kind == TermKind::plain ? reg(t.r[0]) : next_constant();
    if (t.kind != TermKind::plain)
      for (u32 const factor : core::factors_of(t))
        value = fmt::format("L::mul({}, {})", value, reg(factor));
    for (u32 g = t.guard_begin; (t.flags & core::term_guarded) && g < t.guard_end; ++g)
      value = fmt::format("guarded<L>({}, {}, {})", value, reg(p_.guards[g].reg),
                          hex(p_.guards[g].needed));
    if (t.flags & core::term_checked) value = fmt::format("checked<L>({})", value);
    return value;
  }

  // ---- total and choice: the tree of sums ----

  /// Whether a subtree holds a reaction at all.
  bool exists(u32 node) const {
    u32 first = node;
    while (first < core::tree_leaves(p_.reactions)) first *= 2;
    return first - core::tree_leaves(p_.reactions) < p_.reactions;
  }

  /// The variable of a node's sum: one without a right child is its left child.
  std::string sum_of(u32 node) const {
    u32 const first = core::tree_leaves(p_.reactions);
    while (node < first && !exists(2 * node + 1)) node *= 2;
    return node >= first ? fmt::format("a[{}]", node - first) : fmt::format("n[{}]", node);
  }

  void sum(u32 node) {
    if (node >= core::tree_leaves(p_.reactions) || !exists(node)) return;
    sum(2 * node);
    sum(2 * node + 1);
    if (exists(2 * node + 1))
      line("    n[{}] = L::add({}, {});", node, sum_of(2 * node), sum_of(2 * node + 1));
  }

  void total() {
    out_ +=
        "\n  template <class L>\n"
        "  static CRISTAE_CORE typename L::f32 total(typename L::f32 const (&a)[reactions],\n"
        "                                            typename L::f32 (&n)[nodes]) {\n"
        "    (void)n;\n";
    sum(1);
    line("    return {};", sum_of(1));
    out_ += "  }\n";
  }

  /// Descends the tree without a branch: at every level the left children's sums are narrowed to the
  /// one that the compares so far lead to. Where there is no right child the sum counts as infinite,
  /// "" here.
  void choose() {
    out_ +=
        "\n  template <class L>\n"
        "  static CRISTAE_CORE typename L::u32 choose(typename L::f32 const (&a)[reactions],\n"
        "                                             typename L::f32 const (&n)[nodes],\n"
        "                                             typename L::f32 r,\n"
        "                                             typename L::f32& nearest) {\n"
        "    using namespace cristae::core;\n"
        "    (void)a, (void)n, (void)r;\n"
        "    typename L::u32 chosen = L::splat_bits(0u);\n";
    u32 const depth = core::tree_depth(std::max(1u, p_.reactions));
    std::vector<std::vector<std::string>> left(depth);
    for (u32 level = 0; level < depth; ++level)
      for (u32 node = u32{1} << level; node < u32{2} << level; ++node)
        left[level].push_back(exists(2 * node + 1) ? sum_of(2 * node) : std::string());
    u32 variables = 0;
    auto const value = [](std::string const& name) {
      return name.empty() ? std::string("L::splat(infinity())") : name;
    };
    for (u32 level = 0; level < depth; ++level) {
      auto& sums = left[level];
      for (u32 bit = 0; bit < level; ++bit) {
        usize const half = sums.size() / 2;
        for (usize i = 0; i < half; ++i) {
          if (sums[i] == sums[half + i]) continue;
          line("    typename L::f32 const c{} = L::select(right{}, {}, {});", variables, bit,
               value(sums[half + i]), value(sums[i]));
          sums[i] = fmt::format("c{}", variables++);
        }
        sums.resize(half);
      }
      line("    typename L::f32 const d{} = L::sub(r, {});", level, value(sums.front()));
      line("    typename L::mask const right{0} = L::le(L::splat(0.0f), d{0});", level);
      line("    nearest = L::nearer(nearest, d{});", level);
      line("    r = L::select(right{0}, d{0}, r);", level);
      line("    chosen = L::select_bits(right{}, L::or_bits(chosen, L::splat_bits({}u)), chosen);",
           level, u32{1} << (depth - 1 - level));
    }
    out_ += "    return chosen;\n  }\n";
  }

  // ---- state changes ----

  void fire() {
    out_ +=
        "\n  template <class L>\n"
        "  static CRISTAE_CORE void fire(float* x, u32 stride, typename L::u32 chosen) {\n"
        "    using namespace cristae::core;\n"
        "    using f32 = typename L::f32;\n"
        "    (void)x, (void)stride, (void)chosen;\n";
    std::vector<std::vector<std::pair<u32, float>>> of_species(p_.species);
    for (u32 j = 0; j < p_.reactions; ++j)
      for (u32 c = p_.change_begin[j]; c < p_.change_begin[j + 1]; ++c)
        of_species[p_.changes[c].reg].emplace_back(j, p_.changes[c].delta);
    for (u32 s = 0; s < p_.species; ++s) {
      if (of_species[s].empty()) continue;
      line("    f32 x{0} = L::load(x + u64({0}) * stride);", s);
      for (auto const& [j, delta] : of_species[s])
        line("    x{0} = changed<L>(chosen, {1}, x{0}, {2});", s, j, hex(delta));
      line("    L::store(x + u64({0}) * stride, x{0});", s);
    }
    out_ += "  }\n";
  }
};

}  // namespace

std::string network_source(Tables const& tables) {
  return Writer(tables, Writer::Registers::variables).text();
}

std::string one_lane_source(Tables const& wide_tables) {
  return Writer(wide_tables, Writer::Registers::memory).one_lane_text();
}

std::vector<float> network_constants(Tables const& tables) {
  core::Program const& p = tables.program();
  std::vector<float> constants;
  u32 done = 0;
  for (u32 j = 0; j < p.reactions; ++j) {
    for (; done < p.terms[j].ops_end; ++done)
      if (has_constant(p.ops[done])) constants.push_back(p.ops[done].k);
    if (p.terms[j].kind != TermKind::plain) constants.push_back(p.terms[j].k);
  }
  return constants;
}

}  // namespace cristae
