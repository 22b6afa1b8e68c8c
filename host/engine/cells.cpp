// host/engine/cells.cpp - factors from the variation stream, and rows of constants made with them.
#include "host/engine/cells.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <string_view>

#include "host/core/philox.hpp"

namespace cristae {
namespace {

/// What a name is hashed to (FNV-1a), so that a draw does not depend on what else is drawn.
u64 hash_of(std::string_view name) {
  u64 hash = 0xcbf29ce484222325;
  for (char const c : name) hash = (hash ^ static_cast<u8>(c)) * 0x100000001b3;
  return hash;
}

/// Uniform on (0, 1), of 53 bits: word pair `pair` (0 or 1) of the block.
double uniform(u64 seed, u64 cell, std::string_view name, u32 pair) {
  u64 const hash = hash_of(name);
  core::PhiloxBlock<core::ScalarLane> counter;
  counter.word[0] = static_cast<u32>(hash);
  counter.word[1] =
      (static_cast<u32>(hash >> 32) & 0xffffu) | static_cast<u32>(core::Stream::variation) << 16;
  counter.word[2] = static_cast<u32>(cell);
  counter.word[3] = static_cast<u32>(cell >> 32);
  auto const block = core::philox<core::ScalarLane>(counter, core::PhiloxKeys(seed));
  u64 const word = u64{block.word[2 * pair]} << 32 | block.word[2 * pair + 1];
  // The last of the 2^53 values would round to 1.
  return std::min((static_cast<double>(word >> 11) + 0.5) * 0x1p-53, 1 - 0x1p-53);
}

constexpr std::string_view table_row = "row of a table";

bool is_held_back(Parameter const& parameter, double value) {
  return value < parameter.lower || value > parameter.upper;
}

}  // namespace

std::vector<double> Cells::factors(u64 cell) const {
  auto const& quantities = experiment_.cells.quantities;
  auto const& mixing = experiment_.cells.mixing;
  usize const n = quantities.size();
  std::vector<double> shares(n), factors(n);
  for (usize i = 0; i < n; ++i) {
    bool const is_row = quantities[i].factor.kind() == FactorKind::table;
    shares[i] = uniform(seed_, cell, is_row ? table_row : std::string_view(quantities[i].name), 0);
  }
  if (!mixing.empty()) {
    boost::math::normal const standard;
    std::vector<double> scores(n);
    for (usize i = 0; i < n; ++i) scores[i] = quantile(standard, shares[i]);
    for (usize i = 0; i < n; ++i) {
      double score = 0;
      for (usize k = 0; k <= i; ++k) score += mixing[i * n + k] * scores[k];
      // What is on its own keeps the share that it has without correlations, to the bit.
      if (mixing[i * n + i] != 1)
        shares[i] = std::clamp(cdf(standard, score), 0x1p-54, 1 - 0x1p-53);
    }
  }
  for (usize i = 0; i < n; ++i) factors[i] = quantities[i].factor.quantile(shares[i]);
  return factors;
}

std::vector<double> Cells::parameters(u64 set, std::span<double const> factors,
                                      usize segment) const {
  auto values = experiment_.segments[segment].parameters;
  auto const& sets = experiment_.sets;
  for (usize i = 0; i < sets.parameters.size(); ++i)
    values[static_cast<u32>(sets.parameters[i])] = sets.values[set][i];
  auto const& quantities = experiment_.cells.quantities;
  for (usize i = 0; i < quantities.size(); ++i)
    for (auto const id : quantities[i].parameters) {
      auto const& parameter = experiment_.network->parameters[static_cast<u32>(id)];
      double& value = values[static_cast<u32>(id)];
      value *= factors[i];
      if (is_held_back(parameter, value))
        value = std::clamp(value, parameter.lower, parameter.upper);
    }
  return values;
}

std::vector<i64> Cells::initial(u64 id, std::span<double const> factors) const {
  usize const species = experiment_.network->species.size();
  auto const row = experiment_.initial.begin() +
                   static_cast<std::ptrdiff_t>(id % experiment_.initial_rows() * species);
  std::vector<i64> counts(row, row + static_cast<std::ptrdiff_t>(species));
  if (experiment_.starts_from_states) return counts;
  auto const& quantities = experiment_.cells.quantities;
  for (usize i = 0; i < quantities.size(); ++i)
    for (auto const scaled : quantities[i].species) {
      i64& count = counts[static_cast<u32>(scaled)];
      double const exact = static_cast<double>(count) * factors[i];
      auto const& name = experiment_.network->species[static_cast<u32>(scaled)].id;
      double const rounded = std::floor(exact + uniform(seed_, cell_of(id), name, 1));
      count = static_cast<i64>(std::min(rounded, static_cast<double>(core::largest_count)));
    }
  return counts;
}

std::vector<i64> initial_counts(Experiment const& experiment, u64 id) {
  Cells const cells(experiment);
  return cells.initial(id, cells.factors(cells.cell_of(id)));
}

std::vector<bool> constants_of_cells(LawGraph const& graph, Experiment const& experiment) {
  std::vector<bool> parameters(experiment.network->parameters.size(), false);
  for (auto const id : experiment.sets.parameters) parameters[static_cast<u32>(id)] = true;
  for (auto const& quantity : experiment.cells.quantities)
    for (auto const id : quantity.parameters) parameters[static_cast<u32>(id)] = true;
  auto const of_events = parameters_of_events(*experiment.network);
  for (usize i = 0; i < of_events.size(); ++i) parameters[i] = parameters[i] || of_events[i];
  std::vector<bool> differs(graph.constants.size(), false);
  for (usize i = 0; i < differs.size(); ++i) {
    auto const& n = graph.constants[i];
    if (n.kind == NodeKind::symbol) differs[i] = parameters[n.parameter];
    for (u32 const a : n.arguments) differs[i] = differs[i] || differs[a];
  }
  return differs;
}

CellRows::CellRows(LawGraph const& graph, Tables const& tables, RunPlan const& plan)
    : graph_(graph), tables_(tables), experiment_(*plan.experiment), cells_(*plan.experiment),
      values_(plan.experiment->segments.size() * tables.program().schedule.row),
      initial_(plan.experiment->network->species.size()) {
  auto const differs = constants_of_cells(graph, experiment_);
  for (u32 c = 0; c < differs.size(); ++c)
    if (differs[c]) dependent_.push_back(c);
  for (auto const& segment : experiment_.segments)
    base_.push_back(evaluate_constants(graph, segment.parameters));
}

void OwnRow::take(LawGraph const& graph, Tables const& tables, RunPlan const& plan,
                  RunPlan::Place place, core::Program& program, core::Begin& begin) {
  if (!plan.experiment->has_rows()) return;
  CellRows rows(graph, tables, plan);
  values_.resize(rows.values());
  initial_.resize(rows.initial());
  rows.fill(place, values_.data(), initial_.data());
  program.schedule.values = values_.data();
  program.initial = initial_.data();
  begin.row = 0;
  begin.initial_row = 0;
}

void CellRows::fill(RunPlan::Place place, float* values, core::i64* initial) {
  auto const factors = cells_.factors(cells_.cell_of(place.id));
  auto const counts = cells_.initial(place.id, factors);
  std::copy(counts.begin(), counts.end(), initial);
  auto const& varying = tables_.varying_constants();
  constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
  for (usize g = 0; g < base_.size(); ++g) {
    auto const parameters = cells_.parameters(place.set, factors, g);
    auto& constants = base_[g];
    for (u32 const c : dependent_)
      constants[c] = evaluate_constant(graph_.constants[c], constants, parameters);
    bool is_wrong = false;
    for (auto const& p : graph_.positive) is_wrong = is_wrong || !(constants[p.constant] > 0);
    for (u32 const c : varying) {
      auto const rounded = static_cast<float>(constants[c]);
      bool const is_lost = rounded == 0 && constants[c] != 0;
      *values++ = is_wrong || is_lost || !std::isfinite(rounded) ? not_a_number : rounded;
    }
    // What conditions and events look at, the same in all rows.
    core::Schedule const& schedule = tables_.program().schedule;
    for (u32 c = u32(varying.size()); c < schedule.constants; ++c)
      *values++ = schedule.values[g * schedule.row + c];
    for (auto const id : tables_.event_values())
      for (float const word : words_of(parameters[static_cast<u32>(id)])) *values++ = word;
  }
}

}  // namespace cristae
