// host/run/asked.hpp - what a request asks of a network before it can be resolved against it.
#pragma once

#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/experiment.hpp"
#include "host/model/network.hpp"

namespace cristae {

/// A network with the twins that were asked for, and the request with the rows of its signals.
struct Asked {
  Network network;
  ExperimentRequest request;
  std::vector<Diagnostic> remarks;
};

/// The request with the cells of this seed, where it names no other.
ExperimentRequest with_cell_seed(ExperimentRequest request, u64 seed);

/// Reads tables of factors, and the files of signals that have no rows yet, and checks those that
/// have. Throws Error: usage as with_twins and read_factor_tables do, and for rows that make no
/// signal; model and input_output as read_signal_file.
Asked ask(Network network, ExperimentRequest request);

/// ask(), then resolve(): the experiment points to `network`, so this does not move.
struct AskedExperiment {
  AskedExperiment(Network read, ExperimentRequest const& request);
  AskedExperiment(AskedExperiment const&) = delete;
  AskedExperiment& operator=(AskedExperiment const&) = delete;

  Asked asked;
  Experiment experiment;
};

}  // namespace cristae
