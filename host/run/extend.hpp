// host/run/extend.hpp - a result with further trajectories, or with a longer time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/engine.hpp"
#include "host/io/output_file.hpp"
#include "host/io/result_file.hpp"
#include "host/io/run_report.hpp"
#include "host/run/run.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

struct ExtendRequest {
  std::string result;
  /// That it shall have in all; empty: as many as its run was asked for.
  std::optional<u64> trajectories;
  std::string output;  ///< empty: in place of the result
  Overwrite overwrite = Overwrite::refuse;
  std::string engine = "auto";
  u32 threads = 0;
  std::string isa;
  Code code = Code::automatic;
  std::optional<double> certify;  ///< share of the new trajectories; empty: what hardly costs time
  double checkpoint_every = 300;  ///< seconds, as RunRequest has it
};

/// Simulates the trajectories that a result does not have, and writes the result that one run of all
/// would have written, but for what tells how it went. The steps are called once each, in the order of
/// their declaration.
class Extension {
 public:
  /// Throws Error: input_output where the result cannot be read; usage where it has no exact sums, is
  /// a part that lacks others, or has so many trajectories already; verification where another version
  /// wrote it; and as RecordedExperiment does.
  explicit Extension(ExtendRequest request);
  ~Extension();
  Extension(Extension const&) = delete;
  Extension& operator=(Extension const&) = delete;

  u64 trajectories() const;  ///< that are to be run
  /// Takes memory, prepares the place of the output, and tries the engine. A failing disk will set
  /// control.stop. Throws Error: usage, input_output, device.
  void open(RunControl& control);
  /// Until all is done or control.stop is set.
  void simulate(RunControl& control);
  /// Replays a share of the new trajectories; `verify` is the command for messages. Clears control.stop
  /// first.
  void certify(RunControl& control, std::string const& verify);
  /// Whether there is a checkpoint of what was stopped, from which `resume` goes on.
  bool can_go_on() const;
  RunReport& report();
  EnsembleSummary const& summary() const;
  std::vector<Diagnostic> const& remarks() const;  ///< of engines, and why the certificate failed
  std::string const& output() const;
  /// Throws Error(input_output).
  void write();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// A result's run as it could be asked for again, and the network that it was of.
struct RequestAgain {
  Network network;
  RunRequest request;
};
/// For a run to `t_end`, in the place of the result or to `output`. Throws Error: input_output where
/// the result cannot be read, or where a run under its name can be gone on with; usage where it has
/// so much time already, or where its sample times do not go on evenly; model where this version
/// cannot read the network any more.
RequestAgain longer_run(ExtendRequest const& given, double t_end);

}  // namespace cristae
