// host/io/json_writer.hpp - a run and its main figures as one JSON object.
#pragma once

#include <string>
#include <vector>

#include "host/base/types.hpp"
#include "host/io/run_report.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// Indices of the sample times that a short table shows: at most `count`, evenly spread, with the
/// first and the last.
std::vector<usize> table_times(usize sample_times, usize count);

/// The object as text with a final newline. NaN becomes null. Its table has the columns and sample
/// times of those indices.
std::string json_text(RunReport const& report, EnsembleSummary const& summary,
                      std::vector<usize> const& columns, std::vector<usize> const& rows);

/// 16 hexadecimal digits.
std::string hash_text(u64 hash);

}  // namespace cristae
