// host/model/law_parser.cpp - lexer, precedence climbing and printing of laws.
//
// Three passes, so that one slip does not hide the others: the lexer repairs operators of other
// languages (&& ** =) and goes on; then all names are looked up; then the syntax is read, up to
// the first error that leaves the rest without meaning.
#include "host/model/law_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <system_error>
#include <utility>

#include "host/base/error.hpp"

namespace cristae {
namespace {

constexpr usize max_length = 100'000;     // bytes of one law
constexpr usize max_nesting = 200;        // parentheses and calls, as written or as printed
constexpr usize max_tree_depth = 10'000;  // a + b + c + ... nests in the tree, not in the text
constexpr usize max_problems = 20;        // per law

enum class TokenKind : u8 { number, name, binary, logical_not, open, close, comma, end };

struct Token {
  TokenKind kind = TokenKind::end;
  NodeKind operation = NodeKind::number;  ///< of a binary operator; `-` may turn out unary
  double value = 0;
  Span span;
};

enum Precedence : int { any = 1, disjunction = 1, conjunction, negation, comparison, sum, product };

int precedence_of(NodeKind operation) {
  switch (operation) {
    case NodeKind::logical_or: return disjunction;
    case NodeKind::logical_and: return conjunction;
    case NodeKind::less:
    case NodeKind::less_equal:
    case NodeKind::greater:
    case NodeKind::greater_equal:
    case NodeKind::equal:
    case NodeKind::not_equal: return comparison;
    case NodeKind::add:
    case NodeKind::subtract: return sum;
    default: return product;
  }
}

struct Function {
  std::string_view name;
  NodeKind kind;
  usize least;
  usize most;
  std::string_view usage;
};

constexpr usize unlimited = ~usize{0};
constexpr std::array functions{
    Function{"piecewise", NodeKind::piecewise, 3, unlimited,
             "piecewise(value, condition, ..., otherwise)"},
    Function{"min", NodeKind::minimum, 2, unlimited, "min(a, b, ...)"},
    Function{"max", NodeKind::maximum, 2, unlimited, "max(a, b, ...)"},
    Function{"exp", NodeKind::exponential, 1, 1, "exp(a)"},
    Function{"ln", NodeKind::logarithm, 1, 1, "ln(a)"},
    Function{"log10", NodeKind::logarithm10, 1, 1, "log10(a)"},
    Function{"sqrt", NodeKind::square_root, 1, 1, "sqrt(a)"},
    Function{"abs", NodeKind::absolute, 1, 1, "abs(a)"},
    Function{"floor", NodeKind::floor, 1, 1, "floor(a)"},
    Function{"ceil", NodeKind::ceiling, 1, 1, "ceil(a)"},
    Function{"pow", NodeKind::power, 2, 2, "pow(a, b)"},
    Function{"hill", NodeKind::hill, 3, 3, "hill(x, K, n)"},
    Function{"count", NodeKind::firings, 1, 1, "count(reaction)"},
};

Function const* find_function(std::string_view name) {
  auto const* found = std::find_if(functions.begin(), functions.end(),
                                   [&](Function const& f) { return f.name == name; });
  return found == functions.end() ? nullptr : found;
}

/// What other tools call our functions, where spelling alone does not lead there.
std::string_view foreign_function(std::string_view name) {
  constexpr std::array<std::array<std::string_view, 2>, 9> table{{
      {"ceiling", "ceil"},
      {"power", "pow"},
      {"minimum", "min"},
      {"maximum", "max"},
      {"fabs", "abs"},
      {"ifelse", "piecewise"},
      {"select", "piecewise"},
      {"where", "piecewise"},
      {"hillr", "1 - hill"},
  }};
  for (auto const& entry : table)
    if (entry[0] == name) return entry[1];
  return {};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

Span span_of(usize begin, usize end) { return {static_cast<u32>(begin), static_cast<u32>(end)}; }

class LawParser {
 public:
  LawParser(std::string_view text, LawNames const& names) : text_(text), names_(names) {}

  ParsedLaw parse() {
    ParsedLaw law;
    if (text_.size() > max_length) {
      report({}, fmt::format("a law of {} bytes is too long", text_.size()),
             fmt::format("the limit is {}", max_length), "Split it into [rules]");
    } else if (lex()) {
      check_names();
      parse_all();
    } else {
      check_names();
    }
    if (problems_.empty()) {
      law.expression.text = std::string(text_);
      law.expression.nodes = std::move(nodes_);
      return law;
    }
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](auto const& a, auto const& b) { return a.span.begin < b.span.begin; });
    law.problems = std::move(problems_);
    return law;
  }

