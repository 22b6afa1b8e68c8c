// tests/cuda/reduction_test.cpp - samples reduced on a device: the statistics of the CPU engine, bit for bit.
//
// The worker finds tests/cuda/stand_in through the loader's path, as in engine_test.cpp.
#include "host/engine/reduction.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <string>
#include <thread>

#include "cuda/sample_reduction.hpp"
#include "cuda/worker.hpp"
#include "host/stats/ensemble.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/stand_in.hpp"
#include "tests/support/window.hpp"

namespace cristae::test {
namespace {

/// Hands everything on, and counts what came as sums.
class Counting final : public SampleSink, public ReductionSink {
 public:
  explicit Counting(EnsembleRecorder& to, u64 watched_step = none) : to_(to), step_(watched_step) {}

  std::atomic<u64> singly{0}, summed{0}, parts{0};
  Keeper kept;

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override {
    ++singly;
    to_.finished(end, samples);
  }
  ReductionSink* reduction() override { return to_.reduction() == nullptr ? nullptr : this; }
  ReductionRequest const& request() const override { return to_.reduction()->request(); }
  Piece reducible(Piece piece) const override { return to_.reduction()->reducible(piece); }
  ColumnValues values(Piece part) override { return to_.reduction()->values(part); }
  void cell_values(Piece piece, double* values) override {
    to_.reduction()->cell_values(piece, values);
  }
  void reduced(ReducedTrajectories const& part) override {
    summed += part.ends.size();
    ++parts;
    to_.reduction()->reduced(part);
  }
  u64 next_watched(u64 id) const override {
    return step_ == none ? none : (id + step_ - 1) / step_ * step_;
  }
  void watched(TrajectoryEnd const& end, std::span<double const> samples) override {
    kept.finished(end, samples);
  }

 private:
  EnsembleRecorder& to_;
  u64 step_;
};

struct Ensemble {
  Network network;
  Experiment experiment;
  RunPlan plan;
  RecorderOptions options;
  std::vector<std::string> select;

  explicit Ensemble(Network of, ExperimentRequest const& request = {}) : network(std::move(of)) {
    experiment = resolve(network, request);
    plan.experiment = &experiment;
    plan.seed = 5;
    plan.threads = 2;
    options.threads = 2;
  }
  Ensemble(Ensemble const&) = delete;
  Ensemble& operator=(Ensemble const&) = delete;

