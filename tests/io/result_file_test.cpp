// tests/io/result_file_test.cpp - results: what is written is read back, bit for bit.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "host/base/error.hpp"
#include "tests/support/results.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;
using test::MadeResult;
using test::ResultShape;

class Results : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "cristae-results-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(std::string const& name = "r.h5") const { return (folder_ / name).string(); }
  usize files() const {
    return static_cast<usize>(std::distance(fs::directory_iterator(folder_), {}));
  }
  std::string write(MadeResult const& made, u64 block = 7) const {
    ResultWriter writer(path(), Overwrite::allow, made.experiment, made.columns, made.first,
                        made.kept);
    made.deliver_all(writer, block);
    writer.finish(made.report, made.summary);
    return path();
  }

  fs::path folder_;
};

template <class Work>
std::string error_text(ExitCode code, Work work) {
  try {
    work();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  return "no error";
}

/// NaN equals NaN, and 0 is not -0.
testing::AssertionResult same(std::vector<double> const& a, std::vector<double> const& b) {
  if (a.size() != b.size()) return testing::AssertionFailure() << a.size() << " and " << b.size();
  for (usize i = 0; i < a.size(); ++i)
    if (std::bit_cast<u64>(a[i]) != std::bit_cast<u64>(b[i]) &&
        !(std::isnan(a[i]) && std::isnan(b[i])))
      return testing::AssertionFailure() << a[i] << " and " << b[i] << " at " << i;
  return testing::AssertionSuccess();
}

std::vector<double> numbers(PointStatistics const& p) {
  std::vector<double> list{p.mean, p.var, p.se, p.fano, p.cv2, p.min, p.max};
  list.insert(list.end(), p.quantiles.begin(), p.quantiles.end());
  return list;
}

void expect_same(ColumnStatistics const& a, ColumnStatistics const& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.label, b.label);
  EXPECT_EQ(a.unit, b.unit);
  EXPECT_EQ(a.resolution, b.resolution);
  EXPECT_EQ(a.hash, b.hash);
  ASSERT_EQ(a.points.size(), b.points.size());
  for (usize k = 0; k < a.points.size(); ++k) {
    EXPECT_EQ(a.points[k].n, b.points[k].n);
    EXPECT_EQ(a.points[k].undefined, b.points[k].undefined);
    EXPECT_TRUE(same(numbers(a.points[k]), numbers(b.points[k]))) << a.name << " at " << k;
  }
  ASSERT_EQ(a.histograms.size(), b.histograms.size());
  for (usize h = 0; h < a.histograms.size(); ++h) {
    EXPECT_EQ(a.histograms[h].start, b.histograms[h].start);
    EXPECT_EQ(a.histograms[h].width, b.histograms[h].width);
    EXPECT_EQ(a.histograms[h].counts, b.histograms[h].counts);
  }
}

void expect_same(EnsembleSummary const& a, EnsembleSummary const& b) {
  EXPECT_EQ(a.trajectories, b.trajectories);
  EXPECT_EQ(a.events, b.events);
  EXPECT_EQ(a.contract_hash, b.contract_hash);
  EXPECT_EQ(a.statistics_hash, b.statistics_hash);
  EXPECT_EQ(a.statuses, b.statuses);
  EXPECT_EQ(a.times, b.times);
  EXPECT_EQ(a.histogram_times, b.histogram_times);
  EXPECT_EQ(a.covariance, b.covariance);
  ASSERT_EQ(a.columns.size(), b.columns.size());
  for (usize c = 0; c < a.columns.size(); ++c) expect_same(a.columns[c], b.columns[c]);
}

