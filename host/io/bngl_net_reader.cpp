// host/io/bngl_net_reader.cpp - lines of blocks; rates by the formulas of BioNetGen's own simulator.
//
// Propensities of discrete simulation: Blinov, Faeder, Goldstein, Hlavacek 2004 (Bioinformatics
// 20:3289) and the text of Network3, `rxn_rate`: identical reactants are A (A - 1) ..., without
// 1/n!, which is part of the rate.
#include "host/io/bngl_net_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "host/base/words.hpp"
#include "host/io/equation.hpp"
#include "host/io/formula.hpp"
#include "host/io/network_draft.hpp"
#include "host/io/toml_fields.hpp"

namespace cristae {
namespace {

constexpr usize max_findings = 100;
constexpr usize max_chain = 1000;        // of expressions, each of which reads the next
constexpr usize terms_of_a_rule = 1000;  // longer sums are split
constexpr double largest_count = 9007199254740992.0;

/// A line without its comment, which stands apart.
struct Line {
  std::string_view text, comment;
  std::string_view whole;  ///< with what stands around the text
  u32 number = 0;
  struct Part {
    usize begin;  ///< in `whole`
    u32 number;
  };
  std::vector<Part> parts;  ///< where it goes on
};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (usize at = 0; at < text.size();) {
    auto const begin = text.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) break;
    auto const end = std::min(text.find_first_of(" \t", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    at = end;
  }
  return words;
}

bool is_name_part(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/// What BioNetGen's simulator has beside the functions of laws; if, rint and log2 are computed as
/// there (network.h of Network3; muParser 2.2): 1 is true and 0 is not, halves go up.
struct Function {
  std::string_view name;
  usize arguments = 0;                    ///< 0: one or more
  double (*of_number)(double) = nullptr;  ///< laws have its values, not the function
};
constexpr std::array functions{
    Function{"if", 3},
    Function{"min"},
    Function{"max"},
    Function{"sum"},
    Function{"avg"},
    Function{"rint", 1},
    Function{"log2", 1},
    Function{"sin", 1, [](double x) { return std::sin(x); }},
    Function{"cos", 1, [](double x) { return std::cos(x); }},
    Function{"tan", 1, [](double x) { return std::tan(x); }},
    Function{"asin", 1, [](double x) { return std::asin(x); }},
    Function{"acos", 1, [](double x) { return std::acos(x); }},
    Function{"atan", 1, [](double x) { return std::atan(x); }},
    Function{"sinh", 1, [](double x) { return std::sinh(x); }},
    Function{"cosh", 1, [](double x) { return std::cosh(x); }},
    Function{"tanh", 1, [](double x) { return std::tanh(x); }},
    Function{"asinh", 1, [](double x) { return std::asinh(x); }},
    Function{"acosh", 1, [](double x) { return std::acosh(x); }},
    Function{"atanh", 1, [](double x) { return std::atanh(x); }},
};
constexpr std::array<std::string_view, 3> without_a_law{"mratio", "tfun", "TFUN"};

/// An expression of BioNetGen in the words of laws: f() is f, && and || are words. A call of one of
/// `functions` becomes a minimum with its number as the first argument, for FunctionReader.
std::string in_law_words(std::string_view text) {
  std::string law;
  for (usize at = 0; at < text.size();) {
    char const c = text[at];
    if (is_name_part(c) && !(c >= '0' && c <= '9')) {
      auto end = at;
      while (end < text.size() && is_name_part(text[end])) ++end;
      auto const name = text.substr(at, end - at);
      auto const open = text.find_first_not_of(" \t", end);
      bool const is_call = open != std::string_view::npos && text[open] == '(';
      at = end;
      auto const close = is_call ? text.find_first_not_of(" \t", open + 1) : std::string_view::npos;
      bool const is_empty = close != std::string_view::npos && text[close] == ')';
      auto const* function = std::find_if(functions.begin(), functions.end(),
                                          [&](auto const& one) { return one.name == name; });
      if (is_empty) {
        law += name;
        at = close + 1;
      } else if (is_call && function != functions.end()) {
        law += fmt::format("min({}, ", function - functions.begin());
        at = open + 1;
      } else {
        law += name;
      }
    } else if (c >= '0' && c <= '9') {
      // With its exponent, whose letter is no name.
      while (at < text.size() &&
             (is_name_part(text[at]) || text[at] == '.' ||
              ((text[at] == '+' || text[at] == '-') && (law.back() == 'e' || law.back() == 'E'))))
        law += text[at++];
    } else if (text.substr(at, 2) == "&&" || text.substr(at, 2) == "||") {
      law += c == '&' ? " and " : " or ";
      at += 2;
    } else if (text.substr(at, 2) == "~=") {
      law += "!=";
      at += 2;
    } else if (c == '!' && text.substr(at, 2) != "!=") {
      law += " not ";
      ++at;
    } else {
      law += c;
      ++at;
    }
  }
  return law;
}

/// Empty where there is none.
std::string_view function_without_a_law(std::string_view text) {
  for (usize at = 0; at < text.size(); ++at) {
    if (!is_name_part(text[at])) continue;
    auto const begin = at;
    while (at < text.size() && is_name_part(text[at])) ++at;
    auto const name = text.substr(begin, at - begin);
    auto const open = text.find_first_not_of(" \t", at);
    bool const is_call = open != std::string_view::npos && text[open] == '(';
    if (is_call &&
        std::find(without_a_law.begin(), without_a_law.end(), name) != without_a_law.end())
      return name;
  }
  return {};
}

/// Puts what calls of `functions` mean in the place of the minima that in_law_words() made of them.
class FunctionReader {
 public:
  std::string problem, reason, fix;  ///< the first

  Formula read(Formula formula) {
    for (auto& argument : formula.arguments) argument = read(std::move(argument));
    if (formula.kind != NodeKind::minimum) return formula;
    auto const& function = functions[static_cast<usize>(formula.arguments[0].number)];
    auto& arguments = formula.arguments;
    arguments.erase(arguments.begin());
    if (function.arguments != 0 && function.arguments != arguments.size())
      report(fmt::format("{} takes {} argument{}, not {}", function.name, function.arguments,
                         function.arguments == 1 ? "" : "s", arguments.size()),
             "", "Correct the call");
    else if (function.of_number != nullptr)
      return value(function, arguments[0]);
    else if (function.name == "if")
      return condition(std::move(arguments));
    else if (function.name == "rint")
      return join(NodeKind::floor,
                  join(NodeKind::add, std::move(arguments[0]), number_formula(0.5)));
    else if (function.name == "log2")
      return join(NodeKind::divide, join(NodeKind::logarithm, std::move(arguments[0])),
                  join(NodeKind::logarithm, number_formula(2)));
    else if (function.name == "sum" || function.name == "avg")
      return sum(std::move(arguments), function.name == "avg");
    else if (arguments.size() == 1)
      return std::move(arguments[0]);
    if (function.name == "max") formula.kind = NodeKind::maximum;
    return formula;
  }

 private:
  usize terms_ = 0;

  void report(std::string what, std::string why, std::string how) {
    if (!problem.empty()) return;
    problem = std::move(what);
    reason = std::move(why);
    fix = std::move(how);
  }

  Formula value(Function const& function, Formula const& argument) {
    if (uses(argument, [](std::string const& name) { return name != "_pi" && name != "_e"; })) {
      report(fmt::format("function '{}' is not supported", function.name),
             "laws have its value for numbers only", "Write the value, or a formula of exp and ln");
      return number_formula(0);
    }
    double const x = value_of(argument, [](std::string const& name) {
      return name == "_pi" ? 3.14159265358979323846 : 2.71828182845904523536;
    });
    double const result = function.of_number(x);
    if (!std::isfinite(result))
      report(fmt::format("{}({}) is {}", function.name, x, result), "laws have finite numbers",
             "Write a finite number");
    return number_formula(std::isfinite(result) ? result : 0);
  }

  static Formula condition(std::vector<Formula> arguments) {
    if (!is_truth(arguments[0].kind))
      arguments[0] = join(NodeKind::greater, std::move(arguments[0]), number_formula(0.5));
    std::swap(arguments[0], arguments[1]);
    Formula formula;
    formula.kind = NodeKind::piecewise;
    formula.arguments = std::move(arguments);
    return formula;
  }

  /// From the left, as its simulator adds. The depth of the tree is bounded.
  Formula sum(std::vector<Formula> arguments, bool is_average) {
    auto const n = arguments.size();
    terms_ += n;
    if (terms_ > terms_of_a_rule) {
      report(fmt::format("sums of more than {} terms are not supported", terms_of_a_rule), "",
             "Split them into functions");
      return number_formula(0);
    }
    Formula result = std::move(arguments[0]);
    for (usize i = 1; i < n; ++i)
      result = join(NodeKind::add, std::move(result), std::move(arguments[i]));
    if (!is_average || n == 1) return result;
    return join(NodeKind::divide, std::move(result), number_formula(static_cast<double>(n)));
  }
};

class NetReader {
 public:
  NetReader(std::string_view text, std::string const& file) : text_(text), file_(file) {}

  Network read() {
    collect();
    throw_if_errors();
    name_all();
    throw_if_errors();
    add_parameters();
    add_functions();
    add_species();
    add_groups();
    throw_if_errors();
    add_reactions();
    throw_if_errors();
    auto const name = std::filesystem::path(file_).stem().string();
    return draft_.read({name, "", "time"}, file_, std::move(notes_));
  }

 private:
  std::string_view text_;
  std::string const& file_;
  std::vector<Diagnostic> errors_, notes_;
  NetworkDraft draft_;
  std::map<std::string, std::vector<Line>, std::less<>> blocks_;
  std::deque<std::string> joined_;  ///< lines that go on
  u32 number_ = 0;                  ///< of the line that was read last

  // ---- findings ----

  SourceLocation at(Line const& line) const { return at(line, line.text); }
  SourceLocation at(Line const& line, std::string_view word) const {
    if (word.empty()) return at(line);  // it stands nowhere
    auto const offset = static_cast<usize>(word.data() - line.whole.data());
    Line::Part last{0, line.number};
    for (auto const& part : line.parts)
      if (part.begin <= offset) last = part;
    return {file_, last.number, static_cast<u32>(offset - last.begin) + 1};
  }

  void error(SourceLocation where, std::string problem, std::string reason, std::string fix) {
    if (errors_.size() < max_findings)
      errors_.push_back({Severity::error, std::move(where), std::move(problem), std::move(reason),
                         std::move(fix)});
  }

  void throw_if_errors() {
    if (errors_.empty()) return;
    std::stable_sort(errors_.begin(), errors_.end(), [](auto const& a, auto const& b) {
      return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
    });
    throw Error(ExitCode::model, std::move(errors_));
  }

  // ---- blocks ----

  static bool is_read(std::string_view block) {
    return block == "parameters" || block == "functions" || block == "species" ||
           block == "reactions" || block == "groups";
  }
  /// What a generated network no longer needs: it has become species, reactions and groups.
  static bool is_description(std::string_view block) {
    constexpr std::array<std::string_view, 7> known{
        "model",        "molecule types",  "observables",    "reaction rules",
        "compartments", "energy patterns", "population maps"};
    return std::find(known.begin(), known.end(), block) != known.end();
  }

  /// What stands before the comment and the spaces at the end of a line; `begin` moves behind it.
  std::string_view read_line(usize& begin, std::string_view& comment) {
    auto const end = std::min(text_.find('\n', begin), text_.size());
    auto const whole = text_.substr(begin, end - begin);
    begin = end + 1;
    ++number_;
    auto const hash = whole.find('#');
    if (hash != std::string_view::npos) comment = trimmed(whole.substr(hash + 1));
    auto const last = whole.substr(0, hash).find_last_not_of(" \t\r\v\f");
    return whole.substr(0, last == std::string_view::npos ? 0 : last + 1);
  }

  /// With the lines that it goes on in: a backslash before the comment stands for the line's end.
  Line next_line(usize& begin) {
    Line line;
    line.whole = read_line(begin, line.comment);
    line.number = number_;
    if (line.whole.ends_with('\\')) {
      auto& joined = joined_.emplace_back();
      for (auto part = line.whole;; part = read_line(begin, line.comment)) {
        if (number_ != line.number) line.parts.push_back({joined.size(), number_});
        bool const goes_on = part.ends_with('\\');
        joined += part.substr(0, part.size() - (goes_on ? 1 : 0));
        if (!goes_on || begin >= text_.size()) break;
      }
      line.whole = joined;
    }
    line.text = trimmed(line.whole);
    return line;
  }

  void collect() {
    std::string block;
    for (usize begin = 0; begin < text_.size();) {
      auto const line = next_line(begin);
      auto const code = line.text;
      if (code.empty()) continue;
      if (code.starts_with("begin ")) {
        open(block, line);
      } else if (code.starts_with("end ") || code == "end") {
        block.clear();
      } else if (is_read(block)) {
        blocks_[block].push_back(line);
      } else if (block.empty()) {
        read_statement(line);
      }
    }
    for (auto const* needed : {"species", "reactions"})
      if (!blocks_.contains(needed))
        error({file_, 0, 0}, fmt::format("block '{}' is missing", needed),
              "it is no network that BioNetGen generated", "Run generate_network first");
  }

  void open(std::string& block, Line const& line) {
    auto const name = trimmed(line.text.substr(6));
    if (name == "model") return;
    if (!is_read(name) && !is_description(name))
      error(at(line), fmt::format("block {} is not supported", cristae::quoted(name)),
            "what it says would be ignored", "Remove it, if it means nothing to a simulation");
    block = std::string(name);
    if (is_read(name)) blocks_[block];
  }

  void read_statement(Line const& line) {
    std::string plain;
    for (char const c : line.text)
      if (c != ' ' && c != '\t') plain += c;
    if (plain == "substanceUnits(\"Number\");" || plain == "substanceUnits(\"Number\")") return;
    error(at(line), fmt::format("{} is not supported", cristae::quoted(line.text)),
          "what it says would be ignored",
          plain.starts_with("substanceUnits") ? "Write the network in copy numbers"
                                              : "Remove it, if it means nothing to a simulation");
  }

  std::vector<Line> const& lines(std::string_view block) const {
    static std::vector<Line> const none;
    auto const found = blocks_.find(block);
    return found == blocks_.end() ? none : found->second;
  }

  // ---- names ----

  enum class NameKind : u8 { parameter, function, group };
  struct Named {
    NameKind kind;
    Line const* line;
    std::string_view text;  ///< its expression, or terms
    std::string id;
    std::optional<Formula> formula;
    enum class Progress : u8 { unseen, open, done } progress = Progress::unseen;
    std::optional<double> value;  ///< of a parameter
    bool varies = false;
  };
  std::map<std::string, Named, std::less<>> names_;
  std::vector<std::string> known_, parameters_, functions_, groups_;  ///< in their order
  LawIds ids_, reaction_ids_;

  void name_all() {
    for (auto const& line : lines("parameters")) name(line, NameKind::parameter, parameters_);
    for (auto const& line : lines("functions")) name(line, NameKind::function, functions_);
    for (auto const& line : lines("groups")) name(line, NameKind::group, groups_);
    for (auto const& name : known_) {
      auto& one = names_.find(name)->second;
      if (one.kind != NameKind::group && !one.text.empty())
        one.formula = formula(*one.line, one.text);
    }
  }

  /// `index name text`, the index left out by some writers.
  void name(Line const& line, NameKind kind, std::vector<std::string>& order) {
    auto words = words_of(line.text);
    if (words.size() > 1 && words[0].find_first_not_of("0123456789") == std::string_view::npos)
      words.erase(words.begin());
    auto name = std::string(words[0].substr(0, words[0].find('(')));
    auto text = std::string_view();
    if (words.size() > 1)
      text = line.text.substr(static_cast<usize>(words[1].data() - line.text.data()));
    else if (kind != NameKind::group)
      error(at(line), fmt::format("{} has no value", cristae::quoted(name)), "", "Give it one");
    if (text.starts_with("=")) text = trimmed(text.substr(1));
    auto const [found, is_new] = names_.try_emplace(name);
    if (!is_new) {
      error(at(line, words[0]), fmt::format("{} is already declared", cristae::quoted(name)),
            "a name stands for one thing", "Rename one of them");
      return;
    }
    found->second.kind = kind;
    found->second.line = &line;
    found->second.text = text;
    found->second.id = ids_.make(name);
    order.push_back(name);
    known_.push_back(name);
  }

  /// As BioNetGen's tools print what is none.
  static bool is_not_finite(std::string_view text) {
    std::string word;
    for (char const c : text.substr(text.starts_with("-") ? 1 : 0))
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return word == "inf" || word == "infinity" || word == "nan";
  }

  /// Nothing where it cannot be read, which is reported.
  std::optional<Formula> formula(Line const& line, std::string_view text) {
    if (auto const number = number_in(text); number && std::isfinite(*number) && *number >= 0)
      return number_formula(*number);
    if (is_not_finite(text) && !names_.contains(text)) {
      error(at(line, text), fmt::format("{} is no finite number", cristae::quoted(text)),
            "laws have finite numbers", "Write a finite number");
      return std::nullopt;
    }
    if (auto const name = function_without_a_law(text); !name.empty()) {
      error(at(line, name), fmt::format("function '{}' is not supported", name),
            "laws have no such function", "Replace it by an expression of other functions");
      return std::nullopt;
    }
    auto found = read_formula(
        in_law_words(text),
        [this](std::string_view name) {
          return names_.contains(name) || name == "_pi" || name == "_e";
        },
        known_);
    for (auto& problem : found.problems)
      error(at(line, text), fmt::format("{} in {}", problem.problem, cristae::quoted(text)),
            std::move(problem.reason), std::move(problem.fix));
    if (!found.formula) return std::nullopt;
    FunctionReader functions_of_it;
    auto result = functions_of_it.read(*std::move(found.formula));
    if (functions_of_it.problem.empty()) return result;
    error(at(line, text), fmt::format("{} in {}", functions_of_it.problem, cristae::quoted(text)),
          std::move(functions_of_it.reason), std::move(functions_of_it.fix));
    return std::nullopt;
  }

  /// In the ids of laws.
  Formula law(Formula const& formula) const {
    return replaced(formula, [this](std::string const& name) {
      if (name == "_pi") return number_formula(3.14159265358979323846);
      if (name == "_e") return number_formula(2.71828182845904523536);
      return name_formula(names_.find(name)->second.id);
    });
  }

  usize depth_ = 0;
  /// Whether it depends on copy numbers. Reports circles.
  bool varies(std::string const& name) {
    if (name == "_pi" || name == "_e") return false;
    auto& one = names_.find(name)->second;
    if (one.progress == Named::Progress::done) return one.varies;
    if (one.progress == Named::Progress::open) {
      error(at(*one.line), fmt::format("{} depends on itself", cristae::quoted(name)),
            "it cannot be computed", "Write it without itself");
      return false;
    }
    if (depth_ > max_chain) {
      if (depth_ == max_chain + 1)
        error(at(*one.line),
              fmt::format("more than {} expressions read one another in a row", max_chain), "",
              "Shorten the chain");
      return false;
    }
    one.progress = Named::Progress::open;
    ++depth_;
    one.varies = one.kind == NameKind::group || (one.formula && varies(*one.formula));
    if (one.varies && one.kind == NameKind::parameter)
      error(at(*one.line),
            fmt::format("parameter {} depends on copy numbers", cristae::quoted(name)), "",
            "Make it a function");
    --depth_;
    one.progress = Named::Progress::done;
    return one.varies;
  }

  bool varies(Formula const& formula) {
    bool result = false;
    std::set<std::string> names;
    cristae::add_names(formula, names);
    for (auto const& name : names) result = varies(name) || result;
    return result;
  }

  double value(std::string const& name) {
    if (name == "_pi") return 3.14159265358979323846;
    if (name == "_e") return 2.71828182845904523536;
    auto& one = names_.find(name)->second;
    if (!one.value)
      one.value = value_of(*one.formula, [this](std::string const& used) { return value(used); });
    return *one.value;
  }

  // ---- parameters, functions, groups ----

  void add_parameters() {
    for (auto const& name : parameters_) varies(name);
    throw_if_errors();  // circles
    for (auto const& name : parameters_) {
      auto const& one = names_.find(name)->second;
      NetworkDraft::Remark const remark{one.id == name ? "" : name, ""};
      double const number = value(name);
      if (!std::isfinite(number))
        error(at(*one.line), fmt::format("parameter {} is {}", cristae::quoted(name), number), "",
              "Give a finite number");
      bool const is_number = !uses(*one.formula, [](std::string const&) { return true; });
      // What is computed from others follows them, also where --set changes them.
      if (is_number)
        draft_.parameter(one.id, number, remark, at(*one.line));
      else
        draft_.rule(one.id, to_text(law(*one.formula)), remark, at(*one.line));
    }
  }

  void add_functions() {
    for (auto const& name : functions_) varies(name);
    throw_if_errors();
    for (auto const& name : functions_) {
      auto const& one = names_.find(name)->second;
      NetworkDraft::Remark const remark{one.id == name ? "" : name, ""};
      draft_.rule(one.id, to_text(law(*one.formula)), remark, at(*one.line));
      draft_.observable(one.id, one.id, remark, at(*one.line));
    }
  }

  void add_groups() {
    std::set<std::string> read;
    for (auto const& [name, one] : names_)
      if (one.formula) cristae::add_names(*one.formula, read);
    for (auto const& name : groups_) {
      auto const& one = names_.find(name)->second;
      NetworkDraft::Remark const remark{one.id == name ? "" : name, ""};
      auto const terms = group_terms(one);
      bool const is_split = terms.size() > terms_of_a_rule;
      auto const sum = is_split ? split_sum(one, terms) : joined(terms, 0, terms.size());
      if (read.contains(name)) {
        draft_.rule(one.id, sum, remark, at(*one.line));
        draft_.observable(one.id, one.id, remark, at(*one.line));
      } else {
        draft_.observable(one.id, sum, remark, at(*one.line));
      }
    }
  }

  static std::string joined(std::vector<std::string> const& terms, usize begin, usize end) {
    std::string sum;
    for (usize i = begin; i < end; ++i) sum += (sum.empty() ? "" : " + ") + terms[i];
    return sum.empty() ? "0" : sum;
  }

  std::string split_sum(Named const& group, std::vector<std::string> const& terms) {
    std::vector<std::string> parts;
    for (usize i = 0; i < terms.size(); i += terms_of_a_rule) {
      parts.push_back(ids_.make(fmt::format("{}_part_{}", group.id, parts.size() + 1)));
      draft_.rule(parts.back(), joined(terms, i, std::min(i + terms_of_a_rule, terms.size())), {},
                  at(*group.line));
    }
    return joined(parts, 0, parts.size());
  }

  /// `1,2*3` is S1 + 2 * S3.
  std::vector<std::string> group_terms(Named const& group) {
    std::vector<std::string> terms;
    for (usize begin = 0; begin < group.text.size();) {
      auto const end = std::min(group.text.find(',', begin), group.text.size());
      auto const term = trimmed(group.text.substr(begin, end - begin));
      begin = end + 1;
      auto const star = term.find('*');
      auto const index = trimmed(star == std::string_view::npos ? term : term.substr(star + 1));
      auto const weight = star == std::string_view::npos ? std::optional(1.0)
                                                         : number_in(trimmed(term.substr(0, star)));
      auto const* species = find_species(*group.line, index);
      if (!weight || !std::isfinite(*weight))
        error(at(*group.line, term),
              fmt::format("{} is no weight and species", cristae::quoted(term)), "",
              "Write, for example, 2*3");
      if (!weight || !species) continue;
      terms.push_back(*weight == 1 ? species->id : fmt::format("{} * {}", *weight, species->id));
    }
    return terms;
  }

  // ---- species ----

  struct SpeciesLine {
    std::string id;
    bool is_fixed = false;
    bool is_parameter = false;  ///< fixed, at no whole number
  };
  std::vector<SpeciesLine> species_;  ///< by their index from 1

  SpeciesLine const* find_species(Line const& line, std::string_view word) {
    auto const number = number_in(word);
    if (number && *number >= 1 && *number <= static_cast<double>(species_.size()) &&
        *number == std::floor(*number))
      return &species_[static_cast<usize>(*number) - 1];
    error(at(line, word), fmt::format("there is no species {}", cristae::quoted(word)),
          fmt::format("species are numbered from 1 to {}", species_.size()), "Correct the number");
    return nullptr;
  }

  void add_species() {
    for (auto const& line : lines("species")) {
      auto words = words_of(line.text);
      if (words.size() > 1 && number_in(words[0])) words.erase(words.begin());
      auto& one = species_.emplace_back();
      one.id = ids_.make(fmt::format("S{}", species_.size()));
      std::string pattern(words[0]);
      one.is_fixed = is_fixed(pattern);
      if (one.is_fixed) pattern.erase(pattern.find('$'), 1);
      if (words.size() < 2) {
        error(at(line), fmt::format("species {} has no initial amount", cristae::quoted(pattern)),
              "", "Give it one");
        continue;
      }
      auto const text = line.text.substr(static_cast<usize>(words[1].data() - line.text.data()));
      auto const initial = formula(line, text);
      if (!initial) continue;
      if (varies(*initial)) {
        error(at(line, text), "an initial amount depends on copy numbers", "", "Give a number");
        continue;
      }
      add_copies(line, one, pattern,
                 value_of(*initial, [this](std::string const& name) { return value(name); }));
    }
  }

  /// `$A()`, or `@cell::$A()` where it is in a compartment.
  static bool is_fixed(std::string_view pattern) {
    auto const first = pattern.find_first_of("$(");
    return first != std::string_view::npos && pattern[first] == '$';
  }

  void add_copies(Line const& line, SpeciesLine& one, std::string const& pattern, double amount) {
    auto const what = fmt::format("the initial amount of species {}", cristae::quoted(pattern));
    double const copies = std::nearbyint(amount);
    if (!(amount >= 0) || copies > largest_count) {
      error(at(line), fmt::format("{} is {}", what, amount), "copies are counted, 2^53 at most",
            "Give 0 or more");
    } else if (one.is_fixed && copies != amount) {
      one.is_parameter = true;
      draft_.parameter(one.id, amount, {pattern, ""}, at(line));
    } else {
      if (copies != amount)
        notes_.push_back({Severity::note, at(line),
                          fmt::format("{} is {}, rounded to {}", what, amount, copies),
                          "copies are whole numbers", ""});
      draft_.species(one.id, static_cast<i64>(copies), "", {pattern, ""}, at(line));
    }
  }

  // ---- reactions ----

  /// How often each species stands on a side, in order of appearance.
  using Side = std::vector<std::pair<SpeciesLine const*, i64>>;

  Side side(Line const& line, std::string_view text) {
    Side result;
    if (text == "0") return result;
    for (usize begin = 0; begin <= text.size();) {
      auto const end = std::min(text.find(',', begin), text.size());
      auto const word = text.substr(begin, end - begin);
      begin = end + 1;
      auto const* species = find_species(line, word);
      if (species) add(result, species, 1);
    }
    for (auto const& [species, count] : result)
      if (count > max_stoichiometry)
        error(at(line, text),
              fmt::format("more than {} copies of a species on one side", max_stoichiometry), "",
              "Correct the reaction");
    return result;
  }

  static void add(Side& side, SpeciesLine const* species, i64 count) {
    auto const same = std::find_if(side.begin(), side.end(),
                                   [&](auto const& item) { return item.first == species; });
    if (same == side.end())
      side.emplace_back(species, count);
    else
      same->second += count;
  }

  static i64 count_of(Side const& side, SpeciesLine const* species) {
    for (auto const& [one, count] : side)
      if (one == species) return count;
    return 0;
  }

  void add_reactions() {
    for (auto const& line : lines("reactions")) {
      auto words = words_of(line.text);
      if (words.size() < 4) {
        error(at(line), "a reaction is incomplete",
              "it needs a number, reactants, products and a rate", "Correct the line");
        continue;
      }
      auto const reactants = side(line, words[1]);
      auto products = side(line, words[2]);
      // What is fixed stays: as much of it comes out as goes in.
      std::erase_if(products, [](auto const& item) { return item.first->is_fixed; });
      for (auto const& [species, count] : reactants)
        if (species->is_fixed) add(products, species, count);
      words.erase(words.begin(), words.begin() + 3);
      add_reaction(line, reactants, products, words);
    }
  }

  static std::string text_of(Side const& side) {
    std::string text;
    for (auto const& [species, count] : side) {
      if (species->is_parameter) continue;
      if (!text.empty()) text += " + ";
      if (count != 1) text += fmt::format("{} ", count);
      text += species->id;
    }
    return text.empty() ? "0" : text;
  }

  struct Rate {
    Formula formula;
    RateKind kind = RateKind::expression;
  };

  void add_reaction(Line const& line, Side const& reactants, Side const& products,
                    std::vector<std::string_view> const& words) {
    auto const rate = rate_of(line, reactants, words);
    if (!rate) return;
    draft_.reaction(reaction_ids_.make(fmt::format("R{}", words_of(line.text)[0])),
                    text_of(reactants) + " -> " + text_of(products), rate->kind,
                    to_text(rate->formula), {std::string(line.comment), ""}, at(line));
  }

  /// `rate`, `Sat k K ...`, `MM k K` or `Hill k K n`, with a factor before the word.
  std::optional<Rate> rate_of(Line const& line, Side const& reactants,
                              std::vector<std::string_view> const& words) {
    auto word = words[0];
    double factor = 1;
    if (auto const star = word.rfind('*'); star != std::string_view::npos)
      if (auto const number = number_in(word.substr(0, star));
          number && is_law(word.substr(star + 1))) {
        factor = *number;
        word = word.substr(star + 1);
      }
    if (!is_law(word)) {
      auto const text = line.text.substr(static_cast<usize>(words[0].data() - line.text.data()));
      return elementary(line, reactants, text);
    }
    std::vector<Formula> constants;
    for (usize i = 1; i < words.size(); ++i) {
      auto const constant = formula(line, words[i]);
      if (!constant) return std::nullopt;
      constants.push_back(law(*constant));
    }
    auto result = saturated(line, word, reactants, constants);
    if (result && factor != 1)
      *result = join(NodeKind::multiply, number_formula(factor), std::move(*result));
    if (!result) return std::nullopt;
    return Rate{std::move(*result), RateKind::expression};
  }

  static bool is_law(std::string_view word) {
    return word == "Sat" || word == "MM" || word == "Hill";
  }

  std::optional<Rate> elementary(Line const& line, Side const& reactants, std::string_view text) {
    auto rate = formula(line, text);
    if (!rate) return std::nullopt;
    bool const has_group = uses(*rate, [this](std::string const& name) {
      auto const found = names_.find(name);
      return found != names_.end() && found->second.kind == NameKind::group;
    });
    if (has_group) {
      error(at(line, text), fmt::format("a group stands in the rate {}", cristae::quoted(text)),
            "the rate of a reaction is a constant or a function", "Make a function of it");
      return std::nullopt;
    }
    if (!varies(*rate) && !errors_.size()) {
      double orders = 1;
      auto constant = law(*rate);
      for (auto const& [species, count] : reactants)
        for (i64 i = 0; i < count; ++i) {
          if (species->is_parameter)
            constant = join(NodeKind::multiply, std::move(constant), factor(species, i));
          else
            orders *= static_cast<double>(i + 1);
        }
      // Ours is the constant of distinct combinations, of which there are n! times fewer.
      if (orders != 1)
        constant =
            simplified(join(NodeKind::multiply, number_formula(orders), std::move(constant)));
      return Rate{std::move(constant), RateKind::mass_action};
    }
    auto result = law(*rate);
    for (auto const& [species, count] : reactants)
      for (i64 i = 0; i < count; ++i)
        result = join(NodeKind::multiply, std::move(result), factor(species, i));
    return Rate{std::move(result), RateKind::expression};
  }

  /// A - i, the copies that are left for the next reactant of a kind.
  static Formula factor(SpeciesLine const* species, i64 i) {
    auto copies = name_formula(species->id);
    if (i == 0) return copies;
    return join(NodeKind::subtract, std::move(copies), number_formula(static_cast<double>(i)));
  }

  std::optional<Formula> saturated(Line const& line, std::string_view law, Side const& reactants,
                                   std::vector<Formula> const& constants) {
    std::vector<std::pair<SpeciesLine const*, i64>> single;  // and how many of it came before
    for (auto const& [species, count] : reactants)
      for (i64 i = 0; i < count; ++i) single.emplace_back(species, i);
    usize const least = law == "Hill" ? 3 : law == "MM" ? 2 : 1;
    usize const most = law == "Sat" ? single.size() + 1 : least;
    usize const needed_reactants = law == "MM" ? 2 : law == "Hill" ? 1 : 0;
    if (constants.size() < least || constants.size() > most || single.size() < needed_reactants) {
      error(
          at(line),
          fmt::format("{} has {} constants and {} reactants", law, constants.size(), single.size()),
          "Sat has a rate and constants of its reactants, MM k and K of two reactants, Hill k, K "
          "and n",
          "Correct the line");
      return std::nullopt;
    }
    if (law == "MM") return michaelis_menten(single, constants);
    auto rate = constants[0];
    if (law == "Sat") {
      if (constants.size() == 1) return rate;
      for (usize i = 0; i < single.size(); ++i) {
        auto part = factor(single[i].first, single[i].second);
        if (i + 1 < constants.size())
          part = join(NodeKind::divide, std::move(part),
                      join(NodeKind::add, constants[i + 1], name_formula(single[i].first->id)));
        rate = join(NodeKind::multiply, std::move(rate), std::move(part));
      }
      return rate;
    }
    Formula hill;
    hill.kind = NodeKind::hill;
    hill.arguments = {name_formula(single[0].first->id), constants[1], constants[2]};
    rate = join(NodeKind::multiply, std::move(rate), std::move(hill));
    for (usize i = 1; i < single.size(); ++i)
      rate = join(NodeKind::multiply, std::move(rate), factor(single[i].first, single[i].second));
    return rate;
  }

  /// The total quasi-steady state of substrate S and enzymes E: with b = S - K - E and the free
  /// substrate s = (b + sqrt(b^2 + 4 S K)) / 2, k E s / (K + s).
  static Formula michaelis_menten(std::vector<std::pair<SpeciesLine const*, i64>> const& single,
                                  std::vector<Formula> const& constants) {
    auto const& k = constants[0];
    auto const& half = constants[1];
    auto const substrate = name_formula(single[0].first->id);
    auto enzyme = name_formula(single[1].first->id);
    for (usize i = 2; i < single.size(); ++i)
      enzyme = join(NodeKind::add, std::move(enzyme), name_formula(single[i].first->id));
    auto const b = join(NodeKind::subtract, join(NodeKind::subtract, substrate, half), enzyme);
    auto const product =
        join(NodeKind::multiply, join(NodeKind::multiply, number_formula(4), substrate), half);
    auto const root =
        join(NodeKind::square_root, join(NodeKind::add, join(NodeKind::multiply, b, b), product));
    auto const free = join(NodeKind::multiply, number_formula(0.5), join(NodeKind::add, b, root));
    auto const above = join(NodeKind::multiply, join(NodeKind::multiply, k, enzyme), free);
    return join(NodeKind::divide, above, join(NodeKind::add, half, free));
  }
};

}  // namespace

Network read_bngl_net_text(std::string_view text, std::string const& file) {
  return NetReader(text, file).read();
}

}  // namespace cristae
