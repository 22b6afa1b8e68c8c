// host/model/expression.hpp - the syntax tree of a rate law, rule or observable.
#pragma once

#include <string>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// Half-open range of bytes in the text of one law.
struct Span {
  u32 begin = 0;
  u32 end = 0;
};

// clang-format off
enum class NodeKind : u8 {
  number,     ///< `number`
  symbol,     ///< `symbol` after resolution
  firings,    ///< count(reaction): how often the reaction has fired; `symbol.index` = reaction
  negate,     ///< -a
  add, subtract, multiply, divide,
  power,      ///< a^b, pow(a, b)
  less, less_equal, greater, greater_equal, equal, not_equal,  ///< 1 or 0
  logical_and, logical_or, logical_not,                        ///< arguments and result 0 or not 0
  piecewise,  ///< value1, condition1, value2, condition2, ..., otherwise
  minimum, maximum,  ///< two or more arguments
  exponential, logarithm, logarithm10, square_root, absolute, floor, ceiling,
  hill,       ///< hill(x, K, n) = x^n / (K^n + x^n), 0 for x <= 0
};
// clang-format on

/// Whether its value is 1 or 0.
inline bool is_truth(NodeKind kind) {
  return NodeKind::less <= kind && kind <= NodeKind::logical_not;
}

/// time: in expressions of events only, without an index.
enum class SymbolKind : u8 { unresolved, species, parameter, rule, time };

/// What a name in a law stands for: an index into the network's species, parameters or rules.
struct Symbol {
  SymbolKind kind = SymbolKind::unresolved;
  u32 index = 0;
};

struct Node {
  NodeKind kind = NodeKind::number;
  double number = 0;
  Symbol symbol;
  std::vector<u32> arguments;  ///< node indices
  Span span;
};

/// A law as written: its text and its tree. Nodes are in an order in which every argument stands
/// before the node that uses it; the last node is the root.
struct Expression {
  std::string text;
  std::vector<Node> nodes;

  Node const& root() const { return nodes.back(); }
  bool empty() const { return nodes.empty(); }
};

}  // namespace cristae
