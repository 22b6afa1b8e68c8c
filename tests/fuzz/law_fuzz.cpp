// tests/fuzz/law_fuzz.cpp - any bytes as a law: printed, it reads back as itself; in float32 it has its value.
//
// The value of the tables is compared with double wherever a bound of the float32 error can be had:
// rounding errors are carried through the tree to first order, and a law is left out where one of them
// may decide a comparison, reach a pole, or leave moderate sizes.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "host/engine/experiment.hpp"
#include "host/engine/tables.hpp"
#include "host/model/evaluate.hpp"
#include "host/model/law_parser.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace cristae::fuzz {
namespace {

constexpr char const* species[] = {"A", "B", "C"};
constexpr char const* parameters[] = {"k", "K", "n"};
std::vector<double> const parameter_values{3.7, 2.5, 2.0};

LawNames names_with(bool count) {
  LawNames names;
  names.symbol = [](std::string_view name) -> std::optional<Symbol> {
    for (u32 i = 0; i < 3; ++i) {
      if (name == species[i]) return Symbol{SymbolKind::species, i};
      if (name == parameters[i]) return Symbol{SymbolKind::parameter, i};
    }
    return std::nullopt;
  };
  if (count)
    names.reaction = [](std::string_view name) {
      return name == "r" ? std::optional<u32>(0) : std::nullopt;
    };
  names.names = {"A", "B", "C", "k", "K", "n"};
  names.reaction_names = {"r"};
  return names;
}

std::string printed(Expression const& law) {
  auto const name = [](Symbol symbol) -> std::string {
    return symbol.kind == SymbolKind::species ? species[symbol.index] : parameters[symbol.index];
  };
  return print_law(law, name, [](u32) { return std::string("r"); });
}

bool is_same(Expression const& a, u32 i, Expression const& b, u32 j) {
  Node const &x = a.nodes[i], &y = b.nodes[j];
  if (x.kind != y.kind || x.arguments.size() != y.arguments.size()) return false;
  if (x.kind == NodeKind::number && x.number != y.number) return false;
  if (x.kind == NodeKind::symbol &&
      (x.symbol.kind != y.symbol.kind || x.symbol.index != y.symbol.index))
    return false;
  for (usize k = 0; k < x.arguments.size(); ++k)
    if (!is_same(a, x.arguments[k], b, y.arguments[k])) return false;
  return true;
}

/// A value in double and a bound of how far float32 may be from it; `sum` is what its terms add up to
/// without their signs, which bounds the partial sums of any order.
struct Bounded {
  double value = 0, error = 0, sum = 0;
};

class Bounds {
 public:
  Bounds(Expression const& law, std::vector<double> const& state) : law_(law), state_(state) {}

  /// Nothing where no bound can be had.
  std::optional<Bounded> of_root() {
    Bounded const root = at(u32(law_.nodes.size() - 1));
    return known_ ? std::optional(root) : std::nullopt;
  }

 private:
  static constexpr double e = 0x1p-23;  // two roundings for every one that is counted
  Expression const& law_;
  std::vector<double> const& state_;
  bool known_ = true;

  Bounded made(double value, double error, double sum = 0) {
    double const size = std::fabs(value);
    known_ = known_ && std::isfinite(value) && (size == 0 || (size > 1e-5 && size < 1e5)) &&
             (error == 0 || error < 0.01 * std::max(size, sum));
    return {value, error, std::max(size, sum)};
  }
  Bounded rounded(double value, double error, double roundings) {
    return made(value, error + roundings * e * std::fabs(value));
  }
  Bounded constant(double value) {
    return rounded(value, 0, double(float(value)) == value ? 0 : 1);
  }
  /// Whether float32 and double agree on the sign of a - b.
  void decide(Bounded const& a, Bounded const& b) {
    double const error = a.error + b.error;
    known_ = known_ && (error == 0 || std::fabs(a.value - b.value) > 2 * error);
  }
  Bounded truth(bool value) { return {value ? 1.0 : 0.0, 0, 1}; }
  bool is_true(Bounded const& a) {
    decide(a, {});
    return a.value != 0;
  }

  Bounded power(Bounded const& a, Bounded const& b) {
    bool const whole = b.error == 0 && b.value == std::round(b.value) && std::fabs(b.value) <= 64;
    known_ = known_ && (a.value > 0 || (whole && (a.value != 0 || b.value >= 0)));
    known_ = known_ && (a.error == 0 || a.error < 0.01 * std::fabs(a.value));
    if (!known_) return {};
    double const value = std::pow(a.value, b.value);
    double const relative = (a.value == 0 ? 0 : std::fabs(b.value) * a.error / std::fabs(a.value)) +
                            (a.value > 0 ? std::fabs(std::log(a.value)) * b.error : 0);
    return made(value, std::fabs(value) * (1.1 * relative + 16 * e));
  }

