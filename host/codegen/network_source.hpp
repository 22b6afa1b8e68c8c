// host/codegen/network_source.hpp - a network's tables as straight-line C++ over host/core.
#pragma once

#include <string>
#include <vector>

#include "host/engine/tables.hpp"

namespace cristae {

/// Beyond this compilers take minutes for straight-line code.
inline constexpr u32 most_generated_reactions = 1500;

/// The text of a struct `Network` for core::GeneratedLaws, self-contained over host/core: no system
/// header, indices instead of names. It depends on the form of the laws, on whole exponents, on
/// which constants a schedule changes and on the state changes; other values are read from a table
/// of constants, so that a change of a parameter needs no new text. `tables` must be of the shape
/// {1, false, false}.
std::string network_source(Tables const& tables);

/// The text of a struct `OneNetwork` for core::GeneratedOneLaws: per reaction, the laws that an event
/// of it touches and the sums above them. `wide_tables` must be of the shape {1, false, true}.
std::string one_lane_source(Tables const& wide_tables);

/// The constants that the text reads: what Program::constants must point to; of the tables that the text is of.
std::vector<float> network_constants(Tables const& tables);

}  // namespace cristae
