// host/cli/run_text.hpp - what a run was, in one line for tables and pictures.
#pragma once

#include <string>
#include <vector>

#include "host/io/plot_writer.hpp"
#include "host/io/run_report.hpp"

namespace cristae {

/// Network, condition, set parameters, start, number of trajectories and seed.
std::string run_text(RunReport const& report, u64 trajectories);

/// The words on a picture; `changes` are the times of scheduled changes.
PlotText plot_text(RunReport const& report, u64 trajectories, std::vector<double> changes);

}  // namespace cristae
