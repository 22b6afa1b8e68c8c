// tests/io/bngl_net_reader_test.cpp - generated networks of BioNetGen: rates by its own formulas.
#include "host/io/bngl_net_reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <string>

#include "host/io/network_file.hpp"
#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

std::string net(std::string const& reactions, std::string const& more = "") {
  return "# Created by BioNetGen 2.9.2\nbegin parameters\n    1 k   2.5  # Constant\n"
         "    2 K   4e0\n    3 k2  3*k  # ConstantExpression 7.5\n    4 half (k/2)/k\n"
         "end parameters\nbegin functions\n    1 f() k/(K+Btot)\n"
         "    2 g() if(Btot>=2&&!(C>1),f(),2*_pi)\nend functions\n"
         "begin species\n    1 A(b) 10\n    2 B(a~0!1).B(a!1) k2+0.2\n    3 $C() 3\n"
         "end species\nbegin reactions\n" +
         reactions + "end reactions\nbegin groups\n    1 Btot  2*2,1\n    2 C 3\nend groups\n" +
         more;
}

Network read(std::string const& reactions) { return read_bngl_net_text(net(reactions), "n.net"); }

std::string problems_of(std::string const& text) {
  try {
    read_bngl_net_text(text, "n.net");
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::model);
    return error.what();
  }
  return "none";
}

double rate(Network const& network, usize reaction, std::vector<double> const& counts) {
  std::vector<double> parameters;
  for (auto const& one : network.parameters) parameters.push_back(one.value);
  ExpressionValues values{counts, parameters, {}, {}};
  auto const rules = evaluate_rules(network, values);
  values.rules = rules;
  auto const& law = network.reactions[reaction];
  double result = evaluate(law.rate, values);
  if (law.rate_kind == RateKind::mass_action)
    for (auto const& [id, count] : law.reactants)
      for (i64 i = 0; i < count; ++i)
        result *=
            (counts[static_cast<usize>(id)] - static_cast<double>(i)) / static_cast<double>(i + 1);
  return result;
}

TEST(BnglNet, HasFixedSpeciesInCompartments) {
  auto const network = read_bngl_net_text(
      "begin species\n 1 @EC::$B(a) 20\n 2 $@EC::C(a~x) 3\n 3 @PM::A(b).B(a) 5\n"
      "end species\nbegin reactions\n 1 1,2,3 0 0.5\nend reactions\n",
      "n.net");
  EXPECT_EQ(network.species[0].label, "@EC::B(a)");
  EXPECT_EQ(network.species[1].label, "@EC::C(a~x)");
  EXPECT_EQ(network.reactions[0].equation, "S1 + S2 + S3 -> S1 + S2");
}

TEST(BnglNet, HasSpeciesParametersFunctionsAndGroups) {
  auto const network = read("    1 1 2 k #Rule1\n");
  ASSERT_EQ(network.species.size(), 3u);
  EXPECT_EQ(network.species[1].id, "S2");
  EXPECT_EQ(network.species[1].label, "B(a~0!1).B(a!1)");
  EXPECT_EQ(network.species[1].initial, 8);  // 7.7
  EXPECT_EQ(network.species[1].where.line, 14u);
  ASSERT_EQ(network.observables.size(), 4u);
  EXPECT_EQ(network.observables[2].id, "Btot");
  EXPECT_EQ(network.reactions[0].id, "R1");
  EXPECT_EQ(network.reactions[0].label, "Rule1");
  ASSERT_EQ(network.notes.size(), 1u);
  EXPECT_EQ(
      to_string(network.notes[0]),
      "n.net:14:5: note: the initial amount of species 'B(a~0!1).B(a!1)' is 7.7, rounded to 8 "
      "(copies are whole numbers).");
}

TEST(BnglNet, RatesHaveTheirStatisticalFactors) {
  auto const network =
      read("1 1 2 k\n2 1,2 0 2*k\n3 1,1 2 0.5*k2\n4 1,1,2,2 1,2 0.25*k\n5 0 1 k\n6 1,1,1 0 half\n");
  std::vector<double> const counts{10, 8, 3};
  double const k = 2.5;
  EXPECT_DOUBLE_EQ(rate(network, 0, counts), k * 10);
  EXPECT_DOUBLE_EQ(rate(network, 1, counts), 2 * k * 10 * 8);
  EXPECT_DOUBLE_EQ(rate(network, 2, counts), 0.5 * 3 * k * 10 * 9);
  EXPECT_DOUBLE_EQ(rate(network, 3, counts), 0.25 * k * 10 * 9 * 8 * 7);
  EXPECT_DOUBLE_EQ(rate(network, 4, counts), k);
  EXPECT_DOUBLE_EQ(rate(network, 5, counts), 0.5 * 10 * 9 * 8);
  for (auto const& reaction : network.reactions)
    EXPECT_EQ(reaction.rate_kind, RateKind::mass_action);
}

