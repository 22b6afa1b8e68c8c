// tests/cuda/gpu_bits.cu - proves on a GPU that there are the CPU's bits: Philox, math, ensembles, sums.
//
//   gpu_bits [NETWORKS] [--small] [--engine-only]
// --small: fewer and shorter trajectories; --engine-only: without the kernels of its own, for a driver
// that is not NVIDIA's. Exit codes: 0 equal, 7 different, 6 no usable GPU (77, a skip for ctest, unless
// CRISTAE_REQUIRE_GPU=1). Prints one JSON object.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/core/hash.hpp"
#include "host/core/philox.hpp"
#include "host/io/network_file.hpp"
#include "tests/cuda/gpu_sums.hpp"
#include "tests/support/math_hash.hpp"
#include "tests/support/philox_vectors.hpp"

namespace {

using namespace cristae;

struct CudaError {
  std::string text;
};

void check(cudaError_t status, char const* what) {
  if (status != cudaSuccess) throw CudaError{std::string(what) + ": " + cudaGetErrorString(status)};
}

/// Device memory for one run of the program; freed with the context at exit.
template <class T>
T* on_device(T const* from, usize count) {
  T* to = nullptr;
  check(cudaMalloc(&to, std::max<usize>(1, count) * sizeof(T)), "cudaMalloc");
  if (from && count > 0)
    check(cudaMemcpy(to, from, count * sizeof(T), cudaMemcpyHostToDevice), "copy to the device");
  return to;
}

template <class T>
std::vector<T> on_host(T const* from, usize count) {
  std::vector<T> to(count);
  check(cudaMemcpy(to.data(), from, count * sizeof(T), cudaMemcpyDeviceToHost), "copy to the host");
  return to;
}

// --- math ----------------------------------------------------------------------------------------

__global__ void math_kernel(core::u64* hashes, core::u32 count) {
  core::u32 const i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) hashes[i] = test::math_hash(i * 2654435761u);
}

bool math_agrees() {
  constexpr core::u32 count = 1u << 22;
  core::u64* const device = on_device<core::u64>(nullptr, count);
  math_kernel<<<(count + 255) / 256, 256>>>(device, count);
  check(cudaGetLastError(), "launch of math_kernel");
  std::vector<core::u64> const got = on_host(device, count);
  for (core::u32 i = 0; i < count; ++i)
    if (got[i] != test::math_hash(i * 2654435761u)) {
      std::fprintf(stderr, "math differs first at word %u\n", i);
      return false;
    }
  return true;
}

__global__ void philox_kernel(test::PhiloxVector vector, core::u32* answer) {
  core::PhiloxBlock<core::ScalarLane> block;
  for (int k = 0; k < 4; ++k) block.word[k] = vector.counter[k];
  block = core::philox<core::ScalarLane>(
      block, core::PhiloxKeys(core::u64(vector.key[1]) << 32 | vector.key[0]));
  for (int k = 0; k < 4; ++k) answer[k] = block.word[k];
}

bool philox_agrees() {
  core::u32* const device = on_device<core::u32>(nullptr, 4);
  for (test::PhiloxVector const& v : test::philox_vectors) {
    philox_kernel<<<1, 1>>>(v, device);
    check(cudaGetLastError(), "launch of philox_kernel");
    if (std::memcmp(on_host(device, 4).data(), v.answer, sizeof v.answer) != 0) return false;
  }
  return true;
}

// --- ensembles ------------------------------------------------------------------------------------

struct EndSink final : SampleSink {
  std::vector<u64> hashes, events;
  explicit EndSink(u64 n) : hashes(n), events(n) {}
  void finished(TrajectoryEnd const& end, std::span<double const>) override {
    hashes[end.id] = end.hash;
    events[end.id] = end.events;
  }
};

struct Case {
  char const* network;
  char const* condition;
  double t_end;
  u64 trajectories;
};

struct Outcome {
  bool equal = true;
  u64 events = 0, hash = 0;
  std::string code;
};