  Bounded hill(Bounded const& x, Bounded const& K, Bounded const& n) {
    decide(x, {});
    known_ = known_ && K.value > 0 && n.value > 0 && K.error < 0.01 * K.value &&
             n.error < 0.01 * n.value && (x.error == 0 || x.error < 0.01 * std::fabs(x.value));
    if (!known_) return {};
    if (x.value <= 0) return {};
    double const relative = n.value * (x.error / x.value + K.error / K.value + 4 * e) +
                            n.error * std::fabs(std::log(x.value / K.value)) + 16 * e;
    return rounded(cristae::hill(x.value, K.value, n.value),
                   1.1 * relative * cristae::hill(x.value, K.value, n.value), 4);
  }

  Bounded at(u32 index) {
    Node const& node = law_.nodes[index];
    if (!known_) return {};
    auto const argument = [&](usize i) { return at(node.arguments[i]); };
    switch (node.kind) {
      case NodeKind::number: return constant(node.number);
      case NodeKind::symbol:
        return node.symbol.kind == SymbolKind::species
                   ? made(state_[node.symbol.index], 0)
                   : constant(parameter_values[node.symbol.index]);
      case NodeKind::negate: {
        Bounded const a = argument(0);
        return {-a.value, a.error, a.sum};
      }
      case NodeKind::add:
      case NodeKind::subtract: {
        Bounded const a = argument(0), b = argument(1);
        double const sum = a.sum + b.sum;
        return made(node.kind == NodeKind::add ? a.value + b.value : a.value - b.value,
                    a.error + b.error + 4 * e * sum, sum);
      }
      case NodeKind::multiply: {
        Bounded const a = argument(0), b = argument(1);
        return rounded(a.value * b.value,
                       1.1 * (std::fabs(a.value) * b.error + std::fabs(b.value) * a.error), 4);
      }
      case NodeKind::divide: {
        Bounded const a = argument(0), b = argument(1);
        known_ = known_ && b.value != 0 && b.error < 0.01 * std::fabs(b.value);
        if (!known_) return {};
        return rounded(
            a.value / b.value,
            1.1 * (a.error + std::fabs(a.value / b.value) * b.error) / std::fabs(b.value), 4);
      }
      case NodeKind::power: return power(argument(0), argument(1));
      case NodeKind::less:
      case NodeKind::less_equal:
      case NodeKind::greater:
      case NodeKind::greater_equal:
      case NodeKind::equal:
      case NodeKind::not_equal: return compared(node.kind, argument(0), argument(1));
      case NodeKind::logical_and: {
        bool const a = is_true(argument(0)), b = is_true(argument(1));
        return truth(a && b);
      }
      case NodeKind::logical_or: {
        bool const a = is_true(argument(0)), b = is_true(argument(1));
        return truth(a || b);
      }
      case NodeKind::logical_not: return truth(!is_true(argument(0)));
      case NodeKind::piecewise: {
        for (usize i = 0; i + 1 < node.arguments.size(); i += 2)
          if (is_true(argument(i + 1))) return argument(i);
        return argument(node.arguments.size() - 1);
      }
      case NodeKind::minimum:
      case NodeKind::maximum: {
        Bounded best = argument(0);
        for (usize i = 1; i < node.arguments.size(); ++i) {
          Bounded const next = argument(i);
          double const error = std::max(best.error, next.error);
          bool const is_next =
              node.kind == NodeKind::minimum ? next.value < best.value : next.value > best.value;
          if (is_next) best = next;
          best.error = error;
        }
        return best;
      }
      case NodeKind::exponential: {
        Bounded const a = argument(0);
        return rounded(std::exp(a.value), 1.1 * std::exp(a.value) * a.error, 4);
      }
      case NodeKind::logarithm:
      case NodeKind::logarithm10: {
        Bounded const a = argument(0);
        known_ = known_ && a.value > 0 && a.error < 0.01 * a.value;
        if (!known_) return {};
        return rounded(node.kind == NodeKind::logarithm ? std::log(a.value) : std::log10(a.value),
                       1.1 * a.error / a.value, 8);
      }
      case NodeKind::square_root: {
        Bounded const a = argument(0);
        known_ = known_ && a.value >= 0 && (a.error == 0 || a.error < 0.01 * a.value);
        if (!known_) return {};
        double const root = std::sqrt(a.value);
        return rounded(root, a.error == 0 ? 0 : a.error / root, 2);
      }
      case NodeKind::absolute: {
        Bounded const a = argument(0);
        return {std::fabs(a.value), a.error, a.sum};
      }
      case NodeKind::floor:
      case NodeKind::ceiling: {
        Bounded const a = argument(0);
        double const nearest = std::round(a.value);
        known_ = known_ && (a.error == 0 || std::fabs(a.value - nearest) > 2 * a.error);
        return made(node.kind == NodeKind::floor ? std::floor(a.value) : std::ceil(a.value), 0);
      }
      case NodeKind::hill: {
        Bounded const x = argument(0), K = argument(1);
        return hill(x, K, argument(2));
      }
      case NodeKind::firings: break;
    }
    known_ = false;
    return {};
  }

