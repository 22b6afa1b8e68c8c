// host/io/result_statistics.hpp - the parts of a result file that do not grow with the trajectories.
#pragma once

#include "host/engine/experiment.hpp"
#include "host/io/hdf5_file.hpp"
#include "host/io/run_report.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// Attributes of the file; the network's text and species, changed parameters, scheduled changes;
/// the dimension `network_species`.
void write_run(Hdf5File& file, RunReport const& report, Experiment const& experiment,
               EnsembleSummary const& summary);

/// Moments, quantiles, histograms, covariances; the dimensions `time`, `species`, `observable`,
/// `quantile`, `histogram_time`, `bin`, `quantity`, `quantity_2` where there is something along them.
void write_statistics(Hdf5File& file, EnsembleSummary const& summary, std::string const& time_unit);

}  // namespace cristae
