// tests/io/network_reader_test.cpp - network files: what is read, and every finding's exact text.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>

#include "host/io/network_file.hpp"

namespace cristae {
namespace {

/// A file that uses every part of the format.
constexpr auto complete = R"toml(# a comment
[network]
name = "demo"
title = "Demonstration"
description = """Two
lines"""
time_unit = "min"

[compartments]
cytosol = { volume = 2e-12, unit = "L", label = "Cytosol", source = "s", note = "n", grade = "memory" }
nucleus = {}

[parameters]
zeta  = { value = 0.02, unit = "1/min", grade = "assumed", source = "s", label = "ζ", note = "n", bounds = [0, inf] }
alpha = 3
beta  = -1.5e-3

[species]
X = 10
A = { initial = 2297, compartment = "cytosol", unit = "token", label = "α", grade = "derived" }
C = { initial = 4.0 }

[rules]
fast = { expression = "zeta * slow", label = "Fast", unit = "1/min", note = "n", source = "s", grade = "derived" }
slow = "alpha + 1"
load = "A / (A + X)"

[reactions]
birth  = { equation = "0 -> X", mass_action = "fast" }
bind   = { equation = "2A + X + X -> C", mass_action = "zeta", label = "Binding", grade = "memory", source = "s", note = "n" }
decay  = { equation = "C ->", rate = "beta * C * load" }
"odd id 1" = { equation = "C -> 3 A + C", rate = "hill(A, 2, slow)" }

[observables]
total = "A + 2 * C"
births = { expression = "count(birth)", label = "Births", unit = "events", note = "n", source = "s", resolution = 0.5 }

[conditions.stress]
label = "Stress"
source = "s"
note = "n"
set = { alpha = 7, zeta = 1 }
initial = { X = 0 }
at = [ { time = 0, set = { alpha = 8 } },
       { time = 60, add = { A = -10 } } ]
[conditions.rest]

[vary]
zeta = { factor = "lognormal", cv = 0.3, source = "s" }
pool = { factor = "lognormal", cv = 0, scales = ["A", "C", "alpha"], note = "n" }

[run]
t_end = 1440
sample_every = 5
)toml";

std::string findings_of(std::string_view text) {
  try {
    read_network_text(text, "n.toml");
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::model);
    return error.what();
  }
  return "none";
}

constexpr auto header = "[network]\nname = \"n\"\ntime_unit = \"s\"\n";

/// The findings of a small sound network with `text` appended; its first line is line 10.
std::string findings_with(std::string const& text) {
  return findings_of(std::string(header) +
                     "[species]\nA = 1\nB = 2\n[parameters]\nk_1 = 1\nk_2 = { value = 2, bounds = "
                     "[1, 3] }\n" +
                     text);
}

/// The same within [reactions], with a reaction in line 11.
std::string findings_in_reaction(std::string const& equation, std::string const& rate) {
  return findings_with("[reactions]\nr = { equation = \"" + equation + "\", " + rate + " }\n");
}

TEST(NetworkReader, ReadsEveryPartOfTheFormat) {
  Network const network = read_network_text(complete, "demo.toml");
  EXPECT_EQ(network.name, "demo");
  EXPECT_EQ(network.title, "Demonstration");
  EXPECT_EQ(network.description, "Two\nlines");
  EXPECT_EQ(network.time_unit, "min");
  EXPECT_EQ(network.file, "demo.toml");
  EXPECT_EQ(network.text, complete);
  EXPECT_EQ(network.run.t_end, 1440);
  EXPECT_EQ(network.run.sample_every, 5);
  EXPECT_TRUE(network.notes.empty());

  ASSERT_EQ(network.compartments.size(), 2u);
  EXPECT_EQ(network.compartments[0].volume, 2e-12);
  EXPECT_EQ(network.compartments[0].unit, "L");
  EXPECT_EQ(network.compartments[1].volume, std::nullopt);

  ASSERT_EQ(network.parameters.size(), 3u);
  EXPECT_EQ(network.parameters[0].value, 0.02);
  EXPECT_EQ(network.parameters[0].lower, 0);
  EXPECT_EQ(network.parameters[0].upper, std::numeric_limits<double>::infinity());
  EXPECT_EQ(network.parameters[0].label, "ζ");
  EXPECT_EQ(network.parameters[0].grade, "assumed");
  EXPECT_EQ(network.parameters[1].value, 3);
  EXPECT_EQ(network.parameters[2].value, -1.5e-3);

  ASSERT_EQ(network.species.size(), 3u);
  EXPECT_EQ(network.species[0].initial, 10);
  EXPECT_EQ(network.species[1].initial, 2297);
  EXPECT_EQ(network.species[1].compartment, "cytosol");
  EXPECT_EQ(network.species[2].initial, 4);
}

TEST(NetworkReader, KeepsTheOrderOfTheFile) {
  Network const network = read_network_text(complete, "demo.toml");
  EXPECT_EQ(network.parameters[0].id, "zeta");
  EXPECT_EQ(network.parameters[1].id, "alpha");
  EXPECT_EQ(network.parameters[2].id, "beta");
  EXPECT_EQ(network.species[0].id, "X");
  EXPECT_EQ(network.species[1].id, "A");
  EXPECT_EQ(network.rules[0].id, "fast");
  EXPECT_EQ(network.reactions[0].id, "birth");
  EXPECT_EQ(network.reactions[3].id, "odd id 1");
  EXPECT_EQ(network.observables[0].id, "total");
  EXPECT_EQ(network.conditions[0].id, "stress");
  EXPECT_EQ(network.conditions[1].id, "rest");
  EXPECT_EQ(network.species[1].where.line, 20u);
  EXPECT_EQ(network.species[1].where.column, 1u);
}

