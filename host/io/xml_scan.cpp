// host/io/xml_scan.cpp - one pass over tags, comments and character data.
#include "host/io/xml_scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/types.hpp"
#include "host/base/words.hpp"
#include "host/io/toml_fields.hpp"

namespace cristae {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class XmlScan {
 public:
  XmlScan(std::string_view text, std::string const& file) : text_(text), file_(file), out_(text) {}

  std::string scan() {
    check_characters();
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    while (at_ < text_.size()) {
      auto const open = text_.find('<', at_);
      if (open == std::string_view::npos) break;
      check_text(open);
      at_ = open;
      read_markup();
    }
    if (!open_.empty())
      fail(open_.back().begin, fmt::format("element {} is not closed", quoted(open_.back().name)),
           "", "Add its end tag");
    if (!has_root_) fail(0, "there is no element", "this is no XML document", "Check the file");
    return std::move(out_);
  }

 private:
  struct Element {
    std::string_view name;
    usize begin;         ///< of its tag
    usize content;       ///< behind its tag
    usize children = 0;  ///< elements so far
  };
  std::string_view text_;
  std::string const& file_;
  std::string out_;
  usize at_ = 0;
  bool has_root_ = false;
  std::vector<Element> open_;
  usize ignored_depth_ = 0;  ///< how many elements are open at the outermost ignored one; 0: none

  [[noreturn]] void fail(usize at, std::string problem, std::string reason, std::string fix) const {
    u32 line = 1, column = 1;
    for (char const c : text_.substr(0, at)) {
      ++column;
      if (c == '\n') {
        ++line;
        column = 1;
      }
    }
    throw Error(ExitCode::model, {Severity::error,
                                  {file_, line, column},
                                  std::move(problem),
                                  std::move(reason),
                                  std::move(fix)});
  }

  void check_characters() const {
    if (auto const zero = text_.find('\0'); zero != std::string_view::npos)
      fail(zero, "a character 0 in the text", "XML in UTF-16 or UTF-32 is not read",
           "Save it as UTF-8");
  }

  usize find(std::string_view what, usize from, char const* part) const {
    auto const found = text_.find(what, from);
    if (found == std::string_view::npos)
      fail(at_, fmt::format("{} is not closed", part), "", fmt::format("Add '{}'", what));
    return found + what.size();
  }

  void read_markup() {
    auto const rest = text_.substr(at_);
    if (rest.starts_with("<!--"))
      at_ = find("-->", at_ + 4, "a comment");
    else if (rest.starts_with("<![CDATA["))
      at_ = find("]]>", at_ + 9, "a CDATA section");
    else if (rest.starts_with("<!"))
      fail(at_, "a document type declaration (DOCTYPE)",
           "its entities can expand without end, and SBML has none", "Remove it");
    else if (rest.starts_with("<?"))
      read_instruction();
    else if (rest.starts_with("</"))
      read_end();
    else
      read_start();
  }

  void read_instruction() {
    usize const end = find("?>", at_ + 2, "a processing instruction");
    auto const text = text_.substr(at_, end - at_);
    if (text.starts_with("<?xml") && text.size() > 5 && is_blank(text[5])) check_encoding(text);
    at_ = end;
  }

  void check_encoding(std::string_view declaration) const {
    auto const key = declaration.find("encoding");
    if (key == std::string_view::npos) return;
    auto const quote = declaration.find_first_of("\"'", key);
    if (quote == std::string_view::npos) return;  // the parser will say so
    auto const end = declaration.find(declaration[quote], quote + 1);
    std::string encoding(declaration.substr(quote + 1, end - quote - 1));
    for (char& c : encoding) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    for (auto const* known : {"UTF-8", "UTF8", "US-ASCII", "ASCII", "ISO-8859-1"})
      if (encoding == known) return;
    fail(at_ + quote, fmt::format("the encoding {} is not read", quoted(encoding)), "",
         "Save it as UTF-8");
  }

  static bool ends_name(char c) { return is_blank(c) || c == '/' || c == '>'; }

  std::string_view name_at(usize at) const {
    usize end = at;
    while (end < text_.size() && !ends_name(text_[end])) ++end;
    if (end == at || end == text_.size())
      fail(at_, "'<' begins no tag", "", "Write &lt; for the character");
    return text_.substr(at, end - at);
  }

  /// Behind the '>' of the tag, past its attributes.
  usize end_of_tag(usize at) const {
    char quote = 0;
    for (; at < text_.size(); ++at) {
      char const c = text_[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return at + 1;
      } else if (c == '<') {
        break;
      }
    }
    fail(at_, "a tag is not closed", "", "Add '>'");
  }

  static std::string_view without_prefix(std::string_view name) {
    auto const colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
  }

  void read_start() {
    auto const name = name_at(at_ + 1);
    usize const end = end_of_tag(at_ + 1 + name.size());
    has_root_ = true;
    bool const is_empty = text_[end - 2] == '/';
    if (open_.size() + 1 > max_xml_depth)
      fail(at_, fmt::format("elements are nested deeper than {}", max_xml_depth),
           "no model needs that, and parsers break on it", "Simplify it");
    count_in_formula(without_prefix(name));
    if (!is_empty) {
      open_.push_back({name, at_, end});
      auto const plain = without_prefix(name);
      if (ignored_depth_ == 0 && (plain == "notes" || plain == "annotation"))
        ignored_depth_ = open_.size();
    }
    at_ = end;
  }

