// host/io/sbml_math.cpp - one case per MathML element; what laws cannot say is refused by name.
#include "host/io/sbml_math.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "host/base/words.hpp"
#include "host/io/toml_fields.hpp"

namespace cristae {
namespace {

constexpr usize max_nodes = 200'000;  // of one formula, its functions put in
constexpr usize max_depth = 1000;     // libSBML nests long sums, too
constexpr usize max_calls = 100;      // of functions that call one another

struct Named {
  ASTNodeType_t type;
  char const* name;
  double (*value)(double);
};

struct NamedOfTwo {
  ASTNodeType_t type;
  char const* name;
  double (*value)(double, double);
};

/// Of whole numbers; what is beyond doubles is infinite.
double factorial(double n) {
  constexpr double largest = 170;
  if (!(n >= 0) || n != std::floor(n)) return std::nan("");
  double result = n > largest ? HUGE_VAL : 1;
  for (double i = 2; i <= std::min(n, largest); ++i) result *= i;
  return result;
}

/// Functions that laws do not have: read where their arguments are numbers.
constexpr std::array<Named, 25> elementary{{
    {AST_FUNCTION_SIN, "sin", [](double x) { return std::sin(x); }},
    {AST_FUNCTION_COS, "cos", [](double x) { return std::cos(x); }},
    {AST_FUNCTION_TAN, "tan", [](double x) { return std::tan(x); }},
    {AST_FUNCTION_SEC, "sec", [](double x) { return 1 / std::cos(x); }},
    {AST_FUNCTION_CSC, "csc", [](double x) { return 1 / std::sin(x); }},
    {AST_FUNCTION_COT, "cot", [](double x) { return 1 / std::tan(x); }},
    {AST_FUNCTION_SINH, "sinh", [](double x) { return std::sinh(x); }},
    {AST_FUNCTION_COSH, "cosh", [](double x) { return std::cosh(x); }},
    {AST_FUNCTION_TANH, "tanh", [](double x) { return std::tanh(x); }},
    {AST_FUNCTION_SECH, "sech", [](double x) { return 1 / std::cosh(x); }},
    {AST_FUNCTION_CSCH, "csch", [](double x) { return 1 / std::sinh(x); }},
    {AST_FUNCTION_COTH, "coth", [](double x) { return 1 / std::tanh(x); }},
    {AST_FUNCTION_ARCSIN, "arcsin", [](double x) { return std::asin(x); }},
    {AST_FUNCTION_ARCCOS, "arccos", [](double x) { return std::acos(x); }},
    {AST_FUNCTION_ARCTAN, "arctan", [](double x) { return std::atan(x); }},
    {AST_FUNCTION_ARCSEC, "arcsec", [](double x) { return std::acos(1 / x); }},
    {AST_FUNCTION_ARCCSC, "arccsc", [](double x) { return std::asin(1 / x); }},
    {AST_FUNCTION_ARCCOT, "arccot", [](double x) { return std::atan(1 / x); }},
    {AST_FUNCTION_ARCSINH, "arcsinh", [](double x) { return std::asinh(x); }},
    {AST_FUNCTION_ARCCOSH, "arccosh", [](double x) { return std::acosh(x); }},
    {AST_FUNCTION_ARCTANH, "arctanh", [](double x) { return std::atanh(x); }},
    {AST_FUNCTION_ARCSECH, "arcsech", [](double x) { return std::acosh(1 / x); }},
    {AST_FUNCTION_ARCCSCH, "arccsch", [](double x) { return std::asinh(1 / x); }},
    {AST_FUNCTION_ARCCOTH, "arccoth", [](double x) { return std::atanh(1 / x); }},
    {AST_FUNCTION_FACTORIAL, "factorial", factorial},
}};

/// What is left of a division has the sign of what is divided.
constexpr std::array<NamedOfTwo, 2> elementary_of_two{{
    {AST_FUNCTION_QUOTIENT, "quotient",
     [](double a, double b) { return std::round((a - std::fmod(a, b)) / b); }},
    {AST_FUNCTION_REM, "rem", [](double a, double b) { return std::fmod(a, b); }},
}};

[[noreturn]] void refuse(std::string what, std::string reason, std::string fix) {
  throw MathProblem{std::move(what), std::move(reason), std::move(fix)};
}

class MathReader {
 public:
  MathReader(::Model const& model, MathNames const& names) : model_(model), names_(names) {}

