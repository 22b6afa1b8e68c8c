// host/backends/speed_bound.hpp - how many events a machine could do at most, by counts of instructions.
#pragma once

#include <string>

#include "host/base/types.hpp"
#include "host/engine/engine.hpp"

namespace cristae {

/// Events per second if the instructions of generated code were all independent: cores, or the
/// multiprocessors of all GPUs, times what each issues, over the instructions of an event. These are
/// an estimate from the number of reactions, right within a sixth for the bundled networks. 0 where
/// there is none: an engine or instruction set whose instructions are no vector arithmetic for the
/// most part. Measures for some milliseconds.
double bound_events_per_second(std::string const& engine, std::string const& isa, u32 reactions,
                               u32 threads);

/// Instruction sets that the cpu engine has here, the best first.
std::vector<std::string> cpu_instruction_sets();

}  // namespace cristae
