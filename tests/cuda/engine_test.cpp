// tests/cuda/engine_test.cpp - the CUDA engine on a stand-in for the driver: equal bits, and what faults cost.
//
// The worker finds tests/cuda/stand_in through the loader's path; it executes the PTX of NVRTC.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "cuda/device_job.hpp"
#include "cuda/worker.hpp"
#include "tests/support/event_networks.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/stand_in.hpp"
#include "tests/support/window.hpp"

namespace cristae::test {
namespace {

class CudaEngine : public OnStandIn {};

struct Outcome {
  Kept kept;
  std::vector<Diagnostic> remarks;
};

/// 400 trajectories of Vilar's oscillator, some 30 slices of the grid.
struct Vilar {
  Network network = bundled("vilar");
  Experiment experiment;
  RunPlan plan;

  Vilar() {
    ExperimentRequest request;
    request.t_end = 2;
    request.sample_every = 0.25;
    experiment = resolve(network, request);
    plan.experiment = &experiment;
    plan.trajectories = 400;
    plan.first = 17;
    plan.seed = 5;
    plan.threads = 2;
  }
  Vilar(Vilar const&) = delete;
  Vilar& operator=(Vilar const&) = delete;

  Outcome on(char const* engine_name) const {
    Keeper keeper;
    RunControl control;
    auto const engine = make_engine(engine_name, plan);
    engine->run(keeper, control);
    EXPECT_EQ(control.trajectories, keeper.kept.by_id.size());
    return {std::move(keeper.kept), engine->remarks()};
  }
};

void expect_equal(Kept const& got, Kept const& expected, u32 samples) {
  ASSERT_EQ(got.by_id.size(), expected.by_id.size());
  for (auto const& [id, t] : expected.by_id) {
    ASSERT_EQ(got.by_id.count(id), 1u) << id;
    auto const& g = got.by_id.at(id);
    EXPECT_EQ(g.end.hash, t.end.hash) << id;
    EXPECT_EQ(g.end.status, t.end.status) << id;
    EXPECT_EQ(g.end.events, t.end.events) << id;
    EXPECT_EQ(g.end.time, t.end.time) << id;
    EXPECT_EQ(g.end.reaction, t.end.reaction) << id;
    EXPECT_EQ(g.end.state, t.end.state) << id;
    ASSERT_EQ(g.end.samples, t.end.samples) << id;
    for (usize row = 0; row < t.samples.size(); row += samples)
      for (u32 k = 0; k < t.end.samples; ++k)
        ASSERT_EQ(g.samples[row + k], t.samples[row + k]) << id << " " << row << " " << k;
  }
}

TEST_F(CudaEngine, GivesCellsAndParameterSetsTheBitsOfTheCpuEngine) {
  struct Case {
    char const* network;
    char const* condition;
    std::vector<std::string> vary, swept;
    std::vector<std::vector<double>> sets;
    core::u64 sisters = 1;
  };
  // Constants that differ, counts that differ, a schedule, and sets of few trajectories.
  for (auto const& c :
       {Case{"vilar", "", {"alpha_A=lognormal(cv=0.4)"}, {}, {}},
        Case{"isr", "er_pulses", {"all", "er_stress=gamma(cv=0.3)"}, {}, {}},
        Case{"telegraph", "", {"s=uniform(cv=0.3)"}, {"on", "off"}, {{0.5, 5}, {1, 2}, {3, 1}}},
        Case{"vilar", "", {}, {}, {}, 3}, Case{"isr", "er_pulses", {"all"}, {}, {}, 2}}) {
    RunOptions o;
    o.condition = c.condition;
    o.t_end = std::string(c.network) == "isr" ? 130 : 0.5;
    o.sample_every = o.t_end / 2;
    o.trajectories = 41;
    o.first = 3;
    o.seed = 9;
    o.vary = c.vary;
    o.swept = c.swept;
    o.sets = c.sets;
    o.sisters = c.sisters;
    if (c.sisters > 1) o.fork_at = o.t_end / 3;
    o.threads = 2;
    Network const network = bundled(c.network);
    auto const expected = run(network, o);
    o.engine = "cuda";
    expect_equal(run(network, o), expected, 3);
  }
}

TEST_F(CudaEngine, CarriesEventsOutWithTheBitsOfTheCpuEngine) {
  struct Case {
    char const* events;
    Code code;
    std::vector<std::string> vary, swept;
    std::vector<std::vector<double>> sets;
  };
  // The last one: beyond float32 at once, and an event that fails in some.
  char const* const fails =
      "large = { trigger = \"P > 70\", set = { n = \"2^25 + P\" } }\n"
      "wrong = { trigger = \"Q > 40\", set = { P = \"P / 4\" } }";
  for (auto const& c :
       {Case{threshold_events, Code::generated, {}, {}, {}},
        Case{events_of_every_kind,
             Code::generated,
             {"k=lognormal(cv=0.3)", "P=gamma(cv=0.2)"},
             {},
             {}},
        Case{events_of_every_kind, Code::table, {}, {"next", "low"}, {{1, 20}, {4, 30}}},
        Case{fails, Code::generated, {}, {}, {}}}) {
    RunOptions o;
    o.condition = "shifted";
    o.burn_in = 1;
    o.trajectories = 41;
    o.vary = c.vary;
    o.swept = c.swept;
    o.sets = c.sets;
    o.code = c.code;
    o.threads = 2;
    Network const network = network_with(c.events);
    auto const expected = run(network, o);
    o.engine = "cuda";
    expect_equal(run(network, o), expected, 25);
  }
}

TEST_F(CudaEngine, HasTheBitsOfTheCpuEngineAtAwkwardSizes) {
  for (u64 const trajectories : {1, 31, 32, 33, 257, 1000}) {
    RunOptions o;
    o.t_end = 0.2;
    o.sample_every = 0.1;
    o.trajectories = trajectories;
    Network const network = bundled("vilar");
    auto const cpu = run(network, o);
    o.engine = "cuda";
    expect_equal(run(network, o), cpu, 3);
  }
}

TEST_F(CudaEngine, HasTheSameBitsWithTables) {
  Variable const devices{"CRISTAE_STAND_IN", "devices=2"};
  Vilar vilar;
  auto const cpu = vilar.on("cpu");
  vilar.plan.code = Code::table;
  EXPECT_EQ(make_engine("cuda", vilar.plan)->code(), "tables");
  expect_equal(vilar.on("cuda").kept, cpu.kept, 9);
}

class CudaEngineOnNetworks : public CudaEngine, public testing::WithParamInterface<char const*> {};

TEST_P(CudaEngineOnNetworks, HasTheBitsOfTheCpuEngine) {
  Network const network = bundled(GetParam());
  usize index = 0;
  for (auto const& condition : conditions_of(network)) {
    if (index++ % 16 != 1 && network.conditions.size() > 1) continue;
    SCOPED_TRACE(condition);
    ExperimentRequest request;
    request.condition = condition;
    request.samples = 20;
    Experiment experiment = resolve(network, request);
    RunPlan plan;
    plan.experiment = &experiment;
    plan.seed = 3;
    plan.threads = 2;
    scale_into_window(experiment, plan);
    plan.trajectories = 65;
    plan.max_events = window;
    Keeper cpu, cuda;
    RunControl control;
    make_engine("cpu", plan)->run(cpu, control);
    make_engine("cuda", plan)->run(cuda, control);
    expect_equal(cuda.kept, cpu.kept, static_cast<u32>(experiment.sample_times.size()));
  }
}

INSTANTIATE_TEST_SUITE_P(Bundled, CudaEngineOnNetworks,
                         testing::Values("birth_death", "chain", "coupled", "dimerisation", "isr",
                                         "mam_ca", "mitophagy", "schloegl", "telegraph", "uprmt",
                                         "uprmt_cel", "vilar"),
                         [](auto const& info) { return std::string(info.param); });

TEST_F(CudaEngine, HandsTrajectoriesThatLeaveFloat32ToTheCpu) {
  Network const network = read_network_text(R"(
[network]
name = "large"
time_unit = "s"
[parameters]
k = { value = 1e6, unit = "1/s" }
[species]
A = { initial = 16700000 }
[reactions]
made = { equation = "0 -> A", mass_action = "k" }
[run]
t_end = 0.1
sample_every = 0.02
)",
                                            "large.toml");
  RunOptions o;
  o.trajectories = 5;
  auto const cpu = run(network, o);
  o.engine = "cuda";
  auto const cuda = run(network, o);
  EXPECT_GT(cpu.by_id.at(0).samples.back(), 16777216.0);
  expect_equal(cuda, cpu, 6);
}

TEST_F(CudaEngine, SharesARunAmongAllDevices) {
  Vilar const vilar;
  Variable const three("CRISTAE_STAND_IN", "devices=3");
  auto const engine = make_engine("cuda", vilar.plan);
  EXPECT_EQ(engine->isa(),
            "GPU 0 (Stand-in, sm_990), GPU 1 (Stand-in, sm_990), GPU 2 (Stand-in, sm_990)");
  expect_equal(vilar.on("cuda").kept, vilar.on("cpu").kept, 9);
}

TEST_F(CudaEngine, FailsOnceAndGoesOnWithANewProcess) {
  Vilar const vilar;
  auto const cpu = vilar.on("cpu").kept;
  for (char const* fault :
       {"cuLaunchKernel@2=719", "cuLaunchKernel@1=700", "cuMemcpyDtoHAsync@2=214",
        "cuStreamSynchronize@3=700", "cuModuleLoadData@1=46"}) {
    SCOPED_TRACE(fault);
    // One device of two fails; a new process starts counting calls anew, so it fails again.
    Variable const faulty("CRISTAE_STAND_IN", fault);
    auto const outcome = vilar.on("cuda");
    expect_equal(outcome.kept, cpu, 9);
    ASSERT_EQ(outcome.remarks.size(), 2u);
    EXPECT_NE(to_string(outcome.remarks[0]).find("are computed again, with a new process."),
              std::string::npos)
        << to_string(outcome.remarks[0]);
    EXPECT_NE(to_string(outcome.remarks[1]).find("elsewhere; the card gets no more work."),
              std::string::npos)
        << to_string(outcome.remarks[1]);
  }
}

TEST_F(CudaEngine, SaysWhichCallFailedAndWhy) {
  Vilar const vilar;
  Variable const faulty("CRISTAE_STAND_IN", "cuLaunchKernel@1+=719");
  auto const outcome = vilar.on("cuda");
  ASSERT_EQ(outcome.remarks.size(), 2u);
  EXPECT_EQ(to_string(outcome.remarks[0]),
            "warning: GPU 0 (Stand-in, sm_990): the GPU failed at: launching a slice "
            "(CUDA_ERROR_LAUNCH_FAILED: the stand-in was asked to fail). "
            "400 trajectories are computed again, with a new process.");
}

TEST_F(CudaEngine, SurvivesAFailureOfEachAllocation) {
  Vilar const vilar;
  auto const cpu = vilar.on("cpu").kept;
  for (int k = 1; k <= 10; ++k) {
    SCOPED_TRACE(k);
    Variable const faulty("CRISTAE_STAND_IN", "cuMemAlloc@" + std::to_string(k) + "=2");
    expect_equal(vilar.on("cuda").kept, cpu, 9);
  }
}

TEST_F(CudaEngine, UsesSmallMemoryInSmallerRings) {
  Vilar const vilar;
  auto const cpu = vilar.on("cpu").kept;
  for (char const* memory : {"memory=2000000", "memory=500000"}) {
    Variable const small("CRISTAE_STAND_IN", memory);
    auto const outcome = vilar.on("cuda");
    expect_equal(outcome.kept, cpu, 9);
    EXPECT_TRUE(outcome.remarks.empty()) << memory << to_string(outcome.remarks[0]);
  }
}

TEST_F(CudaEngine, LetsTheCpuFinishWhereMemoryHoldsNoTrajectory) {
  Vilar const vilar;
  Variable const tiny("CRISTAE_STAND_IN", "memory=30000");
  auto const outcome = vilar.on("cuda");
  expect_equal(outcome.kept, vilar.on("cpu").kept, 9);
  EXPECT_EQ(outcome.remarks.size(), 2u);
}

TEST_F(CudaEngine, EndsAWorkerThatHangs) {
  Vilar const vilar;
  Variable const patience("CRISTAE_GPU_PATIENCE", "1");
  Variable const slow("CRISTAE_STAND_IN", "launch_ms=600000");
  auto const outcome = vilar.on("cuda");
  expect_equal(outcome.kept, vilar.on("cpu").kept, 9);
  ASSERT_EQ(outcome.remarks.size(), 2u);
  EXPECT_NE(to_string(outcome.remarks[0]).find("the GPU's worker hangs (it said nothing for 1 s)"),
            std::string::npos)
      << to_string(outcome.remarks[0]);
}

TEST_F(CudaEngine, SurvivesAWorkerThatIsKilled) {
  Vilar const vilar;
  Variable const dies("CRISTAE_STAND_IN", "cuLaunchKernel@2=10000");
  auto const outcome = vilar.on("cuda");
  expect_equal(outcome.kept, vilar.on("cpu").kept, 9);
  ASSERT_EQ(outcome.remarks.size(), 2u);
  EXPECT_NE(to_string(outcome.remarks[0]).find("its process was ended by Killed"),
            std::string::npos)
      << to_string(outcome.remarks[0]);
}

TEST_F(CudaEngine, HandsOnWhatHasEndedWhenItIsStopped) {
  Vilar vilar;
  vilar.plan.trajectories = 4000;
  auto const cpu = vilar.on("cpu").kept;
  Variable const slow("CRISTAE_STAND_IN", "launch_ms=5");
  Keeper keeper;
  RunControl control;
  auto const engine = make_engine("cuda", vilar.plan);
  {
    std::jthread const stops([&] {
      while (control.trajectories < 300) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      control.stop = true;
    });
    engine->run(keeper, control);
  }
  EXPECT_GE(keeper.kept.by_id.size(), 300u);
  EXPECT_LT(keeper.kept.by_id.size(), 4000u);
  for (auto const& [id, t] : keeper.kept.by_id)
    EXPECT_EQ(t.end.hash, cpu.by_id.at(id).end.hash) << id;
}

TEST_F(CudaEngine, ReportsEventsWhileItRuns) {
  Vilar const vilar;
  Keeper keeper;
  RunControl control;
  make_engine("cuda", vilar.plan)->run(keeper, control);
  u64 events = 0;
  for (auto const& [id, t] : keeper.kept.by_id) events += t.end.events;
  EXPECT_EQ(control.events, events);
}

std::string error_of(char const* settings) {
  Variable const set("CRISTAE_STAND_IN", settings);
  Vilar const vilar;
  try {
    make_engine("cuda", vilar.plan);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::device);
    return error.what();
  }
  return "no error";
}

