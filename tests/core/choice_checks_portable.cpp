// tests/core/choice_checks_portable.cpp - the checks compiled for one lane type.
#include "host/cpu/lane_portable.hpp"
#include "tests/core/choice_checks.hpp"

namespace cristae::test {

ChoiceFinding check_choices_portable(core::u32 reactions, ChoiceCase const* cases,
                                     core::u64 count) {
  return check_choices_of<cpu::LanePortable>(reactions, cases, count);
}

}  // namespace cristae::test
