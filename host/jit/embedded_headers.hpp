// host/jit/embedded_headers.hpp - the headers that generated code includes, as text in the binary.
#pragma once

#include <span>
#include <string_view>

namespace cristae {

struct EmbeddedHeader {
  std::string_view name;  ///< as included: host/core/lane.hpp
  std::string_view text;
};

/// Written at build time from the files themselves.
std::span<EmbeddedHeader const> embedded_headers();

}  // namespace cristae
