// host/model/law_graph.hpp - all laws of a network in the canonical form whose float32 value is the contract.
//
// Rules of the form (docs/mathematics.md): subexpressions over parameters and numbers only are
// constants, computed in double and rounded once; a product or quotient is flattened into one
// constant times its varying factors in the order written, over its varying divisors; a sum is one
// constant plus its varying terms in the order written; hill(x, K, n) = w / (1 + w) with
// w = clamp(x / K)^n; mass action is the product k / n! * x (x - 1) ... Equal subexpressions are
// one node. The form depends on the network's text only, never on parameter values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/model/network.hpp"

namespace cristae {

// clang-format off
enum class LawOp : u8 {
  constant,    ///< `constant`
  species,     ///< copy number `index`
  product,     ///< constant * a * b * ..., from the left
  quotient,    ///< a / b
  sum,         ///< constant + a - b ..., from the left; `negative` marks subtracted terms
  power,       ///< a ^ b; b constant or varying
  saturate,    ///< a / (1 + a)
  minimum, maximum,
  exponential, logarithm, square_root, absolute, floor, ceiling,
  less, less_equal, equal,
  logical_and, logical_or, logical_not,
  choose,      ///< a != 0 ? b : c
};
// clang-format on

inline constexpr u32 no_constant = ~u32{0};

/// One varying value (or a constant where an operand must be one). Arguments stand before users.
struct LawNode {
  LawOp op = LawOp::constant;
  u32 index = 0;               ///< species
  u32 constant = no_constant;  ///< index into LawGraph::constants; optional for product and sum
  std::vector<u32> arguments;
  std::vector<bool> negative;  ///< of a sum's arguments

  auto operator<=>(LawNode const&) const = default;
};

/// A value that depends on parameters only, evaluated in double.
struct ConstantNode {
  NodeKind kind = NodeKind::number;
  double number = 0;
  u32 parameter = no_constant;  ///< for NodeKind::symbol
  std::vector<u32> arguments;   ///< constants

  auto operator<=>(ConstantNode const&) const = default;
};

struct LawGraph {
  std::vector<LawNode> nodes;
  std::vector<ConstantNode> constants;
  std::vector<u32> propensities;  ///< node of each reaction
  /// Constants that must be > 0 (K and n of hill), with what they are for error texts.
  struct Positive {
    u32 constant;
    u32 reaction;
    char const* what;
  };
  std::vector<Positive> positive;
};

LawGraph build_law_graph(Network const& network);

/// One constant, where those that it depends on are in `values`.
double evaluate_constant(ConstantNode const& constant, std::vector<double> const& values,
                         std::vector<double> const& parameters);

/// All constants of a graph for given parameter values, in double.
std::vector<double> evaluate_constants(LawGraph const& graph,
                                       std::vector<double> const& parameters);

}  // namespace cristae
