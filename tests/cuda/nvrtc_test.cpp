// tests/cuda/nvrtc_test.cpp - NVRTC compiles all of host/core for every architecture, without a GPU.
#include <gtest/gtest.h>

#include <string>

#include "cuda/sample_reduction.hpp"
#include "host/io/network_file.hpp"
#include "host/stats/ensemble.hpp"
#include "tests/cuda/nvrtc_program.hpp"

namespace cristae {
namespace {

/// Every header of host/core: threads over tables, and the form for one trajectory. Generated code is
/// kernel_budget_test's.
char const* const source = R"cuda(
#include "host/core/slice.hpp"
using namespace cristae;

extern "C" __global__ void tables(__grid_constant__ core::Slice const slice) {
  core::run_slice<core::TableThreadRunner<core::SliceHost>>(slice, slice.block, threadIdx.x,
                                                            core::NoData{});
}

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
  runner.run(state, {0, 0, 0});
  *hash = state.hash;
}
)cuda";

class Nvrtc : public testing::TestWithParam<char const*> {};

TEST_P(Nvrtc, CompilesTheCoreWithoutAnySystemHeader) {
  EXPECT_GT(test::nvrtc_cubin({source, GetParam(), {}}).size(), 1000u);
}

TEST_P(Nvrtc, CompilesTheReductionOfColumns) {
  for (char const* name : {"coupled", "mam_ca", "telegraph"}) {
    Network const network =
        read_network_file(std::string(CRISTAE_SOURCE_DIR) + "/networks/" + name + "/network.toml");
    Experiment const experiment = resolve(network, {});
    RecorderOptions options;
    options.lagged = {{0, 0}};
    EnsembleRecorder recorder(experiment, choose_columns(network, {}), 0, 1, u64{1} << 40, options);
    SCOPED_TRACE(name);
    auto const text = cuda::reduction_source(recorder.reduction()->request());
    EXPECT_GT(test::nvrtc_cubin({text, GetParam(), {}}).size(), 1000u);
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, Nvrtc,
                         testing::Values("sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100",
                                         "sm_120"));

}  // namespace
}  // namespace cristae
