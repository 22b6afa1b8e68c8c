// tests/cuda/device_code_test.cpp - which kernel a run takes where NVRTC is missing; needs no driver.
#include "cuda/device_code.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "cuda/table_kernel.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

/// NVRTC is looked up once in a process: this one has none.
bool const has_none = setenv("CRISTAE_NVRTC", "", 1) == 0;

struct Fixture {
  Network network;
  Experiment experiment;
  RunPlan plan;
  LawGraph graph;

  Fixture(Network of, Code code)
      : network(std::move(of)), experiment(resolve(network, {})), graph(build_law_graph(network)) {
    plan.experiment = &experiment;
    plan.code = code;
  }
  cuda::DeviceCode code() const {
    cuda::Device device;
    device.major = 9;
    return {graph, plan, {device}};
  }
};

TEST(DeviceCode, IsTablesWhereTheyAreAskedFor) {
  Fixture const f(bundled("vilar"), Code::table);
  auto const code = f.code();
  EXPECT_EQ(code.text(), "tables");
  cuda::Device device;
  device.major = 9;
  EXPECT_EQ(code.kernel(device).image, cuda::table_kernel_ptx());
  EXPECT_TRUE(code.kernel(device).reads_tables);
}

TEST(DeviceCode, IsTablesWithTheReasonWithoutNvrtc) {
  ASSERT_TRUE(has_none);
  EXPECT_EQ(Fixture(bundled("vilar"), Code::automatic).code().text(),
            "tables: CRISTAE_NVRTC is empty");
}

TEST(DeviceCode, IsTablesWithTheReasonForALargeNetwork) {
  std::string text =
      "[network]\nname = \"large\"\ntime_unit = \"s\"\n[run]\nt_end = 1\nsample_every = "
      "1\n[parameters]\nk = 1\n";
  text += "[species]\nA = { initial = 1 }\n[reactions]\n";
  for (int j = 0; j <= 1500; ++j)
    text += fmt::format("r{} = {{ equation = \"0 -> A\", mass_action = \"k\" }}\n", j);
  EXPECT_EQ(Fixture(read_network_text(text, "large.toml"), Code::automatic).code().text(),
            "tables: it has 1501 reactions, code is generated for 1 to 1500");
}

TEST(DeviceCode, IsAnErrorWhereGeneratedCodeIsAskedForAndCannotBeHad) {
  try {
    Fixture(bundled("vilar"), Code::generated).code();
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::device);
    EXPECT_STREQ(error.what(),
                 "error: there is no generated code for network 'vilar' on a GPU (CRISTAE_NVRTC is "
                 "empty). Use --code auto.");
  }
}

}  // namespace
}  // namespace cristae::test
