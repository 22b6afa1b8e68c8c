// host/engine/constant_ranges.hpp - which values the constants of laws can take in an experiment's cells.
#pragma once

#include <vector>

#include "host/engine/experiment.hpp"
#include "host/engine/interval.hpp"
#include "host/model/law_graph.hpp"

namespace cristae {

/// [constant]: a range that holds its float32 value in every cell, set and segment. Wider than need
/// be: what a range cannot show, the laws check while they run.
std::vector<Interval> constant_ranges(LawGraph const& graph, Experiment const& experiment);

}  // namespace cristae
