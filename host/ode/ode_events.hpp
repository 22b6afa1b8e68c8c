// host/ode/ode_events.hpp - triggered events on the solution of the rate equations.
//
// They mean what they mean on trajectories, but that copy numbers are real: a trigger turns true where
// the solution crosses a bound. Comparisons that read copy numbers are decided by the side on which the
// solution is, which the solver's roots change: at a root by rounding either side could be read.
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "host/engine/waiting_events.hpp"

namespace cristae {

/// Triggers that `OdeEvents` cannot find the crossings of, each at its event: with copy numbers outside
/// of comparisons.
std::vector<Diagnostic> triggers_without_crossings(Network const& network);

class OdeEvents {
 public:
  /// The experiment must outlive this. Throws Error(model) with triggers_without_crossings().
  explicit OdeEvents(Experiment const& experiment);

  bool any() const { return !network_.events.empty(); }
  /// Comparisons whose differences have to be watched.
  usize roots() const { return roots_.size(); }
  /// The differences of their sides.
  void differences(double time, std::span<double const> x, std::span<double const> parameters,
                   std::span<double> out) const;
  /// The next time at which something is due while the state stays as it is.
  double next() const { return next_; }
  bool have_begun() const { return has_begun_; }
  /// The state or parameters have been changed from outside.
  void forget_sides() { knows_sides_ = false; }

  /// Everything that happens at `time`, the first time at time 0. `crossed` has the direction of each
  /// root that the solver found there, or is empty; `change` is dx/dt. Changes x and `parameters`; true
  /// if it did. Throws Error(numerical) with the event that cannot be carried out.
  bool happen(double time, std::span<double> x, std::vector<double>& parameters,
              std::span<int const> crossed,
              std::function<void(std::span<double const>, std::span<double>)> const& change);

 private:
  struct Root {
    Expression left, right;
    NodeKind kind;
    int side = 0;  ///< of the difference: -1, 0 or 1
  };
  struct State {
    double time;
    std::span<double> x;
    std::vector<double>& parameters;
  };

  Experiment const& experiment_;
  Network const& network_;
  std::vector<Root> roots_;
  std::map<std::pair<Expression const*, u32>, usize> root_of_;
  WaitingEvents waiting_;
  bool has_begun_ = false, knows_sides_ = false;
  double next_;
  u32 in_a_row_ = 0;  ///< executions at times between which there is no other

  void add_roots(Expression const& expression);
  std::optional<bool> decided(Expression const& expression, u32 node) const;
  bool carry_out(State const& state);
  bool execute(WaitingEvents::Waiting const& due, ExpressionValues const& values,
               State const& state);
  void take_sides(std::span<double const> before, std::span<double const> after);
  [[noreturn]] void fail(u32 event, State const& state, char const* why) const;
};

}  // namespace cristae
