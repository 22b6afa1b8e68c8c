// host/jit/host_compiler.hpp - text to a shared object by the machine's C++ compiler, cached.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// A shared object in memory; unloaded with the last owner.
using SharedObject = std::shared_ptr<void>;

struct CompileResult {
  SharedObject object;   ///< empty where there is none
  std::string reason;    ///< why there is none, for people
  double seconds = 0;    ///< spent in the compiler; 0 where it came from the cache
  std::string compiler;  ///< path
  std::string not_kept;  ///< why the cache was left alone (cache_problem); empty: it was not
};

/// The compiler to use: $CRISTAE_CXX, or the first of c++, g++ and clang++ in PATH. Nothing where
/// CRISTAE_CXX is empty or no such program is there.
std::optional<std::string> find_host_compiler();

/// Compiles `text`, which includes headers of host/core and host/cpu, to a shared object and loads
/// it, from a temporary folder that is removed again. The result is kept in the cache (code_cache.hpp)
/// under a hash of text, headers, flags and compiler; from there too it is loaded by way of the
/// temporary folder, so that the bytes that were checked are those that run. Never throws for what the machine lacks: then `reason` says it, with the first lines of
/// the compiler's own words where it ran.
CompileResult compile_and_load(std::string const& text, std::vector<std::string> const& flags);

/// Whether compile_and_load would find this text in the cache.
bool is_in_cache(std::string const& text, std::vector<std::string> const& flags);

/// A function of a shared object; null where it has none of that name.
void* find_function(SharedObject const& object, char const* name);

}  // namespace cristae