  Bounded compared(NodeKind kind, Bounded const& a, Bounded const& b) {
    decide(a, b);
    switch (kind) {
      case NodeKind::less: return truth(a.value < b.value);
      case NodeKind::less_equal: return truth(a.value <= b.value);
      case NodeKind::greater: return truth(a.value > b.value);
      case NodeKind::greater_equal: return truth(a.value >= b.value);
      case NodeKind::equal: return truth(a.value == b.value);
      default: return truth(a.value != b.value);
    }
  }
};

/// The law as the propensity of a reaction that uses nothing up.
Network network_of(Expression const& law) {
  Network network;
  network.name = "law";
  network.time_unit = "s";
  for (u32 i = 0; i < 3; ++i) {
    network.species.emplace_back();
    network.species.back().id = species[i];
    network.parameters.emplace_back();
    network.parameters.back().id = parameters[i];
    network.parameters.back().value = parameter_values[i];
  }
  Reaction reaction;
  reaction.id = "r";
  reaction.products = {{SpeciesId{0}, 1}};
  reaction.rate = law;
  network.reactions.push_back(reaction);
  network.run = {1, 1};
  return network;
}

void compare_with_double(Expression const& law) {
  Network const network = network_of(law);
  Experiment const experiment = resolve(network, {});
  RunPlan plan;
  plan.experiment = &experiment;
  std::optional<Tables> tables;
  try {
    tables.emplace(build_law_graph(network), plan, TableShape{1, false, false});
  } catch (Error const& error) {
    // A constant that is not finite or vanishes in float32, or a hill() without K > 0 and n > 0.
    claim(error.code() == ExitCode::model, error.what());
    return;
  }
  core::Program const& program = tables->program();
  std::vector<float> registers(tables->register_count());
  for (auto const& state :
       {std::vector<double>{0, 0, 0}, {1, 2, 3}, {2, 2, 0}, {7, 5, 100}, {3, 0, 1}}) {
    for (usize s = 0; s < 3; ++s) registers[s] = float(state[s]);
    core::run_ops<core::ScalarLane, 1>(program.ops, program.ops_count, registers.data());
    float got[1];
    core::term_values<core::ScalarLane, 1>(program.terms[0], program.guards, registers.data(), got);
    double const exact = evaluate(law, {state, parameter_values, {}, {}});
    auto const bounded = Bounds(law, state).of_root();
    if (!bounded || law.nodes.size() > 40) continue;
    claim(std::fabs(bounded->value - exact) <= 1e-9 * bounded->sum, "the bound's own value");
    if (bounded->value < -bounded->error) {
      claim(std::isnan(got[0]), "a negative propensity is not refused: " + law.text);
    } else if (bounded->value > bounded->error || bounded->error == 0) {
      claim(std::fabs(double(got[0]) - exact) <= bounded->error,
            law.text + " is " + std::to_string(got[0]) + " instead of " + std::to_string(exact));
    }
  }
}

void read(std::string_view text) {
  for (bool const count : {false, true}) {
    LawNames const names = names_with(count);
    ParsedLaw const law = parse_law(text, names);
    claim(law.expression.empty() != law.problems.empty(), "either a law or problems");
    for (auto const& problem : law.problems) {
      claim(problem.span.begin <= problem.span.end && problem.span.end <= text.size(),
            "a span beyond the text: " + problem.problem);
      claim(!problem.problem.empty(), "a problem without words");
    }
    if (law.expression.empty()) continue;
    std::string const again = printed(law.expression);
    ParsedLaw const second = parse_law(again, names);
    claim(second.problems.empty(), "what is printed is refused: " + again);
    claim(is_same(law.expression, u32(law.expression.nodes.size() - 1), second.expression,
                  u32(second.expression.nodes.size() - 1)),
          "what is printed is another law: " + again);
    if (!count) compare_with_double(law.expression);
  }
}

}  // namespace
}  // namespace cristae::fuzz

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
  cristae::fuzz::read({reinterpret_cast<char const*>(data), size});
  return 0;
}
