// host/run/interrupted_run.hpp - what a checkpoint holds of a run's request, and the run made again of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/io/checkpoint.hpp"
#include "host/run/run.hpp"

namespace cristae {

/// What was asked for, as bytes that need no other file but the result that the run starts from.
/// `request` is as resolved (host/run/asked.hpp); `text` the network's before twins.
std::string bytes_of_run(std::string const& text, RunRequest const& request,
                         Experiment const& experiment);

/// Of everything that a trajectory follows from but its number: initial states, parameters, times.
u64 fingerprint(Experiment const& experiment);

/// A run that was interrupted or killed.
struct InterruptedRun {
  Network network;
  RunRequest request;
  u64 fingerprint = 0;  ///< of its experiment
  Checkpoint checkpoint;
  std::vector<Diagnostic> remarks;  ///< on checkpoints that are damaged
};

/// `result` is the result file that it was to write. Throws Error(input_output) where there is no
/// checkpoint that can be used; Error(usage) where another version wrote it.
InterruptedRun read_interrupted_run(std::string const& result);

/// What was asked of a run before stays, but for what is given here.
struct ResumeRequest {
  std::string result;
  std::optional<std::string> engine, isa;
  std::optional<u32> threads;
  std::optional<Code> code;
  std::optional<double> checkpoint_every;
  Overwrite overwrite = Overwrite::refuse;  ///< of any other result that is there
};

/// To go on with `left`. What it has left under that name, or began with, is to be replaced, whatever
/// `given.overwrite` says. Throws Error(usage) where it cannot go on with that engine.
RunRequest request_to_resume(InterruptedRun const& left, ResumeRequest const& given);

}  // namespace cristae
