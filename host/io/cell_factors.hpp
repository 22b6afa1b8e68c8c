// host/io/cell_factors.hpp - in what the cells of a run differ, as variables of its result.
#pragma once

#include "host/engine/experiment.hpp"

namespace cristae {

/// The dimension `cell` and the variable `cell_factor`, of the cells that the trajectories
/// [first, first + trajectories) belong to; nothing where nothing varies. `File` is Hdf5File or
/// Dataset, and has the dimension `varied`.
template <class File>
void write_cell_factors(File& file, Experiment const& experiment, u64 first, u64 trajectories);

}  // namespace cristae