TEST(BnglNet, FixedSpeciesStay) {
  auto const network = read("1 3 1 k\n2 1,3 2,2 k\n3 1 3,2 k\n");
  EXPECT_EQ(network.reactions[0].equation, "S3 -> S1 + S3");
  EXPECT_EQ(network.reactions[1].equation, "S1 + S3 -> 2 S2 + S3");
  EXPECT_EQ(network.reactions[2].equation, "S1 -> S2");
}

TEST(BnglNet, FunctionsAndSaturatingLawsAreThoseOfItsSimulator) {
  auto const network = read(
      "1 1 2 f()\n2 1,1 2 f\n3 0 2 g()\n4 1,2 2 Sat k K\n5 1,2 2 2*Sat k K half\n6 1 2 Sat k\n"
      "7 1,2 2 MM k K\n8 1,1 2 Hill k K half\n9 1,1 2 Sat k K half\n");
  std::vector<double> const counts{10, 8, 3};
  double const k = 2.5, K = 4, h = 0.5, total = 2 * 8 + 10;
  EXPECT_DOUBLE_EQ(rate(network, 0, counts), k / (K + total) * 10);
  EXPECT_DOUBLE_EQ(rate(network, 1, counts), k / (K + total) * 10 * 9);
  EXPECT_DOUBLE_EQ(rate(network, 2, counts), 2 * std::acos(-1.0));  // C is 3
  EXPECT_DOUBLE_EQ(rate(network, 2, {10, 8, 1}), k / (K + total));
  EXPECT_DOUBLE_EQ(rate(network, 3, counts), k * 10 / (K + 10) * 8);
  EXPECT_DOUBLE_EQ(rate(network, 4, counts), 2 * k * 10 / (K + 10) * 8 / (h + 8));
  EXPECT_DOUBLE_EQ(rate(network, 5, counts), k);
  double const b = 10 - K - 8, free = 0.5 * (b + std::sqrt(b * b + 4 * 10 * K));
  EXPECT_DOUBLE_EQ(rate(network, 6, counts), k * 8 * free / (K + free));
  EXPECT_DOUBLE_EQ(rate(network, 7, counts), k * std::sqrt(10) / (2 + std::sqrt(10)) * 9);
  EXPECT_DOUBLE_EQ(rate(network, 8, counts), k * 10 / (K + 10) * 9 / (h + 10));
}

/// What a function of A = 10, B = 4 and k = 2.5 is worth.
double value_of_function(std::string const& text) {
  auto const network = read_bngl_net_text(
      "begin parameters\n1 k 2.5\nend parameters\nbegin functions\n1 f() " + text +
          "\nend functions\nbegin species\n1 A() 10\n2 B() 4\nend species\nbegin reactions\n"
          "1 0 1 k\nend reactions\nbegin groups\n1 A 1\n2 B 2\nend groups\n",
      "n.net");
  std::vector<double> const counts{10, 4}, parameters{2.5};
  return evaluate_rules(network, {counts, parameters, {}, {}})[0];
}

TEST(BnglNet, FunctionsAreThoseOfItsSimulator) {
  EXPECT_EQ(value_of_function("rint(k)"), 3);  // floor(x + 0.5)
  EXPECT_EQ(value_of_function("rint(-k)"), -2);
  EXPECT_EQ(value_of_function("rint(A/B-0.01)"), 2);
  EXPECT_EQ(value_of_function("sum(A,B,k)"), 16.5);
  EXPECT_EQ(value_of_function("avg(A,B,k)"), 5.5);
  EXPECT_EQ(value_of_function("sum( k )+avg(k)+min(k)+max(k)"), 10);
  EXPECT_EQ(value_of_function("min(A,B,k)-max(A,B,k,-1)"), -7.5);
  EXPECT_EQ(value_of_function("min(rint(sum(A,0.4)),max(avg(A,B),1),if(A>B,7.5,1))"), 7);
  EXPECT_DOUBLE_EQ(value_of_function("log2(B)+log10(A)+ln(_e)+sqrt(B)+abs(-k)+exp(0)"), 9.5);
  EXPECT_DOUBLE_EQ(value_of_function("A*sin(_pi()/2)+atanh(0)"), 10);
  EXPECT_EQ(value_of_function("if(A>B,1,2)+if(A-9.5,10,20)"), 21);  // true above 0.5
  EXPECT_EQ(value_of_function("if(A-9.25,10,if(!(A==10)||B~=4,1,5))"), 10);
}

