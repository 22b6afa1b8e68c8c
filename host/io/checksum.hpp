// host/io/checksum.hpp - a checksum against damage on the disk; not against intent.
#pragma once

#include <cstring>
#include <string_view>

#include "host/base/types.hpp"

namespace cristae {

/// Goes on from `sum`: of pieces in a given order. Eight bytes a step, the length last, so that
/// "ab", "c" differs from "a", "bc".
inline u64 checksum(std::string_view bytes, u64 sum = 0) {
  constexpr u64 odd = 0x9E3779B97F4A7C15ull;
  auto const step = [&](u64 word) {
    sum = (sum ^ word) * odd;
    sum ^= sum >> 32;
  };
  usize at = 0;
  for (u64 word = 0; at + sizeof word <= bytes.size(); at += sizeof word) {
    std::memcpy(&word, bytes.data() + at, sizeof word);
    step(word);
  }
  u64 rest = 0;
  if (at < bytes.size()) std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
  step(rest);
  step(bytes.size());
  return sum;
}

}  // namespace cristae
