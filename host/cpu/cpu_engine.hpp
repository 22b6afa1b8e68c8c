// host/cpu/cpu_engine.hpp - host/core over SIMD lanes and threads, table-driven.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/engine/engine.hpp"
#include "host/engine/tables.hpp"

namespace cristae {

/// Instruction sets of this machine, best first: of avx512, avx2, baseline.
std::vector<std::string> usable_isas();

/// Throws Error: usage for an ISA that is unknown or not there, model for unusable constants.
std::unique_ptr<Engine> make_cpu_engine(RunPlan const& plan);

}  // namespace cristae
