// tests/codegen/network_source_test.cpp - what generated text holds, and what can never get into it.
#include "host/codegen/network_source.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <regex>

#include "host/stats/column.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

struct Generated {
  Network network;
  Experiment experiment;
  RunPlan plan;
  std::unique_ptr<Tables> tables, wide_tables;

  explicit Generated(Network read, std::string const& condition = "",
                     std::vector<std::pair<std::string, double>> set = {})
      : network(std::move(read)) {
    ExperimentRequest request;
    request.condition = condition;
    request.set = std::move(set);
    experiment = resolve(network, request);
    plan.experiment = &experiment;
    plan.counted_reactions = counted_reactions(network, choose_columns(network, {}));
    auto const graph = build_law_graph(network);
    tables = std::make_unique<Tables>(graph, plan, TableShape{1, false, false});
    wide_tables = std::make_unique<Tables>(graph, plan, TableShape{1, false, true});
  }
  std::string text() const { return network_source(*tables); }
  std::string one_lane_text() const { return one_lane_source(*wide_tables); }
};

Network of(std::string const& reactions, std::string const& more = "") {
  return read_network_text(
      "[network]\nname = \"n\"\ntime_unit = \"s\"\n[parameters]\nk = 2.5\nn = 2.0\n" + more +
          "[species]\nA = 40\nB = 3\n[reactions]\n" + reactions +
          "[run]\nt_end = 1\nsample_every = 1\n",
      "n.toml");
}

TEST(NetworkSource, IsOneStatementPerOperationInTheOrderOfTheTables) {
  Generated const g(
      of("r1 = { equation = \"A -> B\", rate = \"k * A / (10 + A)\" }\n"
         "r2 = { equation = \"2 B -> A\", mass_action = \"k\" }\n"));
  EXPECT_EQ(g.text(), R"(// Written by Cristae from a network's laws: straight-line code over
// host/core/generated_laws.hpp.
struct Network {
  using u32 = cristae::core::u32;
  using u64 = cristae::core::u64;
  static constexpr u32 species = 2;
  static constexpr u32 reactions = 2;
  static constexpr u32 inputs = 2;
  static constexpr u32 changes = 4;
  static constexpr u32 nodes = 2;

  template <class L>
  static CRISTAE_CORE void propensities(float const* x, u32 stride, float const* k,
                                        typename L::f32 (&a)[reactions]) {
    using namespace cristae::core;
    using f32 = typename L::f32;
    (void)x, (void)stride, (void)k;
    f32 const v0 = L::load(x + u64(0) * stride);
    f32 const v1 = L::load(x + u64(1) * stride);
    f32 const v2 = L::mul(L::splat(k[0]), v0);
    f32 const v3 = L::add(v0, L::splat(k[1]));
    f32 const v4 = L::div(v2, v3);
    a[0] = v4;
    f32 const v5 = L::add(v1, L::splat(k[2]));
    a[1] = L::mul(L::mul(L::splat(k[3]), v1), v5);
  }

  template <class L>
  static CRISTAE_CORE typename L::f32 total(typename L::f32 const (&a)[reactions],
                                            typename L::f32 (&n)[nodes]) {
    (void)n;
    n[1] = L::add(a[0], a[1]);
    return n[1];
  }

  template <class L>
  static CRISTAE_CORE typename L::u32 choose(typename L::f32 const (&a)[reactions],
                                             typename L::f32 const (&n)[nodes],
                                             typename L::f32 r,
                                             typename L::f32& nearest) {
    using namespace cristae::core;
    (void)a, (void)n, (void)r;
    typename L::u32 chosen = L::splat_bits(0u);
    typename L::f32 const d0 = L::sub(r, a[0]);
    typename L::mask const right0 = L::le(L::splat(0.0f), d0);
    nearest = L::nearer(nearest, d0);
    r = L::select(right0, d0, r);
    chosen = L::select_bits(right0, L::or_bits(chosen, L::splat_bits(1u)), chosen);
    return chosen;
  }

  template <class L>
  static CRISTAE_CORE void fire(float* x, u32 stride, typename L::u32 chosen) {
    using namespace cristae::core;
    using f32 = typename L::f32;
    (void)x, (void)stride, (void)chosen;
    f32 x0 = L::load(x + u64(0) * stride);
    x0 = changed<L>(chosen, 0, x0, -0x1p+0f);
    x0 = changed<L>(chosen, 1, x0, 0x1p+0f);
    L::store(x + u64(0) * stride, x0);
    f32 x1 = L::load(x + u64(1) * stride);
    x1 = changed<L>(chosen, 0, x1, 0x1p+0f);
    x1 = changed<L>(chosen, 1, x1, -0x1p+1f);
    L::store(x + u64(1) * stride, x1);
  }
};
)");
  EXPECT_EQ(network_constants(*g.tables), (std::vector<float>{2.5f, 10, -1, 1.25f}));
}

