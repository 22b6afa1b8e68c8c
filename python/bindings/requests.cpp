// python/bindings/requests.cpp - every key once.
#include "python/bindings/requests.hpp"

#include <functional>
#include <map>
#include <utility>

namespace cristae::python {
namespace {

using Fields = std::map<std::string, std::function<void(nb::handle)>>;

template <class T>
std::function<void(nb::handle)> into(T& field) {
  return [&field](nb::handle value) { field = nb::cast<T>(value); };
}

Fields experiment_fields(ExperimentRequest& request) {
  return {{"condition", into(request.condition)},
          {"set", into(request.set)},
          {"t_end", into(request.t_end)},
          {"sample_every", into(request.sample_every)},
          {"samples", into(request.samples)},
          {"burn_in", into(request.burn_in)},
          {"vary", into(request.vary)},
          {"correlate", into(request.correlate)},
          {"replicates", into(request.replicates)},
          {"cell_seed", into(request.cell_seed)},
          {"sisters", into(request.sisters)},
          {"fork_at", into(request.fork_at)},
          {"stop_when", into(request.stop_when)},
          {"twin", into(request.twin)},
          {"signals", [&request](nb::handle value) {
             request.signals = named_signals(nb::cast<SignalFields>(value));
           }}};
}

Code code_named(std::string const& name) {
  return name == "table" ? Code::table : name == "generated" ? Code::generated : Code::automatic;
}

Overwrite overwrite_of(nb::handle value) {
  return nb::cast<bool>(value) ? Overwrite::allow : Overwrite::refuse;
}

void fill(Fields const& fields, nb::dict const& values) {
  for (auto const& [key, value] : values) {
    auto const name = nb::cast<std::string>(key);
    auto const field = fields.find(name);
    if (field == fields.end()) throw nb::key_error(name.c_str());
    field->second(value);
  }
}

}  // namespace

std::vector<NamedSignal> named_signals(SignalFields const& fields) {
  std::vector<NamedSignal> signals;
  for (auto const& [parameter, file, times, values] : fields)
    signals.push_back({parameter, file, times, values});
  return signals;
}

ExperimentRequest experiment_request(nb::dict const& values) {
  ExperimentRequest request;
  fill(experiment_fields(request), values);
  return request;
}

namespace {

Fields run_fields(RunRequest& request) {
  auto fields = experiment_fields(request.experiment);
  fields.merge(Fields{
      {"trajectories", into(request.trajectories)},
      {"first", into(request.first)},
      {"seed", into(request.seed)},
      {"engine", into(request.engine)},
      {"threads", into(request.threads)},
      {"isa", into(request.isa)},
      {"code",
       [&request](nb::handle value) { request.code = code_named(nb::cast<std::string>(value)); }},
      {"max_events", into(request.max_events)},
      {"select", into(request.select)},
      {"start_from", into(request.start_from)},
      {"until", into(request.until)},
      {"histogram_times", into(request.histogram_times)},
      {"certify", into(request.certify)},
      {"keep", into(request.keep)},
      {"first_passage", into(request.first_passages)},
      {"raw", into(request.raw)},
      {"covariance", into(request.covariance)},
      {"correlation", into(request.correlation)},
      {"result_file", into(request.result_file)},
      {"in_memory", into(request.in_memory)},
      {"checkpoint_every", into(request.checkpoint_every)},
      {"overwrite", [&request](nb::handle value) { request.overwrite = overwrite_of(value); }},
  });
  return fields;
}

}  // namespace

RunRequest run_request(nb::dict const& values) {
  RunRequest request;
  fill(run_fields(request), values);
  return request;
}

namespace {

/// Of whatever runs trajectories of a run that was before.
template <class Request>
Fields again_fields(Request& request) {
  return {
      {"result", into(request.result)},
      {"engine", into(request.engine)},
      {"threads", into(request.threads)},
      {"isa", into(request.isa)},
      {"checkpoint_every", into(request.checkpoint_every)},
      {"code",
       [&request](nb::handle value) { request.code = code_named(nb::cast<std::string>(value)); }},
      {"overwrite", [&request](nb::handle value) { request.overwrite = overwrite_of(value); }}};
}

}  // namespace

ResumeRequest resume_request(nb::dict const& values) {
  ResumeRequest request;
  fill(again_fields(request), values);
  return request;
}

ExtendRequest extend_request(nb::dict const& values) {
  ExtendRequest request;
  auto fields = again_fields(request);
  fields.merge(Fields{{"trajectories", into(request.trajectories)},
                      {"certify", into(request.certify)},
                      {"output", into(request.output)}});
  fill(fields, values);
  return request;
}

MergeRequest merge_request(nb::dict const& values) {
  MergeRequest request;
  fill({{"results", into(request.results)},
        {"output", into(request.output)},
        {"overwrite", [&](nb::handle value) { request.overwrite = overwrite_of(value); }},
        {"partial",
         [&](nb::handle value) {
           request.gaps = nb::cast<bool>(value) ? Gaps::leave_out : Gaps::refuse;
         }}},
       values);
  return request;
}

SweepRequest sweep_request(nb::dict const& values) {
  SweepRequest request;
  auto fields = run_fields(request.run);
  fields.merge(Fields{{"conditions", into(request.conditions)},
                      {"over", into(request.over)},
                      {"design", into(request.design)},
                      {"sets_file", into(request.sets_file)},
                      {"set_names", into(request.set_names)},
                      {"set_values", into(request.set_values)}});
  fill(fields, values);
  return request;
}

}  // namespace cristae::python
