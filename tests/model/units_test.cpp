// tests/model/units_test.cpp - unit texts, and every finding about units by its exact text.
#include "host/model/units.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "host/io/network_file.hpp"
#include "tests/support/source_folder.hpp"

namespace cristae {
namespace {

std::string read(std::string_view text) {
  auto const unit = parse_unit(text);
  return unit ? to_string(*unit) : "none";
}

double factor(std::string_view from, std::string_view to) {
  return conversion_factor(*parse_unit(from), *parse_unit(to)).value_or(-1);
}

/// Numbers of laws and all warnings of a network: units by way of its parameters, species A and B in
/// count, T in token; the law stands in line 21.
constexpr auto start = R"toml([network]
name = "n"
time_unit = "min"
[species]
A = { initial = 1, unit = "count" }
B = { initial = 1, unit = "count" }
T = { initial = 1, unit = "token" }
[parameters]
one = { value = 1, unit = "1" }
per_min = { value = 1, unit = "1/min" }
per_s = { value = 1, unit = "1/s" }
per_count = { value = 1, unit = "1/(count min)" }
tokens = { value = 1, unit = "token" }
counts = { value = 1, unit = "count" }
nM = { value = 1, unit = "nM" }
free = 1
prose = { value = 1, unit = "token of 1000" }
n = { value = 2, unit = "1" }
influx = { value = 1, unit = "token/min" }
)toml";

std::string findings(std::string const& text) {
  auto const report = check_units(read_network_text(text, "n.toml"));
  std::string all;
  for (auto const& warning : report.warnings) all += to_string(warning) + "\n";
  return all + fmt::format("{} {} {}", report.consistent, report.unknown, report.contradicted);
}

std::string of_rate(std::string const& equation, std::string const& rate) {
  return findings(std::string(start) + "[reactions]\nr = { equation = \"" + equation +
                  "\", rate = \"" + rate + "\" }\n");
}
std::string of_mass_action(std::string const& equation, std::string const& constant) {
  return findings(std::string(start) + "[reactions]\nr = { equation = \"" + equation +
                  "\", mass_action = \"" + constant + "\" }\n");
}
std::string of_observable(std::string const& expression, std::string const& unit) {
  return findings(std::string(start) + "[observables]\no = { expression = \"" + expression +
                  "\", unit = \"" + unit + "\" }\n");
}

std::string const consistent = "1 0 0";
std::string const unknown = "0 1 0";

std::string warning(std::string const& text) { return "n.toml:21:1: warning: " + text + "\n0 0 1"; }

TEST(UnitText, IsReadAsPowersOfNames) {
  EXPECT_EQ(read("1"), "1");
  EXPECT_EQ(read("count"), "count");
  EXPECT_EQ(read("1/min"), "1/min");
  EXPECT_EQ(read("1/(token min)"), "1/(token min)");
  EXPECT_EQ(read("token/(mRNA min)"), "token/(mRNA min)");
  EXPECT_EQ(read("1/(count^2 s)"), "1/(count^2 s)");
  EXPECT_EQ(read(" L "), "L");
  EXPECT_EQ(read("L^-2"), "1/L^2");
  EXPECT_EQ(read("a*b/c"), "a b/c");
  EXPECT_EQ(read("a / b / c"), "a/(b c)");
  EXPECT_EQ(read("(a/b)^2"), "a^2/b^2");
  EXPECT_EQ(read("a a^-1"), "1");
  EXPECT_EQ(read("min token"), "token min");
  EXPECT_EQ(read("µM"), "µM");
}

TEST(UnitText, SpellingsOfOneUnitAreOneBase) {
  EXPECT_EQ(read("1/hour"), "1/h");
  EXPECT_EQ(read("1/(molecule sec)"), "1/(count s)");
  EXPECT_EQ(read("copies/d"), "count/day");
}

TEST(UnitText, WhatCanBeReadInTwoWaysIsNotRead) {
  for (auto const* text : {"", "token of 1000", "1/token min", "counts per min", "2", "1000 count",
                           "a^", "a^1.5", "a^9999", "(a", "a)", "a/", "/a", "1.5", "a^b", "10"})
    EXPECT_EQ(read(text), "none") << text;
}

TEST(UnitText, RoundsTheTrip) {
  for (auto const* text : {"1", "a", "1/a", "a b", "a^2 b/(c d^3)", "1/(a b min)", "token/min^2"})
    EXPECT_EQ(read(read(text)), read(text)) << text;
}

TEST(UnitText, TimesAreConvertedAndOtherThingsAreNot) {
  EXPECT_EQ(factor("min", "s"), 60);
  EXPECT_EQ(factor("1/s", "1/min"), 60);
  EXPECT_EQ(factor("day", "h"), 24);
  EXPECT_EQ(factor("token/h", "token/h"), 1);
  EXPECT_EQ(factor("token/h", "count/h"), -1);
  EXPECT_EQ(factor("1/s", "1"), -1);
}

TEST(Units, ConsistentLawsAreCounted) {
  EXPECT_EQ(of_rate("0 -> T", "influx"), consistent);
  EXPECT_EQ(of_rate("T -> A", "per_min * T"), consistent);
  EXPECT_EQ(of_rate("A + T -> A", "per_count * A * T"), consistent);
  EXPECT_EQ(of_rate("0 -> A", "per_min * (1 + one * hill(A, counts, n))"), consistent);
  EXPECT_EQ(of_rate("A -> 0", "per_min * A * pow(A / counts, n)"), consistent);
  EXPECT_EQ(of_rate("A -> 0", "per_min * A * (A - 1) / 2 / counts"), consistent);
  EXPECT_EQ(of_rate("0 -> A", "per_min * piecewise(1, T > tokens and A > 5, 0)"), consistent);
  EXPECT_EQ(of_rate("0 -> A", "per_min * max(counts - A, 0)"), consistent);
  EXPECT_EQ(of_rate("0 -> A", "per_min * exp(-A / counts) * sqrt(A^2)"), consistent);
  EXPECT_EQ(of_mass_action("2 A -> B", "per_count"), consistent);
  EXPECT_EQ(of_mass_action("0 -> B", "per_min"), consistent);
  EXPECT_EQ(of_observable("T / (T + tokens)", "1"), consistent);
  EXPECT_EQ(of_observable("A", "1"), consistent) << "an indicator";
}

TEST(Units, WhatIsNotKnownIsNeverAFinding) {
  EXPECT_EQ(of_rate("0 -> A", "free * T"), unknown);
  EXPECT_EQ(of_rate("0 -> A", "per_min * (prose + T)"), unknown);
  EXPECT_EQ(of_rate("0 -> A", "per_s * 60"), unknown) << "60 may convert";
  EXPECT_EQ(of_rate("0 -> A", "per_min * A^n / (counts^n + A^n)"), unknown);
  EXPECT_EQ(of_mass_action("A -> 0", "1"), unknown);
  EXPECT_EQ(of_mass_action("A -> 0", "free"), unknown);
  EXPECT_EQ(of_observable("A + 2 * T", "count"), unknown) << "2 may turn a token into counts";
  EXPECT_EQ(of_observable("T / (T + 10)", "1"), consistent) << "10 may be tokens";
}

TEST(Units, SumsNeedOneUnit) {
  EXPECT_EQ(
      of_rate("0 -> A", "per_min + per_min * A"),
      warning("reaction 'r' adds 'per_min' [1/min] and 'per_min * A' [count/min] (they have no "
              "common unit). Correct the law or a unit."));
  EXPECT_EQ(
      of_rate("0 -> A", "per_min * (A - T)"),
      warning("reaction 'r' subtracts 'A' [count] and 'T' [token] (they have no common unit). "
              "Correct the law or a unit."));
  EXPECT_EQ(
      of_rate("0 -> A", "per_min + per_s"),
      warning(
          "reaction 'r' adds 'per_min' [1/min] and 'per_s' [1/s] ([1/s] is 60 times [1/min], and "
          "laws convert nothing). Give both in one time unit."));
  EXPECT_EQ(
      of_rate("0 -> A", "min(per_min, tokens)"),
      warning("reaction 'r' takes the minimum of 'per_min' [1/min] and 'tokens' [token] (they "
              "have no common unit). Correct the law or a unit."));
  EXPECT_EQ(of_rate("0 -> A", "piecewise(per_min, A > 1, nM)"),
            warning("reaction 'r' chooses between 'per_min' [1/min] and 'nM' [nM] (they have no "
                    "common unit). Correct the law or a unit."));
}

TEST(Units, ComparisonsAndHillNeedOneUnit) {
  EXPECT_EQ(of_rate("0 -> A", "per_min * (A > tokens)"),
            warning("reaction 'r' compares 'A' [count] and 'tokens' [token] (they have no common "
                    "unit). Correct the law or a unit."));
  EXPECT_EQ(of_rate("0 -> A", "per_min * hill(A, tokens, n)"),
            warning("reaction 'r' has hill of 'A' [count] with the constant 'tokens' [token] "
                    "(hill(x, K, n) compares x with K). Correct the law or a unit."));
  EXPECT_EQ(of_rate("0 -> A", "per_min * hill(A, counts, per_min)"),
            warning("reaction 'r' has hill with the exponent 'per_min' [1/min] (exponents are pure "
                    "numbers). Correct its unit."));
}

TEST(Units, ExpLogAndExponentsNeedPureNumbers) {
  EXPECT_EQ(of_rate("0 -> A", "per_min * exp(-A)"),
            warning("reaction 'r' takes exp of '-A' [count] (exp is defined for pure numbers). "
                    "Divide it by a constant of the same unit."));
  EXPECT_EQ(
      of_rate("0 -> A", "per_min * ln(nM)"),
      warning("reaction 'r' takes the logarithm of 'nM' [nM] (its value depends on the choice "
              "of the unit). Divide it by a constant of the same unit."));
  EXPECT_EQ(of_observable("ln(A + 1)", "1"), consistent);
  EXPECT_EQ(of_rate("0 -> A", "per_min * (A / counts) ^ tokens"),
            warning("reaction 'r' has the exponent 'tokens' [token] (exponents are pure numbers). "
                    "Divide it by a constant of the same unit."));
}

TEST(Units, APropensityIsCountsOverTheTimeUnit) {
  EXPECT_EQ(
      of_rate("0 -> A", "counts"),
      warning("the propensity of reaction 'r' is in [count] (it must be in 1/min, or in units "
              "of species over min). Correct the law or a unit."));
  EXPECT_EQ(
      of_mass_action("A -> 0", "per_s"),
      warning(
          "the propensity of reaction 'r' is in [count/s], its reactants multiplied in "
          "(the time unit is min, and laws convert nothing; [count/s] is 60 times [count/min]). "
          "Give the rate constant per min."));
  EXPECT_EQ(of_mass_action("0 -> A", "per_count"),
            warning("the propensity of reaction 'r' is in [1/(count min)] (it must be in 1/min, or "
                    "in units of species over min). Correct the law or a unit."));
  EXPECT_EQ(
      of_rate("0 -> A", "per_min * nM"),
      warning("the propensity of reaction 'r' is in [nM/min] (it must be in 1/min, or in units "
              "of species over min). Correct the law or a unit."));
}

TEST(Units, DeclaredUnitsOfRulesAndObservablesAreCompared) {
  EXPECT_EQ(of_observable("T", "count"),
            warning("observable 'o' is declared in [count], its expression is in [token] (one of "
                    "them is wrong). Correct the law or a unit."));
  EXPECT_EQ(
      of_observable("per_s", "1/min"),
      warning("observable 'o' is declared in [1/min], its expression is in [1/s] ([1/s] is 60 "
              "times [1/min], and laws convert nothing). Give both in one time unit."));
  EXPECT_EQ(
      findings(std::string(start) + "[rules]\nload = { expression = \"A / T\", unit = "
                                    "\"per mille\" }\n[observables]\nx = \"load\"\ny = \"A\"\n"),
      "2 1 0");
}

TEST(Units, OneSlipIsReportedOnce) {
  EXPECT_EQ(
      findings(std::string(start) + "[rules]\nx = \"A + T\"\ny = \"x + tokens\"\n"
                                    "[reactions]\nr = { equation = \"0 -> A\", rate = \"per_min "
                                    "* y + x\" }\n"),
      "n.toml:21:1: warning: rule 'x' adds 'A' [count] and 'T' [token] (they have no common "
      "unit). Correct the law or a unit.\n0 2 1");
}

TEST(Units, SpeciesWithoutUnitsSilenceTheCheckOfCounts) {
  std::string const network =
      "[network]\nname = \"n\"\ntime_unit = \"s\"\n[species]\nA = 1\n[parameters]\n"
      "k = { value = 1, unit = \"thing/s\" }\nd = { value = 1, unit = \"1/s\" }\n[reactions]\n";
  EXPECT_EQ(findings(network + "r = { equation = \"0 -> A\", mass_action = \"k\" }\n"), consistent);
  EXPECT_EQ(findings(network + "r = { equation = \"A -> 0\", mass_action = \"d\" }\n"), unknown);
}

TEST(Units, OfTheBundledNetworks) {
  auto const report_of = [](std::string const& name) {
    auto network = read_network_file(test::source_folder() + "/networks/" + name + "/network.toml");
    std::string all;
    auto const report = check_units(network);
    for (auto const& warning : report.warnings) all += warning.problem + "\n";
    EXPECT_EQ(report.consistent + report.unknown + report.contradicted,
              network.rules.size() + network.reactions.size() + network.observables.size());
    return all + fmt::format("{} unknown", report.unknown);
  };
  for (auto const* name : {"birth_death", "chain", "coupled", "dimerisation", "isr", "mam_ca",
                           "mitophagy", "schloegl", "telegraph", "uprmt", "uprmt_cel", "vilar"})
    EXPECT_EQ(report_of(name), "0 unknown") << name;
}

}  // namespace
}  // namespace cristae
