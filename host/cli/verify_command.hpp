// host/cli/verify_command.hpp - `cristae verify NETWORK`: one ensemble on every form of the code.
#pragma once

#include "host/cli/options.hpp"

namespace cristae {

/// Prints a table of the forms; returns the exit code. Throws Error: verification (7) with a
/// finding for each form that differs.
int verify_command(VerifyOptions const& options);

}  // namespace cristae
