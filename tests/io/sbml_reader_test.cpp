// tests/io/sbml_reader_test.cpp - SBML to networks: what each construct becomes, and every refusal.
#include "host/io/sbml_reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>

#include "host/io/network_reader.hpp"
#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

constexpr auto l3 = "http://www.sbml.org/sbml/level3/version2/core";
constexpr auto l2 = "http://www.sbml.org/sbml/level2/version4";

std::string math(std::string const& inner) {
  return "<math xmlns='http://www.w3.org/1998/Math/MathML'>" + inner + "</math>";
}
std::string ci(std::string const& name) { return "<ci>" + name + "</ci>"; }
std::string cn(std::string const& number) { return "<cn>" + number + "</cn>"; }
std::string call(std::string const& op, std::string const& arguments) {
  return "<apply><" + op + "/>" + arguments + "</apply>";
}

struct Parts {
  std::string attributes = "substanceUnits='item' timeUnits='second' extentUnits='item'";
  std::string functions, units, compartments, species, parameters, initial, rules, constraints,
      reactions, events;
};

std::string list(std::string const& name, std::string const& inner) {
  return inner.empty() ? "" : "<listOf" + name + ">" + inner + "</listOf" + name + ">\n";
}

std::string level3(Parts const& parts) {
  auto const compartments =
      parts.compartments.empty()
          ? std::string("<compartment id='c' spatialDimensions='3' size='1' constant='true'/>")
          : parts.compartments;
  return fmt::format("<sbml xmlns='{}' level='3' version='2'>\n<model id='m' {}>\n", l3,
                     parts.attributes) +
         list("FunctionDefinitions", parts.functions) + list("UnitDefinitions", parts.units) +
         list("Compartments", compartments) + list("Species", parts.species) +
         list("Parameters", parts.parameters) + list("InitialAssignments", parts.initial) +
         list("Rules", parts.rules) + list("Constraints", parts.constraints) +
         list("Reactions", parts.reactions) + list("Events", parts.events) + "</model>\n</sbml>\n";
}

std::string species(std::string const& id, std::string const& initial,
                    std::string const& more = "hasOnlySubstanceUnits='true'") {
  auto const has = [&](char const* attribute) { return more.find(attribute) != more.npos; };
  return fmt::format("<species id='{}' {}{}{}{}{} {}/>\n", id,
                     has("compartment") ? "" : "compartment='c' ", initial,
                     has("hasOnly") ? "" : " hasOnlySubstanceUnits='false'",
                     has("boundaryC") ? "" : " boundaryCondition='false'",
                     has("constant") ? "" : " constant='false'", more);
}
std::string parameter(std::string const& id, std::string const& value,
                      std::string const& constant = "true") {
  return fmt::format("<parameter id='{}' value='{}' constant='{}'/>\n", id, value, constant);
}
std::string side(std::string const& name, std::map<std::string, std::string> const& species) {
  std::string text;
  for (auto const& [id, count] : species)
    text += fmt::format("<speciesReference species='{}' stoichiometry='{}' constant='true'/>", id,
                        count);
  return list(name, text);
}
std::string reaction(std::string const& id, std::map<std::string, std::string> const& reactants,
                     std::map<std::string, std::string> const& products, std::string const& law,
                     std::string const& reversible = "false", std::string const& more = "",
                     std::string const& locals = "") {
  return fmt::format("<reaction id='{}' reversible='{}'>\n", id, reversible) +
         side("Reactants", reactants) + side("Products", products) + more +
         (law.empty() ? "" : "<kineticLaw>" + math(law) + locals + "</kineticLaw>") +
         "</reaction>\n";
}
std::string assignment(std::string const& tag, std::string const& attribute, std::string const& id,
                       std::string const& formula) {
  return fmt::format("<{0} {1}='{2}'>{3}</{0}>\n", tag, attribute, id, math(formula));
}

Network read(Parts const& parts) { return read_sbml_text(level3(parts), "m.xml"); }

std::string problems_of(std::string const& text) {
  try {
    read_sbml_text(text, "m.xml");
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::model);
    return error.what();
  }
  return "none";
}
std::string problems_of(Parts const& parts) { return problems_of(level3(parts)); }

void expect_refused(Parts const& parts, std::string const& problem) {
  auto const found = problems_of(parts);
  EXPECT_NE(found.find(problem), std::string::npos) << found << "\nwhere it should say\n"
                                                    << problem;
}

std::string const times_k_a = call("times", ci("k") + ci("A"));

/// A -> 0 with k * A, k = 0.5, A = 10; a start for variations.
Parts decay() {
  Parts parts;
  parts.species = species("A", "initialAmount='10'");
  parts.parameters = parameter("k", "0.5");
  parts.reactions = reaction("r", {{"A", "1"}}, {}, times_k_a);
  return parts;
}

std::vector<double> initial_of(Network const& network) {
  std::vector<double> counts;
  for (auto const& one : network.species) counts.push_back(static_cast<double>(one.initial));
  return counts;
}

/// The propensity of a reaction by its expression and reactants, at given counts.
double propensity(Network const& network, usize reaction, std::vector<double> counts) {
  std::vector<double> parameters;
  for (auto const& one : network.parameters) parameters.push_back(one.value);
  ExpressionValues values{counts, parameters, {}, {}};
  auto const rules = evaluate_rules(network, values);
  values.rules = rules;
  auto const& law = network.reactions[reaction];
  double rate = evaluate(law.rate, values);
  if (law.rate_kind == RateKind::mass_action)
    for (auto const& one : law.reactants)
      for (i64 i = 0; i < one.count; ++i)
        rate *= (counts[static_cast<usize>(one.species)] - static_cast<double>(i)) /
                static_cast<double>(i + 1);
  return rate;
}

TEST(Sbml, BecomesANetworkWithPlacesInItsFile) {
  auto const network = read(decay());
  EXPECT_EQ(network.name, "m");
  EXPECT_EQ(network.file, "m.xml");
  EXPECT_EQ(network.time_unit, "s");
  ASSERT_EQ(network.species.size(), 1u);
  EXPECT_EQ(network.species[0].id, "A");
  EXPECT_EQ(network.species[0].initial, 10);
  EXPECT_EQ(network.species[0].where.line, 5u);
  ASSERT_EQ(network.reactions.size(), 1u);
  EXPECT_EQ(network.reactions[0].equation, "A -> 0");
  EXPECT_EQ(network.reactions[0].rate_kind, RateKind::mass_action);
  EXPECT_EQ(network.reactions[0].rate.text, "k");
  EXPECT_EQ(network.reactions[0].where.line, 9u);
}

