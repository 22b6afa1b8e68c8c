// tests/cuda/sweep_reduction_test.cpp - sweeps whose samples stay on the device: sums of each set, as on the CPU.
//
// The worker finds tests/cuda/stand_in through the loader's path, as in engine_test.cpp, and the
// stand-in says how many bytes were copied to the host.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "host/run/sweep.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/stand_in.hpp"

namespace cristae::test {
namespace {

/// Columns that read what is swept over; whole numbers in some sets and not in others.
constexpr char const* swept_over = R"toml(
[network]
name = "swept_over"
time_unit = "s"
[parameters]
made = { value = 30, unit = "1/s" }
q = { value = 2, unit = "1" }
r = { value = 1, unit = "1" }
[species]
A = { initial = 20 }
B = { initial = 3 }
[rules]
share = "A / (A + B + q)"
[reactions]
make = { equation = "0 -> A", mass_action = "made" }
fall = { equation = "A -> B", mass_action = "0.7" }
decay = { equation = "B -> 0", mass_action = "0.9" }
[observables]
scaled = "q * A - r * B"
through_rule = "share * made"
fallen = "count(fall)"
[conditions.changed]
at = [ { time = 0.5, set = { r = 2 } } ]
)toml";

class SweepReduction : public OnStandIn {
 protected:
  Network const network_ = read_network_text(swept_over, "swept_over.toml");
  std::string const tally_file_ = testing::TempDir() + "/cristae-tally-" + std::to_string(getpid());
  Variable const tally_{"CRISTAE_STAND_IN_TALLY", tally_file_};
  Variable const device_{"CRISTAE_STAND_IN", "multiprocessors=16"};

  ~SweepReduction() override { std::remove(tally_file_.c_str()); }

  SweepRequest request(u64 trajectories) const {
    SweepRequest request;
    request.run.network = "swept_over";
    request.run.trajectories = trajectories;
    request.run.seed = 3;
    request.run.threads = 2;
    request.run.histogram_times = 4;
    request.run.experiment.t_end = 1;
    request.run.experiment.samples = 10;
    request.over = {"q=list(2, 0.3, 5)", "made=list(20, 40)"};
    return request;
  }

  struct Outcome {
    std::vector<SweptSet> sets;
    usize remarks = 0;
    u64 to_host = 0;  ///< bytes
    u64 samples = 0;  ///< of these, those of trajectories on their own
  };

  Outcome sweep(SweepRequest request, std::string const& engine) const {
    std::remove(tally_file_.c_str());
    request.run.engine = engine;
    Outcome outcome;
    {
      RunControl control;
      Sweep sweep(network_, request);
      sweep.open(control);
      sweep.simulate(control);
      outcome.sets = sweep.sets();
      outcome.remarks = sweep.engine_remarks().size();
    }
    std::ifstream in(tally_file_);
    for (u64 sync = 0, async = 0; in >> sync >> async;) {
      outcome.to_host += sync + async;
      outcome.samples += async;
    }
    return outcome;
  }

  /// [set][sample time][species and firing counter], and at the end.
  static u64 bytes_of_samples(SweepRequest const& request, usize sets) {
    return request.run.trajectories * sets * (u64(request.run.experiment.samples) + 2) * 3 *
           sizeof(float);
  }

