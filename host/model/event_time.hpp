// host/model/event_time.hpp - when triggers change by time alone.
//
// Between two changes of the state a trigger depends on time through comparisons such as
// time - last >= period, whose difference is a line a + b time. Its truth changes at the time -a/b, and
// at that very number: what is compared is the time with it, so that no rounding of a line lies between.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "host/base/error.hpp"
#include "host/model/evaluate.hpp"
#include "host/model/network.hpp"

namespace cristae {

/// Whether a node's value changes with time by itself: it reads the time outside of a comparison.
bool reads_time(Network const& network, Expression const& expression, u32 node);

/// Whether a node is a comparison with a side that reads the time.
bool compares_time(Network const& network, Expression const& expression, u32 node);

/// Errors of events that no engine can carry out, each at its event: triggers in which time is not
/// compared, or not in a line; counts of reactions; what nests too deep.
std::vector<Diagnostic> event_findings(Network const& network);

/// A trigger in plain recursion, for the engine that shares no code with the core. `snap` moves a time
/// to that of a stop from which it differs by rounding only. `decide`, if given, may know the truth of
/// a comparison that it is shown, in the trigger or a rule that it reads.
class TimedTrigger {
 public:
  using Snap = std::function<double(double)>;
  using Decide = std::function<std::optional<bool>(Expression const&, u32)>;
  TimedTrigger(Network const& network, Expression const& trigger, Snap snap, Decide decide = {})
      : network_(network), trigger_(trigger), snap_(std::move(snap)), decide_(std::move(decide)) {}

  /// At `values.time`; `values.rules` is not looked at.
  bool holds(ExpressionValues const& values) const;
  /// The first time after `values.time` at which a comparison changes while all else stays; infinity
  /// where there is none.
  double next_switch(ExpressionValues const& values) const;

 private:
  struct Line {
    double a = 0, b = 0;
  };
  double value(Expression const& e, u32 node, ExpressionValues const& values) const;
  Line line(Expression const& e, u32 node, ExpressionValues const& values) const;
  Line difference(Expression const& e, u32 node, ExpressionValues const& values) const;
  bool compares(Line line, NodeKind kind, double time) const;
  void switches(Expression const& e, u32 node, ExpressionValues const& values, double& next) const;

  Network const& network_;
  Expression const& trigger_;
  Snap snap_;
  Decide decide_;
};

}  // namespace cristae