TEST(Sbml, HasATextThatIsTheSameNetwork) {
  auto const network = read(decay());
  auto const again = read_network_text(network.text, "n.toml");
  EXPECT_EQ(again.text, network.text);
  EXPECT_EQ(again.reactions[0].rate.text, "k");
}

TEST(Sbml, ReadsConcentrationsThroughTheSizeOfTheCompartment) {
  auto parts = decay();
  parts.compartments = "<compartment id='c' spatialDimensions='3' size='2.5' constant='true'/>";
  parts.species =
      species("A", "initialConcentration='4'", "") + species("B", "initialAmount='3'", "");
  parts.reactions =
      reaction("r", {{"A", "1"}, {"B", "1"}}, {},
               call("times", ci("c") + ci("k") + ci("A") + ci("B"))) +
      reaction("s", {{"A", "1"}}, {}, call("divide", ci("A") + call("plus", ci("A") + cn("1"))));
  auto const network = read(parts);
  EXPECT_EQ(initial_of(network), (std::vector<double>{10, 3}));
  EXPECT_EQ(network.reactions[0].rate_kind, RateKind::mass_action);
  EXPECT_EQ(network.reactions[0].rate.text, "k / c");
  EXPECT_DOUBLE_EQ(propensity(network, 0, {10, 3}), 2.5 * 0.5 * (10 / 2.5) * (3 / 2.5));
  EXPECT_DOUBLE_EQ(propensity(network, 1, {10, 3}), 4.0 / 5.0);
}

TEST(Sbml, HasStoichiometriesBelow0OnTheOtherSide) {
  auto parts = decay();
  parts.species += species("B", "initialAmount='3'");
  parts.reactions = reaction("r", {{"A", "-2"}, {"B", "1"}}, {{"B", "-3"}}, ci("k"));
  EXPECT_EQ(read(parts).reactions[0].equation, "4 B -> 2 A");
  parts.reactions = reaction("r", {{"A", "-0.5"}}, {}, ci("k"));
  expect_refused(parts, "would change species 'A' by -0.5 copies");
}

TEST(Sbml, TakesTheSizeOfAPointInLevel3) {
  auto parts = decay();
  parts.species = species("A", "initialConcentration='5'", "");
  for (auto const& [size, initial, propensity_of_10] :
       {std::tuple("size='2'", 10.0, 2.5), std::tuple("", 5.0, 5.0)}) {
    parts.compartments =
        fmt::format("<compartment id='c' spatialDimensions='0' {} constant='true'/>", size);
    if (initial == 5) parts.species = species("A", "initialAmount='5'", "");
    auto const network = read(parts);
    EXPECT_EQ(initial_of(network), std::vector<double>{initial});
    EXPECT_DOUBLE_EQ(propensity(network, 0, {10}), propensity_of_10);
  }
}

TEST(Sbml, CountsMolesInCopies) {
  auto parts = decay();
  parts.attributes = "substanceUnits='fmol' timeUnits='minute' extentUnits='fmol'";
  parts.units =
      "<unitDefinition id='fmol'><listOfUnits><unit kind='mole' scale='-15' exponent='1' "
      "multiplier='1'/></listOfUnits></unitDefinition>"
      "<unitDefinition id='minute'><listOfUnits><unit kind='second' scale='0' exponent='1' "
      "multiplier='60'/></listOfUnits></unitDefinition>";
  parts.compartments = "<compartment id='c' spatialDimensions='3' size='2' constant='true'/>";
  parts.species =
      species("A", "initialConcentration='1e-6'", "") + species("B", "initialAmount='0'");
  parts.reactions = reaction("r", {{"A", "2"}}, {{"B", "1"}},
                             call("times", ci("c") + ci("k") + ci("A") + ci("A")));
  auto const network = read(parts);
  double const femtomole = 6.02214179e8;
  EXPECT_EQ(network.time_unit, "min");
  EXPECT_EQ(initial_of(network), (std::vector<double>{1204, 0}));  // 1204.428
  double const concentration = 1204 / femtomole / 2;
  EXPECT_NEAR(propensity(network, 0, {1204, 0}),
              femtomole * 2 * 0.5 * concentration * concentration, 1e-9);
  EXPECT_EQ(network.reactions[0].equation, "2 A -> B");
  ASSERT_EQ(network.notes.size(), 2u);
  EXPECT_EQ(
      to_string(network.notes[0]),
      "m.xml:6:149: note: the initial amount of species 'A' is 1204.428358 copies, rounded to "
      "1204 (copies are whole numbers).");
}

TEST(Sbml, LetsLocalParametersShadowGlobalOnes) {
  auto parts = decay();
  parts.reactions = reaction("r", {{"A", "1"}}, {}, times_k_a, "false", "",
                             "<listOfLocalParameters><localParameter id='k' value='2'/>"
                             "</listOfLocalParameters>") +
                    reaction("s", {{"A", "1"}}, {}, times_k_a);
  auto const network = read(parts);
  EXPECT_EQ(propensity(network, 0, {10}), 20);
  EXPECT_EQ(propensity(network, 1, {10}), 5);
  EXPECT_EQ(network.reactions[0].rate.text, "r_k");
}

TEST(Sbml, PutsFunctionDefinitionsIn) {
  auto parts = decay();
  parts.functions =
      "<functionDefinition id='f'>" +
      math("<lambda><bvar><ci>x</ci></bvar><bvar><ci>k</ci></bvar>" +
           call("divide", ci("x") + call("plus", ci("x") + ci("k"))) + "</lambda>") +
      "</functionDefinition><functionDefinition id='g'>" +
      math("<lambda><bvar><ci>y</ci></bvar>" +
           call("times", cn("3") + "<apply>" + ci("f") + ci("y") + cn("2") + "</apply>") +
           "</lambda>") +
      "</functionDefinition>";
  parts.reactions = reaction("r", {{"A", "1"}}, {}, "<apply>" + ci("g") + ci("A") + "</apply>");
  auto const network = read(parts);
  EXPECT_DOUBLE_EQ(propensity(network, 0, {10}), 3 * 10.0 / 12);
}

