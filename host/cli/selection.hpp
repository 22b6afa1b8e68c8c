// host/cli/selection.hpp - what --select names among the parts of a result file.
#pragma once

#include <string>
#include <vector>

#include "host/base/types.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// Indices of the selected names, in the order of the selection, of equal names the first; an empty
/// selection means all. Throws Error(usage) with every unknown name and its nearest one.
std::vector<usize> select(std::vector<std::string> const& selection,
                          std::vector<std::string> const& names);

/// The same among the columns: of an observable and a species of one name, the observable.
std::vector<usize> select_columns(std::vector<std::string> const& selection,
                                  EnsembleSummary const& summary);

}  // namespace cristae
