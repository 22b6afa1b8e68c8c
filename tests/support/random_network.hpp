// tests/support/random_network.hpp - network files drawn at random, laws finite and >= 0.
#pragma once

#include <string>

#include "host/base/types.hpp"

namespace cristae::test {

/// The text of a network file. Equal seeds and sizes give equal texts on every machine.
///
/// Orders 0 to 3, homodimers and trimers, catalysts, up to three products; mass action and custom
/// laws with every function of the grammar; rules that use rules, in any order; observables with
/// counters; the condition "changes" with parameters, initial counts and additions on a schedule.
/// Every third network is closed: each species has a mass, and each reaction keeps the sum.
///
/// Laws are made of *amounts* (0 or more, growing at most linearly with counts) and *shares* (from 0
/// to 1), so none is negative or without a value. Whole-number comparisons are at half-integers and
/// floor and ceil at odd fractions, where float32 and double must agree.
std::string random_network(u64 seed, usize reactions);

/// From the seed alone: 2 to 300, small ones more often.
usize random_network_size(u64 seed);

}  // namespace cristae::test
