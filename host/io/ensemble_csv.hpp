// host/io/ensemble_csv.hpp - histograms and covariances of an ensemble as long tables, and means as a wide one.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "host/stats/ensemble.hpp"

namespace cristae {

/// `time,kind,name,unit,lower,upper,count`: a line per bin, lower <= value < upper, for the columns
/// of those indices at the times of the histograms. `write` is handed a histogram at a time.
void write_histograms_csv(EnsembleSummary const& summary, std::vector<usize> const& columns,
                          std::function<void(std::string_view)> const& write);

/// `time,X-mean,X-sd,...`: a line per sample time, as the results of the SBML test suite are given.
void write_suite_csv(EnsembleSummary const& summary, std::vector<usize> const& columns,
                     std::function<void(std::string_view)> const& write);

/// `time,kind_1,name_1,kind_2,name_2,covariance`: a line per ordered pair of those columns and time
/// of the histograms. The covariances must be there.
void write_covariance_csv(EnsembleSummary const& summary, std::vector<usize> const& columns,
                          std::function<void(std::string_view)> const& write);

}  // namespace cristae
