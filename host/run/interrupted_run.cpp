// host/run/interrupted_run.cpp - requests to bytes and back.
#include "host/run/interrupted_run.hpp"

#include <fmt/format.h>

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
void transfer(Bytes& bytes, ExperimentRequest& request) {
  u64 signals = request.signals.size();
  bytes(request.condition, request.set, request.t_end, request.sample_every, request.samples,
        request.burn_in, request.vary, request.correlate, request.replicates, request.cell_seed,
        request.sisters, request.fork_at, request.stop_when, request.twin, signals);
  if constexpr (Bytes::reads) {
    bytes.require(signals < u64{1} << 32);
    request.signals.clear();
    for (u64 i = 0; i < signals; ++i) transfer(bytes, request.signals.emplace_back());
  } else {
    for (auto& signal : request.signals) transfer(bytes, signal);
  }
}

template <class Bytes>
void transfer(Bytes& bytes, RunRequest& request) {
  transfer(bytes, request.experiment);
  bytes(request.network, request.trajectories, request.first, request.shard, request.part_of,
        request.seed, request.engine, request.threads, request.isa, request.code,
        request.max_events, request.select, request.start_from, request.until,
        request.histogram_times, request.certify, request.keep, request.first_passages, request.raw,
        request.covariance, request.correlation, request.checkpoint_every, request.replaces);
}

/// Whether the result file that is there is what the run left of itself, or began with.
bool is_to_be_replaced(std::string const& path, RunRequest const& request) {
  try {
    ResultFile const file(path, ResultFile::Load::head);
    return file.report().interrupted || file.summary().contract_hash == request.replaces;
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
  std::string version = CRISTAE_VERSION, network = text;
  u64 print = fingerprint(experiment);
  ByteWriter bytes;
  bytes(version, network, print);
  transfer(bytes, request);
  return bytes.take();
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
  InterruptedRun run;
  auto const folder = parts_folder(result);
  run.checkpoint = read_checkpoint(folder, run.remarks);
  auto const name = fmt::format("the checkpoint in '{}'", folder);
  ByteReader bytes(run.checkpoint.run, name);
  std::string version, network;
  bytes(version);
  if (version != CRISTAE_VERSION)
    throw Error(ExitCode::usage, fmt::format("{} was written by version {}", name, version),
                "another version may have other bits, and two halves would make no whole",
                fmt::format("Use version {}, or run again with --overwrite", version));
  bytes(network, run.fingerprint);
  transfer(bytes, run.request);
  bytes.require(bytes.is_at_end());
  run.network = read_network_text(network, result, SignalFiles::left_out);
  run.request.result_file = result;
  return run;
}

RunRequest request_to_resume(InterruptedRun const& left, ResumeRequest const& given) {
  auto request = left.request;
  if (given.engine) request.engine = *given.engine;
  if ((request.engine == "reference") != (left.request.engine == "reference"))
    throw Error(ExitCode::usage,
                fmt::format("'{}' cannot go on with the engine '{}'", given.result, request.engine),
                fmt::format("it began with '{}', and reference has other random numbers",
                            left.request.engine),
                "Leave --engine out");
  if (given.isa) request.isa = *given.isa;
  if (given.threads) request.threads = *given.threads;
  if (given.code) request.code = *given.code;
  if (given.checkpoint_every) request.checkpoint_every = *given.checkpoint_every;
  request.overwrite = is_to_be_replaced(given.result, request) ? Overwrite::allow : given.overwrite;
  return request;
}

}  // namespace cristae
