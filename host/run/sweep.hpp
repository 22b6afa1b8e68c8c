// host/run/sweep.hpp - one ensemble over many parameter sets and conditions.
//
// All sets of a condition run together, numbered through, so that lanes and cards stay busy however
// few trajectories a set has, and a set that takes long holds up none. Trajectory i of every set has
// the random numbers of trajectory i of a plain run: each set's hashes are those of a run with --set.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/run/run.hpp"

namespace cristae {

struct SweepRequest {
  /// `trajectories` of each set; `until`, `raw`, `covariance` and `certify` have no meaning here.
  RunRequest run;
  std::vector<std::string> conditions;  ///< empty: that of `run`
  std::vector<std::string> over;        ///< parameter_sets()
  std::string design;
  std::string sets_file;  ///< CSV, a column for each parameter, in the place of `over`
  /// The sets themselves, in the place of both.
  std::vector<std::string> set_names;
  std::vector<std::vector<double>> set_values;  ///< [set][name]
};

/// One parameter set under one condition.
struct SweptSet {
  std::string condition;
  std::vector<double> values;  ///< of Sweep::parameters()
  EnsembleSummary summary;     ///< of no trajectories where the sweep was stopped before
};

class Sweep {
 public:
  /// Throws Error(usage) with every finding. The network must outlive this.
  Sweep(Network const& network, SweepRequest request);
  ~Sweep();
  Sweep(Sweep const&) = delete;
  Sweep& operator=(Sweep const&) = delete;

  std::vector<std::string> const& parameters() const;
  std::vector<Diagnostic> const& remarks() const;
  u64 trajectories() const;  ///< of all sets

  /// Before open(): goes on with a sweep that was interrupted. Throws Error(input_output) where what
  /// it starts from is another one by now.
  void go_on_from(Checkpoint checkpoint, u64 fingerprint);
  /// Tries engine and memory. Returns warnings about laws. Throws Error: usage, input_output, device.
  std::vector<Diagnostic> open(RunControl& control);
  /// Runs until all is done, or control.stop is set: then sets that are not complete are dropped from
  /// the result, but not from the checkpoint.
  void simulate(RunControl& control);
  /// Whether there is a checkpoint of what was stopped.
  bool can_go_on() const;

  /// Conditions one after the other, sets in the order of the request.
  std::vector<SweptSet> const& sets() const;
  RunReport& report();  ///< of all
  std::vector<Diagnostic> const& engine_remarks() const;
  /// Sets of which some trajectories failed, with the first of each.
  std::vector<Diagnostic> findings() const;

  /// Throws Error(input_output). Does nothing without a result file.
  void write_result_file();
  /// With `in_memory`: fills in the dataset, which must be empty.
  void fill(Dataset& dataset);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cristae
