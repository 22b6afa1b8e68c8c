// tests/property/random_networks_test.cpp - what must hold for any network, on networks drawn at random.
//
// 20 networks; CRISTAE_RANDOM_NETWORKS=2000 for more. A failure prints the seed: run it again with
// CRISTAE_RANDOM_SEED=that and CRISTAE_RANDOM_NETWORKS=1.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "host/cpu/cpu_engine.hpp"
#include "host/model/conservation.hpp"
#include "host/model/law_parser.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/replays.hpp"

namespace cristae::test {
namespace {

u64 from_environment(char const* name, u64 otherwise) {
  char const* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

u64 network_count() { return from_environment("CRISTAE_RANDOM_NETWORKS", 20); }

struct Drawn {
  std::string text;
  Network network;
  RunOptions options;
};

Drawn draw(u64 seed) {
  usize const reactions = random_network_size(seed);
  std::string text = random_network(seed, reactions);
  Drawn drawn{text, read_network_text(text, "random.toml"), {}};
  drawn.options.condition = seed % 2 == 0 ? "changes" : "";
  drawn.options.trajectories = 40;
  drawn.options.seed = seed;
  drawn.options.max_events = std::max<u64>(600, 60000 / reactions);
  return drawn;
}

/// Calls `check` with every network; the trace names the seed and shows the network.
void for_all_networks(std::function<void(Drawn const&)> const& check) {
  u64 const first = from_environment("CRISTAE_RANDOM_SEED", 1);
  for (u64 seed = first; seed < first + network_count(); ++seed) {
    try {
      Drawn const drawn = draw(seed);
      SCOPED_TRACE("CRISTAE_RANDOM_SEED=" + std::to_string(seed) + "\n" + drawn.text);
      check(drawn);
    } catch (std::exception const& e) {
      ADD_FAILURE() << "seed " << seed << ": " << e.what() << "\n"
                    << random_network(seed, random_network_size(seed));
    }
    if (testing::Test::HasFailure()) return;
  }
}

// ---- laws ----

std::string print(Network const& network, Expression const& e) {
  return print_law(
      e,
      [&](Symbol s) {
        return s.kind == SymbolKind::species     ? network.species[s.index].id
               : s.kind == SymbolKind::parameter ? network.parameters[s.index].id
                                                 : network.rules[s.index].id;
      },
      [&](u32 reaction) { return network.reactions[reaction].id; });
}

LawNames names_of(Network const& network) {
  LawNames names;
  names.symbol = [&](std::string_view id) -> std::optional<Symbol> {
    auto const find = [&](auto const& things, SymbolKind kind) -> std::optional<Symbol> {
      for (u32 i = 0; i < things.size(); ++i)
        if (things[i].id == id) return Symbol{kind, i};
      return std::nullopt;
    };
    if (auto found = find(network.species, SymbolKind::species)) return found;
    if (auto found = find(network.parameters, SymbolKind::parameter)) return found;
    return find(network.rules, SymbolKind::rule);
  };
  names.reaction = [&](std::string_view id) -> std::optional<u32> {
    return u32(reaction_named(network, std::string(id)));
  };
  return names;
}

bool same(Expression const& a, Expression const& b) {
  auto const equal = [](Node const& x, Node const& y) {
    return x.kind == y.kind && x.number == y.number && x.symbol.kind == y.symbol.kind &&
           x.symbol.index == y.symbol.index && x.arguments == y.arguments;
  };
  return std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(), equal);
}

TEST(RandomNetworks, HaveLawsThatArePrintedAndReadAsTheSameLaw) {
  u64 laws = 0;
  for_all_networks([&](Drawn const& drawn) {
    Network const& network = drawn.network;
    LawNames const names = names_of(network);
    auto const check = [&](Expression const& e) {
      ++laws;
      auto const again = parse_law(print(network, e), names);
      EXPECT_TRUE(again.problems.empty()) << e.text;
      EXPECT_TRUE(same(e, again.expression)) << e.text << "\n" << print(network, e);
    };
    for (auto const& r : network.reactions) check(r.rate);
    for (auto const& r : network.rules) check(r.expression);
    for (auto const& o : network.observables) check(o.expression);
  });
  EXPECT_GT(laws, 10 * network_count());
}

// ---- bits ----

TEST(RandomNetworks, HaveOneContractHashOnEveryInstructionSetThreadCountAndForm) {
  for_all_networks([](Drawn const& drawn) {
    RunOptions o = drawn.options;
    Kept const whole = run(drawn.network, o);
    ASSERT_EQ(whole.by_id.size(), o.trajectories);
    for (std::string const& isa : usable_isas())
      for (u32 const threads : {1u, 2u}) {
        o.isa = isa;
        o.threads = threads;
        EXPECT_EQ(run(drawn.network, o).hash(), whole.hash()) << isa << ", " << threads;
      }
    o = drawn.options;
    for (u64 const size : {1, 3, 33}) {  // 1 and 3 run in the one-lane form
      o.trajectories = size;
      for (auto const& [id, t] : run(drawn.network, o).by_id)
        EXPECT_EQ(t.end.hash, whole.by_id.at(id).end.hash) << id << " of " << size;
    }
  });
}

// ---- trajectories ----

/// What holds after every event.
struct Watcher final : EventLog {
  double last = -1;
  u64 events = 0;
  bool increases = true, is_counted = true, is_natural = true;
  std::vector<u64> fired;