  std::unique_ptr<EnsembleRecorder> recorder() {
    auto made =
        std::make_unique<EnsembleRecorder>(experiment, choose_columns(network, select), plan.first,
                                           plan.trajectories, u64{1} << 40, options);
    plan.counted_reactions = made->counted_reactions();
    return made;
  }
  EnsembleSummary on_cpu() {
    auto const to = recorder();
    RunControl control;
    make_engine("cpu", plan)->run(*to, control);
    return to->summary();
  }
  /// On the stand-in; at least so many trajectories must come as sums.
  EnsembleSummary on_cuda(u64 least_summed) {
    auto const to = recorder();
    Counting counting(*to);
    RunControl control;
    make_engine("cuda", plan)->run(counting, control);
    EXPECT_GE(counting.summed, least_summed);
    EXPECT_EQ(counting.singly + counting.summed, plan.trajectories);
    EXPECT_EQ(control.trajectories, plan.trajectories);
    return to->summary();
  }
  void expect_equal_engines(u64 least_summed);
};

void expect_same(double a, double b, std::string const& what) {
  EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << what << ": " << a << " " << b;
}

void expect_equal(EnsembleSummary const& a, EnsembleSummary const& b) {
  EXPECT_EQ(a.trajectories, b.trajectories);
  EXPECT_EQ(a.events, b.events);
  EXPECT_EQ(a.contract_hash, b.contract_hash);
  EXPECT_EQ(a.statistics_hash, b.statistics_hash);
  EXPECT_EQ(a.statuses, b.statuses);
  ASSERT_EQ(a.first_failures.size(), b.first_failures.size());
  for (usize i = 0; i < a.first_failures.size(); ++i) {
    EXPECT_EQ(a.first_failures[i].id, b.first_failures[i].id);
    EXPECT_EQ(a.first_failures[i].time, b.first_failures[i].time);
    EXPECT_EQ(a.first_failures[i].state, b.first_failures[i].state);
  }
  ASSERT_EQ(a.columns.size(), b.columns.size());
  for (usize c = 0; c < a.columns.size(); ++c) {
    auto const &x = a.columns[c], &y = b.columns[c];
    EXPECT_EQ(x.hash, y.hash) << x.name;
    EXPECT_EQ(x.coarse_times, y.coarse_times) << x.name;
    for (usize k = 0; k < x.points.size(); ++k) {
      auto const what = x.name + " at " + std::to_string(k);
      auto const &p = x.points[k], &q = y.points[k];
      EXPECT_EQ(p.n, q.n) << what;
      EXPECT_EQ(p.undefined, q.undefined) << what;
      expect_same(p.mean, q.mean, what);
      expect_same(p.var, q.var, what);
      expect_same(p.min, q.min, what);
      expect_same(p.max, q.max, what);
      for (usize i = 0; i < p.quantiles.size(); ++i)
        expect_same(p.quantiles[i], q.quantiles[i], what);
    }
    ASSERT_EQ(x.histograms.size(), y.histograms.size());
    for (usize h = 0; h < x.histograms.size(); ++h) {
      EXPECT_EQ(x.histograms[h].start, y.histograms[h].start) << x.name;
      EXPECT_EQ(x.histograms[h].width, y.histograms[h].width) << x.name;
      EXPECT_EQ(x.histograms[h].counts, y.histograms[h].counts) << x.name;
    }
  }
  ASSERT_EQ(a.covariance.size(), b.covariance.size());
  for (usize i = 0; i < a.covariance.size(); ++i)
    expect_same(a.covariance[i], b.covariance[i], "covariance");
  ASSERT_EQ(a.lagged.size(), b.lagged.size());
  for (usize p = 0; p < a.lagged.size(); ++p) {
    auto const &x = a.lagged[p], &y = b.lagged[p];
    EXPECT_EQ(x.n, y.n) << x.name;
    ASSERT_EQ(x.covariance.size(), y.covariance.size());
    for (usize lag = 0; lag < x.covariance.size(); ++lag) {
      auto const what = x.name + " at lag " + std::to_string(lag);
      expect_same(x.covariance[lag], y.covariance[lag], what);
      expect_same(x.correlation[lag], y.correlation[lag], what);
      expect_same(x.correlation_se[lag], y.correlation_se[lag], what);
    }
  }
  EXPECT_EQ(a.exact_sums, b.exact_sums);
}

void Ensemble::expect_equal_engines(u64 least_summed) {
  expect_equal(on_cuda(least_summed), on_cpu());
}

ExperimentRequest samples_until(double t_end, u32 samples) {
  ExperimentRequest request;
  request.t_end = t_end;
  request.samples = samples;
  return request;
}

class Reduction : public OnStandIn {};

TEST_F(Reduction, HasTheStatisticsOfTheCpuEngine) {
  Ensemble vilar(bundled("vilar"), samples_until(1, 10));
  vilar.plan.trajectories = 1300;
  vilar.options.covariance = true;
  vilar.expect_equal_engines(1280);  // the last piece is too small to be worth it
}

TEST_F(Reduction, TakesFromTheMiddleOfARunWhatFillsBlocks) {
  Ensemble run(bundled("birth_death"), samples_until(3, 6));
  run.plan.first = 17;
  for (u64 const trajectories : {1, 255, 256, 257, 600, 1023}) {
    SCOPED_TRACE(trajectories);
    run.plan.trajectories = trajectories;
    run.expect_equal_engines(trajectories >= 256 ? trajectories / 256 * 256 : 0);
  }
}

/// Every function that a device may compute; values that are negative, undefined, coarse and far
/// apart; a parameter that changes.
constexpr char const* awkward = R"toml(
[network]
name = "awkward"
time_unit = "s"
[parameters]
k = { value = 40, unit = "1/s" }
q = { value = 0.5, unit = "1" }
[species]
A = { initial = 300 }
B = { initial = 3 }
C = { initial = 9000000 }
[rules]
half = "A / 2"
[reactions]
fall  = { equation = "A -> B", mass_action = "0.7" }
decay = { equation = "B -> 0", mass_action = "0.9" }
burst = { equation = "C -> C + 100 A", rate = "0.3 * piecewise(k, B > 60, 1)" }
[observables]
difference = "B - A"
burst_count = "count(burst) - 2 * count(decay)"
scaled = "q * A"
real = "half / (B + 0.25) - 3"
may_be_infinite = "A / B"
sometimes = "A / (B - 60)"
root = "sqrt(abs(B - A)) + floor(half) - ceil(A / 7)"
extremes = "min(A, B, 17) + 1000 * max(A - 500, B, 4)"
cases = "piecewise(1, A < 100, 2, A <= 200 and not (B > 50), 3, A >= 280 or B == 3, 4, A != 290, 5)"
product = "A * B * C"
huge = "C * C * C * A"
functions = "exp(-B / 50) + pow(1 + A, 0.3) + ln(A + 1) * log10(B + 1) + hill(A, 40, 2.5)"
powers = "pow(B - A, 3) + (A - 200) ^ 2 + pow(B - A, q)"
small = { expression = "A / 1000000", resolution = 1e-6 }
constant = "-7"
[conditions.changed]
at = [ { time = 0.4, set = { q = 3.0 } }, { time = 0.7, set = { q = 0.25 }, add = { B = 40 } } ]
)toml";

TEST_F(Reduction, EvaluatesEveryKindOfColumnAsTheHostDoes) {
  auto request = samples_until(1.5, 15);
  request.condition = "changed";
  Ensemble run(read_network_text(awkward, "awkward.toml"), request);
  run.plan.trajectories = 777;
  run.options.covariance = true;
  run.options.histogram_times = 4;
  auto const summary = run.on_cpu();
  // What it is awkward for.
  auto const column = [&](char const* name) -> ColumnStatistics const& {
    return *std::find_if(summary.columns.begin(), summary.columns.end(),
                         [&](auto const& c) { return c.name == name; });
  };
  EXPECT_LT(column("difference").points[0].min, 0);
  EXPECT_GT(column("huge").points[5].undefined, 0u);
  EXPECT_GT(column("A").points.back().max, 1024);
  EXPECT_GT(column("A").histograms.back().width, 1);
  EXPECT_GT(column("small").coarse_times, 0u);
  expect_equal(run.on_cuda(768), summary);
}

/// Columns that read what cells differ in, at several times and through a rule; and what they do not.
constexpr char const* of_cells = R"toml(
[network]
name = "of_cells"
time_unit = "s"
[parameters]
made = { value = 30, unit = "1/s" }
q = { value = 0.5, unit = "1" }
scale = { value = 3, unit = "1", bounds = [0, 5] }
twice = { value = 2, unit = "1" }
[species]
A = { initial = 20 }
B = { initial = 3 }
[rules]
scaled = "A * scale"
[reactions]
make = { equation = "0 -> A", mass_action = "made" }
fall = { equation = "A -> B", mass_action = "0.7" }
decay = { equation = "B -> 0", mass_action = "0.9" }
[observables]
through_rule = "scaled - B"
changing = "q * A + twice"
both = "made * B / (A + scale)"
whole = "twice * A"
[conditions.changed]
at = [ { time = 0.4, set = { q = 3.0 } }, { time = 0.9, set = { q = 0.25, twice = 4 } } ]
)toml";