  static void expect_equal(Outcome const& a, Outcome const& b) {
    ASSERT_EQ(a.sets.size(), b.sets.size());
    for (usize s = 0; s < a.sets.size(); ++s) {
      SCOPED_TRACE(s);
      auto const &x = a.sets[s].summary, &y = b.sets[s].summary;
      EXPECT_GT(x.trajectories, 0u);
      EXPECT_EQ(x.trajectories, y.trajectories);
      EXPECT_EQ(x.events, y.events);
      EXPECT_EQ(x.contract_hash, y.contract_hash);
      EXPECT_EQ(x.statistics_hash, y.statistics_hash);
      EXPECT_EQ(x.statuses, y.statuses);
      ASSERT_EQ(x.columns.size(), y.columns.size());
      for (usize c = 0; c < x.columns.size(); ++c) {
        EXPECT_EQ(x.columns[c].hash, y.columns[c].hash) << x.columns[c].name;
        EXPECT_EQ(x.columns[c].coarse_times, y.columns[c].coarse_times) << x.columns[c].name;
        EXPECT_EQ(x.columns[c].points.back().mean, y.columns[c].points.back().mean);
        EXPECT_EQ(x.columns[c].points.back().quantiles, y.columns[c].points.back().quantiles);
      }
      ASSERT_EQ(x.lagged.size(), y.lagged.size());
      for (usize p = 0; p < x.lagged.size(); ++p) {
        EXPECT_EQ(x.lagged[p].n, y.lagged[p].n);
        EXPECT_EQ(x.lagged[p].covariance, y.lagged[p].covariance);
        EXPECT_EQ(x.lagged[p].correlation_se, y.lagged[p].correlation_se);
      }
    }
  }
};

TEST_F(SweepReduction, CopiesNoSamplesToTheHost) {
  // Of pieces of 512: sets of more, of one and of two of which fit, and such that leave something over.
  for (u64 const trajectories : {1024, 512, 256, 300}) {
    SCOPED_TRACE(trajectories);
    auto const asked = request(trajectories);
    auto const cpu = sweep(asked, "cpu"), cuda = sweep(asked, "cuda");
    expect_equal(cuda, cpu);
    EXPECT_EQ(cpu.to_host, 0u);
    EXPECT_GT(cuda.to_host, 0u);
    EXPECT_EQ(cuda.samples, 0u);
    // Sets differ, and so do the units in which their columns are counted.
    EXPECT_NE(cuda.sets[0].summary.statistics_hash, cuda.sets[2].summary.statistics_hash);
    EXPECT_EQ(cuda.sets[0].summary.columns[0].resolution, 1);
    EXPECT_LT(cuda.sets[2].summary.columns[0].resolution, 1);
  }
}

TEST_F(SweepReduction, CopiesFewWhereSetsEndWithinPieces) {
  auto const asked = request(700);
  auto const cuda = sweep(asked, "cuda");
  expect_equal(cuda, sweep(asked, "cpu"));
  EXPECT_LT(cuda.samples, bytes_of_samples(asked, cuda.sets.size()) / 3);
}

TEST_F(SweepReduction, LeavesSmallSetsToTheHost) {
  auto const asked = request(100);
  auto const cuda = sweep(asked, "cuda");
  expect_equal(cuda, sweep(asked, "cpu"));
  EXPECT_GE(cuda.samples, bytes_of_samples(asked, cuda.sets.size()));
}

TEST_F(SweepReduction, KnowsConditionsCellsSistersAndLags) {
  auto asked = request(512);
  asked.over = {"q=list(2, 0.3)"};
  asked.conditions = {"", "changed"};
  asked.run.first = 1024;
  asked.run.experiment.vary = {"made=lognormal(cv=0.4)", "q=lognormal(cv=0.2)"};
  asked.run.experiment.replicates = 4;
  asked.run.experiment.sisters = 2;
  asked.run.experiment.fork_at = 0.3;
  asked.run.correlation = {"scaled:A", "B"};
  auto const cuda = sweep(asked, "cuda");
  ASSERT_EQ(cuda.sets.size(), 4u);
  EXPECT_EQ(cuda.sets[0].summary.lagged.size(), 3u);
  expect_equal(cuda, sweep(asked, "cpu"));
  EXPECT_EQ(cuda.samples, 0u);
}

TEST_F(SweepReduction, ComputesAgainWhatADeviceLoses) {
  auto const asked = request(512);
  auto const cpu = sweep(asked, "cpu");
  for (char const* fault :
       {"cuLaunchKernel@30=719", "cuMemcpyDtoH@40=700", "cuMemcpyHtoD@60=719"}) {
    SCOPED_TRACE(fault);
    Variable const faulty("CRISTAE_STAND_IN", fault);
    auto const cuda = sweep(asked, "cuda");
    expect_equal(cuda, cpu);
    EXPECT_GT(cuda.remarks, 0u);
  }
}

TEST_F(SweepReduction, IsSharedWithSeveralDevicesAndTheCpu) {
  auto const asked = request(600);
  auto const cpu = sweep(asked, "cpu");
  Variable const three("CRISTAE_STAND_IN", "devices=3,multiprocessors=8");
  expect_equal(sweep(asked, "cuda"), cpu);
  expect_equal(sweep(asked, "all"), cpu);
}

TEST_F(SweepReduction, HandsSumsOnWhereTheyWouldTakeMuchMemory) {
  // 12,000 times and three columns: 3.3 MiB of sums for each set, of which 32 MiB may wait.
  auto asked = request(256);
  asked.over = {"q=1:12:1"};
  asked.run.select = {"A", "B", "scaled"};
  asked.run.experiment.samples = 12000;
  asked.run.histogram_times = 2;
  auto const cuda = sweep(asked, "cuda");
  expect_equal(cuda, sweep(asked, "cpu"));
  EXPECT_EQ(cuda.samples, 0u);
}

}  // namespace
}  // namespace cristae::test
