// tests/io/rate_forms_test.cpp - formulas, mass action in all spellings, and laws in two directions.
#include "host/io/rate_forms.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "host/model/law_parser.hpp"

namespace cristae {
namespace {

/// The formula of a text in which every name stands for itself.
Formula formula(std::string const& text) {
  std::vector<std::string> names;
  LawNames known;
  known.symbol = [&](std::string_view name) -> std::optional<Symbol> {
    for (auto const* word : {"exp", "ln", "min", "max", "piecewise", "sqrt", "floor"})
      if (name == word) return std::nullopt;
    names.emplace_back(name);
    return Symbol{SymbolKind::parameter, static_cast<u32>(names.size() - 1)};
  };
  auto const law = parse_law(text, known);
  EXPECT_TRUE(law.problems.empty()) << text;
  return formula_of(law.expression, [&](Symbol symbol) { return names[symbol.index]; });
}

/// Names in capitals are copy numbers.
bool is_constant(std::string const& name) { return !(name[0] >= 'A' && name[0] <= 'Z'); }

std::string constant_of(std::string const& law, std::vector<CountedReactant> const& reactants) {
  auto const constant = mass_action_constant(formula(law), reactants, is_constant);
  return constant ? to_text(*constant) : "none";
}

TEST(MassAction, IsFoundInAllSpellings) {
  struct Case {
    char const* law;
    std::vector<CountedReactant> reactants;
    char const* constant;
  };
  std::vector<Case> const cases{
      {"k", {}, "k"},
      {"2 * 3 * k", {}, "6 * k"},
      {"k * A", {{"A", 1}}, "k"},
      {"A * k", {{"A", 1}}, "k"},
      {"k * A * 0.5 * 2", {{"A", 1}}, "k"},
      {"k * (A / 2) / 0.5", {{"A", 1}}, "k"},
      {"k * A / (2 / 2)", {{"A", 1}}, "k"},
      {"A / tau", {{"A", 1}}, "1 / tau"},
      {"k * A ^ 1", {{"A", 1}}, "k"},
      {"k * (A / v) * v", {{"A", 1}}, "k"},
      {"k * A * B", {{"A", 1}, {"B", 1}}, "k"},
      {"k * (A / v) * (B / v) * v", {{"A", 1}, {"B", 1}}, "k / v"},
      {"k * A * (A - 1) / 2", {{"A", 2}}, "k"},
      {"0.5 * k * A * (A - 1)", {{"A", 2}}, "k"},
      {"k / 2 * (A - 1) * A", {{"A", 2}}, "k"},
      {"k * (A * A - A) / 2", {{"A", 2}}, "k"},
      {"k * (A ^ 2 - A)", {{"A", 2}}, "2 * k"},
      {"k * A * (A - 1)", {{"A", 2}}, "2 * k"},
      {"k * A * (A - 1) * (A - 2) / 6", {{"A", 3}}, "k"},
      {"k * A * (A - 1) * B / 2", {{"A", 2}, {"B", 1}}, "k"},
      {"k * B * A * (B - 1) * (A - 1) / 4", {{"A", 2}, {"B", 2}}, "k"},
      {"exp(-e / t) * A", {{"A", 1}}, "exp((-e) / t)"},
      {"piecewise(a, b > 3, 2 * a) * A / 2", {{"A", 1}}, "0.5 * piecewise(a, b > 3, 2 * a)"},
      {"k * exp(e / t) * A * (A - 1)", {{"A", 2}}, "2 * k * exp(e / t)"},
      {"a * A + b * A", {{"A", 1}}, "none"},
  };
  for (auto const& one : cases) {
    auto const found = constant_of(one.law, one.reactants);
    if (std::string(one.law) == "a * A + b * A")
      EXPECT_NE(found, "none") << one.law;  // (a + b) in some form
    else
      EXPECT_EQ(found, one.constant) << one.law;
  }
}

TEST(MassAction, IsNotSeenWhereItIsNot) {
  for (auto const* law :
       {"k * A * A", "k * A ^ 2", "k * A * (A - 2) / 2", "k * A * (A + 1) / 2", "k * A", "k",
        "k * A * (A - 1) / 2 + 1e-6", "k * A * (A - a)", "k * A * (A - 1) / (1 + A)",
        "min(k * A * (A - 1), 5)", "k * A * (A - 1) / 2 + 1e-14 * A * A * A",
        "k * A * (A - 1) / 2 + 1e-14 * A", "k * A * (A - 1) + piecewise(1, k > 1000, 0) * A",
        "k * A * (A - 1) * B", "piecewise(k*A*(A-1), A < 1000, 0)"})
    EXPECT_EQ(constant_of(law, {{"A", 2}}), "none") << law;
  EXPECT_EQ(constant_of("k * A * B", {{"A", 1}}), "none");  // B is a modifier
  EXPECT_EQ(constant_of("k", {{"A", 1}}), "none");
  EXPECT_EQ(constant_of("k * A", {}), "none");
}

std::pair<std::string, std::string> directions(std::string const& law, i64 needed_of_a = 1) {
  SignKnowledge const knowledge{
      [](std::string const& name) { return name != "s"; },
      [&](std::string const& name) { return name == "A" ? needed_of_a : 0; },
      [](std::string const& name) {
        return is_constant(name) ? std::optional(1.0) : std::nullopt;
      }};
  auto const found = directions_of(formula(law), knowledge);
  if (!found) return {"inseparable", ""};
  return {found->forward ? to_text(*found->forward) : "none",
          found->reverse ? to_text(*found->reverse) : "none"};
}

using Texts = std::pair<std::string, std::string>;

TEST(Directions, OfASeparableLawAreItsPositiveAndNegativeTerms) {
  EXPECT_EQ(directions("k * A - q * B"), Texts("k * A", "q * B"));
  EXPECT_EQ(directions("v * (k * A - q * B)"), Texts("v * k * A", "v * q * B"));
  EXPECT_EQ(directions("(k * A - q * B) * v"), Texts("k * A * v", "q * B * v"));
  EXPECT_EQ(directions("(k * A - q * B) / (1 + A / m)"),
            Texts("(k * A) / (1 + (A / m))", "(q * B) / (1 + (A / m))"));
  EXPECT_EQ(directions("-(q * B - k * A)"), Texts("k * A", "q * B"));
  EXPECT_EQ(directions("-1 * (q * B - k * A)"), Texts("k * A", "q * B"));
  EXPECT_EQ(directions("(q * B - k * A) * -v"), Texts("k * A * v", "q * B * v"));
  EXPECT_EQ(directions("-1 * v * (q * B + -1 * k * A) * -1 * -2"),
            Texts("2 * v * k * A", "2 * v * q * B"));
  EXPECT_EQ(directions("k * A * (1 - B / (A * e))"), Texts("k * A", "(k * B) / e"));
  EXPECT_EQ(directions("k * A"), Texts("k * A", "none"));
  EXPECT_EQ(directions("-q * B"), Texts("none", "q * B"));
  EXPECT_EQ(directions("k * A + j * A - q * B - r * B"),
            Texts("(k * A) + (j * A)", "(q * B) + (r * B)"));
}

TEST(Directions, LeaveTheCombinationsOfReactantsTogether) {
  EXPECT_EQ(directions("k * A * (A - 1) / 2 - q * B", 2), Texts("0.5 * k * A * (A - 1)", "q * B"));
  EXPECT_EQ(directions("k * A * (A - 1) / 2 - q * B", 1),
            Texts("0.5 * k * A * A", "((k * A * 1) / 2) + (q * B)"));
  EXPECT_EQ(directions("k * (A * A - A) / 2", 2), Texts("0.5 * k * ((A * A) - A)", "none"));
  // A size of 1, as of a model in which concentrations are counts.
  EXPECT_EQ(directions("k * (A / v) * (A / v - 1) / 2", 2),
            Texts("(0.5 * k * A * ((A / v) - 1)) / v", "none"));
  EXPECT_EQ(directions("v * (k * (A / v) * (A / v - 1) - q * B)", 2),
            Texts("k * A * ((A / v) - 1)", "v * q * B"));
  EXPECT_EQ(directions("k * A * (A - 1) - q * A", 2), Texts("k * A * (A - 1)", "q * A"));
  // Gains and losses of one kind are no combinations.
  EXPECT_EQ(directions("k * A - 0.5 * A", 1), Texts("k * A", "0.5 * A"));
  EXPECT_EQ(directions("k * A - 0.5 * A", 2), Texts("k * A", "0.5 * A"));
}

TEST(Directions, OfAnInseparableLawAreNone) {
  for (auto const* law : {"s * A", "(k - A) * (q - B)", "k * A / (q - B)", "ln(A)", "exp(A) * s",
                          "(k * A - q * B) ^ 3", "min(A, B - k)"})
    EXPECT_EQ(directions(law).first, "inseparable") << law;
}

TEST(Formula, CountsAndReplacesItsNames) {
  auto const law = formula("a * (b + a) / 2");
  EXPECT_EQ(size_of(law).nodes, 7u);
  EXPECT_EQ(size_of(law).depth, 4u);
  auto const changed = replaced(law, [](std::string const& name) {
    return name == "a" ? number_formula(3) : formula("x - y");
  });
  EXPECT_EQ(to_text(changed), "(3 * (x - y + 3)) / 2");
  EXPECT_EQ(value_of(law, [](std::string const& name) { return name == "a" ? 4.0 : 1.0; }), 10.0);
}

}  // namespace
}  // namespace cristae
