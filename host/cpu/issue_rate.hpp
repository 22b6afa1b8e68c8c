// host/cpu/issue_rate.hpp - how many vector instructions one core issues at most.
#pragma once

#include <string>

#include "host/base/types.hpp"

namespace cristae {

/// Independent additions and products of whole vectors that the calling thread does in a second,
/// measured in some milliseconds of its CPU time. 0 for an instruction set without a measurement:
/// all but avx512. Throws nothing; the machine must have the instruction set.
double vector_instructions_per_second(std::string const& isa);

namespace cpu {

/// 64 of them for each round, in 16 chains that do not wait for each other. `values`: 256 floats.
void issue_avx512(float* values, u64 rounds);

}  // namespace cpu
}  // namespace cristae
