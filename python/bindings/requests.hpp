// python/bindings/requests.hpp - dictionaries with checked values become requests.
#pragma once

#include "host/engine/experiment.hpp"
#include "host/run/extend.hpp"
#include "host/run/interrupted_run.hpp"
#include "host/run/merge.hpp"
#include "host/run/run.hpp"
#include "host/run/sweep.hpp"
#include "python/bindings/bindings.hpp"

namespace cristae::python {

/// Of every signal its parameter, its file, times and values; without rows, the file has them.
using SignalFields =
    std::vector<std::tuple<std::string, std::string, std::vector<double>, std::vector<double>>>;
std::vector<NamedSignal> named_signals(SignalFields const& fields);

/// The keys condition, set (list of pairs), t_end, sample_every, samples, burn_in; all optional.
ExperimentRequest experiment_request(nb::dict const& fields);
/// Those, and the names of RunRequest's other fields. An unknown key raises KeyError.
RunRequest run_request(nb::dict const& fields);
/// Those, and conditions, over, design, sets_file, set_names, set_values.
SweepRequest sweep_request(nb::dict const& fields);
/// The keys result, engine, threads, isa, code, checkpoint_every, overwrite; of an extension also
/// trajectories, certify and output.
ResumeRequest resume_request(nb::dict const& fields);
ExtendRequest extend_request(nb::dict const& fields);
/// results, output, overwrite, partial.
MergeRequest merge_request(nb::dict const& fields);

}  // namespace cristae::python
