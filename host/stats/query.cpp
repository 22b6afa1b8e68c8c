// host/stats/query.cpp - features become symbols of a law; the law parser does the rest.
#include "host/stats/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>

#include "host/base/error.hpp"
#include "host/base/words.hpp"
#include "host/model/evaluate.hpp"
#include "host/model/law_parser.hpp"

namespace cristae {
namespace {

constexpr Symbol id_symbol{SymbolKind::parameter, 0};
constexpr Symbol events_symbol{SymbolKind::parameter, 1};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_ascii_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/// The length of a sign of a formula beyond ASCII that starts `text`; the law parser knows them.
usize sign_length(std::string_view text) {
  for (std::string_view const sign :
       {"\u00b7", "\u22c5", "\u00d7", "\u2212", "\u2264", "\u2265", "\u2260"})
    if (text.starts_with(sign)) return sign.size();
  return 0;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (usize at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

class QueryReader {
 public:
  QueryReader(std::string_view text, std::vector<Column> const& columns,
              std::vector<double> const& times, std::optional<std::vector<std::string>> const& kept,
              std::vector<std::string> const& passages)
      : text_(text), columns_(columns), times_(times), kept_(kept), passages_(passages) {
    while (text_.find(prefix_) != std::string_view::npos) prefix_ += '_';
    for (auto const& column : columns_) names_.push_back(column.name);
    std::stable_sort(names_.begin(), names_.end(),
                     [](auto a, auto b) { return a.size() > b.size(); });
  }

  Expression read() {
    if (trimmed(text_).empty())
      throw Error(ExitCode::usage, "the query is empty", {},
                  "Write a condition, such as " + (columns_.empty() ? "id < 10" : example()));
    while (at_ < text_.size()) read_token();
    LawNames names;
    names.symbol = [this](std::string_view name) { return symbol(name); };
    auto law = parse_law(law_, names);
    for (auto const& problem : law.problems) report(problem);
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](auto const& a, auto const& b) { return a.where.column < b.where.column; });
    if (!findings_.empty()) throw Error(ExitCode::usage, std::move(findings_));
    return std::move(law.expression);
  }

  std::vector<Feature> features() { return std::move(features_); }

 private:
  /// A piece of the query and the name that stands for it in the law.
  struct Stand {
    Span text;
    Span law;
    std::string shown;
    u32 feature = 0;
  };

  std::string_view text_;
  std::vector<Column> const& columns_;
  std::vector<double> const& times_;
  std::optional<std::vector<std::string>> const& kept_;
  std::vector<std::string> const& passages_;
  std::string prefix_ = "feature_";      // of generated names; nowhere in the text
  std::vector<std::string_view> names_;  // of columns, the longest first
  usize at_ = 0;
  std::string law_;
  std::vector<Stand> stands_;
  std::vector<Feature> features_;
  std::vector<Diagnostic> findings_;

  std::string example() const { return fmt::format("{}[end] > 0", columns_.front().name); }

  void read_token() {
    if (is_digit(text_[at_]) || text_[at_] == '.') {
      copy(end_of_number(at_));
    } else if (auto const end = end_of_feature(at_); end > at_) {
      take_feature(end);
    } else if (auto const word_end = end_of_word(at_); word_end > at_) {
      read_word(word_end);
    } else {
      copy(at_ + std::max<usize>(1, sign_length(text_.substr(at_))));
    }
  }

  // ---- places in the text ----

  usize skip_blanks(usize at) const {
    while (at < text_.size() && is_blank(text_[at])) ++at;
    return at;
  }
  bool stands(char sign, usize at) const { return at < text_.size() && text_[at] == sign; }

  usize end_of_number(usize at) const {
    while (at < text_.size() &&
           (is_digit(text_[at]) || is_ascii_letter(text_[at]) || text_[at] == '.'))
      ++at;
    return at;
  }

  bool is_word_part(usize at) const {
    if (at >= text_.size()) return false;
    char const c = text_[at];
    return is_ascii_letter(c) || is_digit(c) ||
           ((c & 0x80) != 0 && sign_length(text_.substr(at)) == 0);
  }

  /// Letters of any script, digits and _; no digit in front. `at` itself if no word stands there.
  usize end_of_word(usize at) const {
    if (at < text_.size() && is_digit(text_[at])) return at;
    while (is_word_part(at)) ++at;
    return at;
  }

  /// Behind the ')' of the '(' at `open`; the end of the text if there is none.
  usize end_of_parentheses(usize open) const {
    usize depth = 0;
    for (usize at = open; at < text_.size(); ++at) {
      if (text_[at] == '(') ++depth;
      if (text_[at] == ')' && --depth == 0) return at + 1;
    }
    return text_.size();
  }

  /// Behind the longest reported name that stands at `at` as a whole.
  std::optional<usize> end_of_name(usize at) const {
    for (auto const name : names_) {
      if (!text_.substr(at).starts_with(name)) continue;
      usize const end = at + name.size();
      if (!is_word_part(end - 1) || !is_word_part(end)) return end;
    }
    return std::nullopt;
  }

  /// Behind the feature at `at`, known or not; `at` itself if none stands there.
  usize end_of_feature(usize at) const {
    usize const word_end = end_of_word(at);
    auto const word = text_.substr(at, word_end - at);
    usize const open = skip_blanks(word_end);
    if (word == "first" && stands('(', open)) return end_of_parentheses(open);
    if ((word == "min" || word == "max" || word == "mean") && stands('(', open))
      if (usize const end = end_of_function(word, open); end > open) return end;
    if (auto const name_end = end_of_name(at); name_end && stands('[', skip_blanks(*name_end)))
      return end_of_brackets(skip_blanks(*name_end));
    if (word_end > at && stands('[', open)) return end_of_brackets(open);
    return at;
  }

  usize end_of_brackets(usize open) const {
    auto const close = text_.find(']', open);
    return close == std::string_view::npos ? text_.size() : close + 1;
  }

  /// Behind min(NAME), max(NAME), mean(NAME); 0 for the functions of laws.
  usize end_of_function(std::string_view function, usize open) const {
    auto const name_end = end_of_name(skip_blanks(open + 1));
    if (name_end && stands(')', skip_blanks(*name_end))) return skip_blanks(*name_end) + 1;
    usize const end = end_of_parentheses(open);
    if (function == "mean") return end;
    // min and max of one word: a slip in a name.
    usize const word = skip_blanks(open + 1);
    usize const word_end = end_of_word(word);
    return word_end > word && stands(')', skip_blanks(word_end)) ? end : 0;
  }

  // ---- the law ----

  void copy(usize end) {
    law_ += text_.substr(at_, end - at_);
    at_ = end;
  }

  /// Puts a generated name in the place of the text up to `end`.
  void stand_in(usize end, std::string shown, usize feature) {
    auto const name = fmt::format("{}{}_", prefix_, stands_.size());
    auto const span = [](usize from, usize to) { return Span{u32(from), u32(to)}; };
    stands_.push_back({span(at_, end), span(law_.size(), law_.size() + name.size()),
                       std::move(shown), u32(feature)});
    law_ += name;
    at_ = end;
  }

  void take_feature(usize end) {
    auto const written = std::string(text_.substr(at_, end - at_));
    try {
      auto feature = parse_feature(written, columns_, times_);
      if (feature.kind == FeatureKind::first) feature.text = kept_passage(feature.text);
      auto const known = std::find_if(features_.begin(), features_.end(), [&](auto const& other) {
        return other.text == feature.text;
      });
      auto const index = usize(known - features_.begin());
      if (known == features_.end()) {
        require_kept(feature);
        features_.push_back(std::move(feature));
      }
      stand_in(end, features_[index].text, index);
    } catch (Error const& error) {
      for (auto const& finding : error.diagnostics())
        report(at_, finding.problem, finding.reason, finding.fix);
      stand_in(end, written, 0);
    }
  }

  /// The spelling that was kept; where none was, it is reported. Blanks make no other condition.
  std::string kept_passage(std::string const& text) {
    auto const without_blanks = [](std::string condition) {
      std::erase_if(condition, is_blank);
      return condition;
    };
    auto const& kept = kept_ ? *kept_ : passages_;
    for (auto const& other : kept)
      if (without_blanks(other) == without_blanks(text)) return other;
    auto const begin = text.find('(') + 1;
    report(
        at_, fmt::format("'{}' was not kept", text),
        kept.empty() ? "the result keeps no first passage" : "the result keeps " + name_list(kept),
        fmt::format("Run it again with --first-passage '{}'",
                    text.substr(begin, text.size() - 1 - begin)));
    return text;
  }

  void require_kept(Feature const& feature) {
    if (feature.kind == FeatureKind::first) return;  // found among those that are kept
    if (!kept_ || std::find(kept_->begin(), kept_->end(), feature.text) != kept_->end()) return;
    report(at_, fmt::format("'{}' was not kept", feature.text),
           kept_->empty() ? "the result keeps no feature of single trajectories"
                          : "the result keeps " + name_list(*kept_),
           fmt::format("Run it again with --keep '{}'", feature.text));
  }

  void read_word(usize end) {
    auto const word = text_.substr(at_, end - at_);
    bool const is_called = stands('(', skip_blanks(end));
    if (word == "count" && is_called) {
      copy(end_of_parentheses(skip_blanks(end)));
    } else if (word == "and" || word == "or" || word == "not" || symbol(word)) {
      copy(end);
    } else if (auto const name_end = end_of_name(at_)) {
      take_feature(*name_end);  // says what is missing
    } else if (is_called) {
      copy(end);
    } else {
      report_unknown(word);
      stand_in(end, std::string(word), 0);
    }
  }

  void report_unknown(std::string_view word) {
    std::vector<std::string> known{"id", "events"};
    for (auto const& column : columns_) known.push_back(column.name);
    auto const near = nearest_name(std::string(word), known);
    auto const is_column = near != "id" && near != "events";
    report(at_, fmt::format("'{}' is not reported", word), {},
           near.empty()
               ? "A query is made of id, events, NAME[end], NAME[T], min(NAME), max(NAME) and "
                 "mean(NAME)"
               : fmt::format("Did you mean '{}{}'?", near, is_column ? "[end]" : ""));
  }

  std::optional<Symbol> symbol(std::string_view name) const {
    if (name == "id") return id_symbol;
    if (name == "events") return events_symbol;
    for (usize i = 0; i < stands_.size(); ++i)
      if (name == law_name(i)) return Symbol{SymbolKind::species, stands_[i].feature};
    return std::nullopt;
  }

  std::string_view law_name(usize stand) const {
    auto const& span = stands_[stand].law;
    return std::string_view(law_).substr(span.begin, span.end - span.begin);
  }

  // ---- findings ----

  /// `at` counts bytes of the query.
  void report(usize at, std::string problem, std::string reason, std::string fix) {
    auto const before = text_.substr(0, at);
    auto const characters =
        std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xC0) != 0x80; });
    findings_.push_back({Severity::error,
                         {"query", 1, u32(characters) + 1},
                         std::move(problem),
                         std::move(reason),
                         std::move(fix)});
  }

  void report(LawProblem const& problem) {
    auto fix = of_query(problem.fix), reason = of_query(problem.reason);
    if (fix.find("[rules]") != std::string::npos) fix = "Make it shorter";
    if (problem.problem.starts_with("count()")) {
      reason.clear();
      fix = "Make it an observable of the network and ask for that";
    }
    report(in_text(problem.span.begin), of_query(problem.problem), std::move(reason),
           std::move(fix));
  }

  /// A text of the law parser in the words of queries, with what the user wrote.
  std::string of_query(std::string text) const {
    replace_all(text, "laws", "queries");
    replace_all(text, "law", "query");
    for (usize i = 0; i < stands_.size(); ++i) replace_all(text, law_name(i), stands_[i].shown);
    return text;
  }

  /// The place in the query of a place in the law.
  usize in_text(usize law) const {
    for (auto stand = stands_.rbegin(); stand != stands_.rend(); ++stand) {
      if (law >= stand->law.end) return stand->text.end + (law - stand->law.end);
      if (law >= stand->law.begin) return stand->text.begin;
    }
    return law;
  }
};

}  // namespace

