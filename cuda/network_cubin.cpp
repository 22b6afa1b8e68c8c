// cuda/network_cubin.cpp - the text of a kernel, NVRTC looked up at run time, and its cache.
#include "cuda/network_cubin.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <nvrtc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "host/codegen/network_source.hpp"
#include "host/jit/code_cache.hpp"
#include "host/jit/embedded_headers.hpp"
#include "host/jit/text_key.hpp"

namespace cristae::cuda {
namespace {

#define CRISTAE_NVRTC_FUNCTIONS(X)                 \
  X(version, nvrtcVersion)                         \
  X(error_text, nvrtcGetErrorString)               \
  X(architecture_count, nvrtcGetNumSupportedArchs) \
  X(architectures, nvrtcGetSupportedArchs)         \
  X(create, nvrtcCreateProgram)                    \
  X(destroy, nvrtcDestroyProgram)                  \
  X(compile, nvrtcCompileProgram)                  \
  X(log_size, nvrtcGetProgramLogSize)              \
  X(log, nvrtcGetProgramLog)                       \
  X(cubin_size, nvrtcGetCUBINSize)                 \
  X(cubin, nvrtcGetCUBIN)                          \
  X(ptx_size, nvrtcGetPTXSize)                     \
  X(ptx, nvrtcGetPTX)

struct Nvrtc {
#define CRISTAE_MEMBER(member, function) decltype(&function) member = nullptr;
  CRISTAE_NVRTC_FUNCTIONS(CRISTAE_MEMBER)
#undef CRISTAE_MEMBER
  std::string reason;  ///< why it is not there
};

/// $CRISTAE_NVRTC alone where that is set; else by the loader's search path, and where toolkits put
/// it.
void* open_nvrtc() {
  if (char const* const chosen = std::getenv("CRISTAE_NVRTC"))
    return *chosen == 0 ? nullptr : dlopen(chosen, RTLD_NOW | RTLD_LOCAL);
  std::vector<std::string> folders{""};
  for (char const* variable : {"CUDA_HOME", "CUDA_PATH"})
    if (char const* const home = std::getenv(variable))
      folders.push_back(std::string(home) + "/lib64/");
  folders.emplace_back("/usr/local/cuda/lib64/");
  for (auto const& folder : folders)
    for (char const* name : {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"})
      if (void* const library = dlopen((folder + name).c_str(), RTLD_NOW | RTLD_LOCAL))
        return library;
  return nullptr;
}

Nvrtc load() {
  Nvrtc n;
  void* const library = open_nvrtc();
  if (library == nullptr) {
    char const* const chosen = std::getenv("CRISTAE_NVRTC");
    n.reason = chosen == nullptr
                   ? "NVRTC is not on this machine (libnvrtc.so.13 or .12, of the CUDA toolkit)"
               : *chosen == 0
                   ? "CRISTAE_NVRTC is empty"
                   : fmt::format("'{}', which CRISTAE_NVRTC names, cannot be loaded", chosen);
    return n;
  }
#define CRISTAE_LOOK_UP(member, function)                                     \
  n.member = reinterpret_cast<decltype(n.member)>(dlsym(library, #function)); \
  if (n.member == nullptr && n.reason.empty())                                \
    n.reason = fmt::format("NVRTC is too old: it has no function {}", #function);
  CRISTAE_NVRTC_FUNCTIONS(CRISTAE_LOOK_UP)
#undef CRISTAE_LOOK_UP
  return n;
}

Nvrtc const& nvrtc() {
  static Nvrtc const loaded = load();
  return loaded;
}

/// "sm_90" where NVRTC knows it; else, for a card that is newer, PTX of the newest it does know,
/// which the driver translates.
std::string target_of(Nvrtc const& n, std::string const& architecture) {
  if (!architecture.starts_with("sm_")) return architecture;
  int count = 0;
  if (n.architecture_count(&count) != NVRTC_SUCCESS || count <= 0) return architecture;
  std::vector<int> known(static_cast<usize>(count));
  if (n.architectures(known.data()) != NVRTC_SUCCESS) return architecture;
  int const asked = std::atoi(architecture.c_str() + 3);
  int newest = 0;
  for (int const version : known) {
    if (version == asked) return architecture;
    if (version < asked) newest = std::max(newest, version);
  }
  return newest == 0 ? architecture : fmt::format("compute_{}", newest);
}

std::vector<std::string> flags_for(std::string const& target) {
  std::vector<std::string> flags{"--gpu-architecture=" + target,
                                 "--std=c++20",
                                 "--fmad=false",
                                 "--ftz=false",
                                 "--prec-div=true",
                                 "--prec-sqrt=true"};
  if (target.starts_with("sm_")) flags.emplace_back("--ptxas-options=--verbose");  // for the log
  return flags;
}

/// Left alone, the assembler sometimes spills to make room for a third block on a multiprocessor,
/// where the accesses cost more than the block brings (docs/decisions/0010-gpu-kernel-form.md). Two is
/// what networks of that size get.
std::string launch_bounds(Tables const& tables) {
  u32 const kept = tables.program().species + 2 * tables.program().reactions;
  return kept > 200 ? fmt::format("{}, 2", block_threads) : fmt::format("{}", block_threads);
}

char const* host_of(core::Program const& program) {
  bool const stops = program.condition.steps != 0;
  if (program.events.count != 0)
    return stops ? "AnySliceHost<true, true>" : "AnySliceHost<false, true>";
  return stops ? "StoppingSliceHost" : "SliceHost";
}

}  // namespace

std::string kernel_source(Tables const& tables) {
  return fmt::format(
      "#include \"host/core/slice.hpp\"\n\n"
      "{}\n"
      "extern \"C\" {{ __constant__ float {}[{}]; }}\n\n"
      "extern \"C\" __global__ void __launch_bounds__({})\n"
      "{}(__grid_constant__ cristae::core::Slice const slice) {{\n"
      "  using namespace cristae::core;\n"
      "  __shared__ ChangeRows<Network> changes;\n"
      "  changes.fill(slice.program, threadIdx.x, blockDim.x);\n"
      "  __syncthreads();\n"
      "  run_slice<ThreadRunner<Network, {}>>(\n"
      "      slice, slice.block, blockIdx.x * blockDim.x + threadIdx.x,\n"
      "      NetworkData<Network>{{{}, changes}});\n"
      "}}\n",
      network_source(tables), constants_name, std::max<usize>(1, network_constants(tables).size()),
      launch_bounds(tables), kernel_name, host_of(tables.program()), constants_name);
}

Cubin compile_kernel(std::string const& source, std::string const& architecture) {
  Cubin cubin;
  Nvrtc const& n = nvrtc();
  cubin.reason = n.reason;
  if (!n.reason.empty()) return cubin;
  auto const target = target_of(n, architecture);
  auto const flags = flags_for(target);
  int major = 0, minor = 0;
  n.version(&major, &minor);
  TextKey key;
  key.add(source);
  key.add(headers_key());
  key.add(fmt::format("NVRTC {}.{}", major, minor));
  for (auto const& flag : flags) key.add(flag);
  bool const is_ptx = target.starts_with("compute_");
  auto const name = key.text() + (is_ptx ? ".ptx" : ".cubin");
  if (auto kept = read_cached(name); kept && !kept->empty()) {
    cubin.image = std::move(*kept);
    cubin.origin = "cached";
    return cubin;
  }

  std::vector<std::string> names, texts;
  for (auto const& header : embedded_headers()) {
    names.emplace_back(header.name);
    texts.emplace_back(header.text);
  }
  auto const pointers = [](std::vector<std::string> const& strings) {
    std::vector<char const*> all;
    for (auto const& s : strings) all.push_back(s.c_str());
    return all;
  };
  auto const start = std::chrono::steady_clock::now();
  nvrtcProgram program = nullptr;
  nvrtcResult result =
      n.create(&program, source.c_str(), "network.cu", static_cast<int>(names.size()),
               pointers(texts).data(), pointers(names).data());
  if (result == NVRTC_SUCCESS) {
    result = n.compile(program, static_cast<int>(flags.size()), pointers(flags).data());
    std::size_t size = 0;
    if (n.log_size(program, &size) == NVRTC_SUCCESS && size > 1) {
      cubin.log.resize(size - 1);
      n.log(program, cubin.log.data());
    }
    auto const fetch = [&](auto size_of, auto get) {
      if (result == NVRTC_SUCCESS) result = size_of(program, &size);
      cubin.image.resize(result == NVRTC_SUCCESS ? size : 0);
      if (result == NVRTC_SUCCESS) result = get(program, cubin.image.data());
    };
    if (is_ptx)
      fetch(n.ptx_size, n.ptx);
    else
      fetch(n.cubin_size, n.cubin);
    n.destroy(&program);
  }
  if (result != NVRTC_SUCCESS || cubin.image.empty()) {
    cubin.image.clear();
    cubin.reason = fmt::format("NVRTC {}.{} failed for {}: {}\n{}", major, minor, target,
                               n.error_text(result), cubin.log);
    return cubin;
  }
  double const seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  cubin.origin = fmt::format("compiled in {:.1f} s", seconds);
  write_cached(name, cubin.image);
  return cubin;
}

}  // namespace cristae::cuda
