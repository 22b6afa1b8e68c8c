// tests/cuda/gpu_sums.hpp - statistics that a GPU sums up, against the CPU's.
#pragma once

#include <string>

namespace cristae::test {

/// Prints an object of one line for each of: a plain run, products of columns, products over lags,
/// columns that read what cells differ in, a sweep; with commas between them. False where one differs,
/// or a card failed and others took over.
bool sums_agree(std::string const& networks, bool is_small);

}  // namespace cristae::test
