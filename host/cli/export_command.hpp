// host/cli/export_command.hpp - `cristae export RESULT.h5`: parts of a result as CSV.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Returns the exit code.
int export_command(ExportOptions const& options);

}  // namespace cristae