TEST_F(Reduction, ReadsWhatCellsDifferIn) {
  for (u64 const replicates : {1, 3}) {
    SCOPED_TRACE(replicates);
    auto request = samples_until(1.5, 15);
    request.condition = "changed";
    request.vary = {"made=lognormal(cv=0.4)", "scale=lognormal(cv=0.5)", "q=gamma(cv=0.3)"};
    request.replicates = replicates;
    request.cell_seed = 9;
    Ensemble run(read_network_text(of_cells, "of_cells.toml"), request);
    run.plan.first = 512;
    run.plan.trajectories = 1024;
    run.options.covariance = true;
    run.options.histogram_times = 6;
    auto const summary = run.on_cpu();
    expect_equal(run.on_cuda(1024), summary);
    // Not the statistics of cells that are alike.
    request.vary = {"made=lognormal(cv=0.4)"};
    Ensemble alike(read_network_text(of_cells, "of_cells.toml"), request);
    alike.plan = run.plan;
    alike.plan.experiment = &alike.experiment;
    alike.options = run.options;
    EXPECT_NE(alike.on_cpu().statistics_hash, summary.statistics_hash);
  }
}

TEST_F(Reduction, SumsProductsOverLags) {
  // With values that are negative, undefined, too large for double and reached by few.
  auto request = samples_until(1.5, 15);
  request.condition = "changed";
  Ensemble run(read_network_text(awkward, "awkward.toml"), request);
  run.select = {"difference", "huge", "product", "real", "A", "sometimes"};
  run.options.exact_sums = true;
  for (auto const& pair : {LaggedPair{0, 0}, {0, 4}, {4, 0}, {2, 3}, {3, 2}, {1, 4}, {5, 0}})
    run.options.lagged.push_back(pair);
  run.plan.first = 31;  // groups do not begin with the first
  run.plan.trajectories = 777;
  for (u64 const alike : {1, 3, 500}) {
    SCOPED_TRACE(alike);
    run.options.alike = alike;
    auto const summary = run.on_cpu();
    EXPECT_EQ(summary.lagged[0].n, 777u);
    EXPECT_EQ(summary.lagged[5].n, 0u);  // huge is undefined
    EXPECT_GT(summary.lagged[6].n, 0u);
    EXPECT_LT(summary.lagged[6].n, 777u);
    expect_equal(run.on_cuda(768), summary);
  }
}