TEST(NetworkReader, OrdersRulesBehindThoseTheyUse) {
  Network const network = read_network_text(complete, "demo.toml");
  EXPECT_EQ(network.rule_order, (std::vector<u32>{1, 0, 2}));
}

TEST(NetworkReader, ReadsReactions) {
  Network const network = read_network_text(complete, "demo.toml");
  auto const side = [](std::vector<Participant> const& participants) {
    std::vector<std::pair<u32, i64>> pairs;
    for (auto const& p : participants) pairs.emplace_back(static_cast<u32>(p.species), p.count);
    return pairs;
  };
  using Pairs = std::vector<std::pair<u32, i64>>;
  auto const& reactions = network.reactions;
  ASSERT_EQ(reactions.size(), 4u);
  EXPECT_EQ(side(reactions[0].reactants), (Pairs{}));
  EXPECT_EQ(side(reactions[0].products), (Pairs{{0, 1}}));
  EXPECT_EQ(reactions[0].rate_kind, RateKind::mass_action);
  EXPECT_EQ(side(reactions[1].reactants), (Pairs{{1, 2}, {0, 2}}));
  EXPECT_EQ(side(reactions[1].products), (Pairs{{2, 1}}));
  EXPECT_EQ(reactions[1].equation, "2A + X + X -> C");
  EXPECT_EQ(side(reactions[2].products), (Pairs{}));
  EXPECT_EQ(reactions[2].rate_kind, RateKind::expression);
  EXPECT_EQ(side(reactions[3].products), (Pairs{{1, 3}, {2, 1}}));
  EXPECT_EQ(reactions[3].rate.text, "hill(A, 2, slow)");
  EXPECT_EQ(reactions[3].rate.root().kind, NodeKind::hill);
}

TEST(NetworkReader, ReadsConditionsAndVariation) {
  Network const network = read_network_text(complete, "demo.toml");
  ASSERT_EQ(network.conditions.size(), 2u);
  auto const& stress = network.conditions[0];
  using Set = std::vector<std::pair<ParameterId, double>>;
  using Counts = std::vector<std::pair<SpeciesId, i64>>;
  EXPECT_EQ(stress.label, "Stress");
  EXPECT_EQ(stress.set, (Set{{ParameterId{1}, 7}, {ParameterId{0}, 1}}));
  EXPECT_EQ(stress.initial, (Counts{{SpeciesId{0}, 0}}));
  ASSERT_EQ(stress.schedule.size(), 2u);
  EXPECT_EQ(stress.schedule[0].set, (Set{{ParameterId{1}, 8}}));
  EXPECT_EQ(stress.schedule[1].time, 60);
  EXPECT_EQ(stress.schedule[1].add, (Counts{{SpeciesId{1}, -10}}));
  ASSERT_EQ(network.variations.size(), 2u);
  EXPECT_EQ(network.variations[0].factor.text(), "lognormal(cv=0.3)");
  EXPECT_EQ(network.variations[0].parameters, (std::vector<ParameterId>{ParameterId{0}}));
  EXPECT_EQ(network.variations[1].species, (std::vector<SpeciesId>{SpeciesId{1}, SpeciesId{2}}));
  EXPECT_EQ(network.variations[1].parameters, (std::vector<ParameterId>{ParameterId{1}}));
}

TEST(NetworkReader, ReportsTwelveMistakesAsTwelveFindingsInTheOrderOfTheFile) {
  EXPECT_EQ(findings_of(R"toml([network]
name = "twelve"
titel = "misspelt"

[parameters]
k_3 = 1
k_4 = { value = "2" }
time = 5

[species]
A = { initial = -1 }
B = 2.5
k_3 = 7

[reactions]
degrade = { equation = "A -> 0", mass_action = "k3" }
convert = { equation = "A <-> B", mass_action = "k_3" }
consume = { equation = "A + Drug -> B", rate = "k_3 * A && B" }

[observables]
a_total = { expresion = "A" }
)toml"),
            R"(n.toml:1:2: error: [network] has no 'time_unit'. Add, for example, time_unit = "min".
n.toml:3:1: error: unknown key 'titel' in [network]. Did you mean 'title'?
n.toml:7:17: error: 'value' of parameter 'k_4' is a string, expected a number. Remove the quotes.
n.toml:8:1: error: 'time' cannot be the id of a parameter (it is a reserved word of laws). Choose another id.
n.toml:11:17: error: initial count of species 'A' is negative (-1) (a copy number counts molecules). Give 0 or more.
n.toml:12:5: error: initial count of species 'B' is not a whole number (2.5) (a copy number counts molecules). Round it, or count in another unit.
n.toml:13:1: error: 'k_3' is already a parameter, declared at line 6 (species, parameters and rules share one namespace). Rename one of them.
n.toml:16:49: error: rate constant 'k3' is not defined (used by reaction 'degrade'). Define it under [parameters], or did you mean 'k_3'?
n.toml:17:27: error: '<->' is not supported in an equation (each direction has its own rate). Write two reactions with '->'.
n.toml:18:29: error: species 'Drug' is not defined (used by reaction 'consume'). Define it under [species].
n.toml:18:57: error: '&&' is not an operator of laws (in reaction 'consume'). Use and.
n.toml:21:13: error: unknown key 'expresion' in observable 'a_total'. Did you mean 'expression'?)");
}

