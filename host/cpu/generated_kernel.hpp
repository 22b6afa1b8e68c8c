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
using RunOne = decltype(Kernel::run_one);

/// Code that was generated and compiled when this program was built.
struct BundledKernel {
  char const* isa;
  std::array<u64, 2> text_key;  ///< of NetworkText::text()
  core::u32 lanes;
  RunBlock run_block;
  RunOne run_one;
};

/// What is generated for a plan: the form for blocks and the one for single trajectories. `one` is
/// empty for networks of which events touch so much that its text would take a compiler minutes.
struct NetworkText {
  std::string block, one;
  std::vector<float> block_constants, one_constants;
  u32 reactions = 0;

  NetworkText(LawGraph const& graph, RunPlan const& plan);
  std::string text() const { return block + one; }
};

/// Those of the bundled networks under all their conditions; none in the tool that generates them.
std::span<BundledKernel const> bundled_kernels();

struct GeneratedKernel {
  RunBlock run_block = nullptr;  ///< null: there is none, see `reason`
  RunOne run_one = nullptr;      ///< may be null even so: tables serve single trajectories
  core::u32 lanes = 0;
  /// What core::Program::constants must point to, in blocks and for single trajectories.
  std::vector<float> block_constants, one_constants;
  std::shared_ptr<void> keep_alive;  ///< the shared object
  std::string origin;                ///< "bundled", "cached" or "compiled in 1.3 s"
  std::string reason;
};

/// Whether a network that is neither bundled nor in the cache shall be compiled.
enum class Compile : u8 { if_known, always };

/// `plan` as Tables takes it.
GeneratedKernel generated_kernel(LawGraph const& graph, RunPlan const& plan, std::string const& isa,
                                 Compile compile);

/// The source of `run_block` in a namespace `scope`; and of `run_one`, which needs to be compiled for
/// one instruction set only.
std::string block_source(NetworkText const& network, std::string const& isa,
                         std::string const& scope);
std::string one_lane_source(NetworkText const& network, std::string const& isa,
                            std::string const& scope);
/// How many lanes a block of it has.
u32 generated_lanes(u32 reactions, std::string const& isa);

}  // namespace cristae::cpu
