// tests/cuda/nvrtc_test.cpp - NVRTC compiles all of host/core for every architecture, without a GPU.
#include <gtest/gtest.h>
#include <nvrtc.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/io/network_reader.hpp"
#include "host/jit/embedded_headers.hpp"

namespace cristae {
namespace {

/// Every header of host/core, the block by the table kernel, the one-lane form by a kernel of its own.
char const* const source = R"cuda(
#include "cuda/table_kernel.cuh"
#include "host/core/one_lane.hpp"
using namespace cristae;

template __global__ void cuda::table_kernel<cuda::TableLaunch>(cuda::TableLaunch);

struct SilentHost {
  static constexpr bool sees_events = false;
  CRISTAE_CORE void sample(core::u32, core::WideCounts const&) {}
  CRISTAE_CORE bool pause(core::u64) { return false; }
};

extern "C" __global__ void one_lane(core::Program program, core::Dependencies dependencies,
                                    core::OneLane memory, core::u64 seed, core::u64* hash) {
  SilentHost host;
  core::OneLaneRunner<SilentHost> runner{
      program, memory, core::TableOneLaws{program, dependencies, memory}, host, seed, 1000000};
  core::TrajectoryState state;
  runner.run(state, 0);
  *hash = state.hash;
}
)cuda";

class Nvrtc : public testing::TestWithParam<char const*> {};

std::string table_kernel() {
  std::ifstream file(CRISTAE_SOURCE_DIR "/cuda/table_kernel.cuh");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Compiles to a cubin; the core's headers come from the binary, as they will on a user's machine.
void expect_cubin(std::string const& text, char const* for_architecture) {
  std::vector<std::string> names{"cuda/table_kernel.cuh"}, texts{table_kernel()};
  for (auto const& header : embedded_headers()) {
    names.emplace_back(header.name);
    texts.emplace_back(header.text);
  }
  std::vector<char const*> name_pointers, text_pointers;
  for (usize i = 0; i < names.size(); ++i) {
    name_pointers.push_back(names[i].c_str());
    text_pointers.push_back(texts[i].c_str());
  }
  nvrtcProgram program;
  ASSERT_EQ(nvrtcCreateProgram(&program, text.c_str(), "core.cu", int(names.size()),
                               text_pointers.data(), name_pointers.data()),
            NVRTC_SUCCESS);
  std::string const architecture = std::string("--gpu-architecture=") + for_architecture;
  std::vector<char const*> const options{architecture.c_str(), "--std=c++20",
                                         "--fmad=false",       "--ftz=false",
                                         "--prec-div=true",    "--prec-sqrt=true"};
  nvrtcResult const result = nvrtcCompileProgram(program, int(options.size()), options.data());
  std::size_t log_size = 0;
  nvrtcGetProgramLogSize(program, &log_size);
  std::string log(log_size, ' ');
  nvrtcGetProgramLog(program, log.data());
  EXPECT_EQ(result, NVRTC_SUCCESS) << log;
  std::size_t cubin_size = 0;
  ASSERT_EQ(nvrtcGetCUBINSize(program, &cubin_size), NVRTC_SUCCESS);
  EXPECT_GT(cubin_size, 1000u);
  nvrtcDestroyProgram(&program);
}

TEST_P(Nvrtc, CompilesTheCoreWithoutAnySystemHeader) { expect_cubin(source, GetParam()); }

TEST_P(Nvrtc, CompilesTheGeneratedCodeOfEveryBundledNetwork) {
  for (char const* name : {"birth_death", "chain", "coupled", "dimerisation", "isr", "mam_ca",
                           "mitophagy", "schloegl", "telegraph", "uprmt", "uprmt_cel", "vilar"}) {
    Network const network =
        read_network_file(std::string(CRISTAE_SOURCE_DIR) + "/networks/" + name + "/network.toml");
    Experiment const experiment = resolve(network, {});
    RunPlan plan;
    plan.experiment = &experiment;
    SCOPED_TRACE(name);
    expect_cubin(
        "#include \"cuda/table_kernel.cuh\"\n#include \"host/core/generated_laws.hpp\"\n" +
            generated_code(plan) +
            "template __global__ void cristae::cuda::table_kernel<cristae::cuda::TableLaunch,\n"
            "    cristae::core::GeneratedLaws<Network, cristae::core::ScalarLane, 1>>(\n"
            "    cristae::cuda::TableLaunch);\n",
        GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, Nvrtc,
                         testing::Values("sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100",
                                         "sm_120"));

}  // namespace
}  // namespace cristae
