// tests/core/choice_checks_avx512.cpp - the checks compiled for one lane type.
#include "host/cpu/lane_avx512.hpp"
#include "tests/core/choice_checks.hpp"

namespace cristae::test {

ChoiceFinding check_choices_avx512(core::u32 reactions, ChoiceCase const* cases, core::u64 count) {
  return check_choices_of<cpu::LaneAvx512>(reactions, cases, count);
}

}  // namespace cristae::test