TEST(NetworkReader, ReportsTheFirstSyntaxErrorOfToml) {
  EXPECT_EQ(findings_of("[network]\nname = = 1\n"),
            "n.toml:2:8: error: could not determine value type while parsing value (a TOML "
            "syntax error hides what follows it). Correct it and run again.");
}

TEST(NetworkReader, ReportsTableHeadersOnWhichTomlPlusPlusWouldAbort) {
  EXPECT_EQ(findings_of("[,]\n"),
            "n.toml:1:2: error: expected bare key starting character or string delimiter, saw ',' "
            "while parsing key (a TOML syntax error hides what follows it). Correct it and run "
            "again.");
}

TEST(NetworkReader, ReportsUnquotedLettersBeyondAscii) {
  EXPECT_EQ(findings_of("[parameters]\nk = \u03b1\n"),
            "n.toml:2:5: error: could not determine value type while parsing value (a TOML syntax "
            "error hides what follows it). Correct it and run again.");
}

TEST(NetworkReader, KeepsControlCharactersOfTheFileOutOfItsMessages) {
  EXPECT_EQ(
      findings_of("[network]\nx = i\x1b[2J\n"),
      "n.toml:2:6: error: expected 'inf', saw 'i\\u001b' while parsing floating-point (a TOML "
      "syntax error hides what follows it). Correct it and run again.");
}

TEST(NetworkReader, ReportsMissingSections) {
  EXPECT_EQ(findings_of(""),
            "n.toml: error: section [network] is missing. Add it with at least "
            "'name' and 'time_unit'.\n"
            "n.toml: error: the network has no species. Declare at least one "
            "under [species].\n"
            "n.toml: warning: the network has no reactions (nothing will "
            "happen). Add them under [reactions].");
  EXPECT_EQ(findings_of("network = 1\nspecies = \"A\"\nx = 2\n[specis]\n[aeiou]\n"),
            "n.toml: warning: the network has no reactions (nothing will happen). Add them under "
            "[reactions].\n"
            "n.toml:1:11: error: 'network' is an integer, expected a section.\n"
            "n.toml:2:1: error: the network has no species. Declare at least one under "
            "[species].\n"
            "n.toml:2:11: error: 'species' is a string, expected a section.\n"
            "n.toml:3:1: error: unknown key 'x' outside of any section. Sections are network, "
            "compartments, parameters, species, rules, reactions, observables, events, conditions, "
            "signals, vary, "
            "run.\n"
            "n.toml:4:2: error: unknown section 'specis'. Did you mean 'species'?\n"
            "n.toml:5:2: error: unknown section 'aeiou'. Sections are network, compartments, "
            "parameters, species, rules, reactions, observables, events, conditions, signals, "
            "vary, run.");
}

TEST(NetworkReader, PointsIntoTheStringOfALaw) {
  EXPECT_EQ(findings_in_reaction("A -> B", "rate = \"k_1 * A / (k_x + A)\""),
            "n.toml:11:47: error: name 'k_x' is not defined (used by reaction 'r'). Define it "
            "under [parameters], [species] or [rules], or did you mean 'k_1'?");
  EXPECT_EQ(findings_in_reaction("A -> B", "label = \"αβγ\", rate = 'k_1 * quench'"),
            "n.toml:11:57: error: name 'quench' is not defined (used by reaction 'r'). Define it "
            "under [parameters], [species] or [rules].");
  EXPECT_EQ(findings_with("[rules]\nlong = \"\"\"\nA +\n  B + whatever\"\"\"\n"),
            "n.toml: warning: the network has no reactions (nothing will happen). Add them under "
            "[reactions].\n"
            "n.toml:13:7: error: name 'whatever' is not defined (used by rule 'long'). Define it "
            "under [parameters], [species] or [rules].");
  // A string with escapes: its start.
  EXPECT_EQ(findings_in_reaction("A -> B", "rate = \"k_1\\t * whatever\""),
            "n.toml:11:35: error: name 'whatever' is not defined (used by reaction 'r'). Define "
            "it under [parameters], [species] or [rules].");
}