TEST(Sbml, ReadsAllOfMathmlThatLawsHave) {
  auto parts = decay();
  auto const t = [](std::string const& op) { return "<" + op + "/>"; };
  std::vector<std::pair<std::string, double>> const values{
      {call("root", ci("A")), std::sqrt(10)},
      {call("root", "<degree>" + cn("3") + "</degree>" + ci("A")), std::cbrt(10)},
      {call("log", ci("A")), 1},
      {call("log", "<logbase>" + cn("2") + "</logbase>" + ci("A")), std::log2(10)},
      {call("ln", ci("A")), std::log(10)},
      {call("exp", ci("k")), std::exp(0.5)},
      {call("power", ci("A") + ci("k")), std::sqrt(10)},
      {call("floor", call("divide", ci("A") + cn("3"))), 3},
      {call("ceiling", call("divide", ci("A") + cn("3"))), 4},
      {call("abs", call("minus", ci("A"))), 10},
      {call("max", ci("A") + cn("11") + ci("k")), 11},
      {call("min", ci("A") + cn("11") + ci("k")), 0.5},
      {call("plus", ""), 0},
      {call("times", ""), 1},
      {call("plus", ci("A") + ci("A") + ci("k")), 20.5},
      {"<cn type='e-notation'>2<sep/>3</cn>", 2000},
      {"<cn type='rational'>1<sep/>4</cn>", 0.25},
      {"<cn type='integer'>7</cn>", 7},
      {t("pi"), 3.141592653589793},
      {t("exponentiale"), 2.718281828459045},
      {call("sin", call("divide", t("pi") + cn("2"))), 1},
      {"<piecewise><piece>" + cn("3") + call("lt", cn("1") + ci("A") + cn("5")) +
           "</piece><piece>" + cn("4") + call("lt", cn("1") + ci("A") + cn("50")) +
           "</piece><otherwise>" + cn("5") + "</otherwise></piecewise>",
       4},
      {"<piecewise><piece>" + cn("3") +
           call("and", call("geq", ci("A") + cn("10")) +
                           call("not", call("eq", ci("A") + cn("9"))) +
                           call("xor", t("true") + t("false") + t("false"))) +
           "</piece><otherwise>" + cn("5") + "</otherwise></piecewise>",
       3},
      {"<piecewise><piece>" + cn("3") + call("or", t("false") + call("gt", cn("1") + ci("A"))) +
           "</piece><otherwise>" + cn("5") + "</otherwise></piecewise>",
       5},
      {"<csymbol encoding='text' "
       "definitionURL='http://www.sbml.org/sbml/symbols/avogadro'>n</csymbol>",
       6.02214179e23},
  };
  for (auto const& [formula, value] : values) {
    parts.reactions = reaction("r", {}, {{"A", "1"}}, formula);
    EXPECT_NEAR(propensity(read(parts), 0, {10}), value, 1e-15 * value) << formula;
  }
}

TEST(Sbml, ComputesInitialAssignmentsInAnyOrder) {
  auto parts = decay();
  parts.parameters += parameter("half", "99") + parameter("twice", "98");
  parts.species = species("A", "") + species("B", "initialAmount='1'");
  parts.initial =
      assignment("initialAssignment", "symbol", "A", call("times", cn("30") + ci("half"))) +
      assignment("initialAssignment", "symbol", "half", call("divide", ci("twice") + cn("4"))) +
      assignment("initialAssignment", "symbol", "twice",
                 call("plus", ci("k") + call("times", cn("3") + ci("k"))));
  auto const network = read(parts);
  EXPECT_EQ(initial_of(network), (std::vector<double>{15, 1}));
  // What follows from constants follows them when --set changes them.
  ASSERT_EQ(network.rules.size(), 2u);
  EXPECT_EQ(network.rules[0].expression.text, "twice / 4");
}

TEST(Sbml, ReportsWhatHasARule) {
  auto parts = decay();
  parts.compartments = "<compartment id='c' spatialDimensions='3' size='2' constant='true'/>";
  parts.species += species("B", "", "boundaryCondition='true'");
  parts.parameters += "<parameter id='y' constant='false'/>";
  parts.rules = assignment("assignmentRule", "variable", "y", call("times", cn("2") + ci("A"))) +
                assignment("assignmentRule", "variable", "B", call("divide", ci("y") + cn("4")));
  auto const network = read(parts);
  ASSERT_EQ(network.observables.size(), 2u);
  EXPECT_EQ(network.observables[0].id, "B");
  EXPECT_EQ(network.observables[0].expression.text, "B * c");  // amounts are what is counted
  EXPECT_EQ(network.observables[1].id, "y");
  ASSERT_EQ(network.species.size(), 1u);
}

TEST(Sbml, LeavesBoundarySpeciesOutOfTheChanges) {
  auto parts = decay();
  parts.species +=
      species("S", "initialAmount='0'", "boundaryCondition='true' hasOnlySubstanceUnits='true'") +
      species("F", "initialAmount='1.5'", "boundaryCondition='true' constant='true'");
  parts.reactions = reaction("r", {{"S", "1"}}, {{"A", "1"}}, ci("k")) +
                    reaction("s", {{"A", "1"}}, {{"F", "2"}}, call("times", ci("F") + ci("A")));
  auto const network = read(parts);
  EXPECT_EQ(network.reactions[0].equation, "0 -> A");
  EXPECT_EQ(network.reactions[0].rate_kind, RateKind::mass_action);
  EXPECT_EQ(network.reactions[1].equation, "A -> 0");
  EXPECT_EQ(network.reactions[1].rate.text, "F");
  EXPECT_DOUBLE_EQ(propensity(network, 1, {10, 0}), 15);
}