Query::Query(std::string const& text, std::vector<Column> const& columns,
             std::vector<double> const& times, std::optional<std::vector<std::string>> const& kept,
             std::vector<std::string> const& passages) {
  QueryReader reader(text, columns, times, kept, passages);
  expression_ = reader.read();
  features_ = reader.features();
  auto const& nodes = expression_.nodes;
  for (usize i = 0; i < nodes.size(); ++i)
    parts_.push_back({expression_.text, {nodes.begin(), nodes.begin() + std::ptrdiff_t(i) + 1}});
  for (auto const& node : expression_.nodes)
    if (node.kind == NodeKind::symbol && node.symbol.kind == events_symbol.kind &&
        node.symbol.index == events_symbol.index)
      uses_events_ = true;
}

double Query::truth(usize index, ExpressionValues const& known) const {
  Node const& node = expression_.nodes[index];
  bool has_undefined = false, has_true = false, has_false = false;
  auto const look = [&](double value) {
    has_undefined = has_undefined || std::isnan(value);
    has_true = has_true || (value != 0 && !std::isnan(value));
    has_false = has_false || value == 0;
  };
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  switch (node.kind) {
    case NodeKind::logical_and:
    case NodeKind::logical_or: {
      for (u32 const argument : node.arguments) look(truth(argument, known));
      bool const is_and = node.kind == NodeKind::logical_and;
      if (is_and ? has_false : has_true) return is_and ? 0 : 1;
      return has_undefined ? undefined : double(is_and);
    }
    case NodeKind::logical_not:
      look(truth(node.arguments[0], known));
      return has_undefined ? undefined : double(has_false);
    case NodeKind::less:
    case NodeKind::less_equal:
    case NodeKind::greater:
    case NodeKind::greater_equal:
    case NodeKind::equal:
    case NodeKind::not_equal:
      for (u32 const argument : node.arguments) look(evaluate(parts_[argument], known));
      if (has_undefined) return undefined;
      break;
    default: break;
  }
  return evaluate(parts_[index], known);
}

Match Query::match(u64 id, u64 events, std::span<double const> values) const {
  auto const is_nan = [](double value) { return std::isnan(value); };
  if (std::any_of(values.begin(), values.end(), is_nan)) return Match::undefined;
  std::array const own{double(id), double(events)};
  ExpressionValues known;
  known.species = values;
  known.parameters = own;
  double const result = truth(expression_.nodes.size() - 1, known);
  if (std::isnan(result)) return Match::undefined;
  return result != 0 ? Match::yes : Match::no;
}

}  // namespace cristae
