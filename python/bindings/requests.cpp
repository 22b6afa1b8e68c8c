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
          {"stop_when", into(request.stop_when)}};
}

Code code_named(std::string const& name) {
  return name == "table" ? Code::table : name == "generated" ? Code::generated : Code::automatic;
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

ExperimentRequest experiment_request(nb::dict const& values) {
  ExperimentRequest request;
  fill(experiment_fields(request), values);
  return request;
}

RunRequest run_request(nb::dict const& values) {
  RunRequest request;
  auto fields = experiment_fields(request.experiment);
  fields.merge(Fields{
      {"trajectories", into(request.trajectories)},
      {"first", into(request.first)},
      {"seed", into(request.seed)},
      {"engine", into(request.engine)},
      {"threads", into(request.threads)},
      {"isa", into(request.isa)},
      {"code", [&](nb::handle value) { request.code = code_named(nb::cast<std::string>(value)); }},
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
      {"result_file", into(request.result_file)},
      {"in_memory", into(request.in_memory)},
      {"overwrite",
       [&](nb::handle value) {
         request.overwrite = nb::cast<bool>(value) ? Overwrite::allow : Overwrite::refuse;
       }},
  });
  fill(fields, values);
  return request;
}

}  // namespace cristae::python