TEST(NetworkSource, OfOneLaneSharesTheLawsOfReactionsThatTouchTheSame) {
  Generated const g(
      of("r1 = { equation = \"A -> B\", mass_action = \"k\" }\n"
         "r2 = { equation = \"B -> A\", mass_action = \"k\" }\n"
         "r3 = { equation = \"0 -> A\", mass_action = \"k\" }\n"));
  EXPECT_EQ(g.one_lane_text(), R"(struct OneNetwork {
  using u32 = cristae::core::u32;
  using L = cristae::core::ScalarLane;

  static CRISTAE_CORE_CALL void all(float* v, float const* k, float* a) {
    using namespace cristae::core;
    (void)v, (void)k, (void)a;
    a[0] = L::mul(L::splat(k[0]), v[0]);
    a[1] = L::mul(L::splat(k[1]), v[1]);
    a[2] = L::splat(k[2]);
  }

  static CRISTAE_CORE_CALL cristae::core::Fired fire(
      u32 reaction, cristae::core::i64* __restrict x, float* __restrict v,
      float const* __restrict k, float* __restrict n) {
    using namespace cristae::core;
    (void)x, (void)v, (void)k, (void)n;
    switch (reaction) {
      case 0:
        if (!change(x, v, 0, -1)) return Fired::overflow;
        if (!change(x, v, 1, 1)) return Fired::overflow;
        goto laws0;
      case 1:
        if (!change(x, v, 0, 1)) return Fired::overflow;
        if (!change(x, v, 1, -1)) return Fired::overflow;
        goto laws0;
      case 2:
        if (!change(x, v, 0, 1)) return Fired::overflow;
        goto laws1;
      default: return Fired::needs_all;
    }
  laws0: {
    float const n4 = n[4] = L::mul(L::splat(k[0]), v[0]);
    float const n5 = n[5] = L::mul(L::splat(k[1]), v[1]);
    float const n2 = n[2] = n4 + n5;
    float const n1 = n[1] = n2 + n[3];
    return Fired::done;
  }
  laws1: {
    float const n4 = n[4] = L::mul(L::splat(k[0]), v[0]);
    float const n2 = n[2] = n4 + n[5];
    float const n1 = n[1] = n2 + n[3];
    return Fired::done;
  }
  }
};
)");
}

TEST(NetworkSource, DoesNotChangeWithParameterValues) {
  auto const network = [] { return of("r = { equation = \"A -> B\", rate = \"k * A ^ n\" }\n"); };
  Generated const base(network()), other(network(), "", {{"k", 77}});
  EXPECT_EQ(base.text(), other.text());
  EXPECT_NE(network_constants(*base.tables), network_constants(*other.tables));
  // A whole exponent is a product, which is another form.
  Generated const squared(network(), "", {{"n", 3}});
  EXPECT_NE(base.text(), squared.text());
}