  Formula read(::ASTNode const& node) {
    if (++nodes_ > max_nodes || depth_ >= max_depth) refuse_size();
    ++depth_;
    auto result = read_chain_or_node(node);
    --depth_;
    return result;
  }

 private:
  [[noreturn, gnu::noinline]] void refuse_size() const {
    if (nodes_ > max_nodes)
      refuse(fmt::format("a formula has more than {} parts with its functions put in", max_nodes),
             "", "Split it by rules");
    refuse(fmt::format("a formula is nested deeper than {} levels", max_depth), "",
           "Split it by rules");
  }

  /// libSBML nests the terms of long sums and products, which are the deepest formulas by that: they
  /// go without the frame of all the others on the stack.
  Formula read_chain_or_node(::ASTNode const& node) {
    auto const type = node.getType();
    if (type == AST_PLUS) return chain(node, NodeKind::add, 0);
    if (type == AST_TIMES) return chain(node, NodeKind::multiply, 1);
    return read_node(node);
  }

  [[gnu::noinline]] Formula read_node(::ASTNode const& node) {
    switch (node.getType()) {
      case AST_INTEGER: return number(static_cast<double>(node.getInteger()));
      case AST_REAL_E: return scientific(node);
      case AST_REAL:
      case AST_RATIONAL: return number(node.getReal());
      case AST_NAME: return name(text_of(node));
      case AST_NAME_TIME: return name_formula(model_time);
      case AST_NAME_AVOGADRO: return number(sbml_avogadro);
      case AST_CONSTANT_E: return number(std::numbers::e);
      case AST_CONSTANT_PI: return number(std::numbers::pi);
      case AST_CONSTANT_TRUE: return number(1);
      case AST_CONSTANT_FALSE: return number(0);
      case AST_MINUS:
        if (node.getNumChildren() == 1) return join(NodeKind::negate, argument(node, 0));
        return binary(node, NodeKind::subtract);
      case AST_DIVIDE: return binary(node, NodeKind::divide);
      case AST_POWER:
      case AST_FUNCTION_POWER: return binary(node, NodeKind::power);
      case AST_FUNCTION_ROOT: return root(node);
      case AST_FUNCTION_EXP: return unary(node, NodeKind::exponential);
      case AST_FUNCTION_LN: return unary(node, NodeKind::logarithm);
      case AST_FUNCTION_LOG: return logarithm(node);
      case AST_FUNCTION_ABS: return unary(node, NodeKind::absolute);
      case AST_FUNCTION_FLOOR: return unary(node, NodeKind::floor);
      case AST_FUNCTION_CEILING: return unary(node, NodeKind::ceiling);
      case AST_FUNCTION_MIN: return many(node, NodeKind::minimum);
      case AST_FUNCTION_MAX: return many(node, NodeKind::maximum);
      case AST_FUNCTION_PIECEWISE: return piecewise(node);
      case AST_RELATIONAL_LT: return comparisons(node, NodeKind::less);
      case AST_RELATIONAL_LEQ: return comparisons(node, NodeKind::less_equal);
      case AST_RELATIONAL_GT: return comparisons(node, NodeKind::greater);
      case AST_RELATIONAL_GEQ: return comparisons(node, NodeKind::greater_equal);
      case AST_RELATIONAL_EQ: return comparisons(node, NodeKind::equal);
      case AST_RELATIONAL_NEQ: return binary(node, NodeKind::not_equal);
      case AST_LOGICAL_AND: return truths(node, NodeKind::logical_and, 1);
      case AST_LOGICAL_OR: return truths(node, NodeKind::logical_or, 0);
      case AST_LOGICAL_NOT: return unary(node, NodeKind::logical_not);
      case AST_LOGICAL_XOR: return exclusive_or(node);
      case AST_LOGICAL_IMPLIES:
        require(node, 2);
        return join(NodeKind::logical_or, join(NodeKind::logical_not, argument(node, 0)),
                    argument(node, 1));
      case AST_FUNCTION: return call(node);
      case AST_FUNCTION_DELAY:
        refuse("delay() stands in a formula", "a propensity depends on the present state alone",
               "Write the delay as further species and reactions");
      case AST_FUNCTION_RATE_OF:
        refuse("rateOf stands in a formula", "counts that jump have no rate of change",
               "Write the rate out");
      default: return elementary_function(node);
    }
  }

