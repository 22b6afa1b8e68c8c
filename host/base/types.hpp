// host/base/types.hpp - the integer names used outside host/core.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cristae {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = unsigned long long;  // as in host/core, where NVRTC has no <cstdint>
using i32 = std::int32_t;
using i64 = long long;
using usize = std::size_t;

}  // namespace cristae