void expect_same(std::optional<Certificate> const& a, std::optional<Certificate> const& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) return;
  EXPECT_EQ(a->passed, b->passed);
  EXPECT_EQ(a->trajectories, b->trajectories);
  EXPECT_EQ(a->whole, b->whole);
  EXPECT_EQ(a->events, b->events);
  EXPECT_EQ(a->p_value, b->p_value);
  ASSERT_EQ(a->reactions.size(), b->reactions.size());
  for (usize j = 0; j < a->reactions.size(); ++j) {
    EXPECT_EQ(a->reactions[j].id, b->reactions[j].id);
    EXPECT_EQ(a->reactions[j].firings, b->reactions[j].firings);
    EXPECT_EQ(a->reactions[j].integral, b->reactions[j].integral);
    EXPECT_EQ(a->reactions[j].z, b->reactions[j].z);
    EXPECT_EQ(a->reactions[j].p_value, b->reactions[j].p_value);
  }
}

void expect_same(RunReport const& a, RunReport const& b) {
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.network, b.network);
  EXPECT_EQ(a.title, b.title);
  EXPECT_EQ(a.time_unit, b.time_unit);
  EXPECT_EQ(a.condition, b.condition);
  EXPECT_EQ(a.set, b.set);
  EXPECT_EQ(a.engine, b.engine);
  EXPECT_EQ(a.isa, b.isa);
  EXPECT_EQ(a.code, b.code);
  EXPECT_EQ(a.threads, b.threads);
  EXPECT_EQ(a.seed, b.seed);
  EXPECT_EQ(a.first, b.first);
  EXPECT_EQ(a.requested, b.requested);
  EXPECT_EQ(a.simulated_events, b.simulated_events);
  EXPECT_EQ(a.wall_seconds, b.wall_seconds);
  EXPECT_EQ(a.t_end, b.t_end);
  EXPECT_EQ(a.burn_in, b.burn_in);
  EXPECT_EQ(a.max_events, b.max_events);
  EXPECT_EQ(a.start_from, b.start_from);
  EXPECT_EQ(a.start_seeds, b.start_seeds);
  EXPECT_EQ(a.start_contract_hash, b.start_contract_hash);
  EXPECT_EQ(a.until, b.until);
  EXPECT_EQ(a.interrupted, b.interrupted);
  EXPECT_EQ(a.exit_status, b.exit_status);
  expect_same(a.certificate, b.certificate);
}

/// Of the trajectories that the file reports.
void expect_same_trajectories(MadeResult const& made, ResultFile const& file) {
  u64 const n = made.summary.trajectories;
  auto const statuses = file.statuses(0, n);
  ASSERT_EQ(statuses.size(), n);
  std::vector<double> features;
  for (u64 i = 0; i < n; ++i) {
    EXPECT_EQ(statuses[i], made.ends[i].status);
    usize const per_trajectory = made.columns.size() * made.summary.times.size();
    auto const values = std::span(made.values).subspan(i * per_trajectory, per_trajectory);
    for (auto const& feature : made.kept.features)
      features.push_back(evaluate(feature, values, made.summary.times.size()));
  }
  EXPECT_TRUE(same(file.feature_values(0, n), features));
  auto head = made.values;
  head.resize(n * made.columns.size() * made.summary.times.size());
  EXPECT_TRUE(same(file.raw(0, n), head));
  auto states = made.end_states;
  states.resize(n * made.network.species.size());
  EXPECT_EQ(file.end_states(0, n), states);
}

void expect_read_back(MadeResult const& made, std::string const& path) {
  ResultFile const file(path);
  expect_same(made.report, file.report());
  expect_same(made.summary, file.summary());
  EXPECT_EQ(file.network_text(), made.network.text);
  EXPECT_EQ(file.changes(), std::vector<double>{1.5});
  std::vector<std::string> species, features;
  for (auto const& one : made.network.species) species.push_back(one.id);
  for (auto const& one : made.kept.features) features.push_back(one.text);
  EXPECT_EQ(file.species(), species);
  EXPECT_EQ(file.features(), features);
  if (made.summary.trajectories > 0) expect_same_trajectories(made, file);
}

TEST_F(Results, AreReadBackAsTheyWereWritten) {
  MadeResult const made({});
  expect_read_back(made, write(made));
  EXPECT_EQ(files(), 1u);
}

TEST_F(Results, OfOneTrajectoryAreReadBack) {
  ResultShape shape;
  shape.trajectories = 1;
  MadeResult const made(shape);
  expect_read_back(made, write(made));
}