 private:
  std::string_view text_;
  LawNames const& names_;
  std::vector<Token> tokens_;
  usize next_ = 0;
  std::vector<Node> nodes_;
  std::vector<u32> printed_depth_;  // by node: parentheses and calls when printed
  std::vector<u32> tree_depth_;
  usize nesting_ = 0;
  bool failed_ = false;  // the rest of the syntax has no meaning any more
  std::vector<LawProblem> problems_;

  void report(Span span, std::string problem, std::string reason, std::string fix) {
    if (problems_.size() < max_problems)
      problems_.push_back({span, std::move(problem), std::move(reason), std::move(fix)});
  }

  /// Reports a syntax error and ends the reading of the syntax.
  void fail(Span span, std::string problem, std::string reason, std::string fix) {
    if (!failed_) report(span, std::move(problem), std::move(reason), std::move(fix));
    failed_ = true;
    next_ = tokens_.size() - 1;
  }

  std::string_view word(Token const& token) const {
    return text_.substr(token.span.begin, token.span.end - token.span.begin);
  }

  // ---- lexer ----

  /// False if something was left out, so that the syntax of the rest means nothing.
  bool lex() {
    bool complete = true;
    usize at = 0;
    while (at < text_.size()) {
      char const c = text_[at];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at;
      } else if (is_digit(c) || (c == '.' && at + 1 < text_.size() && is_digit(text_[at + 1]))) {
        at = lex_number(at);
      } else if (is_name_start(c)) {
        at = lex_name(at);
      } else {
        at = lex_operator(at, complete);
      }
    }
    tokens_.push_back({TokenKind::end, NodeKind::number, 0, span_of(at, at)});
    return complete;
  }

  void push(TokenKind kind, Span span, NodeKind operation = NodeKind::number) {
    tokens_.push_back({kind, operation, 0, span});
  }

  usize skip_digits(usize at) const {
    while (at < text_.size() && is_digit(text_[at])) ++at;
    return at;
  }

  usize lex_number(usize begin) {
    usize at = skip_digits(begin);
    if (at < text_.size() && text_[at] == '.') at = skip_digits(at + 1);
    if (at < text_.size() && (text_[at] == 'e' || text_[at] == 'E')) {
      usize const sign = at + 1 < text_.size() && (text_[at + 1] == '+' || text_[at + 1] == '-');
      usize const digits = at + 1 + sign;
      if (digits < text_.size() && is_digit(text_[digits])) at = skip_digits(digits);
    }
    Token token{TokenKind::number, NodeKind::number, 0, span_of(begin, at)};
    // Only digits reach from_chars, so the one thing that can go wrong is the range.
    auto const result = std::from_chars(text_.data() + begin, text_.data() + at, token.value);
    if (result.ec != std::errc{} || !std::isfinite(token.value)) {
      report(token.span, fmt::format("number '{}' is out of range", printable(word(token))),
             "numbers are IEEE double, 5e-324 to 1.8e308", "Use another unit");
      token.value = 1;
    }
    usize end = at;
    while (end < text_.size() && (is_name_part(text_[end]) || text_[end] == '.')) ++end;
    if (end > at) {
      std::string_view const all = text_.substr(begin, end - begin);
      bool const product = is_name_start(text_[at]) && all.find('.', at - begin) == all.npos;
      report(span_of(begin, end),
             fmt::format("'{}' is neither a number nor a name", printable(all)),
             "names start with a letter",
             product ? fmt::format("For a product write {} * {}", printable(word(token)),
                                   printable(text_.substr(at, end - at)))
                     : "Numbers are written 1, 1.5, 1e-3 or .5");
      token.span.end = static_cast<u32>(end);
    }
    tokens_.push_back(token);
    return end;
  }

