// host/engine/experiment.hpp - one network under one condition: what a run simulates, resolved.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/model/network.hpp"

namespace cristae {

/// Parameter values in force from `start` on, and copies added at that moment.
struct Segment {
  double start = 0;                ///< below 0 for the first one where there is a burn-in
  std::vector<double> parameters;  ///< all of the network's, by index
  std::vector<std::pair<SpeciesId, i64>> add;  ///< at `start`, before sampling
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

  usize initial_rows() const;
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
  std::vector<NamedSignal> signals;  ///< in the place of the network's own, for the same parameter
  /// Species of which the network is to have a twin; not looked at by resolve(), whose network must
  /// have them already (host/run/asked.hpp).
  std::vector<std::string> twin;
};

/// Resolves a request. A parameter that the user sets stays set: scheduled changes and signals of
/// the same parameter are then an error, because one of the two would be lost.
/// Throws Error(usage) for unknown condition or parameter names (with the nearest name) and for
/// times that make no grid.
Experiment resolve(Network const& network, ExperimentRequest const& request);

/// Replaces the initial copy numbers by states [row][species of the earlier ensemble], which are
/// matched by id. Throws Error(usage) with every species of the network that is not among them, and
/// if there is no row. Initial counts that the condition sets are replaced, too.
void start_from(Experiment& experiment, std::vector<std::string> const& species,
                std::vector<i64> const& states);

}  // namespace cristae
