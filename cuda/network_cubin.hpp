// cuda/network_cubin.hpp - a network's kernel for one architecture, by NVRTC at run time, cached.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/base/types.hpp"
#include "host/engine/tables.hpp"

namespace cristae::cuda {

inline constexpr char const* kernel_name = "cristae_slice";
inline constexpr char const* constants_name = "cristae_constants";
/// Threads of a block of the grid.
inline constexpr u32 block_threads = 128;

/// The text that NVRTC gets: one kernel, kernel_name, that takes a Slice. `tables` have stride 1.
std::string kernel_source(Tables const& tables);

struct Cubin {
  std::string image;   ///< empty where there is none
  std::string reason;  ///< why there is none, for people, with the compiler's words where it ran
  std::string origin;  ///< "cached" or "compiled in 1.3 s"
  std::string log;     ///< of the compiler: registers and spills
  /// table_kernel_ptx(): no constants, and tables of the shape {block_threads, true, false}.
  bool reads_tables = false;
};

/// Compiles for an architecture as NVRTC spells it: sm_90, or compute_90 for PTX. Needs neither GPU
/// nor driver. Never throws for what the machine lacks.
Cubin compile_kernel(std::string const& source, std::string const& architecture);

}  // namespace cristae::cuda
