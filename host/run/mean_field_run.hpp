// host/run/mean_field_run.hpp - --engine ode: the rate equations' solution as a run's statistics.
#pragma once

#include <string>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/base/error.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/experiment.hpp"
#include "host/io/run_report.hpp"
#include "host/run/run.hpp"
#include "host/stats/column.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// The engine ode in the list of engines.
DeviceInfo ode_device();

/// What of a request means nothing where there are no trajectories.
std::vector<Diagnostic> refused_by_ode(Network const& network, RunRequest const& request);

/// One realization: means are the columns' values at the solution, spreads are undefined. Values
/// are not rounded, and there is no hash. Hands them to `rows`, too, where it is not null, and fills
/// in the report's figures of the engine. Nothing is summed up where control.stop ends it. Throws
/// Error as solve_rate_equations does.
EnsembleSummary run_rate_equations(Experiment const& experiment, std::vector<Column> const& columns,
                                   BlockSink* rows, RunControl& control, RunReport& report);

}  // namespace cristae
