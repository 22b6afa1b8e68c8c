// host/run/interrupted_run.cpp - requests to bytes and back.
#include "host/run/interrupted_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/base/bytes.hpp"
#include "host/io/checksum.hpp"
#include "host/io/network_reader.hpp"
#include "host/io/output_file.hpp"
#include "host/io/result_file.hpp"

namespace cristae {
namespace {

template <class Bytes>
void transfer(Bytes& bytes, NamedSignal& signal) {
  bytes(signal.parameter, signal.file, signal.times, signal.values);
}

template <class Bytes>
void transfer(Bytes& bytes, std::vector<NamedSignal>& signals) {
  u64 count = signals.size();
  bytes(count);
  if constexpr (Bytes::reads) {
    bytes.require(count < u64{1} << 32);
    signals.clear();
    for (u64 i = 0; i < count; ++i) transfer(bytes, signals.emplace_back());
  } else {
    for (auto& signal : signals) transfer(bytes, signal);
  }
}

template <class Bytes>
void transfer(Bytes& bytes, ExperimentRequest& request) {
  bytes(request.condition, request.set, request.t_end, request.sample_every, request.samples,
        request.burn_in, request.vary, request.correlate, request.replicates, request.cell_seed,
        request.sisters, request.fork_at, request.stop_when, request.twin);
  transfer(bytes, request.signals);
}

template <class Bytes>
void transfer(Bytes& bytes, RunRequest& request) {
  transfer(bytes, request.experiment);
  bytes(request.network, request.trajectories, request.first, request.shard, request.part_of,
        request.seed, request.engine, request.threads, request.isa, request.code,
        request.max_events, request.select, request.start_from, request.until,
        request.histogram_times, request.certify, request.keep, request.first_passages, request.raw,
        request.covariance, request.correlation, request.checkpoint_every, request.replaces,
        request.shards);
}

/// What a checkpoint is of.
enum class Kind : u8 { run, sweep };

/// Signals that an experiment follows, whosever they were.
std::vector<NamedSignal> signals_of(Experiment const& experiment) {
  std::vector<NamedSignal> signals;
  for (auto const& signal : experiment.signals)
    signals.push_back({experiment.network->parameters[static_cast<u32>(signal.parameter)].id,
                       signal.file, signal.times, signal.values});
  return signals;
}

/// Rows in the place of the files, which the network was read without.
void put_signals(Network& network, std::string const& condition,
                 std::vector<NamedSignal> const& signals) {
  auto* to = &network.signals;
  for (auto& one : network.conditions)
    if (one.id == condition) to = &one.signals;
  to->clear();
  for (auto const& signal : signals)
    for (usize p = 0; p < network.parameters.size(); ++p)
      if (network.parameters[p].id == signal.parameter)
        to->push_back({static_cast<ParameterId>(p), signal.file, signal.times, signal.values});
}

/// Whether the result file that is there is what the run left of itself or began with; or its own,
/// whole, where it was killed before it had removed its parts.
bool is_to_be_replaced(std::string const& path, InterruptedRun const& left) {
  auto const& request = left.request;
  u64 sets = 1;
  if (left.sweep)
    sets = std::max<u64>(1, left.sweep->set_values.size()) * left.sweep->conditions.size();
  try {
    auto const there = origin_of(path);
    bool const is_own = there.network_text == left.network.text && there.seed == request.seed &&
                        there.first == request.first &&
                        there.requested == request.trajectories * sets;
    return is_own || there.is_interrupted || there.contract_hash == request.replaces;
  } catch (Error const&) {
    return false;
  }
}

}  // namespace

std::string bytes_of_run(std::string const& text, RunRequest const& asked,
                         Experiment const& experiment) {
  RunRequest request = asked;
  // A folder may be another one by the time the run goes on.
  if (!request.start_from.empty()) request.start_from = absolute_name(request.start_from);
  request.experiment.signals = signals_of(experiment);
  std::string version = CRISTAE_VERSION, network = text;
  u64 print = fingerprint(experiment);
  Kind kind = Kind::run;
  ByteWriter bytes;
  bytes(version, network, print, kind);
  transfer(bytes, request);
  return bytes.take();
}

std::string bytes_of_sweep(std::string const& text, SweepRequest const& asked,
                           std::vector<Experiment> const& experiments) {
  SweepRequest request = asked;
  auto& run = request.run;
  if (!run.start_from.empty()) run.start_from = absolute_name(run.start_from);
  run.experiment.signals.clear();  // each condition has them all
  std::string version = CRISTAE_VERSION, network = text;
  u64 print = fingerprint(experiments);
  Kind kind = Kind::sweep;
  ByteWriter bytes;
  bytes(version, network, print, kind);
  transfer(bytes, run);
  bytes(request.conditions, request.set_names, request.set_values);
  for (auto const& experiment : experiments) {
    auto signals = signals_of(experiment);
    transfer(bytes, signals);
  }
  return bytes.take();
}

u64 fingerprint(std::vector<Experiment> const& experiments) {
  ByteWriter bytes;
  for (auto const& experiment : experiments) {
    u64 print = fingerprint(experiment);
    bytes(print);
  }
  return checksum(bytes.take());
}

u64 fingerprint(Experiment const& experiment) {
  ByteWriter bytes;
  auto initial = experiment.initial;
  auto times = experiment.sample_times;
  auto factors = experiment.cells.correlation;
  auto condition = experiment.stop_when.text;
  double t_end = experiment.t_end, burn_in = experiment.burn_in, fork_at = experiment.fork_at;
  u64 sisters = experiment.sisters, replicates = experiment.cells.replicates,
      seed = experiment.cells.seed;
  bytes(initial, times, factors, condition, t_end, burn_in, fork_at, sisters, replicates, seed);
  for (auto const& segment : experiment.segments) {
    double start = segment.start;
    auto parameters = segment.parameters;
    bytes(start, parameters);
    for (auto const& [species, count] : segment.add) {
      u64 which = static_cast<u32>(species);
      i64 added = count;
      bytes(which, added);
    }
  }
  for (auto const& quantity : experiment.cells.quantities) {
    auto name = quantity.name, factor = quantity.factor.text();
    bytes(name, factor);
  }
  return checksum(bytes.take());
}

InterruptedRun read_interrupted_run(std::string const& result) {
  auto const folder = parts_folder(result);
  std::vector<Diagnostic> remarks;
  auto checkpoint = read_checkpoint(folder, remarks);
  auto run = read_run(checkpoint.run, fmt::format("the checkpoint in '{}'", folder), result);
  run.checkpoint = std::move(checkpoint);
  run.remarks = std::move(remarks);
  return run;
}

bool is_same_run(std::string const& a, std::string const& b, std::string const& name) {
  auto const told = [&](std::string const& bytes) {
    auto run = read_run(bytes, name, {});
    RunRequest const other;
    auto& request = run.request;
    request.network = other.network;
    request.engine = other.engine;
    request.threads = other.threads;
    request.isa = other.isa;
    request.code = other.code;
    request.certify = other.certify;
    request.checkpoint_every = other.checkpoint_every;
    request.shards = other.shards;
    ByteWriter again;
    again(run.network.text, run.fingerprint);
    transfer(again, request);
    return again.take();
  };
  return told(a) == told(b);
}

InterruptedRun read_run(std::string const& told, std::string const& name,
                        std::string const& result) {
  InterruptedRun run;
  ByteReader bytes(told, name);
  std::string version, network;
  bytes(version);
  if (version != CRISTAE_VERSION)
    throw Error(ExitCode::usage, fmt::format("{} was written by version {}", name, version),
                "another version may have other bits, and two halves would make no whole",
                fmt::format("Use version {}, or run again with --overwrite", version));
  Kind kind{};
  bytes(network, run.fingerprint, kind);
  transfer(bytes, run.request);
  run.network = read_network_text(network, result, SignalFiles::left_out);
  if (kind == Kind::sweep) {
    auto& sweep = run.sweep.emplace();
    bytes(sweep.conditions, sweep.set_names, sweep.set_values);
    run.network.signals.clear();
    for (auto const& condition : sweep.conditions) {
      std::vector<NamedSignal> signals;
      transfer(bytes, signals);
      put_signals(run.network, condition, signals);
    }
  }
  bytes.require(bytes.is_at_end());
  run.request.result_file = result;
  if (run.sweep) run.sweep->run = run.request;
  return run;
}

RunRequest request_on(RunRequest request, ResumeRequest const& given) {
  auto const began_with = request.engine;
  if (given.engine) request.engine = *given.engine;
  if ((request.engine == "reference") != (began_with == "reference"))
    throw Error(
        ExitCode::usage,
        fmt::format("'{}' cannot go on with the engine '{}'", given.result, request.engine),
        fmt::format("it began with '{}', and reference has other random numbers", began_with),
        "Leave --engine out");
  if (given.isa) request.isa = *given.isa;
  if (given.threads) request.threads = *given.threads;
  if (given.code) request.code = *given.code;
  if (given.checkpoint_every) request.checkpoint_every = *given.checkpoint_every;
  return request;
}

RunRequest request_to_resume(InterruptedRun const& left, ResumeRequest const& given) {
  auto request = request_on(left.request, given);
  request.overwrite = is_to_be_replaced(given.result, left) ? Overwrite::allow : given.overwrite;
  return request;
}

}  // namespace cristae