TEST(Sbml, SplitsReversibleLaws) {
  auto parts = decay();
  parts.species += species("B", "initialAmount='5'");
  parts.parameters += parameter("q", "0.1");
  parts.reactions =
      reaction("r", {{"A", "2"}}, {{"B", "1"}},
               call("minus", call("times", ci("k") + ci("A") + call("minus", ci("A") + cn("1"))) +
                                 call("times", ci("q") + ci("B"))),
               "true");
  auto const network = read(parts);
  ASSERT_EQ(network.reactions.size(), 2u);
  EXPECT_EQ(network.reactions[0].equation, "2 A -> B");
  EXPECT_EQ(network.reactions[0].rate.text, "2 * k");
  EXPECT_EQ(network.reactions[1].id, "r_reverse");
  EXPECT_EQ(network.reactions[1].equation, "B -> 2 A");
  EXPECT_EQ(network.reactions[1].rate.text, "q");
}

TEST(Sbml, LeavesCombinationsOfConcentrationsInOneDirection) {
  auto parts = decay();
  parts.species = species("A", "initialAmount='10'", "hasOnlySubstanceUnits='false'") +
                  species("B", "initialAmount='3'", "hasOnlySubstanceUnits='false'");
  parts.parameters += parameter("j", "0.25");
  auto const pairs = call("times", ci("k") + ci("A") + call("minus", ci("A") + cn("1")));
  parts.reactions = reaction("r", {{"A", "2"}}, {{"B", "1"}}, pairs, "true");
  auto network = read(parts);
  ASSERT_EQ(network.reactions.size(), 1u);
  EXPECT_DOUBLE_EQ(propensity(network, 0, {10, 3}), 45);
  parts.reactions = reaction("r", {{"A", "2"}}, {{"B", "1"}},
                             call("minus", pairs + call("times", ci("j") + ci("B"))), "true");
  network = read(parts);
  ASSERT_EQ(network.reactions.size(), 2u);
  EXPECT_DOUBLE_EQ(propensity(network, 0, {10, 3}), 45);
  EXPECT_DOUBLE_EQ(propensity(network, 1, {10, 3}), 0.75);
}

TEST(Sbml, AppliesConversionFactorsAndStoichiometries) {
  auto parts = decay();
  parts.attributes += " conversionFactor='f'";
  parts.parameters += parameter("f", "3") + parameter("one", "1");
  parts.species +=
      species("B", "initialAmount='5'", "hasOnlySubstanceUnits='true' conversionFactor='one'");
  parts.reactions = reaction("r", {{"B", "1"}}, {{"A", "33"}}, ci("k"));
  EXPECT_EQ(read(parts).reactions[0].equation, "B -> 99 A");
  parts.reactions = reaction("r", {{"B", "1"}}, {{"A", "34"}}, ci("k"));
  expect_refused(parts, "error: more than 100 copies of species 'A' on one side (in reaction 'r')");
  parts.reactions = reaction("r", {{"B", "1"}}, {{"A", "0.5"}}, ci("k"));
  expect_refused(parts, "error: an event of reaction 'r' would change species 'A' by 1.5 copies");
}

TEST(Sbml, ReadsTheStoichiometryThatAnInitialAssignmentGives) {
  auto parts = decay();
  parts.reactions =
      "<reaction id='r' reversible='false'><listOfProducts><speciesReference id='n' species='A' "
      "constant='true'/></listOfProducts><kineticLaw>" +
      math(call("times", ci("n") + ci("k"))) + "</kineticLaw></reaction>";
  parts.initial = assignment("initialAssignment", "symbol", "n", call("times", cn("4") + ci("k")));
  auto const network = read(parts);
  EXPECT_EQ(network.reactions[0].equation, "0 -> 2 A");
  EXPECT_DOUBLE_EQ(propensity(network, 0, {10}), 1);
  EXPECT_TRUE(network.rules.empty());  // or --set k would change it in the law alone
}

TEST(Sbml, ReadsTheStoichiometryThatARuleOfConstantsGives) {
  auto parts = decay();
  parts.reactions =
      "<reaction id='r' reversible='false'><listOfProducts><speciesReference id='n' species='A' "
      "stoichiometry='7' constant='false'/></listOfProducts><kineticLaw>" +
      math(call("times", ci("n") + ci("k"))) + "</kineticLaw></reaction>";
  parts.rules = assignment("assignmentRule", "variable", "n", call("times", cn("4") + ci("k")));
  auto const network = read(parts);
  EXPECT_EQ(network.reactions[0].equation, "0 -> 2 A");
  EXPECT_DOUBLE_EQ(propensity(network, 0, {10}), 1);
  parts.rules = assignment("assignmentRule", "variable", "n", ci("A"));
  expect_refused(parts, "error: the stoichiometry 'n' changes by a rule");
}

TEST(Sbml, RenamesWhatLawsWouldReadOtherwise) {
  auto parts = decay();
  parts.species = species("count", "initialAmount='10'") + species("time", "initialAmount='1'");
  parts.reactions = reaction(
      "r", {{"count", "1"}}, {}, call("times", ci("k") + ci("count") + ci("time")), "false",
      "<listOfModifiers><modifierSpeciesReference species='time'/></listOfModifiers>");
  auto const network = read(parts);
  EXPECT_EQ(network.species[0].id, "count_");
  EXPECT_EQ(network.species[0].label, "count");
  EXPECT_EQ(network.reactions[0].rate.text, "k * count_ * time_");
}

TEST(Sbml, SaysWhereALawIsNotZeroThoughReactantsAreMissing) {
  auto parts = decay();
  parts.reactions = reaction("r", {{"A", "2"}}, {}, call("times", ci("k") + ci("A") + ci("A")));
  auto const network = read(parts);
  EXPECT_EQ(network.reactions[0].rate_kind, RateKind::expression);
  ASSERT_EQ(network.notes.size(), 1u);
  EXPECT_EQ(to_string(network.notes[0]),
            "m.xml:9:53: note: the law of reaction 'r' is not 0 where only 1 of 2 A is there (a "
            "reaction happens only while all its reactants are there). For the number of "
            "combinations write, for example, k*A*(A-1)/2.");
}

