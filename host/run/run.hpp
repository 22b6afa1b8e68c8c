// host/run/run.hpp - a run from request to outcome: prepare, simulate, certify, hand over.
//
// The command line and the Python package are two ways to fill in a RunRequest and to show a
// RunOutcome; what lies between is here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/experiment.hpp"
#include "host/io/dataset.hpp"
#include "host/io/output_file.hpp"
#include "host/io/run_report.hpp"
#include "host/stats/column.hpp"
#include "host/stats/ensemble.hpp"
#include "host/stats/precision.hpp"

namespace cristae {

/// What to simulate, on what, and what to keep of it.
struct RunRequest {
  std::string network;  ///< as the user named it, for messages
  ExperimentRequest experiment;
  u64 trajectories = 1000;  ///< with `until`: at most so many
  u64 first = 0;
  std::string shard;                ///< `3/10`: which part of a run this is; empty: all of it
  std::optional<WholeRun> part_of;  ///< that run
  u64 shards = 0;  ///< that processes take one by one (host/run/shared_run.hpp); 0: none
  u64 seed = 1;
  std::string engine = "auto";
  u32 threads = 0;
  std::string isa;
  Code code = Code::automatic;
  std::optional<u64> max_events;
  std::vector<std::string> select;
  std::string start_from;  ///< result file; empty: none, so is `until`
  std::string until;       ///< precision, as written
  u32 histogram_times = 513;
  std::optional<double> certify;  ///< share of the trajectories; empty: what hardly costs time
  /// Features that a result keeps of every trajectory; without a value, those it keeps by itself.
  /// Empty: neither features nor end states.
  std::optional<std::vector<std::string>> keep;
  /// Conditions whose first passage a result keeps of every trajectory, as a feature.
  std::vector<std::string> first_passages;
  bool raw = false;                      ///< every sample of every trajectory into the result file
  bool covariance = false;               ///< of all pairs of columns
  std::vector<std::string> correlation;  ///< over lags: of `A`, or of `A:B`
  std::string result_file;               ///< empty: none
  Overwrite overwrite = Overwrite::refuse;
  /// Seconds between checkpoints of a run with a result file; one more where it is interrupted. 0: none.
  double checkpoint_every = 300;
  /// Contract hash of the result that this one is made of, and which it may replace.
  std::optional<u64> replaces;
  bool in_memory = false;  ///< whether there will be a dataset; it never holds `raw`
};

/// The engine that solves the rate equations: one solution, of which `trajectories` must be 1.
inline constexpr char const* ode_engine = "ode";

/// The default of `trajectories` where `until` is given.
inline constexpr u64 trajectories_until = 1'000'000;

/// What a run was, how it went, and what has come of it.
struct RunOutcome {
  RunReport report;
  EnsembleSummary summary;
  std::vector<PrecisionTarget> targets;    ///< of `until`
  std::vector<Diagnostic> engine_remarks;  ///< which was chosen, and what it had to put up with
  bool was_stopped = false;                ///< by a signal, or because the disk failed
  bool can_go_on = false;                  ///< there is a checkpoint of it
  bool certificate_was_cut = false;        ///< by a signal; the trajectories are all there
  std::vector<Diagnostic> certificate_findings;  ///< why the certificate failed
};

struct Checkpoint;

/// One run. The steps are called once each, in the order of their declaration.
class Run {
 public:
  /// Resolves names and times. Throws Error(usage) with every finding, Error(input_output) where
  /// the result to start from, or a signal, cannot be read; Error(model) for what signals hold.
  Run(Network const& network, RunRequest request);
  ~Run();
  Run(Run const&) = delete;
  Run& operator=(Run const&) = delete;

  RunRequest const& request() const;
  Experiment const& experiment() const;
  std::vector<Column> const& columns() const;
  /// On twins, on the states to start from, and on cells.
  std::vector<Diagnostic> const& remarks() const;
  u64 start_states() const;  ///< 0: the network's

  /// What makes the request again, without files: host/run/interrupted_run.hpp.
  std::string bytes() const;
  /// Texts of the features that a result keeps.
  std::vector<std::string> features() const;

  /// Before open(): goes on with a run that was interrupted. Throws Error(input_output) where what the
  /// run starts from is another one by now.
  void go_on_from(Checkpoint checkpoint, u64 fingerprint);
  /// Takes memory, prepares the place of the result file, and tries the engine. A failing disk will
  /// set control.stop. Returns warnings about laws. Throws Error: usage, input_output, device.
  std::vector<Diagnostic> open(RunControl& control);
  /// Runs until all is done, precise enough, or control.stop is set.
  void simulate(RunControl& control);
  /// Replays the share that was asked for; `verify` is for messages: the command that verifies
  /// trajectories of this run. Clears control.stop first; setting it again ends this early.
  void certify(RunControl& control, std::string const& verify);

  RunOutcome& outcome();
  RunOutcome const& outcome() const;

  /// Throws Error(input_output). Does nothing without a result file.
  void write_result_file();
  /// With `in_memory`: fills in the dataset, which must be empty. Throws Error(usage) where memory
  /// ran out.
  void fill(Dataset& dataset);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cristae
