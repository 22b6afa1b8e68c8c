// tests/engine/tables_test.cpp - which laws an event makes stale, in networks of every shape.
#include "host/engine/tables.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

struct OneLaneTables {
  Network network;
  Experiment experiment = resolve(network, {});
  Tables tables{build_law_graph(network), plan(), {1, false, true}};

  RunPlan plan() const {
    RunPlan plan;
    plan.experiment = &experiment;
    return plan;
  }
};

/// All registers and propensities of a state.
std::pair<std::vector<float>, std::vector<float>> computed(Tables const& tables,
                                                           std::vector<float> registers) {
  auto const& program = tables.program();
  core::run_ops<core::ScalarLane, 1>(program.ops, program.ops_count, registers.data());
  std::vector<float> propensities(program.reactions);
  for (u32 j = 0; j < program.reactions; ++j) {
    float value[1];
    core::term_values<core::ScalarLane, 1>(program.terms[j], program.guards, registers.data(),
                                           value);
    propensities[j] = value[0];
  }
  return {registers, propensities};
}

/// Fires every reaction once at random states: what changes must be listed.
void expect_complete_lists(Network const& network) {
  OneLaneTables const one{network};
  auto const& program = one.tables.program();
  auto const& lists = one.tables.dependencies();
  std::mt19937 random(1);
  for (u32 j = 0; j < program.reactions; ++j) {
    if (lists.all[j] != 0) continue;
    std::vector<float> state(one.tables.register_count());
    for (u32 s = 0; s < program.species; ++s) state[s] = float(random() % 50 + 10);
    for (u32 c = 0; c < program.schedule.constants; ++c)
      state[program.schedule.constant_base + c] = program.schedule.values[c];
    auto const before = computed(one.tables, state);
    for (u32 c = program.change_begin[j]; c < program.change_begin[j + 1]; ++c)
      state[program.changes[c].reg] += program.changes[c].delta;
    auto const after = computed(one.tables, state);
    auto const expect_listed = [&](u32 const* all, u32 begin, u32 end, u32 index, float old_value,
                                   float new_value, char const* what) {
      if (old_value == new_value || (std::isnan(old_value) && std::isnan(new_value))) return;
      EXPECT_TRUE(std::binary_search(all + begin, all + end, index))
          << network.name << " reaction " << j << " " << what << " " << index;
    };
    for (u32 i = 0; i < program.ops_count; ++i) {
      u32 const to = program.ops[i].to;
      expect_listed(lists.ops, lists.op_begin[j], lists.op_begin[j + 1], i, before.first[to],
                    after.first[to], "op");
    }
    for (u32 i = 0; i < program.reactions; ++i)
      expect_listed(lists.terms, lists.term_begin[j], lists.term_begin[j + 1], i, before.second[i],
                    after.second[i], "term");
  }
}

/// `reactions` of them in a ring of conversions; with a hub, all use it up and depend on it.
Network ring(usize reactions, bool hub) {
  std::string text = "[network]\nname = \"ring\"\ntime_unit = \"s\"\n[species]\nH = 1000000\n";
  for (usize i = 0; i < reactions; ++i) text += fmt::format("S{} = 20\n", i);
  text += "[reactions]\n";
  for (usize i = 0; i < reactions; ++i)
    text += fmt::format("r{} = {{ equation = \"S{}{} -> S{}\", rate = \"0.1 * S{}{}\" }}\n", i, i,
                        hub ? " + H" : "", (i + 1) % reactions, i, hub ? " * hill(H, 10, 2)" : "");
  return read_network_text(text + "[run]\nt_end = 2\nsample_every = 1\n", "ring.toml");
}

TEST(Dependencies, ListAllThatAnEventChangesInEveryBundledNetwork) {
  for (char const* name : {"vilar", "schloegl", "chain", "isr", "mitophagy", "uprmt", "uprmt_cel",
                           "mam_ca", "coupled"})
    expect_complete_lists(bundled(name));
}

TEST(Dependencies, AreShortInALargeNetworkOfFewCouplings) {
  OneLaneTables const one{ring(2000, false)};
  auto const& lists = one.tables.dependencies();
  for (u32 j = 0; j < 2000; ++j) EXPECT_EQ(lists.all[j], 0);
  EXPECT_EQ(lists.term_begin[2000], 4000u);  // its own law and the next one's
}

TEST(Dependencies, ListEachSumOnceBehindThoseItReads) {
  OneLaneTables const one{ring(37, false)};
  auto const& lists = one.tables.dependencies();
  for (u32 j = 0; j < 37; ++j) {
    std::set<u32> expected;
    for (u32 i = lists.term_begin[j]; i < lists.term_begin[j + 1]; ++i)
      for (u32 node = (64 + lists.terms[i]) / 2; node >= 1; node /= 2) expected.insert(node);
    std::vector<u32> const listed(lists.nodes + lists.node_begin[j],
                                  lists.nodes + lists.node_begin[j + 1]);
    EXPECT_EQ(listed, std::vector<u32>(expected.rbegin(), expected.rend()));  // from the leaves
  }
}

TEST(Dependencies, OfAHubAreNotListedOneByOne) {
  OneLaneTables const one{ring(2000, true)};
  auto const& lists = one.tables.dependencies();
  for (u32 j = 0; j < 2000; ++j) EXPECT_EQ(lists.all[j], 1);
  EXPECT_EQ(lists.term_begin[2000], 0u);
  EXPECT_EQ(lists.op_begin[2000], 0u);
}

TEST(Dependencies, OfAHubGiveTheBitsOfTheBlock) {
  Network const network = ring(300, true);
  RunOptions options;
  options.trajectories = 1;  // by dependencies
  auto const one = run(network, options);
  options.trajectories = 64;  // as a block
  auto const block = run(network, options);
  EXPECT_GT(one.by_id.at(0).end.events, 500u);
  EXPECT_EQ(one.by_id.at(0).end.hash, block.by_id.at(0).end.hash);
}

TEST(Dependencies, OfSumsOfManySpeciesTakeLittleMemory) {
  std::string sum = "S0";
  for (usize i = 1; i < 5000; ++i) sum += fmt::format(" + S{}", i);
  std::string text = "[network]\nname = \"sum\"\ntime_unit = \"s\"\n[species]\n";
  for (usize i = 0; i < 5000; ++i) text += fmt::format("S{} = 1\n", i);
  text += fmt::format("[rules]\nall = \"{}\"\n[reactions]\n", sum);
  for (usize i = 0; i < 5000; ++i)
    text += fmt::format("r{} = {{ equation = \"S{} -> 0\", rate = \"S{} / all\" }}\n", i, i, i);
  text += "[run]\nt_end = 1\nsample_every = 1\n";
  Network const network = read_network_text(text, "sum.toml");
  OneLaneTables const one{network};
  EXPECT_EQ(one.tables.dependencies().term_begin[5000], 0u);
}

}  // namespace
}  // namespace cristae::test
