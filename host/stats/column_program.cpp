// host/stats/column_program.cpp - compiling columns to steps, and running them.
#include "host/stats/column_program.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "host/core/double_math.hpp"
#include "host/engine/cells.hpp"

namespace cristae {
namespace {

using M = core::DoubleMath;

/// Sample times that a step computes at once.
constexpr usize batch = 128;

template <class Function>
void each(double* out, usize count, Function function) {
  for (usize i = 0; i < count; ++i) out[i] = function(i);
}

}  // namespace

ColumnProgram::ColumnProgram(Experiment const& experiment, std::vector<Column> const& columns,
                             std::vector<ReactionId> const& counted)
    : experiment_(experiment), counted_(counted) {
  Network const& network = *experiment.network;
  usize segment = 0;
  for (double const time : experiment.sample_times) {
    while (segment + 1 < experiment.segments.size() &&
           experiment.segments[segment + 1].start <= time)
      ++segment;
    if (epochs_.empty() || epochs_.back() != segment) epochs_.push_back(segment);
    epoch_at_.push_back(epochs_.size() - 1);
  }
  rule_slot_.assign(network.rules.size(), 0);
  auto const needed = needed_rules(network, columns);
  for (u32 const rule : network.rule_order)
    if (needed[rule]) rule_slot_[rule] = compile(network.rules[rule].expression);
  for (auto const& column : columns) column_slot_.push_back(compile(column.expression));
}

void ColumnProgram::cell_values(u64 id, double* values) const {
  Cells const cells(experiment_);
  auto const factors = cells.factors(cells.cell_of(id));
  for (usize epoch = 0; epoch < epochs_.size(); ++epoch) {
    auto const parameters = cells.parameters(0, factors, epochs_[epoch]);
    for (usize i = 0; i < cell_parameters_.size(); ++i)
      values[i * epochs_.size() + epoch] = parameters[cell_parameters_[i]];
  }
}

std::vector<double> ColumnProgram::values_of_cell(u64 id) const {
  std::vector<double> values;
  if (!reads_cells()) return values;
  std::vector<double> by_epoch(cell_parameters_.size() * epochs_.size());
  cell_values(id, by_epoch.data());
  for (usize i = 0; i < cell_parameters_.size(); ++i)
    for (usize const epoch : epoch_at_) values.push_back(by_epoch[i * epochs_.size() + epoch]);
  return values;
}

void ColumnProgram::run(u64 id, std::span<double const> samples, usize reached,
                        std::span<double> values) const {
  auto const of_cell = values_of_cell(id);
  thread_local std::vector<double> scratch;
  thread_local std::vector<double const*> slots;
  scratch.resize(std::max(scratch.size(), steps_.size() * batch));
  slots.resize(steps_.size());
  usize const stride = experiment_.sample_times.size();
  for (usize begin = 0; begin < reached; begin += batch) {
    usize const count = std::min(batch, reached - begin);
    for (usize i = 0; i < steps_.size(); ++i) {
      Step const& step = steps_[i];
      double* const out = scratch.data() + i * batch;
      slots[i] = out;
      switch (step.input) {
        case Input::sampled: slots[i] = samples.data() + step.index * stride + begin; break;
        case Input::firings: {
          // The engine counts from the start of the burn-in.
          double const* const fired = samples.data() + step.index * stride;
          each(out, count, [&](usize k) { return fired[begin + k] - fired[0]; });
          break;
        }
        case Input::parameter: slots[i] = parameter_values_[step.index].data() + begin; break;
        case Input::cell_parameter: slots[i] = of_cell.data() + step.index * stride + begin; break;
        case Input::constant: std::fill_n(out, count, step.number); break;
        case Input::none: compute(step, slots, out, count); break;
      }
    }
    for (usize column = 0; column < column_slot_.size(); ++column)
      std::copy_n(slots[column_slot_[column]], count, values.data() + column * stride + begin);
  }
}

usize ColumnProgram::compile(Expression const& expression) {
  if (expression.empty()) throw std::logic_error("column with an empty expression");
  std::vector<usize> slot_of;
  for (auto const& node : expression.nodes) slot_of.push_back(compile(node, slot_of));
  return slot_of.back();
}

usize ColumnProgram::compile(Node const& node, std::vector<usize> const& slot_of) {
  Step step;
  step.kind = node.kind;
  if (node.kind == NodeKind::number) {
    step.input = Input::constant;
    step.number = node.number;
  } else if (node.kind == NodeKind::firings) {
    step.input = Input::firings;
    auto const found = std::find(counted_.begin(), counted_.end(), ReactionId{node.symbol.index});
    step.index = experiment_.network->species.size() + static_cast<usize>(found - counted_.begin());
  } else if (node.kind == NodeKind::symbol) {
    switch (node.symbol.kind) {
      case SymbolKind::rule: return rule_slot_[node.symbol.index];
      case SymbolKind::species:
        step.input = Input::sampled;
        step.index = node.symbol.index;
        break;
      case SymbolKind::parameter: compile_parameter(step, node.symbol.index); break;
      case SymbolKind::time:
      case SymbolKind::unresolved: throw std::logic_error("column with an unresolved symbol");
    }
  } else {
    for (u32 const argument : node.arguments) step.arguments.push_back(slot_of[argument]);
  }
  steps_.push_back(std::move(step));
  return steps_.size() - 1;
}

/// A parameter is a constant unless a scheduled change touches it, or cells differ in it.
void ColumnProgram::compile_parameter(Step& step, u32 parameter) {
  auto const& segments = experiment_.segments;
  if (experiment_.cells.scales(ParameterId{parameter})) {
    step.input = Input::cell_parameter;
    step.index = cell_parameters_.size();
    cell_parameters_.push_back(parameter);
    return;
  }
  step.number = segments.front().parameters[parameter];
  step.input = Input::constant;
  if (std::all_of(segments.begin(), segments.end(), [&](Segment const& segment) {
        return segment.parameters[parameter] == step.number;
      }))
    return;
  step.input = Input::parameter;
  step.index = parameter_values_.size();
  auto& values = parameter_values_.emplace_back();
  for (usize const epoch : epoch_at_)
    values.push_back(segments[epochs_[epoch]].parameters[parameter]);
}

/// Same meaning as evaluate(), one kind at a time over all samples of the batch.
void ColumnProgram::compute(Step const& step, std::vector<double const*> const& slots, double* out,
                            usize count) {
  auto const argument = [&](usize i) { return slots[step.arguments[i]]; };
  double const* const a = argument(0);
  double const* const b = step.arguments.size() > 1 ? argument(1) : a;
  double const* const c = step.arguments.size() > 2 ? argument(2) : a;
  switch (step.kind) {
    case NodeKind::number:
    case NodeKind::symbol:
    case NodeKind::firings: break;
    case NodeKind::negate: each(out, count, [=](usize i) { return -a[i]; }); break;
    case NodeKind::add: each(out, count, [=](usize i) { return a[i] + b[i]; }); break;
    case NodeKind::subtract: each(out, count, [=](usize i) { return a[i] - b[i]; }); break;
    case NodeKind::multiply: each(out, count, [=](usize i) { return a[i] * b[i]; }); break;
    case NodeKind::divide: each(out, count, [=](usize i) { return a[i] / b[i]; }); break;
    case NodeKind::power: each(out, count, [=](usize i) { return M::power(a[i], b[i]); }); break;
    case NodeKind::less: each(out, count, [=](usize i) { return double(a[i] < b[i]); }); break;
    case NodeKind::less_equal:
      each(out, count, [=](usize i) { return double(a[i] <= b[i]); });
      break;
    case NodeKind::greater: each(out, count, [=](usize i) { return double(a[i] > b[i]); }); break;
    case NodeKind::greater_equal:
      each(out, count, [=](usize i) { return double(a[i] >= b[i]); });
      break;
    case NodeKind::equal: each(out, count, [=](usize i) { return double(a[i] == b[i]); }); break;
    case NodeKind::not_equal:
      each(out, count, [=](usize i) { return double(a[i] != b[i]); });
      break;
    case NodeKind::logical_and:
      each(out, count, [=](usize i) { return double(a[i] != 0 && b[i] != 0); });
      break;
    case NodeKind::logical_or:
      each(out, count, [=](usize i) { return double(a[i] != 0 || b[i] != 0); });
      break;
    case NodeKind::logical_not:
      each(out, count, [=](usize i) { return double(!(a[i] != 0)); });
      break;
    case NodeKind::piecewise: {
      // From the last choice to the first, so that the first true condition wins.
      usize const size = step.arguments.size();
      std::copy_n(argument(size - 1), count, out);
      for (usize pair = (size - 1) / 2; pair-- > 0;) {
        double const* const value = argument(2 * pair);
        double const* const condition = argument(2 * pair + 1);
        each(out, count, [=](usize i) { return condition[i] != 0 ? value[i] : out[i]; });
      }
      break;
    }
    case NodeKind::minimum:
    case NodeKind::maximum: {
      bool const is_minimum = step.kind == NodeKind::minimum;
      std::copy_n(a, count, out);
      for (usize k = 1; k < step.arguments.size(); ++k) {
        double const* const next = argument(k);
        each(out, count, [=](usize i) {
          bool const better = is_minimum ? next[i] < out[i] : next[i] > out[i];
          return better || std::isnan(next[i]) ? next[i] : out[i];
        });
      }
      break;
    }
    case NodeKind::exponential:
      each(out, count, [=](usize i) { return M::exponential(a[i]); });
      break;
    case NodeKind::logarithm: each(out, count, [=](usize i) { return M::logarithm(a[i]); }); break;
    case NodeKind::logarithm10:
      each(out, count, [=](usize i) { return M::logarithm10(a[i]); });
      break;
    case NodeKind::square_root: each(out, count, [=](usize i) { return std::sqrt(a[i]); }); break;
    case NodeKind::absolute: each(out, count, [=](usize i) { return std::fabs(a[i]); }); break;
    case NodeKind::floor: each(out, count, [=](usize i) { return std::floor(a[i]); }); break;
    case NodeKind::ceiling: each(out, count, [=](usize i) { return std::ceil(a[i]); }); break;
    case NodeKind::hill:
      each(out, count, [=](usize i) { return M::hill(a[i], b[i], c[i]); });
      break;
  }
}

}  // namespace cristae
