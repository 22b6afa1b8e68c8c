// tests/model/conservation_test.cpp - the laws of the bundled networks, and of random matrices.
#include "host/model/conservation.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "host/io/network_file.hpp"
#include "tests/support/source_folder.hpp"

namespace cristae {
namespace {

using Laws = std::vector<std::string>;

Laws texts_of(Network const& network) {
  auto const found = conservation_laws(network);
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.rank + found.laws.size(), network.species.size());
  Laws texts;
  for (auto const& law : found.laws) {
    std::string text;
    for (auto const& [species, coefficient] : law.coefficients)
      text += fmt::format("{:+} {} ", coefficient, network.species[static_cast<u32>(species)].id);
    texts.push_back(text + "= " + (law.total ? fmt::format("{}", *law.total) : "beyond"));
  }
  return texts;
}

Network bundled(std::string const& name) {
  return read_network_file(test::source_folder() + "/networks/" + name + "/network.toml");
}

/// Species S0, S1, ... with 10, 11, ... copies.
Network with_species(usize count) {
  Network network;
  for (usize i = 0; i < count; ++i) {
    auto& species = network.species.emplace_back();
    species.id = fmt::format("S{}", i);
    species.initial = static_cast<i64>(10 + i);
  }
  return network;
}

void add_reaction(Network& network, std::vector<Participant> reactants,
                  std::vector<Participant> products) {
  auto& reaction = network.reactions.emplace_back();
  reaction.reactants = std::move(reactants);
  reaction.products = std::move(products);
}

SpeciesId S(u32 index) { return SpeciesId{index}; }

/// Rank modulo the prime 2^31 - 1, another way than the one under test.
usize rank_of(std::vector<std::vector<i64>> matrix) {
  constexpr i64 prime = 2147483647;
  auto const power = [&](i64 base, i64 exponent) {
    i64 result = 1;
    for (; exponent > 0; exponent /= 2) {
      if (exponent % 2 == 1) result = result * base % prime;
      base = base * base % prime;
    }
    return result;
  };
  usize rank = 0;
  if (matrix.empty()) return rank;
  for (auto& row : matrix)
    for (auto& value : row) value = (value % prime + prime) % prime;
  for (usize column = 0; column < matrix[0].size() && rank < matrix.size(); ++column) {
    usize pivot = rank;
    while (pivot < matrix.size() && matrix[pivot][column] == 0) ++pivot;
    if (pivot == matrix.size()) continue;
    std::swap(matrix[pivot], matrix[rank]);
    i64 const inverse = power(matrix[rank][column], prime - 2);
    for (usize row = rank + 1; row < matrix.size(); ++row) {
      i64 const factor = matrix[row][column] * inverse % prime;
      for (usize k = column; k < matrix[0].size(); ++k)
        matrix[row][k] = (matrix[row][k] + (prime - factor) * matrix[rank][k]) % prime;
    }
    ++rank;
  }
  return rank;
}

TEST(Conservation, FindsTheTotalsOfTheClassicNetworks) {
  EXPECT_EQ(texts_of(bundled("birth_death")), Laws{});
  EXPECT_EQ(texts_of(bundled("schloegl")), Laws{});
  EXPECT_EQ(texts_of(bundled("dimerisation")), Laws{"+1 P +2 P2 = 100"});
  EXPECT_EQ(texts_of(bundled("telegraph")), Laws{"+1 G_off +1 G_on = 1"});
  EXPECT_EQ(texts_of(bundled("vilar")),
            (Laws{"+1 D_A +1 D_A_bound = 1", "+1 D_R +1 D_R_bound = 1"}));
  std::string sum;
  for (int i = 0; i < 50; ++i) sum += fmt::format("+1 S{} ", i);
  EXPECT_EQ(texts_of(bundled("chain")), Laws{sum + "= 1000"});
}

TEST(Conservation, FindsThePoolsOfTheStressNetworks) {
  EXPECT_EQ(texts_of(bundled("isr")),
            (Laws{"+1 PERKi +1 PERKa = 302", "+1 GCN2i +1 GCN2a = 200", "+1 PKRi +1 PKRa = 200",
                  "+1 HRIi +1 HRIa +1 HRIp +1 HRIh = 202", "+1 eIF2 +1 eIF2P +1 BP = 1050",
                  "+1 B +1 BP = 120", "+1 Goff +1 Gon = 2"}));
  EXPECT_EQ(texts_of(bundled("mitophagy")), (Laws{"+1 Ub +1 U1 +1 pU = 506", "+1 OP +1 OPb = 100",
                                                  "+1 FUp +1 FUd = 68", "+1 M +1 AP +1 DG = 1"}));
}

TEST(Conservation, ASpeciesThatNoReactionChangesIsALawOfItsOwn) {
  auto network = with_species(3);
  add_reaction(network, {{S(0), 1}, {S(1), 1}}, {{S(0), 1}});  // S0 is a catalyst
  EXPECT_EQ(texts_of(network), (Laws{"+1 S0 = 10", "+1 S2 = 12"}));
}

TEST(Conservation, ANetworkWithoutReactionsKeepsEverything) {
  EXPECT_EQ(texts_of(with_species(2)), (Laws{"+1 S0 = 10", "+1 S1 = 11"}));
}

TEST(Conservation, CoefficientsHaveNoCommonDivisor) {
  auto network = with_species(2);
  add_reaction(network, {{S(0), 4}}, {{S(1), 6}});
  EXPECT_EQ(texts_of(network), Laws{"+3 S0 +2 S1 = 52"});
}

TEST(Conservation, AnEnzymeHasItsTotalsWithoutNegativeParts) {
  auto network = with_species(4);  // E + S <-> ES -> E + P
  add_reaction(network, {{S(0), 1}, {S(1), 1}}, {{S(2), 1}});
  add_reaction(network, {{S(2), 1}}, {{S(0), 1}, {S(1), 1}});
  add_reaction(network, {{S(2), 1}}, {{S(0), 1}, {S(3), 1}});
  EXPECT_EQ(texts_of(network), (Laws{"+1 S0 +1 S2 = 22", "+1 S1 +1 S2 +1 S3 = 36"}));
}

TEST(Conservation, ADifferenceIsKeptWhereNoSumIs) {
  auto network = with_species(2);
  add_reaction(network, {}, {{S(0), 1}, {S(1), 1}});
  add_reaction(network, {{S(0), 2}, {S(1), 2}}, {});
  EXPECT_EQ(texts_of(network), Laws{"+1 S0 -1 S1 = -1"});
}

TEST(Conservation, ASpeciesOnBothSidesOfADifferenceCountsNetChangesOnly) {
  auto network = with_species(2);
  add_reaction(network, {{S(0), 1}}, {{S(0), 1}, {S(1), 1}});
  add_reaction(network, {{S(1), 1}}, {});
  EXPECT_EQ(texts_of(network), Laws{"+1 S0 = 10"});
}

TEST(Conservation, ATotalBeyond64BitsIsLeftOpen) {
  auto network = with_species(2);
  network.species[0].initial = i64{1} << 53;
  add_reaction(network, {{S(0), 1}}, {{S(1), 1'000'000}});
  EXPECT_EQ(texts_of(network), Laws{"+1000000 S0 +1 S1 = beyond"});
}

TEST(Conservation, LawsOfRandomMatricesAreExactAndComplete) {
  std::mt19937_64 random(20240607);
  auto const draw = [&](usize below) { return static_cast<usize>(random() % below); };
  usize all_positive = 0, with_laws = 0;
  for (int round = 0; round < 500; ++round) {
    usize const species = 1 + draw(12);
    auto network = with_species(species);
    usize const reactions = draw(15);
    for (usize r = 0; r < reactions; ++r) {
      auto const side = [&] {
        std::vector<Participant> participants;
        for (usize n = draw(4); n > 0; --n)
          participants.push_back(
              {S(static_cast<u32>(draw(species))), static_cast<i64>(1 + draw(5))});
        return participants;
      };
      add_reaction(network, side(), side());
    }
    std::vector<std::vector<i64>> changes(reactions, std::vector<i64>(species));
    for (usize r = 0; r < reactions; ++r) {
      for (auto const& p : network.reactions[r].reactants)
        changes[r][static_cast<u32>(p.species)] -= p.count;
      for (auto const& p : network.reactions[r].products)
        changes[r][static_cast<u32>(p.species)] += p.count;
    }
    auto const found = conservation_laws(network);
    ASSERT_TRUE(found.complete) << round;
    ASSERT_EQ(found.rank, rank_of(changes)) << round;
    ASSERT_EQ(found.rank + found.laws.size(), species) << round;
    std::vector<std::vector<i64>> laws;
    bool positive = true;
    for (auto const& law : found.laws) {
      std::vector<i64> dense(species);
      i64 total = 0;
      for (auto const& [id, coefficient] : law.coefficients) {
        ASSERT_NE(coefficient, 0);
        positive = positive && coefficient > 0;
        dense[static_cast<u32>(id)] = coefficient;
        total += coefficient * network.species[static_cast<u32>(id)].initial;
      }
      ASSERT_EQ(law.total, total);
      for (auto const& change : changes) {
        __extension__ __int128 sum = 0;
        for (usize i = 0; i < species; ++i) sum += static_cast<__int128>(dense[i]) * change[i];
        ASSERT_TRUE(sum == 0) << round;
      }
      laws.push_back(std::move(dense));
    }
    ASSERT_EQ(rank_of(laws), laws.size()) << round << ": the laws depend on each other";
    with_laws += laws.empty() ? 0 : 1;
    all_positive += !laws.empty() && positive ? 1 : 0;
  }
  EXPECT_GT(with_laws, 200u);
  EXPECT_GT(all_positive, 100u);
}

TEST(Conservation, ALargeRingIsDoneQuicklyAndALargeMeshIsGivenUpOrRight) {
  auto ring = with_species(2000);
  for (u32 i = 0; i < 2000; ++i) add_reaction(ring, {{S(i), 1}}, {{S((i + 1) % 2000), 1}});
  auto const found = conservation_laws(ring);
  ASSERT_TRUE(found.complete);
  ASSERT_EQ(found.laws.size(), 1u);
  EXPECT_EQ(found.laws[0].coefficients.size(), 2000u);

  std::mt19937_64 random(3);
  auto mesh = with_species(300);
  for (u32 i = 0; i < 250; ++i) {
    std::vector<Participant> left, right;
    for (int k = 0; k < 4; ++k) {
      left.push_back({S(static_cast<u32>(random() % 300)), static_cast<i64>(1 + random() % 7)});
      right.push_back({S(static_cast<u32>(random() % 300)), static_cast<i64>(1 + random() % 7)});
    }
    add_reaction(mesh, left, right);
  }
  auto const meshed = conservation_laws(mesh);
  if (meshed.complete) {
    EXPECT_EQ(meshed.rank + meshed.laws.size(), 300u);
  } else {
    EXPECT_TRUE(meshed.laws.empty());
  }
}

}  // namespace
}  // namespace cristae
