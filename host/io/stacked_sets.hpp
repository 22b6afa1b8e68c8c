// host/io/stacked_sets.hpp - datasets of the parameter sets of a sweep as one, along a new dimension.
#pragma once

#include <string>
#include <vector>

#include "host/io/dataset.hpp"

namespace cristae {

/// Writes the variables of `sets` to `file`, which has the dimension `parameter_set` of their number.
/// Coordinates and texts that are the same in all stand once, everything else gets `parameter_set` in
/// front; `network_species` is there already. Of the dimension `bin` the longest is taken, and counts behind the end are 0. `File` is
/// Hdf5File or Dataset. Throws Error(internal) where the sets do not have the same variables.
template <class File>
void write_stacked(File& file, std::vector<Dataset const*> const& sets);

}  // namespace cristae