TEST(NetworkReader, RefusesIdsThatLawsCannotUse) {
  EXPECT_EQ(
      findings_of(std::string(header) +
                  "[species]\n\"2A\" = 1\n\"k-1\" = 2\nexp = 3\n"
                  "\"\" = 4\n\"α\" = 5\nE_1 = 6\n[reactions]\nr = { equation = \"E_1 -> 0\", "
                  "mass_action = \"1\" }\n\"\" = { equation = \"E_1 -> 0\", mass_action = "
                  "\"1\" }\n\"a\\u0007\" = { equation = \"E_1 -> 0\", mass_action = \"1\" "
                  "}\n"),
      R"(n.toml:5:1: error: '2A' cannot be the id of a species (laws could not refer to it). Use A-Z a-z 0-9 _ with no digit in front, and 'label' for other signs.
n.toml:6:1: error: 'k-1' cannot be the id of a species (laws could not refer to it). Use A-Z a-z 0-9 _ with no digit in front, and 'label' for other signs.
n.toml:7:1: error: 'exp' cannot be the id of a species (it is a reserved word of laws). Choose another id.
n.toml:8:1: error: '' cannot be the id of a species (laws could not refer to it). Use A-Z a-z 0-9 _ with no digit in front, and 'label' for other signs.
n.toml:9:1: error: 'α' cannot be the id of a species (laws could not refer to it). Use A-Z a-z 0-9 _ with no digit in front, and 'label' for other signs.
n.toml:13:1: error: the id of a reaction is empty. Give it a name.
n.toml:14:1: error: the id 'a\u0007' of a reaction holds a control character (it would garble what is printed). Remove it.)");
}

TEST(NetworkReader, ChecksInitialCounts) {
  auto const findings = [](std::string const& initial) {
    return findings_of(std::string(header) + "[species]\nA = { initial = " + initial +
                       " }\n[reactions]\nr = { equation = \"A -> 0\", mass_action = \"1\" }\n");
  };
  EXPECT_EQ(findings("9007199254740992"), "none");
  EXPECT_EQ(findings("9007199254740993"),
            "n.toml:5:17: error: initial count of species 'A' is beyond 2^53 (9007199254740992) "
            "(copy numbers are exact up to there). Count in a larger unit.");
  EXPECT_EQ(findings("1e17"),
            "n.toml:5:17: error: initial count of species 'A' is beyond 2^53 (1e+17) (copy "
            "numbers are exact up to there). Count in a larger unit.");
  EXPECT_EQ(findings("nan"),
            "n.toml:5:17: error: initial count of species 'A' is nan (only "
            "finite numbers can be computed with). Give a finite number.");
  EXPECT_EQ(findings("true"),
            "n.toml:5:17: error: initial count of species 'A' is a boolean, expected a number.");
  EXPECT_EQ(findings("1e6"), "none");
}

TEST(NetworkReader, RoundsCountsThatAreWholeButForRoundingWithANote) {
  Network const network =
      read_network_text(std::string(header) +
                            "[species]\nA = 10.0000000001\n[reactions]\nr = { equation = \"A -> "
                            "0\", mass_action = \"1\" }\n",
                        "n.toml");
  EXPECT_EQ(network.species[0].initial, 10);
  ASSERT_EQ(network.notes.size(), 1u);
  EXPECT_EQ(to_string(network.notes[0]),
            "n.toml:5:5: note: initial count of species 'A' was "
            "rounded from 10.0000000001 to 10.");
}

TEST(NetworkReader, ChecksParameters) {
  EXPECT_EQ(
      findings_of(std::string(header) + R"toml([species]
A = 1
[parameters]
a = inf
b = { value = 4, bounds = [1, 3] }
c = { value = 4, bounds = [3, 1] }
d = { value = 4, bounds = [1] }
e = { bounds = [0, 1], grade = "guess" }
f = { value = 1, grade = "verifed" }
g = "1"
h = { value = 1, label = 7 }
i = { value = 1979-05-27 }
j = { value = 1, label = "\u001b[2J" }
[reactions]
r = { equation = "A -> 0", mass_action = "b" }
)toml"),
      R"(n.toml:7:5: error: parameter 'a' is inf (only finite numbers can be computed with). Give a finite number.
n.toml:8:15: error: 4 of parameter 'b' is outside its bounds [1, 3]. Correct the value or the bounds.
n.toml:9:27: error: 'bounds' of parameter 'c' are in the wrong order. Write bounds = [lowest, highest].
n.toml:10:27: error: 'bounds' of parameter 'd' are not two numbers. Write bounds = [lowest, highest]; inf and -inf are allowed.
n.toml:11:1: error: parameter 'e' has no 'value'. Add value = ....
n.toml:11:32: error: unknown grade 'guess' of parameter 'e'. Grades are verified, memory, derived, assumed.
n.toml:12:26: error: unknown grade 'verifed' of parameter 'f'. Did you mean 'verified'?
n.toml:13:5: error: parameter 'g' is a string, expected a number or a table. Remove the quotes.
n.toml:14:26: error: 'label' of parameter 'h' is an integer, expected a string.
n.toml:15:15: error: 'value' of parameter 'i' is a date or time, expected a number.
n.toml:16:26: error: 'label' of parameter 'j' holds a control character (it would garble what is printed). Remove it.)");
}

TEST(NetworkReader, ChecksCompartments) {
  EXPECT_EQ(
      findings_of(std::string(header) + R"toml([compartments]
cytosol = { volume = 0 }
nucleus = 5
[species]
A = { initial = 1, compartment = "cytosl" }
B = { initial = 1, compartment = "vacuole" }
C = {}
[reactions]
r = { equation = "A -> 0", mass_action = "1" }
)toml"),
      R"(n.toml:5:22: error: 'volume' of compartment 'cytosol' is not positive (0). Give a volume above 0.
n.toml:6:11: error: compartment 'nucleus' is an integer, expected a table.
n.toml:8:34: error: compartment 'cytosl' is not defined (used by species 'A'). Did you mean 'cytosol'?
n.toml:9:34: error: compartment 'vacuole' is not defined (used by species 'B'). Define it under [compartments].
n.toml:10:1: error: species 'C' has no 'initial'. Add initial = ....)");
}