/// Everything that generated texts may consist of: words of the core and C++, v12, x3, s4, numbers.
void expect_only_known_words(std::string const& text) {
  static std::regex const word("[A-Za-z_][A-Za-z_0-9]*");
  static std::regex const known(
      "v\\d+|x\\d+|d\\d+|c\\d+|n\\d+|right\\d+|laws\\d+|[avxknrL]|u|mask|inputs|nodes|choose|"
      "nearest|nearer|infinity|or_bits|select_bits|splat_bits|f32|i64|u32|u64|x\\d+p|[0-9a-f]*p|f|"
      "using|"
      "namespace|cristae|"
      "core|struct|Network|"
      "static|constexpr|species|reactions|changes|template|class|CRISTAE_CORE|void|typename|float|"
      "const|stride|propensities|total|fire|chosen|changed|load|store|splat|add|sub|mul|div|sqrt|"
      "select|lt|le|eq|minimum|maximum|power_int|power_real|power_lanes|negate|absolute|exp|log|"
      "floor|ceiling|truth|guarded|checked|return|OneNetwork|ScalarLane|CRISTAE_CORE_CALL|Fired|"
      "done|"
      "needs_all|overflow|reaction|__restrict|switch|case|default|change|if|goto|all");
  auto const body = text.substr(text.find("struct"));
  usize unknown = 0;
  for (std::sregex_iterator at(body.begin(), body.end(), word), end; at != end; ++at)
    if (!std::regex_match(at->str(), known) && ++unknown == 1) ADD_FAILURE() << at->str();
  EXPECT_EQ(body.find('"'), std::string::npos);
  EXPECT_EQ(body.find('\\'), std::string::npos);
  EXPECT_EQ(body.find('#'), std::string::npos);
}

void expect_only_known_words(Generated const& g) {
  expect_only_known_words(g.text());
  expect_only_known_words(g.one_lane_text());
}

TEST(NetworkSource, HoldsNoNamesOfTheNetwork) {
  expect_only_known_words(Generated(bundled("isr"), "mito_pulse"));
  expect_only_known_words(Generated(bundled("coupled")));
  Network hostile = of("r = { equation = \"A -> B\", rate = \"k * A\" }\n");
  hostile.name = "*/ }; system(\"rm -rf /\"); /*";
  hostile.species[0].id = "x; abort(); //";
  hostile.reactions[0].id = "\");\n#include \"/etc/passwd\"\n(\"";
  hostile.parameters[0].id = "}}}}";
  expect_only_known_words(Generated(std::move(hostile)));
}

TEST(NetworkSource, TakesDeepExpressionsAndHugeConstants) {
  std::string deep = "A", wide = "A";
  for (int i = 0; i < 90; ++i) deep = "(1 + " + deep + " / 2)";
  for (int i = 0; i < 60; ++i) wide += " * (B + " + std::to_string(i) + ") / (B + 501)";
  auto const g = Generated(of("r = { equation = \"A -> B\", rate = \"" + deep +
                              "\" }\n"
                              "s = { equation = \"B -> A\", rate = \"3e38 * B / 3e38 + 1e-37\" }\n"
                              "t = { equation = \"A -> 0\", rate = \"" +
                              wide +
                              "\" }\n"
                              "u = { equation = \"90 A -> 100 B\", rate = \"A ^ -64\" }\n"));
  expect_only_known_words(g);
  for (float const k : network_constants(*g.tables)) EXPECT_TRUE(std::isfinite(k));
  // Whole numbers and hexadecimal floats, nothing that a locale or a rounding could change.
  static std::regex const hexadecimal("0x[0-9a-f.]+p[+-][0-9]+f"), decimal("[0-9]\\.[0-9]|[0-9]e");
  for (auto const& text : {g.text(), g.one_lane_text()}) {
    auto const rest = std::regex_replace(text, hexadecimal, "");
    for (std::sregex_iterator at(rest.begin(), rest.end(), decimal), end; at != end; ++at)
      EXPECT_TRUE(at->str() == "1.0" || at->str() == "0.0") << at->str();
  }
}

}  // namespace
}  // namespace cristae::test
