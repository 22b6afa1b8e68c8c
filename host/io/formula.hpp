// host/io/formula.hpp - a formula of another format on the way to a law: a tree over names.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/expression.hpp"
#include "host/model/law_parser.hpp"

namespace cristae {

/// As Node of an expression, with names in the place of indices. No `firings`.
struct Formula {
  NodeKind kind = NodeKind::number;
  double number = 0;
  std::string name;  ///< of a symbol
  std::vector<Formula> arguments;

  bool operator==(Formula const&) const = default;
  bool is_number(double value) const { return kind == NodeKind::number && number == value; }
};

/// The name of the time in the formulas of a model, whose own ids may be anything.
inline constexpr char const* model_time = "<time>";

Formula number_formula(double value);
Formula name_formula(std::string name);
Formula join(NodeKind kind, Formula left, Formula right);
Formula join(NodeKind kind, Formula argument);

/// The text that parse_law reads as this tree.
std::string to_text(Formula const& formula);

/// The tree of an expression whose symbols are named by `name`.
Formula formula_of(Expression const& expression, std::function<std::string(Symbol)> const& name);

/// What a text of the law language says over `names`; the problems of it otherwise.
struct ReadFormula {
  std::optional<Formula> formula;
  std::vector<LawProblem> problems;
};
ReadFormula read_formula(std::string_view text,
                         std::function<bool(std::string_view)> const& is_name,
                         std::vector<std::string> const& names = {});

/// Every name becomes what `replacement` gives for it.
Formula replaced(Formula const& formula,
                 std::function<Formula(std::string const&)> const& replacement);

/// How many nodes the tree has, and how many levels.
struct FormulaSize {
  usize nodes = 0;
  usize depth = 0;
};
FormulaSize size_of(Formula const& formula);

void add_names(Formula const& formula, std::set<std::string>& names);
bool uses(Formula const& formula, std::function<bool(std::string const&)> const& is_meant);

/// By the rules of evaluate().
double value_of(Formula const& formula, std::function<double(std::string const&)> const& value);

/// The same value (where it is defined) with numbers multiplied out and factors that stand above
/// and below a fraction line cancelled; only products, quotients and signs are looked into.
Formula simplified(Formula const& formula);

}  // namespace cristae
