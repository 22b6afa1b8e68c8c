// host/jit/code_cache.hpp - where compiled networks are kept between runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cristae {

/// $CRISTAE_CACHE, $XDG_CACHE_HOME/cristae or ~/.cache/cristae; empty if none of the variables is
/// set.
std::string cache_folder();

/// Why the folder is left alone: what is in it is run as code, so it has to belong to the user of
/// this process, and nobody else may write to it. Empty where it may be used, or is not there.
std::string cache_problem();

/// The bytes kept under a name; nothing where there are none, where the folder is left alone, where
/// the entry is a link, is not this user's or can be written by others, or where its checksum, which
/// goes over name and bytes, does not fit.
std::optional<std::string> read_cached(std::string const& name);

/// Keeps bytes and their checksum under a name (temporary name and rename), readable for this user
/// alone. A cache that cannot be written is no error.
void write_cached(std::string const& name, std::string_view bytes);

/// Hash of the names and texts of the embedded headers, which all generated code includes.
std::string headers_key();

}  // namespace cristae
