// host/engine/experiment.hpp - one network under one condition: what a run simulates, resolved.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/model/network.hpp"

namespace cristae {

/// Parameter values in force from `start` on, and copies added at that moment.
struct Segment {
  double start = 0;
  std::vector<double> parameters;              ///< all of the network's, by index
  std::vector<std::pair<SpeciesId, i64>> add;  ///< at `start`, before sampling
};

/// A network, condition, changed parameters and sampling grid, checked and resolved to values.
struct Experiment {
  Network const* network = nullptr;
  std::string condition;             ///< empty: the network as it stands
  std::vector<i64> initial;          ///< by species, before the changes of segment 0
  std::vector<Segment> segments;     ///< the first starts at 0; increasing start
  std::vector<double> sample_times;  ///< strictly increasing from 0
  double t_end = 0;
};

/// What the user asked for, before it is checked against the network.
struct ExperimentRequest {
  std::string condition;
  std::vector<std::pair<std::string, double>> set;  ///< applied after the condition, for all times
  double t_end = -1;                                ///< < 0: the network's default
  double sample_every = -1;                         ///< < 0: the network's default
  i64 samples = -1;  ///< >= 1: that many equal intervals instead of sample_every
};

/// Resolves a request. A parameter that the user sets stays set: scheduled changes of the same
/// parameter are then an error, because one of the two would be lost.
/// Throws Error(usage) for unknown condition or parameter names (with the nearest name) and for
/// times that make no grid.
Experiment resolve(Network const& network, ExperimentRequest const& request);

}  // namespace cristae
