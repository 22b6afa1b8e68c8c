// tests/io/antimony_reader_test.cpp - the part of Antimony that is read, and what is refused by name.
#include "host/io/antimony_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cristae {
namespace {

Network read(std::string const& text) { return read_antimony_text(text, "m.ant"); }

std::string problems_of(std::string const& text) {
  try {
    read(text);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::model);
    return error.what();
  }
  return "none";
}

TEST(Antimony, HasCompartmentsSpeciesReactionsAndValues) {
  auto const network = read(
      "// a comment\nmodel *cell()\n  compartment c = 2, d;  # another\n"
      "  species A in c, $B in c; substanceOnly species D in c;\n"
      "  J0: 2 A + B -> C; k*A*B;  A -> D; k*A - j*D/c\n  => 3C; k /* and\n one */\n"
      "  A = 3; B = 4; k = 0.1; C = k*70; D = 2; j = k/2\n  y := A + C\n  A is \"alpha\"\nend\n");
  EXPECT_EQ(network.name, "cell");
  ASSERT_EQ(network.species.size(), 4u);
  EXPECT_EQ(network.species[0].id, "A");
  EXPECT_EQ(network.species[0].label, "alpha");
  EXPECT_EQ(network.species[0].initial, 6);  // a concentration of 3 in 2
  EXPECT_EQ(network.species[1].initial, 8);
  EXPECT_EQ(network.species[2].initial, 2);
  EXPECT_EQ(network.species[3].initial, 7);
  ASSERT_EQ(network.reactions.size(), 4u);
  EXPECT_EQ(network.reactions[0].equation, "2 A -> C");
  EXPECT_EQ(network.reactions[0].rate.text, "(k * A * B) / (c * c)");
  EXPECT_EQ(network.reactions[0].where.line, 5u);
  EXPECT_EQ(network.reactions[1].id, "_J0");
  EXPECT_EQ(network.reactions[1].rate.text, "k / c");
  EXPECT_EQ(network.reactions[2].equation, "D -> A");
  EXPECT_EQ(network.reactions[2].rate.text, "j / c");
  EXPECT_EQ(network.reactions[3].equation, "0 -> 3 C");
  ASSERT_EQ(network.observables.size(), 1u);
  EXPECT_EQ(network.observables[0].id, "y");
}

TEST(Antimony, NeedsNoModelAroundIt) {
  auto const network = read("A -> B; k*A; k = 1; A = 10; B = 0");
  EXPECT_EQ(network.name, "m");
  EXPECT_EQ(network.reactions[0].rate_kind, RateKind::mass_action);
}

TEST(Antimony, FormulasHaveItsOperators) {
  auto const network =
      read("A => ; piecewise(k, A > 3 && !(A == 5) || pi < 3, exp(1) * sqrt(A)); k = 1; A = 9\n");
  EXPECT_EQ(network.reactions[0].rate.text,
            "piecewise(k, ((A > 3) and (not (A == 5))) or (3.141592653589793 < 3), exp(1) * "
            "sqrt(A))");
}

TEST(Antimony, OperatorsOfTruthBindAsSbmlReadsThem) {
  auto const law = [](std::string const& formula) {
    return read("A => ; " + formula + "; A = 1; B = 0; C = 0\n").reactions[0].rate.text;
  };
  EXPECT_EQ(law("A || B && C"), "(A or B) and C");
  EXPECT_EQ(law("A && B || C"), "(A and B) or C");
  EXPECT_EQ(law("A || B && C || A && B"), "(((A or B) and C) or A) and B");
  EXPECT_EQ(law("max(A || B && C, B || (A || B && C))"),
            "max((A or B) and C, B or ((A or B) and C))");
  EXPECT_EQ(law("!A == B"), "(not A) == B");
  EXPECT_EQ(law("!A^2 && !max(B, C) > 1e-1"), "(not (A ^ 2)) and ((not max(B, C)) > 0.1)");
  EXPECT_EQ(law("!!A + !(B || C)"), "(not (not A)) + (not (B or C))");
  EXPECT_EQ(law("A != B"), "A != B");
}

TEST(Antimony, RefusesSpeciesThatARuleAndAReactionChange) {
  EXPECT_NE(problems_of("A + y => B; y; y := 2*A; A = 1; B = 0")
                .find("species 'y' has a rule and is changed by reaction '_J0'"),
            std::string::npos);
  EXPECT_EQ(problems_of("A + $y => B; y; y := 2*A; A = 1; B = 0"), "none");
}

TEST(Antimony, OfManyStatementsKnowsItsPlaces) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "A => ; k\n";
  EXPECT_EQ(problems_of(text + "A = 1; k = 1; B").substr(0, 18), "m.ant:20001:15: er");
}

TEST(Antimony, ElseIsRefusedByNameAndPlace) {
  EXPECT_EQ(problems_of("A = 1\nfunction f(x)\n  x + 1\nend\n").substr(0, 47),
            "m.ant:2:1: error: 'function' is not supported (");
  EXPECT_EQ(problems_of("A -> B; k*A; k = 1; A = 10; B = 0\n  B' = 3\n").substr(0, 50),
            "m.ant:2:3: error: 'a rate rule' is not supported (");
  for (auto const* statement :
       {"import \"x.ant\"", "unit x = mole", "A has mole", "A -| B",
        "model a()\nend\nmodel b()\nend", "M: other(A)", "x identity \"y\""})
    EXPECT_NE(problems_of("A -> B; k*A; k = 1; A = 10; B = 0\n" + std::string(statement))
                  .find("is not supported"),
              std::string::npos)
        << statement;
  EXPECT_EQ(problems_of("A -> B\nA = 1; B = 2"),
            "m.ant:1:1: error: reaction 'A -> B' has no rate. Write it behind a semicolon.");
  EXPECT_EQ(problems_of("A -> ; k*A; A = 1"),
            "m.ant:1:1: error: 'k' is not defined (used by reaction '_J0'). Define it, or correct "
            "the name.");
  EXPECT_EQ(problems_of("A -> ; k*A; A = 1.5; k = 1"),
            "m.ant:1:1: error: the initial amount of species 'A' is 1.5, no whole number of copies "
            "(copies are counted). Give whole numbers, or another unit of substance.");
  EXPECT_EQ(problems_of("A -> ; k*; A = 1; k = 1"),
            "m.ant:1:8: error: the law ends where a number or name is expected in 'k*'. "
            "Complete it.");
}

}  // namespace
}  // namespace cristae
