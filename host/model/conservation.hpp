// host/model/conservation.hpp - conservation laws: sums of copy numbers that no reaction or event changes.
//
// A law is an integer vector y with y . N = 0, N being the matrix of state changes (species by
// reactions). A basis comes from fraction-free elimination in exact integers; non-negative laws of
// smallest support replace it where they are few (semi-positive invariants, Schuster and Höfer 1991,
// J Chem Soc Faraday Trans 87:2561).
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "host/base/types.hpp"
#include "host/model/network.hpp"

namespace cristae {

struct ConservationLaw {
  /// By species; none is 0, and they have no common divisor. All are positive where the network has
  /// enough such laws, and where these were found within the work limit.
  std::vector<std::pair<SpeciesId, i64>> coefficients;
  std::optional<i64> total;  ///< from the initial counts; nothing where 64 bits cannot hold it
};

struct Conservation {
  /// Independent, ordered by their species. A species that no reaction changes is a law of its own.
  std::vector<ConservationLaw> laws;
  usize rank = 0;  ///< of the matrix; rank + laws = species
  /// False if the work limit was reached or a coefficient outgrew its integer: `laws` is then empty
  /// and `rank` means nothing.
  bool complete = true;
};

Conservation conservation_laws(Network const& network);

}  // namespace cristae
