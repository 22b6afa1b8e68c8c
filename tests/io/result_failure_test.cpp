// tests/io/result_failure_test.cpp - results where something fails: full disks, kills, damage.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "host/base/error.hpp"
#include "host/io/shards.hpp"
#include "tests/support/results.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;
using test::MadeResult;

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

class FailingResults : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "cristae-failing-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(std::string const& name = "r.h5") const { return (folder_ / name).string(); }
  static std::string read(std::string const& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static void put(std::string const& path, std::string const& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (auto const& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  void write(std::string const& to, Overwrite overwrite) const {
    ResultWriter writer(to, overwrite, made_.experiment, made_.columns, made_.first, made_.kept);
    made_.deliver_all(writer, 8);
    writer.finish(made_.report, made_.summary);
  }

  /// result_sample as a process of its own, with what it prints in `log`.
  pid_t start(std::string const& to, std::vector<std::string> const& more, std::string const& log,
              rlim_t largest_file = RLIM_INFINITY) const {
    std::vector<std::string> words{CRISTAE_RESULT_SAMPLE, to};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t const child = fork();
    if (child != 0) return child;
    signal(SIGXFSZ, SIG_IGN);
    int const descriptor = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(descriptor, 1);
    dup2(descriptor, 2);
    rlimit const limit{largest_file, largest_file};
    if (largest_file != RLIM_INFINITY) setrlimit(RLIMIT_FSIZE, &limit);
    execv(arguments[0], arguments.data());
    _exit(99);
  }
  static int wait_for(pid_t child) {
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  fs::path folder_;
  MadeResult made_{{}};
};

TEST_F(FailingResults, AnExistingFileIsRefusedBeforeTheRun) {
  put(path(), "old");
  EXPECT_EQ(error_text(ExitCode::input_output, [&] { write(path(), Overwrite::refuse); }),
            "error: '" + path() + "' exists. Use --overwrite to replace it, or give another name.");
  EXPECT_EQ(read(path()), "old");
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(FailingResults, AFileThatAppearsDuringTheRunIsNotReplaced) {
  ResultWriter writer(path(), Overwrite::refuse, made_.experiment, made_.columns, made_.first,
                      made_.kept);
  made_.deliver_all(writer, 8);
  put(path(), "new");
  EXPECT_THROW(writer.finish(made_.report, made_.summary), Error);
  EXPECT_EQ(read(path()), "new");
}

TEST_F(FailingResults, ASymbolicLinkStaysALink) {
  fs::create_directory(path("far"));
  put(path("far/r.h5"), "old");
  fs::create_symlink(path("far/r.h5"), path());
  write(path(), Overwrite::allow);
  EXPECT_TRUE(fs::is_symlink(path()));
  EXPECT_EQ(ResultFile(path("far/r.h5")).report().seed, made_.report.seed);
  EXPECT_EQ(files(), (std::vector<std::string>{"far", "r.h5"}));
}

TEST_F(FailingResults, ADeviceIsRefused) {
  EXPECT_EQ(error_text(ExitCode::input_output, [&] { write("/dev/null", Overwrite::allow); }),
            "error: '/dev/null' is a device or a pipe (this kind of file is not written from front "
            "to back). Give the name of a file.");
}

TEST_F(FailingResults, AMissingFolderIsNamed) {
  EXPECT_EQ(error_text(ExitCode::input_output, [&] { write(path("no/r.h5"), Overwrite::allow); }),
            "error: '" + path("no/r.h5") + "' cannot be written (there is no folder '" +
                path("no") + "'). Make it first.");
}

TEST_F(FailingResults, AnAbandonedRunLeavesNothing) {
  {
    ResultWriter writer(path(), Overwrite::refuse, made_.experiment, made_.columns, made_.first,
                        made_.kept);
    made_.deliver(writer, 0, 10);
    EXPECT_EQ(files(), std::vector<std::string>{"r.h5.parts"});
  }
  EXPECT_EQ(files().size(), 0u);
}

TEST_F(FailingResults, PartsOfAKilledRunAreRefusedOrWithOverwriteRemoved) {
  fs::create_directory(path("r.h5.parts"));
  put(path("r.h5.parts/16.shard"), "old");
  put(path("r.h5.parts/.cristae-1-0.tmp"), "old");
  EXPECT_EQ(
      error_text(ExitCode::input_output, [&] { write(path(), Overwrite::refuse); }),
      "error: '" + path("r.h5.parts") +
          "' exists (a run that was interrupted left it, or one is still under way). Use "
          "cristae resume to go on with that run, --overwrite to remove what it left, or give "
          "another name.");
  EXPECT_EQ(read(path("r.h5.parts/16.shard")), "old");
  write(path(), Overwrite::allow);
  EXPECT_EQ(files(), std::vector<std::string>{"r.h5"});
}

TEST_F(FailingResults, WhatIsNotOursInTheFolderOfPartsStays) {
  fs::create_directory(path("r.h5.parts"));
  put(path("r.h5.parts/16.shard"), "old");
  put(path("r.h5.parts/thesis.tex"), "all of it");
  EXPECT_EQ(error_text(ExitCode::input_output, [&] { write(path(), Overwrite::allow); }),
            "error: '" + path("r.h5.parts") +
                "' cannot be emptied ('thesis.tex' in it is no part of a result). Move it away, or "
                "give another name.");
  EXPECT_EQ(read(path("r.h5.parts/thesis.tex")), "all of it");
}

TEST_F(FailingResults, TheFolderOfPartsIsNotFollowedElsewhere) {
  fs::create_directory(path("far"));
  put(path("far/1.shard"), "old");
  fs::create_directory_symlink(path("far"), path("r.h5.parts"));
  EXPECT_THROW(write(path(), Overwrite::allow), Error);
  EXPECT_EQ(read(path("far/1.shard")), "old");
}

TEST_F(FailingResults, TwoRunsDoNotShareAName) {
  ResultWriter const one(path(), Overwrite::allow, made_.experiment, made_.columns, made_.first,
                         made_.kept);
  char machine[256] = "";
  gethostname(machine, sizeof machine);
  EXPECT_EQ(error_text(ExitCode::input_output, [&] { write(path(), Overwrite::allow); }),
            fmt::format("error: '{}' is in use (process {} on {} writes the same result). Wait for "
                        "it, or give another name.",
                        path("r.h5.parts"), getpid(), machine));
  EXPECT_TRUE(fs::exists(path("r.h5.parts")));
}

TEST_F(FailingResults, AShardThatIsDamagedIsNoticed) {
  Shards shards(path("parts"), LeftParts::refuse, 100);
  shards.add(40, 10, std::string(60, 'a'));
  shards.add(10, 30, std::string(60, 'b'));  // 100 bytes are reached
  shards.add(50, 1, "c");
  shards.flush();
  EXPECT_EQ(fs::file_size(path("parts/0.shard")), 120u);
  auto const blocks = shards.cover(10, 41);
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(shards.read(blocks[0]), std::string(60, 'b'));
  EXPECT_EQ(shards.read(blocks[1]), std::string(60, 'a'));
  EXPECT_EQ(shards.read(blocks[2]), "c");
  std::fstream(path("parts/0.shard"), std::ios::in | std::ios::out | std::ios::binary)
      .seekp(61)
      .put('x');
  EXPECT_EQ(error_text(ExitCode::input_output, [&] { shards.read(blocks[0]); }),
            "error: '" + path("parts/0.shard") +
                "' is damaged (trajectories 10 to 39 do not have the checksum they were written "
                "with). Check the disk, and run again.");
  EXPECT_EQ(shards.read(blocks[1]), std::string(60, 'a'));
}

TEST_F(FailingResults, ShardsFilledBySeveralThreadsHoldEveryBlock) {
  auto const text = [](u64 i) { return std::string(i % 40, static_cast<char>('a' + i % 26)); };
  Shards shards(path("parts"), LeftParts::refuse, 300);
  std::atomic<u64> next{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (u64 i; (i = next++) < 500;) shards.add(1000 + 3 * i, 3, text(i));
    });
  for (auto& thread : threads) thread.join();
  shards.flush();
  auto const blocks = shards.cover(1000, 1499);
  ASSERT_EQ(blocks.size(), 500u);
  for (u64 i = 0; i < 500; ++i) EXPECT_EQ(shards.read(blocks[i]), text(i));
}

TEST_F(FailingResults, AnErrorInAnEngineThreadStopsTheRunAndIsToldAtItsEnd) {
  ResultWriter writer(path(), Overwrite::refuse, made_.experiment, made_.columns, made_.first,
                      made_.kept);
  std::atomic<bool> stop{false};
  writer.stop_on_error(&stop);
  fs::remove_all(path("r.h5.parts"));
  test::ResultShape shape;
  shape.trajectories = 3000;
  shape.times = 1000;
  MadeResult const large(shape);  // more than a shard
  ResultWriter other(path("other.h5"), Overwrite::refuse, large.experiment, large.columns,
                     large.first, large.kept);
  other.stop_on_error(&stop);
  fs::remove_all(path("other.h5.parts"));
  large.deliver_all(other, 100);
  EXPECT_TRUE(stop);
  auto const text =
      error_text(ExitCode::input_output, [&] { other.finish(large.report, large.summary); });
  EXPECT_NE(text.find("there is no folder"), std::string::npos) << text;
  EXPECT_EQ(files().size(), 0u);
}

/// A limit on the size of files ends writes as a full disk does, at any place that is chosen.
TEST_F(FailingResults, AWriteThatFailsAnywhereIsOneCleanError) {
  put(path(), "old");
  ASSERT_EQ(wait_for(start(path("whole.h5"), {}, path("log"))), 0);
  auto const whole = fs::file_size(path("whole.h5"));
  fs::remove(path("whole.h5"));
  usize failed = 0;
  for (rlim_t limit = 2000; limit < whole + whole / 10; limit += whole / 60) {
    int const code = wait_for(start(path(), {}, path("log"), limit));
    auto const log = read(path("log"));
    EXPECT_EQ(files(), (std::vector<std::string>{"log", "r.h5"})) << limit;
    if (code == 0) break;
    ++failed;
    EXPECT_EQ(code, 5) << limit << ": " << log;
    EXPECT_NE(log.find("cannot be written (File too large)"), std::string::npos) << log;
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
    EXPECT_EQ(read(path()), "old");
  }
  EXPECT_GT(failed, 50u);
  EXPECT_EQ(ResultFile(path()).summary().trajectories, 20u);
}

TEST_F(FailingResults, AFullDiskIsOneCleanError) {
  auto const disk = path("disk");
  fs::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=8m") != 0)
    GTEST_SKIP() << "a disk of our own needs root: " << std::strerror(errno);
  usize failed = 0;
  for (int const kilobytes : {4, 24, 48, 64, 80, 96, 112, 128, 160, 200, 240, 400, 4000}) {
    auto const options = "size=" + std::to_string(kilobytes) + "k";
    EXPECT_EQ(mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, options.c_str()), 0);
    int const code = wait_for(start(disk + "/r.h5", {"200"}, path("log")));
    auto const log = read(path("log"));
    EXPECT_TRUE(code == 0 || code == 5) << kilobytes << " kB: " << code << log;
    if (code == 0) {
      EXPECT_EQ(ResultFile(disk + "/r.h5").summary().trajectories, 200u);
      break;
    }
    ++failed;
    EXPECT_NE(log.find("(No space left on device)"), std::string::npos) << log;
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
    EXPECT_TRUE(fs::is_empty(disk));
  }
  EXPECT_GT(failed, 4u);
  EXPECT_TRUE(fs::exists(disk + "/r.h5"));
  EXPECT_EQ(umount(disk.c_str()), 0);
}

TEST_F(FailingResults, AKillLeavesTheNameFreeOrAWholeFile) {
  using Clock = std::chrono::steady_clock;
  auto const begin = Clock::now();
  ASSERT_EQ(wait_for(start(path(), {"300"}, path("log"))), 0);
  auto const one_run = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  std::mt19937 random(1);
  usize whole = 0, parts = 0;
  for (int i = 0; i < 50; ++i) {
    if (i % 5 == 0) fs::remove(path());
    pid_t const child = start(path(), {"300", "100000"}, path("log"));
    std::this_thread::sleep_for(one_run * (random() % 400) / 100);
    kill(child, SIGKILL);
    EXPECT_EQ(wait_for(child), -SIGKILL) << read(path("log"));
    parts += fs::exists(path("r.h5.parts"));
    if (!fs::exists(path())) continue;
    ++whole;
    ResultFile const file(path());
    EXPECT_EQ(file.summary().trajectories, 300u);
    EXPECT_EQ(file.raw(0, 300).size(), 300u * 5 * 6);
  }
  EXPECT_GT(whole, 10u);
  EXPECT_GT(parts, 10u);  // kills that hit a run
}

TEST_F(FailingResults, WhatIsNoResultIsToldApart) {
  EXPECT_EQ(error_text(ExitCode::input_output, [&] { ResultFile{path("none.h5")}; }),
            "error: '" + path("none.h5") + "' cannot be read (No such file or directory).");
  EXPECT_EQ(error_text(ExitCode::input_output, [&] { ResultFile{folder_.string()}; }),
            "error: '" + folder_.string() + "' cannot be read (it is no regular file).");
  put(path("text.h5"), "time,observable\n");
  EXPECT_EQ(error_text(ExitCode::input_output, [&] { ResultFile{path("text.h5")}; }),
            "error: '" + path("text.h5") + "' cannot be read (it is no HDF5 file).");
}

TEST_F(FailingResults, ATruncatedFileIsNeverRead) {
  write(path(), Overwrite::refuse);
  auto const whole = read(path());
  for (usize length = 0; length < whole.size(); length += whole.size() / 40) {
    put(path("cut.h5"), whole.substr(0, length));
    EXPECT_THROW(ResultFile{path("cut.h5")}, Error) << length;
  }
}

}  // namespace
}  // namespace cristae