TEST(BnglNet, FunctionsThatLawsDoNotHaveAreRefusedByName) {
  auto const problem = [](std::string const& text) {
    return problems_of("begin parameters\n1 k 1\nend parameters\nbegin functions\n1 f() " + text +
                       "\nend functions\nbegin species\n1 A() 1\nend species\nbegin reactions\n"
                       "1 1 0 f()\nend reactions\n");
  };
  EXPECT_EQ(problem("2*mratio(1,2,k)"),
            "n.net:5:9: error: function 'mratio' is not supported (laws have no such function). "
            "Replace it by an expression of other functions.");
  EXPECT_EQ(problem("tfun('drive.tfun',time)"),
            "n.net:5:7: error: function 'tfun' is not supported (laws have no such function). "
            "Replace it by an expression of other functions.");
  EXPECT_EQ(problem("1+sin(k)"),
            "n.net:5:7: error: function 'sin' is not supported in '1+sin(k)' (laws have its value "
            "for numbers only). Write the value, or a formula of exp and ln.");
  EXPECT_EQ(problem("atanh(1)"),
            "n.net:5:7: error: atanh(1) is inf in 'atanh(1)' (laws have finite numbers). Write a "
            "finite number.");
  EXPECT_EQ(problem("if(k,1,2,k,3)"),
            "n.net:5:7: error: if takes 3 arguments, not 5 in 'if(k,1,2,k,3)'. Correct the call.");
  EXPECT_EQ(problem("rint(k,1)"),
            "n.net:5:7: error: rint takes 1 argument, not 2 in 'rint(k,1)'. Correct the call.");
  std::string many = "sum(k";
  for (int i = 0; i < 20'000; ++i) many += ",k";
  EXPECT_NE(problem(many + ")").find("sums of more than 1000 terms are not supported"),
            std::string::npos);
}

TEST(BnglNet, LinesGoOnAfterABackslash) {
  auto const network = read_bngl_net_text(
      "begin parameters\n 1 k \\  # begun\n 2\\\r\n.5 # ended\nend \\\n parameters\nbegin "
      "species\n1 A() \\\n"
      "10\n2 B() 4\nend species\nbegin reactions\n1 1,\\ #no\n1 2 k #both\n2 2 1 \\\n  3*\\\nk "
      "#R\\\n"
      "end reactions\nbegin groups\n1 all 1,\\\n  2*\\\n2\nend groups\\",
      "n.net");
  EXPECT_EQ(network.parameters[0].value, 2.5);
  EXPECT_EQ(network.species[0].initial, 10);
  EXPECT_EQ(network.reactions[0].equation, "2 S1 -> S2");
  EXPECT_EQ(network.reactions[0].label, "both");
  EXPECT_EQ(network.reactions[1].label, "R\\");
  EXPECT_EQ(rate(network, 1, {10, 4}), 3 * 2.5 * 4);
  EXPECT_EQ(network.observables[0].expression.text, "S1 + 2 * S2");
  EXPECT_EQ(problems_of(
                "begin species\n1 A() 1\nend species\nbegin reactions\n1 1 \\\n 0 \\\n  2*kk\nend "
                "reactions\n"),
            "n.net:7:3: error: name 'kk' is not defined in '2*kk'. Define it under [parameters], "
            "[species] or [rules].");
}

TEST(BnglNet, ConstantsThatFollowOthersFollowThem) {
  auto const network = read("1 1 2 k2\n");
  ASSERT_GE(network.rules.size(), 1u);
  EXPECT_EQ(network.rules[0].expression.text, "3 * k");
}

TEST(BnglNet, IsFoundByItsContent) {
  EXPECT_EQ(network_format(net(""), "<text>"), NetworkFormat::bngl_net);
  EXPECT_EQ(network_format("[network]\nname = \"begin species\"\n", "<text>"), NetworkFormat::toml);
  EXPECT_EQ(network_format(" \n<?xml version='1.0'?><sbml/>", "<text>"), NetworkFormat::sbml);
}

TEST(BnglNet, IsRefusedByNameAndPlace) {
  EXPECT_EQ(
      problems_of(net("1 1 4 k\n")),
      "n.net:18:5: error: there is no species '4' (species are numbered from 1 to 3). Correct "
      "the number.");
  EXPECT_EQ(problems_of(net("1 1 2 kk\n")),
            "n.net:18:7: error: name 'kk' is not defined in 'kk'. Define it under [parameters], "
            "[species] or [rules], or did you mean 'k'?");
  EXPECT_EQ(
      problems_of(net("1 1 2 Zzot\n", "begin groups\n1 Zz\x14t 1\nend groups\n")),
      "n.net:18:7: error: name 'Zzot' is not defined in 'Zzot'. Define it under [parameters], "
      "[species] or [rules], or did you mean 'Zz\\u0014t'?");
  EXPECT_EQ(problems_of(net("1 1 2 time()\n")),
            "n.net:18:7: error: an explicit 'time' in a law is not supported in 'time()' "
            "(propensities must be constant between events for the simulation to be exact). Use "
            "conditions with 'at', which change parameters at given times.");
  EXPECT_EQ(problems_of(net("", "begin actions\nend actions\n")),
            "n.net:23:1: error: block 'actions' is not supported (what it says would be ignored). "
            "Remove it, if it means nothing to a simulation.");
  EXPECT_EQ(problems_of(net("", "simulate({method=>\"ode\"})\n")),
            "n.net:23:1: error: 'simulate({method=>\"ode\"})' is not supported (what it says would "
            "be ignored). Remove it, if it means nothing to a simulation.");
  EXPECT_EQ(
      problems_of(net("1 1 2 MM k\n")),
      "n.net:18:1: error: MM has 1 constants and 1 reactants (Sat has a rate and constants of "
      "its reactants, MM k and K of two reactants, Hill k, K and n). Correct the line.");
  EXPECT_EQ(problems_of("begin parameters\n1 a b\n2 b a\nend parameters\nbegin species\n1 A 1\nend "
                        "species\nbegin reactions\n1 1 0 a\nend reactions\n"),
            "n.net:2:1: error: 'a' depends on itself (it cannot be computed). Write it without "
            "itself.");
  EXPECT_EQ(problems_of(net("1 1 2 0.5*Btot\n")),
            "n.net:18:7: error: a group stands in the rate '0.5*Btot' (the rate of a reaction is a "
            "constant or a function). Make a function of it.");
  EXPECT_EQ(problems_of(net("1 1 2 -inf\n")),
            "n.net:18:7: error: '-inf' is no finite number (laws have finite numbers). Write a "
            "finite number.");
  EXPECT_EQ(problems_of("begin model\nend model\n"),
            "n.net: error: block 'species' is missing (it is no network that BioNetGen generated). "
            "Run generate_network first.\nn.net: error: block 'reactions' is missing (it is no "
            "network that BioNetGen generated). Run generate_network first.");
}

TEST(BnglNet, OfAHundredThousandReactionsIsReadInSeconds) {
  constexpr int species = 10'000, reactions = 100'000;
  std::string text = "begin parameters\n1 k 0.1\nend parameters\nbegin species\n";
  for (int i = 1; i <= species; ++i) text += fmt::format("{} A(b~{},c!1).B(a!1) 5\n", i, i);
  text += "end species\nbegin reactions\n";
  for (int i = 1; i <= reactions; ++i)
    text += fmt::format("{} {},{} {} 0.5*k #R\n", i, i % species + 1, (i * 7) % species + 1,
                        (i * 13) % species + 1);
  text += "end reactions\nbegin groups\n1 all ";
  for (int i = 1; i <= species; ++i) text += fmt::format("{}{}", i > 1 ? "," : "", i);
  text += "\nend groups\n";
  auto const start = std::chrono::steady_clock::now();
  auto const network = read_bngl_net_text(text, "n.net");
  std::chrono::duration<double> const seconds = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(network.reactions.size(), 100'000u);
  EXPECT_EQ(network.observables.size(), 1u);
  EXPECT_LT(seconds.count(), 60);  // 2 s on two quiet cores; sanitizers take ten times longer
}

}  // namespace
}  // namespace cristae
