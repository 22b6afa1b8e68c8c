// host/io/mathml_writer.cpp - recursion over the nodes of an expression; chains stay flat.
#include "host/io/mathml_writer.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <vector>

#include "host/io/formula.hpp"

namespace cristae {
namespace {

enum class Wanted : u8 { number, truth };

char const* element_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::negate:
    case NodeKind::subtract: return "minus";
    case NodeKind::add: return "plus";
    case NodeKind::multiply: return "times";
    case NodeKind::divide: return "divide";
    case NodeKind::power: return "power";
    case NodeKind::less: return "lt";
    case NodeKind::less_equal: return "leq";
    case NodeKind::greater: return "gt";
    case NodeKind::greater_equal: return "geq";
    case NodeKind::equal: return "eq";
    case NodeKind::not_equal: return "neq";
    case NodeKind::logical_and: return "and";
    case NodeKind::logical_or: return "or";
    case NodeKind::logical_not: return "not";
    case NodeKind::minimum: return "min";
    case NodeKind::maximum: return "max";
    case NodeKind::exponential: return "exp";
    case NodeKind::logarithm: return "ln";
    case NodeKind::logarithm10: return "log";
    case NodeKind::square_root: return "root";
    case NodeKind::absolute: return "abs";
    case NodeKind::floor: return "floor";
    case NodeKind::ceiling: return "ceiling";
    default: return "";
  }
}

class MathWriter {
 public:
  MathWriter(Expression const& expression, MathNamer const& name)
      : nodes_(expression.nodes), name_(name) {}

  std::string write(Wanted wanted) {
    write(static_cast<u32>(nodes_.size() - 1), wanted);
    return std::move(text_);
  }

 private:
  std::vector<Node> const& nodes_;
  MathNamer const& name_;
  std::string text_;

  void write(u32 index, Wanted wanted) {
    auto const& node = nodes_[index];
    bool const has_truth = is_truth(node.kind);
    if (wanted == Wanted::number && has_truth) {
      text_ += "<piecewise><piece><cn type=\"integer\">1</cn>";
      write_node(node);
      text_ += "</piece><otherwise><cn type=\"integer\">0</cn></otherwise></piecewise>";
    } else if (wanted == Wanted::truth && !has_truth) {
      text_ += "<apply><neq/>";
      write_node(node);
      text_ += "<cn type=\"integer\">0</cn></apply>";
    } else {
      write_node(node);
    }
  }

  void write_node(Node const& node) {
    switch (node.kind) {
      case NodeKind::number: text_ += mathml_number(node.number); return;
      case NodeKind::symbol: write_symbol(node.symbol); return;
      case NodeKind::add:
      case NodeKind::subtract: write_sum(node); return;
      case NodeKind::multiply: write_chain(node, Wanted::number); return;
      case NodeKind::logical_and:
      case NodeKind::logical_or: write_chain(node, Wanted::truth); return;
      case NodeKind::logical_not: write_call(node, Wanted::truth); return;
      case NodeKind::piecewise: write_piecewise(node); return;
      case NodeKind::hill: write_hill(node); return;
      default: write_call(node, Wanted::number); return;
    }
  }

  void write_symbol(Symbol symbol) {
    if (symbol.kind == SymbolKind::time)
      text_ +=
          "<csymbol encoding=\"text\" "
          "definitionURL=\"http://www.sbml.org/sbml/symbols/time\">t</csymbol>";
    else
      text_ += mathml_name(name_(symbol));
  }

  void open(char const* element) { (((text_ += "<apply><") += element) += "/>"); }
  void close() { text_ += "</apply>"; }

  void write_call(Node const& node, Wanted wanted) {
    open(element_of(node.kind));
    for (u32 const argument : node.arguments) write(argument, wanted);
    close();
  }

