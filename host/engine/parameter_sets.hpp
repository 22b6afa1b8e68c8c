// host/engine/parameter_sets.hpp - the sets of a sweep: grids, and designs that fill a space evenly.
#pragma once

#include <string>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// Values of some parameters, set by set.
struct SetTable {
  std::vector<std::string> parameters;
  std::vector<std::vector<double>> sets;  ///< [set][parameter]
};

/// Each of `over` is NAME=RANGE:
///   `a:b:step`       a, a + step, ... up to b
///   `log(a, b, n)`   n values from a to b, their logarithms evenly spaced; `linear(a, b, n)` alike
///   `list(a, b, ...)`
/// Without a design, the sets are all combinations, the last name running fastest. A design, `lhs(n)`
/// (Latin hypercube; McKay, Beckman, Conover 1979) or `sobol(n)` (Sobol 1967, directions of Joe and
/// Kuo 2008), has n sets instead and takes `log(a, b)` and `linear(a, b)`; `seed` shuffles the former.
/// Throws Error(usage) with all findings.
SetTable parameter_sets(std::vector<std::string> const& over, std::string const& design, u64 seed);

}  // namespace cristae
