// host/io/cell_factors.cpp - the draws, made once more.
#include "host/io/cell_factors.hpp"

#include <vector>

#include "host/engine/cells.hpp"
#include "host/io/dataset.hpp"
#include "host/io/hdf5_file.hpp"

namespace cristae {

template <class File>
void write_cell_factors(File& file, Experiment const& experiment, u64 first, u64 trajectories) {
  if (experiment.cells.quantities.empty() || trajectories == 0) return;
  Cells const cells(experiment);
  std::vector<u64> numbers;
  std::vector<double> factors;
  for (u64 cell = cells.cell_of(first); cell <= cells.cell_of(first + trajectories - 1); ++cell) {
    numbers.push_back(cell);
    auto const of_cell = cells.factors(cell);
    factors.insert(factors.end(), of_cell.begin(), of_cell.end());
  }
  file.add_dimension("cell", numbers)
      .set("long_name", "number of the cell: that of the trajectory over the replicates of a cell");
  auto variable = file.template add<double>("cell_factor", {"cell", "varied"});
  variable.set("long_name", "factor by which the cell differs");
  variable.write(std::move(factors));
}

template void write_cell_factors(Hdf5File&, Experiment const&, u64, u64);
template void write_cell_factors(Dataset&, Experiment const&, u64, u64);

}  // namespace cristae