  // ---- what libSBML reads without a word: 1,5 as 1, and text between elements as nothing ----

  static bool holds_elements(std::string_view name) {
    constexpr std::array<std::string_view, 9> known{
        "apply", "piecewise", "piece", "otherwise", "lambda", "bvar", "degree", "logbase", "math"};
    return std::find(known.begin(), known.end(), name) != known.end();
  }

  /// Of the text from here to `end`.
  void check_text(usize end) const {
    if (open_.empty() || ignored_depth_ != 0) return;
    auto const text = trimmed(text_.substr(at_, end - at_));
    if (!text.empty() && holds_elements(without_prefix(open_.back().name)))
      fail(static_cast<usize>(text.data() - text_.data()),
           fmt::format("{} stands in a formula without an element", quoted(text.substr(0, 40))), "",
           "Put numbers into <cn>, names into <ci>");
  }

  /// The value of an attribute of the tag that begins at `at`; empty without.
  std::string_view attribute(usize at, usize end, std::string_view name) const {
    auto const tag = text_.substr(at, end - at);
    for (auto found = tag.find(name); found != tag.npos; found = tag.find(name, found + 1)) {
      auto const rest = trimmed(tag.substr(found + name.size()));
      if (!is_blank(tag[found - 1]) || !rest.starts_with('=')) continue;
      auto const value = trimmed(rest.substr(1));
      if (value.empty() || (value[0] != '"' && value[0] != '\'')) continue;
      return trimmed(value.substr(1, value.find(value[0], 1) - 1));
    }
    return {};
  }

  static bool is_whole_number(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  }

  static bool is_real_number(std::string_view text) {
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    return number_in(text).has_value();
  }

  /// At the end tag of a number.
  void check_number(Element const& element) const {
    auto const type = attribute(element.begin, element.content, "type");
    auto const base = attribute(element.begin, element.content, "base");
    auto const whole = trimmed(text_.substr(element.content, at_ - element.content));
    bool const has_two = type == "e-notation" || type == "rational";
    auto first = whole, second = std::string_view();
    if (has_two) {
      auto const open = whole.find('<');
      auto const close = whole.rfind('>');
      if (open == whole.npos || element.children != 1) fail_number(element, whole);
      first = trimmed(whole.substr(0, open));
      second = trimmed(whole.substr(close + 1));
    }
    bool const is_integer = type == "integer" || type == "rational";
    bool const is_right = (is_integer ? is_whole_number(first) : is_real_number(first)) &&
                          (!has_two || is_whole_number(second)) && (base.empty() || base == "10");
    if (!is_right) fail_number(element, whole);
  }

  [[noreturn]] void fail_number(Element const& element, std::string_view text) const {
    fail(element.begin, fmt::format("{} is no number of its type", quoted(text)),
         "a parser would take what it can read of it for the whole", "Correct the <cn>");
  }

  /// libSBML takes the square of the time for the parts of one element of a formula.
  void count_in_formula(std::string_view name) {
    if (open_.empty() || ignored_depth_ != 0) return;
    auto const parent = without_prefix(open_.back().name);
    if (parent == "ci")
      fail(at_, "an element stands in the name of a formula", "only its text is read",
           "Correct the <ci>");
    ++open_.back().children;
    bool const is_qualifier = name == "degree" || name == "logbase";
    if (is_qualifier && parent == "apply" && open_.back().children != 2)
      fail(at_, fmt::format("element {} stands behind an argument", quoted(name)),
           "libSBML would take that for it", "Write it directly behind its function");
    if (open_.back().children <= max_formula_parts) return;
    if (holds_elements(parent))
      fail(at_,
           fmt::format("a formula has more than {} parts in one element {}", max_formula_parts,
                       quoted(parent)),
           "", "Split it by rules");
  }

  void read_end() {
    auto const name = name_at(at_ + 2);
    usize const end = end_of_tag(at_ + 2 + name.size());
    if (open_.empty() || open_.back().name != name)
      fail(at_,
           open_.empty() ? fmt::format("end tag {} without its start", quoted(name))
                         : fmt::format("end tag {} where {} is open", quoted(name),
                                       quoted(open_.back().name)),
           "", "Correct the tags");
    auto const plain = without_prefix(name);
    if (ignored_depth_ == 0 && plain == "cn") check_number(open_.back());
    // What it is called is no id, though libSBML's rules take it for one.
    if (ignored_depth_ == 0 && plain == "csymbol") blank(open_.back().content, at_);
    if (ignored_depth_ == open_.size()) {
      blank(open_.back().content, at_);
      ignored_depth_ = 0;
    }
    open_.pop_back();
    at_ = end;
  }

  void blank(usize begin, usize end) {
    for (usize i = begin; i < end; ++i)
      if (out_[i] != '\n' && out_[i] != '\r') out_[i] = ' ';
  }
};

}  // namespace

std::string scanned_xml(std::string_view text, std::string const& file) {
  return XmlScan(text, file).scan();
}

}  // namespace cristae
