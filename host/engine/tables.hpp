// host/engine/tables.hpp - an experiment as the tables of host/core/program.hpp.
#pragma once

#include <array>
#include <vector>

#include "host/core/one_lane.hpp"
#include "host/core/program.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/event_program.hpp"
#include "host/model/law_graph.hpp"

namespace cristae {

/// A double as two words of a row of floats, the lower one first.
std::array<float, 2> words_of(double value);

/// For which form the tables are.
struct TableShape {
  u32 stride = 1;               ///< lanes between two registers of one trajectory
  bool reuse_registers = true;  ///< false: every intermediate value keeps its register (one-lane)
  bool wide = false;            ///< copy numbers to 2^53 instead of 2^24
};

/// How each reaction's propensity was analysed, for `inspect` and tests.
struct ReactionAnalysis {
  bool guarded = false;  ///< the law does not vanish without the reactants
  bool checked = false;  ///< a negative value could not be excluded
};

/// Owns the arrays behind a core::Program. Not copyable: the program points into it.
class Tables {
 public:
  /// Throws Error(model) where a constant is not finite, vanishes in float32, or must be positive.
  Tables(LawGraph const& graph, RunPlan const& plan, TableShape shape);
  Tables(Tables const&) = delete;
  Tables& operator=(Tables const&) = delete;

  core::Program const& program() const { return program_; }
  core::Dependencies const& dependencies() const { return dependencies_; }
  u32 register_count() const { return register_count_; }
  std::vector<double> const& stop_times() const { return stop_times_; }
  std::vector<ReactionAnalysis> const& analysis() const { return analysis_; }
  /// Parameters that events set or read, and that are not the same throughout, in the order of
  /// EventTables::values; a row has them behind its constants.
  std::vector<ParameterId> const& event_values() const { return event_.values; }
  /// Constants of the graph that have a register of each trajectory, in the order of
  /// Schedule::values; row 0 holds those without cells and sets.
  std::vector<u32> const& varying_constants() const { return varying_; }

 private:
  friend class TableBuilder;
  core::Program program_{};
  core::Dependencies dependencies_{};
  u32 register_count_ = 0;
  std::vector<core::Op> ops_;
  std::vector<core::Term> terms_;
  std::vector<core::Guard> guards_;
  std::vector<u32> change_begin_;
  std::vector<core::Change> changes_;
  std::vector<core::i64> initial_;
  std::vector<core::u64> multipliers_;
  std::vector<double> stop_times_;
  std::vector<float> interval_high_, interval_low_;
  std::vector<u8> actions_;
  std::vector<float> schedule_values_;
  std::vector<u32> varying_;
  std::vector<u32> add_begin_, add_species_;
  std::vector<core::i64> add_count_;
  std::vector<u32> op_begin_, dependent_ops_, term_begin_, dependent_terms_, node_begin_,
      dependent_nodes_;
  std::vector<u8> touches_all_;
  std::vector<ReactionAnalysis> analysis_;
  std::vector<core::ConditionStep> condition_steps_;
  std::vector<core::ConditionPart> condition_parts_;
  EventProgram event_;
  std::vector<core::EventConstant> event_constants_;
};

}  // namespace cristae