  usize lex_name(usize begin) {
    usize at = begin;
    while (at < text_.size() && is_name_part(text_[at])) ++at;
    Span const span = span_of(begin, at);
    std::string_view const name = text_.substr(begin, at - begin);
    if (name == "and")
      push(TokenKind::binary, span, NodeKind::logical_and);
    else if (name == "or")
      push(TokenKind::binary, span, NodeKind::logical_or);
    else if (name == "not")
      push(TokenKind::logical_not, span);
    else
      push(TokenKind::name, span);
    return at;
  }

  usize lex_operator(usize at, bool& complete) {
    struct Spelling {
      std::string_view text;
      TokenKind kind;
      NodeKind operation;
      std::string_view instead;  ///< for operators of other languages
    };
    // Longer spellings first.
    static constexpr std::array spellings{
        Spelling{"&&", TokenKind::binary, NodeKind::logical_and, "and"},
        Spelling{"||", TokenKind::binary, NodeKind::logical_or, "or"},
        Spelling{"**", TokenKind::binary, NodeKind::power, "^"},
        Spelling{"==", TokenKind::binary, NodeKind::equal, ""},
        Spelling{"!=", TokenKind::binary, NodeKind::not_equal, ""},
        Spelling{"<>", TokenKind::binary, NodeKind::not_equal, "!="},
        Spelling{"<=", TokenKind::binary, NodeKind::less_equal, ""},
        Spelling{">=", TokenKind::binary, NodeKind::greater_equal, ""},
        Spelling{"=<", TokenKind::binary, NodeKind::less_equal, "<="},
        Spelling{"=>", TokenKind::binary, NodeKind::greater_equal, ">="},
        Spelling{"<", TokenKind::binary, NodeKind::less, ""},
        Spelling{">", TokenKind::binary, NodeKind::greater, ""},
        Spelling{"=", TokenKind::binary, NodeKind::equal, "=="},
        Spelling{"!", TokenKind::logical_not, NodeKind::number, "not"},
        Spelling{"+", TokenKind::binary, NodeKind::add, ""},
        Spelling{"-", TokenKind::binary, NodeKind::subtract, ""},
        Spelling{"*", TokenKind::binary, NodeKind::multiply, ""},
        Spelling{"/", TokenKind::binary, NodeKind::divide, ""},
        Spelling{"^", TokenKind::binary, NodeKind::power, ""},
        Spelling{"(", TokenKind::open, NodeKind::number, ""},
        Spelling{")", TokenKind::close, NodeKind::number, ""},
        Spelling{",", TokenKind::comma, NodeKind::number, ""},
        // What text copied from a paper holds: dot operator, times, minus, ordering signs.
        Spelling{"\u00b7", TokenKind::binary, NodeKind::multiply, "*"},
        Spelling{"\u22c5", TokenKind::binary, NodeKind::multiply, "*"},
        Spelling{"\u00d7", TokenKind::binary, NodeKind::multiply, "*"},
        Spelling{"\u2212", TokenKind::binary, NodeKind::subtract, "-"},
        Spelling{"\u2264", TokenKind::binary, NodeKind::less_equal, "<="},
        Spelling{"\u2265", TokenKind::binary, NodeKind::greater_equal, ">="},
        Spelling{"\u2260", TokenKind::binary, NodeKind::not_equal, "!="},
    };
    for (auto const& spelling : spellings) {
      if (text_.substr(at, spelling.text.size()) != spelling.text) continue;
      Span const span = span_of(at, at + spelling.text.size());
      push(spelling.kind, span, spelling.operation);
      if (!spelling.instead.empty()) {
        report(span, fmt::format("'{}' is not an operator of laws", spelling.text), "",
               fmt::format("Use {}", spelling.instead));
      }
      return span.end;
    }
    complete = false;
    usize end = at + 1;
    auto const byte = [&](usize i) { return static_cast<unsigned char>(text_[i]); };
    if (byte(at) >= 0x80) {  // the whole run of letters beyond ASCII, which is one slip
      while (end < text_.size() && byte(end) >= 0x80) ++end;
      report(span_of(at, end),
             fmt::format("'{}' cannot be used in a law", printable(text_.substr(at, end - at))),
             "names consist of A-Z a-z 0-9 _",
             "Give it an ASCII id and keep the sign in its label");
    } else if (byte(at) < 0x20 || byte(at) == 0x7f) {
      report(span_of(at, end), fmt::format("control character 0x{:02x} in a law", byte(at)), "",
             "Remove it");
    } else {
      report(span_of(at, end), fmt::format("'{}' cannot be used in a law", text_[at]), "",
             "Operators are + - * / ^ < <= > >= == != and or not");
    }
    return end;
  }

