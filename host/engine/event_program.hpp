// host/engine/event_program.hpp - an experiment's events as code for the core (host/core/event_tables.hpp).
#pragma once

#include <vector>

#include "host/core/event_tables.hpp"
#include "host/engine/experiment.hpp"
#include "host/model/law_graph.hpp"

namespace cristae {

/// Parameters that an event of the network sets, by index.
std::vector<bool> parameters_of_events(Network const& network);

/// Executions of events that can wait in a trajectory at a time.
u32 most_pending(Network const& network);

/// Without registers, which are the tables' to give.
struct EventProgram {
  /// Of a constant of the graph.
  struct Constant {
    core::EventCode value;
    u32 constant;
  };
  std::vector<core::EventOp> ops;
  std::vector<core::ConditionPart> parts;
  std::vector<core::EventForm> forms;
  std::vector<core::EventThreshold> thresholds;
  std::vector<core::TimeSwitch> switches;
  std::vector<core::TriggeredEvent> events;
  std::vector<core::EventSet> sets;
  std::vector<Constant> constants;
  std::vector<core::EventCode> positives;
  std::vector<ParameterId> values;  ///< what EventTables::values are
  std::vector<u8> loads;            ///< [segment][value]
  /// By species: whether a trigger reads it in any way but through thresholds.
  std::vector<bool> touching;
  u32 most_sets = 0;  ///< assignments of one event

  bool touches() const;
  /// Largest sum of a form's factors without their signs.
  i64 largest_factors() const;
};

/// Throws Error(model) where an expression nests too deep.
EventProgram event_program(LawGraph const& graph, Experiment const& experiment);

}  // namespace cristae
