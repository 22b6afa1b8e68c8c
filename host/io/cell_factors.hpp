// host/io/cell_factors.hpp - in what the cells of a run differ, as variables of its result.
#pragma once

#include <vector>

#include "host/engine/experiment.hpp"

namespace cristae {

/// Numbers of cells, and their factors: [cell][varied].
struct CellFactors {
  std::vector<u64> cells;
  std::vector<double> factors;
};
/// Of the cells that the trajectories [first, first + trajectories) belong to.
CellFactors factors_of_cells(Experiment const& experiment, u64 first, u64 trajectories);

/// The dimension `cell` and the variable `cell_factor`, ; nothing where there are none. `File` is
/// Hdf5File or Dataset, and has the dimension `varied`.
template <class File>
void write_cell_factors(File& file, CellFactors factors);

}  // namespace cristae