  // ---- names ----

  bool declared(std::string_view name) const {
    return names_.symbol && names_.symbol(name).has_value();
  }

  void check_names() {
    std::set<std::string_view> reported;
    for (usize i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].kind != TokenKind::name) continue;
      std::string_view const name = word(tokens_[i]);
      if (declared(name)) continue;
      bool const called = tokens_[i + 1].kind == TokenKind::open;
      if (called && name == "count") {
        i = check_count(i);
        continue;
      }
      if (called && find_function(name)) continue;
      if (!reported.insert(name).second) continue;
      if (called)
        report_function(tokens_[i]);
      else
        report_symbol(tokens_[i]);
    }
  }

  /// Checks count(reaction) whose name stands at token `i`; returns the last token used.
  usize check_count(usize i) {
    Span const span = tokens_[i].span;
    if (!names_.reaction) {
      report(span, "count() is allowed in observables only",
             "a propensity depends on the present state, not on how often a reaction has fired",
             "Add a species that the reaction produces and use that");
    }
    bool const complete =
        tokens_[i + 2].kind == TokenKind::name && tokens_[i + 3].kind == TokenKind::close;
    if (!complete) {
      report(span, "count takes the id of one reaction", "", "Write count(reaction)");
      // Whatever else stands in the parentheses is part of the same slip.
      usize depth = 0;
      for (++i; tokens_[i].kind != TokenKind::end; ++i) {
        if (tokens_[i].kind == TokenKind::open) ++depth;
        if (tokens_[i].kind == TokenKind::close && --depth == 0) break;
      }
      return i;
    }
    std::string_view const reaction = word(tokens_[i + 2]);
    if (names_.reaction && !names_.reaction(reaction)) {
      std::string const near = nearest_name(std::string(reaction), names_.reaction_names);
      report(tokens_[i + 2].span, fmt::format("reaction '{}' is not defined", printable(reaction)),
             "",
             near.empty() ? "count() takes the id of a reaction"
                          : fmt::format("Did you mean '{}'?", near));
    }
    return i + 3;
  }

  void report_symbol(Token const& token) {
    std::string_view const name = word(token);
    if (name == "time" || name == "t") {
      report(token.span, fmt::format("an explicit '{}' in a law is not supported", name),
             "propensities must be constant between events for the simulation to be exact",
             "Use conditions with 'at', which change parameters at given times");
    } else if (auto const* function = find_function(name)) {
      report(token.span, fmt::format("function '{}' stands without its arguments", name), "",
             fmt::format("Write {}", function->usage));
    } else {
      std::string const near = nearest_name(std::string(name), names_.names);
      constexpr auto define = "Define it under [parameters], [species] or [rules]";
      report(token.span, fmt::format("name '{}' is not defined", printable(name)), "",
             near.empty() ? define
                          : fmt::format("{}, or did you mean '{}'?", define, printable(near)));
    }
  }

  void report_function(Token const& token) {
    std::string_view const name = word(token);
    std::string fix;
    if (name == "log") {
      report(token.span, "'log' is ambiguous", "some tools read base e, others base 10",
             "Use ln or log10");
      return;
    }
    if (name == "if") {
      fix = "Use piecewise(value, condition, otherwise)";
    } else if (!foreign_function(name).empty()) {
      fix = fmt::format("Use {}", foreign_function(name));
    } else {
      std::vector<std::string> known;
      for (auto const& function : functions) known.emplace_back(function.name);
      std::string const near = nearest_name(std::string(name), known);
      fix = near.empty() ? fmt::format("Functions are {}", fmt::join(known, " "))
                         : fmt::format("Did you mean '{}'?", near);
    }
    report(token.span, fmt::format("function '{}' does not exist", printable(name)), "",
           std::move(fix));
  }

  // ---- syntax ----

  Token const& peek() const { return tokens_[next_]; }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  bool at(NodeKind operation) const {
    return at(TokenKind::binary) && peek().operation == operation;
  }
  /// The end token is never passed.
  Token const& take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }

  void parse_all() {
    if (at(TokenKind::end)) {
      report({}, "the law is empty", "", "Write an expression");
      return;
    }
    parse_binary(any);
    if (failed_ || at(TokenKind::end)) return;
    Token const& token = peek();
    if (token.kind == TokenKind::close) {
      fail(token.span, "')' without its '('", "", "Remove it or add '('");
    } else if (token.kind == TokenKind::comma) {
      fail(token.span, "',' outside of a function's arguments", "",
           "The decimal sign is a point, as in 1.5");
    } else {
      fail_operator_missing(token);
    }
  }

  void fail_operator_missing(Token const& token) {
    fail(token.span, fmt::format("an operator is missing before '{}'", printable(word(token))), "",
         "Write * for a product");
  }

  u32 add_node(NodeKind kind, std::vector<u32> arguments, Span span) {
    u32 printed = 0;
    u32 depth = 0;
    for (usize i = 0; i < arguments.size(); ++i) {
      u32 const argument = arguments[i];
      bool const flat = i == 0 && prints_flat(nodes_[argument].kind, kind);
      printed = std::max(printed, printed_depth_[argument] + (flat ? 0 : 1));
      depth = std::max(depth, tree_depth_[argument] + 1);
    }
    if (printed > max_nesting) fail_nesting(span);
    if (depth > max_tree_depth) {
      fail(span, fmt::format("more than {} operators follow one another", max_tree_depth), "",
           "Split the law into [rules]");
    }
    Node node;
    node.kind = kind;
    node.arguments = std::move(arguments);
    node.span = span;
    nodes_.push_back(std::move(node));
    printed_depth_.push_back(printed);
    tree_depth_.push_back(depth);
    return static_cast<u32>(nodes_.size() - 1);
  }

  void fail_nesting(Span span) {
    fail(span, fmt::format("the law is nested deeper than {} levels", max_nesting), "",
         "Split it into [rules]");
  }

  u32 add_binary(NodeKind kind, u32 left, u32 right) {
    Span const span{nodes_[left].span.begin, nodes_[right].span.end};
    return add_node(kind, {left, right}, span);
  }

 public:
  /// Whether a left operand of kind `inner` is printed without parentheses within `outer`.
  static bool prints_flat(NodeKind inner, NodeKind outer) {
    auto const is_sum = [](NodeKind k) { return k == NodeKind::add || k == NodeKind::subtract; };
    if (is_sum(inner)) return is_sum(outer);
    bool const associative = outer == NodeKind::multiply || outer == NodeKind::logical_and ||
                             outer == NodeKind::logical_or;
    return associative && inner == outer;
  }

 private:
  u32 parse_binary(int least) {
    u32 left = at(TokenKind::logical_not) ? parse_not(least) : parse_signed();
    bool compared = false;
    while (!failed_ && at(TokenKind::binary)) {
      Token const token = peek();
      int const precedence = precedence_of(token.operation);
      if (precedence < least) break;
      take();
      if (precedence == comparison) {
        if (compared) {
          report(token.span, "comparisons cannot be chained",
                 "a < b < c would compare the truth value of a < b with c",
                 "Write a < b and b < c");
        }
        compared = true;
      }
      u32 const right = parse_binary(precedence + 1);
      if (failed_) break;
      left = add_binary(token.operation, left, right);
      if (precedence < comparison) compared = false;
    }
    return left;
  }

  u32 parse_not(int least) {
    if (least > negation) {
      fail(peek().span, "'not' cannot stand here", "it binds looser than comparisons",
           "Put it in parentheses");
      return 0;
    }
    std::vector<Span> signs;
    while (at(TokenKind::logical_not)) signs.push_back(take().span);
    return wrap(NodeKind::logical_not, signs, parse_binary(comparison));
  }

  /// Prefix operators are collected by loops, so that no text makes the parser recurse deeply.
  u32 wrap(NodeKind kind, std::vector<Span> const& signs, u32 operand) {
    for (auto sign = signs.rbegin(); sign != signs.rend() && !failed_; ++sign)
      operand = add_node(kind, {operand}, {sign->begin, nodes_[operand].span.end});
    return operand;
  }

  /// -a ^ -b ^ c = -(a ^ (-(b ^ c)))
  u32 parse_signed() {
    struct Power {
      std::vector<Span> signs;
      u32 base;
    };
    std::vector<Power> powers;
    do {
      if (!powers.empty()) take();
      std::vector<Span> signs;
      while (at(NodeKind::subtract)) signs.push_back(take().span);
      u32 const base = parse_primary();
      if (failed_) return 0;
      powers.push_back({std::move(signs), base});
    } while (at(NodeKind::power));
    u32 result = powers.back().base;
    for (usize i = powers.size(); i-- > 0 && !failed_;) {
      if (i + 1 < powers.size()) result = add_binary(NodeKind::power, powers[i].base, result);
      if (!failed_) result = wrap(NodeKind::negate, powers[i].signs, result);
    }
    return result;
  }

  u32 parse_primary() {
    Token const token = peek();
    switch (token.kind) {
      case TokenKind::number: {
        take();
        u32 const node = add_node(NodeKind::number, {}, token.span);
        nodes_[node].number = token.value;
        return node;
      }
      case TokenKind::name: take(); return parse_name(token);
      case TokenKind::open: {
        if (!open(token)) return 0;
        u32 const inner = parse_binary(any);
        Span const end = close(token);
        if (failed_) return 0;
        nodes_[inner].span = {token.span.begin, end.end};
        return inner;
      }
      case TokenKind::logical_not:
        fail(token.span, "'not' cannot stand here", "it binds looser than comparisons",
             "Put it in parentheses");
        return 0;
      case TokenKind::binary:
        if (token.operation == NodeKind::add) {
          fail(token.span, "laws have no sign '+'", "", "Remove it");
          return 0;
        }
        break;
      case TokenKind::end:
        fail(token.span, "the law ends where a number or name is expected", "", "Complete it");
        return 0;
      default: break;
    }
    fail(token.span, fmt::format("a number or name is missing before '{}'", printable(word(token))),
         "", "Complete it");
    return 0;
  }

  bool open(Token const& token) {
    if (++nesting_ > max_nesting) {
      fail_nesting(token.span);
      return false;
    }
    take();
    return true;
  }

  /// Takes the ')' that belongs to the '(' at `opened`; its span.
  Span close(Token const& opened) {
    Token const token = peek();
    --nesting_;
    if (failed_) return token.span;
    if (token.kind == TokenKind::end) {
      fail(opened.span, "'(' is not closed", "", "Add ')'");
    } else if (token.kind == TokenKind::comma) {
      fail(token.span, "',' outside of a function's arguments", "",
           "The decimal sign is a point, as in 1.5");
    } else if (token.kind != TokenKind::close) {
      fail_operator_missing(token);
    }
    take();
    return token.span;
  }

  u32 parse_name(Token const& token) {
    std::string_view const name = word(token);
    auto const symbol = names_.symbol ? names_.symbol(name) : std::nullopt;
    if (!at(TokenKind::open)) {
      u32 const node = add_node(NodeKind::symbol, {}, token.span);
      if (symbol) nodes_[node].symbol = *symbol;
      return node;
    }
    if (symbol) {
      fail(token.span, fmt::format("'{}' is not a function", printable(name)), "",
           fmt::format("For a product write {} * (", printable(name)));
      return 0;
    }
    if (name == "count") return parse_count(token);
    return parse_call(token, find_function(name));
  }

  /// check_names has reported what is wrong with it.
  u32 parse_count(Token const& token) {
    bool const complete =
        tokens_[next_ + 1].kind == TokenKind::name && tokens_[next_ + 2].kind == TokenKind::close;
    if (!complete) {
      failed_ = true;
      return 0;
    }
    take();
    Token const reaction = take();
    u32 const node = add_node(NodeKind::firings, {}, span_of(token.span.begin, take().span.end));
    if (auto const index = names_.reaction ? names_.reaction(word(reaction)) : std::nullopt)
      nodes_[node].symbol.index = *index;
    return node;
  }

  /// `function` is null where the name is unknown, which check_names has reported.
  u32 parse_call(Token const& token, Function const* function) {
    Token const opened = peek();
    if (!open(opened)) return 0;
    std::vector<u32> arguments;
    if (!at(TokenKind::close)) {
      arguments.push_back(parse_binary(any));
      while (!failed_ && at(TokenKind::comma)) {
        take();
        arguments.push_back(parse_binary(any));
      }
    }
    Span const end = close(opened);
    if (failed_) return 0;
    Span const span{token.span.begin, end.end};
    if (function) check_count_of_arguments(*function, arguments.size(), token.span);
    return add_node(function ? function->kind : NodeKind::minimum, std::move(arguments), span);
  }

  void check_count_of_arguments(Function const& function, usize count, Span span) {
    bool const even_piecewise = function.kind == NodeKind::piecewise && count % 2 == 0;
    if (count >= function.least && count <= function.most && !even_piecewise) return;
    std::string expected = fmt::format("{}", function.least);
    if (function.kind == NodeKind::piecewise)
      expected = count < 3 && !even_piecewise ? "3 or more" : "an odd number of";
    else if (function.most == unlimited)
      expected += " or more";
    report(span,
           fmt::format("{} takes {} argument{}, not {}", function.name, expected,
                       expected == "1" ? "" : "s", count),
           "", fmt::format("Write {}", function.usage));
  }
};

