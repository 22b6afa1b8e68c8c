// host/cli/inspect_command.hpp - `cristae inspect NETWORK`: how a network was read.
#pragma once

#include <string>

#include "host/cli/options.hpp"
#include "host/model/network.hpp"

namespace cristae {

/// The whole text: title, counts, species, parameters, every law, observables, conditions, notes.
std::string inspect_text(Network const& network);

/// The propensity of a mass-action reaction in words, e.g. `k_dim * A*(A-1)/2  (pairs of A)`.
std::string mass_action_text(Network const& network, Reaction const& reaction);

/// Throws Error(model) with every contradiction of units, for --strict-units.
void require_units(Network const& network);

/// Returns the exit code.
int inspect_command(InspectOptions const& options);

}  // namespace cristae