  ::Model const& model_;
  MathNames const& names_;
  usize nodes_ = 0, depth_ = 0;
  std::vector<std::string> calls_;                     ///< functions that are being put in
  std::vector<std::map<std::string, Formula>> bound_;  ///< their arguments

  static std::string text_of(::ASTNode const& node) {
    auto const* text = node.getName();
    return text ? text : "";
  }

  static Formula number(double value) {
    if (!std::isfinite(value))
      refuse("an infinite or undefined number stands in a formula", "laws have finite numbers",
             "Write a finite number");
    if (std::signbit(value)) return join(NodeKind::negate, number_formula(-value));
    return number_formula(value);
  }

  /// mantissa * 10^exponent, rounded once.
  static Formula scientific(::ASTNode const& node) {
    auto const text = fmt::format("{}e{}", node.getMantissa(), node.getExponent());
    return number(number_in(text).value_or(node.getReal()));
  }

  Formula name(std::string const& name) {
    if (!bound_.empty()) {
      // The body of a function sees its arguments alone.
      auto const found = bound_.back().find(name);
      if (found == bound_.back().end())
        refuse(fmt::format("{} is no argument of function {}", cristae::quoted(name),
                           cristae::quoted(calls_.back())),
               "a function reads only its arguments", "Make it one");
      nodes_ += size_of(found->second).nodes;
      return found->second;
    }
    auto const found = names_.find(name);
    return found == names_.end() ? name_formula(name) : found->second;
  }

  static void require(::ASTNode const& node, unsigned count) {
    if (node.getNumChildren() == count) return;
    refuse(fmt::format("a formula has {} argument{} where {} are needed", node.getNumChildren(),
                       node.getNumChildren() == 1 ? "" : "s", count),
           "", "Correct the MathML");
  }

  Formula argument(::ASTNode const& node, unsigned i) { return read(*node.getChild(i)); }

  Formula unary(::ASTNode const& node, NodeKind kind) {
    require(node, 1);
    return join(kind, argument(node, 0));
  }

  Formula binary(::ASTNode const& node, NodeKind kind) {
    require(node, 2);
    return join(kind, argument(node, 0), argument(node, 1));
  }

  /// plus, times of any number of arguments; `empty` is the value of none.
  Formula chain(::ASTNode const& node, NodeKind kind, double empty) {
    if (node.getNumChildren() == 0) return number(empty);
    auto result = argument(node, 0);
    for (unsigned i = 1; i < node.getNumChildren(); ++i)
      result = join(kind, std::move(result), argument(node, i));
    return result;
  }

  /// and, or. Of one number it is a truth, too: and(5) is 1.
  Formula truths(::ASTNode const& node, NodeKind kind, double empty) {
    auto result = chain(node, kind, empty);
    if (node.getNumChildren() != 1 || is_truth(result.kind)) return result;
    return join(NodeKind::not_equal, std::move(result), number_formula(0));
  }

  Formula many(::ASTNode const& node, NodeKind kind) {
    if (node.getNumChildren() == 0) require(node, 2);
    if (node.getNumChildren() == 1) return argument(node, 0);
    Formula result;
    result.kind = kind;
    for (unsigned i = 0; i < node.getNumChildren(); ++i)
      result.arguments.push_back(argument(node, i));
    return result;
  }

  /// a < b < c is a < b and b < c.
  Formula comparisons(::ASTNode const& node, NodeKind kind) {
    if (node.getNumChildren() < 2) require(node, 2);
    auto result = join(kind, argument(node, 0), argument(node, 1));
    for (unsigned i = 1; i + 1 < node.getNumChildren(); ++i)
      result = join(NodeKind::logical_and, std::move(result),
                    join(kind, argument(node, i), argument(node, i + 1)));
    return result;
  }

