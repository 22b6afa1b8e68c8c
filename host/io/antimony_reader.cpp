// host/io/antimony_reader.cpp - statements between semicolons and line ends, to a ForeignModel.
//
// Antimony: Smith, Bergmann, Chandran, Sauro 2009 (Bioinformatics 25:2452). Its meaning is that of
// the SBML it stands for.
#include "host/io/antimony_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "host/base/words.hpp"
#include "host/io/equation.hpp"
#include "host/io/foreign_model.hpp"
#include "host/io/toml_fields.hpp"

namespace cristae {
namespace {

constexpr double sbml_avogadro = 6.02214179e23;

bool is_name_part(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_name(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
         std::all_of(text.begin(), text.end(), is_name_part);
}

/// A formula in the words of laws. As SBML reads such texts, && and || bind alike, from the left,
/// and ! binds like a minus sign.
class LawWords {
 public:
  explicit LawWords(std::string_view text) : text_(text) {
    while (at_ < text.size()) read();
  }

  std::string law;

 private:
  struct Level {
    usize begin = 0;      ///< of an argument or parenthesis, in `law`
    bool has_or = false;  ///< to the left of here
    usize open_nots = 0;  ///< whose operand has begun
  };
  std::string_view text_;
  usize at_ = 0;
  std::vector<Level> levels_{{}};

  char after(usize at) const {
    auto const next = text_.find_first_not_of(" \t", at);
    return next == std::string_view::npos ? '\0' : text_[next];
  }

  void read() {
    char const c = text_[at_];
    auto const two = text_.substr(at_, 2);
    if (is_name_part(c) || c == '.') {
      read_word();
    } else if (two == "&&" || two == "||") {
      at_ += 2;
      join(two == "||");
    } else if (c == '!' && two != "!=") {
      ++at_;
      negate();
    } else {
      ++at_;
      law += c;
      if (c == '(') levels_.push_back({law.size()});
      if (c == ',') levels_.back() = {law.size()};
      if (c == ')' && levels_.size() > 1) levels_.pop_back();
      if (c == ')') end_operand();
    }
  }

  void read_word() {
    bool const is_number = text_[at_] >= '0' && text_[at_] <= '9';
    usize end = at_;
    while (end < text_.size() &&
           (is_name_part(text_[end]) || text_[end] == '.' ||
            (is_number && end > at_ && (text_[end] == '-' || text_[end] == '+') &&
             (text_[end - 1] == 'e' || text_[end - 1] == 'E'))))
      ++end;
    auto const word = text_.substr(at_, end - at_);
    at_ = end;
    if (word == "and" || word == "or") return join(word == "or");
    if (word == "not") return negate();
    law += word;
    if (after(at_) != '(') end_operand();
  }

  void join(bool is_or) {
    auto& level = levels_.back();
    if (!is_or && level.has_or) {
      law.insert(level.begin, "(");
      law += ')';
    }
    level.has_or = is_or;
    law += is_or ? " or " : " and ";
  }

  void negate() {
    law += "(not ";
    ++levels_.back().open_nots;
  }

  /// A power belongs to the operand.
  void end_operand() {
    if (after(at_) == '^') return;
    law.append(levels_.back().open_nots, ')');
    levels_.back().open_nots = 0;
  }
};

/// Words that begin a statement of parts of the language that are not read.
constexpr std::array<std::string_view, 14> other_statements{
    "function", "import", "unit",     "rateOf",   "delete", "gene",      "operator",
    "DNA",      "assert", "maximize", "minimize", "rate",   "algebraic", "formula"};

class AntimonyReader {
 public:
  AntimonyReader(std::string_view text, std::string const& file)
      : file_(file), text_(without_comments(text)) {
    for (usize i = 0; i < text_.size(); ++i)
      if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }

  Network read() {
    model_.name = std::filesystem::path(file_).stem().string();
    for (auto const& statement : statements()) read_statement(statement);
    resolve();
    auto is_error = [](Diagnostic const& one) { return one.severity == Severity::error; };
    if (std::any_of(findings_.begin(), findings_.end(), is_error)) {
      std::stable_sort(findings_.begin(), findings_.end(), [](auto const& a, auto const& b) {
        return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
      });
      throw Error(ExitCode::model, std::move(findings_));
    }
    return network_of(model_, file_, {});
  }

 private:
  std::string const& file_;
  std::string text_;
  std::vector<usize> line_starts_{0};  ///< offsets
  ForeignModel model_;
  std::vector<Diagnostic> findings_;

  // ---- text ----

  /// Blanks in their place, so that every position stays.
  static std::string without_comments(std::string_view text) {
    std::string result(text);
    auto const blank = [&](usize begin, usize end) {
      for (usize i = begin; i < std::min(end, result.size()); ++i)
        if (result[i] != '\n') result[i] = ' ';
    };
    bool in_quotes = false;
    for (usize at = 0; at < result.size(); ++at) {
      auto const rest = text.substr(at, 2);
      if (text[at] == '"') in_quotes = !in_quotes;
      if (text[at] == '\n') in_quotes = false;
      if (in_quotes) continue;
      if (rest == "//" || text[at] == '#') {
        auto const end = std::min(text.find('\n', at), text.size());
        blank(at, end);
        at = end - 1;
      } else if (rest == "/*") {
        auto const close = text.find("*/", at + 2);
        auto const end = close == std::string_view::npos ? text.size() : close + 2;
        blank(at, end);
        at = end - 1;
      } else if (text[at] == '\r') {
        result[at] = ' ';
      }
    }
    return result;
  }

  std::vector<std::string_view> statements() const {
    std::vector<std::string_view> result;
    std::string_view const text = text_;
    for (usize begin = 0; begin < text.size();) {
      auto const line_end = std::min(text.find('\n', begin), text.size());
      auto end = std::min(text.find(';', begin), line_end);
      // The rate of a reaction stands behind a semicolon, on the line of its equation.
      if (has_arrow(text.substr(begin, end - begin)) && end < line_end)
        end = std::min(text.find(';', end + 1), line_end);
      auto const statement = trimmed(text.substr(begin, end - begin));
      if (!statement.empty()) result.push_back(statement);
      begin = end + 1;
    }
    return result;
  }

  static bool has_arrow(std::string_view text) {
    return text.find("->") != std::string_view::npos || text.find("=>") != std::string_view::npos;
  }

  SourceLocation at(std::string_view part) const {
    if (part.empty()) return {file_, 0, 0};  // it stands nowhere
    auto const offset = static_cast<usize>(part.data() - text_.data());
    auto const behind = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    auto const line = static_cast<u32>(behind - line_starts_.begin());
    auto const column = static_cast<u32>(offset - *(behind - 1) + 1);
    return {file_, line, column};
  }

  void error(std::string_view part, std::string problem, std::string reason, std::string fix) {
    constexpr usize most = 100;
    if (findings_.size() < most)
      findings_.push_back(
          {Severity::error, at(part), std::move(problem), std::move(reason), std::move(fix)});
  }

  void refuse(std::string_view statement, std::string_view what) {
    error(statement, fmt::format("{} is not supported", cristae::quoted(what)),
          "a part of Antimony is read: compartments, species, reactions, values, rules and events",
          "Convert the model to SBML with Antimony, and read that");
  }

  /// The first of `marks` outside of parentheses and quotes.
  static usize find_outside(std::string_view text, std::string_view marks) {
    int depth = 0;
    bool in_quotes = false;
    for (usize i = 0; i < text.size(); ++i) {
      if (text[i] == '"') in_quotes = !in_quotes;
      if (in_quotes) continue;
      if (depth == 0 && marks.find(text[i]) != std::string_view::npos) return i;
      if (text[i] == '(' || text[i] == '{') ++depth;
      if (text[i] == ')' || text[i] == '}') --depth;
    }
    return std::string_view::npos;
  }

  static std::vector<std::string_view> split(std::string_view text, char mark) {
    std::vector<std::string_view> parts;
    for (;;) {
      auto const end = find_outside(text, std::string_view(&mark, 1));
      parts.push_back(trimmed(text.substr(0, end)));
      if (end == std::string_view::npos) return parts;
      text.remove_prefix(end + 1);
    }
  }

  static std::string_view first_word(std::string_view text) {
    usize end = 0;
    while (end < text.size() && is_name_part(text[end])) ++end;
    return text.substr(0, end);
  }

  static std::string_view behind(std::string_view text, std::string_view word) {
    return trimmed(text.substr(word.size()));
  }

  // ---- formulas ----

  std::optional<Formula> formula(std::string_view text) {
    std::string const law = LawWords(text).law;
    auto const end_of_name = [&](std::string_view name) {
      // A name that is called is a function.
      auto const next =
          law.find_first_not_of(" \t", static_cast<usize>(name.data() - law.data()) + name.size());
      return next != std::string::npos && law[next] == '(';
    };
    auto read = read_formula(law, [&](std::string_view name) {
      bool const is_inside = name.data() >= law.data() && name.data() < law.data() + law.size();
      return !(is_inside && end_of_name(name));
    });
    for (auto& problem : read.problems)
      error(text, fmt::format("{} in {}", problem.problem, cristae::quoted(text)),
            std::move(problem.reason), std::move(problem.fix));
    if (!read.formula) return std::nullopt;
    return replaced(*read.formula, [](std::string const& name) {
      if (name == "time") return name_formula(model_time);
      if (name == "pi") return number_formula(3.14159265358979323846);
      if (name == "exponentiale") return number_formula(2.71828182845904523536);
      if (name == "avogadro") return number_formula(sbml_avogadro);
      if (name == "true") return number_formula(1);
      if (name == "false") return number_formula(0);
      return name_formula(name);
    });
  }

  // ---- statements ----

  enum class Kind : u8 { unknown, compartment, species };
  struct Symbol {
    Kind kind = Kind::unknown;
    std::string_view where;  ///< where it first stands
    std::string name, compartment;
    bool is_boundary = false, is_constant = false, has_only_amounts = false;
    std::optional<Formula> value;
    std::optional<Formula> rule;
    std::string_view value_where, rule_where;
  };
  std::map<std::string, Symbol, std::less<>> symbols_;
  std::vector<std::string> order_;
  std::set<std::string, std::less<>> event_targets_;
  usize models_ = 0;

  Symbol& symbol(std::string_view name) {
    auto const [found, is_new] = symbols_.try_emplace(std::string(name));
    if (is_new) {
      found->second.where = name;
      order_.emplace_back(name);
    }
    return found->second;
  }

  void read_statement(std::string_view statement) {
    auto const word = first_word(statement);
    if (word == "model" || word == "module") {
      read_model_line(statement, behind(statement, word));
    } else if (statement == "end") {
      return;
    } else if (word == "compartment" || word == "species" || word == "substanceOnly" ||
               word == "const" || word == "var") {
      read_declaration(statement);
    } else if (is_event(statement)) {
      read_event(statement);
    } else if (has_arrow(statement.substr(0, statement.find(';')))) {
      read_reaction(statement);
    } else if (std::find(other_statements.begin(), other_statements.end(), word) !=
               other_statements.end()) {
      refuse(statement, word);
    } else {
      read_assignment(statement);
    }
  }

  void read_model_line(std::string_view statement, std::string_view rest) {
    if (++models_ > 1) {
      refuse(statement, "a second model");
      return;
    }
    if (rest.starts_with('*')) rest = trimmed(rest.substr(1));
    auto const name = first_word(rest);
    auto const arguments = behind(rest, name);
    if (!name.empty()) model_.name = std::string(name);
    if (!arguments.empty() && arguments != "()") refuse(statement, "a model with arguments");
  }

  /// `[const|var] [substanceOnly] [compartment|species] A in c = 3, $B, ...`
  void read_declaration(std::string_view statement) {
    Kind kind = Kind::unknown;
    bool only_amounts = false, is_constant = false;
    auto rest = statement;
    for (auto word = first_word(rest);; word = first_word(rest)) {
      if (word == "compartment")
        kind = Kind::compartment;
      else if (word == "species")
        kind = Kind::species;
      else if (word == "substanceOnly")
        only_amounts = true;
      else if (word == "const")
        is_constant = true;
      else if (word != "var")
        break;
      rest = behind(rest, word);
    }
    for (auto const item : split(rest, ',')) {
      auto const dollar = item.starts_with('$');
      auto const plain = dollar ? trimmed(item.substr(1)) : item;
      auto const name = first_word(plain);
      if (!is_name(name)) {
        error(statement, fmt::format("{} is no declaration", cristae::quoted(item)), "",
              "Write, for example, species A in cell = 10");
        continue;
      }
      auto& one = symbol(name);
      if (kind != Kind::unknown) one.kind = kind;
      one.is_boundary |= dollar;
      one.is_constant |= is_constant;
      one.has_only_amounts |= only_amounts;
      read_details(plain, name);
    }
  }

  /// What may stand behind a name: `in c`, `= 3`, `:= a + b`, `is "label"`.
  void read_details(std::string_view item, std::string_view name) {
    auto& one = symbol(name);
    auto rest = behind(item, name);
    if (first_word(rest) == "in") {
      rest = behind(rest, "in");
      auto const compartment = first_word(rest);
      one.compartment = std::string(compartment);
      if (one.kind == Kind::unknown) one.kind = Kind::species;
      symbol(compartment).kind = Kind::compartment;
      rest = behind(rest, compartment);
    }
    if (first_word(rest) == "is") {
      auto const label = behind(rest, "is");
      if (label.size() > 1 && label.starts_with('"') && label.ends_with('"'))
        one.name = std::string(label.substr(1, label.size() - 2));
      else
        refuse(item, rest);
      return;
    }
    if (rest.empty()) return;
    bool const is_rule = rest.starts_with(":=");
    if (!is_rule && (!rest.starts_with("=") || rest.starts_with("=="))) {
      if (rest.starts_with("'"))
        refuse(item, "a rate rule");
      else
        refuse(item, item);
      return;
    }
    auto value = formula(trimmed(rest.substr(is_rule ? 2 : 1)));
    auto& place = is_rule ? one.rule : one.value;
    if (place)
      error(item, fmt::format("{} has two values", cristae::quoted(name)), "", "Remove one");
    place = std::move(value);
    (is_rule ? one.rule_where : one.value_where) = item;
  }

  void read_assignment(std::string_view statement) {
    bool const dollar = statement.starts_with('$');
    auto const plain = dollar ? trimmed(statement.substr(1)) : statement;
    auto const name = first_word(plain);
    if (!is_name(name) || plain.size() == name.size()) {
      refuse(statement, statement);
      return;
    }
    symbol(name).is_boundary |= dollar;
    read_details(plain, name);
  }

  // ---- reactions ----

  void read_reaction(std::string_view statement) {
    auto& reaction = model_.reactions.emplace_back();
    reaction.where = at(statement);
    auto const semicolon = statement.find(';');
    auto equation = trimmed(statement.substr(0, semicolon));
    if (auto const colon = find_outside(equation, ":"); colon != std::string_view::npos) {
      reaction.id = std::string(trimmed(equation.substr(0, colon)));
      equation = trimmed(equation.substr(colon + 1));
      if (!is_name(reaction.id)) refuse(statement, reaction.id);
    }
    // `in c` only says where it happens.
    if (auto const in = equation.rfind(" in "); in != std::string_view::npos) {
      symbol(trimmed(equation.substr(in + 4))).kind = Kind::compartment;
      equation = trimmed(equation.substr(0, in));
    }
    auto const minus = equation.find("->"), equal = equation.find("=>");
    auto const arrow = std::min(minus, equal);
    bool const has_one = arrow != std::string_view::npos && !has_arrow(equation.substr(arrow + 2));
    if (!has_one) {
      refuse(statement, equation);
      return;
    }
    reaction.is_reversible = minus < equal;
    read_side(equation.substr(0, arrow), reaction.reactants);
    read_side(equation.substr(arrow + 2), reaction.products);
    auto const rate =
        semicolon == std::string_view::npos ? "" : trimmed(statement.substr(semicolon + 1));
    if (rate.empty())
      error(statement, fmt::format("reaction {} has no rate", cristae::quoted(equation)), "",
            "Write it behind a semicolon");
    else if (auto law = formula(rate))
      reaction.law = std::move(*law);
  }

  void read_side(std::string_view text, std::vector<ForeignParticipant>& side) {
    if (trimmed(text).empty()) return;
    for (auto term : split(text, '+')) {
      usize digits = 0;
      while (digits < term.size() && (is_name_part(term[digits]) || term[digits] == '.') &&
             !is_name(term.substr(digits, 1)))
        ++digits;
      double count = 1;
      auto const number = term.substr(0, digits);
      if (digits > 0) count = number_in(number).value_or(0);
      auto name = trimmed(term.substr(digits));
      bool const is_boundary = name.starts_with('$');
      if (is_boundary) name = trimmed(name.substr(1));
      if (digits > 0 && name.empty() && count == 0) continue;  // 0 -> A
      if (!is_name(name)) {
        error(term, fmt::format("{} is no species with its stoichiometry", cristae::quoted(term)),
              "", "Write, for example, 2 A + B");
        continue;
      }
      auto& one = symbol(name);
      one.kind = Kind::species;
      one.is_boundary |= is_boundary;
      side.push_back({std::string(name), count, "", at(term)});
    }
  }

  // ---- events ----

  /// `[name:] at ...`
  static std::string_view without_label(std::string_view statement) {
    auto const colon = find_outside(statement, ":");
    if (colon == std::string_view::npos) return statement;
    auto const label = trimmed(statement.substr(0, colon));
    return is_name(label) ? trimmed(statement.substr(colon + 1)) : statement;
  }
  static bool is_event(std::string_view statement) {
    auto const word = first_word(without_label(statement));
    return word == "at" && without_label(statement).size() > 2;
  }

  void read_event(std::string_view statement) {
    auto& event = model_.events.emplace_back();
    event.where = at(statement);
    auto rest = without_label(statement);
    if (rest.data() != statement.data())
      event.id = std::string(trimmed(statement.substr(0, find_outside(statement, ":"))));
    rest = behind(rest, "at");
    auto const colon = find_outside(rest, ":");
    if (colon == std::string_view::npos) {
      error(statement, "an event sets nothing", "", "Write at (condition): A = 1");
      return;
    }
    auto const head = split(rest.substr(0, colon), ',');
    read_trigger(event, head[0]);
    for (usize i = 1; i < head.size(); ++i) read_event_option(event, head[i]);
    for (auto const item : split(rest.substr(colon + 1), ',')) {
      auto const name = first_word(item);
      auto const value = behind(item, name);
      if (!is_name(name) || !value.starts_with('=')) {
        error(item, fmt::format("{} is no assignment", cristae::quoted(item)), "", "Write A = 1");
        continue;
      }
      event_targets_.emplace(name);
      symbol(name);
      if (auto math = formula(trimmed(value.substr(1))))
        event.assignments.push_back({std::string(name), std::move(*math), at(item)});
    }
  }

  /// `condition` or `delay after condition`
  void read_trigger(ForeignEvent& event, std::string_view text) {
    auto condition = text;
    for (auto found = text.find("after"); found != std::string_view::npos;
         found = text.find("after", found + 1)) {
      bool const is_word = found > 0 && !is_name_part(text[found - 1]) && found + 5 < text.size() &&
                           !is_name_part(text[found + 5]);
      if (!is_word) continue;
      event.delay = formula(trimmed(text.substr(0, found)));
      condition = trimmed(text.substr(found + 5));
      break;
    }
    if (auto math = formula(condition)) event.trigger = std::move(*math);
  }

  void read_event_option(ForeignEvent& event, std::string_view text) {
    auto const name = first_word(text);
    auto const value = behind(text, name).starts_with('=') ? trimmed(behind(text, name).substr(1))
                                                           : std::string_view();
    auto const truth = [&](bool& target) {
      if (value == "true" || value == "1")
        target = true;
      else if (value == "false" || value == "0")
        target = false;
      else
        error(text, fmt::format("{} is neither true nor false", cristae::quoted(text)), "",
              "Give one");
    };
    if (name == "t0")
      truth(event.initial_value);
    else if (name == "persistent")
      truth(event.persistent);
    else if (name == "fromTrigger")
      truth(event.values_from_trigger_time);
    else if (name == "priority")
      event.priority = formula(value);
    else
      refuse(text, text);
  }

  // ---- what the names stand for ----

  void resolve() {
    for (auto const& name : order_) {
      auto const& one = symbols_.find(name)->second;
      bool const changes = one.rule || event_targets_.contains(name);
      switch (one.kind) {
        case Kind::compartment: add_compartment(name, one, changes); break;
        case Kind::species: add_species(name, one, changes); break;
        case Kind::unknown: add_parameter(name, one, changes); break;
      }
      if (one.rule) model_.rules.push_back({name, *one.rule, at(one.rule_where)});
    }
    usize unnamed = 0;
    for (auto& reaction : model_.reactions)
      while (reaction.id.empty()) {
        auto const id = fmt::format("_J{}", unnamed++);
        if (!symbols_.contains(id)) reaction.id = id;
      }
  }

  template <class Thing>
  void annotate(Thing& thing, std::string const& name, Symbol const& symbol) const {
    thing.id = name;
    thing.name = symbol.name;
    thing.where = at(symbol.where);
  }

  /// A number as the value itself, anything else as an initial assignment.
  std::optional<double> number_of(std::string const& name, Symbol const& symbol) {
    if (!symbol.value) return std::nullopt;
    auto const& value = *symbol.value;
    bool const is_negative =
        value.kind == NodeKind::negate && value.arguments[0].kind == NodeKind::number;
    if (value.kind == NodeKind::number) return value.number;
    if (is_negative) return -value.arguments[0].number;
    model_.initial.push_back({name, value, at(symbol.value_where)});
    return std::nullopt;
  }

  void add_compartment(std::string const& name, Symbol const& symbol, bool changes) {
    auto& one = model_.compartments.emplace_back();
    annotate(one, name, symbol);
    one.is_constant = !changes;
    one.size = number_of(name, symbol);
  }

  void add_parameter(std::string const& name, Symbol const& symbol, bool changes) {
    auto& one = model_.parameters.emplace_back();
    annotate(one, name, symbol);
    one.is_constant = !changes;
    one.value = number_of(name, symbol);
  }

  /// Outside of declared compartments the size is 1, and concentrations are amounts.
  void add_species(std::string const& name, Symbol const& symbol, bool changes) {
    constexpr auto outside = "default_compartment";
    auto& one = model_.species.emplace_back();
    annotate(one, name, symbol);
    bool const is_outside = symbol.compartment.empty();
    one.compartment = is_outside ? outside : symbol.compartment;
    one.has_only_amounts = symbol.has_only_amounts || is_outside;
    one.is_boundary = symbol.is_boundary || symbol.is_constant;
    one.is_constant = symbol.is_constant && !changes;
    auto const value = number_of(name, symbol);
    (one.has_only_amounts ? one.amount : one.concentration) = value;
    bool const is_declared = std::any_of(model_.compartments.begin(), model_.compartments.end(),
                                         [&](auto const& c) { return c.id == outside; });
    if (!is_outside || is_declared || symbols_.contains(outside)) return;
    auto& compartment = model_.compartments.emplace_back();
    compartment.id = outside;
    compartment.where = one.where;
    compartment.size = 1;
  }
};

}  // namespace

Network read_antimony_text(std::string_view text, std::string const& file) {
  return AntimonyReader(text, file).read();
}

}  // namespace cristae
