// host/cpu/generated_kernel.cpp - looks for a network's kernel, and writes the file to compile.
#include "host/cpu/generated_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "host/codegen/network_source.hpp"
#include "host/jit/host_compiler.hpp"
#include "host/jit/text_key.hpp"

namespace cristae::cpu {
namespace {

/// Beyond this a compiler takes minutes for the code of all events: about a millisecond a line.
constexpr std::ptrdiff_t most_one_lane_lines = 6000;

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

NetworkText::NetworkText(LawGraph const& graph, RunPlan const& plan) {
  Tables const narrow(graph, plan, {1, false, false}), wide(graph, plan, {1, false, true});
  reactions = narrow.program().reactions;
  if (reactions == 0 || reactions > most_generated_reactions) return;
  block = network_source(narrow);
  one = cristae::one_lane_source(wide);
  if (std::count(one.begin(), one.end(), '\n') > most_one_lane_lines) one.clear();
  block_constants = network_constants(narrow);
  one_constants = network_constants(wide);
}

std::string block_source(NetworkText const& network, std::string const& isa,
                         std::string const& scope) {
  Isa const with = isa_of(isa);
  return fmt::format(
      "#include \"host/cpu/kernel_body.hpp\"\n#include \"{0}\"\n"
      R"(namespace {1} {{
namespace {{
{2}}}  // namespace

void run_block(cristae::core::Program const& program, cristae::core::Block const& block,
               cristae::cpu::LaneHost& host, cristae::core::u64 seed, cristae::core::u64 budget) {{
  using Lane = {3};
  constexpr int vectors = {4};
  cristae::cpu::run_block<Lane, vectors, cristae::core::GeneratedLaws<Network, Lane, vectors>>(
      program, block, host, seed, budget);
}}
}}  // namespace {1}
)",
      with.header, scope, network.block, with.lane, vectors_of(network.reactions));
}

std::string one_lane_source(NetworkText const& network, std::string const& isa,
                            std::string const& scope) {
  if (network.one.empty()) return {};
  Isa const with = isa_of(isa);
  return fmt::format(
      "#include \"host/cpu/kernel_body.hpp\"\n#include \"{0}\"\n"
      R"(namespace {1} {{
namespace {{
{2}}}  // namespace

cristae::core::OneLaneOutcome run_one(
    cristae::core::Program const& program, cristae::core::Dependencies const& dependencies,
    cristae::core::OneLane const& memory, cristae::cpu::LaneHost& host,
    cristae::core::TrajectoryState& state, cristae::core::Begin const* begin,
    cristae::core::u64 seed, cristae::core::u64 budget) {{
  return cristae::cpu::run_one_generated<{3}, OneNetwork>(program, dependencies, memory, host, state,
                                                          begin, seed, budget);
}}
}}  // namespace {1}
)",
      with.header, scope, network.one, with.lane);
}

namespace {

/// The file for the machine's compiler: its functions under a name that can be looked up.
std::string object_source(NetworkText const& network, std::string const& isa) {
  return block_source(network, isa, "network") + one_lane_source(network, isa, "network") +
         fmt::format(R"(
struct Entries {{
  decltype(&network::run_block) run_block;
  decltype(cristae::cpu::Kernel::run_one) run_one;
}};
extern "C" __attribute__((visibility("default"))) Entries cristae_entries() {{
  return {{&network::run_block, {}}};
}}
)",
                     network.one.empty() ? "nullptr" : "&network::run_one");
}

struct Entries {
  RunBlock run_block;
  RunOne run_one;
};

}  // namespace

GeneratedKernel generated_kernel(LawGraph const& graph, RunPlan const& plan, std::string const& isa,
                                 Compile compile) {
  GeneratedKernel kernel;
  NetworkText const network(graph, plan);
  if (network.block.empty()) {
    kernel.reason = fmt::format("it has {} reactions, code is generated for 1 to {}",
                                network.reactions, most_generated_reactions);
    return kernel;
  }
  kernel.block_constants = network.block_constants;
  kernel.one_constants = network.one_constants;
  kernel.lanes = generated_lanes(network.reactions, isa);
  auto const key = key_of(network.text()).words();
  for (auto const& bundled : bundled_kernels()) {
    if (isa != bundled.isa || bundled.text_key != key) continue;
    kernel.run_block = bundled.run_block;
    kernel.run_one = bundled.run_one;
    kernel.origin = "bundled";
    return kernel;
  }

  auto const flags = compiler_flags(isa_of(isa));
  auto const source = object_source(network, isa);
  auto const name = key_of(isa + source).text();
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
  auto const entries =
      reinterpret_cast<Entries (*)()>(find_function(compiled.object, "cristae_entries"));
  if (entries == nullptr) {
    kernel.reason = "the compiled object has no entry";
    return kernel;
  }
  kernel.run_block = entries().run_block;
  kernel.run_one = entries().run_one;
  kernel.keep_alive = compiled.object;
  kernel.origin =
      compiled.seconds > 0 ? fmt::format("compiled in {:.1f} s", compiled.seconds) : "cached";
  if (!compiled.not_kept.empty()) kernel.origin += fmt::format(", not kept: {}", compiled.not_kept);
  return kernel;
}

}  // namespace cristae::cpu
