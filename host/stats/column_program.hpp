// host/stats/column_program.hpp - the columns' values at all sample times of one trajectory.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/base/types.hpp"
#include "host/engine/experiment.hpp"
#include "host/engine/reduction.hpp"
#include "host/stats/column.hpp"

namespace cristae {

/// Expressions as one list of steps; each step computes a whole batch of sample times. Means the
/// same as evaluate() in host/model/evaluate.hpp, with the core's exp, log and pow in the place of the
/// C library's: the same bits on every machine.
class ColumnProgram {
 public:
  /// The experiment must outlive this. `counted`: the reactions whose firings the samples hold.
  ColumnProgram(Experiment const& experiment, std::vector<Column> const& columns,
                std::vector<ReactionId> const& counted);

  /// `samples` as SampleSink::finished gets them, of trajectory `id`; `reached` of the sample times
  /// are valid. Writes values[column * sample times + k] for k < reached. Firings are counted from
  /// time 0 on.
  void run(u64 id, std::span<double const> samples, usize reached, std::span<double> values) const;

  /// The same steps as text for engines that reduce samples themselves, and how much it reads: a
  /// matter of form, the same for experiments that differ in parameter values only.
  void write(ReductionRequest& request) const;
  /// What the text reads: but for cells,
  ColumnValues values(std::vector<ColumnUnit> const& units) const;
  /// and of the cell of trajectory `id`: [cell parameter][epoch], ReductionRequest::cell_values in all.
  void cell_values(u64 id, double* values) const;

 private:
  enum class Input : u8 { none, sampled, firings, parameter, cell_parameter, constant };
  struct Step {
    NodeKind kind = NodeKind::number;
    Input input = Input::none;
    usize index = 0;  ///< row of the samples, of parameter_values_ or of cell_parameters_
    double number = 0;
    std::vector<usize> arguments;  ///< steps
  };

  usize compile(Expression const& expression);
  usize compile(Node const& node, std::vector<usize> const& slot_of);
  void compile_parameter(Step& step, u32 parameter);
  static void compute(Step const& step, std::vector<double const*> const& slots, double* out,
                      usize count);

  Experiment const& experiment_;
  std::vector<ReactionId> counted_;
  std::vector<usize> epochs_;    ///< segments in which there are sample times
  std::vector<usize> epoch_at_;  ///< by sample time
  std::vector<std::vector<double>> parameter_values_;
  std::vector<u32> cell_parameters_;

  bool reads_cells() const { return !cell_parameters_.empty(); }
  /// [cell parameter][sample time]
  std::vector<double> values_of_cell(u64 id) const;
  std::vector<Step> steps_;
  std::vector<usize> rule_slot_;
  std::vector<usize> column_slot_;
};

}  // namespace cristae
