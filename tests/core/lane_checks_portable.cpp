// tests/core/lane_checks_portable.cpp - the checks compiled for one lane type.
#include "host/cpu/lane_portable.hpp"
#include "tests/core/lane_checks.hpp"

namespace cristae::test {

LaneDifference check_portable(int rounds) { return LaneChecks<cpu::LanePortable>().run(rounds); }

}  // namespace cristae::test
