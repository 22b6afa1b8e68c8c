// tests/model/twin_test.cpp - what a twin consists of, and what is refused.
#include "host/model/twin.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "host/io/network_reader.hpp"
#include "host/model/law_parser.hpp"

namespace cristae {
namespace {

constexpr auto gene = R"toml(
[network]
name = "gene"
time_unit = "h"
[parameters]
k = 2
[species]
G = 1
U = 20
M = { initial = 3, label = "messenger" }
P = 5
C = 0
X = 0
[rules]
total = "P + 2 * C"
load = "total / (10 + total)"
idle = "U + 1"
[reactions]
make_u = { equation = "0 -> U", mass_action = "k" }
transcribe = { equation = "G -> G + M", rate = "k * G * idle / (1 + load)" }
decay = { equation = "M -> 0", mass_action = "k" }
translate = { equation = "M -> M + P", mass_action = "k" }
pair = { equation = "2 P + U -> C", rate = "P * load" }
report = { equation = "0 -> X", rate = "load" }
idling = { equation = "M -> M", mass_action = "k" }
[observables]
protein = "total"
share = "P / (P + U)"
made = "count(translate) + P"
begun = "count(make_u) + P"
P = "2 * P"
[conditions.c]
initial = { M = 7, U = 1 }
at = [ { time = 1, add = { P = -2, X = 1 } } ]
[vary]
both = { factor = "lognormal", cv = 0.3, scales = ["M", "U"] }
[run]
t_end = 10
sample_every = 1
)toml";

Network read() { return read_network_text(gene, "gene.toml"); }

std::string error_of(std::vector<std::string> const& species, Network const& network = read()) {
  try {
    with_twins(network, species);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "nothing was thrown";
}

template <class Things>
std::vector<std::string> ids(Things const& things) {
  std::vector<std::string> names;
  for (auto const& thing : things) names.push_back(thing.id);
  return names;
}

template <class Things>
auto const& named(Things const& things, std::string const& id) {
  return *std::find_if(things.begin(), things.end(), [&](auto const& one) { return one.id == id; });
}

std::string law(Network const& network, Expression const& expression) {
  return print_law(
      expression,
      [&](Symbol symbol) {
        return symbol.kind == SymbolKind::species     ? network.species[symbol.index].id
               : symbol.kind == SymbolKind::parameter ? network.parameters[symbol.index].id
                                                      : network.rules[symbol.index].id;
      },
      [&](u32 reaction) { return network.reactions[reaction].id; });
}

using Names = std::vector<std::string>;

TEST(Twin, StandsBehindWhatWasThere) {
  auto const original = read();
  auto const made = with_twins(original, {"P", "M"}).network;
  auto const species = ids(made.species), reactions = ids(made.reactions);
  EXPECT_EQ(Names(species.begin() + 6, species.end()), (Names{"P_twin", "M_twin"}));
  EXPECT_EQ(Names(species.begin(), species.begin() + 6), ids(original.species));
  EXPECT_EQ(Names(reactions.begin() + 7, reactions.end()),
            (Names{"transcribe_twin", "decay_twin", "translate_twin", "pair_twin"}));
  EXPECT_EQ(named(made.species, "M_twin").initial, 3);
  EXPECT_EQ(named(made.species, "M_twin").label, "messenger (twin)");
  EXPECT_EQ(made.text, original.text);
}

TEST(Twin, ReplacesItsSpeciesInReactantsProductsAndLaws) {
  auto const made = with_twins(read(), {"M", "P"}).network;
  EXPECT_EQ(named(made.reactions, "transcribe_twin").equation, "G -> G + M_twin");
  EXPECT_EQ(named(made.reactions, "translate_twin").equation, "M_twin -> M_twin + P_twin");
  EXPECT_EQ(named(made.reactions, "pair_twin").equation, "2 P_twin + U -> C");
  auto const& pair = named(made.reactions, "pair_twin");
  EXPECT_EQ(law(made, pair.rate), "P_twin * load_twin");
  EXPECT_EQ(pair.reactants[0].count, 2);
  EXPECT_EQ(made.species[u32(pair.reactants[0].species)].id, "P_twin");
  EXPECT_EQ(made.species[u32(pair.reactants[1].species)].id, "U");
  EXPECT_EQ(law(made, named(made.rules, "total_twin").expression), "P_twin + (2 * C)");
  EXPECT_EQ(law(made, named(made.rules, "load_twin").expression), "total_twin / (10 + total_twin)");
  // A rule without a species of the set is shared, and stands before the rules that use it.
  EXPECT_EQ(law(made, named(made.reactions, "transcribe_twin").rate),
            "(k * G * idle) / (1 + load_twin)");
  EXPECT_EQ(made.rule_order.size(), made.rules.size());
}

TEST(Twin, LeavesReactionsThatOnlyReadItsSpeciesToTheOriginal) {
  auto const made = with_twins(read(), {"M", "P"}).network;
  auto const reactions = ids(made.reactions);
  EXPECT_EQ(std::count(reactions.begin(), reactions.end(), "report_twin"), 0);
  EXPECT_EQ(std::count(reactions.begin(), reactions.end(), "idling_twin"), 0);
  EXPECT_EQ(law(made, named(made.reactions, "report").rate), "load");
}

TEST(Twin, HasObservablesThatReadNothingElse) {
  auto const made = with_twins(read(), {"M", "P", "C"}).network;
  auto const observables = ids(made.observables);
  EXPECT_EQ(Names(observables.begin() + 5, observables.end()),
            (Names{"protein_twin", "made_twin", "P_twin"}));
  EXPECT_EQ(law(made, named(made.observables, "made_twin").expression),
            "count(translate_twin) + P_twin");
  // With C shared, what reads it is not the twin's alone.
  EXPECT_EQ(with_twins(read(), {"M", "P"}).network.observables.size(), 7u);
}

TEST(Twin, StartsAndChangesWithTheOriginal) {
  auto const made = with_twins(read(), {"M", "P"}).network;
  auto const& condition = made.conditions[0];
  ASSERT_EQ(condition.initial.size(), 3u);
  EXPECT_EQ(made.species[u32(condition.initial[2].first)].id, "M_twin");
  EXPECT_EQ(condition.initial[2].second, 7);
  ASSERT_EQ(condition.schedule[0].add.size(), 3u);
  EXPECT_EQ(made.species[u32(condition.schedule[0].add[2].first)].id, "P_twin");
  EXPECT_EQ(condition.schedule[0].add[2].second, -2);
  ASSERT_EQ(made.variations[0].species.size(), 3u);
  EXPECT_EQ(made.species[u32(made.variations[0].species[2])].id, "M_twin");
}

TEST(Twin, RemarksOnPoolsThatTheCopiesShare) {
  auto const mixed = with_twins(read(), {"M", "P"}).remarks;
  ASSERT_EQ(mixed.size(), 1u);
  EXPECT_EQ(mixed[0].problem,
            "species without a twin change with what has one: 'C', 'U' (reaction 'pair')");
  EXPECT_TRUE(with_twins(read(), {"M"}).remarks.empty());
}

TEST(Twin, RefusesWhatMakesNone) {
  EXPECT_EQ(error_of({}),
            "error: no species is given to have a twin. Name the species of one reporter gene.");
  EXPECT_EQ(error_of({"MM", "P", "P"}),
            "error: there is no species 'MM' to have a twin. Did you mean 'M'?\n"
            "error: species 'P' is to have a twin twice. Name it once.");
  EXPECT_EQ(error_of({"G"}),
            "error: no reaction changes 'G' (the twin would never differ from the original). Name "
            "species that vary.");
  auto network = read();
  network.parameters[0].id = "M_twin";
  network.reactions[0].id = "decay_twin";
  network.rules[2].id = "load_twin";
  EXPECT_EQ(
      error_of({"M", "P"}, network),
      "error: the twin of species 'M' would be 'M_twin', which is there already (a name stands "
      "for one thing). Rename that one in the network file.\n"
      "error: the twin of rule 'load' would be 'load_twin', which is there already (a name "
      "stands for one thing). Rename that one in the network file.\n"
      "error: the twin of reaction 'decay' would be 'decay_twin', which is there already (a "
      "name stands for one thing). Rename that one in the network file.");
}

TEST(Twin, CanHaveATwinOfItsOwn) {
  auto const once = with_twins(read(), {"M"}).network;
  auto const twice = with_twins(once, {"M_twin"}).network;
  EXPECT_EQ(twice.species.back().id, "M_twin_twin");
}

}  // namespace
}  // namespace cristae