TEST_F(Results, WithoutHistogramsAreReadBack) {
  ResultShape shape;
  shape.histogram_times = 0;
  MadeResult const made(shape);
  expect_read_back(made, write(made));
}

TEST_F(Results, WithoutObservablesAreReadBack) {
  ResultShape shape;
  shape.observables = 0;
  shape.covariance = false;
  MadeResult const made(shape);
  expect_read_back(made, write(made));
}

TEST_F(Results, WithoutReportedSpeciesAreReadBack) {
  ResultShape shape;
  shape.species = 0;
  MadeResult const made(shape);
  expect_read_back(made, write(made));
}

TEST_F(Results, OfTenThousandSampleTimesAreReadBack) {
  ResultShape shape;
  shape.times = 10000;
  shape.trajectories = 12;
  shape.histogram_times = 3;
  MadeResult const made(shape);
  expect_read_back(made, write(made));
}

TEST_F(Results, OfIdsBeyondTwoToTheThirtyTwoAreReadBack) {
  ResultShape shape;
  shape.first = (u64{1} << 33) + 5;
  MadeResult const made(shape);
  expect_read_back(made, write(made));
}

TEST_F(Results, OfManyTrajectoriesAreReadBackWhateverTheBlocks) {
  ResultShape shape;
  shape.trajectories = 5000;
  MadeResult const made(shape);
  expect_read_back(made, write(made, 256));
  expect_read_back(made, write(made, 1000));
}

