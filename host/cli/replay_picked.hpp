// host/cli/replay_picked.hpp - trajectories of a result, run again, compared and written.
#pragma once

#include <string>
#include <vector>

#include "host/cli/options.hpp"
#include "host/io/result_file.hpp"

namespace cristae {

/// Runs trajectories of a result again, and writes the samples of each as FOLDER/trajectory-ID.csv,
/// with Events::written also its events as FOLDER/events-ID.csv. Whatever the result keeps of a
/// trajectory must come out the same, bit for bit; one that does not is not written.
/// `trajectories` count from the first of the result.
/// A signal ends it between two of them. Returns how many were run and written.
/// Throws Error: verification (7) with a finding for each that differs, input_output.
usize replay_picked(ResultFile const& file, std::vector<u64> const& trajectories,
                    PickOptions const& options);

}  // namespace cristae
