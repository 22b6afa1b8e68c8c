// tests/io/sbml_writer_test.cpp - networks as SBML: valid by libSBML, and the same when read back.
#include "host/io/sbml_writer.hpp"

#include <gtest/gtest.h>
#include <sbml/SBMLTypes.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>

#include "host/io/network_file.hpp"
#include "host/io/sbml_reader.hpp"
#include "host/model/evaluate.hpp"
#include "tests/support/source_folder.hpp"

namespace cristae {
namespace {

std::string written(Network const& network, std::string const& condition = "") {
  std::string text;
  write_sbml(network, condition, [&](std::string_view part) { text += part; });
  return text;
}

Network bundled(std::string const& name) {
  return read_network_file(test::source_folder() + "/networks/" + name + "/network.toml");
}

/// Rates of all reactions at a state: 0 where reactants are missing.
std::vector<double> rates(Network const& network, std::vector<double> const& counts) {
  std::vector<double> parameters, result;
  for (auto const& one : network.parameters) parameters.push_back(one.value);
  ExpressionValues values{counts, parameters, {}, {}};
  auto const rules = evaluate_rules(network, values);
  values.rules = rules;
  for (auto const& reaction : network.reactions) {
    double rate = evaluate(reaction.rate, values);
    for (auto const& [id, count] : reaction.reactants) {
      double const copies = counts[static_cast<usize>(id)];
      if (copies < static_cast<double>(count)) rate = 0;
      if (reaction.rate_kind == RateKind::mass_action)
        for (i64 i = 0; i < count; ++i)
          rate *= (copies - static_cast<double>(i)) / static_cast<double>(i + 1);
    }
    result.push_back(rate);
  }
  return result;
}

std::vector<i64> changes(Network const& network, Reaction const& reaction) {
  std::vector<i64> change(network.species.size());
  for (auto const& one : reaction.reactants) change[static_cast<usize>(one.species)] -= one.count;
  for (auto const& one : reaction.products) change[static_cast<usize>(one.species)] += one.count;
  return change;
}

void expect_same(Network const& a, Network const& b) {
  ASSERT_EQ(a.species.size(), b.species.size());
  ASSERT_EQ(a.reactions.size(), b.reactions.size());
  for (usize i = 0; i < a.species.size(); ++i) {
    EXPECT_EQ(a.species[i].id, b.species[i].id);
    EXPECT_EQ(a.species[i].initial, b.species[i].initial);
  }
  for (usize j = 0; j < a.reactions.size(); ++j)
    EXPECT_EQ(changes(a, a.reactions[j]), changes(b, b.reactions[j])) << a.reactions[j].id;
  std::mt19937_64 random(16);
  for (int state = 0; state < 30; ++state) {
    std::vector<double> counts;
    for (auto const& one : a.species) {
      auto const most = static_cast<u64>(state % 3 == 0 ? 2 : 2 * one.initial + 5);
      counts.push_back(static_cast<double>(random() % (most + 1)));
    }
    auto const expected = rates(a, counts), found = rates(b, counts);
    for (usize j = 0; j < expected.size(); ++j)
      EXPECT_TRUE(std::fabs(found[j] - expected[j]) <= 1e-12 * std::fabs(expected[j]) ||
                  (std::isnan(expected[j]) && std::isnan(found[j])))
          << a.reactions[j].id << ": " << found[j] << " for " << expected[j];
  }
}

/// What libSBML's rules find wrong, but units that are not given.
std::string findings_of_the_library(std::string const& text) {
  std::unique_ptr<::SBMLDocument> const document(::readSBMLFromString(text.c_str()));
  document->setConsistencyChecks(::LIBSBML_CAT_UNITS_CONSISTENCY, false);
  document->setConsistencyChecks(::LIBSBML_CAT_MODELING_PRACTICE, false);
  document->checkConsistency();
  std::string found;
  for (unsigned i = 0; i < document->getNumErrors(); ++i)
    if (document->getError(i)->getSeverity() >= ::LIBSBML_SEV_WARNING)
      found += document->getError(i)->getMessage();
  return found;
}

class Bundled : public testing::TestWithParam<char const*> {};

TEST_P(Bundled, NetworksAreValidSbmlAndTheSameWhenReadBack) {
  auto const network = bundled(GetParam());
  auto const text = written(network);
  EXPECT_EQ(findings_of_the_library(text), "");
  expect_same(network, read_sbml_text(text, "m.xml"));
}

INSTANTIATE_TEST_SUITE_P(Networks, Bundled,
                         testing::Values("birth_death", "chain", "coupled", "dimerisation", "isr",
                                         "mam_ca", "mitophagy", "schloegl", "telegraph", "uprmt",
                                         "uprmt_cel", "vilar"));

constexpr auto all_of_it = R"toml(
[network]
name = "all of <it>"
time_unit = "min"
[compartments]
"inner & outer" = { volume = 2e-15, unit = "L" }
c = {}
[parameters]
k = 0.1
tiny = 6.02214179e-23
b = 3
[species]
A = { initial = 10, compartment = "c", label = "α <A>" }
B = { initial = 4, compartment = "inner & outer" }
C = 7
[rules]
share = "A / (A + B + 1)"
twice = "2 * share"
[reactions]
"1st" = { equation = "3 A + B -> 2 C", mass_action = "tiny * 1.5" }
many = { equation = "23 A -> B", mass_action = "k" }
logic = { equation = "A -> B", rate = "k * (A > 3) + (not (A == B) and C) * 2 - min(A, B, 0)" }
steps = { equation = "2 B -> A", rate = "piecewise(k, A < 5 or B <= 2, floor(C / 2), C, ceil(b))" }
func = { equation = "C -> 0", rate = "hill(A, b, 2) * C + exp(-k) * ln(b) + log10(b) + sqrt(C) + abs(k - b)" }
sums = { equation = "B + C -> B", rate = "max(1 + A - 2 + B - 3 + C ^ 2 ^ k, 0) / 1e-30 * 1e-20 / 3e9" }
[events]
pulse = { trigger = "time >= 3 and A > 2 or b == 0", set = { A = "A + B", b = 2.5 }, delay = "b / 2", priority = 3, initial_value = false, persistent = false, values_from_trigger_time = false }
"2nd" = { trigger = "A + 1", set = { C = 1 } }
[observables]
total = "A + 2 * B"
A = "A"
fired = "count(many)"
)toml";

TEST(SbmlWriter, WritesEveryConstructSoThatItReadsBack) {
  auto const network = read_network_text(all_of_it, "n.toml");
  std::string text;
  auto const notes = write_sbml(network, "", [&](std::string_view part) { text += part; });
  EXPECT_EQ(findings_of_the_library(text), "");
  auto const again = read_sbml_text(text, "m.xml");
  expect_same(network, again);
  EXPECT_EQ(again.time_unit, "min");
  EXPECT_EQ(again.title, "all of <it>");
  EXPECT_EQ(again.species[0].label, "α <A>");
  EXPECT_EQ(again.parameters[1].value, 6.02214179e-23);
  EXPECT_EQ(again.compartments[0].label, "inner & outer");
  EXPECT_EQ(again.compartments[0].volume, 2e-15);
  EXPECT_EQ(again.reactions[0].rate_kind, RateKind::mass_action);
  EXPECT_EQ(again.reactions[0].label, "1st");
  ASSERT_EQ(again.events.size(), 2u);
  auto const& pulse = again.events[0];
  EXPECT_EQ(pulse.trigger.text, "((time >= 3) and (A > 2)) or (b == 0)");
  EXPECT_EQ(pulse.delay->text, "b / 2");
  EXPECT_EQ(pulse.priority->text, "3");
  EXPECT_EQ(pulse.assignments[0].value.text, "A + B");
  EXPECT_FALSE(pulse.initial_value || pulse.persistent || pulse.values_from_trigger_time);
  EXPECT_EQ(again.events[1].trigger.text, "(A + 1) != 0");
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(to_string(notes[0]),
            "n.toml: warning: observable 'fired' is left out (how often reactions fired is no "
            "quantity of SBML).");
}

TEST(SbmlWriter, KeepsLongSumsShallow) {
  std::string sum = "A";
  for (int i = 0; i < 2000; ++i) sum += i % 2 ? " + A" : " - 0.5";
  auto const network = read_network_text(
      "[network]\nname = \"n\"\ntime_unit = \"s\"\n[species]\nA = 100\n[reactions]\n"
      "r = { equation = \"0 -> A\", rate = \"" +
          sum + "\" }\n",
      "n.toml");
  auto const text = written(network);
  EXPECT_LT(text.size(), 200'000u);
  EXPECT_NE(text.find("<apply><plus/><ci>A</ci>"), std::string::npos);
}

TEST(SbmlWriter, AppliesAConditionAndItsSchedule) {
  auto const network = read_network_text(R"toml(
[network]
name = "n"
time_unit = "s"
[parameters]
k = 1
[species]
A = 1
[reactions]
r = { equation = "0 -> A", mass_action = "k" }
[conditions.stress]
set = { k = 2 }
initial = { A = 5 }
at = [ { time = 0, add = { A = 2 } }, { time = 3, set = { k = 0.5 }, add = { A = -1 } } ]
)toml",
                                         "n.toml");
  auto const text = written(network, "stress");
  EXPECT_EQ(findings_of_the_library(text), "");
  EXPECT_NE(text.find("<parameter id=\"k\" value=\"2\" constant=\"false\"/>"), std::string::npos);
  EXPECT_NE(text.find("initialAmount=\"7\""), std::string::npos);
  EXPECT_NE(text.find("<eventAssignment variable=\"k\"><math "
                      "xmlns=\"http://www.w3.org/1998/Math/MathML\"><cn>0.5</cn></math>"),
            std::string::npos);
}

TEST(SbmlWriter, PutsAScheduleBeforeEventsOfTheSameTime) {
  auto const network = read_network_text(R"toml(
[network]
name = "n"
time_unit = "s"
[parameters]
k = 1
[species]
A = 1
B = 0
[reactions]
r = { equation = "0 -> A", mass_action = "k" }
[events]
now = { trigger = "time >= 3", set = { A = "A + k" }, priority = 7 }
late = { trigger = "time >= 3", set = { A = "A + k" }, values_from_trigger_time = false }
many = { trigger = "A > 5", set = { B = "B + k" } }
[conditions.stress]
at = [ { time = 3, set = { k = 2 }, add = { A = 4 } } ]
)toml",
                                         "n.toml");
  std::string text;
  auto const notes = write_sbml(network, "stress", [&](std::string_view part) { text += part; });
  EXPECT_EQ(findings_of_the_library(text), "");
  auto const again = read_sbml_text(text, "m.xml");
  ASSERT_EQ(again.events.size(), 4u);
  auto const& change = again.events[0];
  EXPECT_EQ(change.id, "change");
  EXPECT_EQ(change.priority->text, "1e+300");
  EXPECT_FALSE(change.values_from_trigger_time);  // else A + 4 would undo what others add
  ASSERT_EQ(notes.size(), 2u);                    // and that of other conditions
  EXPECT_EQ(to_string(notes[0]),
            "n.toml: warning: event 'now' sees another state if it is triggered at the very time "
            "of a scheduled change (in SBML both are triggered at once, and it takes the values "
            "before the change).");
}

}  // namespace
}  // namespace cristae
