// host/cpu/generated_kernel.hpp - the kernel of one network's generated code: bundled, cached or compiled now.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/cpu/kernel.hpp"
#include "host/engine/tables.hpp"

namespace cristae::cpu {

using RunBlock = decltype(Kernel::run_block);

/// Code that was generated and compiled when this program was built.
struct BundledKernel {
  char const* isa;
  std::array<u64, 2> text_key;  ///< of network_source()
  core::u32 lanes;
  RunBlock run_block;
};

/// Those of the bundled networks under all their conditions; none in the tool that generates them.
std::span<BundledKernel const> bundled_kernels();

struct GeneratedKernel {
  RunBlock run_block = nullptr;  ///< null: there is none, see `reason`
  core::u32 lanes = 0;
  std::vector<float> constants;      ///< what core::Program::constants must point to
  std::shared_ptr<void> keep_alive;  ///< the shared object
  std::string origin;                ///< "bundled", "cached" or "compiled in 1.3 s"
  std::string reason;
};

/// Whether a network that is neither bundled nor in the cache shall be compiled.
enum class Compile : u8 { if_known, always };

/// `plan` as Tables takes it.
GeneratedKernel generated_kernel(LawGraph const& graph, RunPlan const& plan, std::string const& isa,
                                 Compile compile);

/// The source file of a kernel; `scope` is a namespace that sets several of one file apart.
std::string kernel_source(std::string const& network_text, std::string const& isa,
                          std::string const& scope);
/// How many lanes a block of it has.
u32 generated_lanes(u32 reactions, std::string const& isa);

}  // namespace cristae::cpu
