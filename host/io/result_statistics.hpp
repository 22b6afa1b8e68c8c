// host/io/result_statistics.hpp - the parts of a result that do not grow with the trajectories.
#pragma once

#include <string>
#include <vector>

#include "host/engine/experiment.hpp"
#include "host/io/run_report.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// What a result holds of the network and condition that ran.
struct RunSubject {
  std::string network_text;
  std::vector<std::string> species;  ///< ids of all species of the network
  std::vector<double> changes;       ///< times of scheduled changes
};
RunSubject subject_of(Experiment const& experiment);

// `File` is Hdf5File or Dataset.

/// Attributes of the file; the network's text and species, changed parameters, scheduled changes;
/// the dimension `network_species`.
template <class File>
void write_run(File& file, RunReport const& report, RunSubject const& subject,
               EnsembleSummary const& summary);

/// Moments, quantiles, histograms, covariances, first passages, correlations over lags; the
/// dimensions `time`, `species`, `observable`, `quantile`, `histogram_time`, `bin`, `quantity`,
/// `quantity_2`, `passage`, `lagged_pair`, `lag` where there is something along them.
template <class File>
void write_statistics(File& file, EnsembleSummary const& summary, std::string const& time_unit);

}  // namespace cristae
