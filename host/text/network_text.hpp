// host/text/network_text.hpp - how a network was read, in words.
#pragma once

#include <string>

#include "host/model/network.hpp"

namespace cristae {

/// The whole text: title, counts, species, parameters, every law, observables, conditions, notes.
std::string inspect_text(Network const& network);

/// An expression of the network, as it was read.
std::string law_text(Network const& network, Expression const& expression);

/// The propensity of a mass-action reaction in words, e.g. `k_dim * A*(A-1)/2  (pairs of A)`.
std::string mass_action_text(Network const& network, Reaction const& reaction);

/// How the engines hold the laws: what float32 loses, and what is checked while running.
std::string numerics_text(Network const& network);

/// Throws Error(model) with every contradiction of units: strict units.
void require_units(Network const& network);

}  // namespace cristae
