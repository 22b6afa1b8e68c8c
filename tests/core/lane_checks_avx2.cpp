// tests/core/lane_checks_avx2.cpp - the checks compiled for one lane type.
#include "host/cpu/lane_avx2.hpp"
#include "tests/core/lane_checks.hpp"

namespace cristae::test {

LaneDifference check_avx2(int rounds) { return LaneChecks<cpu::LaneAvx2>().run(rounds); }

}  // namespace cristae::test
