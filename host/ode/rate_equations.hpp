// host/ode/rate_equations.hpp - the reaction rate equations of a network: dx/dt = sum of state
// change times rate, with copy numbers as real numbers. Kurtz 1972, J. Chem. Phys. 57:2976.
#pragma once

#include <span>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/experiment.hpp"
#include "host/model/evaluate.hpp"
#include "host/model/network.hpp"
#include "host/ode/switches.hpp"

namespace cristae {

/// A count that should be c may be off by less than this times c, along a bound.
inline constexpr double most_off = 1e-5;

/// Right-hand sides, in double, from the text of the laws (host/model/evaluate).
///
/// Mass action takes its macroscopic form: k x^n / n! where trajectories have the number of distinct
/// combinations, k x (x - 1) ... / n!. Other laws are evaluated as they are, and are 0 where there is
/// nothing of a reactant. Laws see no count below 0, which is what an integrator's error may leave.
///
/// Where laws jump (host/ode/switches.hpp), the rates are those of one side of the bound until
/// settle() decides anew, also beyond it: so they are smooth within any step. Where the rates of both
/// sides lead back to the bound the solution moves along it, with rates between the two (Filippov
/// 1988, Differential Equations with Discontinuous Righthand Sides, section 4).
class RateEquations {
 public:
  /// The experiment must outlive this. After the species come the firings of `counted`.
  RateEquations(Experiment const& experiment, std::vector<ReactionId> const& counted);

  usize size() const { return species_ + counted_.size(); }
  usize species() const { return species_; }
  /// The laws take these parameters from now on, which must outlive that.
  void enter(std::span<double const> parameters) { parameters_ = parameters; }

  /// The bounds at which laws jump.
  usize bounds() const { return sides_.size(); }
  /// Each falls through 0 where the side of a bound is left.
  void distances(std::span<double const> state, std::span<double> out);
  /// Whether one of those met is that of a comparison: floor and ceil meet one at each whole number.
  bool any_comparison(std::span<int const> met) const;
  enum class Since { change, crossing };
  /// Decides all sides where the state or parameters were changed, or those whose distance has come to
  /// 0. Counts at 0 are moved to where rounding cannot take them below.
  void settle(std::span<double> state, Since since);

  /// False where a rate is infinite or not a number; bad_reaction() tells which.
  bool derivative(std::span<double const> state, std::span<double> change);
  /// The rates at a state; by reaction.
  std::vector<double> const& rates(std::span<double const> state);
  i32 bad_reaction() const { return bad_reaction_; }
  /// The law of a reaction at the state of the last call, at whatever sides that is.
  double law_as_written(u32 reaction) const;

 private:
  Network const& network_;
  std::vector<ReactionId> counted_;
  usize species_;
  std::span<double const> parameters_;
  /// Of a bound: of a comparison at difference 0, of floor and ceil at a whole number.
  struct Side {
    enum class Where : u8 { below, above, at, along, undefined } where = Where::below;
    double bound = 0;
    double beyond = 0;  ///< so far behind the bound it was, when this was decided
    double most = 0;    ///< of what was compared with 0
    /// Along it: the part of the rates above at `middle`, which goes from 0 to 1 in `width`.
    double share = 0, middle = 0, width = 0;
    double share_now = 0;
  };
  struct Reading {
    double value, scale;
  };

  /// By reaction: reactants with which it is made to vanish.
  std::vector<std::vector<u32>> needed_;
  SwitchedLaws laws_;
  std::vector<Side> sides_;
  std::vector<double> values_;  ///< of parameters, and what stands for switches
  std::vector<double> x_, rules_, rates_;
  i32 bad_reaction_ = -1;

  ExpressionValues read(std::span<double const> x);
  Reading reading(u32 bound, ExpressionValues const& values) const;
  double share_above(u32 bound, double value) const;
  double distance(u32 bound, Reading const& now) const;
  void show(u32 bound, Side::Where where, double share = 0);
  Side::Where led(u32 bound, std::span<double const> x);
  double slope(u32 bound, std::span<double const> x);
  double law(u32 reaction, ExpressionValues const& values);
};

/// A note on laws that jump where species cross a bound: comparisons, floor, ceil, and rates that do
/// not vanish with their reactants.
std::vector<Diagnostic> discontinuity_notes(Experiment const& experiment);

}  // namespace cristae
