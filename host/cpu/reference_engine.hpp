// host/cpu/reference_engine.hpp - the oracle: the direct method as in the textbook, in double.
#pragma once

#include <memory>

#include "host/engine/engine.hpp"

namespace cristae {

/// Independent of host/core on purpose: another generator (Mersenne Twister), laws evaluated from
/// their syntax trees in double, waiting times by the standard library's logarithm. Its trajectories
/// agree with the other engines' in distribution, not in bits; its hashes are 0.
std::unique_ptr<Engine> make_reference_engine(RunPlan const& plan);

}  // namespace cristae
