// tests/cuda/kept_reduction_test.cpp - numbers of single trajectories, kept on a device: those of the CPU engine.
//
// The worker finds tests/cuda/stand_in through the loader's path, as in engine_test.cpp, and the
// stand-in says how many bytes were copied to the host.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "host/io/dataset.hpp"
#include "host/io/hdf5_file.hpp"
#include "host/run/run.hpp"
#include "host/run/sweep.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/same_variables.hpp"
#include "tests/support/stand_in.hpp"

namespace cristae::test {
namespace {

using Ensemble = cristae::Run;  // a test is a class with a member Run

/// Columns that are whole, real, negative, and undefined at times; trajectories that die out.
constexpr char const* various = R"toml(
[network]
name = "various"
time_unit = "s"
[parameters]
made = { value = 1.2, unit = "1/s" }
q = { value = 0.7, unit = "1" }
[species]
A = { initial = 3 }
B = { initial = 2 }
[reactions]
double = { equation = "A -> 2 A", mass_action = "made" }
fall = { equation = "A -> B", mass_action = "0.7" }
decay = { equation = "B -> 0", mass_action = "0.9" }
[observables]
less = "B - A"
ratio = "A / B"
scaled = "q * A - 3"
against_zero = "-A"
decays = "count(decay)"
)toml";

class KeptReduction : public OnStandIn {
 protected:
  Network const network_ = read_network_text(various, "various.toml");
  std::filesystem::path const folder_ =
      std::filesystem::path(testing::TempDir()) / ("cristae-kept-" + std::to_string(getpid()));
  std::string const tally_file_ = (folder_ / "tally").string();
  Variable const tally_{"CRISTAE_STAND_IN_TALLY", tally_file_};
  Variable const device_{"CRISTAE_STAND_IN", "multiprocessors=16"};

  KeptReduction() { std::filesystem::create_directories(folder_); }
  ~KeptReduction() override { std::filesystem::remove_all(folder_); }

  RunRequest request(u64 trajectories) const {
    RunRequest request;
    request.network = "various";
    request.trajectories = trajectories;
    request.seed = 3;
    request.threads = 2;
    request.histogram_times = 4;
    request.certify = 0;
    request.experiment.t_end = 2;
    request.experiment.samples = 10;
    request.checkpoint_every = 0;
    return request;
  }

  std::vector<std::string> all_kinds() const {
    std::vector<std::string> kept{"less[0]", "ratio[0.4]"};
    for (char const* name : {"less", "ratio", "scaled", "against_zero", "decays", "A", "B"})
      for (char const* form : {"{}[end]", "min({})", "max({})", "mean({})"})
        kept.push_back(std::string(form).replace(std::string(form).find("{}"), 2, name));
    return kept;
  }

  static void simulate(auto& job, RunControl& control) {
    job.open(control);
    job.simulate(control);
  }

  /// Bytes that were copied to the host: of them, those of trajectories on their own.
  u64 samples_copied() const {
    std::ifstream in(tally_file_);
    u64 samples = 0;
    for (u64 sync = 0, async = 0; in >> sync >> async;) samples += async;
    return samples;
  }

