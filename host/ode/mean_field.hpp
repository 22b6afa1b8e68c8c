// host/ode/mean_field.hpp - the solution of a network's reaction rate equations.
#pragma once

#include <string>
#include <vector>

#include "host/engine/engine.hpp"
#include "host/engine/experiment.hpp"

namespace cristae {

/// A step's error of x is kept below relative |x| + absolute; absolute in copies.
struct OdeTolerances {
  double relative = 1e-8;
  double absolute = 1e-6;
};

struct MeanField {
  /// [species, then counted reactions][sample time]: copy numbers, and expected firings.
  std::vector<double> samples;
  u64 steps = 0;
  u64 evaluations = 0;  ///< of all rates
  std::string solver;   ///< for people: library, method, tolerances
  bool was_stopped = false;
};

/// Whether this build has a solver.
bool has_ode_solver();
/// "CVODE 6.4.1", or why there is none.
std::string ode_solver_text();

/// From the first row of initial counts, through burn-in and scheduled changes, at each of which
/// the integration starts anew, so that they are exact, and triggered events (host/ode/ode_events.hpp),
/// before which it stops. Backward differentiation formulas of
/// variable order and step, for stiff equations: CVODE (Hindmarsh et al. 2005, ACM TOMS 31:363).
/// Throws Error: device where there is no solver; numerical, with reaction and time, for a rate that
/// is infinite, undefined or negative, for a change that takes more copies than there are, for an event
/// that cannot be carried out, and where no step is small enough; model, for triggers without crossings.
MeanField solve_rate_equations(Experiment const& experiment, std::vector<ReactionId> const& counted,
                               RunControl& control, OdeTolerances const& tolerances = {});

}  // namespace cristae
