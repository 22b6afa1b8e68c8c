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
  enum class Since { change, crossing };
  /// Decides all sides where the state or parameters were changed, and of those whose distance has come
  /// to 0.
  void settle(std::span<double const> state, Since since);

  /// False where a rate is infinite or not a number; bad_reaction() tells which.
  bool derivative(std::span<double const> state, std::span<double> change);
  /// The rates at a state; by reaction.
  std::vector<double> const& rates(std::span<double const> state);
  i32 bad_reaction() const { return bad_reaction_; }

 private:
  Network const& network_;
  std::vector<ReactionId> counted_;
  usize species_;
  std::span<double const> parameters_;
  /// Of a bound: of a comparison at difference 0, of floor and ceil at a whole number.
  struct Side {
    enum class Where : u8 { below, above, along, undefined } where = Where::below;
    double bound = 0;
    double edge = 0;  ///< so far beyond the bound the side is left
    /// Along it: the part of the rates above in those at the bound, and in what range it goes from 0 to 1.
    double share = 0, width = 0;
  };
  struct Reading {
    double value, scale;
  };

  std::vector<std::vector<u32>>
      fading_;  ///< by reaction: reactants with which it is made to vanish
  SwitchedLaws laws_;
  std::vector<Side> sides_;
  std::vector<double> values_;  ///< of parameters, and what stands for switches
  std::vector<double> x_, rules_, rates_;
  i32 bad_reaction_ = -1;

  ExpressionValues read(std::span<double const> x);
  Reading reading(u32 bound, ExpressionValues const& values) const;
  double share_above(u32 bound, double value) const;
  double distance(u32 bound, double value) const;
  void show(u32 bound, Side::Where where, double share = 0);
  Side::Where led(u32 bound, std::span<double const> state);
  double slope(u32 bound, std::span<double const> state);
  double law(u32 reaction, ExpressionValues const& values);
};

/// By reaction: the reactants without which its law, evaluated at the start, is not 0.
std::vector<std::vector<u32>> fading_reactants(Experiment const& experiment);

/// A note on laws that jump where species cross a bound: comparisons, floor, ceil, and rates that do
/// not vanish with their reactants.
std::vector<Diagnostic> discontinuity_notes(Experiment const& experiment);

}  // namespace cristae
