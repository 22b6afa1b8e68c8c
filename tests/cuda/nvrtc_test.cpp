// tests/cuda/nvrtc_test.cpp - NVRTC compiles all of host/core for every architecture, without a GPU.
#include <gtest/gtest.h>
#include <nvrtc.h>

#include <string>
#include <vector>

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
  core::OneLaneRunner<SilentHost> runner{program, dependencies, memory, host, seed, 1000000};
  core::TrajectoryState state;
  runner.run(state, 0);
  *hash = state.hash;
}
)cuda";

class Nvrtc : public testing::TestWithParam<char const*> {};

TEST_P(Nvrtc, CompilesTheCoreWithoutAnySystemHeader) {
  nvrtcProgram program;
  ASSERT_EQ(nvrtcCreateProgram(&program, source, "core.cu", 0, nullptr, nullptr), NVRTC_SUCCESS);
  std::string const architecture = std::string("--gpu-architecture=") + GetParam();
  std::vector<char const*> const options{
      architecture.c_str(), "--std=c++20",      "--fmad=false",         "--ftz=false",
      "--prec-div=true",    "--prec-sqrt=true", "-I" CRISTAE_SOURCE_DIR};
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

INSTANTIATE_TEST_SUITE_P(Architectures, Nvrtc,
                         testing::Values("sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100",
                                         "sm_120"));

}  // namespace
}  // namespace cristae