TEST(NetworkReader, ReadsEquationsAsPeopleWriteThem) {
  for (auto const* equation : {"A + 2 B -> A", "2A -> B", "0 -> A", "A -> 0", "-> A", "A ->",
                               "A->B", " A + A  ->  B ", "100 A -> B", "A\t->\tB"}) {
    EXPECT_EQ(findings_in_reaction(equation, "mass_action = \"k_1\""), "none") << equation;
  }
}

TEST(NetworkReader, RefusesBrokenEquations) {
  auto const findings = [](std::string const& equation) {
    std::string const text = findings_in_reaction(equation, "mass_action = \"k_1\"");
    EXPECT_EQ(text.substr(0, 10), "n.toml:11:") << text;
    return text.substr(std::min<usize>(10, text.size()));
  };
  EXPECT_EQ(findings("A => B"),
            "21: error: '=>' is not supported in an equation (in reaction "
            "'r'). Write '->'.");
  EXPECT_EQ(findings("A <=> B"),
            "21: error: '<=>' is not supported in an equation (each "
            "direction has its own rate). Write two reactions with '->'.");
  EXPECT_EQ(findings("A --> B"),
            "21: error: '-->' is not supported in an equation (in reaction "
            "'r'). Write '->'.");
  EXPECT_EQ(findings("A → B"),
            "21: error: '→' is not supported in an equation (in reaction 'r'). "
            "Write '->'.");
  EXPECT_EQ(findings("A B -> B"),
            "21: error: '+' is missing before 'B' (in reaction 'r'). Write "
            "it as \"A + 2 B -> C\".");
  EXPECT_EQ(findings("A + -> B"),
            "23: error: a species is missing (in reaction 'r'). Write it as "
            "\"A + 2 B -> C\".");
  EXPECT_EQ(findings("A"),
            "19: error: the equation has no '->' (in reaction 'r'). Write it as "
            "\"A + 2 B -> C\".");
  EXPECT_EQ(findings(""),
            "19: error: the equation has no '->' (in reaction 'r'). Write it as "
            "\"A + 2 B -> C\".");
  EXPECT_EQ(findings("A -> B -> A"),
            "26: error: a second '->' in one equation (in reaction 'r'). "
            "Write two reactions.");
  EXPECT_EQ(findings("101 A -> B"),
            "19: error: stoichiometry 101 is not supported (it must be a "
            "whole number from 1 to 100). Correct it.");
  EXPECT_EQ(findings("0.5 A -> B"),
            "19: error: stoichiometry 0.5 is not supported (it must be a "
            "whole number from 1 to 100). Correct it.");
  EXPECT_EQ(findings("0 A -> B"),
            "19: error: stoichiometry 0 is not supported (it must be a "
            "whole number from 1 to 100). Correct it.");
  EXPECT_EQ(findings("99999999999999999999999 A -> B"),
            "19: error: stoichiometry 99999999999999999999999 is not supported (it must be a "
            "whole number from 1 to 100). Correct it.");
  EXPECT_EQ(findings("60 A + 60 A -> B"),
            "29: error: more than 100 copies of species 'A' on one "
            "side (in reaction 'r'). Correct the stoichiometry.");
  EXPECT_EQ(findings("A + 0 -> B"),
            "25: error: a number without its species (only a lone 0 "
            "stands for nothing). Name the species.");
  EXPECT_EQ(findings("2*A -> B"),
            "20: error: '*' cannot be used in an equation (in reaction "
            "'r'). Write \"2 A\" for two copies of A.");
  EXPECT_EQ(findings("∅ -> B"),
            "19: error: '∅' cannot be used in an equation (in reaction 'r'). "
            "Write 0 for nothing.");
  EXPECT_EQ(findings("A -> B; k"),
            "25: error: ';' cannot be used in an equation (in reaction "
            "'r'). The rate belongs in 'rate' or 'mass_action'.");
  EXPECT_EQ(findings("k_1 -> B"),
            "19: error: 'k_1' is a parameter, not a species (used by "
            "reaction 'r'). Only species have copy numbers.");
}

TEST(NetworkReader, WantsExactlyOneRate) {
  EXPECT_EQ(findings_in_reaction("A -> B", "mass_action = \"k_1\", rate = \"k_1\""),
            "n.toml:11:1: error: reaction 'r' has both 'mass_action' and 'rate' (one of them "
            "would be lost). Remove one.");
  EXPECT_EQ(findings_in_reaction("A -> B", "note = \"\""),
            "n.toml:11:1: error: reaction 'r' has neither 'mass_action' nor 'rate'. Add "
            "mass_action = \"k\" or rate = \"...\" with the whole propensity.");
  EXPECT_EQ(findings_in_reaction("A -> B", "mass_action = 0.5"),
            "n.toml:11:42: error: 'mass_action' of reaction 'r' is a decimal number, expected a "
            "string.");
  EXPECT_EQ(findings_with("[reactions]\nr = { mass_action = \"k_1\" }\ns = \"A -> B\"\n"),
            "n.toml:11:1: error: reaction 'r' has no 'equation'. Add, for example, equation = "
            "\"A + 2 B -> C\".\n"
            "n.toml:12:5: error: reaction 's' is a string, expected a table with 'equation' and "
            "a rate.");
}

