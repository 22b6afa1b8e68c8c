// host/stats/column_code.cpp - the steps of columns as text for other compilers.
#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

#include "host/stats/column_program.hpp"

namespace cristae {
namespace {

/// The constant's place in the table; equal bits share one.
usize place_of(double constant, std::vector<double>& constants) {
  for (usize i = 0; i < constants.size(); ++i)
    if (std::memcmp(&constants[i], &constant, sizeof constant) == 0) return i;
  constants.push_back(constant);
  return constants.size() - 1;
}

std::string name_of_step(usize step) { return fmt::format("v{}", step); }

/// What a step computes, as compute() does it.
std::string text_of(NodeKind kind, std::vector<usize> const& arguments) {
  auto const v = [&](usize i) { return name_of_step(arguments[i]); };
  auto const two = [&](char const* sign) { return fmt::format("{} {} {}", v(0), sign, v(1)); };
  auto const test = [&](char const* sign) {
    return fmt::format("{} {} {} ? 1.0 : 0.0", v(0), sign, v(1));
  };
  auto const both = [&](char const* sign) {
    return fmt::format("{} != 0.0 {} {} != 0.0 ? 1.0 : 0.0", v(0), sign, v(1));
  };
  auto const call = [&](char const* function) {
    auto text = v(0);
    for (usize i = 1; i < arguments.size(); ++i) text += ", " + v(i);
    return fmt::format("M::{}({})", function, text);
  };
  auto const fold = [&](char const* function) {
    auto text = v(0);
    for (usize i = 1; i < arguments.size(); ++i)
      text = fmt::format("M::{}({}, {})", function, text, v(i));
    return text;
  };
  switch (kind) {
    case NodeKind::number:
    case NodeKind::symbol:
    case NodeKind::firings: break;  // inputs
    case NodeKind::negate: return fmt::format("-{}", v(0));
    case NodeKind::add: return two("+");
    case NodeKind::subtract: return two("-");
    case NodeKind::multiply: return two("*");
    case NodeKind::divide: return two("/");
    case NodeKind::less: return test("<");
    case NodeKind::less_equal: return test("<=");
    case NodeKind::greater: return test(">");
    case NodeKind::greater_equal: return test(">=");
    case NodeKind::equal: return test("==");
    case NodeKind::not_equal: return test("!=");
    case NodeKind::logical_and: return both("&&");
    case NodeKind::logical_or: return both("||");
    case NodeKind::logical_not: return fmt::format("{} != 0.0 ? 0.0 : 1.0", v(0));
    case NodeKind::piecewise: {
      auto text = v(arguments.size() - 1);
      for (usize pair = (arguments.size() - 1) / 2; pair-- > 0;)
        text = fmt::format("({} != 0.0 ? {} : {})", v(2 * pair + 1), v(2 * pair), text);
      return text;
    }
    case NodeKind::minimum: return fold("minimum");
    case NodeKind::maximum: return fold("maximum");
    case NodeKind::square_root: return call("square_root");
    case NodeKind::absolute: return call("absolute");
    case NodeKind::floor: return call("lower");
    case NodeKind::ceiling: return call("upper");
    case NodeKind::power: return call("power");
    case NodeKind::exponential: return call("exponential");
    case NodeKind::logarithm: return call("logarithm");
    case NodeKind::logarithm10: return call("logarithm10");
    case NodeKind::hill: return call("hill");
  }
  throw std::logic_error("column with an unknown step");
}

}  // namespace

void ColumnProgram::write(std::vector<ColumnUnit> const& units, ReductionRequest& request) const {
  std::vector<double> constants;
  std::string text =
      "// Written by Cristae: the columns of a run.\n"
      "struct Columns {\n"
      "  using M = cristae::core::ColumnMath;\n"
      "  static CRISTAE_CORE void store(float const* x, float const* x_0, double const* k,\n"
      "                                 double const* p, cristae::core::u32 samples,\n"
      "                                 cristae::core::ColumnStore const& out) {\n";
  for (usize i = 0; i < steps_.size(); ++i) {
    Step const& step = steps_[i];
    std::string value;
    switch (step.input) {
      case Input::sampled: value = fmt::format("double(x[{}])", step.index); break;
      case Input::firings:
        value = fmt::format("double(x[{0}]) - double(x_0[{0}])", step.index);
        break;
      case Input::parameter:
        value = fmt::format("p[cristae::core::u64({}) * samples]", step.index);
        break;
      case Input::cell_parameter: throw std::logic_error("columns that read cells have no text");
      case Input::constant: value = fmt::format("k[{}]", place_of(step.number, constants)); break;
      case Input::none: value = text_of(step.kind, step.arguments); break;
    }
    text += fmt::format("    double const {} = {};\n", name_of_step(i), value);
  }
  for (usize c = 0; c < column_slot_.size(); ++c) {
    usize const slot = column_slot_[c];
    Step const& step = steps_[slot];
    if (step.input == Input::sampled)
      text += fmt::format("    out.count({}, x[{}]);\n", c, step.index);
    else if (units[c].is_whole)
      text += fmt::format("    out.whole({}, {});\n", c, name_of_step(slot));
    else
      text += fmt::format("    out.real({}, {}, k[{}]);\n", c, name_of_step(slot),
                          place_of(1 / units[c].resolution, constants));
  }
  request.columns = text + "  }\n};\n";
  request.column_count = static_cast<u32>(column_slot_.size());
  request.constants = std::move(constants);
  request.parameters.clear();
  for (auto const& values : parameter_values_)
    request.parameters.insert(request.parameters.end(), values.begin(), values.end());
}

}  // namespace cristae
