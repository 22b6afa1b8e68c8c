// host/jit/code_cache.hpp - where compiled networks are kept between runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cristae {

/// $CRISTAE_CACHE, $XDG_CACHE_HOME/cristae or ~/.cache/cristae; empty if none of the variables is
/// set.
std::string cache_folder();

/// The bytes kept under a name; nothing where there are none.
std::optional<std::string> read_cached(std::string const& name);

/// Keeps bytes under a name (temporary name and rename). A cache that cannot be written is no error.
void write_cached(std::string const& name, std::string_view bytes);

/// Hash of the names and texts of the embedded headers, which all generated code includes.
std::string headers_key();

}  // namespace cristae