TEST(NetworkReader, KeepsSpeciesOutOfMassActionConstants) {
  EXPECT_EQ(findings_in_reaction("A -> B", "mass_action = \"k_1 * A\""),
            "n.toml:11:49: error: 'mass_action' of reaction 'r' depends on species 'A' (it is "
            "the rate constant alone; the reactants are multiplied in by the simulation). Use "
            "rate = ... with the whole propensity.");
  EXPECT_EQ(findings_with("[rules]\nx = \"2 * y\"\ny = \"k_1 + B\"\nz = \"k_1 + k_2\"\n"
                          "[reactions]\nr = { equation = \"A -> B\", mass_action = \"x\" }\n"
                          "s = { equation = \"A -> B\", mass_action = \"z\" }\n"),
            "n.toml:15:43: error: 'mass_action' of reaction 'r' depends on species 'B' through "
            "rule 'x' (it is the rate constant alone; the reactants are multiplied in by the "
            "simulation). Use rate = ... with the whole propensity.");
}

TEST(NetworkReader, NamesTheRulesOfACircle) {
  std::string const reaction = "[reactions]\nr = { equation = \"A -> B\", rate = \"a\" }\n";
  EXPECT_EQ(findings_with("[rules]\na = \"b + c\"\nb = \"c * 2\"\nc = \"k_1 + a\"\n" + reaction),
            "n.toml:11:1: error: rules use each other in a circle: a -> b -> c -> a (none of "
            "them can be computed first). Write one of them without the others.");
  EXPECT_EQ(findings_with("[rules]\na = \"a + 1\"\n" + reaction),
            "n.toml:11:1: error: rule 'a' uses itself (none of them can be computed first). "
            "Remove it from its own expression.");
}

