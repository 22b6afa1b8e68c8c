// host/io/formula.cpp - trees over names: texts, values, products without needless factors.
#include "host/io/formula.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

/// A formula as an expression whose symbols are parameters, numbered in `names`.
class Numbered {
 public:
  explicit Numbered(Formula const& formula) { add(formula); }

  Expression expression;
  std::vector<std::string> names;

 private:
  u32 add(Formula const& formula) {
    Node node;
    node.kind = formula.kind;
    node.number = formula.number;
    for (auto const& argument : formula.arguments) node.arguments.push_back(add(argument));
    if (formula.kind == NodeKind::symbol) {
      auto const found = std::find(names.begin(), names.end(), formula.name);
      node.symbol = {SymbolKind::parameter, static_cast<u32>(found - names.begin())};
      if (found == names.end()) names.push_back(formula.name);
    }
    expression.nodes.push_back(std::move(node));
    return static_cast<u32>(expression.nodes.size() - 1);
  }
};

/// coefficient * above[0] * above[1] ... / (below[0] * below[1] ...)
struct Product {
  double coefficient = 1;
  std::vector<Formula> above, below;
};

enum class Side : u8 { above, below };

void collect(Formula const& formula, Side side, Product& product) {
  auto const other = side == Side::above ? Side::below : Side::above;
  switch (formula.kind) {
    case NodeKind::number:
      if (side == Side::above)
        product.coefficient *= formula.number;
      else
        product.coefficient /= formula.number;
      return;
    case NodeKind::negate:
      product.coefficient = -product.coefficient;
      collect(formula.arguments[0], side, product);
      return;
    case NodeKind::multiply:
      for (auto const& argument : formula.arguments) collect(argument, side, product);
      return;
    case NodeKind::divide:
      collect(formula.arguments[0], side, product);
      collect(formula.arguments[1], other, product);
      return;
    default: break;
  }
  std::set<std::string> names;
  add_names(formula, names);
  if (names.empty()) {
    collect(number_formula(value_of(formula, [](std::string const&) { return 0.0; })), side,
            product);
    return;
  }
  (side == Side::above ? product.above : product.below).push_back(formula);
}

void cancel(Product& product) {
  for (usize i = 0; i < product.below.size();) {
    auto const same = std::find(product.above.begin(), product.above.end(), product.below[i]);
    if (same == product.above.end()) {
      ++i;
      continue;
    }
    product.above.erase(same);
    product.below.erase(product.below.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

Formula multiplied(std::vector<Formula> factors) {
  Formula result = std::move(factors.front());
  for (usize i = 1; i < factors.size(); ++i)
    result = join(NodeKind::multiply, std::move(result), std::move(factors[i]));
  return result;
}

}  // namespace

Formula number_formula(double value) {
  Formula formula;
  formula.number = value;
  return formula;
}

Formula name_formula(std::string name) {
  Formula formula;
  formula.kind = NodeKind::symbol;
  formula.name = std::move(name);
  return formula;
}

Formula join(NodeKind kind, Formula left, Formula right) {
  Formula formula;
  formula.kind = kind;
  formula.arguments.reserve(2);
  formula.arguments.push_back(std::move(left));
  formula.arguments.push_back(std::move(right));
  return formula;
}

Formula join(NodeKind kind, Formula argument) {
  Formula formula;
  formula.kind = kind;
  formula.arguments.push_back(std::move(argument));
  return formula;
}

std::string to_text(Formula const& formula) {
  Numbered const numbered(formula);
  return print_law(
      numbered.expression, [&](Symbol symbol) { return numbered.names[symbol.index]; },
      [](u32) { return std::string(); });
}

Formula formula_of(Expression const& expression, std::function<std::string(Symbol)> const& name) {
  std::vector<Formula> formulas(expression.nodes.size());
  for (usize i = 0; i < expression.nodes.size(); ++i) {
    auto const& node = expression.nodes[i];
    auto& formula = formulas[i];
    formula.kind = node.kind;
    formula.number = node.number;
    if (node.kind == NodeKind::symbol) formula.name = name(node.symbol);
    for (u32 const argument : node.arguments)
      formula.arguments.push_back(std::move(formulas[argument]));
  }
  return std::move(formulas.back());
}

ReadFormula read_formula(std::string_view text,
                         std::function<bool(std::string_view)> const& is_name,
                         std::vector<std::string> const& names) {
  std::vector<std::string> seen;
  LawNames known;
  known.names = names;
  known.symbol = [&](std::string_view name) -> std::optional<Symbol> {
    if (!is_name(name)) return std::nullopt;
    auto const found = std::find(seen.begin(), seen.end(), name);
    auto const index = static_cast<u32>(found - seen.begin());
    if (found == seen.end()) seen.emplace_back(name);
    return Symbol{SymbolKind::parameter, index};
  };
  auto law = parse_law(text, known);
  if (!law.problems.empty()) return {std::nullopt, std::move(law.problems)};
  return {formula_of(law.expression, [&](Symbol symbol) { return seen[symbol.index]; }), {}};
}

Formula replaced(Formula const& formula,
                 std::function<Formula(std::string const&)> const& replacement) {
  if (formula.kind == NodeKind::symbol) return replacement(formula.name);
  Formula result;
  result.kind = formula.kind;
  result.number = formula.number;
  for (auto const& argument : formula.arguments)
    result.arguments.push_back(replaced(argument, replacement));
  return result;
}

FormulaSize size_of(Formula const& formula) {
  FormulaSize size;
  for (auto const& argument : formula.arguments) {
    auto const [nodes, depth] = size_of(argument);
    size.nodes += nodes;
    size.depth = std::max(size.depth, depth);
  }
  return {size.nodes + 1, size.depth + 1};
}

void add_names(Formula const& formula, std::set<std::string>& names) {
  if (formula.kind == NodeKind::symbol) names.insert(formula.name);
  for (auto const& argument : formula.arguments) add_names(argument, names);
}

bool uses(Formula const& formula, std::function<bool(std::string const&)> const& is_meant) {
  if (formula.kind == NodeKind::symbol && is_meant(formula.name)) return true;
  return std::any_of(formula.arguments.begin(), formula.arguments.end(),
                     [&](Formula const& argument) { return uses(argument, is_meant); });
}

double value_of(Formula const& formula, std::function<double(std::string const&)> const& value) {
  Numbered const numbered(formula);
  std::vector<double> values;
  for (auto const& name : numbered.names) values.push_back(value(name));
  return evaluate(numbered.expression, {{}, values, {}, {}});
}

Formula simplified(Formula const& formula) {
  Product product;
  collect(formula, Side::above, product);
  cancel(product);
  if (product.above.empty() || product.coefficient != 1)
    product.above.insert(product.above.begin(), number_formula(product.coefficient));
  Formula above = multiplied(std::move(product.above));
  if (product.below.empty()) return above;
  return join(NodeKind::divide, std::move(above), multiplied(std::move(product.below)));
}

}  // namespace cristae
