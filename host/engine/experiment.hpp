// host/engine/experiment.hpp - one network under one condition: what a run simulates, resolved.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/model/network.hpp"
#include "host/model/state_condition.hpp"

namespace cristae {

/// Parameter values in force from `start` on, and copies added at that moment.
struct Segment {
  double start = 0;                ///< below 0 for the first one where there is a burn-in
  std::vector<double> parameters;  ///< all of the network's, by index
  std::vector<std::pair<SpeciesId, i64>> add;  ///< at `start`, before sampling
  bool parts_sisters = false;                  ///< at `start`
  std::vector<ParameterId> set{};              ///< which of them a scheduled change set at `start`
};

/// One factor of each cell, and what it scales.
struct VariedQuantity {
  std::string name;
  Distribution factor;
  std::vector<ParameterId> parameters;  ///< at all times, kept within their bounds
  std::vector<SpeciesId> species;       ///< initial counts
};

/// How cells differ: cell c has `replicates` trajectories, ids c * replicates and so on.
struct CellVariation {
  std::vector<VariedQuantity> quantities;
  /// [quantity][quantity]: correlations of the normal scores of the factors; empty: independent.
  std::vector<double> correlation;
  std::vector<double> mixing;  ///< its lower triangular factor: such scores from independent ones
  u64 replicates = 1;
  u64 seed = 0;  ///< of the draws: that of the run, or of another one whose cells these are

  bool scales(ParameterId parameter) const;
};

/// Parameter values of the sets of a sweep, in force at all times.
struct ParameterSets {
  std::vector<ParameterId> parameters;
  std::vector<std::vector<double>> values;  ///< [set][parameter]
};

/// A network, condition, changed parameters and sampling grid, checked and resolved to values.
struct Experiment {
  Network const* network = nullptr;
  std::string condition;  ///< empty: the network as it stands
  /// [row][species], before the changes of segment 0; trajectory i starts from row i modulo the
  /// number of rows: one, or the states of an earlier ensemble.
  std::vector<i64> initial;
  std::vector<Segment> segments;     ///< the first starts at -burn_in; increasing start
  std::vector<double> sample_times;  ///< strictly increasing from 0
  std::vector<Signal> signals;       ///< that the segments follow
  double t_end = 0;
  double burn_in = 0;  ///< simulated before time 0 under the values in force at time 0, not sampled
  CellVariation cells;
  ParameterSets sets;
  bool starts_from_states = false;  ///< `initial` holds states of an earlier ensemble
  /// Consecutive trajectories that are one until `fork_at`, where each goes its own way.
  u32 sisters = 1;
  double fork_at = 0;
  std::vector<Diagnostic> remarks;  ///< what a user may not expect
  /// Ends a trajectory as soon as it holds, from time 0 on; empty: none.
  StateCondition stop_when;

  /// Whether trajectories differ in more than their random numbers.
  bool has_rows() const { return !cells.quantities.empty() || !sets.values.empty(); }
  usize initial_rows() const;
  /// So many consecutive trajectories are of one cell or family, and not independent.
  u64 alike() const { return cells.quantities.empty() ? sisters : cells.replicates; }
};

/// A signal whose parameter is still a name.
struct NamedSignal {
  std::string parameter;
  std::string file;  ///< where the rows are, or were; "" where they come from elsewhere
  std::vector<double> times, values;
};

/// What the user asked for, before it is checked against the network.
struct ExperimentRequest {
  std::string condition;
  std::vector<std::pair<std::string, double>> set;  ///< applied after the condition, for all times
  double t_end = -1;                                ///< < 0: the network's default
  double sample_every = -1;                         ///< < 0: the network's default
  i64 samples = -1;  ///< >= 1: that many equal intervals instead of sample_every
  double burn_in = 0;
  /// `all`: the network's; NAME: one of them; NAME=DISTRIBUTION, where NAME may be A+B+C: of
  /// parameters and species, in the place of the network's of that name.
  std::vector<std::string> vary;
  std::vector<std::string> correlate;  ///< NAME,NAME=R
  u64 replicates = 1;
  std::optional<u64> cell_seed;           ///< CellVariation::seed; needed where anything varies
  u64 sisters = 1;                        ///< of each family
  double fork_at = -1;                    ///< when they part; < 0: not given
  std::vector<std::string> swept;         ///< parameters of `sets`
  std::vector<std::vector<double>> sets;  ///< [set][swept parameter]
  std::string stop_when;                  ///< condition on copy numbers; empty: none
  std::vector<NamedSignal> signals;  ///< in the place of the network's own, for the same parameter
  /// Species of which the network is to have a twin; not looked at by resolve(), whose network must
  /// have them already (host/run/asked.hpp).
  std::vector<std::string> twin;
};

/// Resolves a request. A parameter that the user sets stays set: scheduled changes and signals of
/// the same parameter are then an error, because one of the two would be lost.
/// Throws Error(usage) for unknown condition or parameter names (with the nearest name), for times
/// that make no grid, and for a condition to stop that cannot be decided exactly.
Experiment resolve(Network const& network, ExperimentRequest const& request);

/// A condition on the copy numbers of an experiment. Throws Error(usage) as parse_condition(), and
/// where it reads a parameter that the schedule changes.
StateCondition condition_for(Experiment const& experiment, std::string const& text);

/// Replaces the initial copy numbers by states [row][species of the earlier ensemble], which are
/// matched by id. Throws Error(usage) with every species of the network that is not among them, and
/// if there is no row. Initial counts that the condition sets are replaced, too.
void start_from(Experiment& experiment, std::vector<std::string> const& species,
                std::vector<i64> const& states);

}  // namespace cristae