  void event(u64 number, double time, ReactionId reaction, std::span<i64 const> counts) override {
    increases = increases && time > last;
    last = time;
    is_counted = is_counted && number == ++events;
    ++fired.at(u32(reaction));
    for (i64 const count : counts) is_natural = is_natural && count >= 0;
  }
};

void check_conservation(Network const& network, Experiment const& experiment,
                        Kept::Trajectory const& t, u64* laws_seen) {
  Conservation const conservation = conservation_laws(network);
  ASSERT_TRUE(conservation.complete);
  usize const samples = experiment.sample_times.size();
  for (auto const& law : conservation.laws) {
    ++*laws_seen;
    std::vector<i64> weight(network.species.size(), 0);
    for (auto const& [s, c] : law.coefficients) weight[u32(s)] = c;
    i64 total = 0;
    for (usize s = 0; s < weight.size(); ++s) total += weight[s] * experiment.initial[s];
    usize segment = 0;
    for (usize k = 0; k < t.end.samples; ++k) {
      for (; segment < experiment.segments.size() &&
             experiment.segments[segment].start <= experiment.sample_times[k];
           ++segment)
        for (auto const& [s, c] : experiment.segments[segment].add) total += weight[u32(s)] * c;
      double sum = 0;
      for (usize s = 0; s < weight.size(); ++s)
        sum += double(weight[s]) * t.samples[s * samples + k];
      ASSERT_EQ(sum, double(total)) << "sample " << k;
    }
  }
}

TEST(RandomNetworks, KeepTheirConservationLawsTheirCountersAndTheirSamplesWhenReplayed) {
  u64 laws = 0, events = 0;
  for_all_networks([&](Drawn const& drawn) {
    Network const& network = drawn.network;
    Experiment const experiment = experiment_of(network, drawn.options);
    Kept const ensemble = run(network, drawn.options);
    RunPlan plan;
    plan.experiment = &experiment;
    plan.seed = drawn.options.seed;
    plan.max_events = drawn.options.max_events;
    for (u32 j = 0; j < network.reactions.size(); j += 1 + u32(network.reactions.size()) / 7)
      plan.counted_reactions.push_back(ReactionId(j));
    for (plan.first = 0; plan.first < 5; ++plan.first) {
      Watcher watcher;
      watcher.fired.assign(network.reactions.size(), 0);
      Keeper keeper;
      RunControl control;
      replay_trajectory(plan, watcher, keeper, control);
      Kept::Trajectory const& t = keeper.kept.by_id.at(plan.first);
      Kept::Trajectory const& other = ensemble.by_id.at(plan.first);
      EXPECT_EQ(t.end.hash, other.end.hash);
      EXPECT_EQ(t.end.status, other.end.status);
      EXPECT_TRUE(watcher.increases && watcher.is_counted && watcher.is_natural);
      usize const samples = experiment.sample_times.size(), species = network.species.size();
      EXPECT_TRUE(std::equal(other.samples.begin(), other.samples.end(), t.samples.begin()));
      for (usize c = 0; t.end.samples == samples && c < plan.counted_reactions.size(); ++c)
        EXPECT_EQ(t.samples[(species + c + 1) * samples - 1],
                  double(watcher.fired[u32(plan.counted_reactions[c])]));
      check_conservation(network, experiment, t, &laws);
      events += watcher.events;
    }
  });
  EXPECT_GT(laws, network_count());  // 5 trajectories each of every third network, at least
  EXPECT_GT(events, 100 * network_count());
}

// ---- distribution ----

TEST(RandomNetworks, FireAsTheirPropensitiesSayReactionByReaction) {
  // False-alarm rate 1e-6 over all reactions of all networks.
  // And of all events of all networks against all propensities: about a million for 20 networks, in
  // which waiting times that are 1 % off give z = 10.
  u64 events = 0, seen = 0, large = 0;
  double integral = 0;
  for_all_networks([&](Drawn const& drawn) {
    Network const& network = drawn.network;
    RunOptions o = drawn.options;
    o.trajectories = 100;
    usize const fast = 0;
    auto const results = follow(network, o, {network, with_rate(network, fast, 1.5)});
    auto const found = martingale_finding(results[0], 1e-6 / double(network_count()));
    EXPECT_FALSE(found) << to_string(*found);
    events += results[0].total.firings;
    integral += results[0].total.integral;
    // Half as much again in a reaction that fires 400 times or more shifts Z by 8.
    if (results[0].reactions[fast].firings < 400) return;
    ++large;
    seen += results[1].p_value < 1e-6;
  });
  EXPECT_GT(events, 25000 * network_count());
  EXPECT_GT(martingale_p_value(events, integral), 1e-6) << events << " events, " << integral;
  if (network_count() >= 20) {
    EXPECT_LT(martingale_p_value(events, 1.01 * integral), 1e-6) << "1 % is missed";
  }
  EXPECT_GT(large, 0u);
  EXPECT_GE(double(seen), 0.9 * double(large)) << "the planted fault is missed";
}

}  // namespace
}  // namespace cristae::test