TEST(Sbml, OfLevel2HasItsDefaults) {
  auto const text = [](std::string const& units) {
    return fmt::format(
        "<sbml xmlns='{}' level='2' version='4'><model id='m'>{}<listOfCompartments>"
        "<compartment id='c' size='1'/></listOfCompartments><listOfSpecies><species id='A' "
        "compartment='c' "
        "initialAmount='10'/></listOfSpecies><listOfReactions><reaction id='r' reversible='false'>"
        "<listOfReactants><speciesReference species='A'/></listOfReactants><kineticLaw>{}"
        "<listOfParameters><parameter id='k' value='3'/></listOfParameters></kineticLaw></reaction>"
        "</listOfReactions></model></sbml>",
        l2, units, math(call("times", ci("k") + ci("A") + ci("c"))));
  };
  auto const network = read_sbml_text(
      text("<listOfUnitDefinitions><unitDefinition id='substance'><listOfUnits><unit kind='item'/>"
           "</listOfUnits></unitDefinition></listOfUnitDefinitions>"),
      "m.xml");
  EXPECT_EQ(network.reactions[0].equation, "A -> 0");
  EXPECT_EQ(network.reactions[0].rate.text, "r_k");
  EXPECT_EQ(network.time_unit, "s");
  // Without a unit, substance is in moles.
  EXPECT_NE(problems_of(text("")).find("is 6.02214179e+24 copies (2^53 can be counted). If amounts "
                                       "are counts, not moles, make the unit of substance 'item'."),
            std::string::npos);
}

TEST(Sbml, OfLevel2HasFractionsAsStoichiometries) {
  auto const text = [](std::string const& fraction) {
    return fmt::format(
        "<sbml xmlns='{}' level='2' version='4'><model id='m'><listOfUnitDefinitions>"
        "<unitDefinition id='substance'><listOfUnits><unit kind='item'/></listOfUnits>"
        "</unitDefinition></listOfUnitDefinitions><listOfCompartments><compartment id='c' "
        "size='1'/></listOfCompartments><listOfSpecies><species id='A' compartment='c' "
        "initialAmount='10'/></listOfSpecies><listOfReactions><reaction id='r' reversible='false'>"
        "<listOfReactants><speciesReference species='A'><stoichiometryMath>{}</stoichiometryMath>"
        "</speciesReference></listOfReactants><kineticLaw>{}</kineticLaw></reaction>"
        "</listOfReactions></model></sbml>",
        l2, math("<cn type='rational'>" + fraction + "</cn>"), math(ci("A")));
  };
  EXPECT_EQ(read_sbml_text(text("4<sep/>2"), "m.xml").reactions[0].equation, "2 A -> 0");
  EXPECT_NE(problems_of(text("1<sep/>2")).find("would change species 'A' by 0.5 copies"),
            std::string::npos);
}

TEST(Sbml, OfLevel2HasNoUnitOfTimeForOneEvent) {
  auto const text = [](std::string const& units, std::string const& time_units) {
    return "<sbml xmlns='http://www.sbml.org/sbml/level2' level='2' version='1'><model id='m'>"
           "<listOfUnitDefinitions><unitDefinition id='substance'><listOfUnits><unit kind='item'/>"
           "</listOfUnits></unitDefinition>" +
           units +
           "</listOfUnitDefinitions><listOfCompartments><compartment id='c' size='1'/>"
           "</listOfCompartments><listOfSpecies><species id='A' compartment='c' "
           "initialAmount='10'/></listOfSpecies><listOfEvents><event timeUnits='" +
           time_units + "'><trigger>" + math(call("gt", ci("A") + cn("20"))) +
           "</trigger><listOfEventAssignments>" +
           assignment("eventAssignment", "variable", "A", cn("3")) +
           "</listOfEventAssignments></event></listOfEvents></model></sbml>";
  };
  EXPECT_EQ(problems_of(text("", "second")), "none");
  auto const minutes =
      "<unitDefinition id='time'><listOfUnits><unit kind='second' multiplier='60'/></listOfUnits>"
      "</unitDefinition>";
  EXPECT_EQ(problems_of(text(minutes, "time")), "none");
  EXPECT_NE(problems_of(text(minutes, "second")).find("has a unit of time of its own"),
            std::string::npos);
}

