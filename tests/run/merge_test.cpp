// tests/run/merge_test.cpp - parts of a run, merged or extended: every number is that of one run.
#include "host/run/merge.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "host/io/hdf5_file.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/io/result_file.hpp"
#include "host/run/extend.hpp"
#include "host/run/interrupted_run.hpp"
#include "host/run/run.hpp"
#include "host/run/shard.hpp"
#include "tests/support/same_variables.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;
using Ensemble = Run;  // a test is a class with a member Run
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Shards, AreConsecutiveAndDifferByOneAtMost) {
  for (u64 const trajectories : {1u, 7u, 100u, 1001u})
    for (u64 const of : {1u, 2u, 3u, 7u, 100u}) {
      u64 next = 5, least = ~u64{0}, most = 0;
      for (u64 number = 1; number <= of; ++number) {
        auto const piece = trajectories_of_shard({5, trajectories}, number, of);
        EXPECT_EQ(piece.first, next);
        next += piece.count;
        least = std::min(least, piece.count);
        most = std::max(most, piece.count);
      }
      EXPECT_EQ(next, 5 + trajectories);
      EXPECT_LE(most - least, 1u);
    }
}

class MergedResults : public testing::Test {
 protected:
  fs::path folder_ = fs::temp_directory_path() / ("cristae_merge_test_" + std::to_string(getpid()));
  Network network_ = read_network_file(NetworkLibrary::standard().find("telegraph"));
  RunRequest request_ = [] {
    RunRequest request;
    request.trajectories = 1000;
    request.first = 40;
    request.experiment.t_end = 3;
    request.experiment.sample_every = 0.25;
    request.histogram_times = 7;
    request.keep = std::vector<std::string>{"M[end]", "max(M)", "mean(bursts)"};
    request.covariance = true;
    request.correlation = {"M", "bursts:M"};
    return request;
  }();

  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(std::string const& name) const { return (folder_ / name).string(); }

  /// Runs to a file, and to `dataset` where there is one.
  void run(RunRequest request, std::string const& name, Dataset* dataset = nullptr) const {
    request.result_file = path(name);
    request.overwrite = Overwrite::allow;
    request.in_memory = dataset != nullptr;
    Ensemble made(network_, request);
    RunControl control;
    made.open(control);
    made.simulate(control);
    made.certify(control, "cristae verify telegraph");
    made.write_result_file();
    if (dataset != nullptr) made.fill(*dataset);
  }

  std::string run_part(Piece piece, std::string const& isa = "") const {
    auto request = request_;
    request.first = piece.first;
    request.trajectories = piece.count;
    request.part_of = {request_.first, request_.trajectories};
    request.isa = isa;
    auto const name = fmt::format("part-{}.h5", piece.first);
    run(request, name);
    return path(name);
  }

  MergeOutcome merge(std::vector<std::string> results, Gaps gaps = Gaps::refuse) const {
    RunControl control;
    return merge_results({std::move(results), path("merged.h5"), Overwrite::allow, gaps}, control);
  }

