// tests/backends/choose_engine_test.cpp - which engine a forecast picks.
#include "host/backends/choose_engine.hpp"

#include <gtest/gtest.h>

#include "host/backends/backends.hpp"
#include "host/cpu/pilot.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

/// isr for a day on 16 cores beside a card of 3e13 instructions per second.
RunForecast large_run() {
  return {.trajectories = 1e6,
          .events = 5e5,
          .reactions = 56,
          .cpu_threads = 16,
          .gpu_instructions = 3e13};
}

TEST(ChooseEngine, TakesTheCpuWithoutAGpu) {
  auto run = large_run();
  run.gpu_instructions = 0;
  auto const choice = choose_engine(run);
  EXPECT_EQ(choice.engine, "cpu");
  EXPECT_GT(choice.cpu_seconds, 10);
  EXPECT_EQ(choice.cuda_seconds, 0);
}

TEST(ChooseEngine, TakesTheCpuForRunsThatEndBeforeAGpuBegins) {
  auto run = large_run();
  run.trajectories = 1000;
  EXPECT_EQ(choose_engine(run).engine, "cpu");
}

TEST(ChooseEngine, TakesTheCpuForFewLongTrajectories) {
  // One trajectory runs on a GPU far slower than on a core, however many cores the GPU has.
  auto run = large_run();
  run.trajectories = 8;
  run.events = 1e10;
  auto const choice = choose_engine(run);
  EXPECT_EQ(choice.engine, "cpu");
  EXPECT_GT(choice.cuda_seconds, 3 * choice.cpu_seconds);
}

TEST(ChooseEngine, TakesTheGpuForLargeEnsembles) {
  auto run = large_run();
  run.cpu_threads = 2;
  auto const choice = choose_engine(run);
  EXPECT_EQ(choice.engine, "cuda");
  EXPECT_GT(choice.cpu_seconds, 5 * choice.cuda_seconds);
  EXPECT_GE(choice.cuda_seconds, choice.all_seconds);
}

TEST(ChooseEngine, TakesBothWhereTheCpuAddsATenth) {
  auto run = large_run();
  run.cpu_threads = 128;
  EXPECT_EQ(choose_engine(run).engine, "all");
}

TEST(Pilot, PredictsTheEventsOfATrajectory) {
  for (char const* name : {"vilar", "isr", "birth_death"}) {
    Network const network = bundled(name);
    ExperimentRequest request;
    if (std::string(name) == "isr") request.t_end = 300;
    Experiment const experiment = resolve(network, request);
    RunPlan plan;
    plan.experiment = &experiment;
    plan.trajectories = 20;
    double const predicted = predicted_events(plan);
    RunOptions o;
    o.trajectories = 20;
    if (request.t_end > 0) o.t_end = request.t_end;
    double events = 0;
    for (auto const& [id, t] : run(network, o).by_id) events += double(t.end.events) / 20;
    EXPECT_GT(predicted, events / 3) << name;
    EXPECT_LT(predicted, events * 3) << name;
  }
}

TEST(Engines, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  Experiment const experiment = resolve(bundled("vilar"), {});
  RunPlan plan;
  plan.experiment = &experiment;
  try {
    make_engine("cudo", plan);
    FAIL();
  } catch (Error const& error) {
    EXPECT_STREQ(error.what(),
                 "error: engine 'cudo' is not known. Use auto, cpu, cuda, all or reference, or did "
                 "you mean 'cuda'?");
  }
}

}  // namespace
}  // namespace cristae::test
