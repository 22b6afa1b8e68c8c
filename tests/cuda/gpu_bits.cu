// tests/cuda/gpu_bits.cu - proves on a GPU that host/core has the CPU's bits: Philox, math, whole ensembles.
//
// Exit codes: 0 equal, 7 different, 6 no usable GPU (77, a skip for ctest, unless
// CRISTAE_REQUIRE_GPU=1). Prints one JSON object.
#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "cuda/table_kernel.cuh"
#include "host/backends/backends.hpp"
#include "host/engine/tables.hpp"
#include "host/io/network_reader.hpp"
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

core::Program upload(core::Program p) {
  u32 guards = 0, segments = 1;
  for (u32 j = 0; j < p.reactions; ++j) guards = std::max(guards, p.terms[j].guard_end);
  for (u32 k = 1; k < p.stops.count; ++k)
    segments += (p.stops.actions[k] & core::stop_changes) != 0;
  u32 const adds = p.schedule.add_begin[segments];
  u32 const changes = p.change_begin[p.reactions + 1];
  p.ops = on_device(p.ops, p.ops_count);
  p.terms = on_device(p.terms, p.reactions);
  p.guards = on_device(p.guards, guards);
  p.change_begin = on_device(p.change_begin, p.reactions + 2);
  p.changes = on_device(p.changes, changes);
  p.initial = on_device(p.initial, p.initial_rows * p.hashed);
  p.multipliers = on_device(p.multipliers, p.hashed + 3);
  p.stops.interval_high = on_device(p.stops.interval_high, p.stops.count);
  p.stops.interval_low = on_device(p.stops.interval_low, p.stops.count);
  p.stops.actions = on_device(p.stops.actions, p.stops.count);
  p.schedule.values = on_device(p.schedule.values, usize(segments) * p.schedule.constants);
  p.schedule.add_begin = on_device(p.schedule.add_begin, segments + 1);
  p.schedule.add_species = on_device(p.schedule.add_species, adds);
  p.schedule.add_count = on_device(p.schedule.add_count, adds);
  return p;
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

struct HashSink final : SampleSink {
  std::vector<u64> hashes;
  explicit HashSink(u64 n) : hashes(n) {}
  void finished(TrajectoryEnd const& end, std::span<double const>) override {
    hashes[end.id] = end.hash;
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
  double gpu_ms = 0;
};

Outcome compare(std::string const& networks, Case const& c, u64 trajectories) {
  Network const network = read_network_file(networks + "/" + c.network + "/network.toml");
  ExperimentRequest request;
  request.condition = c.condition;
  request.t_end = c.t_end;
  Experiment const experiment = resolve(network, request);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.trajectories = trajectories;
  plan.seed = 20261121;
  HashSink cpu(trajectories);
  RunControl control;
  make_engine("cpu", plan)->run(cpu, control);

  u32 const block_size = 128;
  u32 const threads =
      u32((std::min<u64>(trajectories, 65536) + block_size - 1) / block_size) * block_size;
  LawGraph const graph = build_law_graph(network);
  Tables const tables(graph, plan, {threads, true, false});
  cuda::TableLaunch launch{};
  launch.program = upload(tables.program());
  launch.registers = on_device<float>(nullptr, usize(threads) * tables.register_count());
  launch.propensities = on_device<float>(nullptr, usize(threads) * tables.program().reactions);
  launch.tree = on_device<float>(
      nullptr, usize(threads) * (core::tree_depth(tables.program().reactions) + 2));
  launch.trajectories = trajectories;
  launch.seed = plan.seed;
  launch.max_events = plan.max_events;
  launch.hashes = on_device<u64>(nullptr, trajectories);
  launch.events = on_device<u64>(nullptr, trajectories);
  launch.statuses = on_device<u8>(nullptr, trajectories);
  check(cudaMemset(launch.statuses, cuda::not_run, trajectories), "cudaMemset");
  cudaEvent_t begin, end;
  check(cudaEventCreate(&begin), "cudaEventCreate");
  check(cudaEventCreate(&end), "cudaEventCreate");
  check(cudaEventRecord(begin), "cudaEventRecord");
  cuda::table_kernel<<<threads / block_size, block_size>>>(launch);
  check(cudaGetLastError(), "launch of table_kernel");
  check(cudaEventRecord(end), "cudaEventRecord");
  check(cudaEventSynchronize(end), "table_kernel");
  float ms = 0;
  check(cudaEventElapsedTime(&ms, begin, end), "cudaEventElapsedTime");

  Outcome outcome;
  outcome.gpu_ms = ms;
  auto const hashes = on_host(launch.hashes, trajectories);
  auto const events = on_host(launch.events, trajectories);
  auto const statuses = on_host(launch.statuses, trajectories);
  for (u64 i = 0; i < trajectories; ++i) {
    outcome.events += events[i];
    outcome.hash += core::ensemble_term(hashes[i], i);
    if (outcome.equal && (hashes[i] != cpu.hashes[i] || statuses[i] == cuda::not_run)) {
      outcome.equal = false;
      std::fprintf(stderr, "%s: trajectory %llu differs: cpu %016llx, gpu %016llx, status %u\n",
                   c.network, (unsigned long long)i, (unsigned long long)cpu.hashes[i],
                   (unsigned long long)hashes[i], unsigned(statuses[i]));
    }
  }
  return outcome;
}

int no_gpu(char const* why) {
  char const* const required = std::getenv("CRISTAE_REQUIRE_GPU");
  std::printf("{\"gpu\": null, \"reason\": \"%s\"}\n", why);
  return required && std::strcmp(required, "1") == 0 ? 6 : 77;
}

}  // namespace

int main(int argc, char** argv) {
  std::string const networks = argc > 1 ? argv[1] : CRISTAE_SOURCE_NETWORKS;
  bool const small = argc > 2 && std::strcmp(argv[2], "--small") == 0;
  int devices = 0;
  cudaError_t const found = cudaGetDeviceCount(&devices);
  if (found != cudaSuccess) return no_gpu(cudaGetErrorString(found));
  if (devices == 0) return no_gpu("no CUDA device");
  try {
    cudaDeviceProp device;
    check(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
    bool equal = true;
    auto verdict = [&](bool ok) {
      equal = equal && ok;
      return ok ? "true" : "false";
    };
    std::printf("{\"gpu\": \"%s\", \"compute_capability\": \"%d.%d\",\n \"philox_equal\": %s,\n",
                device.name, device.major, device.minor, verdict(philox_agrees()));
    std::printf(" \"math_equal\": %s,\n \"ensembles\": [", verdict(math_agrees()));
    char const* separator = "\n";
    for (Case const& c : {Case{"vilar", "", 20, 4096}, Case{"isr", "mito", 60, 4096},
                          Case{"isr", "er_pulses", 200, 1024}, Case{"mitophagy", "cccp", 100, 2048},
                          Case{"chain", "", 5, 1024}, Case{"schloegl", "", 2, 1000},
                          Case{"telegraph", "", 100, 33}, Case{"dimerisation", "", 10, 1}}) {
      Outcome const o =
          compare(networks, c, small ? std::min<u64>(c.trajectories, 64) : c.trajectories);
      std::printf(
          "%s  {\"network\": \"%s\", \"condition\": \"%s\", \"equal\": %s, \"events\": %llu, "
          "\"contract_hash\": \"%016llx\", \"gpu_ms\": %.3f}",
          separator, c.network, c.condition, verdict(o.equal), (unsigned long long)o.events,
          (unsigned long long)o.hash, o.gpu_ms);
      separator = ",\n";
    }
    std::printf("],\n \"equal\": %s}\n", equal ? "true" : "false");
    return equal ? 0 : 7;
  } catch (CudaError const& e) {
    std::fprintf(stderr, "error: %s\n", e.text.c_str());
    return 6;
  } catch (Error const& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.code());
  }
}