TEST(Sbml, IsRefusedByNameWhereItCannotBeSimulated) {
  auto parts = decay();
  auto const with = [&](auto change) {
    auto changed = parts;
    change(changed);
    return changed;
  };
  std::string const varying = "<parameter id='y' value='1' constant='false'/>";
  expect_refused(
      with([&](Parts& p) { p.rules = "<algebraicRule>" + math(ci("k")) + "</algebraicRule>"; }),
      "m.xml:9:28: error: an algebraic rule is not supported");
  expect_refused(with([&](Parts& p) {
                   p.parameters += varying;
                   p.rules = assignment("rateRule", "variable", "y", ci("k"));
                 }),
                 "m.xml:9:36: error: the rate rule of 'y' is not supported");
  expect_refused(with([&](Parts& p) {
                   p.constraints =
                       "<constraint>" + math(call("gt", ci("A") + cn("1"))) + "</constraint>";
                 }),
                 "error: constraint is not supported");
  expect_refused(with([&](Parts& p) {
                   p.reactions = reaction("r", {{"A", "1"}}, {},
                                          "<apply><csymbol encoding='text' definitionURL='"
                                          "http://www.sbml.org/sbml/symbols/delay'>d</csymbol>" +
                                              ci("A") + cn("1") + "</apply>");
                 }),
                 "error: delay() stands in a formula (a propensity depends on the present state "
                 "alone; in the kinetic law of reaction 'r')");
  expect_refused(with([&](Parts& p) {
                   p.reactions = reaction("r", {{"A", "1"}}, {},
                                          "<csymbol encoding='text' definitionURL='"
                                          "http://www.sbml.org/sbml/symbols/time'>t</csymbol>");
                 }),
                 "error: the time stands in the formula of reaction 'r'");
  expect_refused(with([&](Parts& p) {
                   p.reactions = reaction("r", {{"A", "1"}}, {},
                                          "<apply><csymbol encoding='text' definitionURL='"
                                          "http://www.sbml.org/sbml/symbols/rateOf'>d</csymbol>" +
                                              ci("A") + "</apply>");
                 }),
                 "error: rateOf stands in a formula");
  expect_refused(
      with([&](Parts& p) {
        p.parameters += parameter("n", "-1");
        p.reactions = reaction("r", {{"A", "1"}}, {}, call("times", ci("n") + ci("A")), "true");
      }),
      "error: the law of the reversible reaction 'r' cannot be split in two directions");
  expect_refused(with([&](Parts& p) {
                   p.reactions = reaction("r", {{"A", "1"}}, {}, "");
                 }),
                 "error: reaction 'r' has no kinetic law");
  expect_refused(with([&](Parts& p) {
                   p.reactions = reaction("r", {{"A", "1"}}, {}, call("sin", ci("A")));
                 }),
                 "error: function sin stands in a formula");
  expect_refused(with([&](Parts& p) {
                   p.reactions = reaction("r", {{"A", "1"}}, {}, ci("s")) +
                                 reaction("s", {{"A", "1"}}, {}, ci("r"));
                 }),
                 "error: the value of 'r_rate' at the start depends on itself");
  expect_refused(with([&](Parts& p) { p.species = species("A", "initialAmount='1.5'"); }),
                 "error: the initial amount of species 'A' is 1.5, no whole number of copies");
  expect_refused(with([&](Parts& p) { p.species = species("A", "initialAmount='-1'"); }),
                 "error: the initial amount of species 'A' is -1");
  expect_refused(with([&](Parts& p) { p.species = species("A", "initialAmount='NaN'"); }),
                 "error: the initial amount of species 'A' is nan");
  expect_refused(with([&](Parts& p) { p.species = species("A", ""); }),
                 "error: species 'A' has no initial amount");
  expect_refused(with([&](Parts& p) { p.parameters = parameter("k", "NaN"); }),
                 "error: the value of parameter 'k' is nan");
  expect_refused(with([&](Parts& p) { p.parameters += parameter("A", "1"); }), "'A'");
  expect_refused(with([&](Parts& p) {
                   p.reactions = reaction("r", {{"A", "1"}}, {}, call("times", ci("kk") + ci("A")));
                 }),
                 "error: 'kk' is not defined (used by reaction 'r'). Did you mean 'k'?");
  expect_refused(with([&](Parts& p) {
                   p.compartments = "<compartment id='c' constant='true' spatialDimensions='3'/>";
                   p.species = species("A", "initialAmount='10'", "");
                 }),
                 "error: compartment 'c' has no size");
  expect_refused(with([&](Parts& p) {
                   p.parameters = varying + parameter("k", "1");
                   p.reactions =
                       "<reaction id='r' reversible='false'><listOfProducts><speciesReference "
                       "id='n' stoichiometry='1' species='A' constant='false'/></listOfProducts>"
                       "<kineticLaw>" +
                       math(ci("k")) + "</kineticLaw></reaction>";
                   p.rules = assignment("assignmentRule", "variable", "n", ci("y"));
                 }),
                 "error: the stoichiometry 'n' changes by a rule");
}

std::string const time_symbol =
    "<csymbol encoding='text' definitionURL='http://www.sbml.org/sbml/symbols/time'>t</csymbol>";

TEST(Sbml, ReadsEventsWithAllTheirParts) {
  auto parts = decay();
  parts.compartments = "<compartment id='c' spatialDimensions='3' size='2' constant='true'/>";
  parts.species += species("B", "initialAmount='4'", "");
  parts.parameters += "<parameter id='y' value='1' constant='false'/>";
  parts.events =
      "<event id='e' useValuesFromTriggerTime='false'><trigger initialValue='false' "
      "persistent='false'>" +
      math(call("and", call("gt", ci("B") + cn("1")) + call("geq", time_symbol + cn("2")))) +
      "</trigger><priority>" + math(ci("k")) + "</priority><delay>" +
      math(call("times", cn("2") + ci("k"))) + "</delay><listOfEventAssignments>" +
      assignment("eventAssignment", "variable", "A", call("plus", ci("A") + cn("1"))) +
      assignment("eventAssignment", "variable", "B", cn("3")) +
      assignment("eventAssignment", "variable", "y", ci("B")) + "</listOfEventAssignments></event>";
  auto const network = read(parts);
  ASSERT_EQ(network.events.size(), 1u);
  auto const& event = network.events[0];
  EXPECT_EQ(event.id, "e");
  EXPECT_EQ(event.where.file, "m.xml");
  EXPECT_EQ(event.trigger.text, "((B / c) > 1) and (time >= 2)");
  EXPECT_FALSE(event.initial_value);
  EXPECT_FALSE(event.persistent);
  EXPECT_FALSE(event.values_from_trigger_time);
  EXPECT_EQ(event.priority->text, "k");
  EXPECT_EQ(event.delay->text, "2 * k");
  ASSERT_EQ(event.assignments.size(), 3u);
  EXPECT_EQ(event.assignments[0].value.text, "A + 1");
  // A concentration, up to the rounding of the product.
  EXPECT_EQ(event.assignments[1].value.text,
            "piecewise(floor((3 * c) + 0.5), abs((3 * c) - floor((3 * c) + 0.5)) <= (1e-09 * "
            "max(3 * c, 1)), 3 * c)");
  EXPECT_EQ(event.assignments[2].value.text, "B / c");
  EXPECT_EQ(network.observables.size(), 0u);  // values that events set are not kept
}

TEST(Sbml, RefusesEventsThatCannotBe) {
  auto parts = decay();
  parts.rules = assignment("assignmentRule", "variable", "y", ci("A"));
  parts.parameters += "<parameter id='y' constant='false'/>";
  auto const event = [&](std::string const& trigger, std::string const& variable) {
    auto changed = parts;
    changed.events =
        "<event id='e' useValuesFromTriggerTime='true'><trigger initialValue='true' "
        "persistent='true'>" +
        math(trigger) + "</trigger><listOfEventAssignments>" +
        assignment("eventAssignment", "variable", variable, cn("1")) +
        "</listOfEventAssignments></event>";
    return changed;
  };
  auto const later = call("gt", time_symbol + cn("1"));
  expect_refused(event(later, "k"), "'k' is constant");
  expect_refused(event(later, "y"), "'y' has a rule");
  expect_refused(event(later, "z"), "'z' is no compartment, species or parameter");
  // At the event's own place, though the network reader says so.
  expect_refused(event(call("gt", call("exp", time_symbol) + cn("1")), "A"),
                 "m.xml:15:60: error: the trigger of event 'e' does not compare time");
}