TEST_F(Reduction, SumsProductsOverLagsOfCellsInLittleMemory) {
  auto request = samples_until(2, 60);
  request.vary = {"made=lognormal(cv=0.4)", "scale=lognormal(cv=0.5)"};
  request.replicates = 2;
  request.cell_seed = 9;
  Ensemble run(read_network_text(of_cells, "of_cells.toml"), request);
  run.options.exact_sums = true;
  run.options.lagged = {{0, 1}, {1, 0}};
  run.options.alike = 2;
  run.plan.trajectories = 1000;
  run.plan.max_events = 220;
  auto const cpu = run.on_cpu();
  EXPECT_GT(cpu.lagged[0].n, 0u);
  EXPECT_LT(cpu.lagged[0].n, 1000u);
  expect_equal(run.on_cuda(768), cpu);
  for (char const* memory : {"memory=4000000", "memory=1600000"}) {
    SCOPED_TRACE(memory);
    Variable const small("CRISTAE_STAND_IN", memory);
    expect_equal(run.on_cuda(256), cpu);
  }
}

class ReductionOfNetworks : public Reduction, public testing::WithParamInterface<char const*> {};

TEST_P(ReductionOfNetworks, HasTheStatisticsOfTheCpuEngine) {
  ExperimentRequest request;
  request.samples = 12;
  Ensemble run(bundled(GetParam()), request);
  scale_into_window(run.experiment, run.plan);
  for (auto& time : run.experiment.sample_times) time /= 16;
  run.experiment.t_end /= 16;
  run.plan.trajectories = 512;
  run.options.histogram_times = 5;
  run.expect_equal_engines(512);
}

INSTANTIATE_TEST_SUITE_P(Bundled, ReductionOfNetworks,
                         testing::Values("chain", "coupled", "isr", "mitophagy", "schloegl",
                                         "uprmt", "uprmt_cel"),
                         [](auto const& info) { return std::string(info.param); });

TEST_F(Reduction, CountsTrajectoriesAsFarAsTheyGot) {
  Ensemble run(bundled("birth_death"), samples_until(5, 20));
  run.plan.trajectories = 1000;
  run.plan.max_events = 100;
  auto const summary = run.on_cpu();
  EXPECT_GT(summary.count(TrajectoryStatus::budget), 0u);
  expect_equal(run.on_cuda(768), summary);
  run.plan.max_events = 1;  // nobody gets beyond the start
  run.expect_equal_engines(768);
}