  Formula exclusive_or(::ASTNode const& node) {
    if (node.getNumChildren() == 0) return number(0);
    auto const truth = [&](unsigned i) {
      return join(NodeKind::not_equal, argument(node, i), number_formula(0));
    };
    auto result = truth(0);
    for (unsigned i = 1; i < node.getNumChildren(); ++i)
      result = join(NodeKind::not_equal, std::move(result), truth(i));
    return result;
  }

  Formula root(::ASTNode const& node) {
    if (node.getNumChildren() == 1) return join(NodeKind::square_root, argument(node, 0));
    require(node, 2);  // the degree stands first
    auto degree = argument(node, 0);
    auto base = argument(node, 1);
    if (degree.is_number(2)) return join(NodeKind::square_root, std::move(base));
    return join(NodeKind::power, std::move(base),
                join(NodeKind::divide, number_formula(1), std::move(degree)));
  }

  Formula logarithm(::ASTNode const& node) {
    if (node.getNumChildren() == 1) return join(NodeKind::logarithm10, argument(node, 0));
    require(node, 2);  // the base stands first
    auto base = argument(node, 0);
    auto of = argument(node, 1);
    if (base.is_number(10)) return join(NodeKind::logarithm10, std::move(of));
    return join(NodeKind::divide, join(NodeKind::logarithm, std::move(of)),
                join(NodeKind::logarithm, std::move(base)));
  }

  Formula piecewise(::ASTNode const& node) {
    auto const count = node.getNumChildren();
    if (count % 2 == 0)
      refuse("a piecewise function has no 'otherwise'",
             "its value is undefined where no condition holds", "Add <otherwise>");
    if (count == 1) return argument(node, 0);
    return many(node, NodeKind::piecewise);
  }

  Formula call(::ASTNode const& node) {
    auto const id = text_of(node);
    auto const* function = model_.getFunctionDefinition(id);
    if (!function || !function->isSetMath() || !function->getBody())
      refuse(fmt::format("function {} is not defined", cristae::quoted(id)), "", "Define it");
    if (std::find(calls_.begin(), calls_.end(), id) != calls_.end())
      refuse(fmt::format("function {} calls itself", cristae::quoted(id)),
             "its value is never reached", "Write it without recursion");
    if (function->getNumArguments() != node.getNumChildren())
      refuse(fmt::format("function {} takes {} arguments, not {}", cristae::quoted(id),
                         function->getNumArguments(), node.getNumChildren()),
             "", "Correct the call");
    if (calls_.size() == max_calls)
      refuse(fmt::format("functions call one another more than {} levels deep", max_calls), "",
             "Put some of them together");
    std::map<std::string, Formula> arguments;
    for (unsigned i = 0; i < node.getNumChildren(); ++i)
      arguments[text_of(*function->getArgument(i))] = argument(node, i);
    calls_.push_back(id);
    bound_.push_back(std::move(arguments));
    auto result = read(*function->getBody());
    bound_.pop_back();
    calls_.pop_back();
    return result;
  }

  /// An argument without names.
  double plain_argument(::ASTNode const& node, unsigned i, char const* function) {
    auto const of = argument(node, i);
    if (uses(of, [](std::string const&) { return true; }))
      refuse(fmt::format("function {} stands in a formula", function),
             "laws have exp, ln, log10, sqrt, abs, floor, ceil, min and max",
             "Write it by those, if that can be");
    return value_of(of, [](std::string const&) { return 0.0; });
  }

  /// The value of sin(0.5), factorial(4) and the like.
  Formula elementary_function(::ASTNode const& node) {
    for (auto const& function : elementary)
      if (function.type == node.getType()) {
        require(node, 1);
        return number(function.value(plain_argument(node, 0, function.name)));
      }
    for (auto const& function : elementary_of_two)
      if (function.type == node.getType()) {
        require(node, 2);
        double const first = plain_argument(node, 0, function.name);
        return number(function.value(first, plain_argument(node, 1, function.name)));
      }
    auto const* what = node.getName();
    refuse(what && *what ? fmt::format("{} stands in a formula", cristae::quoted(what))
                         : "an element of MathML stands in a formula that laws do not have",
           "it cannot be computed", "Write the formula without it");
  }
};

}  // namespace

Formula SbmlMath::read(::ASTNode const& math, MathNames const& names) const {
  return MathReader(model_, names).read(math);
}

}  // namespace cristae