TEST(Sbml, RefusesConcentrationsThatEventsSetWhileTheSizeChanges) {
  auto parts = decay();
  parts.compartments = "<compartment id='c' spatialDimensions='3' size='2' constant='false'/>";
  parts.species = species("A", "initialAmount='10'", "hasOnlySubstanceUnits='false'");
  auto const event = [](std::string const& id, std::string const& values, std::string const& delay,
                        std::map<std::string, std::string> const& set) {
    std::string assignments;
    for (auto const& [variable, value] : set)
      assignments += assignment("eventAssignment", "variable", variable, cn(value));
    return "<event id='" + id + "' useValuesFromTriggerTime='" + values +
           "'><trigger initialValue='true' persistent='true'>" +
           math(call("geq", time_symbol + cn("1"))) + "</trigger>" + delay +
           list("EventAssignments", assignments) + "</event>";
  };
  auto const delay = "<delay>" + math(cn("2")) + "</delay>";
  parts.events = event("e", "true", "", {{"A", "3"}});
  EXPECT_EQ(read(parts).events.size(), 1u);
  parts.events = event("e", "false", "", {{"A", "3"}, {"c", "4"}});
  EXPECT_EQ(read(parts).events.size(), 1u);  // by the size before
  parts.events = event("e", "true", delay, {{"A", "3"}}) + event("f", "true", "", {{"c", "4"}});
  expect_refused(parts,
                 "event 'e' sets the concentration of species 'A', and the size of its compartment "
                 "'c' can change between its trigger and the assignment");
  parts.events = event("e", "false", delay, {{"A", "3"}}) + event("f", "true", "", {{"c", "4"}});
  EXPECT_EQ(read(parts).events.size(), 2u);
  // Through a rule, of what reactions or the event itself change.
  parts.species += species("B", "initialAmount='1'");
  parts.rules = assignment("assignmentRule", "variable", "c", call("plus", ci("B") + cn("1")));
  parts.reactions += reaction("b", {}, {{"B", "1"}}, ci("k"));
  parts.events = event("e", "true", "", {{"A", "3"}});
  EXPECT_EQ(read(parts).events.size(), 1u);
  parts.events = event("e", "true", delay, {{"A", "3"}});
  expect_refused(parts, "'c' can change between its trigger and the assignment");
  parts.events = event("e", "false", "", {{"A", "3"}, {"B", "4"}});
  EXPECT_EQ(read(parts).events.size(), 1u);
}

TEST(Sbml, SaysWhereChanceWouldChooseBetweenEvents) {
  auto const parts_with = [](std::string const& first, std::string const& second,
                             std::string const& set) {
    auto parts = decay();
    auto const event = [](std::string const& id, std::string const& priority,
                          std::string const& variable) {
      return "<event id='" + id +
             "' useValuesFromTriggerTime='true'><trigger initialValue='true' "
             "persistent='true'>" +
             math(call("geq", time_symbol + cn("1"))) + "</trigger><priority>" + math(priority) +
             "</priority>" +
             list("EventAssignments",
                  assignment("eventAssignment", "variable", variable, cn("3"))) +
             "</event>";
    };
    parts.species += species("B", "initialAmount='1'");
    parts.events = event("e", first, "A") + event("f", second, set);
    return parts;
  };
  auto const read_with = [&](std::string const& first, std::string const& second,
                             std::string const& set) {
    return read(parts_with(first, second, set)).notes;
  };
  expect_refused(
      parts_with(cn("-1"), cn("-1"), "A"),
      "event 'e' and event 'f' have the same priority (of such events due at one time SBML "
      "lets chance choose; a network, the first in the file)");
  EXPECT_TRUE(read_with(cn("-1"), cn("1"), "A").empty());
  EXPECT_TRUE(read_with(cn("1"), cn("1"), "B").empty()) << "the order does not matter";
  auto const notes = read_with(cn("1"), ci("A"), "B");
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].severity, Severity::warning);
  EXPECT_EQ(notes[0].problem, "event 'e' and event 'f' can have the same priority");
}

TEST(Sbml, FindsIdsThatStandForTwoThingsInLargeModels) {
  auto parts = decay();
  for (int i = 0; i < 400; ++i) parts.parameters += parameter(fmt::format("p{}", i), "1");
  auto const function = [](std::string const& id, std::string const& value) {
    return "<functionDefinition id='" + id + "'>" +
           math("<lambda><bvar><ci>x</ci></bvar>" + value + "</lambda>") + "</functionDefinition>";
  };
  auto changed = parts;
  changed.functions = function("f", ci("x")) + function("f", cn("2"));
  expect_refused(changed, "'f' is already the id of a function");
  changed.functions = function("A", ci("x"));
  expect_refused(changed, "'A' is already the id of a species");
  changed = parts;
  auto const unit =
      "<unitDefinition id='u'><listOfUnits><unit kind='item' exponent='1' scale='0' "
      "multiplier='1'/></listOfUnits></unitDefinition>";
  changed.units = std::string(unit) + unit;
  expect_refused(changed, "unit 'u' is already defined");
  changed = parts;
  changed.species = species("A", "initialAmount='10' initialConcentration='2'");
  expect_refused(changed, "species 'A' has an initial amount and an initial concentration");
}