  std::string refusal(std::vector<std::string> results, ExitCode code = ExitCode::usage) const {
    try {
      merge(std::move(results));
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    return "nothing was thrown";
  }

  /// Every variable of one run that is of the ensemble, byte for byte; and the figures of it.
  void expect_one_run(std::string const& result) const {
    Dataset dataset;
    auto request = request_;
    run(request, "one.h5", &dataset);
    Hdf5File const file(Hdf5File::Mode::read, result, "merged.h5");
    Hdf5File const one(Hdf5File::Mode::read, path("one.h5"), "one.h5");
    usize numbers = 0;
    test::expect_same_variables(dataset, file, numbers, "certificate_");
    EXPECT_GT(numbers, 3'000u);
    for (char const* const name : {"contract_hash", "statistics_hash", "status", "network"})
      EXPECT_EQ(file.root().text(name), one.root().text(name)) << name;
    for (char const* const name :
         {"first", "trajectories", "trajectories_requested", "events", "seed", "exit_status"})
      EXPECT_EQ(file.root().number<u64>(name), one.root().number<u64>(name)) << name;
    for (char const* const name : {"run_first", "shard", "missing"})
      EXPECT_FALSE(file.root().has(name)) << name;
    EXPECT_EQ(file.root().text("certificate"), "passed");
    EXPECT_EQ(ResultFile(result).exact_sums(), ResultFile(path("one.h5")).exact_sums());
    if (!request_.raw) return;
    for (char const* const name : {"species_raw", "observable_raw"}) {
      auto const now = file.variable(name).read<double>(), was = one.variable(name).read<double>();
      ASSERT_EQ(now.size(), was.size());
      EXPECT_EQ(std::memcmp(now.data(), was.data(), now.size() * sizeof(double)), 0) << name;
    }
  }

  /// Of parts of any size, in an order of no meaning.
  void expect_parts_make_one_run() const {
    std::vector<std::string> parts;
    u64 next = request_.first;
    u64 const end = request_.first + request_.trajectories;
    char const* isa = "";
    for (u64 const count : {1u, 255u, 3u, 300u, 500u}) {
      u64 const own = std::min<u64>(count, end - next);
      if (own > 0) parts.push_back(run_part({next, own}, isa));
      isa = "baseline";
      next += own;
    }
    ASSERT_EQ(next, end);
    std::shuffle(parts.begin(), parts.end(), std::mt19937_64(request_.trajectories));
    merge(parts);
    expect_one_run(path("merged.h5"));
  }
};

TEST_F(MergedResults, AreThoseOfOneRun) { expect_parts_make_one_run(); }

TEST_F(MergedResults, HaveEverySample) {
  request_.raw = true;
  request_.trajectories = 400;
  expect_parts_make_one_run();
}

TEST_F(MergedResults, MayKeepNothingOfSingleTrajectories) {
  request_.keep.emplace();
  expect_parts_make_one_run();
  EXPECT_FALSE(ResultFile(path("merged.h5")).has_end_states());
}

TEST_F(MergedResults, MayHaveNoHistograms) {
  request_.histogram_times = 0;
  request_.covariance = false;
  expect_parts_make_one_run();
}

TEST_F(MergedResults, HaveCellsThatPartsDivide) {
  request_.experiment.vary = {"s=lognormal(cv=0.3)"};
  request_.experiment.replicates = 7;
  expect_parts_make_one_run();
}

TEST_F(MergedResults, HaveFamiliesThatPartsDivide) {
  request_.experiment.sisters = 4;
  request_.experiment.fork_at = 1;
  expect_parts_make_one_run();
}

TEST_F(MergedResults, HavePassagesAndEndTimes) {
  request_.experiment.stop_when = "M >= 60";
  request_.first_passages = {"M >= 20", "G_on == 1"};
  expect_parts_make_one_run();
  EXPECT_TRUE(ResultFile(path("merged.h5")).has_end_times());
}

TEST_F(MergedResults, HaveFailuresAndTheirExitCode) {
  request_.max_events = 150;
  std::vector<std::string> parts{run_part({40, 500}), run_part({540, 500})};
  auto const merged = merge(parts);
  EXPECT_GT(merged.summary.count(TrajectoryStatus::budget), 10u);
  EXPECT_EQ(merged.report.exit_status, 4);
  ASSERT_EQ(merged.summary.first_failures.size(), 1u);
  run(request_, "one.h5");
  EXPECT_EQ(merged.summary.contract_hash, ResultFile(path("one.h5")).summary().contract_hash);
  EXPECT_EQ(merged.summary.statistics_hash, ResultFile(path("one.h5")).summary().statistics_hash);
}

TEST_F(MergedResults, CanBeMergedAgain) {
  auto const a = run_part({40, 100}), b = run_part({140, 400}), c = run_part({540, 500});
  RunControl control;
  merge_results({{c, b}, path("bc.h5"), Overwrite::allow, Gaps::leave_out}, control);
  EXPECT_EQ(ResultFile(path("bc.h5")).report().missing, "40 to 139");
  merge({path("bc.h5"), a});
  expect_one_run(path("merged.h5"));
}

TEST_F(MergedResults, WithGapsAreRefusedOrMarked) {
  auto const a = run_part({40, 100}), b = run_part({200, 40}), c = run_part({240, 150});
  EXPECT_EQ(refusal({c, a, b}),
            "error: 710 of 1000 trajectories are missing: 140 to 199, 390 to 1039 (what is there "
            "may be a biased sample). Run them, as --first 140 --trajectories 60, or merge what is "
            "there with --partial.");
  EXPECT_FALSE(fs::exists(path("merged.h5")));
  auto const merged = merge({c, a, b}, Gaps::leave_out);
  ASSERT_EQ(merged.remarks.size(), 2u);
  EXPECT_EQ(to_string(merged.remarks[1]),
            "warning: 1 result is left out (a result has no gaps, and the others are the longest "
            "stretch without one).");
  ResultFile const file(path("merged.h5"));
  EXPECT_EQ(file.report().first, 200u);
  EXPECT_EQ(file.summary().trajectories, 190u);
  EXPECT_EQ(file.report().missing, "140 to 199, 390 to 1039");
  ASSERT_TRUE(file.report().part_of);
  EXPECT_EQ(file.report().part_of->first, 40u);
  EXPECT_EQ(file.report().part_of->trajectories, 1000u);
  Hdf5File const raw(Hdf5File::Mode::read, path("merged.h5"), "merged.h5");
  EXPECT_EQ(raw.root().text("status"), "partial");
  request_.first = 200;
  request_.trajectories = 190;
  run(request_, "one.h5");
  EXPECT_EQ(file.summary().statistics_hash, ResultFile(path("one.h5")).summary().statistics_hash);
  EXPECT_EQ(file.hashes(0, 190), ResultFile(path("one.h5")).hashes(0, 190));
}

TEST_F(MergedResults, ThatOverlapAreAllNamed) {
  auto const a = run_part({40, 100}), b = run_part({139, 2}), c = run_part({100, 50});
  auto const text = refusal({a, b, c, a});
  EXPECT_THAT(text, HasSubstr(fmt::format("'{}' and '{}' both hold trajectories 40 to 139 (every "
                                          "trajectory must be there once). Leave one of them out.",
                                          a, a)));
  EXPECT_THAT(text,
              HasSubstr(fmt::format("'{}' and '{}' both hold trajectories 100 to 139", a, c)));
  EXPECT_THAT(text,
              HasSubstr(fmt::format("'{}' and '{}' both hold trajectories 139 to 140", c, b)));
  EXPECT_THAT(text, Not(HasSubstr("missing")));
}

TEST_F(MergedResults, OfOtherRunsAreRefusedByWhatDiffers) {
  auto const a = run_part({40, 500});
  std::vector<std::pair<std::function<void(RunRequest&)>, std::string>> const changes{
      {[](RunRequest& r) { r.seed = 2; }, "(seed: 2, not 1)"},
      {[](RunRequest& r) { r.experiment.t_end = 2.5; },
       "(t_end: 2.5, not 3; sample times differ; "},
      {[](RunRequest& r) {
         r.experiment.set = {{"d", 2.0}};
       },
       "(set: d=2, not none)"},
      {[](RunRequest& r) { r.experiment.sisters = 2, r.experiment.fork_at = 1; },
       "(sisters: 2, not 1; fork_at: 1, not 0)"},
      {[](RunRequest& r) { r.experiment.burn_in = 1; }, "(burn_in: 1, not 0)"},
      {[](RunRequest& r) { r.experiment.stop_when = "M >= 9"; }, "(stop_when: M >= 9, not none)"},
      {[](RunRequest& r) { r.max_events = 7000; }, "(max_events: 7000, not 1099511627776)"},
      {[](RunRequest& r) {
         r.select = {"M", "bursts"};
       },
       "(columns differ)"},
      {[](RunRequest& r) { r.histogram_times = 3; },
       "(histogram times: 0,6,12, not 0,2,4,6,8,10,12)"},
      {[](RunRequest& r) { r.raw = true; }, "(raw samples: yes, not no)"},
      {[](RunRequest& r) { r.covariance = false; }, "(covariances: no, not yes)"},
      {[](RunRequest& r) { r.correlation = {"M"}; },
       "(correlations: M:M, not M:M, bursts:M, M:bursts)"}};
  for (auto const& [change, text] : changes) {
    auto request = request_;
    request.first = 540;
    request.trajectories = 500;
    change(request);
    run(request, "other.h5");
    EXPECT_THAT(
        refusal({a, path("other.h5")}),
        HasSubstr(fmt::format("'{}' is not of the run of '{}' {}", path("other.h5"), a, text)));
  }
}

TEST_F(MergedResults, ThatCannotBeReadAreAllNamed) {
  auto const a = run_part({40, 500}), b = run_part({540, 500});
  fs::resize_file(b, fs::file_size(b) / 2);
  auto const text = refusal({a, b, path("none.h5")}, ExitCode::input_output);
  EXPECT_THAT(text, HasSubstr(fmt::format("'{}' cannot be read", b)));
  EXPECT_THAT(text, HasSubstr(fmt::format("'{}' cannot be read (No such file or directory)",
                                          path("none.h5"))));
  EXPECT_FALSE(fs::exists(path("merged.h5")));
}

TEST_F(MergedResults, AreNotThoseOfTheReferenceEngine) {
  request_.engine = "reference";
  auto const a = run_part({40, 1000});
  EXPECT_EQ(refusal({a}), fmt::format("error: '{}' holds no exact sums (the engine 'reference' "
                                      "follows no contract). Run it again with --output FILE.h5 on "
                                      "another engine.",
                                      a));
}

class ExtendedResults : public MergedResults {
 protected:
  std::string extend(ExtendRequest request) const {
    try {
      Extension extension(std::move(request));
      RunControl control;
      extension.open(control);
      extension.simulate(control);
      extension.certify(control, "cristae verify telegraph");
      extension.write();
      return extension.output();
    } catch (Error const& error) {
      return error.what();
    }
  }
  /// A result of the first `count` trajectories.
  std::string start(u64 count) const {
    auto request = request_;
    request.trajectories = count;
    run(request, "start.h5");
    return path("start.h5");
  }
  void expect_extended(std::string const& isa, u32 threads) const {
    for (u64 const count : {1u, 256u, 999u}) {
      ExtendRequest request;
      request.result = start(count);
      request.trajectories = request_.trajectories;
      request.isa = isa;
      request.threads = threads;
      request.output = path("longer.h5");
      request.overwrite = Overwrite::allow;
      ASSERT_EQ(extend(request), path("longer.h5"));
      expect_one_run(path("longer.h5"));
    }
  }
};

TEST_F(ExtendedResults, AreThoseOfOneRun) { expect_extended("baseline", 1); }

TEST_F(ExtendedResults, HaveFamiliesAndPassages) {
  request_.experiment.sisters = 4;
  request_.experiment.fork_at = 1;
  request_.first_passages = {"M >= 20", "G_on == 1"};
  expect_extended("", 2);
}

TEST_F(ExtendedResults, MayKeepNothingOfSingleTrajectories) {
  request_.keep.emplace();
  expect_extended("", 2);
}

TEST_F(ExtendedResults, TakeThePlaceOfTheResultUnlessTheyHaveAnother) {
  ExtendRequest request;
  request.result = start(10);
  request.trajectories = 500;
  EXPECT_EQ(extend(request), path("start.h5"));
  request.trajectories = 1000;
  EXPECT_EQ(extend(request), path("start.h5"));
  expect_one_run(path("start.h5"));
  EXPECT_FALSE(fs::exists(path("start.h5.parts")));
  EXPECT_EQ(extend(request),
            fmt::format("error: '{}' holds 1000 trajectories already (--trajectories is 1000). "
                        "Give more with --trajectories.",
                        path("start.h5")));
}

TEST_F(ExtendedResults, ArePartsThatWereStoppedGoneOnWith) {
  auto const part = run_part({540, 500});
  // A stopped run reports its prefix, here cut on purpose.
  auto request = request_;
  request.trajectories = 123;
  request.part_of = {40, 1000};
  request.shard = "1/2";
  run(request, "cut.h5");
  ExtendRequest more;
  more.result = path("cut.h5");
  more.trajectories = 500;
  EXPECT_EQ(extend(more), path("cut.h5"));
  merge({part, path("cut.h5")});
  expect_one_run(path("merged.h5"));
}

TEST_F(ExtendedResults, ThatWereResumedAreShardsAsBefore) {
  request_.trajectories = 100'000;
  request_.keep.emplace();
  request_.covariance = false;
  request_.correlation.clear();
  auto request = request_;
  request.result_file = path("a.h5");
  request.trajectories = 50'000;
  request.part_of = {40, 100'000};
  request.shard = "1/2";
  request.threads = 1;
  {
    Ensemble run(network_, request);
    RunControl control;
    run.open(control);
    std::thread stopping([&] {
      while (control.trajectories < 1000) std::this_thread::yield();
      control.stop = true;
    });
    run.simulate(control);
    stopping.join();
    ASSERT_TRUE(run.outcome().can_go_on);
    run.outcome().report.interrupted = true;
    run.write_result_file();
  }
  auto left = read_interrupted_run(path("a.h5"));
  EXPECT_EQ(left.request.shard, "1/2");
  left.request.overwrite = Overwrite::allow;
  {
    Ensemble run(left.network, left.request);
    run.go_on_from(std::move(left.checkpoint), left.fingerprint);
    RunControl control;
    run.open(control);
    run.simulate(control);
    run.certify(control, "cristae verify telegraph");
    run.write_result_file();
  }
  EXPECT_EQ(ResultFile(path("a.h5")).report().part_of->trajectories, 100'000u);
  auto const b = run_part({50'040, 50'000});
  merge({path("a.h5"), b});
  expect_one_run(path("merged.h5"));
}

TEST_F(ExtendedResults, AreNotPartial) {
  auto const a = run_part({40, 100}), b = run_part({200, 40});
  merge({a, b}, Gaps::leave_out);
  ExtendRequest request;
  request.result = path("merged.h5");
  request.trajectories = 1000;
  EXPECT_EQ(
      extend(request),
      fmt::format("error: '{}' is partial (trajectories 140 to 199, 240 to 1039 of its run are "
                  "missing). Run those, and merge all.",
                  path("merged.h5")));
}

TEST_F(ExtendedResults, ToALaterEndAreAskedForAgain) {
  request_.experiment.vary = {"s=lognormal(cv=0.3)"};
  request_.experiment.replicates = 3;
  request_.experiment.set = {{"d", 1.5}};
  request_.first_passages = {"M >= 20"};
  request_.trajectories = 200;
  run(request_, "start.h5");
  ExtendRequest request;
  request.result = path("start.h5");
  request.output = path("longer.h5");
  auto again = longer_run(request, 5);
  {
    Ensemble made(again.network, again.request);
    RunControl control;
    made.open(control);
    made.simulate(control);
    made.certify(control, "cristae verify telegraph");
    made.write_result_file();
  }
  request_.experiment.t_end = 5;
  expect_one_run(path("longer.h5"));
  try {
    longer_run(request, 3);
    ADD_FAILURE();
  } catch (Error const& error) {
    EXPECT_EQ(error.what(), fmt::format("error: '{}' goes to t = 3 already (--t-end is 3). Give a "
                                        "later one.",
                                        request.result));
  }
}

}  // namespace
}  // namespace cristae
