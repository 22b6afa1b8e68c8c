// host/run/interrupted_run.hpp - what a checkpoint holds of a run's request, and the run made again of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/io/checkpoint.hpp"
#include "host/run/run.hpp"
#include "host/run/sweep.hpp"

namespace cristae {

/// What was asked for, as bytes that need no other file but the result that the run starts from.
/// `request` is as resolved (host/run/asked.hpp); `text` the network's before twins.
std::string bytes_of_run(std::string const& text, RunRequest const& request,
                         Experiment const& experiment);

/// The same of a sweep, with its sets and the signals of its conditions; `experiments` are those of the
/// conditions.
std::string bytes_of_sweep(std::string const& text, SweepRequest const& request,
                           std::vector<Experiment> const& experiments);

/// Of everything that a trajectory follows from but its number: initial states, parameters, times.
u64 fingerprint(Experiment const& experiment);
/// Of all conditions of a sweep.
u64 fingerprint(std::vector<Experiment> const& experiments);

/// A run that was interrupted or killed.
struct InterruptedRun {
  Network network;
  RunRequest request;
  std::optional<SweepRequest> sweep;  ///< whose `run` is the request
  u64 fingerprint = 0;                ///< of its experiment, or experiments
  Checkpoint checkpoint;
  std::vector<Diagnostic> remarks;  ///< on checkpoints that are damaged
};

/// What bytes_of_run() or bytes_of_sweep() told, for a result file of this name; without a checkpoint.
/// `name` says in messages where they come from. Throws as the next one does.
InterruptedRun read_run(std::string const& bytes, std::string const& name,
                        std::string const& result);
/// Whether bytes_of_run() told the same of both, but for what they run on. Throws likewise.
bool is_same_run(std::string const& a, std::string const& b, std::string const& name);

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

/// With what is given of what it runs on. Throws Error(usage) where it cannot go on with that engine.
RunRequest request_on(RunRequest request, ResumeRequest const& given);

/// To go on with `left`. What it has left under that name, or began with, is to be replaced, whatever
/// `given.overwrite` says. Throws as request_on().
RunRequest request_to_resume(InterruptedRun const& left, ResumeRequest const& given);

}  // namespace cristae
