// tests/cuda/nvrtc_test.cpp - NVRTC compiles all of host/core for every architecture, without a GPU.
#include <gtest/gtest.h>

#include <string>

#include "host/backends/backends.hpp"
#include "host/io/network_reader.hpp"
#include "tests/cuda/nvrtc_program.hpp"

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

void expect_cubin(std::string const& text, char const* for_architecture) {
  EXPECT_GT(test::nvrtc_cubin({text, for_architecture, {"cuda/table_kernel.cuh"}}).size(), 1000u);
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
