// tests/model/evaluate_test.cpp - every node kind by values worked out by hand.
#include "host/model/evaluate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace cristae {
namespace {

double const infinity = std::numeric_limits<double>::infinity();
double const not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Builds trees by hand, so that these tests need no parser.
struct Builder {
  Expression expression;

  u32 number(double value) {
    Node node;
    node.number = value;
    expression.nodes.push_back(node);
    return last();
  }
  u32 symbol(SymbolKind kind, u32 index) {
    Node node;
    node.kind = NodeKind::symbol;
    node.symbol = {kind, index};
    expression.nodes.push_back(node);
    return last();
  }
  u32 firings(u32 reaction) {
    Node node;
    node.kind = NodeKind::firings;
    node.symbol.index = reaction;
    expression.nodes.push_back(node);
    return last();
  }
  u32 apply(NodeKind kind, std::vector<u32> arguments) {
    Node node;
    node.kind = kind;
    node.arguments = std::move(arguments);
    expression.nodes.push_back(node);
    return last();
  }
  u32 last() const { return static_cast<u32>(expression.nodes.size() - 1); }
};

double applied(NodeKind kind, std::vector<double> const& values) {
  Builder builder;
  std::vector<u32> arguments;
  for (double const value : values) arguments.push_back(builder.number(value));
  builder.apply(kind, arguments);
  return evaluate(builder.expression, {});
}

TEST(Evaluate, ArithmeticMeansWhatItSays) {
  EXPECT_EQ(applied(NodeKind::negate, {2.5}), -2.5);
  EXPECT_EQ(applied(NodeKind::add, {2, 3}), 5);
  EXPECT_EQ(applied(NodeKind::subtract, {2, 3}), -1);
  EXPECT_EQ(applied(NodeKind::multiply, {2, 3}), 6);
  EXPECT_EQ(applied(NodeKind::divide, {3, 2}), 1.5);
  EXPECT_EQ(applied(NodeKind::divide, {1, 0}), infinity);
  EXPECT_EQ(applied(NodeKind::power, {2, 10}), 1024);
  EXPECT_EQ(applied(NodeKind::power, {9, 0.5}), 3);
}

TEST(Evaluate, FunctionsMeanWhatTheySay) {
  EXPECT_EQ(applied(NodeKind::exponential, {0}), 1);
  EXPECT_EQ(applied(NodeKind::logarithm, {1}), 0);
  EXPECT_EQ(applied(NodeKind::logarithm10, {1000}), 3);
  EXPECT_EQ(applied(NodeKind::square_root, {16}), 4);
  EXPECT_EQ(applied(NodeKind::absolute, {-4}), 4);
  EXPECT_EQ(applied(NodeKind::floor, {-1.5}), -2);
  EXPECT_EQ(applied(NodeKind::ceiling, {-1.5}), -1);
  EXPECT_EQ(applied(NodeKind::minimum, {3, 1, 2}), 1);
  EXPECT_EQ(applied(NodeKind::maximum, {3, 1, 4, 2}), 4);
}

TEST(Evaluate, ComparisonsGiveOneOrZero) {
  EXPECT_EQ(applied(NodeKind::less, {1, 2}), 1);
  EXPECT_EQ(applied(NodeKind::less, {2, 2}), 0);
  EXPECT_EQ(applied(NodeKind::less_equal, {2, 2}), 1);
  EXPECT_EQ(applied(NodeKind::greater, {2, 2}), 0);
  EXPECT_EQ(applied(NodeKind::greater_equal, {2, 2}), 1);
  EXPECT_EQ(applied(NodeKind::equal, {2, 2}), 1);
  EXPECT_EQ(applied(NodeKind::not_equal, {2, 2}), 0);
}

TEST(Evaluate, EveryValueButZeroIsTrue) {
  EXPECT_EQ(applied(NodeKind::logical_and, {-0.5, 2}), 1);
  EXPECT_EQ(applied(NodeKind::logical_and, {1, 0}), 0);
  EXPECT_EQ(applied(NodeKind::logical_or, {0, 7}), 1);
  EXPECT_EQ(applied(NodeKind::logical_or, {0, 0}), 0);
  EXPECT_EQ(applied(NodeKind::logical_not, {0}), 1);
  EXPECT_EQ(applied(NodeKind::logical_not, {3}), 0);
}

TEST(Evaluate, PiecewiseTakesTheFirstTrueCondition) {
  EXPECT_EQ(applied(NodeKind::piecewise, {10, 0, 20, 1, 30, 1, 40}), 20);
  EXPECT_EQ(applied(NodeKind::piecewise, {10, 0, 20, 0, 40}), 40);
}

TEST(Evaluate, MinimumAndMaximumOfNaNAreNaN) {
  EXPECT_TRUE(std::isnan(applied(NodeKind::minimum, {1, not_a_number, 2})));
  EXPECT_TRUE(std::isnan(applied(NodeKind::maximum, {not_a_number, 2})));
}

TEST(Evaluate, HillIsZeroWithoutTheActivatorAndNeverOverflows) {
  EXPECT_EQ(applied(NodeKind::hill, {0, 10, 4}), 0);
  EXPECT_EQ(applied(NodeKind::hill, {-3, 10, 4}), 0);
  EXPECT_EQ(applied(NodeKind::hill, {10, 10, 4}), 0.5);
  EXPECT_DOUBLE_EQ(applied(NodeKind::hill, {20, 10, 2}), 0.8);
  EXPECT_EQ(applied(NodeKind::hill, {1e300, 1, 8}), 1);
  EXPECT_EQ(applied(NodeKind::hill, {1e-300, 1, 8}), 0);
}

TEST(Evaluate, SymbolsReadTheirOwnTables) {
  Builder builder;
  u32 const a = builder.symbol(SymbolKind::species, 1);
  u32 const b = builder.symbol(SymbolKind::parameter, 0);
  u32 const c = builder.symbol(SymbolKind::rule, 2);
  u32 const d = builder.firings(3);
  u32 const ab = builder.apply(NodeKind::multiply, {a, b});
  u32 const cd = builder.apply(NodeKind::multiply, {c, d});
  builder.apply(NodeKind::add, {ab, cd});
  std::vector<double> const species{0, 2}, parameters{3}, rules{0, 0, 5}, firings{0, 0, 0, 7};
  EXPECT_EQ(evaluate(builder.expression, {species, parameters, rules, firings}), 41);
}

TEST(Evaluate, RulesAreTakenInTheirOrderOfUse) {
  Network network;
  network.rules.resize(2);
  Builder doubled;  // rule 0 = 2 * rule 1
  u32 const two = doubled.number(2);
  u32 const other = doubled.symbol(SymbolKind::rule, 1);
  doubled.apply(NodeKind::multiply, {two, other});
  Builder plain;  // rule 1 = species 0
  plain.symbol(SymbolKind::species, 0);
  network.rules[0].expression = doubled.expression;
  network.rules[1].expression = plain.expression;
  network.rule_order = {1, 0};
  std::vector<double> const species{21};
  EXPECT_EQ(evaluate_rules(network, {species, {}, {}, {}}), (std::vector<double>{42, 21}));
}

TEST(Evaluate, MissingValuesAreErrorsOfTheProgram) {
  Builder builder;
  builder.symbol(SymbolKind::species, 4);
  EXPECT_THROW(evaluate(builder.expression, {}), std::logic_error);
  Builder unresolved;
  unresolved.symbol(SymbolKind::unresolved, 0);
  EXPECT_THROW(evaluate(unresolved.expression, {}), std::logic_error);
  EXPECT_THROW(evaluate(Expression{}, {}), std::logic_error);
}

}  // namespace
}  // namespace cristae
