// host/ode/rate_equations.hpp - the reaction rate equations of a network: dx/dt = sum of state
// change times rate, with copy numbers as real numbers. Kurtz 1972, J. Chem. Phys. 57:2976.
#pragma once

#include <span>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/experiment.hpp"
#include "host/model/network.hpp"

namespace cristae {

/// Right-hand sides, in double, from the text of the laws (host/model/evaluate).
///
/// Mass action takes its macroscopic form: k x^n / n! where trajectories have the number of distinct
/// combinations, k x (x - 1) ... / n!. Other laws are evaluated as they are. One that does not vanish
/// with a reactant by itself is taken down to 0 over the last `last_copies` of it, because a rate
/// that jumps to 0 would leave an implicit method without a slope to go by. Laws see no count below
/// 0, which is what an integrator's error may leave.
inline constexpr double last_copies = 1e-3;

class RateEquations {
 public:
  /// The experiment must outlive this. After the species come the firings of `counted`.
  RateEquations(Experiment const& experiment, std::vector<ReactionId> const& counted);

  usize size() const { return species_ + counted_.size(); }
  usize species() const { return species_; }
  /// The laws take these parameters from now on, which must outlive that.
  void enter(std::span<double const> parameters) { parameters_ = parameters; }

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
  std::vector<double> x_, rules_, rates_;
  std::vector<std::vector<u32>>
      fading_;  ///< by reaction: reactants with which it must be made to vanish
  i32 bad_reaction_ = -1;
};

/// By reaction: the reactants without which its law, evaluated at the start, is not 0.
std::vector<std::vector<u32>> fading_reactants(Experiment const& experiment);

/// A note on laws that jump where species cross a bound: comparisons, floor, ceil, and rates that do
/// not vanish with their reactants.
std::vector<Diagnostic> discontinuity_notes(Experiment const& experiment);

}  // namespace cristae
