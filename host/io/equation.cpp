// host/io/equation.cpp - reaction equations to terms.
#include "host/io/equation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace cristae {
namespace {

enum class TokenKind : u8 { number, name, plus, arrow, bad, end };

struct Token {
  TokenKind kind = TokenKind::end;
  Span span;
};

/// Arrows of other tools, longest first: all but "->" are refused by name.
struct Arrow {
  std::string_view text;
  bool both_ways;
};
constexpr std::array arrows{
    Arrow{"<-->", true},   Arrow{"<==>", true},   Arrow{"<->", true},    Arrow{"<=>", true},
    Arrow{"-->", false},   Arrow{"==>", false},   Arrow{"<--", false},   Arrow{"->", false},
    Arrow{"=>", false},    Arrow{"<-", false},    Arrow{"~>", false},    Arrow{"=", false},
    Arrow{"\u21cc", true}, Arrow{"\u21c4", true}, Arrow{"\u2194", true}, Arrow{"\u2192", false},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

class EquationParser {
 public:
  explicit EquationParser(std::string_view text) : text_(text) {}

  ParsedEquation parse() {
    if (text_.size() > 100'000) {
      report({}, "an equation of more than 100000 bytes is too long", "", "Shorten it");
      return std::move(result_);
    }
    lex();
    auto const arrow = std::find_if(tokens_.begin(), tokens_.end(), [](Token const& token) {
      return token.kind == TokenKind::arrow;
    });
    if (arrow == tokens_.end()) {
      if (result_.problems.empty())
        report({}, "the equation has no '->'", "", "Write it as \"A + 2 B -> C\"");
      return std::move(result_);
    }
    // Behind a refused sign the rest of the equation cannot be trusted.
    if (result_.problems.empty()) {
      Token const middle{TokenKind::end, arrow->span};
      std::vector<Token> left(tokens_.begin(), arrow);
      left.push_back(middle);
      std::vector<Token> const right(arrow + 1, tokens_.end());
      result_.reactants = parse_side(left);
      result_.products = parse_side(right);
    }
    std::stable_sort(result_.problems.begin(), result_.problems.end(),
                     [](auto const& a, auto const& b) { return a.span.begin < b.span.begin; });
    return std::move(result_);
  }

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
  ParsedEquation result_;

  void report(Span span, std::string problem, std::string reason, std::string fix) {
    if (result_.problems.size() < 20)
      result_.problems.push_back({span, std::move(problem), std::move(reason), std::move(fix)});
  }

  std::string_view word(Token const& token) const {
    return text_.substr(token.span.begin, token.span.end - token.span.begin);
  }

  void lex() {
    usize at = 0;
    auto const push = [&](TokenKind kind, usize end) {
      tokens_.push_back({kind, {static_cast<u32>(at), static_cast<u32>(end)}});
      at = end;
    };
    while (at < text_.size()) {
      char const c = text_[at];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at;
      } else if (is_digit(c)) {
        usize end = at;
        while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.')) ++end;
        push(TokenKind::number, end);
      } else if (is_name_start(c)) {
        usize end = at;
        while (end < text_.size() && (is_name_start(text_[end]) || is_digit(text_[end]))) ++end;
        push(TokenKind::name, end);
      } else if (c == '+') {
        push(TokenKind::plus, at + 1);
      } else if (auto const* arrow = arrow_at(at)) {
        Span const span{static_cast<u32>(at), static_cast<u32>(at + arrow->text.size())};
        report_arrow(*arrow, span);
        push(TokenKind::arrow, span.end);
      } else {
        usize end = at + 1;
        while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xc0) == 0x80) ++end;
        report_sign(text_.substr(at, end - at), {static_cast<u32>(at), static_cast<u32>(end)});
        push(TokenKind::bad, end);
      }
    }
    push(TokenKind::end, at);
  }

  Arrow const* arrow_at(usize at) const {
    auto const* found = std::find_if(arrows.begin(), arrows.end(), [&](Arrow const& arrow) {
      return text_.substr(at, arrow.text.size()) == arrow.text;
    });
    return found == arrows.end() ? nullptr : found;
  }

  void report_arrow(Arrow const& arrow, Span span) {
    bool const second = std::any_of(tokens_.begin(), tokens_.end(), [](Token const& token) {
      return token.kind == TokenKind::arrow;
    });
    if (arrow.both_ways) {
      report(span, fmt::format("'{}' is not supported in an equation", arrow.text),
             "each direction has its own rate", "Write two reactions with '->'");
    } else if (arrow.text != "->") {
      report(span, fmt::format("'{}' is not supported in an equation", arrow.text), "",
             "Write '->'");
    } else if (second) {
      report(span, "a second '->' in one equation", "", "Write two reactions");
    }
  }

  void report_sign(std::string_view sign, Span span) {
    std::string fix = "Write it as \"A + 2 B -> C\"";
    if (sign == "\u2205") fix = "Write 0 for nothing";
    if (sign == "*") fix = "Write \"2 A\" for two copies of A";
    if (sign == ";" || sign == ",") fix = "The rate belongs in 'rate' or 'mass_action'";
    bool const control = static_cast<unsigned char>(sign[0]) < 0x20 || sign[0] == 0x7f;
    report(span,
           control ? "a control character in an equation"
                   : fmt::format("'{}' cannot be used in an equation", sign),
           "", std::move(fix));
  }

  std::vector<EquationTerm> parse_side(std::vector<Token> const& tokens) {
    std::vector<EquationTerm> terms;
    if (tokens.size() == 1) return terms;
    if (tokens.size() == 2 && tokens[0].kind == TokenKind::number && word(tokens[0]) == "0")
      return terms;
    for (usize i = 0;;) {
      i64 count = 1;
      if (tokens[i].kind == TokenKind::number) {
        count = stoichiometry(tokens[i], tokens[i + 1].kind == TokenKind::name);
        ++i;
      }
      if (tokens[i].kind != TokenKind::name) {
        report_missing_species(tokens[i], i > 0 && tokens[i - 1].kind == TokenKind::number);
        return terms;
      }
      terms.push_back({std::string(word(tokens[i])), count, tokens[i].span});
      ++i;
      if (tokens[i].kind == TokenKind::end) return terms;
      if (tokens[i].kind != TokenKind::plus) {
        report(tokens[i].span, fmt::format("'+' is missing before '{}'", word(tokens[i])), "",
               "Write it as \"A + 2 B -> C\"");
        return terms;
      }
      ++i;
    }
  }

  void report_missing_species(Token const& token, bool behind_number) {
    if (behind_number) {
      report(token.span, "a number without its species", "only a lone 0 stands for nothing",
             "Name the species");
    } else {
      report(token.span, "a species is missing", "", "Write it as \"A + 2 B -> C\"");
    }
  }

  i64 stoichiometry(Token const& token, bool before_name) {
    std::string_view const digits = word(token);
    i64 count = 0;
    for (char const c : digits) {
      if (!is_digit(c) || count > max_stoichiometry) {
        count = 0;
        break;
      }
      count = 10 * count + (c - '0');
    }
    if (before_name && (count < 1 || count > max_stoichiometry)) {
      report(token.span, fmt::format("stoichiometry {} is not supported", digits.substr(0, 40)),
             fmt::format("it must be a whole number from 1 to {}", max_stoichiometry),
             "Correct it");
      return 1;
    }
    return std::max<i64>(count, 1);
  }
};

}  // namespace

ParsedEquation parse_equation(std::string_view text) { return EquationParser(text).parse(); }

}  // namespace cristae
