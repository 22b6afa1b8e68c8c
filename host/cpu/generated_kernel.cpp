// host/cpu/generated_kernel.cpp - looks for a network's kernel, and writes the file to compile.
#include "host/cpu/generated_kernel.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <utility>

#include "host/codegen/network_source.hpp"
#include "host/jit/host_compiler.hpp"
#include "host/jit/text_key.hpp"

namespace cristae::cpu {
namespace {

constexpr char const* entry = "cristae_run_block";

/// Beyond this a compiler takes minutes for straight-line code.
constexpr u32 most_reactions = 1500;

struct Isa {
  char const* lane;
  char const* header;
  u32 width;
  std::vector<std::string> flags;
};

Isa isa_of(std::string const& name) {
  if (name == "avx512")
    return {"cristae::cpu::LaneAvx512",
            "host/cpu/lane_avx512.hpp",
            16,
            {"-mavx2", "-mfma", "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl",
             "-mprefer-vector-width=512"}};
  if (name == "avx2")
    return {"cristae::cpu::LaneAvx2", "host/cpu/lane_avx2.hpp", 8, {"-mavx2", "-mfma"}};
  return {"cristae::cpu::LanePortable", "host/cpu/lane_portable.hpp", 4, {}};
}

/// Two vectors side by side hide each other's latency as long as their values stay in registers.
u32 vectors_of(u32 reactions) { return reactions <= 40 ? 2 : 1; }

std::vector<std::string> compiler_flags(Isa const& isa) {
  std::vector<std::string> flags{"-std=c++20", "-O3",     "-ffp-contract=off",   "-fno-math-errno",
                                 "-fPIC",      "-shared", "-fvisibility=hidden", "-w"};
  flags.insert(flags.end(), isa.flags.begin(), isa.flags.end());
  return flags;
}

/// What this process has compiled or loaded, also where it failed: every step of a run asks anew.
std::mutex loaded_mutex;
std::map<std::string, CompileResult> loaded;

}  // namespace

u32 generated_lanes(u32 reactions, std::string const& isa) {
  return vectors_of(reactions) * isa_of(isa).width;
}

std::string kernel_source(std::string const& network_text, std::string const& isa,
                          std::string const& scope) {
  Isa const with = isa_of(isa);
  return fmt::format(
      "#include \"host/core/generated_laws.hpp\"\n"
      "#include \"host/cpu/kernel_body.hpp\"\n"
      "#include \"{0}\"\n"
      "namespace {1} {{\nnamespace {{\n{2}}}  // namespace\n\n"
      "void run(cristae::core::Program const& program, cristae::core::Block const& block,\n"
      "         cristae::cpu::LaneHost& host, cristae::core::u64 seed, cristae::core::u64 budget) "
      "{{\n"
      "  using L = {3};\n"
      "  constexpr int K = Network::reactions <= 40 ? 2 : 1;\n"
      "  cristae::cpu::run_block<L, K, cristae::core::GeneratedLaws<Network, L, K>>(\n"
      "      program, block, host, seed, budget);\n"
      "}}\n}}  // namespace {1}\n",
      with.header, scope, network_text, with.lane);
}

GeneratedKernel generated_kernel(LawGraph const& graph, RunPlan const& plan, std::string const& isa,
                                 Compile compile) {
  GeneratedKernel kernel;
  Tables const tables(graph, plan, {1, false, false});
  u32 const reactions = tables.program().reactions;
  if (reactions == 0 || reactions > most_reactions) {
    kernel.reason = fmt::format("it has {} reactions, code is generated for 1 to {}", reactions,
                                most_reactions);
    return kernel;
  }
  kernel.constants = network_constants(tables);
  kernel.lanes = generated_lanes(reactions, isa);
  auto const text = network_source(tables);
  auto const key = key_of(text).words();
  for (auto const& bundled : bundled_kernels()) {
    if (isa != bundled.isa || bundled.text_key != key) continue;
    kernel.run_block = bundled.run_block;
    kernel.origin = "bundled";
    return kernel;
  }

  Isa const with = isa_of(isa);
  auto const flags = compiler_flags(with);
  auto const source =
      kernel_source(text, isa, "network") +
      fmt::format(
          "extern \"C\" __attribute__((visibility(\"default\"))) void {}(\n"
          "    cristae::core::Program const& program, cristae::core::Block const& block,\n"
          "    cristae::cpu::LaneHost& host, cristae::core::u64 seed, cristae::core::u64 "
          "budget) {{\n"
          "  network::run(program, block, host, seed, budget);\n}}\n",
          entry);
  auto const name = key_of(source).text();
  std::lock_guard const lock(loaded_mutex);
  auto found = loaded.find(name);
  if (found == loaded.end()) {
    if (compile == Compile::if_known && !is_in_cache(source, flags)) {
      kernel.reason = "too short a run to compile code for";
      return kernel;
    }
    found = loaded.emplace(name, compile_and_load(source, flags)).first;
  }
  CompileResult const& compiled = found->second;
  kernel.reason = compiled.reason;
  if (!compiled.object) return kernel;
  kernel.run_block = reinterpret_cast<RunBlock>(find_function(compiled.object, entry));
  if (kernel.run_block == nullptr) kernel.reason = "the compiled object has no entry";
  kernel.keep_alive = compiled.object;
  kernel.origin =
      compiled.seconds > 0 ? fmt::format("compiled in {:.1f} s", compiled.seconds) : "cached";
  return kernel;
}

}  // namespace cristae::cpu
