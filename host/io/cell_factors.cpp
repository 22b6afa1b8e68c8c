// host/io/cell_factors.cpp - the draws, made once more.
#include "host/io/cell_factors.hpp"

#include <utility>

#include "host/engine/cells.hpp"
#include "host/io/dataset.hpp"
#include "host/io/hdf5_file.hpp"

namespace cristae {

CellFactors factors_of_cells(Experiment const& experiment, u64 first, u64 trajectories) {
  CellFactors made;
  if (experiment.cells.quantities.empty() || trajectories == 0) return made;
  Cells const cells(experiment);
  for (u64 cell = cells.cell_of(first); cell <= cells.cell_of(first + trajectories - 1); ++cell) {
    made.cells.push_back(cell);
    auto const of_cell = cells.factors(cell);
    made.factors.insert(made.factors.end(), of_cell.begin(), of_cell.end());
  }
  return made;
}

template <class File>
void write_cell_factors(File& file, CellFactors factors) {
  if (factors.cells.empty()) return;
  file.add_dimension("cell", factors.cells)
      .set("long_name", "number of the cell: that of the trajectory over the replicates of a cell");
  auto variable = file.template add<double>("cell_factor", {"cell", "varied"});
  variable.set("long_name", "factor by which the cell differs");
  variable.write(std::move(factors.factors));
}

template void write_cell_factors(Hdf5File&, CellFactors);
template void write_cell_factors(Dataset&, CellFactors);

}  // namespace cristae