TEST_F(Reduction, TakesAbsorbedTrajectoriesForWhatTheyAre) {
  Ensemble run(read_network_text(R"toml(
[network]
name = "death"
time_unit = "s"
[species]
A = { initial = 4 }
[reactions]
death = { equation = "A -> 0", mass_action = "3" }
[observables]
gone = "piecewise(1, A == 0, 0)"
)toml",
                                 "death.toml"),
               samples_until(4, 8));
  run.plan.trajectories = 512;
  auto const summary = run.on_cpu();
  EXPECT_GT(summary.count(TrajectoryStatus::absorbed), 400u);
  expect_equal(run.on_cuda(512), summary);
}

TEST_F(Reduction, LeavesWhatLeavesFloat32ToTheHost) {
  // Poisson(20) leaps: one trajectory in 5,000 has more than 37, and A beyond 2^24 - 2^16 * 100, where
  // a thread hands over to the host. The pieces around these are handed on in parts.
  Ensemble run(read_network_text(R"toml(
[network]
name = "large"
time_unit = "s"
[species]
A = { initial = 10219916 }
B = { initial = 0 }
[reactions]
leap = { equation = "0 -> 100 A", mass_action = "20" }
rest = { equation = "0 -> B", mass_action = "3" }
[observables]
total = "A + B"
)toml",
                                 "large.toml"),
               samples_until(1, 4));
  Variable const larger("CRISTAE_STAND_IN", "multiprocessors=16");
  run.plan.trajectories = 16384;
  auto const to = run.recorder();
  Counting counting(*to);
  RunControl control;
  make_engine("cuda", run.plan)->run(counting, control);
  EXPECT_GT(counting.singly, 0u);
  EXPECT_LE(counting.singly, 16384u / 4);
  EXPECT_GT(counting.parts, 16u);  // pieces of 1024
  EXPECT_EQ(counting.singly + counting.summed, 16384u);
  expect_equal(to->summary(), run.on_cpu());
}

TEST_F(Reduction, NeedsMemoryForOneSampleTimeOnly) {
  Ensemble run(bundled("vilar"), samples_until(0.5, 40));
  run.plan.trajectories = 1000;
  auto const cpu = run.on_cpu();
  for (char const* memory : {"memory=4000000", "memory=2000000"}) {
    SCOPED_TRACE(memory);
    Variable const small("CRISTAE_STAND_IN", memory);
    expect_equal(run.on_cuda(256), cpu);
  }
}

TEST_F(Reduction, ComputesAgainWhatADeviceLosesBeforeItsSumsAreThere) {
  Ensemble run(bundled("vilar"), samples_until(0.5, 5));
  run.plan.trajectories = 3000;
  auto const cpu = run.on_cpu();
  for (char const* fault : {"cuLaunchKernel@40=719", "cuMemcpyDtoH@60=700", "cuMemcpyHtoD@50=719",
                            "cuModuleLoadData@2=46", "cuMemAlloc@12=2"}) {
    SCOPED_TRACE(fault);
    Variable const faulty("CRISTAE_STAND_IN", fault);
    auto const to = run.recorder();
    RunControl control;
    make_engine("cuda", run.plan)->run(*to, control);
    expect_equal(to->summary(), cpu);
  }
}

TEST_F(Reduction, IsTheSameOnSeveralDevices) {
  Ensemble run(bundled("telegraph"), samples_until(2, 5));
  run.plan.trajectories = 5000;
  Variable const three("CRISTAE_STAND_IN", "devices=3");
  run.expect_equal_engines(2560);
}

TEST_F(Reduction, ReportsAPrefixWhenItIsStopped) {
  Ensemble run(bundled("vilar"), samples_until(0.5, 5));
  run.plan.trajectories = 8000;
  auto const to = run.recorder();
  Counting counting(*to);
  RunControl control;
  {
    Variable const slow("CRISTAE_STAND_IN", "launch_ms=3");
    std::jthread const stops([&] {
      while (control.trajectories < 600) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      control.stop = true;
    });
    make_engine("cuda", run.plan)->run(counting, control);
  }
  auto const summary = to->summary();
  EXPECT_GE(counting.summed, 256u);
  EXPECT_GE(summary.trajectories, 256u);
  EXPECT_LT(summary.trajectories, 8000u);
  run.plan.trajectories = summary.trajectories;
  expect_equal(run.on_cpu(), summary);
}

