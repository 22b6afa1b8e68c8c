// host/model/law_parser.hpp - text of a law to its tree, by precedence climbing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/expression.hpp"

namespace cristae {

/// A finding within the text of a law; the reader turns `span` into line and column.
struct LawProblem {
  Span span;
  std::string problem;
  std::string reason;
  std::string fix;
};

/// What the parser asks of its surroundings.
struct LawNames {
  /// The symbol behind a name, or nothing. Declared names win over functions and constants.
  std::function<std::optional<Symbol>(std::string_view)> symbol;
  /// The index of a reaction for count(reaction), or nothing; empty where count() is not allowed.
  std::function<std::optional<u32>(std::string_view)> reaction;
  /// All declared names, for "did you mean".
  std::vector<std::string> names;
  std::vector<std::string> reaction_names;
};

struct ParsedLaw {
  Expression expression;             ///< empty if there are problems
  std::vector<LawProblem> problems;  ///< all that could be found in one pass
};

/// Grammar, loosest first: or; and; not; < <= > >= == !=; + -; * /; unary -; ^ (right
/// associative, binds tighter than unary minus on its left); numbers, names, calls, parentheses.
/// Functions: piecewise min max exp ln log10 sqrt abs floor ceil pow hill count.
/// `time` is refused by name (a law that depends on time explicitly cannot yet be run exactly).
ParsedLaw parse_law(std::string_view text, LawNames const& names);

/// The law as the parser understood it, fully parenthesised: parse_law(print_law(e)) == e.
std::string print_law(Expression const& expression,
                      std::function<std::string(Symbol)> const& symbol_name,
                      std::function<std::string(u32)> const& reaction_name);

}  // namespace cristae