  /// a * b * c as one element, which readers take from the left, too.
  void write_chain(Node const& node, Wanted wanted) {
    std::vector<u32> parts;
    auto const* rest = &node;
    for (;; rest = &nodes_[rest->arguments[0]]) {
      parts.push_back(rest->arguments[1]);
      if (nodes_[rest->arguments[0]].kind != node.kind) break;
    }
    parts.push_back(rest->arguments[0]);
    open(element_of(node.kind));
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) write(*part, wanted);
    close();
  }

  /// a - b + c as a sum of a, -b and c: long ones would be nested deeply.
  void write_sum(Node const& node) {
    auto const is_sum = [](NodeKind kind) {
      return kind == NodeKind::add || kind == NodeKind::subtract;
    };
    if (!is_sum(nodes_[node.arguments[0]].kind)) {
      write_call(node, Wanted::number);
      return;
    }
    struct Term {
      u32 node;
      bool is_negative;
    };
    std::vector<Term> terms;
    auto const* rest = &node;
    for (;; rest = &nodes_[rest->arguments[0]]) {
      terms.push_back({rest->arguments[1], rest->kind == NodeKind::subtract});
      if (!is_sum(nodes_[rest->arguments[0]].kind)) break;
    }
    terms.push_back({rest->arguments[0], false});
    open("plus");
    for (auto term = terms.rbegin(); term != terms.rend(); ++term) {
      if (term->is_negative) open("minus");
      write(term->node, Wanted::number);
      if (term->is_negative) close();
    }
    close();
  }

  void write_piecewise(Node const& node) {
    auto const& arguments = node.arguments;
    text_ += "<piecewise>";
    for (usize i = 0; i + 1 < arguments.size(); i += 2) {
      text_ += "<piece>";
      write(arguments[i], Wanted::number);
      write(arguments[i + 1], Wanted::truth);
      text_ += "</piece>";
    }
    text_ += "<otherwise>";
    write(arguments.back(), Wanted::number);
    text_ += "</otherwise></piecewise>";
  }

  /// hill(x, K, n) = 1 / (1 + (K / x)^n) for x > 0, else 0.
  void write_hill(Node const& node) {
    auto const [x, k, n] = std::array{node.arguments[0], node.arguments[1], node.arguments[2]};
    text_ +=
        "<piecewise><piece><apply><divide/><cn type=\"integer\">1</cn><apply><plus/>"
        "<cn type=\"integer\">1</cn><apply><power/><apply><divide/>";
    write(k, Wanted::number);
    write(x, Wanted::number);
    text_ += "</apply>";
    write(n, Wanted::number);
    text_ += "</apply></apply></apply><apply><gt/>";
    write(x, Wanted::number);
    text_ +=
        "<cn type=\"integer\">0</cn></apply></piece><otherwise><cn type=\"integer\">0</cn>"
        "</otherwise></piecewise>";
  }
};

}  // namespace

std::string mathml_number(double value) {
  auto const text = fmt::format("{}", value);
  if (auto const e = text.find('e'); e != std::string::npos) {
    auto exponent = text.substr(e + 1);
    if (exponent[0] == '+') exponent.erase(0, 1);
    return fmt::format("<cn type=\"e-notation\">{}<sep/>{}</cn>", text.substr(0, e), exponent);
  }
  constexpr double largest_int = 2147483647;  // what every reader takes
  bool const is_integer = value == std::floor(value) && std::fabs(value) <= largest_int;
  return is_integer ? fmt::format("<cn type=\"integer\">{}</cn>", value)
                    : fmt::format("<cn>{}</cn>", text);
}

std::string mathml_name(std::string const& id) { return "<ci>" + id + "</ci>"; }

std::string mathml_call(std::string const& op, std::string const& arguments) {
  return fmt::format("<apply><{}/>{}</apply>", op, arguments);
}

std::string mathml(Expression const& expression, MathNamer const& name) {
  return MathWriter(expression, name).write(Wanted::number);
}

std::string mathml_condition(Expression const& expression, MathNamer const& name) {
  return MathWriter(expression, name).write(Wanted::truth);
}

std::string math_element(std::string const& content) {
  return "<math xmlns=\"http://www.w3.org/1998/Math/MathML\">" + content + "</math>";
}

}  // namespace cristae