TEST_F(Reduction, ShowsTheTrajectoriesThatAreWatched) {
  Ensemble run(bundled("vilar"), samples_until(0.5, 5));
  run.plan.trajectories = 600;
  auto const to = run.recorder();
  Counting counting(*to, 100);
  RunControl control;
  make_engine("cuda", run.plan)->run(counting, control);
  EXPECT_EQ(counting.summed, 512u);
  Keeper cpu;
  make_engine("cpu", run.plan)->run(cpu, control);
  ASSERT_EQ(counting.kept.kept.by_id.size(), 6u);
  for (auto const& [id, t] : counting.kept.kept.by_id) {
    EXPECT_EQ(id % 100, 0u);
    EXPECT_EQ(t.end.hash, cpu.kept.by_id.at(id).end.hash);
    EXPECT_EQ(t.samples, cpu.kept.by_id.at(id).samples);
  }
}

/// What a device sends to the host.
class Meter final : public cuda::DeviceHost {
 public:
  Meter(Ensemble& run, SampleSink& sink)
      : queue_(run.plan.todo()), sink_(sink), samples_(run.experiment.sample_times.size()),
        species_(run.network.species.size() + run.plan.counted_reactions.size()) {}
  u64 bytes = 0;

  Piece take(u64 most, cuda::PieceRows&) override { return queue_.take(most); }
  void results(std::span<core::End const> ends, float const*, float const*) override {
    bytes += ends.size() * (sizeof(core::End) + (samples_ + 1) * species_ * sizeof(float));
  }
  cuda::SumsWanted sums_wanted(Piece ended) override {
    auto const part = sink_.reduction()->reducible(ended);
    return {part, sink_.reduction()->values(part), {}};
  }
  void sums(cuda::ReducedPart const& part) override {
    bytes += cuda::bytes_of(part.ends).size() + cuda::bytes_of(part.sums.sums).size() +
             cuda::bytes_of(part.sums.counts).size() + cuda::bytes_of(part.failed).size();
  }
  bool progress(u64) override { return false; }

 private:
  PieceQueue queue_;
  SampleSink& sink_;
  usize samples_, species_;
};

/// Bytes for each of 8192 trajectories; pieces hold half as many as the device has threads.
double bytes_per_trajectory(Ensemble& run, bool as_sums) {
  run.plan.trajectories = 8192;
  auto const to = run.recorder();
  LawGraph const graph = build_law_graph(run.network);
  Tables const tables(graph, run.plan, {1, false, false});
  std::string const architecture = "sm_990";
  cuda::DeviceJob job(run.plan, tables,
                      cuda::compile_kernel(cuda::kernel_source(tables), architecture));
  auto const& request = to->reduction()->request();
  if (as_sums)
    job.reduction = {cuda::compile_kernel(cuda::reduction_source(request), architecture).image,
                     request};
  Meter meter(run, *to);
  cuda::Worker().serve(job, meter);
  return static_cast<double>(meter.bytes) / 8192;
}

TEST_F(Reduction, SendsFewerBytesPerTrajectory) {
  Ensemble run(bundled("vilar"), samples_until(0.25, 100));
  EXPECT_EQ(bytes_per_trajectory(run, false), 48 + 102 * 9 * 4.0);
  for (auto const& [multiprocessors, most] : {std::pair(4, 900.0), {16, 300.0}}) {
    Variable const device("CRISTAE_STAND_IN", "multiprocessors=" + std::to_string(multiprocessors));
    double const bytes = bytes_per_trajectory(run, true);
    RecordProperty("pieces_of_" + std::to_string(64 * multiprocessors), std::to_string(bytes));
    EXPECT_LT(bytes, most) << multiprocessors;
  }
}

}  // namespace
}  // namespace cristae::test