std::string_view operator_text(NodeKind kind) {
  switch (kind) {
    case NodeKind::add: return " + ";
    case NodeKind::subtract: return " - ";
    case NodeKind::multiply: return " * ";
    case NodeKind::divide: return " / ";
    case NodeKind::power: return " ^ ";
    case NodeKind::less: return " < ";
    case NodeKind::less_equal: return " <= ";
    case NodeKind::greater: return " > ";
    case NodeKind::greater_equal: return " >= ";
    case NodeKind::equal: return " == ";
    case NodeKind::not_equal: return " != ";
    case NodeKind::logical_and: return " and ";
    case NodeKind::logical_or: return " or ";
    default: return {};
  }
}

}  // namespace

ParsedLaw parse_law(std::string_view text, LawNames const& names) {
  return LawParser(text, names).parse();
}

std::string print_law(Expression const& expression,
                      std::function<std::string(Symbol)> const& symbol_name,
                      std::function<std::string(u32)> const& reaction_name) {
  if (expression.empty()) return {};
  auto const& nodes = expression.nodes;
  // Texts without outer parentheses, built from the leaves up: no recursion, and a long sum moves
  // its left part along instead of copying it. Chains such as a + b - c stay without inner
  // parentheses, as everyone reads them alike.
  std::vector<std::string> texts(nodes.size());
  std::vector<char> is_operation(nodes.size());
  auto const enclosed = [&](u32 node) {
    return is_operation[node] ? "(" + texts[node] + ")" : texts[node];
  };
  for (usize i = 0; i < nodes.size(); ++i) {
    Node const& node = nodes[i];
    auto const& arguments = node.arguments;
    std::string text;
    if (node.kind == NodeKind::number) {
      text = fmt::format("{}", node.number);
      is_operation[i] = std::signbit(node.number);
    } else if (node.kind == NodeKind::symbol) {
      text = symbol_name(node.symbol);
    } else if (node.kind == NodeKind::firings) {
      text = "count(" + reaction_name(node.symbol.index) + ")";
    } else if (node.kind == NodeKind::negate || node.kind == NodeKind::logical_not) {
      text = (node.kind == NodeKind::negate ? "-" : "not ") + enclosed(arguments[0]);
      is_operation[i] = true;
    } else if (auto const sign = operator_text(node.kind); !sign.empty()) {
      u32 const left = arguments[0];
      bool const flat = LawParser::prints_flat(nodes[left].kind, node.kind);
      text = flat ? std::move(texts[left]) : enclosed(left);
      text += sign;
      text += enclosed(arguments[1]);
      is_operation[i] = true;
    } else {
      auto const* function = std::find_if(functions.begin(), functions.end(),
                                          [&](auto const& f) { return f.kind == node.kind; });
      text = std::string(function->name) + "(";
      for (usize k = 0; k < arguments.size(); ++k) {
        if (k > 0) text += ", ";
        text += texts[arguments[k]];
      }
      text += ")";
    }
    texts[i] = std::move(text);
  }
  return texts.back();
}

}  // namespace cristae
