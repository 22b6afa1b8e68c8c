// tests/run/run_test.cpp - a run from request to outcome, and the same result in memory and on disk.
#include "host/run/run.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/base/error.hpp"
#include "host/io/hdf5_file.hpp"
#include "host/io/memory_result.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/io/result_file.hpp"
#include "host/ode/mean_field.hpp"
#include "host/run/checkpoints.hpp"
#include "host/run/recorded_experiment.hpp"
#include "host/run/run_findings.hpp"
#include "host/run/simulate_again.hpp"
#include "tests/support/same_variables.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;
using Ensemble = Run;  // a test is a class with a member Run
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A folder that is gone in the end.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("cristae_run_test_" + std::to_string(getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

Network telegraph() { return read_network_file(NetworkLibrary::standard().find("telegraph")); }

RunRequest small() {
  RunRequest request;
  request.trajectories = 300;
  request.experiment.t_end = 5;
  request.keep = std::vector<std::string>{"M[end]", "max(M)"};
  request.covariance = true;
  request.in_memory = true;
  return request;
}

std::string usage_text(std::function<void()> const& step) {
  try {
    step();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Run, AResultInMemoryHasTheVariablesOfTheFile) {
  Folder folder;
  auto const network = telegraph();
  auto request = small();
  request.result_file = (folder.path / "run.h5").string();
  Ensemble run(network, request);
  RunControl control;
  run.open(control);
  run.simulate(control);
  run.certify(control, "cristae verify telegraph");
  EXPECT_EQ(status_of(run), ExitCode::ok);
  run.write_result_file();
  Dataset dataset;
  run.fill(dataset);

  Hdf5File const file(Hdf5File::Mode::read, request.result_file, "run.h5");
  usize numbers = 0;
  test::expect_same_variables(dataset, file, numbers);
  for (auto const& variable : dataset.variables()) {
    auto const there = file.variable(variable->name, variable->shape);
    for (auto const& attribute : variable->attributes) EXPECT_TRUE(there.has(attribute.name));
  }
  EXPECT_GT(numbers, 10'000u);
  for (auto const& attribute : dataset.attributes())
    EXPECT_TRUE(file.root().has(attribute.name)) << attribute.name;
}

TEST(Run, AllNamesAndTimesThatAreWrongAreToldAtOnce) {
  auto const network = telegraph();
  auto request = small();
  request.experiment.set = {{"of", 1.0}};
  request.select = {"N"};
  auto const text = usage_text([&] { Ensemble(network, request); });
  EXPECT_THAT(text, HasSubstr("unknown parameter 'of'"));
  EXPECT_THAT(text, HasSubstr("'N' is neither an observable nor a species"));
}

TEST(Run, WhatDoesNotFitIntoMemoryIsRefusedBeforeTheRun) {
  auto const network = telegraph();
  auto request = small();
  request.trajectories = u64{1} << 50;
  Ensemble run(network, request);
  RunControl control;
  EXPECT_THAT(usage_text([&] { run.open(control); }), HasSubstr("needed for numbers of"));
}

TEST(Run, MemoryThatRunsOutStopsTheRun) {
  auto const network = telegraph();
  auto request = small();
  Ensemble const prepared(network, request);
  MemoryResult result(prepared.experiment(), prepared.columns(), 0, {{}, true, false}, 15'000);
  std::atomic<bool> stop{false};
  result.stop_on_error(&stop);
  std::vector<TrajectoryEnd> const ends(256);
  std::vector<i64> const states(256 * network.species.size());
  result.block({0, ends, {}, states});
  EXPECT_FALSE(stop);
  result.block({256, ends, {}, states});
  EXPECT_TRUE(stop);
  Dataset dataset;
  EXPECT_THAT(usage_text([&] { result.finish(dataset, {}, {}); }),
              HasSubstr("needed for numbers of"));
}

TEST(Run, AStoppedRunHoldsThePrefixAndMissesNoPrecision) {
  auto const network = telegraph();
  auto request = small();
  request.trajectories = 1'000'000'000;
  request.until = "se(mean(M)) < 0.001 %";
  request.in_memory = false;
  request.keep.reset();
  Ensemble run(network, request);
  RunControl control;
  run.open(control);
  std::thread stopper([&] {
    while (control.trajectories < 1000) std::this_thread::yield();
    control.stop = true;
  });
  run.simulate(control);
  stopper.join();
  EXPECT_TRUE(run.outcome().was_stopped);
  EXPECT_GE(run.outcome().summary.trajectories, 256u);
  run.certify(control, "cristae verify telegraph");
  EXPECT_TRUE(run.outcome().report.certificate.value().passed);
  EXPECT_THAT(run_findings(run, [](u64) { return std::string(); }), ElementsAre());
}

TEST(Run, AFailedTrajectoryIsAFindingThatNamesItsReplay) {
  auto const network = telegraph();
  auto request = small();
  request.max_events = 20;
  Ensemble run(network, request);
  RunControl control;
  run.open(control);
  run.simulate(control);
  auto const found =
      run_findings(run, [](u64 trajectory) { return fmt::format("replay({})", trajectory); });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].problem, HasSubstr("trajectories ended with status budget"));
  EXPECT_THAT(found[0].fix, HasSubstr("or replay it: replay("));
  EXPECT_EQ(status_of(run), ExitCode::numerical);
}

TEST(Run, SamplesOfARecordComeAgainWithTheirHashes) {
  Folder folder;
  auto const network = telegraph();
  auto request = small();
  request.raw = true;
  request.first = 40;
  request.result_file = (folder.path / "raw.h5").string();
  Ensemble run(network, request);
  RunControl control;
  run.open(control);
  run.simulate(control);
  run.write_result_file();
  ResultFile const file(request.result_file);
  RecordedExperiment const recorded(record_of(file), request.result_file);
  RunPlan plan;
  plan.experiment = &recorded.experiment();
  plan.seed = request.seed;
  plan.first = 50;
  plan.trajectories = 33;
  auto const made = simulate_again(plan, "cpu", recorded.columns(), control);
  EXPECT_EQ(made.values, file.raw(10, 43));
  EXPECT_EQ(made.hashes, file.hashes(10, 43));
  control.stop = true;
  EXPECT_TRUE(simulate_again(plan, "cpu", recorded.columns(), control).values.empty());
}

TEST(Run, ARecordHasTheTwinsAndTheRowsOfSignals) {
  Folder folder;
  auto const network = telegraph();
  auto request = small();
  request.keep.reset();
  request.raw = true;
  request.in_memory = false;
  request.result_file = (folder.path / "run.h5").string();
  request.experiment.twin = {"G_off", "G_on", "M"};
  request.experiment.signals = {{"on", "", {-1, 1, 2.5}, {0.5, 3, 0.1}}, {"d", "", {2}, {4}}};
  request.trajectories = 40;
  Ensemble run(network, request);
  RunControl control;
  run.open(control);
  run.simulate(control);
  run.certify(control, "");
  EXPECT_EQ(status_of(run), ExitCode::ok);
  run.write_result_file();
  ResultFile const file(request.result_file);
  EXPECT_EQ(file.report().twin, request.experiment.twin);
  ASSERT_EQ(file.report().signals.size(), 2u);
  EXPECT_EQ(file.report().signals[0].times, request.experiment.signals[0].times);
  EXPECT_EQ(file.report().signals[1].values, request.experiment.signals[1].values);
  EXPECT_THAT(file.changes(), ElementsAre(1, 2, 2.5));
  RecordedExperiment const recorded(record_of(file), request.result_file);
  EXPECT_EQ(recorded.network().species.back().id, "M_twin");
  RunPlan plan;
  plan.experiment = &recorded.experiment();
  plan.seed = request.seed;
  plan.trajectories = 40;
  auto const made = simulate_again(plan, "cpu", recorded.columns(), control);
  EXPECT_EQ(made.values, file.raw(0, 40));
  EXPECT_EQ(made.hashes, file.hashes(0, 40));
}

RunRequest equations() {
  RunRequest request;
  request.engine = ode_engine;
  request.trajectories = 1;
  request.experiment.t_end = 5;
  request.in_memory = true;
  return request;
}

TEST(Run, TheRateEquationsHaveTheVariablesOfARun) {
  if (!has_ode_solver()) GTEST_SKIP() << ode_solver_text();
  Folder folder;
  auto const network = telegraph();
  auto request = equations();
  request.keep = std::vector<std::string>{"M[end]", "max(M)"};
  request.result_file = (folder.path / "ode.h5").string();
  Ensemble run(network, request);
  RunControl control;
  EXPECT_TRUE(run.open(control).empty());
  run.simulate(control);
  run.certify(control, "");
  EXPECT_EQ(status_of(run), ExitCode::ok);
  run.write_result_file();
  Dataset dataset;
  run.fill(dataset);
  Hdf5File const file(Hdf5File::Mode::read, request.result_file, "ode.h5");
  EXPECT_TRUE(file.has("species_mean"));
  EXPECT_FALSE(file.has("end_state"));
  ResultFile const result(request.result_file);
  EXPECT_EQ(result.report().engine, "ode");
  EXPECT_EQ(result.summary().contract_hash, 0u);
  EXPECT_EQ(result.summary().trajectories, 1u);
  auto const& column = result.summary().columns.back();
  EXPECT_EQ(column.name, "M");
  // On: p' = on (1 - p) - off p from 0; M' = s p - d M from 0.
  double const t = 5, p = 0.5 / 5.5, slow = std::exp(-t), fast = std::exp(-5.5 * t);
  double const exact = 100 * p * ((1 - slow) + (fast - slow) / 4.5);
  auto const& point = column.points.back();
  EXPECT_NEAR(point.mean, exact, 1e-5);
  EXPECT_NE(point.mean, std::round(point.mean));
  EXPECT_EQ(point.n, 1u);
  EXPECT_EQ(point.max, point.mean);
  EXPECT_EQ(point.quantiles[2], point.mean);
  EXPECT_TRUE(std::isnan(point.var));
  EXPECT_TRUE(std::isnan(point.se));
  EXPECT_EQ(result.feature_values(0, 1)[0], point.mean);
  // No ensemble starts from copy numbers that are not whole.
  auto next = small();
  next.start_from = request.result_file;
  EXPECT_EQ(usage_text([&] { Ensemble again(network, next); }),
            "error: '" + request.result_file +
                "' holds no end states (the solution of rate equations is no whole numbers of "
                "copies). Start from a run of trajectories.");
}

TEST(Run, TheRateEquationsRefuseWhatIsOfTrajectories) {
  auto const network = telegraph();
  auto request = equations();
  request.trajectories = 10;
  request.first = 3;
  request.until = "se(mean(M)) < 1 %";
  request.max_events = 5;
  request.certify = 0.5;
  request.covariance = true;
  request.raw = true;
  request.isa = "avx2";
  request.code = Code::generated;
  auto const text = usage_text([&] { Ensemble run(network, request); });
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "error: 10 trajectories are asked of the engine 'ode' (it solves the rate equations, "
            "which have one solution and no trajectories). Leave the number out.");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 8);
}

TEST(Run, RowsThatMakeNoSignalAreRefusedTogether) {
  auto const network = telegraph();
  auto request = small();
  request.experiment.signals = {{"on", "", {0, 0, 1}, {1, 1}}, {"off", "", {}, {}}};
  EXPECT_EQ(
      usage_text([&] { Ensemble run(network, request); }),
      "error: signal of 'on': 3 times and 2 values (every row has both). Give as many of one as "
      "of the other.\n"
      "error: signal of 'on', row 1: time 0 does not follow time 0 (the times of a signal must "
      "increase). Sort the rows, and keep one of each time.\n"
      "error: signal of 'off': there are no rows (a parameter needs a value). Give rows of "
      "time,value.");
}

TEST(Run, ACheckpointTakesNoMoreMemoryThanItSaysAndIsWarnedOfWhereItDoesNotFit) {
  auto const network = telegraph();
  ExperimentRequest asked;
  asked.t_end = 5;
  auto const experiment = resolve(network, asked);
  RecorderOptions options;
  options.covariance = true;
  options.threads = 1;
  EnsembleRecorder recorder(experiment, choose_columns(network, {}), 0, 300, ~u64{0}, options);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.trajectories = 290;  // the second block waits for the other ten
  plan.threads = 1;
  plan.counted_reactions = recorder.counted_reactions();
  RunControl control;
  make_engine("cpu", plan)->run(recorder, control);
  auto const state = recorder.state().size();
  EXPECT_GT(state, 20'000u);
  EXPECT_LE(state, recorder.state_bytes());
  u64 const both = recorder.needed_bytes() + checkpoint_bytes(recorder, 0);
  EXPECT_GE(both, recorder.needed_bytes() + 2 * state);
  EXPECT_FALSE(checkpoint_warning(recorder, 0, both));
  EXPECT_TRUE(checkpoint_warning(recorder, 1, both));
  auto const warning = checkpoint_warning(recorder, 0, both - 1);
  ASSERT_TRUE(warning);
  EXPECT_THAT(
      to_string(*warning),
      ::testing::MatchesRegex(
          "warning: [0-9.]+ [KM]iB may be needed while a checkpoint is written, [0-9.]+ [KM]iB "
          "available .[0-9.]+ [KM]iB for the run, and [0-9.]+ [KM]iB for its sums and the "
          "trajectories under way as bytes.. Use --checkpoint-every 0, --select, fewer "
          "--samples, or fewer --histogram-times."));
}

}  // namespace
}  // namespace cristae
