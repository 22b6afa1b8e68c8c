// host/engine/cells.hpp - in what the cells of an experiment differ, drawn and worked out.
//
// A cell's factors are random numbers of the contract: a function of the seed, the number of the cell
// and the name of the varied quantity, and of nothing else, so that the same cell is met again under
// another condition, in another set of a sweep and on another engine.
#pragma once

#include <span>
#include <vector>

#include "host/engine/experiment.hpp"
#include "host/engine/tables.hpp"
#include "host/model/law_graph.hpp"

namespace cristae {

/// Draws. The experiment must outlive this.
class Cells {
 public:
  explicit Cells(Experiment const& experiment)
      : experiment_(experiment), seed_(experiment.cells.seed) {}

  u64 cell_of(u64 id) const { return id / experiment_.cells.replicates; }
  /// Of each quantity.
  std::vector<double> factors(u64 cell) const;
  /// All parameters in force in a segment.
  std::vector<double> parameters(u64 set, std::span<double const> factors, usize segment) const;
  /// Copy numbers of all species before the changes of segment 0. Scaled ones are rounded up or
  /// down by chance, so that their mean is exact.
  std::vector<i64> initial(u64 id, std::span<double const> factors) const;

 private:
  Experiment const& experiment_;
  u64 seed_;
};

/// The rows of Schedule::values and Program::initial of single trajectories. For one thread.
class CellRows {
 public:
  /// `graph` and `tables` are of the plan, and must outlive this.
  CellRows(LawGraph const& graph, Tables const& tables, RunPlan const& plan);

  usize values() const { return values_; }    ///< [segment][Schedule::row]
  usize initial() const { return initial_; }  ///< [species]
  /// Values that no law may have (not finite, lost in float32, hill() without K or n) become NaN, so
  /// that the trajectory ends as one with a bad propensity.
  void fill(RunPlan::Place place, float* values, core::i64* initial);

 private:
  LawGraph const& graph_;
  Tables const& tables_;
  Experiment const& experiment_;
  Cells cells_;
  usize values_, initial_;
  std::vector<u32> dependent_;             ///< constants that differ between trajectories, in order
  std::vector<std::vector<double>> base_;  ///< [segment][constant], those in their first value
};

/// The row of the one trajectory that a program is to run; nothing where trajectories do not differ.
class OwnRow {
 public:
  void take(LawGraph const& graph, Tables const& tables, RunPlan const& plan, RunPlan::Place place,
            core::Program& program, core::Begin& begin);

 private:
  std::vector<float> values_;
  std::vector<core::i64> initial_;
};

/// What trajectory `id` starts from: copy numbers of all species before the changes of segment 0.
std::vector<i64> initial_counts(Experiment const& experiment, u64 id);

/// Which constants of a graph differ between the experiment's trajectories.
std::vector<bool> constants_of_cells(LawGraph const& graph, Experiment const& experiment);

}  // namespace cristae