/// Trajectory by trajectory, the engine with one form of code against the CPU.
Outcome compare(std::string const& networks, Case const& c, u64 trajectories, Code code) {
  Network const network = read_network_file(networks + "/" + c.network + "/network.toml");
  ExperimentRequest request;
  request.condition = c.condition;
  request.t_end = c.t_end;
  Experiment const experiment = resolve(network, request);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.trajectories = trajectories;
  plan.seed = 20261121;
  EndSink cpu(trajectories), gpu(trajectories);
  RunControl of_cpu, of_gpu;
  make_engine("cpu", plan)->run(cpu, of_cpu);
  plan.code = code;
  auto const engine = make_engine("cuda", plan);
  engine->run(gpu, of_gpu);

  Outcome outcome;
  outcome.code = engine->code();
  // Results that the CPU took over prove nothing about the card.
  for (auto const& remark : engine->remarks()) {
    std::fprintf(stderr, "%s: %s (%s)\n", c.network, remark.problem.c_str(), remark.reason.c_str());
    outcome.equal = false;
  }
  for (u64 i = 0; i < trajectories; ++i) {
    outcome.events += gpu.events[i];
    outcome.hash += core::ensemble_term(gpu.hashes[i], i);
    if (outcome.equal && (gpu.hashes[i] != cpu.hashes[i] || gpu.events[i] != cpu.events[i])) {
      outcome.equal = false;
      std::fprintf(stderr, "%s: trajectory %llu differs: cpu %016llx, gpu %016llx\n", c.network,
                   (unsigned long long)i, (unsigned long long)cpu.hashes[i],
                   (unsigned long long)gpu.hashes[i]);
    }
  }
  return outcome;
}

int no_gpu(char const* why) {
  char const* const required = std::getenv("CRISTAE_REQUIRE_GPU");
  std::printf("{\"gpu\": null, \"reason\": \"%s\"}\n", why);
  return required && std::strcmp(required, "1") == 0 ? 6 : 77;
}

/// Philox and math by kernels of this program.
bool kernels_agree() {
  int devices = 0;
  cudaError_t const found = cudaGetDeviceCount(&devices);
  if (found != cudaSuccess || devices == 0)
    throw CudaError{found != cudaSuccess ? cudaGetErrorString(found) : "no CUDA device"};
  cudaDeviceProp device;
  check(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
  bool const philox = philox_agrees(), math = math_agrees();
  std::printf(
      " \"gpu\": \"%s\", \"compute_capability\": \"%d.%d\",\n"
      " \"philox_equal\": %s, \"math_equal\": %s,\n",
      device.name, device.major, device.minor, philox ? "true" : "false", math ? "true" : "false");
  return philox && math;
}

bool ensembles_agree(std::string const& networks, bool is_small) {
  bool all_equal = true;
  char const* separator = "\n";
  std::printf(" \"ensembles\": [");
  for (Case const& c : {Case{"vilar", "", 20, 4096}, Case{"isr", "mito", 60, 4096},
                        Case{"isr", "er_pulses", 200, 1024}, Case{"mitophagy", "cccp", 100, 2048},
                        Case{"chain", "", 5, 1024}, Case{"schloegl", "", 2, 1000},
                        Case{"telegraph", "", 100, 33}, Case{"dimerisation", "", 10, 1},
                        Case{"mam_ca", "agonist", 0.01, 256}, Case{"coupled", "combo", 1, 256}})
    for (Code const code : {Code::generated, Code::table}) {
      Case small = c;
      if (is_small) {
        small.t_end /= 10;
        small.trajectories = std::min<u64>(c.trajectories, 48);
      }
      Outcome const o = compare(networks, small, small.trajectories, code);
      all_equal = all_equal && o.equal;
      std::printf(
          "%s  {\"network\": \"%s\", \"condition\": \"%s\", \"code\": \"%s\", \"equal\": %s, "
          "\"trajectories\": %llu, \"events\": %llu, \"contract_hash\": \"%016llx\"}",
          separator, c.network, c.condition, o.code.c_str(), o.equal ? "true" : "false",
          (unsigned long long)small.trajectories, (unsigned long long)o.events,
          (unsigned long long)o.hash);
      std::fflush(stdout);
      separator = ",\n";
    }
  std::printf("],\n");
  return all_equal;
}

}  // namespace

int main(int argc, char** argv) {
  std::string networks = CRISTAE_SOURCE_NETWORKS;
  bool is_small = false, has_kernels = true;
  for (int i = 1; i < argc; ++i) {
    std::string const argument = argv[i];
    if (argument == "--small")
      is_small = true;
    else if (argument == "--engine-only")
      has_kernels = false;
    else
      networks = argument;
  }
  try {
    for (DeviceInfo const& device : list_devices())
      if (device.engine == "cuda" && !device.usable) return no_gpu(device.reason.c_str());
    std::printf("{");
    bool const kernels = !has_kernels || kernels_agree();
    bool const ensembles = ensembles_agree(networks, is_small);
    std::printf(" \"statistics\": [");
    bool const equal = test::sums_agree(networks, is_small) && ensembles && kernels;
    std::printf("],\n");
    std::printf(" \"equal\": %s}\n", equal ? "true" : "false");
    return equal ? 0 : 7;
  } catch (CudaError const& e) {
    std::fprintf(stderr, "error: %s\n", e.text.c_str());
    return 6;
  } catch (Error const& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.code());
  }
}