  /// The result of a device in a file is that of the CPU in memory, to the last bit. Returns the bytes
  /// of samples that were copied.
  template <class Job, class Request>
  u64 expect_equal_engines(Request request, usize least_numbers) {
    auto run_of = [](Request& of) -> RunRequest& {
      if constexpr (std::is_same_v<Request, RunRequest>)
        return of;
      else
        return of.run;
    };
    std::filesystem::remove(tally_file_);
    RunControl control, control_2;
    run_of(request).engine = "cpu";
    run_of(request).in_memory = true;
    Dataset dataset;
    {
      Job job(network_, request);
      simulate(job, control);
      job.fill(dataset);
    }
    run_of(request).engine = "cuda";
    run_of(request).in_memory = false;
    run_of(request).result_file = (folder_ / "cuda.h5").string();
    run_of(request).overwrite = Overwrite::allow;
    {
      Job job(network_, request);
      simulate(job, control_2);
      job.write_result_file();
    }
    EXPECT_EQ(control.trajectories, control_2.trajectories);
    Hdf5File const file(Hdf5File::Mode::read, run_of(request).result_file, "cuda.h5");
    usize numbers = 0;
    expect_same_variables(dataset, file, numbers);
    EXPECT_GE(numbers, least_numbers);
    return samples_copied();
  }
};

TEST_F(KeptReduction, KeepsWhatAResultKeepsByItself) {
  EXPECT_EQ(expect_equal_engines<Ensemble>(request(1024), 1024 * 10), 0u);
}

TEST_F(KeptReduction, KeepsFeaturesOfAllKinds) {
  auto asked = request(1024);
  asked.first = 512;
  asked.keep = all_kinds();
  EXPECT_EQ(expect_equal_engines<Ensemble>(asked, 1024 * asked.keep->size()), 0u);
}

TEST_F(KeptReduction, KeepsThemInLittleMemory) {
  auto asked = request(1024);
  asked.experiment.samples = 300;
  asked.keep = all_kinds();
  Variable const small("CRISTAE_STAND_IN", "multiprocessors=16,memory=8000000");
  EXPECT_EQ(expect_equal_engines<Ensemble>(asked, 1024 * asked.keep->size()), 0u);
}

TEST_F(KeptReduction, KnowsFirstPassagesWithoutSamples) {
  auto asked = request(1024);
  asked.keep = all_kinds();
  asked.first_passages = {"A >= 8", "A == 0 and B == 0"};
  EXPECT_EQ(expect_equal_engines<Ensemble>(asked, 1024 * asked.keep->size()), 0u);
}

TEST_F(KeptReduction, KnowsWhereAConditionEndsATrajectory) {
  auto asked = request(1024);
  asked.experiment.stop_when = "A >= 8";
  asked.first_passages = {"B >= 5"};
  EXPECT_EQ(expect_equal_engines<Ensemble>(asked, 1024 * 10), 0u);
}

TEST_F(KeptReduction, KnowsTrajectoriesThatFail) {
  auto asked = request(1024);
  asked.max_events = 12;
  asked.keep = all_kinds();
  EXPECT_EQ(expect_equal_engines<Ensemble>(asked, 1024 * asked.keep->size()), 0u);
}

TEST_F(KeptReduction, KeepsThemOfCells) {
  auto asked = request(1300);
  asked.keep = all_kinds();
  asked.experiment.vary = {"q=lognormal(cv=0.4)", "made=lognormal(cv=0.2)"};
  EXPECT_EQ(expect_equal_engines<Ensemble>(asked, 1300 * asked.keep->size()), 0u);
}

TEST_F(KeptReduction, KeepsThemBesideTrajectoriesThatComeSingly) {
  // Blocks begin at the first trajectory of a run; of an interrupted one some are there already.
  auto asked = request(700);
  asked.keep = all_kinds();
  Variable const small_pieces("CRISTAE_STAND_IN", "multiprocessors=8");
  EXPECT_LT(expect_equal_engines<Ensemble>(asked, 700 * asked.keep->size()), 700u * 192);
}

TEST_F(KeptReduction, LeavesRawSamplesToTheHost) {
  auto asked = request(512);
  auto const kept = expect_equal_engines<Ensemble>(asked, 512 * 10);
  asked.raw = true;
  EXPECT_GT(expect_equal_engines<Ensemble>(asked, 512 * 10), kept + 512 * 10 * 2 * sizeof(float));
}

TEST_F(KeptReduction, KeepsThemOfEverySetOfASweep) {
  SweepRequest asked;
  asked.run = request(512);
  asked.run.keep = all_kinds();
  asked.run.first_passages = {"A >= 8"};
  asked.run.experiment.stop_when = "B >= 9";
  asked.over = {"q=list(0.7, 2)"};
  EXPECT_EQ(expect_equal_engines<Sweep>(asked, 2 * 512 * asked.run.keep->size()), 0u);
}

TEST_F(KeptReduction, ComputesAgainWhatADeviceLoses) {
  auto asked = request(2048);
  asked.keep = all_kinds();
  asked.first_passages = {"A >= 8"};
  for (char const* fault : {"cuLaunchKernel@20=719", "cuMemcpyDtoH@30=700", "cuMemAlloc@40=2"}) {
    SCOPED_TRACE(fault);
    Variable const faulty("CRISTAE_STAND_IN", std::string("multiprocessors=16,") + fault);
    expect_equal_engines<Ensemble>(asked, 2048 * asked.keep->size());
  }
}

}  // namespace
}  // namespace cristae::test