TEST_F(Results, WithLongTextsAreReadBack) {
  ResultShape shape;
  shape.longest_id = 100'000;
  MadeResult made(shape);
  made.network.text = std::string(3'000'000, 'x') + "α";
  made.report.network = std::string(40'000, 'n');
  made.report.condition = std::string(32'768, 'c');
  expect_read_back(made, write(made));
}

TEST_F(Results, WithoutAnythingSetOrChangedAreReadBack) {
  MadeResult made({});
  made.report.set.clear();
  made.report.start_seeds.clear();
  made.report.title.clear();
  made.report.interrupted = true;
  ResultFile const file(write(made));
  expect_same(made.report, file.report());
}

TEST_F(Results, WithoutACertificateOrWithoutReactionsInItAreReadBack) {
  MadeResult made({.trajectories = 3});
  made.report.certificate.reset();
  expect_same(made.report, ResultFile(write(made)).report());
  made.report.certificate = Certificate{true, 1, 1, 0, 1, {}};
  expect_same(made.report, ResultFile(write(made)).report());
}

TEST_F(Results, TextsThatAreNotUtf8AreMadeSo) {
  MadeResult made({});
  made.report.start_from = "old\xff.h5";
  EXPECT_EQ(ResultFile(write(made)).report().start_from, "old\xEF\xBF\xBD.h5");
}

TEST_F(Results, HoldNoTrajectoryBehindTheReportedOnes) {
  ResultShape shape;
  shape.trajectories = 13;
  MadeResult const reported(shape);
  shape.trajectories = 30;
  MadeResult const made(shape);
  {
    ResultWriter writer(path(), Overwrite::refuse, made.experiment, made.columns, made.first,
                        made.kept);
    made.deliver(writer, 24, 30);
    made.deliver(writer, 8, 16);  // 16 .. 23 never come
    made.deliver(writer, 0, 8);
    writer.finish(reported.report, reported.summary);
  }
  expect_read_back(reported, path());
}

TEST_F(Results, WithABlockMissingAreRefused) {
  MadeResult const made({});
  ResultWriter writer(path(), Overwrite::refuse, made.experiment, made.columns, made.first,
                      made.kept);
  made.deliver(writer, 0, 5);
  made.deliver(writer, 6, 20);
  EXPECT_EQ(error_text(ExitCode::internal, [&] { writer.finish(made.report, made.summary); }),
            "error: the block with trajectory 5 was not delivered.");
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(Results, AreTheSameBytesWhateverTheOrderOfBlocks) {
  MadeResult const made({});
  auto const read = [](std::string const& name) {
    std::ifstream stream(name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  auto const one = read(write(made, 7));
  auto const other = read(write(made, 20));
  EXPECT_EQ(one, other);
}

TEST_F(Results, OfBlocksFromSeveralThreadsAreComplete) {
  ResultShape shape;
  shape.trajectories = 4000;
  shape.times = 100;
  MadeResult const made(shape);
  {
    ResultWriter writer(path(), Overwrite::refuse, made.experiment, made.columns, made.first,
                        made.kept);
    std::atomic<u64> next{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (u64 begin; (begin = next.fetch_add(50)) < shape.trajectories;)
          made.deliver(writer, begin, begin + 50);
      });
    for (auto& thread : threads) thread.join();
    writer.finish(made.report, made.summary);
  }
  expect_read_back(made, path());
}

TEST_F(Results, WithNothingKeptNeedNoShards) {
  MadeResult made({});
  made.kept = {{}, false, false};
  ResultWriter writer(path(), Overwrite::refuse, made.experiment, made.columns, made.first,
                      made.kept);
  made.deliver_all(writer, 7);
  EXPECT_TRUE(writer.flush().empty());
  writer.finish(made.report, made.summary);
  ResultFile const file(path());
  expect_same(made.summary, file.summary());
  EXPECT_FALSE(file.has_raw());
  EXPECT_FALSE(file.has_end_states());
  EXPECT_EQ(error_text(ExitCode::usage, [&] { file.end_states(0, 1); }),
            "error: '" + path() +
                "' does not have 'end_state' of single trajectories (they were "
                "not kept).");
}

TEST_F(Results, WithoutAnyFinishedTrajectoryAreReadBack) {
  ResultShape shape;
  shape.trajectories = 0;
  MadeResult const made(shape);
  expect_read_back(made, write(made));
}

TEST_F(Results, PartsAreReadByRange) {
  MadeResult const made({});
  ResultFile const file(write(made));
  auto const all = file.raw(0, 20), part = file.raw(3, 5);
  usize const width = all.size() / 20;
  EXPECT_TRUE(same(part, {all.begin() + static_cast<std::ptrdiff_t>(3 * width),
                          all.begin() + static_cast<std::ptrdiff_t>(5 * width)}));
  EXPECT_EQ(file.statuses(4, 5), std::vector{TrajectoryStatus::budget});
  EXPECT_EQ(file.end_states(4, 4).size(), 0u);
  EXPECT_THROW(file.raw(5, 4), Error);
  EXPECT_THROW(file.raw(19, 21), Error);
}

usize open_files() {
  return static_cast<usize>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

/// One bit, or all of a sector, at random places: told, or without effect on what is read.
void damage_and_read(MadeResult const& made, std::string const& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string const whole(std::istreambuf_iterator<char>(stream), {});
  auto const damaged = path + ".damaged";
  std::mt19937 random(1);
  usize told = 0;
  usize const open_before = open_files();
  for (int i = 0; i < 600; ++i) {
    auto bytes = whole;
    usize const at = random() % bytes.size(), sector = at / 512 * 512;
    if (i % 2 == 0)
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    else
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(sector),
                  std::min<usize>(512, bytes.size() - sector), '\0');
    std::ofstream(damaged, std::ios::binary) << bytes;
    try {
      expect_read_back(made, damaged);
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), ExitCode::input_output) << error.what();
      ++told;
    }
    ASSERT_FALSE(testing::Test::HasFailure()) << "damage " << i << " at " << at;
  }
  EXPECT_GT(told, 300u);
  EXPECT_EQ(open_files(), open_before);
}

/// In a process of its own, because HDF5 loses memory on damaged files.
TEST_F(Results, ThatAreDamagedAreNeverReadAsSomethingElse) {
  MadeResult const made({});
  write(made);
  pid_t const child = fork();
  if (child == 0) {
    damage_and_read(made, path());
    std::fflush(nullptr);
    _exit(HasFailure() ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace cristae
