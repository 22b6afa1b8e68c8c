// host/engine/law_accuracy.hpp - how much of each rate law float32 loses, measured against double.
#pragma once

#include <vector>

#include "host/engine/engine.hpp"
#include "host/engine/tables.hpp"

namespace cristae {

/// The largest relative error found for one reaction's propensity, and where; and what the analysis
/// of its law could not prove.
struct LawAccuracy {
  ReactionAnalysis analysis;
  double error = 0;
  std::vector<i64> state;  ///< copy numbers; empty where the error is tolerable
  double exact = 0;        ///< the propensity there
};

/// Above this a law is reported: waiting times and shares of reactions would be off by as much.
inline constexpr double tolerable_law_error = 1e-4;

/// Compares each law, as the engines evaluate it, with the textbook evaluation in double, at states
/// around the initial one (from nothing to 64 times as many copies), for all parameter values of the
/// schedule. Deterministic. Throws Error(model) as the engines' tables do.
std::vector<LawAccuracy> law_accuracy(RunPlan const& plan);

/// A warning for each reaction that loses more than the tolerable error.
std::vector<Diagnostic> law_accuracy_warnings(RunPlan const& plan);

}  // namespace cristae
