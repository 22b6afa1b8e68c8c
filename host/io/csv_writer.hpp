// host/io/csv_writer.hpp - ensemble statistics as a long table, one row per observable and time.
#pragma once

#include <string>

#include "host/io/output_file.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// A field as RFC 4180 wants it: quoted where it holds a comma, a quote or a line break.
std::string csv_field(std::string const& text);

/// `time,observable,unit,n,mean,sd,q05,q25,median,q75,q95`, a line per observable and sample time;
/// numbers with 17 significant digits (they read back to the same double), undefined ones as nan.
void write_csv(EnsembleSummary const& summary, OutputFile& file);

}  // namespace cristae
