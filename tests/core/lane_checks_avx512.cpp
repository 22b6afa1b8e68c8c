// tests/core/lane_checks_avx512.cpp - the checks compiled for one lane type.
#include "host/cpu/lane_avx512.hpp"
#include "tests/core/lane_checks.hpp"

namespace cristae::test {

LaneDifference check_avx512(int rounds) { return LaneChecks<cpu::LaneAvx512>().run(rounds); }

}  // namespace cristae::test