TEST(NetworkReader, ReadsLongChainsOfRules) {
  std::string text = "[rules]\nx0 = \"k_1\"\n";
  for (int i = 1; i < 20'000; ++i)
    text = text + "x" + std::to_string(i) + " = \"x" + std::to_string(i - 1) + "\"\n";
  text += "[reactions]\nr = { equation = \"A -> B\", mass_action = \"x19999\" }\n";
  EXPECT_EQ(findings_with(text), "none");
}

TEST(NetworkReader, WarnsOfReactionsThatChangeNothing) {
  Network const network =
      read_network_text(std::string(header) +
                            "[species]\nA = 1\n[reactions]\nidle = { equation = \"A -> A\", "
                            "mass_action = \"1\" }\n",
                        "n.toml");
  ASSERT_EQ(network.notes.size(), 1u);
  EXPECT_EQ(to_string(network.notes[0]),
            "n.toml:7:1: warning: reaction 'idle' changes nothing (its events cost time and leave "
            "every count as it was). Remove it unless its firings are counted.");
}

TEST(NetworkReader, ChecksConditions) {
  EXPECT_EQ(findings_with(R"toml([reactions]
r = { equation = "A -> 0", mass_action = "k_1" }
[conditions]
plain = 3
[conditions.stress]
set = { k_3 = 1, A = 2, k_2 = 4, k_1 = nan }
initial = { A = -1, Drug = 2, k_1 = 3, B = 1.5 }
at = [ { set = { k_1 = 1 } },
       { time = -1 },
       { time = 5, add = { A = 0.5, B = -3 } },
       { time = 5, set = { k_2 = 0 } },
       { time = inf },
       7 ]
foo = 1
)toml"),
            R"(n.toml:13:9: error: condition 'plain' is an integer, expected a table.
n.toml:15:9: error: parameter 'k_3' is not defined (set by condition 'stress'). Define it under [parameters], or did you mean 'k_1'?
n.toml:15:18: error: 'A' is a species, not a parameter (set by condition 'stress'). Only parameters can be set.
n.toml:15:31: error: 4 of parameter 'k_2' is outside its bounds [1, 3] (set by condition 'stress'). Correct the value or the bounds.
n.toml:15:40: error: value of 'k_1' in condition 'stress' is nan (only finite numbers can be computed with). Give a finite number.
n.toml:16:17: error: 'initial' of species 'A' in condition 'stress' is negative (-1) (a copy number counts molecules). Give 0 or more.
n.toml:16:21: error: species 'Drug' is not defined (in 'initial' of condition 'stress'). Define it under [species].
n.toml:16:31: error: 'k_1' is a parameter, not a species (in 'initial' of condition 'stress'). Only species have copy numbers.
n.toml:16:44: error: 'initial' of species 'B' in condition 'stress' is not a whole number (1.5) (a copy number counts molecules). Round it, or count in another unit.
n.toml:17:8: error: a change of condition 'stress' has no 'time'. Add time = ....
n.toml:18:17: error: 'time' of a change of condition 'stress' is negative (-1) (a run starts at time 0). Give 0 or more.
n.toml:19:32: error: 'add' of species 'A' in a change of condition 'stress' is not a whole number (0.5) (a copy number counts molecules). Round it, or count in another unit.
n.toml:20:17: error: time 5 of a change of condition 'stress' does not follow time 5 (the times of 'at' must increase). Sort the changes and merge those of one time.
n.toml:20:34: error: 0 of parameter 'k_2' is outside its bounds [1, 3] (set by a change of condition 'stress'). Correct the value or the bounds.
n.toml:21:17: error: 'time' of a change of condition 'stress' is inf (only finite numbers can be computed with). Give a finite number.
n.toml:22:8: error: a change of condition 'stress' is an integer, expected a table { time = ..., set = {}, add = {} }.
n.toml:23:1: error: unknown key 'foo' in condition 'stress'. Known keys are label, source, note, set, signal, initial, at.)");
}

TEST(NetworkReader, ChecksVariation) {
  EXPECT_EQ(findings_with(R"toml([rules]
extra = "k_1"
[reactions]
r = { equation = "A -> 0", mass_action = "k_1" }
[vary]
k_1 = { factor = "normal", cv = -1 }
k_5 = { factor = "lognormal", cv = inf }
extra = { factor = "lognormal", cv = 0.1 }
p   = { factor = "lognormal", cv = 0.1, scales = ["A", "A", "absent", 3] }
q   = { factor = "lognormal", scales = [] }
s   = { cv = 0.1, scales = "A" }
t   = { factor = "lognorm", cv = 0.1, scales = ["k_1"], correlation = { q = 2, z = 0.1, p = "x" } }
u   = { factor = "discrete", values = [1, "a"], scales = ["k_1"] }
)toml"),
            R"(n.toml:15:33: error: variation 'k_1': 'cv' of normal is -1. Give 0 to 0.57.
n.toml:16:1: error: 'k_5' is neither a species nor a parameter (scaled by variation 'k_5'). Did you mean 'k_1'?
n.toml:16:36: error: 'cv' of variation 'k_5' is inf (only finite numbers can be computed with). Give a finite number.
n.toml:17:1: error: 'extra' is neither a species nor a parameter (scaled by variation 'extra'). The id must name one, or 'scales' must list them.
n.toml:18:56: error: 'A' is scaled twice by variation 'p' (its factor would apply twice). Remove one.
n.toml:18:61: error: 'absent' is neither a species nor a parameter (scaled by variation 'p'). Define it or correct the name.
n.toml:18:71: error: an entry of 'scales' of variation 'p' is an integer, expected a name in quotes.
n.toml:19:18: error: variation 'q': lognormal has no 'cv'. It is written lognormal(cv=0.3).
n.toml:19:40: error: 'scales' of variation 'q' is empty (the variation would change nothing). List species or parameters.
n.toml:20:1: error: variation 's' has no 'factor'. Add factor = "lognormal".
n.toml:20:28: error: 'scales' of variation 's' is a string, expected an array.
n.toml:21:18: error: variation 't': unknown distribution 'lognorm'. Did you mean 'lognormal'?
n.toml:21:77: error: the correlation with 'q' is 2. Give -1 to 1.
n.toml:21:80: error: 'z' is no entry of [vary] (a variation is to be correlated with it). Add one.
n.toml:21:93: error: the correlation with 'p' is a string, expected a number.
n.toml:22:43: error: an entry of 'values' of variation 'u' is a string, expected a number.)");
}

TEST(NetworkReader, ChecksTheRunDefaults) {
  std::string const sound = "[reactions]\nr = { equation = \"A -> 0\", mass_action = \"k_1\" }\n";
  EXPECT_EQ(findings_with(sound + "[run]\nt_end = 0\nsample_every = -1\n"),
            "n.toml:13:9: error: 't_end' of [run] is not positive (0). Give a time above 0.\n"
            "n.toml:14:16: error: 'sample_every' of [run] is not positive (-1). Give a time above "
            "0.");
  EXPECT_EQ(findings_with(sound + "[run]\nt_end = 5\nsample_every = 6\nstep = 1\n"),
            "n.toml:14:16: error: 'sample_every' of [run] is 6, later than its end at 5. Give at "
            "most 't_end'.\n"
            "n.toml:15:1: error: unknown key 'step' in [run]. Known keys are t_end, "
            "sample_every.");
}

TEST(NetworkReader, ChecksRulesAndObservables) {
  EXPECT_EQ(
      findings_with(R"toml([rules]
x = 3
y = { label = "no expression" }
z = { expression = 4 }
w = "count(r)"
[observables]
u = true
sum = "count(nothing) + sum"
[reactions]
r = { equation = "A -> 0", mass_action = "k_1" }
)toml"),
      R"(n.toml:11:5: error: rule 'x' is an integer, expected an expression in quotes or a table.
n.toml:12:1: error: rule 'y' has no 'expression'. Add expression = "...".
n.toml:13:20: error: 'expression' of rule 'z' is an integer, expected a string.
n.toml:14:6: error: count() is allowed in observables only (a propensity depends on the present state, not on how often a reaction has fired). Add a species that the reaction produces and use that.
n.toml:16:5: error: observable 'u' is a boolean, expected an expression in quotes or a table.
n.toml:17:14: error: reaction 'nothing' is not defined (used by observable 'sum'). count() takes the id of a reaction.
n.toml:17:25: error: name 'sum' is not defined (used by observable 'sum'). Define it under [parameters], [species] or [rules].)");
}

TEST(NetworkReader, ReadsTheResolutionOfObservables) {
  Network const network = read_network_text(complete, "demo.toml");
  EXPECT_EQ(network.observables[0].resolution, 0);
  EXPECT_EQ(network.observables[1].resolution, 0.5);
  EXPECT_EQ(
      findings_with(R"toml([reactions]
r = { equation = "A -> 0", mass_action = "k_1" }
[observables]
zero = { expression = "A / 2", resolution = 0 }
below = { expression = "A / 2", resolution = -1e-6 }
endless = { expression = "A / 2", resolution = inf }
text = { expression = "A / 2", resolution = "1e-6" }
coarse = { expression = "A / 2", resolution = 1000 }
slip = { expression = "A / 2", resolutoin = 1e-6 }
[rules]
half = { expression = "A / 2", resolution = 1e-6 }
)toml"),
      R"(n.toml:13:45: error: 'resolution' of observable 'zero' is not positive (0) (statistics count whole multiples of it). Give a number above 0.
n.toml:14:46: error: 'resolution' of observable 'below' is not positive (-1e-06) (statistics count whole multiples of it). Give a number above 0.
n.toml:15:48: error: 'resolution' of observable 'endless' is inf (only finite numbers can be computed with). Give a finite number.
n.toml:16:45: error: 'resolution' of observable 'text' is a string, expected a number. Remove the quotes.
n.toml:18:32: error: unknown key 'resolutoin' in observable 'slip'. Did you mean 'resolution'?
n.toml:20:32: error: unknown key 'resolution' in rule 'half'. Known keys are expression, label, unit, note, source, grade.)");
}

TEST(NetworkReader, RefusesEndlessKeysBeforeTheyReachTheStack) {
  std::string key = "a";
  for (int i = 0; i < 200'000; ++i) key += ".a";
  EXPECT_EQ(findings_of(key + " = 1\n"),
            "n.toml:1:402: error: a key has more than 200 parts. Shorten it.");
  EXPECT_EQ(findings_of("[" + key + "]\n"),
            "n.toml:1:403: error: a key has more than 200 parts. Shorten it.");
}

TEST(NetworkReader, RefusesEndlessNesting) {
  EXPECT_NE(findings_of("a = " + std::string(100'000, '[')).find("maximum nested value depth"),
            std::string::npos);
  std::string tables;
  for (int i = 0; i < 50'000; ++i) tables += "{a=";
  EXPECT_NE(findings_of("a = " + tables).find("maximum nested value depth"), std::string::npos);
}

TEST(NetworkReader, SaysWhyAFileCannotBeRead) {
  auto const message = [](std::string const& path) -> std::string {
    try {
      read_network_file(path);
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), ExitCode::input_output);
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(message("/no/such/file.toml"),
            "/no/such/file.toml: error: the file cannot be opened "
            "(No such file or directory). Check the path.");
  EXPECT_EQ(message("/"), "/: error: the file cannot be read (Is a directory). Check the path.");
}

TEST(NetworkReader, ReadsFiles) {
  std::string const path = testing::TempDir() + "/network_reader_test.toml";
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  std::fputs(complete, file);
  std::fclose(file);
  EXPECT_EQ(read_network_file(path).name, "demo");
  EXPECT_EQ(read_network_file(path).file, path);
  std::remove(path.c_str());
}

TEST(NetworkReader, ReadsFilesWithAByteOrderMarkAndWindowsLines) {
  EXPECT_EQ(findings_of("\xef\xbb\xbf[network]\r\nname = \"n\"\r\ntime_unit = \"s\"\r\n"
                        "[species]\r\nA = 1\r\n[reactions]\r\n"
                        "r = { equation = \"A -> 0\", mass_action = \"k\" }\r\n"),
            "n.toml:7:43: error: rate constant 'k' is not defined (used by reaction 'r'). Define "
            "it under [parameters].");
}

TEST(NetworkReader, SurvivesRandomMutations) {
  std::string const valid = complete;
  ASSERT_EQ(findings_of(valid), "none");
  std::string const pieces = "[]{}=\"'.,#\n\t\\ 0129eE+-_aAxu<>^*/()\x80\xce\x01";
  std::mt19937_64 random(5);
  auto const draw = [&](usize count) { return static_cast<usize>(random() % count); };
  int refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string text = valid;
    for (usize edits = 1 + draw(4); edits > 0; --edits) {
      usize const at = draw(text.size());
      switch (draw(4)) {
        case 0: text.erase(at, 1 + draw(6)); break;
        case 1: text.insert(at, 1, pieces[draw(pieces.size())]); break;
        case 2: text[at] = pieces[draw(pieces.size())]; break;
        default: text.insert(at, text.substr(draw(text.size()), draw(30))); break;
      }
    }
    try {
      read_network_text(text, "n.toml");
    } catch (Error const& error) {
      ++refused;
      ASSERT_FALSE(error.diagnostics().empty());
      SourceLocation last;
      for (auto const& diagnostic : error.diagnostics()) {
        ASSERT_LE(std::pair(last.line, last.column),
                  std::pair(diagnostic.where.line, diagnostic.where.column))
            << text;
        last = diagnostic.where;
      }
    }
  }
  EXPECT_GT(refused, 5000);
  EXPECT_LT(refused, 10'000);
}

}  // namespace
}  // namespace cristae
