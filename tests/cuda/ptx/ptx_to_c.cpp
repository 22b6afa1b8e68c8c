// tests/cuda/ptx/ptx_to_c.cpp - one pass over the words of a PTX module, which writes C as it goes.
#include "tests/cuda/ptx/ptx_to_c.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "tests/cuda/ptx/ptx_instructions.hpp"
#include "tests/cuda/ptx/ptx_prelude.hpp"
#include "tests/cuda/ptx/ptx_words.hpp"

namespace cristae::test {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (usize at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

enum class Space : u8 { reg, parameter, local, shared, global, constant, generic };

struct Variable {
  Space space;
  PtxType type;     ///< of a register or of an element
  std::string c;    ///< its name, or for memory the address as an expression of type u64
  usize bytes = 0;  ///< 0: an array without an end
};

struct Operand {
  enum class Kind : u8 { name, literal, float_literal, address, list } kind;
  std::string name;  ///< of a name; of an address: empty where it is a number
  u64 number = 0;    ///< literal, or what is added to the name
  bool is_negative = false;
  bool is_inverted = false;
  std::vector<Operand> list;
};

struct Signature {
  std::vector<Variable> results, parameters;
  std::vector<std::string> names;  ///< of results, then of parameters
  bool is_kernel = false;
  bool has_body = false;
};

std::string c_name(std::string_view prefix, std::string_view name) {
  std::string text(prefix);
  for (char c : name) text += c == '%' || c == '.' || c == '$' ? '_' : c;
  return text;
}

// --- the translator -------------------------------------------------------------------------------

class Translator {
 public:
  Translator(std::string const& ptx, Unrounded unrounded) : words_(ptx_words(ptx)) {
    auto const add = [&](PtxRow const& row) {
      for (auto const& name : split_at(row.names, ' '))
        for (auto const& type : split_at(row.types, ' ')) rows_[name + "." + type] = &row;
    };
    for (PtxRow const& row : ptx_rows) add(row);
    if (unrounded == Unrounded::separate)
      for (PtxRow const& row : ptx_unrounded_rows) add(row);
  }

  CText run() {
    scopes_.emplace_back();
    while (!peek().text.empty()) module_statement();
    for (auto const& [name, signature] : functions_)
      if (!signature.has_body && called_.count(name))
        ptx_fail(called_[name], fmt::format("function '{}' has no body", name));
    result_.shared_bytes = shared_bytes_;
    result_.text =
        fmt::format("{}struct Globals {{\nu8 none;\n{}}};\n{}", ptx_prelude, members_, prototypes_);
    for (auto const& [name, variable] : result_.globals)
      result_.text += fmt::format("u64 const {0} = __builtin_offsetof(struct Globals, {1});\n",
                                  variable.symbol, c_name("v_", name));
    // A module has variables of its own, also where two have one text.
    result_.text += fmt::format(
        "u64 const globals_bytes = sizeof(struct Globals);\n"
        "void begin_globals(struct Globals* g) {{\n"
        "static struct Globals const initial = {{\n{}}};\n*g = initial;\n{}}}\n{}",
        initial_, addresses_, bodies_);
    return std::move(result_);
  }

 private:
  std::vector<PtxWord> words_;
  usize at_ = 0;
  CText result_;
  std::string members_, initial_, addresses_;  ///< of global variables
  std::string prototypes_, bodies_;
  std::vector<std::map<std::string, Variable>> scopes_;
  std::map<std::string, Signature> functions_;
  std::map<std::string, usize> called_;      ///< by name, the line of a call
  std::map<std::string, usize> alignments_;  ///< of parameters
  std::map<std::string, PtxRow const*> rows_;
  usize shared_bytes_ = 0;
  bool in_kernel_ = false;
  std::map<std::string, std::vector<std::string>> branch_targets_;

  // --- reading ---

  PtxWord const& peek(usize ahead = 0) const {
    return words_[std::min(at_ + ahead, words_.size() - 1)];
  }
  PtxWord const& next() { return words_[at_ < words_.size() - 1 ? at_++ : at_]; }
  bool accept(std::string_view text) {
    if (peek().text != text) return false;
    next();
    return true;
  }
  void expect(std::string_view text) {
    if (!accept(text))
      ptx_fail(peek().line, fmt::format("'{}' where '{}' was expected", peek().text, text));
  }
  std::string name() {
    std::string const& text = peek().text;
    if (text.empty() || (!std::isalpha(static_cast<unsigned char>(text[0])) && text[0] != '_' &&
                         text[0] != '$' && text[0] != '%'))
      ptx_fail(peek().line, fmt::format("'{}' where a name was expected", text));
    return next().text;
  }
  static bool is_number(std::string const& text) {
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0]));
  }
  u64 whole() {
    std::string text = peek().text;
    usize const line = peek().line;
    if (!is_number(text)) ptx_fail(line, fmt::format("'{}' where a number was expected", text));
    next();
    int base = 10;
    if (text.size() > 1 && text.back() == 'U') text.pop_back();
    if (text.starts_with("0x") || text.starts_with("0X")) {
      base = 16;
      text = text.substr(2);
    } else if (text.size() > 1 && text[0] == '0') {
      ptx_fail(line, fmt::format("unknown form of a number '{}'", text));
    }
    u64 value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size())
      ptx_fail(line, fmt::format("unknown form of a number '{}'", text));
    return value;
  }
  PtxType directive_type() {
    PtxWord const word = next();
    auto const type = word.text.starts_with(".") ? ptx_type(word.text.substr(1)) : std::nullopt;
    if (!type) ptx_fail(word.line, fmt::format("unknown type '{}'", word.text));
    return *type;
  }

  // --- variables ---

  Variable const& lookup(std::string const& text, usize line) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
      if (auto const found = scope->find(text); found != scope->end()) return found->second;
    ptx_fail(line, fmt::format("unknown name '{}'", text));
  }

  struct Declared {
    std::string name;
    PtxType type;
    usize alignment;
    usize bytes;
  };

  /// After the space: `.align 8 .b8 name[24]`, with an element's alignment where none is given.
  Declared declared() {
    Declared d;
    std::optional<u64> alignment;
    if (accept(".align")) alignment = whole();
    d.type = directive_type();
    if (accept(".ptr")) {  // a hint of what a pointer points to
      for (char const* space : {".global", ".const", ".shared", ".local"}) accept(space);
      if (accept(".align")) whole();
    }
    d.name = name();
    d.alignment = alignment.value_or(d.type.bytes());
    d.bytes = d.type.bytes();
    if (accept("[")) {
      d.bytes = peek().text == "]" ? 0 : d.bytes * whole();
      expect("]");
    }
    if (peek().text == "[") ptx_fail(peek().line, "unknown form of an array with two dimensions");
    return d;
  }

  static std::string address_of(std::string const& c) { return "(u64)" + c; }

  void module_variable(Space space, bool is_extern) {
    usize const line = peek().line;
    Declared const d = declared();
    if (space == Space::shared) {
      expect(";");
      shared_variable(d, is_extern, line);
      return;
    }
    if (is_extern) ptx_fail(line, fmt::format("variable '{}' is not in this module", d.name));
    std::string const c = c_name("v_", d.name);
    members_ += fmt::format("_Alignas({}) {} {}[{}];\n", std::max<usize>(d.alignment, 1),
                            d.type.word(), c, d.bytes / d.type.bytes());
    if (accept("=")) initialiser(d, c);
    expect(";");
    scopes_.front()[d.name] = {space, d.type, address_of("g->" + c), d.bytes};
    result_.globals[d.name] = {c_name("offset_", d.name), d.bytes};
  }

  void shared_variable(Declared const& d, bool is_extern, usize line) {
    if (is_extern != (d.bytes == 0))
      ptx_fail(line, fmt::format("unknown form of shared variable '{}'", d.name));
    std::string offset = "t->shared_bytes";
    if (!is_extern) {
      shared_bytes_ = (shared_bytes_ + d.alignment - 1) / d.alignment * d.alignment;
      offset = std::to_string(shared_bytes_);
      shared_bytes_ += d.bytes;
    }
    scopes_.back()[d.name] = {Space::shared, d.type, fmt::format("((u64)t->shared + {})", offset),
                              d.bytes};
  }

  /// After the `=`. Addresses are not constants in C.
  void initialiser(Declared const& d, std::string const& c) {
    std::string values;
    usize index = 0;
    auto const one = [&] {
      usize const line = peek().line;
      if (index == d.bytes / d.type.bytes()) ptx_fail(line, "more values than elements");
      std::string value = "0";
      if (d.type.kind == 'f' && !float_bits(peek().text))
        ptx_fail(line, "a whole number for a float");
      if (accept("-")) {
        value = fmt::format("({})-{}ll", d.type.word(), whole());
      } else if (auto const bits = float_bits(peek().text)) {
        if (bits->first != d.type.bits) ptx_fail(line, "unknown form of an initial value");
        value = fmt::format("{:#x}ull", bits->second);
        next();
      } else if (is_number(peek().text)) {
        value = fmt::format("{}ull", whole());
      } else {
        // Of a variable; in the generic space or its own, which are the same here.
        bool const is_generic = accept("generic");
        if (is_generic) expect("(");
        Variable const& target = lookup(name(), line);
        if (is_generic) expect(")");
        if (d.type.bits != 64 || (target.space != Space::global && target.space != Space::constant))
          ptx_fail(line, "unknown form of an initial value");
        u64 const offset = accept("+") ? whole() : 0;
        addresses_ += fmt::format("g->{}[{}] = {} + {};\n", c, index, target.c, offset);
      }
      values += value + ", ";
      ++index;
    };
    if (accept("{")) {
      do one();
      while (accept(","));
      expect("}");
    } else {
      one();
    }
    initial_ += fmt::format(".{} = {{{}}},\n", c, values);
  }

  /// 0f3F800000 and 0d3FF0000000000000: bits of the type, and the bits.
  static std::optional<std::pair<u32, u64>> float_bits(std::string const& text) {
    if (text.size() < 3 || text[0] != '0') return std::nullopt;
    bool const is_float = (text[1] == 'f' || text[1] == 'F') && text.size() == 10;
    bool const is_double = (text[1] == 'd' || text[1] == 'D') && text.size() == 18;
    u64 bits = 0;
    auto const end = text.data() + text.size();
    if ((!is_float && !is_double) || std::from_chars(text.data() + 2, end, bits, 16).ptr != end)
      return std::nullopt;
    return std::pair{is_float ? 32u : 64u, bits};
  }

  // --- module ---

  void module_statement() {
    PtxWord const word = next();
    if (word.text == ".version") {
      next();
    } else if (word.text == ".target") {
      if (std::string const target = name(); !target.starts_with("sm_"))
        ptx_fail(word.line, fmt::format("unknown target '{}'", target));
    } else if (word.text == ".address_size") {
      if (whole() != 64) ptx_fail(word.line, "addresses have 64 bits");
    } else {
      bool is_extern = false;
      std::string directive = word.text;
      if (directive == ".extern" || directive == ".visible" || directive == ".weak") {
        is_extern = directive == ".extern";
        directive = next().text;
      }
      if (directive == ".global") return module_variable(Space::global, is_extern);
      if (directive == ".const") return module_variable(Space::constant, is_extern);
      if (directive == ".shared") return module_variable(Space::shared, is_extern);
      if (directive == ".func" || directive == ".entry") return function(directive == ".entry");
      ptx_fail(word.line, fmt::format("unknown directive '{}'", directive));
    }
  }

  void parameters(std::vector<Variable>& to, std::vector<std::string>& names) {
    expect("(");
    if (accept(")")) return;
    do {
      expect(".param");
      Declared const d = declared();
      std::string const c = c_name("v_", d.name);
      to.push_back({Space::parameter, d.type, address_of(c), d.bytes});
      names.push_back(d.name);
      alignments_[d.name] = d.alignment;
    } while (accept(","));
    expect(")");
  }
  void function(bool is_kernel) {
    Signature s;
    s.is_kernel = is_kernel;
    usize const line = peek().line;
    if (!is_kernel && peek().text == "(") parameters(s.results, s.names);
    std::string const id = name();
    if (peek().text == "(") parameters(s.parameters, s.names);
    PtxKernel kernel;
    kernel.symbol = c_name("k_", id);
    for (usize i = 0; is_kernel && i < s.parameters.size(); ++i)
      kernel.parameters.push_back({s.parameters[i].bytes, alignments_[s.names[i]]});
    while (peek().text.starts_with(".")) performance_directive(is_kernel, kernel);

    std::string head =
        fmt::format("static __attribute__((noinline)) void {}(Thread* t", c_name("f_", id));
    for (auto const& formal : s.names) head += fmt::format(", u8* {}", c_name("v_", formal));
    head += ")";
    bool const is_new = !functions_.count(id);
    if (is_new) prototypes_ += head + ";\n";
    if (!is_new && functions_[id].has_body && peek().text != ";")
      ptx_fail(line, fmt::format("function '{}' has two bodies", id));
    bool const had_body = !is_new && functions_[id].has_body;
    functions_[id] = s;
    functions_[id].has_body = had_body;
    if (accept(";")) return;
    functions_[id].has_body = true;
    bodies_ += head + " {\nu8 carry = 0;\nstruct Globals* const g = t->globals;\n";
    in_kernel_ = is_kernel;
    branch_targets_.clear();
    find_branch_targets();
    scopes_.emplace_back();
    for (usize i = 0; i < s.names.size(); ++i)
      scopes_.back()[s.names[i]] =
          i < s.results.size() ? s.results[i] : s.parameters[i - s.results.size()];
    block();
    scopes_.pop_back();
    bodies_ += "}\n";
    if (is_kernel) {
      bodies_ += fmt::format("void {}(Thread* t, u8** parameters) {{\n  {}(t", kernel.symbol,
                             c_name("f_", id));
      for (usize i = 0; i < s.parameters.size(); ++i) bodies_ += fmt::format(", parameters[{}]", i);
      bodies_ += ");\n}\n";
      result_.kernels[id] = kernel;
    }
  }

  void performance_directive(bool is_kernel, PtxKernel& kernel) {
    PtxWord const word = next();
    bool const bounds = word.text == ".maxntid" || word.text == ".reqntid";
    if (!is_kernel || (!bounds && word.text != ".minnctapersm" && word.text != ".maxnreg"))
      ptx_fail(word.line, fmt::format("unknown directive '{}'", word.text));
    u64 product = whole();
    while (bounds && accept(",")) product *= whole();
    if (bounds) kernel.max_threads = product;
    if (word.text == ".reqntid") kernel.is_required = true;
  }

  /// Branch tables may stand behind the branch that uses them.
  void find_branch_targets() {
    for (usize i = at_ + 1;
         i + 2 < words_.size() && words_[i].text != ".func" && words_[i].text != ".entry"; ++i) {
      if (words_[i].text != ".branchtargets") continue;
      auto& targets = branch_targets_[words_[i - 2].text];
      for (usize k = i + 1; k < words_.size() && words_[k].text != ";"; ++k)
        if (words_[k].text != ",") targets.push_back(words_[k].text);
    }
  }

  // --- statements ---

  void line(std::string const& text) { bodies_ += text + "\n"; }

  void block() {
    expect("{");
    scopes_.emplace_back();
    while (!accept("}")) {
      if (peek().text.empty()) ptx_fail(peek().line, "a block does not end");
      statement();
    }
    scopes_.pop_back();
  }

  void statement() {
    PtxWord const word = peek();
    if (word.text == "{") {
      line("{");
      block();
      line("}");
    } else if (word.text.starts_with(".")) {
      next();
      directive(word);
    } else if (word.text != "@" && peek(1).text == ":") {
      name();
      next();
      if (accept(".branchtargets")) {
        while (!accept(";"))
          if (next().text.empty()) ptx_fail(word.line, "a list of targets does not end");
        return;
      }
      if (peek().text == ".callprototype")
        ptx_fail(word.line, "unknown directive '.callprototype'");
      line(c_name("l_", word.text) + ":;");
    } else {
      instruction();
    }
  }

  void directive(PtxWord const& word) {
    if (word.text == ".reg") {
      PtxType const type = directive_type();
      do {
        std::string const id = name();
        if (accept("<")) {
          u64 const count = whole();
          expect(">");
          for (u64 i = 0; i < count; ++i) register_variable(id + std::to_string(i), type);
        } else {
          register_variable(id, type);
        }
      } while (accept(","));
      expect(";");
    } else if (word.text == ".local" || word.text == ".param") {
      Declared const d = declared();
      expect(";");
      std::string const c = c_name("v_", d.name);
      // What is read before it is written shall not look like a zero.
      line(fmt::format("_Alignas({}) u8 {}[{}];", std::max<usize>(d.alignment, 8), c,
                       std::max<usize>(d.bytes, 1)));
      line(fmt::format("__builtin_memset({}, 0xcd, {});", c, d.bytes));
      scopes_.back()[d.name] = {word.text == ".local" ? Space::local : Space::parameter, d.type,
                                address_of(c), d.bytes};
    } else if (word.text == ".shared") {
      Declared const d = declared();
      expect(";");
      shared_variable(d, false, word.line);
    } else if (word.text == ".pragma" &&
               (peek().text == "\"nounroll\"" || peek().text.starts_with("\"used_bytes_mask "))) {
      next();
      expect(";");
    } else {
      ptx_fail(word.line, fmt::format("unknown directive '{}'", word.text));
    }
  }

  void register_variable(std::string const& id, PtxType type) {
    std::string const c = c_name("r", id);
    line(fmt::format("{} {} = ({}){};", type.word(), c, type.word(),
                     type.kind == 'p' ? "1" : "0xcdcdcdcdcdcdcdcdull"));
    scopes_.back()[id] = {Space::reg, type, c, 0};
  }

  // --- operands ---

  Operand operand() {
    Operand o{};
    usize const line = peek().line;
    if (accept("!")) {
      o = operand();
      o.is_inverted = true;
      return o;
    }
    if (accept("{")) {
      o.kind = Operand::Kind::list;
      do o.list.push_back(operand());
      while (accept(","));
      expect("}");
      return o;
    }
    bool const is_address = accept("[");
    if (auto const bits = float_bits(peek().text); bits && !is_address) {
      next();
      o.kind = Operand::Kind::float_literal;
      o.number = bits->second;
      o.is_negative = bits->first == 64;  // which of the two it is
      return o;
    }
    o.kind = is_address ? Operand::Kind::address : Operand::Kind::literal;
    if (!is_number(peek().text) && peek().text != "-") {
      if (!is_address) o.kind = Operand::Kind::name;
      o.name = name();
    }
    if (o.name.empty() || accept("+") || peek().text == "-") {
      o.is_negative = accept("-");
      u64 const magnitude = whole();
      if (o.is_negative && magnitude > u64{1} << 63) ptx_fail(line, "a number does not fit");
      o.number = o.is_negative ? 0 - magnitude : magnitude;
    }
    if (is_address) expect("]");
    return o;
  }

  std::vector<Operand> operands() {
    std::vector<Operand> all;
    if (accept(";")) return all;
    do {
      all.push_back(operand());
      if (accept("|")) all.push_back(operand());
    } while (accept(","));
    expect(";");
    return all;
  }

  Variable const& reg(Operand const& o, usize line) const {
    if (o.kind != Operand::Kind::name || o.number != 0) ptx_fail(line, "a register was expected");
    Variable const& v = lookup(o.name, line);
    if (v.space != Space::reg) ptx_fail(line, fmt::format("'{}' is not a register", o.name));
    return v;
  }

  std::string special(Operand const& o, PtxType type, usize line) const {
    static std::map<std::string, std::string> const words = [] {
      std::map<std::string, std::string> all{{"%laneid", "lane_of(t)"},
                                             {"%warpid", "warp_of(t)"},
                                             {"%dynamic_smem_size", "t->dynamic_bytes"}};
      for (char const* of : {"tid", "ntid", "ctaid", "nctaid"})
        for (int i = 0; i < 3; ++i)
          all[fmt::format("%{}.{}", of, "xyz"[i])] = fmt::format("t->{}[{}]", of, i);
      return all;
    }();
    auto const found = words.find(o.name);
    if (found == words.end()) return {};
    if (type.bits != 32) ptx_fail(line, fmt::format("'{}' has 32 bits", o.name));
    return found->second;
  }

  enum class Width : u8 { same, same_or_wider };

  /// The operand's bits, cut to the type, as an expression of type uN.
  std::string bits_of(Operand const& o, PtxType type, usize line, Width width = Width::same) const {
    switch (o.kind) {
      case Operand::Kind::literal: {
        if (type.kind == 'f') ptx_fail(line, "a whole number for a float");
        u64 const most = type.bits == 64 ? ~u64{0} : (u64{1} << type.bits) - 1;
        u64 const least = type.kind == 'p' ? ~u64{0} : ~(most >> 1);
        if (o.is_negative ? o.number < least : o.number > most)
          ptx_fail(line, "a number does not fit its type");
        return fmt::format("({}){:#x}ull", type.word(), o.number & most);
      }
      case Operand::Kind::float_literal:
        if ((o.is_negative ? 64u : 32u) != type.bits) ptx_fail(line, "a float of another size");
        return fmt::format("({}){:#x}ull", type.word(), o.number);
      case Operand::Kind::name: {
        if (auto const text = special(o, type, line); !text.empty()) return text;
        Variable const& v = lookup(o.name, line);
        if (v.space != Space::reg) {
          if (type.bits != 64)
            ptx_fail(line, fmt::format("the address of '{}' has 64 bits", o.name));
          return fmt::format("({} + {:#x}ull)", v.c, o.number);
        }
        if (o.number != 0) ptx_fail(line, "unknown form of an operand");
        bool const fits =
            width == Width::same ? v.type.bits == type.bits : v.type.bits >= type.bits;
        if (!fits || (v.type.kind == 'p') != (type.kind == 'p'))
          ptx_fail(line, fmt::format("register '{}' has {} bits, the instruction {}", o.name,
                                     v.type.bits, type.bits));
        return v.type.bits == type.bits ? v.c : fmt::format("({}){}", type.word(), v.c);
      }
      default: ptx_fail(line, "unknown form of an operand");
    }
  }

  /// The operand as a C value of the type.
  std::string value_of(Operand const& o, PtxType type, usize line,
                       Width width = Width::same) const {
    std::string const bits = bits_of(o, type, line, width);
    if (type.kind == 'f') return fmt::format("as_f{}({})", type.bits, bits);
    if (type.kind == 's') return fmt::format("(({})({}){})", type.value(), type.word(), bits);
    return bits;
  }

  /// `value`, a C value of the type, into a register; a wider one gets it extended by its sign.
  void assign(Operand const& to, PtxType type, std::string const& value, usize line,
              Width width = Width::same) {
    if (to.kind == Operand::Kind::name && to.name == "_") return;
    Variable const& v = reg(to, line);
    bool const fits = width == Width::same ? v.type.bits == type.bits : v.type.bits >= type.bits;
    if (!fits || (v.type.kind == 'p') != (type.kind == 'p'))
      ptx_fail(line, fmt::format("register '{}' has {} bits, the instruction {}", to.name,
                                 v.type.bits, type.bits));
    if (type.kind == 'p')
      this->line(fmt::format("{} = (u8)(({}) & 1);", v.c, value));
    else if (type.kind == 'f' && v.type.bits == type.bits)
      this->line(fmt::format("{} = bits_f{}({});", v.c, type.bits, value));
    else
      this->line(fmt::format("{} = ({})({})({});", v.c, v.type.word(),
                             type.kind == 'f' ? type.word() : type.value(), value));
  }

  static PtxType plain(PtxType type) { return {type.kind == 'f' ? 'b' : type.kind, type.bits}; }

  void count(std::vector<Operand> const& all, usize expected, PtxWord const& word) const {
    if (all.size() != expected)
      ptx_fail(word.line,
               fmt::format("'{}' has {} operands, not {}", word.text, expected, all.size()));
  }

  // --- instructions ---

  void instruction() {
    std::string guard;
    if (accept("@")) {
      bool const is_inverted = accept("!");
      Operand o{};
      o.kind = Operand::Kind::name;
      usize const at = peek().line;
      o.name = name();
      guard = fmt::format("if ({}{}) {{", is_inverted ? "!" : "", bits_of(o, {'p', 1}, at));
    }
    if (!guard.empty()) line(guard);
    PtxWord const word = next();
    Modifiers m(word);
    using Handler = void (Translator::*)(PtxWord const&, Modifiers&);
    static std::map<std::string, Handler> const handlers{
        {"setp", &Translator::compare}, {"cvt", &Translator::convert},
        {"ld", &Translator::load},      {"st", &Translator::store},
        {"atom", &Translator::atomic},  {"red", &Translator::atomic},
        {"bra", &Translator::branch},   {"brx", &Translator::branch_table},
        {"call", &Translator::call},    {"ret", &Translator::leave},
        {"exit", &Translator::leave},   {"trap", &Translator::trap},
        {"membar", &Translator::fence}, {"fence", &Translator::fence},
        {"bar", &Translator::barrier},  {"barrier", &Translator::barrier}};
    if (auto const handler = handlers.find(m.base()); handler != handlers.end())
      (this->*handler->second)(word, m);
    else
      table_instruction(word, m);
    if (!guard.empty()) line("}");
  }

  void table_instruction(PtxWord const& word, Modifiers const& m) {
    auto const row = rows_.find(word.text);
    if (row == rows_.end()) {
      for (char const* op : {"add", "sub", "mul"})
        for (char const* type : {"f32", "f64"})
          if (word.text == fmt::format("{}.{}", op, type))
            ptx_fail(word.line,
                     fmt::format("'{}' has no rounding modifier (the assembler may fuse it, which "
                                 "changes bits). Compile with --fmad=false.",
                                 word.text));
      m.unknown();
    }
    PtxRow const& r = *row->second;
    PtxType const type = *ptx_type(word.text.substr(word.text.rfind('.') + 1));
    PtxType const wide{type.kind, type.bits * 2};
    std::vector<Operand> const all = operands();
    count(all, std::string_view(r.operands).size(), word);
    if (m.base() == "mov" &&
        (all[0].kind == Operand::Kind::list || all[1].kind == Operand::Kind::list))
      return pack(word, type, all);

    std::string c = r.c;
    for (usize i = all.size() - 1; i > 0; --i) {
      std::string text;
      switch (r.operands[i]) {
        case 'N': text = "(u64)" + bits_of(all[i], plain(type), word.line); break;
        case 'T': text = value_of(all[i], type, word.line); break;
        case 'V': text = "(u64)" + bits_of(all[i], wide, word.line); break;
        case 'I': text = bits_of(all[i], {'u', 32}, word.line); break;
        case 'L': text = bits_of(all[i], {'u', 64}, word.line); break;
        case 'P': text = bits_of(all[i], {'p', 1}, word.line); break;
        default:
          if (all[i].kind != Operand::Kind::literal) ptx_fail(word.line, "a number was expected");
          text = std::to_string(all[i].number);
      }
      if (all[i].is_inverted) ptx_fail(word.line, "unknown form of an operand");
      replace_all(c, fmt::format("${}", i), "(" + text + ")");
    }
    replace_all(c, "$T", type.value());
    replace_all(c, "$W", wide.value());
    replace_all(c, "$Q", type.kind == 's' ? "s128" : "u128");
    replace_all(c, "$U", type.word());
    replace_all(c, "$B", std::to_string(type.bits));
    replace_all(c, "$F", type.bits == 32 ? "f" : "");
    replace_all(c, "$L", std::to_string(word.line));
    switch (r.operands[0]) {
      case 'N': return assign(all[0], plain(type), c, word.line);
      case 'T': return assign(all[0], type, c, word.line);
      case 'W': return assign(all[0], wide, c, word.line);
      case 'I': return assign(all[0], {'u', 32}, c, word.line);
      case 'L': return assign(all[0], {'u', 64}, c, word.line);
      default: return assign(all[0], {'p', 1}, fmt::format("({}) != 0", c), word.line);
    }
  }

  /// mov.b64 %rd, {%r0, %r1} and mov.b64 {%r0, %r1}, %rd: the first is the lowest.
  void pack(PtxWord const& word, PtxType type, std::vector<Operand> const& all) {
    bool const packs = all[1].kind == Operand::Kind::list;
    auto const& parts = all[packs ? 1 : 0].list;
    if (type.kind != 'b' || (parts.size() != 2 && parts.size() != 4) ||
        all[packs ? 0 : 1].kind == Operand::Kind::list)
      ptx_fail(word.line, fmt::format("unknown form of '{}'", word.text));
    PtxType const part{'b', type.bits / u32(parts.size())};
    if (packs) {
      std::string sum;
      for (usize i = 0; i < parts.size(); ++i)
        sum += fmt::format("{}(u64){} << {}", i == 0 ? "" : " | ",
                           bits_of(parts[i], part, word.line), i * part.bits);
      return assign(all[0], type, sum, word.line);
    }
    // Through a word of its own: a part may be the register that is taken apart.
    line(fmt::format("{{ u64 const whole = {};", bits_of(all[1], type, word.line)));
    for (usize i = 0; i < parts.size(); ++i)
      assign(parts[i], part, fmt::format("whole >> {}", i * part.bits), word.line);
    line("}");
  }

  void compare(PtxWord const& word, Modifiers& m) {
    auto const comparison = m.take({"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs",
                                    "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan"});
    auto const with = m.take({"and", "or", "xor"});
    if (!comparison) m.unknown();
    PtxType const type = m.type();
    m.done();
    std::string const& op = *comparison;
    bool const is_equality = op == "eq" || op == "ne";
    bool const is_unsigned_name = op == "lo" || op == "ls" || op == "hi" || op == "hs";
    bool const is_float_name = op.size() == 3;
    if (type.kind == 'p' || type.bits == 8 || (is_float_name && type.kind != 'f') ||
        (is_unsigned_name && type.kind != 'u') || (type.kind == 'b' && !is_equality))
      m.unknown();
    std::vector<Operand> all;
    all.push_back(operand());
    bool const has_second = accept("|");
    if (has_second) all.push_back(operand());
    expect(",");
    for (auto& o : operands()) all.push_back(std::move(o));
    usize const first = has_second ? 2 : 1;
    count(all, first + (with ? 3 : 2), word);
    std::string const a = value_of(all[first], type, word.line);
    std::string const b = value_of(all[first + 1], type, word.line);

    static std::map<std::string, char const*> const signs{
        {"eq", "=="}, {"ne", "!="}, {"lt", "<"},  {"le", "<="}, {"gt", ">"},
        {"ge", ">="}, {"lo", "<"},  {"ls", "<="}, {"hi", ">"},  {"hs", ">="}};
    std::string test;
    std::string const any_nan = fmt::format("({0} != {0} || {1} != {1})", a, b);
    if (op == "num" || op == "nan")
      test = (op == "num" ? "!" : "") + any_nan;
    else if (is_float_name)
      test = fmt::format("{} || {} {} {}", any_nan, a, signs.at(op.substr(0, 2)), b);
    else if (type.kind == 'f' && op == "ne")
      test = fmt::format("{0} < {1} || {0} > {1}", a, b);
    else
      test = fmt::format("{} {} {}", a, signs.at(op), b);

    std::string third;
    if (with) {
      Operand const& c = all.back();
      char const* const sign = *with == "and" ? "&" : *with == "or" ? "|" : "^";
      third = fmt::format(" {} ({}{} & 1)", sign, c.is_inverted ? "!" : "",
                          bits_of(c, {'p', 1}, word.line));
    }
    line(fmt::format("{{ u8 const test = {};", test));
    // Both before either: a result may be a source.
    line(fmt::format("u8 const first = (test){0}, second = (!test){0};", third));
    assign(all[0], {'p', 1}, "first", word.line);
    if (has_second) assign(all[1], {'p', 1}, "second", word.line);
    line("}");
  }

  void convert(PtxWord const& word, Modifiers& m) {
    auto const rounding = m.take({"rn", "rni", "rzi", "rmi", "rpi"});
    PtxType const to = m.type(), from = m.type();
    m.done();
    bool const is_whole = rounding && rounding->size() == 3;
    std::string const round = !is_whole            ? ""
                              : *rounding == "rni" ? "__builtin_rint"
                              : *rounding == "rzi" ? "__builtin_trunc"
                              : *rounding == "rmi" ? "__builtin_floor"
                                                   : "__builtin_ceil";
    bool const from_float = from.kind == 'f', to_float = to.kind == 'f';
    // Which modifier a conversion must have; any other is not PTX.
    bool const needs_rn = to_float && (!from_float || to.bits < from.bits);
    bool const needs_whole = from_float && !to_float;
    bool const may_be_whole = from_float && to_float && to.bits == from.bits;
    if (needs_rn      ? rounding != "rn"
        : needs_whole ? !is_whole
                      : rounding && !(is_whole && may_be_whole))
      m.unknown();
    if (to.kind == 'p' || from.kind == 'p') m.unknown();
    auto const all = operands();
    count(all, 2, word);
    std::string const a = value_of(all[1], from, word.line, Width::same_or_wider);
    std::string c;
    if (needs_whole)
      c = fmt::format("to_{}({}({}), {})", to.value(), round, a,
                      from.bits == 64 || to.bits == 64 ? 1 : 0);
    else if (is_whole)
      c = fmt::format("{}{}({})", round, to.bits == 32 ? "f" : "", a);
    else
      c = fmt::format("({}){}", to.value(), a);
    assign(all[0], to, c, word.line, to_float ? Width::same : Width::same_or_wider);
  }

  // --- memory ---

  struct Access {
    bool is_strong = false;  ///< volatile or ordered: not to be moved
    Space space = Space::generic;
    u32 lanes = 1;
    PtxType type{};
  };

  static Space space_of(Modifiers& m) {
    static std::map<std::string, Space> const spaces{{"param", Space::parameter},
                                                     {"local", Space::local},
                                                     {"shared", Space::shared},
                                                     {"global", Space::global},
                                                     {"const", Space::constant}};
    auto const text = m.take({"param", "local", "shared", "global", "const"});
    return text ? spaces.at(*text) : Space::generic;
  }

  Access access(Modifiers& m) {
    Access a;
    if (auto const order = m.take({"weak", "volatile", "relaxed", "acquire", "release"});
        order && *order != "weak") {
      a.is_strong = true;
      if (*order != "volatile" && !m.take({"cta", "cluster", "gpu", "sys"})) m.unknown();
    }
    a.space = space_of(m);
    m.take({"ca", "cg", "cs", "lu", "cv", "wb", "wt", "nc"});  // where it is cached
    if (auto const lanes = m.take({"v2", "v4"})) a.lanes = *lanes == "v2" ? 2 : 4;
    a.type = m.type();
    m.done();
    if (a.type.kind == 'p' || a.lanes * a.type.bits > 128) m.unknown();
    return a;
  }

  /// A pointer to the first word of an access, after a check of its alignment.
  std::string pointer(Operand const& o, Access const& a, usize line) const {
    if (o.kind != Operand::Kind::address) ptx_fail(line, "an address was expected");
    std::string address;
    u32 const size = a.lanes * a.type.bytes();
    if (o.name.empty()) ptx_fail(line, "an address was expected");
    Variable const& v = lookup(o.name, line);
    if (v.space == Space::reg) {
      if (v.type.bits != 64)
        ptx_fail(line, fmt::format("address '{}' has {} bits, not 64", o.name, v.type.bits));
      address = fmt::format("{} + {:#x}ull", v.c, o.number);
    } else {
      if (v.space != a.space) ptx_fail(line, fmt::format("'{}' is in another space", o.name));
      if (v.bytes != 0 && (o.number > v.bytes || v.bytes - o.number < size))
        ptx_fail(line, fmt::format("an access beyond the end of '{}'", o.name));
      address = fmt::format("{} + {:#x}ull", v.c, o.number);
    }
    return fmt::format("({}{}*)aligned(t, {}, {}, {})", a.type.word(),
                       a.is_strong ? " volatile" : "", line, address, size);
  }

  static Width width_of(PtxType type) {
    return type.kind == 'f' ? Width::same : Width::same_or_wider;
  }

  void load(PtxWord const& word, Modifiers& m) {
    Access const a = access(m);
    auto const all = operands();
    count(all, 2, word);
    auto const targets = a.lanes == 1 ? std::vector<Operand>{all[0]} : all[0].list;
    if (targets.size() != a.lanes)
      ptx_fail(word.line, fmt::format("'{}' loads {} values", word.text, a.lanes));
    // All before any register changes: the address may be one of them.
    line(fmt::format("{{ {0}{1} const* p = {2};", a.type.word(), a.is_strong ? " volatile" : "",
                     pointer(all[1], a, word.line)));
    for (u32 i = 0; i < a.lanes; ++i)
      line(fmt::format("{} const x{} = p[{}];", a.type.word(), i, i));
    for (u32 i = 0; i < a.lanes; ++i)
      assign(targets[i], plain(a.type), fmt::format("x{}", i), word.line, width_of(a.type));
    line("}");
    if (a.is_strong) line("__atomic_thread_fence(__ATOMIC_SEQ_CST);");
  }

  void store(PtxWord const& word, Modifiers& m) {
    Access const a = access(m);
    if (a.space == Space::constant) m.unknown();
    auto const all = operands();
    count(all, 2, word);
    auto const sources = a.lanes == 1 ? std::vector<Operand>{all[1]} : all[1].list;
    if (sources.size() != a.lanes)
      ptx_fail(word.line, fmt::format("'{}' stores {} values", word.text, a.lanes));
    if (a.is_strong) line("__atomic_thread_fence(__ATOMIC_SEQ_CST);");
    line(fmt::format("{{ {0}{1}* p = {2};", a.type.word(), a.is_strong ? " volatile" : "",
                     pointer(all[0], a, word.line)));
    for (u32 i = 0; i < a.lanes; ++i)
      line(fmt::format("p[{}] = {};", i,
                       bits_of(sources[i], plain(a.type), word.line, width_of(a.type))));
    line("}");
  }

  void atomic(PtxWord const& word, Modifiers& m) {
    m.take({"relaxed", "acquire", "release", "acq_rel"});
    m.take({"cta", "cluster", "gpu", "sys"});
    Access a;
    a.space = space_of(m);
    if (a.space == Space::parameter || a.space == Space::local || a.space == Space::constant)
      m.unknown();
    auto const op = m.take({"add", "exch", "cas", "min", "max", "and", "or", "xor", "inc", "dec"});
    if (!op) m.unknown();
    a.type = m.type();
    m.done();
    if (a.type.kind == 'f')
      ptx_fail(word.line,
               fmt::format("'{}' (a sum of floats depends on the order of threads)", word.text));
    static std::map<std::string, char const*> const types{{"add", "u32 s32 u64"},
                                                          {"exch", "b32 b64"},
                                                          {"cas", "b32 b64"},
                                                          {"min", "u32 s32 u64 s64"},
                                                          {"max", "u32 s32 u64 s64"},
                                                          {"and", "b32 b64"},
                                                          {"or", "b32 b64"},
                                                          {"xor", "b32 b64"},
                                                          {"inc", "u32"},
                                                          {"dec", "u32"}};
    auto const known = split_at(types.at(*op), ' ');
    if (std::find(known.begin(), known.end(), fmt::format("{}{}", a.type.kind, a.type.bits)) ==
        known.end())
      m.unknown();
    bool const has_result = m.base() == "atom";
    auto const all = operands();
    usize const address = has_result ? 1 : 0;
    count(all, address + (*op == "cas" ? 3 : 2), word);
    std::string c = fmt::format("atomic_{}_{}(({}*){}", *op, a.type.value(), a.type.value(),
                                pointer(all[address], a, word.line));
    for (usize i = address + 1; i < all.size(); ++i)
      c += ", " + value_of(all[i], a.type, word.line);
    c += ")";
    if (has_result)
      assign(all[0], a.type, c, word.line);
    else
      line(c + ";");
  }

  void fence(PtxWord const& word, Modifiers& m) {
    if (word.text.starts_with("fence") && !m.take({"sc", "acq_rel"})) m.unknown();
    if (!m.take({"cta", "gl", "gpu", "cluster", "sys"})) m.unknown();
    m.done();
    count(operands(), 0, word);
    line("__atomic_thread_fence(__ATOMIC_SEQ_CST);");
  }

  void barrier(PtxWord const& word, Modifiers& m) {
    if (m.base() == "bar") m.take({"cta"});
    if (!m.take({"sync"})) m.unknown();
    m.take({"aligned"});
    m.done();
    auto const all = operands();
    if (all.size() != 1 || all[0].kind != Operand::Kind::literal || all[0].number != 0)
      ptx_fail(word.line, fmt::format("'{}' of some threads only", word.text));
    result_.has_barriers = true;
    line("t->barrier(t);");
  }

  // --- control ---

  void branch(PtxWord const& word, Modifiers& m) {
    m.take({"uni"});
    m.done();
    auto const all = operands();
    count(all, 1, word);
    line(fmt::format("goto {};", c_name("l_", all[0].name)));
  }

  void branch_table(PtxWord const& word, Modifiers& m) {
    if (!m.take({"idx"})) m.unknown();
    m.take({"uni"});
    m.done();
    auto const all = operands();
    count(all, 2, word);
    auto const found = branch_targets_.find(all[1].name);
    if (found == branch_targets_.end())
      ptx_fail(word.line, fmt::format("unknown name '{}'", all[1].name));
    line(fmt::format("switch ({}) {{", bits_of(all[0], {'u', 32}, word.line)));
    for (usize i = 0; i < found->second.size(); ++i)
      line(fmt::format("case {}: goto {};", i, c_name("l_", found->second[i])));
    line(fmt::format("default: t->fault(t, {}, \"a branch beyond its table\"); }}", word.line));
  }

  void call(PtxWord const& word, Modifiers& m) {
    m.take({"uni"});
    m.done();
    auto const list = [&] {
      std::vector<std::string> names;
      expect("(");
      if (accept(")")) return names;
      do names.push_back(name());
      while (accept(","));
      expect(")");
      return names;
    };
    std::vector<std::string> results, arguments;
    if (peek().text == "(") {
      results = list();
      expect(",");
    }
    std::string const id = name();
    if (accept(",")) arguments = list();
    if (peek().text == ",") ptx_fail(word.line, "unknown form of a call (through a pointer)");
    expect(";");
    auto const found = functions_.find(id);
    if (found == functions_.end() || found->second.is_kernel)
      ptx_fail(word.line, fmt::format("unknown function '{}' (or a call through a pointer)", id));
    called_.emplace(id, word.line);
    Signature const& s = found->second;
    if (s.results.size() != results.size() || s.parameters.size() != arguments.size())
      ptx_fail(word.line, fmt::format("a call of '{}' with another number of arguments", id));
    std::string c = c_name("f_", id) + "(t";
    auto const pass = [&](std::string const& actual, Variable const& formal) {
      Variable const& v = lookup(actual, word.line);
      if (v.space != Space::parameter || v.bytes != formal.bytes)
        ptx_fail(word.line, fmt::format("argument '{}' of '{}' has another size", actual, id));
      c += fmt::format(", (u8*)({})", v.c);
    };
    for (usize i = 0; i < results.size(); ++i) pass(results[i], s.results[i]);
    for (usize i = 0; i < arguments.size(); ++i) pass(arguments[i], s.parameters[i]);
    line(c + ");");
  }

  void leave(PtxWord const& word, Modifiers& m) {
    m.take({"uni"});
    m.done();
    count(operands(), 0, word);
    if (word.text.starts_with("exit") && !in_kernel_)
      ptx_fail(word.line, "'exit' within a function");
    line("return;");
  }

  void trap(PtxWord const& word, Modifiers& m) {
    m.done();
    count(operands(), 0, word);
    line(fmt::format("t->fault(t, {}, \"trap\");", word.line));
  }
};

}  // namespace

CText ptx_to_c(std::string const& ptx, Unrounded unrounded) {
  return Translator(ptx, unrounded).run();
}

}  // namespace cristae::test
