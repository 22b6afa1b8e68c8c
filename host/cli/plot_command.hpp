// host/cli/plot_command.hpp - `cristae plot RESULT.h5`: the picture of a result.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Returns the exit code.
int plot_command(PlotOptions const& options);

}  // namespace cristae
