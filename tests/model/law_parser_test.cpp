// tests/model/law_parser_test.cpp - laws: their trees, their printed form, exact error texts.
#include "host/model/law_parser.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>

namespace cristae {
namespace {

std::map<std::string, Symbol, std::less<>> const symbols{
    {"A", {SymbolKind::species, 0}},   {"B", {SymbolKind::species, 1}},
    {"k", {SymbolKind::parameter, 0}}, {"K_m", {SymbolKind::parameter, 1}},
    {"n", {SymbolKind::parameter, 2}}, {"total", {SymbolKind::rule, 0}},
};
std::vector<std::string> const reactions{"birth", "death"};

LawNames names_of_laws() {
  LawNames names;
  names.symbol = [](std::string_view name) -> std::optional<Symbol> {
    auto const found = symbols.find(name);
    return found == symbols.end() ? std::nullopt : std::optional(found->second);
  };
  for (auto const& entry : symbols) names.names.push_back(entry.first);
  return names;
}

LawNames names_of_observables() {
  LawNames names = names_of_laws();
  names.reaction = [](std::string_view name) -> std::optional<u32> {
    for (u32 i = 0; i < reactions.size(); ++i)
      if (reactions[i] == name) return i;
    return std::nullopt;
  };
  names.reaction_names = reactions;
  return names;
}

std::string print(Expression const& expression) {
  return print_law(
      expression,
      [](Symbol symbol) -> std::string {
        for (auto const& [name, known] : symbols)
          if (known.kind == symbol.kind && known.index == symbol.index) return name;
        return "?";
      },
      [](u32 reaction) { return reactions.at(reaction); });
}

/// The law as understood, or its problems as "begin-end: problem (reason). fix" lines.
std::string understood(std::string_view text, LawNames const& names = names_of_observables()) {
  auto const law = parse_law(text, names);
  EXPECT_EQ(law.expression.empty(), !law.problems.empty()) << text;
  if (law.problems.empty()) return print(law.expression);
  std::string all;
  for (auto const& problem : law.problems) {
    if (!all.empty()) all += "\n";
    all += fmt::format("{}-{}: {}", problem.span.begin, problem.span.end, problem.problem);
    if (!problem.reason.empty()) all += " (" + problem.reason + ")";
    if (!problem.fix.empty()) all += ". " + problem.fix;
  }
  return all;
}

bool same_tree(Expression const& a, Expression const& b) {
  if (a.nodes.size() != b.nodes.size()) return false;
  for (usize i = 0; i < a.nodes.size(); ++i) {
    Node const& x = a.nodes[i];
    Node const& y = b.nodes[i];
    if (x.kind != y.kind || x.number != y.number || x.arguments != y.arguments ||
        x.symbol.kind != y.symbol.kind || x.symbol.index != y.symbol.index)
      return false;
  }
  return true;
}

TEST(LawParser, ReadsOperatorsByPrecedence) {
  EXPECT_EQ(understood("A + B * k"), "A + (B * k)");
  EXPECT_EQ(understood("A - B - k"), "A - B - k");
  EXPECT_EQ(understood("A - (B - k)"), "A - (B - k)");
  EXPECT_EQ(understood("A / B / k"), "(A / B) / k");
  EXPECT_EQ(understood("A / B * k"), "(A / B) * k");
  EXPECT_EQ(understood("A * B * k"), "A * B * k");
  EXPECT_EQ(understood("A + B < k and not A == 1 or n"), "(((A + B) < k) and (not (A == 1))) or n");
  EXPECT_EQ(understood("A or B and k"), "A or (B and k)");
  EXPECT_EQ(understood("not not A"), "not (not A)");
}

TEST(LawParser, BindsThePowerTighterThanTheMinusOnItsLeft) {
  EXPECT_EQ(understood("-A ^ 2"), "-(A ^ 2)");
  EXPECT_EQ(understood("A ^ -2"), "A ^ (-2)");
  EXPECT_EQ(understood("A ^ B ^ k"), "A ^ (B ^ k)");
  EXPECT_EQ(understood("-A ^ -B ^ --k"), "-(A ^ (-(B ^ (-(-k)))))");
  EXPECT_EQ(understood("-A * B"), "(-A) * B");
  EXPECT_EQ(understood("A * -B"), "A * (-B)");
  EXPECT_EQ(understood("A - -B"), "A - (-B)");
}

TEST(LawParser, ReadsNumbersInEveryForm) {
  EXPECT_EQ(understood("1 + 1.5 + 1e-3 + .5 + 2. + 1E+2 + 007"),
            "1 + 1.5 + 0.001 + 0.5 + 2 + 100 + 7");
  EXPECT_EQ(parse_law("0.1", names_of_laws()).expression.root().number, 0.1);
  EXPECT_EQ(parse_law("5e-324", names_of_laws()).expression.root().number, 5e-324);
}

TEST(LawParser, ReadsFunctions) {
  EXPECT_EQ(understood("piecewise(1, A < B, 2, A == B, 3)"), "piecewise(1, A < B, 2, A == B, 3)");
  EXPECT_EQ(understood("min(A, B, k) + max(A, B)"), "min(A, B, k) + max(A, B)");
  EXPECT_EQ(understood("exp(ln(log10(sqrt(abs(floor(ceil(A)))))))"),
            "exp(ln(log10(sqrt(abs(floor(ceil(A)))))))");
  EXPECT_EQ(understood("pow(A, B + 1)"), "A ^ (B + 1)");
  EXPECT_EQ(understood("k*hill(A, K_m, n)"), "k * hill(A, K_m, n)");
  EXPECT_EQ(understood("count(birth) - count( death )"), "count(birth) - count(death)");
}

TEST(LawParser, PutsArgumentsBeforeTheirUsers) {
  auto const law =
      parse_law("k * (A + B ^ 2) - min(A, piecewise(1, A > 2, B), -n)", names_of_laws());
  ASSERT_TRUE(law.problems.empty());
  auto const& nodes = law.expression.nodes;
  for (u32 i = 0; i < nodes.size(); ++i)
    for (u32 const argument : nodes[i].arguments) EXPECT_LT(argument, i);
  EXPECT_EQ(law.expression.root().kind, NodeKind::subtract);
}

TEST(LawParser, GivesEveryNodeTheTextItWasReadFrom) {
  std::string const text = "k * (A + B) - min(A, -n)";
  auto const law = parse_law(text, names_of_laws());
  ASSERT_TRUE(law.problems.empty());
  auto const& nodes = law.expression.nodes;
  auto const text_of = [&](u32 node) {
    return text.substr(nodes[node].span.begin, nodes[node].span.end - nodes[node].span.begin);
  };
  u32 const root = static_cast<u32>(nodes.size() - 1);
  EXPECT_EQ(text_of(root), text);
  EXPECT_EQ(text_of(nodes[root].arguments[0]), "k * (A + B)");
  EXPECT_EQ(text_of(nodes[nodes[root].arguments[0]].arguments[1]), "(A + B)");
  EXPECT_EQ(text_of(nodes[root].arguments[1]), "min(A, -n)");
  EXPECT_EQ(text_of(nodes[nodes[root].arguments[1]].arguments[1]), "-n");
}

TEST(LawParser, IsCaseSensitive) {
  EXPECT_EQ(understood("a"),
            "0-1: name 'a' is not defined. Define it under [parameters], "
            "[species] or [rules], or did you mean 'A'?");
  EXPECT_EQ(understood("Exp(A)"), "0-3: function 'Exp' does not exist. Did you mean 'exp'?");
}

TEST(LawParser, LetsDeclaredNamesWinOverFunctions) {
  LawNames names = names_of_laws();
  names.symbol = [](std::string_view name) -> std::optional<Symbol> {
    if (name == "exp" || name == "time") return Symbol{SymbolKind::parameter, 0};
    return std::nullopt;
  };
  EXPECT_EQ(understood("exp + time", names), "k + k");
  EXPECT_EQ(understood("exp(2)", names),
            "0-3: 'exp' is not a function. For a product write exp * (");
  EXPECT_EQ(understood("ln(exp)", names), "ln(k)");
}

TEST(LawParser, ExplainsOperatorsOfOtherLanguages) {
  EXPECT_EQ(understood("A && B"), "2-4: '&&' is not an operator of laws. Use and");
  EXPECT_EQ(understood("A || B"), "2-4: '||' is not an operator of laws. Use or");
  EXPECT_EQ(understood("A ** 2"), "2-4: '**' is not an operator of laws. Use ^");
  EXPECT_EQ(understood("A = 2"), "2-3: '=' is not an operator of laws. Use ==");
  EXPECT_EQ(understood("!A"), "0-1: '!' is not an operator of laws. Use not");
  EXPECT_EQ(understood("A <> 2"), "2-4: '<>' is not an operator of laws. Use !=");
  EXPECT_EQ(understood("k\u00b7A"), "1-3: '\u00b7' is not an operator of laws. Use *");
  EXPECT_EQ(understood("A % 2"),
            "2-3: '%' cannot be used in a law. "
            "Operators are + - * / ^ < <= > >= == != and or not");
  EXPECT_EQ(understood("+A"), "0-1: laws have no sign '+'. Remove it");
}

TEST(LawParser, ExplainsFunctionsOfOtherLanguages) {
  EXPECT_EQ(understood("if(A > 1, 2, 3)"),
            "0-2: function 'if' does not exist. Use piecewise(value, condition, otherwise)");
  EXPECT_EQ(understood("log(A)"),
            "0-3: 'log' is ambiguous (some tools read base e, others base "
            "10). Use ln or log10");
  EXPECT_EQ(understood("power(A, 2)"), "0-5: function 'power' does not exist. Use pow");
  EXPECT_EQ(understood("sqr(A)"), "0-3: function 'sqr' does not exist. Did you mean 'sqrt'?");
  EXPECT_EQ(understood("Heaviside(A)"),
            "0-9: function 'Heaviside' does not exist. Functions are piecewise min max exp ln "
            "log10 sqrt abs floor ceil pow hill count");
  EXPECT_EQ(understood("exp + 1"),
            "0-3: function 'exp' stands without its arguments. "
            "Write exp(a)");
}

TEST(LawParser, RefusesAnExplicitTime) {
  EXPECT_EQ(understood("k * time"),
            "4-8: an explicit 'time' in a law is not supported (propensities must be constant "
            "between events for the simulation to be exact). Use conditions with 'at', which "
            "change parameters at given times");
  EXPECT_EQ(understood("t"),
            "0-1: an explicit 't' in a law is not supported (propensities must be constant "
            "between events for the simulation to be exact). Use conditions with 'at', which "
            "change parameters at given times");
}

TEST(LawParser, RefusesWrongNumbersOfArguments) {
  EXPECT_EQ(understood("exp()"), "0-3: exp takes 1 argument, not 0. Write exp(a)");
  EXPECT_EQ(understood("hill(A, 2)"), "0-4: hill takes 3 arguments, not 2. Write hill(x, K, n)");
  EXPECT_EQ(understood("min(A)"),
            "0-3: min takes 2 or more arguments, not 1. "
            "Write min(a, b, ...)");
  EXPECT_EQ(understood("piecewise(1, A > 2)"),
            "0-9: piecewise takes an odd number of arguments, not 2. "
            "Write piecewise(value, condition, ..., otherwise)");
  EXPECT_EQ(understood("piecewise(1)"),
            "0-9: piecewise takes 3 or more arguments, not 1. "
            "Write piecewise(value, condition, ..., otherwise)");
}

TEST(LawParser, RefusesChainsOfComparisons) {
  EXPECT_EQ(understood("1 < A < 2"),
            "6-7: comparisons cannot be chained (a < b < c would compare the truth value of "
            "a < b with c). Write a < b and b < c");
  EXPECT_EQ(understood("(1 < A) == (A < 2)"), "(1 < A) == (A < 2)");
  EXPECT_EQ(understood("1 < A and A < 2 and B < 3"), "(1 < A) and (A < 2) and (B < 3)");
}

TEST(LawParser, AllowsCountInObservablesOnly) {
  EXPECT_EQ(understood("count(birth)", names_of_laws()),
            "0-5: count() is allowed in observables only (a propensity depends on the present "
            "state, not on how often a reaction has fired). Add a species that the reaction "
            "produces and use that");
  EXPECT_EQ(understood("count(brth)"),
            "6-10: reaction 'brth' is not defined. "
            "Did you mean 'birth'?");
  EXPECT_EQ(understood("count(birth + 1)"),
            "0-5: count takes the id of one reaction. Write count(reaction)");
  EXPECT_EQ(understood("count("),
            "0-5: count takes the id of one reaction. "
            "Write count(reaction)");
  EXPECT_EQ(understood("count"),
            "0-5: function 'count' stands without its arguments. "
            "Write count(reaction)");
}

TEST(LawParser, ExplainsBrokenSyntax) {
  EXPECT_EQ(understood(""), "0-0: the law is empty. Write an expression");
  EXPECT_EQ(understood("  \n"), "0-0: the law is empty. Write an expression");
  EXPECT_EQ(understood("A +"),
            "3-3: the law ends where a number or name is expected. "
            "Complete it");
  EXPECT_EQ(understood("A * / B"), "4-5: a number or name is missing before '/'. Complete it");
  EXPECT_EQ(understood("(A + B"), "0-1: '(' is not closed. Add ')'");
  EXPECT_EQ(understood("A + B)"), "5-6: ')' without its '('. Remove it or add '('");
  EXPECT_EQ(understood("k A"), "2-3: an operator is missing before 'A'. Write * for a product");
  EXPECT_EQ(understood("2 (A)"), "2-3: an operator is missing before '('. Write * for a product");
  EXPECT_EQ(understood("A(B)"), "0-1: 'A' is not a function. For a product write A * (");
  EXPECT_EQ(understood("1,5 * A"),
            "1-2: ',' outside of a function's arguments. "
            "The decimal sign is a point, as in 1.5");
  EXPECT_EQ(understood("A + not B"),
            "4-7: 'not' cannot stand here (it binds looser than "
            "comparisons). Put it in parentheses");
  EXPECT_EQ(understood("-not B"),
            "1-4: 'not' cannot stand here (it binds looser than "
            "comparisons). Put it in parentheses");
}

TEST(LawParser, ExplainsMalformedNumbers) {
  EXPECT_EQ(understood("2k"),
            "0-2: '2k' is neither a number nor a name (names start with a "
            "letter). For a product write 2 * k");
  EXPECT_EQ(understood("1.2.3"),
            "0-5: '1.2.3' is neither a number nor a name (names start with "
            "a letter). Numbers are written 1, 1.5, 1e-3 or .5");
  EXPECT_EQ(understood("1e400 * A"),
            "0-5: number '1e400' is out of range (numbers are IEEE "
            "double, 5e-324 to 1.8e308). Use another unit");
}

TEST(LawParser, ReportsForeignCharacters) {
  EXPECT_EQ(understood("\u03b1 * A"),
            "0-2: '\u03b1' cannot be used in a law (names consist of A-Z a-z 0-9 _). "
            "Give it an ASCII id and keep the sign in its label");
  EXPECT_EQ(understood(std::string_view("A\0B", 3)),
            "1-2: control character 0x00 in a law. Remove it");
}

TEST(LawParser, ReportsSeveralProblemsOfOneLawInOrder) {
  EXPECT_EQ(understood("k2 * log(A) && x1 ** 2 + exp(1, 2) = y1 + k2 +"),
            "0-2: name 'k2' is not defined. Define it under [parameters], [species] or [rules], "
            "or did you mean 'k'?\n"
            "5-8: 'log' is ambiguous (some tools read base e, others base 10). "
            "Use ln or log10\n"
            "12-14: '&&' is not an operator of laws. Use and\n"
            "15-17: name 'x1' is not defined. Define it under [parameters], [species] or "
            "[rules]\n"
            "18-20: '**' is not an operator of laws. Use ^\n"
            "25-28: exp takes 1 argument, not 2. Write exp(a)\n"
            "35-36: '=' is not an operator of laws. Use ==\n"
            "37-39: name 'y1' is not defined. Define it under [parameters], [species] or "
            "[rules]\n"
            "46-46: the law ends where a number or name is expected. Complete it");
}

TEST(LawParser, RefusesDeepNestingWithoutUsingTheStack) {
  auto const repeated = [](std::string_view part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += part;
    return text;
  };
  std::string const deep = "the law is nested deeper than 200 levels. Split it into [rules]";
  EXPECT_EQ(understood(repeated("(", 90'000)), "200-201: " + deep);
  EXPECT_EQ(understood(repeated("exp(", 20'000)), "803-804: " + deep);
  for (auto const* sign : {"-", "not ", "A^", "A^-", "A/", "(A)^"}) {
    auto const law = parse_law(repeated(sign, 20'000) + "A", names_of_laws());
    ASSERT_EQ(law.problems.size(), 1u) << sign;
    EXPECT_EQ(law.problems[0].problem, "the law is nested deeper than 200 levels");
  }
  EXPECT_EQ(understood(repeated("(", 200) + "A" + repeated(")", 200)), "A");
  EXPECT_TRUE(parse_law(repeated("-", 200) + "A", names_of_laws()).problems.empty());
  EXPECT_EQ(parse_law(repeated("-", 201) + "A", names_of_laws()).problems.size(), 1u);
}

TEST(LawParser, ReadsLongSumsButNotEndlessOnes) {
  std::string text = "A";
  for (int i = 0; i < 9'999; ++i) text += "+B";
  auto const law = parse_law(text, names_of_laws());
  ASSERT_TRUE(law.problems.empty());
  auto const again = parse_law(print(law.expression), names_of_laws());
  EXPECT_TRUE(same_tree(law.expression, again.expression));
  text += "+B+B";
  EXPECT_EQ(understood(text).substr(9),
            "more than 10000 operators follow one another. "
            "Split the law into [rules]");
}

TEST(LawParser, RefusesTextsOverTheLimit) {
  EXPECT_EQ(understood(std::string(100'001, ' ')),
            "0-0: a law of 100001 bytes is too long (the limit is 100000). "
            "Split it into [rules]");
}

TEST(LawParser, ListsAtMostTwentyProblemsOfOneLaw) {
  EXPECT_EQ(parse_law(std::string(50'000, '$'), names_of_laws()).problems.size(), 20u);
}

TEST(LawParser, PrintsNumbersThatReadBackToTheSameBits) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(-320, 308);
  for (int i = 0; i < 1000; ++i) {
    Expression expression;
    expression.nodes.resize(1);
    expression.nodes[0].number = std::pow(10.0, exponent(random));
    auto const law = parse_law(print(expression), names_of_laws());
    ASSERT_TRUE(law.problems.empty()) << print(expression);
    EXPECT_EQ(law.expression.root().number, expression.nodes[0].number);
  }
}

/// A random law in the order in which the parser would create its nodes.
class RandomLaw {
 public:
  explicit RandomLaw(u64 seed) : random_(seed) {}

  Expression make() {
    expression_ = {};
    add(0);
    return expression_;
  }

 private:
  std::mt19937_64 random_;
  Expression expression_;

  u32 draw(u32 count) { return static_cast<u32>(random_() % count); }

  u32 push(NodeKind kind, std::vector<u32> arguments = {}) {
    Node node;
    node.kind = kind;
    node.arguments = std::move(arguments);
    expression_.nodes.push_back(std::move(node));
    return static_cast<u32>(expression_.nodes.size() - 1);
  }

  u32 add(int depth) {
    if (depth > 7 || draw(5) == 0) return add_leaf();
    auto const kind = static_cast<NodeKind>(draw(static_cast<u32>(NodeKind::hill)) + 1);
    switch (kind) {
      case NodeKind::symbol:
      case NodeKind::firings: return add_leaf();
      case NodeKind::negate:
      case NodeKind::logical_not:
      case NodeKind::exponential:
      case NodeKind::logarithm:
      case NodeKind::logarithm10:
      case NodeKind::square_root:
      case NodeKind::absolute:
      case NodeKind::floor:
      case NodeKind::ceiling: return add_call(kind, 1, depth);
      case NodeKind::piecewise: return add_call(kind, 3 + 2 * draw(2), depth);
      case NodeKind::minimum:
      case NodeKind::maximum: return add_call(kind, 2 + draw(3), depth);
      case NodeKind::hill: return add_call(kind, 3, depth);
      default: return add_call(kind, 2, depth);
    }
  }

  u32 add_call(NodeKind kind, u32 count, int depth) {
    std::vector<u32> arguments;
    for (u32 i = 0; i < count; ++i) arguments.push_back(add(depth + 1));
    return push(kind, std::move(arguments));
  }

  u32 add_leaf() {
    u32 const which = draw(5);
    if (which == 0) {
      u32 const node = push(NodeKind::firings);
      expression_.nodes[node].symbol.index = draw(2);
      return node;
    }
    if (which < 3) {
      u32 const node = push(NodeKind::number);
      expression_.nodes[node].number = draw(2) ? draw(100) : draw(1'000'000) * 1.7e-9;
      return node;
    }
    u32 const node = push(NodeKind::symbol);
    auto symbol = symbols.begin();
    std::advance(symbol, draw(static_cast<u32>(symbols.size())));
    expression_.nodes[node].symbol = symbol->second;
    return node;
  }
};

TEST(LawParser, ReadsBackWhatItPrints) {
  RandomLaw laws(20240817);
  for (int i = 0; i < 5000; ++i) {
    Expression const expression = laws.make();
    std::string const text = print(expression);
    auto const law = parse_law(text, names_of_observables());
    ASSERT_TRUE(law.problems.empty()) << text << "\n" << understood(text);
    ASSERT_TRUE(same_tree(expression, law.expression)) << text;
    ASSERT_EQ(print(law.expression), text);
  }
}

TEST(LawParser, SurvivesRandomMutations) {
  std::string const valid =
      "piecewise(k * A ^ -2, A < B and not B >= 1e-3, hill(A, K_m, n) / .5, count(birth)) - -1";
  ASSERT_NE(understood(valid).substr(0, 9), "0-0: the ");
  std::string const pieces = "()+-*/^<>=!&|,. \n\t01eEkAB_tn\x80\xce\xb1\x01\"%;";
  std::mt19937_64 random(11);
  auto const draw = [&](usize count) { return static_cast<usize>(random() % count); };
  for (int i = 0; i < 10'000; ++i) {
    std::string text = valid;
    for (usize edits = 1 + draw(6); edits > 0; --edits) {
      usize const at = draw(text.size());
      switch (draw(4)) {
        case 0: text.erase(at, 1 + draw(5)); break;
        case 1: text.insert(at, 1, pieces[draw(pieces.size())]); break;
        case 2: text[at] = pieces[draw(pieces.size())]; break;
        default: text.insert(at, text.substr(draw(text.size()), draw(10))); break;
      }
      if (text.empty()) text = "A";
    }
    auto const law = parse_law(text, names_of_observables());
    ASSERT_EQ(law.expression.empty(), !law.problems.empty()) << text;
    for (auto const& problem : law.problems) {
      ASSERT_LE(problem.span.begin, problem.span.end) << text;
      ASSERT_LE(problem.span.end, text.size()) << text;
    }
    if (law.problems.empty()) {
      auto const again = parse_law(print(law.expression), names_of_observables());
      ASSERT_TRUE(same_tree(law.expression, again.expression)) << text;
    }
  }
}

}  // namespace
}  // namespace cristae
