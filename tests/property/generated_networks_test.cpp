// tests/property/generated_networks_test.cpp - one contract hash of all forms on networks drawn at random.
//
// 20 networks; CRISTAE_RANDOM_NETWORKS=2000 for more, CRISTAE_RANDOM_SEED=1 is the first seed. The
// texts of 20 networks go through the compiler together.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "host/cpu/cpu_engine.hpp"
#include "host/jit/host_compiler.hpp"
#include "host/stats/column.hpp"
#include "tests/support/generated_batch.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

u64 from_environment(char const* name, u64 otherwise) {
  char const* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

constexpr u64 batch_size = 20;
constexpr u64 trajectories = 65;

struct Case {
  u64 seed;
  std::string text;
  Network network;
  Experiment experiment;
  RunPlan plan;

  Case(u64 s, std::string t) : seed(s), text(std::move(t)) {
    network = read_network_text(text, "random.toml");
    ExperimentRequest request;
    request.condition = seed % 2 == 0 ? "changes" : "";
    experiment = resolve(network, request);
    plan.experiment = &experiment;
    plan.seed = seed;
    plan.threads = 1;
    plan.max_events = std::max<u64>(300, 20000 / network.reactions.size());
    plan.counted_reactions = counted_reactions(network, choose_columns(network, {}));
  }
  Case(Case const&) = delete;
};

struct Ran {
  Kept kept;
  std::string code;
};

Ran run_as(RunPlan plan, Code code, std::string const& isa, u64 first, u64 count) {
  plan.code = code;
  plan.isa = isa;
  plan.first = first;
  plan.trajectories = count;
  Keeper keeper;
  RunControl control;
  auto const engine = make_engine("cpu", plan);
  engine->run(keeper, control);
  return {std::move(keeper.kept), engine->code()};
}

/// What all forms must give, by tables in blocks.
std::vector<Kept> expected_of(std::vector<std::unique_ptr<Case>> const& cases) {
  std::vector<Kept> kept;
  for (auto const& c : cases)
    kept.push_back(run_as(c->plan, Code::table, {}, 0, trajectories).kept);
  return kept;
}

std::vector<cpu::NetworkText> texts_of(std::vector<std::unique_ptr<Case>> const& cases) {
  std::vector<cpu::NetworkText> texts;
  for (auto const& c : cases) texts.emplace_back(build_law_graph(c->network), c->plan);
  return texts;
}

/// Whole in blocks, and three trajectories alone, in the form that follows dependencies.
void expect_equal(Case const& c, std::string const& isa, Kept const& expected) {
  SCOPED_TRACE("CRISTAE_RANDOM_SEED=" + std::to_string(c.seed) + ", " + isa + "\n" + c.text);
  auto const whole = run_as(c.plan, Code::generated, isa, 0, trajectories);
  EXPECT_EQ(whole.code, "generated code, bundled");
  EXPECT_EQ(whole.kept.by_id.size(), trajectories);
  EXPECT_EQ(whole.kept.hash(), expected.hash());
  for (Code const code : {Code::generated, Code::table})
    for (auto const& [id, t] : run_as(c.plan, code, isa, 5, 3).kept.by_id)
      EXPECT_EQ(t.end.hash, expected.by_id.at(id).end.hash) << id;
}

TEST(GeneratedNetworks, HaveOneContractHashInEveryFormAndInstructionSet) {
  if (!find_host_compiler()) GTEST_SKIP() << "no C++ compiler";
  u64 const first = from_environment("CRISTAE_RANDOM_SEED", 1);
  u64 const end = first + from_environment("CRISTAE_RANDOM_NETWORKS", 20);
  auto isas = usable_isas();
  if (isas.size() > 1) std::erase(isas, "baseline");
  for (u64 seed = first; seed < end; seed += batch_size) {
    std::vector<std::unique_ptr<Case>> cases;
    for (u64 s = seed; s < std::min(end, seed + batch_size); ++s)
      cases.push_back(std::make_unique<Case>(s, random_network(s, random_network_size(s))));
    auto const expected = expected_of(cases);
    auto const texts = texts_of(cases);
    for (auto const& isa : isas) {
      GeneratedBatch const batch(texts, isa);
      for (usize i = 0; i < cases.size(); ++i) expect_equal(*cases[i], isa, expected[i]);
    }
    if (HasFailure()) return;
  }
}

/// A copy number that crosses 2^24, where float32 ends to count, again and again.
char const* const around_2_to_24 = R"toml([network]
name = "around_2_to_24"
time_unit = "s"
[species]
A = 16777180
B = 5
[parameters]
k = 1.0
[reactions]
up   = { equation = "0 -> 37 A", rate = "k * (1 + B / 9)" }
down = { equation = "A -> 0", rate = "37 * k * A / (A + 1)" }
pair = { equation = "2 A -> B", mass_action = "3e-14" }
back = { equation = "B -> 2 A", mass_action = "k" }
[run]
t_end = 40
sample_every = 1
[conditions.changes]
at = [ { time = 20, set = { k = 1.5 } } ]
)toml";

TEST(GeneratedNetworks, HaveOneContractHashAcrossTheEndOfFloat32) {
  if (!find_host_compiler()) GTEST_SKIP() << "no C++ compiler";
  std::vector<std::unique_ptr<Case>> cases;
  cases.push_back(std::make_unique<Case>(1, around_2_to_24));
  cases.push_back(std::make_unique<Case>(2, around_2_to_24));
  auto const expected = expected_of(cases);
  auto const texts = texts_of(cases);
  for (auto const& isa : usable_isas()) {
    GeneratedBatch const batch(texts, isa);
    for (usize i = 0; i < cases.size(); ++i) expect_equal(*cases[i], isa, expected[i]);
  }
  bool is_below = false, is_above = false;
  for (auto const& [id, t] : expected[0].by_id)
    for (usize k = 0; k < t.end.samples; ++k) (t.samples[k] < 0x1p24 ? is_below : is_above) = true;
  EXPECT_TRUE(is_below && is_above);
}

/// Bundled and random networks, every choice of which is left to the definition.
TEST(GeneratedNetworks, HaveTheSameHashWhereTheFilterDecidesNothing) {
  if (!find_host_compiler()) GTEST_SKIP() << "no C++ compiler";
  std::vector<std::unique_ptr<Case>> cases;
  for (u64 const seed : {2, 3, 5})
    cases.push_back(std::make_unique<Case>(seed, random_network(seed, 30)));
  for (char const* name : {"vilar", "mitophagy"}) {
    auto const path = source_folder() + "/networks/" + name + "/network.toml";
    std::ifstream file(path);
    std::string text(std::istreambuf_iterator<char>(file), {});
    cases.push_back(std::make_unique<Case>(1, std::move(text)));
  }
  auto const expected = expected_of(cases);
  auto const texts = texts_of(cases);
  for (auto const& isa : usable_isas())
    for (auto const form : {BatchForm::generated_by_definition, BatchForm::table_by_definition}) {
      GeneratedBatch const batch(texts, isa, form);
      for (usize i = 0; i < cases.size(); ++i) {
        u64 const before = batch.open_choices();
        expect_equal(*cases[i], isa, expected[i]);
        u64 events = 0;
        for (auto const& [id, t] : expected[i].by_id) events += t.end.events;
        EXPECT_GT(events, 1000u);
        // Those that ended last were taken out of the block.
        EXPECT_GT(batch.open_choices() - before, events * 9 / 10) << cases[i]->text;
      }
    }
}

}  // namespace
}  // namespace cristae::test