TEST(Sbml, RefusesLongFormulasBeforeTheyAreRead) {
  auto parts = decay();
  auto const sum = [](usize terms) {
    std::string text;
    for (usize i = 0; i < terms; ++i) text += ci("A");
    return call("plus", text);
  };
  parts.reactions = reaction("r", {{"A", "1"}}, {}, sum(900));
  EXPECT_DOUBLE_EQ(propensity(read(parts), 0, {10}), 9000);
  parts.reactions = reaction("r", {{"A", "1"}}, {}, sum(1500));
  expect_refused(parts, "a formula is nested deeper than 1000 levels");
  parts.reactions = reaction("r", {{"A", "1"}}, {}, sum(100'000));
  expect_refused(parts, "a formula has more than 2000 parts in one element 'apply'");
  // Functions that call one another, and again.
  for (int i = 0; i < 3000; ++i)
    parts.functions +=
        fmt::format("<functionDefinition id='f{}'>", i) +
        math("<lambda><bvar><ci>x</ci></bvar>" +
             (i == 0 ? ci("x") : fmt::format("<apply><ci>f{}</ci><ci>x</ci></apply>", i - 1)) +
             "</lambda>") +
        "</functionDefinition>";
  parts.reactions = reaction("r", {{"A", "1"}}, {}, "<apply><ci>f2999</ci><ci>A</ci></apply>");
  expect_refused(parts, "functions call one another more than 100 levels deep");
  parts.reactions = reaction("r", {{"A", "1"}}, {}, "<apply><ci>f99</ci><ci>A</ci></apply>");
  EXPECT_DOUBLE_EQ(propensity(read(parts), 0, {10}), 10);
}

TEST(Sbml, RefusesPackagesByName) {
  auto text = level3(decay());
  auto const with = [&](std::string const& attributes) {
    auto changed = text;
    changed.insert(changed.find(" level="), attributes);
    return changed;
  };
  EXPECT_NE(problems_of(with(" xmlns:distrib='http://www.sbml.org/sbml/level3/version1/distrib/"
                             "version1' distrib:required='true'"))
                .find("error: package 'distrib' is not supported"),
            std::string::npos);
  EXPECT_NE(problems_of(with(" xmlns:fbc='http://www.sbml.org/sbml/level3/version1/fbc/version2' "
                             "fbc:required='false'"))
                .find("error: package 'fbc' is not supported"),
            std::string::npos);
  EXPECT_EQ(problems_of(with(" xmlns:layout='http://www.sbml.org/sbml/level3/version1/layout/"
                             "version1' layout:required='false'")),
            "none");
  EXPECT_NE(problems_of(with(" xmlns:other='http://example.org/x' other:required = \"true\""))
                .find("error: the extension 'other' is not supported (a model that requires it "
                      "means something else without it)"),
            std::string::npos);
  EXPECT_EQ(problems_of(with(" xmlns:other='http://example.org/x' other:required='false'")),
            "none");
}

TEST(Sbml, OfLargeModelsIsCheckedByAllRulesOnRequest) {
  auto parts = decay();
  for (int i = 0; i < 400; ++i) parts.parameters += parameter(fmt::format("p{}", i), "1");
  // A species in a law that is neither reactant nor modifier: only libSBML's rules mind.
  parts.species += species("B", "initialAmount='1'");
  parts.reactions = reaction("r", {{"A", "1"}}, {}, call("times", ci("A") + ci("B")));
  auto const text = level3(parts);
  EXPECT_EQ(problems_of(text), "none");
  try {
    read_sbml_text(text, "m.xml", SbmlRules::always);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find("rule 21121 of SBML"), std::string::npos);
  }
}

TEST(Sbml, PutsSubmodelsTogether) {
  auto const model = [](std::string const& name, std::string const& head, std::string const& rest) {
    return "<" + name + " " + head +
           "><listOfCompartments><compartment id='c' size='1' "
           "spatialDimensions='3' constant='true'/></listOfCompartments>" +
           rest + "</" + name + ">";
  };
  auto const text = [&](std::string const& definitions) {
    return "<sbml xmlns='http://www.sbml.org/sbml/level3/version1/core' "
           "xmlns:comp='http://www.sbml.org/sbml/level3/version1/comp/version1' level='3' "
           "version='1' comp:required='true'>" +
           model("model", "id='m' substanceUnits='item' extentUnits='item'",
                 "<comp:listOfSubmodels><comp:submodel comp:id='x' comp:modelRef='part'/>"
                 "<comp:submodel comp:id='y' comp:modelRef='part'/></comp:listOfSubmodels>") +
           definitions + "</sbml>";
  };
  auto const part =
      model("comp:modelDefinition", "id='part' substanceUnits='item' extentUnits='item'",
            list("Species", species("A", "initialAmount='10'")) +
                list("Parameters", parameter("k", "0.5")) +
                list("Reactions", "<reaction id='r' reversible='false' fast='false'>" +
                                      side("Reactants", {{"A", "1"}}) + "<kineticLaw>" +
                                      math(times_k_a) + "</kineticLaw></reaction>"));
  auto const whole =
      text("<comp:listOfModelDefinitions>" + part + "</comp:listOfModelDefinitions>");
  if (problems_of(whole).find("package 'comp' is not supported") != std::string::npos)
    GTEST_SKIP() << "libSBML was built without the package comp";
  auto const network = read_sbml_text(whole, "m.xml");
  ASSERT_EQ(network.species.size(), 2u);
  EXPECT_EQ(network.species[1].id, "y__A");
  EXPECT_EQ(network.reactions[1].rate.text, "y__k");
  auto const external = text(
      "<comp:listOfExternalModelDefinitions><comp:externalModelDefinition "
      "comp:id='part' comp:source='other.xml'/>"
      "</comp:listOfExternalModelDefinitions>");
  EXPECT_NE(problems_of(external).find("error: a model of another file is used"),
            std::string::npos);
}

TEST(Sbml, OfAnUnknownNamespaceOrCompartmentIsRefused) {
  auto text = fmt::format(
      "<sbml xmlns='{}' level='2' version='4'><model id='m'><listOfCompartments><compartment "
      "id='c' size='1'/></listOfCompartments><listOfSpecies><species id='A' compartment='c' "
      "initialAmount='1'/></listOfSpecies><listOfReactions><reaction id='r'><listOfReactants>"
      "<speciesReference species='A'/></listOfReactants></reaction></listOfReactions></model>"
      "</sbml>",
      l2);
  text.replace(text.find("http:/"), 6, "htp:/");
  EXPECT_NE(problems_of(text).find("error: "), std::string::npos);
  auto parts = decay();
  parts.species = species("A", "initialConcentration='10'", "compartment='d'");
  expect_refused(parts, "compartment 'd' is not defined (used by species 'A')");
}

TEST(Sbml, OfLevel1OrNoneIsRefused) {
  EXPECT_NE(problems_of("<sbml xmlns='http://www.sbml.org/sbml/level1' level='1' version='2'>"
                        "<model/></sbml>")
                .find("SBML Level 1 is not read (Levels 2 and 3 are)"),
            std::string::npos);
  EXPECT_NE(problems_of("<html/>").find("error: "), std::string::npos);
  EXPECT_NE(
      problems_of(fmt::format("<sbml xmlns='{}' level='3' version='2'/>", l3)).find("error: "),
      std::string::npos);
}

}  // namespace
}  // namespace cristae
