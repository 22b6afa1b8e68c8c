// host/stats/column_code.cpp - the steps of columns as text for other compilers.
#include <fmt/format.h>

#include <stdexcept>

#include "host/stats/column_program.hpp"

namespace cristae {
namespace {

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

void ColumnProgram::write(ReductionRequest& request) const {
  // Constants are numbered in the order of values(): where two are equal is no matter of form.
  u32 constants = 0;
  std::string body;
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
      case Input::cell_parameter: value = fmt::format("c[{}]", step.index * epochs_.size()); break;
      case Input::constant: value = fmt::format("k[{}]", constants++); break;
      case Input::none: value = text_of(step.kind, step.arguments); break;
    }
    body += fmt::format("    double const {} = {};\n", name_of_step(i), value);
  }
  for (usize c = 0; c < column_slot_.size(); ++c) {
    usize const slot = column_slot_[c];
    if (steps_[slot].input == Input::sampled)
      body += fmt::format("    out.count({}, x[{}]);\n", c, steps_[slot].index);
    else
      body += fmt::format("    k[{0}] > 0 ? out.real({1}, {2}, k[{0}]) : out.whole({1}, {2});\n",
                          constants++, c, name_of_step(slot));
  }
  request.column_count = static_cast<u32>(column_slot_.size());
  request.constants = constants;
  request.parameters = static_cast<u32>(parameter_values_.size() + (reads_cells() ? 1 : 0));
  request.cell_values = static_cast<u32>(cell_parameters_.size() * epochs_.size());
  std::string const cell =
      reads_cells() ? fmt::format(
                          "    double const* const c = k + {} + cristae::core::u64(out.slot)"
                          " * {} + cristae::core::u32(p[cristae::core::u64({}) * samples]);\n",
                          constants, request.cell_values, parameter_values_.size())
                    : "";
  request.columns =
      "// Written by Cristae: the columns of a run.\n"
      "struct Columns {\n"
      "  using M = cristae::core::ColumnMath;\n"
      "  static CRISTAE_CORE void store(float const* x, float const* x_0, double const* k,\n"
      "                                 double const* p, cristae::core::u32 samples,\n"
      "                                 cristae::core::ColumnStore const& out) {\n" +
      cell + body + "  }\n};\n";
}

ColumnValues ColumnProgram::values(std::vector<ColumnUnit> const& units) const {
  ColumnValues made;
  for (Step const& step : steps_)
    if (step.input == Input::constant) made.constants.push_back(step.number);
  // Whole numbers have no unit to be counted in.
  for (usize c = 0; c < column_slot_.size(); ++c)
    if (steps_[column_slot_[c]].input != Input::sampled)
      made.constants.push_back(units[c].is_whole ? 0 : 1 / units[c].resolution);
  for (auto const& values : parameter_values_)
    made.parameters.insert(made.parameters.end(), values.begin(), values.end());
  if (reads_cells())
    made.parameters.insert(made.parameters.end(), epoch_at_.begin(), epoch_at_.end());
  return made;
}

}  // namespace cristae
