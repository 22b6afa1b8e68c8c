// host/io/trajectory_csv.hpp - single trajectories of a result as CSV, a line per trajectory or time.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/result_file.hpp"

namespace cristae {

/// Numbers as csv_number writes them, an empty field where there is none; pieces of about 1 MiB.
using WriteText = std::function<void(std::string_view)>;

/// `id,status,events` and the kept features of those indices; a line per trajectory.
void write_features_csv(ResultFile const& file, std::vector<usize> const& features,
                        WriteText const& write);

/// `id,status,events` and the copy numbers at the end of the species of those indices.
void write_end_states_csv(ResultFile const& file, std::vector<usize> const& species,
                          WriteText const& write);

/// `id,time` and the columns of those indices; a line per trajectory and sample time.
void write_raw_csv(ResultFile const& file, std::vector<usize> const& columns,
                   WriteText const& write);

/// `time` and the columns, a line for each of the first `reached` sample times. `values` are
/// [column][sample time].
void write_trajectory_csv(std::vector<Column> const& columns, std::vector<double> const& times,
                          usize reached, std::span<double const> values, WriteText const& write);

/// What single trajectories are read by: the reported columns without their expressions.
std::vector<Column> columns_of(EnsembleSummary const& summary);

}  // namespace cristae