TEST_F(CudaEngine, SaysWhyThereIsNoDevice) {
  EXPECT_EQ(
      error_of("init=100"),
      "error: there is no NVIDIA GPU that can be used (CUDA_ERROR_NO_DEVICE: the stand-in was "
      "asked to fail). Use --engine cpu, or auto.");
  EXPECT_EQ(error_of("init=999"),
            "error: the NVIDIA driver does not start (CUDA_ERROR: the stand-in was asked to fail). "
            "Use --engine cpu, or auto.");
  EXPECT_EQ(error_of("devices=0"),
            "error: there is no NVIDIA GPU that can be used (the driver shows none). "
            "Use --engine cpu, or auto.");
  Variable const nowhere("LD_LIBRARY_PATH", "/nowhere");
  EXPECT_EQ(error_of(""),
            "error: there is no NVIDIA driver on this machine (libcuda.so.1 cannot be loaded). "
            "Use --engine cpu, or auto.");
}

TEST_F(CudaEngine, SaysWhereTheWorkerShouldBe) {
  Variable const nowhere("CRISTAE_GPU_WORKER", "/nowhere/worker");
  EXPECT_EQ(error_of(""),
            "error: /nowhere/worker cannot be started (No such file or directory). "
            "Use --engine cpu.");
}

TEST(DeviceJob, SurvivesTheWayThroughASocket) {
  Vilar const vilar;
  LawGraph const graph = build_law_graph(vilar.network);
  Tables const tables(graph, vilar.plan, {1, false, false});
  cuda::Cubin cubin;
  cubin.image = std::string("image\0with zeros", 16);
  cuda::DeviceJob const job(vilar.plan, tables, cubin);
  auto const again = cuda::DeviceJob::from(job.bytes());
  EXPECT_EQ(again.bytes(), job.bytes());
  EXPECT_EQ(again.image, cubin.image);
  EXPECT_EQ(again.constants.size(), 16u);
  auto const program = again.program_at(reinterpret_cast<std::byte const*>(again.tables.data()));
  for (u32 s = 0; s < program.hashed; ++s)
    EXPECT_EQ(program.initial[s], tables.program().initial[s]);
  for (u32 c = 0; c < program.change_begin[program.reactions]; ++c)
    EXPECT_EQ(program.changes[c].delta, tables.program().changes[c].delta);
  for (u32 k = 0; k < program.stops.count; ++k)
    EXPECT_EQ(program.stops.interval_high[k], tables.program().stops.interval_high[k]);
  for (usize cut : {usize{0}, usize{3}, usize{100}, job.bytes().size() - 1})
    EXPECT_THROW(cuda::DeviceJob::from(std::string_view(job.bytes()).substr(0, cut)), Error) << cut;
}

}  // namespace
}  // namespace cristae::test
