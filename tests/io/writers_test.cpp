// tests/io/writers_test.cpp - result files: exact texts, refusals, and what is left behind.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/io/csv_writer.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/network_library.hpp"
#include "host/io/output_file.hpp"
#include "host/io/plot_writer.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;
double const not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A folder of its own per test.
class Writers : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "cristae-writers-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(std::string const& name) const { return (folder_ / name).string(); }
  static std::string read(std::string const& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static void put(std::string const& path, std::string const& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  usize files() const {
    return static_cast<usize>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
};

PointStatistics point(u64 n, double mean, double var, double quantiles) {
  PointStatistics statistics;
  statistics.n = n;
  statistics.mean = mean;
  statistics.var = var;
  statistics.se = std::sqrt(var / double(n));
  statistics.fano = var / mean;
  statistics.cv2 = var / (mean * mean);
  statistics.min = 0.5;
  statistics.max = 1e7;
  statistics.quantiles.fill(quantiles);
  return statistics;
}

EnsembleSummary two_columns() {
  EnsembleSummary summary;
  summary.trajectories = 4;
  summary.events = 300;
  summary.contract_hash = 0xAB;
  summary.statistics_hash = 0xCD;
  summary.statuses[0] = 3;
  summary.statuses[2] = 1;
  summary.times = {0, 0.1};
  summary.histogram_times = {0, 1};
  auto const start = point(4, 2, 4, 1);
  auto end = point(1, 0.1, not_a_number, 0.1);
  end.undefined = 1;
  end.min = end.max = -not_a_number;  // its sign must not show
  summary.columns.resize(2);
  summary.columns[0] = {ColumnKind::observable, "A", "A", "copies", 1, 0, {start, end}, {}};
  summary.columns[1] = {ColumnKind::species, "b,\"c\"", "it's `id`", "", 1, 0, {start, start}, {}};
  return summary;
}

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

TEST_F(Writers, AFileAppearsOnlyWithCommit) {
  {
    OutputFile file(path("x"), Overwrite::refuse);
    file.write("half");
  }
  EXPECT_EQ(files(), 0u);
  OutputFile file(path("x"), Overwrite::refuse);
  file.write("whole");
  EXPECT_FALSE(fs::exists(path("x")));
  file.commit();
  EXPECT_EQ(read(path("x")), "whole");
  EXPECT_EQ(files(), 1u);
}

TEST_F(Writers, WhatAKilledWriterLeftIsRemovedByTheNextOfTheSameFile) {
  for (char const* const name : {"x", "y"}) {
    pid_t const writer = fork();
    if (writer == 0) {
      OutputFile file(path(name), Overwrite::refuse);
      _exit(0);
    }
    waitpid(writer, nullptr, 0);
  }
  EXPECT_EQ(files(), 2u);
  OutputFile living(path("x"), Overwrite::refuse);
  EXPECT_EQ(files(), 2u);
  check_output(path("x"), Overwrite::refuse);
  EXPECT_EQ(files(), 2u);  // that of y, and the one of the writer that lives
  living.commit();
  EXPECT_TRUE(fs::exists(path("x")));
}

TEST_F(Writers, AnExistingFileIsRefusedWithoutOverwrite) {
  put(path("x"), "old");
  EXPECT_EQ(
      error_text(ExitCode::input_output, [&] { check_output(path("x"), Overwrite::refuse); }),
      "error: '" + path("x") + "' exists. Use --overwrite to replace it, or give another name.");
  EXPECT_EQ(read(path("x")), "old");
}

TEST_F(Writers, AFileThatAppearedDuringTheRunIsNotReplaced) {
  OutputFile file(path("x"), Overwrite::refuse);
  file.write("new");
  put(path("x"), "someone else's");
  EXPECT_THROW(file.commit(), Error);
  EXPECT_EQ(read(path("x")), "someone else's");
}

TEST_F(Writers, OverwriteReplacesTheTextAndKeepsTheMode) {
  put(path("x"), "old");
  ASSERT_EQ(chmod(path("x").c_str(), 0640), 0);
  OutputFile file(path("x"), Overwrite::allow);
  file.write("new");
  EXPECT_EQ(read(path("x")), "old");
  file.commit();
  EXPECT_EQ(read(path("x")), "new");
  struct stat status {};
  ASSERT_EQ(stat(path("x").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
}

TEST_F(Writers, ASymbolicLinkStaysALink) {
  put(path("target"), "old");
  fs::create_symlink(path("target"), path("link"));
  OutputFile file(path("link"), Overwrite::allow);
  file.write("new");
  file.commit();
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read(path("target")), "new");
}

TEST_F(Writers, ADeviceIsWrittenAndNotReplaced) {
  OutputFile file("/dev/null", Overwrite::refuse);
  file.write("gone");
  file.commit();
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(Writers, AMissingFolderAndAFolderAreNamed) {
  EXPECT_EQ(
      error_text(ExitCode::input_output, [&] { check_output(path("no/x"), Overwrite::refuse); }),
      "error: '" + path("no/x") + "' cannot be written (there is no folder '" + path("no") +
          "'). Make it first.");
  EXPECT_EQ(
      error_text(ExitCode::input_output, [&] { check_output(folder_.string(), Overwrite::allow); }),
      "error: '" + folder_.string() + "' is a folder. Give the name of a file.");
}

TEST_F(Writers, CheckingLeavesNothingBehind) {
  check_output(path("x"), Overwrite::refuse);
  EXPECT_EQ(files(), 0u);
}

TEST_F(Writers, CsvIsLongQuotedAndReadsBackExactly) {
  std::string text;
  write_csv(two_columns(), [&](std::string_view piece) { text += piece; });
  EXPECT_EQ(text,
            "time,kind,name,unit,n,undefined,mean,var,sd,se,fano,cv2,min,max,"
            "q05,q25,median,q75,q95\n"
            "0,observable,A,copies,4,0,2,4,2,1,2,1,0.5,10000000,1,1,1,1,1\n"
            "0.1,observable,A,copies,1,1,0.1,,,,,,,,0.1,0.1,0.1,0.1,0.1\n"
            "0,species,\"b,\"\"c\"\"\",,4,0,2,4,2,1,2,1,0.5,10000000,1,1,1,1,1\n"
            "0.1,species,\"b,\"\"c\"\"\",,4,0,2,4,2,1,2,1,0.5,10000000,1,1,1,1,1\n");
}

TEST_F(Writers, CsvNumbersAreShortExactAndEmptyWhereUndefined) {
  EXPECT_EQ(csv_number(not_a_number), "");
  EXPECT_EQ(csv_number(-0.1), "-0.1");
  EXPECT_EQ(csv_number(9007199254740992.0), "9007199254740992");
  for (double const value : {1.0 / 3, 5e-324, 1.7976931348623157e308, 6.02214076e23})
    EXPECT_EQ(std::strtod(csv_number(value).c_str(), nullptr), value);
}

TEST_F(Writers, CsvFieldsAreQuotedOnlyWhereNeeded) {
  EXPECT_EQ(csv_field("eIF2α"), "eIF2α");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
}

TEST_F(Writers, JsonHoldsTheRunAndTheTable) {
  RunReport report;
  report.version = "1.2.3";
  report.network = "toy\xff";  // not UTF-8
  report.engine = "cpu";
  report.isa = "avx2";
  report.threads = 4;
  report.seed = 18446744073709551615u;
  report.requested = 4;
  report.simulated_events = 400;
  report.wall_seconds = 2;
  report.t_end = 0.1;
  report.burn_in = 7;
  report.max_events = u64{1} << 40;
  report.exit_status = 4;
  report.set = {{"k", 0.5}};
  auto const json = nlohmann::json::parse(json_text(report, two_columns(), {0, 1}, {0, 1}));
  EXPECT_EQ(json["version"], "1.2.3");
  EXPECT_EQ(json["network"], "toy\xEF\xBF\xBD");
  EXPECT_TRUE(json["condition"].is_null());
  EXPECT_TRUE(json["start_from"].is_null());
  EXPECT_TRUE(json["certificate"].is_null());
  EXPECT_TRUE(json["until"].is_null());
  EXPECT_EQ(json["interrupted"], false);
  EXPECT_EQ(json["set"]["k"], 0.5);
  EXPECT_EQ(json["seed"], 18446744073709551615u);
  EXPECT_EQ(json["burn_in"], 7);
  EXPECT_EQ(json["max_events"], u64{1} << 40);
  EXPECT_EQ(json["trajectories"], 4);
  EXPECT_EQ(json["events"], 300);
  EXPECT_EQ(json["events_per_second"], 200.0);
  EXPECT_EQ(json["nanoseconds_per_event_per_core"], 2e7);
  EXPECT_EQ(json["contract_hash"], "00000000000000ab");
  EXPECT_EQ(json["statistics_hash"], "00000000000000cd");
  EXPECT_EQ(json["statuses"]["completed"], 3);
  EXPECT_EQ(json["statuses"]["budget"], 1);
  EXPECT_EQ(json["exit_status"], 4);
  EXPECT_EQ(json["sample_times"], 2);
  EXPECT_EQ(json["columns"], 2);
  ASSERT_EQ(json["table"].size(), 4u);
  nlohmann::json const start = {
      {"kind", "observable"}, {"name", "A"},   {"unit", "copies"}, {"time", 0.0}, {"n", 4},
      {"undefined", 0},       {"mean", 2.0},   {"var", 4.0},       {"sd", 2.0},   {"se", 1.0},
      {"fano", 2.0},          {"cv2", 1.0},    {"min", 0.5},       {"max", 1e7},  {"q05", 1.0},
      {"q25", 1.0},           {"median", 1.0}, {"q75", 1.0},       {"q95", 1.0}};
  EXPECT_EQ(json["table"][0], start);
  EXPECT_EQ(json["table"][1]["time"], 0.1);
  EXPECT_EQ(json["table"][1]["undefined"], 1);
  for (char const* key : {"var", "sd", "se", "fano", "cv2", "min", "max"})
    EXPECT_TRUE(json["table"][1][key].is_null()) << key;
  EXPECT_EQ(json["table"][2]["kind"], "species");
}

TEST_F(Writers, JsonNamesTheRunsThatTheStatesComeFrom) {
  RunReport report;
  report.start_from = "a \"b\"\n.h5";
  report.start_seeds = {3, 18446744073709551615u};
  report.start_contract_hash = 0x1F;
  report.until = "se(mean(A[end])) < 1 %";
  report.interrupted = true;
  auto const json = nlohmann::json::parse(json_text(report, two_columns(), {1}, {1}));
  EXPECT_EQ(json["start_from"]["result"], "a \"b\"\n.h5");
  EXPECT_EQ(json["start_from"]["seeds"], (std::vector<u64>{3, 18446744073709551615u}));
  EXPECT_EQ(json["start_from"]["contract_hash"], "000000000000001f");
  EXPECT_EQ(json["until"], "se(mean(A[end])) < 1 %");
  EXPECT_EQ(json["interrupted"], true);
  ASSERT_EQ(json["table"].size(), 1u);
  EXPECT_EQ(json["table"][0]["name"], "b,\"c\"");
}

TEST_F(Writers, JsonNamesTheReactionThatIsLeastLikely) {
  RunReport report;
  // The first one has the larger z, but from a single firing.
  report.certificate = Certificate{
      true,
      2,
      1,
      20'001,
      0.25,
      {{"rare", 1, 0.01, 9.9, 1}, {"off", 10'300, 10'000, 3, 1}, {"right", 5'000, 5'000, 0, 1}}};
  auto const made = [&] {
    return nlohmann::json::parse(json_text(report, two_columns(), {1}, {1}))["certificate"];
  };
  nlohmann::json const expected = {{"passed", true},          {"p", 0.25},
                                   {"worst_reaction", "off"}, {"worst_z", 3.0},
                                   {"trajectories", 2},       {"whole_trajectories", 1},
                                   {"events", 20'001},        {"reactions", 3}};
  EXPECT_EQ(made(), expected);
  report.certificate->reactions[0].p_value = 1e-3;
  EXPECT_EQ(made()["worst_reaction"], "rare");
  report.certificate->reactions.clear();
  EXPECT_TRUE(made()["worst_reaction"].is_null());
  EXPECT_TRUE(made()["worst_z"].is_null());
}

TEST_F(Writers, TableTimesHoldTheFirstAndTheLast) {
  EXPECT_EQ(table_times(101, 5), (std::vector<usize>{0, 25, 50, 75, 100}));
  EXPECT_EQ(table_times(3, 5), (std::vector<usize>{0, 1, 2}));
  EXPECT_EQ(table_times(1, 5), (std::vector<usize>{0}));
  EXPECT_EQ(table_times(2, 2), (std::vector<usize>{0, 1}));
}

TEST_F(Writers, PlotFormatsAreKnownByTheirEnding) {
  EXPECT_EQ(plot_format("a.svg"), PlotFormat::svg);
  EXPECT_EQ(plot_format("a.png"), PlotFormat::png);
  EXPECT_FALSE(plot_format("a.pdf"));
}

TEST_F(Writers, APlotShowsTheColumnsAskedFor) {
  auto const script = plot_script({"t", "s", "s", {}}, two_columns(), {1}, PlotFormat::svg);
  EXPECT_NE(script.find("'b,\"c\"'"), std::string::npos);
  EXPECT_EQ(script.find("panel1.txt"), std::string::npos);
  EXPECT_EQ(script.find("set label 4 'A'"), std::string::npos);
}

TEST_F(Writers, PlotDataHoldsTheBandsAndTheMedian) {
  EXPECT_EQ(plot_data(two_columns(), 0), "0 1 1 1 1 1\n0.1 0.1 0.1 0.1 0.1 0.1\n");
}

TEST_F(Writers, PlotDataIsThinnedButKeepsTheEnds) {
  auto summary = two_columns();
  auto const start = summary.columns[0].points[0];
  summary.times.clear();
  summary.histogram_times.clear();
  summary.columns[0].points.clear();
  for (u32 k = 0; k <= 6000; ++k) {
    summary.times.push_back(k);
    summary.histogram_times.push_back(k);
    summary.columns[0].points.push_back(start);
  }
  auto const data = plot_data(summary, 0);
  EXPECT_TRUE(data.starts_with("0 1"));
  EXPECT_TRUE(data.ends_with("\n6000 1 1 1 1 1\n"));
  EXPECT_LE(std::count(data.begin(), data.end(), '\n'), 1501);
}

TEST_F(Writers, PlotDataIsAtTheTimesOfHistograms) {
  auto summary = two_columns();
  summary.histogram_times = {1};
  EXPECT_EQ(plot_data(summary, 0), "0.1 0.1 0.1 0.1 0.1 0.1\n");
}

TEST_F(Writers, APictureWithoutQuantilesIsRefused) {
  auto summary = two_columns();
  summary.histogram_times.clear();
  OutputFile file(path("x.svg"), Overwrite::refuse);
  EXPECT_EQ(error_text(ExitCode::usage,
                       [&] {
                         write_plot({"t", "s", "s", {}}, summary, {0}, PlotFormat::svg, file);
                       }),
            "error: there are no quantiles to draw (the run was made with --histogram-times 0).");
}

TEST_F(Writers, TextInAPlotScriptCannotBecomeACommand) {
  auto const script =
      plot_script({"it's\n`id`", "sub", "s", {}}, two_columns(), {0, 1}, PlotFormat::svg);
  EXPECT_NE(script.find("'it''s `id`'"), std::string::npos);
  // Double quotes would run backquotes; these stand within single ones.
  EXPECT_NE(script.find("'b,\"c\"'"), std::string::npos);
  EXPECT_EQ(script.find("font \""), std::string::npos);
}

TEST_F(Writers, APlotScriptSaysWhichColumnsItLeavesOut) {
  std::vector<usize> const columns(18, 0);
  auto const script = plot_script({"t", "s", "s", {}}, two_columns(), columns, PlotFormat::svg);
  EXPECT_NE(script.find("'The first 16 of 18 columns are shown; --select chooses others.'"),
            std::string::npos);
  EXPECT_NE(script.find("panel15.txt"), std::string::npos);
  EXPECT_EQ(script.find("panel16.txt"), std::string::npos);
}

TEST_F(Writers, GnuplotDrawsAnSvgOfPaths) {
  if (std::system("gnuplot --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no gnuplot";
  OutputFile file(path("x.svg"), Overwrite::refuse);
  write_plot({"Title <&>", "sub", "s", {0.05}}, two_columns(), {0, 1}, PlotFormat::svg, file);
  file.commit();
  auto const svg = read(path("x.svg"));
  EXPECT_NE(svg.find("<path"), std::string::npos);
  EXPECT_NE(svg.find("Title &lt;&amp;"), std::string::npos);
  EXPECT_NE(svg.find("it's `id`"), std::string::npos);
  EXPECT_EQ(files(), 1u);
}

TEST_F(Writers, AMissingGnuplotIsAnErrorThatNamesThePackage) {
  std::string const old = std::getenv("PATH");
  setenv("PATH", folder_.c_str(), 1);
  auto const text = error_text(ExitCode::input_output, [&] {
    OutputFile file(path("x.svg"), Overwrite::refuse);
    write_plot({"t", "s", "s", {}}, two_columns(), {0, 1}, PlotFormat::svg, file);
  });
  setenv("PATH", old.c_str(), 1);
  EXPECT_EQ(text,
            "error: gnuplot was not found (it draws the picture). Install it (Debian, Ubuntu: apt "
            "install gnuplot-nox) and run again.");
  EXPECT_EQ(files(), 0u);
}

TEST_F(Writers, NetworksAreFoundByNameInTheFirstFolderThatHasThem) {
  for (char const* name : {"a/isr", "b/isr", "b/vilar"}) {
    fs::create_directories(folder_ / name);
    put(path(std::string(name) + "/network.toml"), "");
  }
  NetworkLibrary const library({path("a"), path("missing"), path("b")});
  EXPECT_EQ(library.find("isr"), path("a/isr/network.toml"));
  EXPECT_EQ(library.find("vilar"), path("b/vilar/network.toml"));
  ASSERT_EQ(library.list().size(), 2u);
  EXPECT_EQ(library.list()[0].name, "isr");
  EXPECT_EQ(library.find("./isr"), "./isr");
  EXPECT_EQ(library.find("isr.toml"), "isr.toml");
  EXPECT_EQ(error_text(ExitCode::model, [&] { library.find("villar"); }),
            "error: there is no bundled network 'villar' (bundled: isr, vilar). Did you mean "
            "'vilar'?");
  EXPECT_EQ(error_text(ExitCode::model, [&] { library.find("other"); }),
            "error: there is no bundled network 'other' (bundled: isr, vilar). Give one of them, "
            "or the path of a network file.");
}

}  // namespace
}  // namespace cristae
