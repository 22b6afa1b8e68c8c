// tests/io/signal_file_test.cpp - rows of time,value; every finding's exact text; signals of networks.
#include "host/io/signal_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "host/io/network_file.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;

Parameter stress() {
  Parameter parameter;
  parameter.id = "stress";
  parameter.lower = 0;
  parameter.upper = 10;
  return parameter;
}

std::string findings_of(std::string const& text) {
  std::string all;
  for (auto const& finding : read_signal_text(text, "s.csv", stress()).findings)
    all += to_string(finding) + "\n";
  return all;
}

TEST(SignalFile, ReadsTimesAndValues) {
  for (std::string const text :
       {"time,value\n-1,2\n0.5,3\n1e3,0\n", "-1,2\n0.5,3\n1e3,0",
        "\xEF\xBB\xBF# made by hand\r\n\r\n"
        "\"time\" , \"value\"\r\n -1 ,\t2\r\n\"0.5\",\"3\"\r\n+1e3,0\r\n"}) {
    auto const rows = read_signal_text(text, "s.csv", stress());
    EXPECT_TRUE(rows.findings.empty());
    EXPECT_EQ(rows.times, (std::vector<double>{-1, 0.5, 1000}));
    EXPECT_EQ(rows.values, (std::vector<double>{2, 3, 0}));
  }
}

TEST(SignalFile, NamesLineAndColumnOfEverything) {
  EXPECT_EQ(
      findings_of("time,value\n0,one\n2,11\n  1,3\n4\n5,6,7\nx,nan\n8,inf\n9,1\n"),
      "s.csv:2:3: error: 'one' is no number (a value of parameter 'stress' at a time is "
      "needed). Write rows of time,value with a point as decimal mark.\n"
      "s.csv:3:3: error: 11 of parameter 'stress' is outside its bounds [0, 10] (the laws have "
      "no meaning there). Correct the value or the bounds.\n"
      "s.csv:4:3: error: time 1 does not follow time 2 (the times of a signal must increase). "
      "Sort the rows, and keep one of each time.\n"
      "s.csv:5:1: error: a row of 1 field (a signal has two columns, time and value). Write "
      "time,value.\n"
      "s.csv:6:5: error: a row of 3 fields (a signal has two columns, time and value). Write "
      "time,value.\n"
      "s.csv:7:1: error: 'x' is no number (a value of parameter 'stress' at a time is needed). "
      "Write rows of time,value with a point as decimal mark.\n"
      "s.csv:7:3: error: the value is nan (only finite numbers can be computed with). Give a "
      "finite number.\n"
      "s.csv:8:3: error: the value is inf (only finite numbers can be computed with). Give a "
      "finite number.\n");
  EXPECT_EQ(
      findings_of("1,2\n1,3\n"),
      "s.csv:2:1: error: time 1 does not follow time 1 (the times of a signal must increase). "
      "Sort the rows, and keep one of each time.\n");
}

TEST(SignalFile, RefusesAnEmptyOne) {
  for (char const* const text : {"", "\n\n", "time,value\n", "# nothing\n"})
    EXPECT_EQ(findings_of(text),
              "s.csv: error: there are no rows (a parameter needs a value). Give rows of "
              "time,value.\n");
}

TEST(SignalFile, DoesNotListAllLinesOfAnotherKindOfFile) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a;b\n";
  EXPECT_EQ(read_signal_text(text, "s.csv", stress()).findings.size(), 100u);
}

/// A folder with a network and what lies beside it.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("cristae_signal_test_" + std::to_string(getpid()));
  Folder() { fs::create_directories(path / "own" / "inputs"); }
  ~Folder() { fs::remove_all(path); }
  void put(std::string const& name, std::string const& text) const {
    std::ofstream(path / name) << text;
  }
  Network read(std::string const& more) const {
    put("own/n.toml",
        "[network]\nname = \"n\"\ntime_unit = \"h\"\n[parameters]\nk = { value = 1, bounds = [0, "
        "9] }\n"
        "j = 2\n[species]\nA = 1\n[reactions]\nr = { equation = \"A -> 0\", mass_action = \"k\" "
        "}\n" +
            more);
    return read_network_file((path / "own/n.toml").string());
  }
  std::string error_of(std::string const& more) const {
    try {
      read(more);
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), ExitCode::model);
      std::string text = error.what();
      for (usize at = 0; (at = text.find(path.string() + "/own/", at)) != std::string::npos;)
        text.erase(at, path.string().size() + 5);
      return text;
    }
    return "nothing was thrown";
  }
};

TEST(SignalFile, BelongsToANetworkOrToACondition) {
  Folder const folder;
  folder.put("own/k.csv", "0,3\n1,4\n");
  folder.put("own/inputs/j.csv", "time,value\n0.5,-1\n");
  auto const network =
      folder.read("[signals]\nk = \"k.csv\"\n[conditions.c]\nsignal = { j = \"inputs/j.csv\" }\n");
  ASSERT_EQ(network.signals.size(), 1u);
  EXPECT_EQ(network.signals[0].parameter, ParameterId{0});
  EXPECT_EQ(network.signals[0].file, "k.csv");
  EXPECT_EQ(network.signals[0].values, (std::vector<double>{3, 4}));
  ASSERT_EQ(network.conditions[0].signals.size(), 1u);
  EXPECT_EQ(network.conditions[0].signals[0].parameter, ParameterId{1});
  EXPECT_EQ(network.conditions[0].signals[0].times, (std::vector<double>{0.5}));
}

TEST(SignalFile, StaysInTheFolderOfItsNetwork) {
  Folder const folder;
  folder.put("k.csv", "0,3\n");
  fs::create_symlink(folder.path / "k.csv", folder.path / "own/link.csv");
  auto const refused = [](std::string const& name) {
    return "n.toml:12:5: error: the file '" + name +
           "' of a signal is not in the network's folder (a network and what belongs to it move "
           "together). Put it beside the network file, and give its name alone.";
  };
  for (std::string const name : {"../k.csv", "inputs/../../k.csv", "/etc/hostname", "link.csv"})
    EXPECT_EQ(folder.error_of("[signals]\nk = \"" + name + "\"\n"), refused(name));
}

TEST(SignalFile, IsRefusedWithAllThatIsWrong) {
  Folder const folder;
  folder.put("own/k.csv", "0,30\n");
  folder.put("own/j.csv", "0,3\n");
  EXPECT_EQ(folder.error_of("[signals]\nk = \"k.csv\"\nkk = \"k.csv\"\nj = 3\n"
                            "[conditions.c]\nset = { j = 1 }\nsignal = { j = \"j.csv\" }\n"
                            "[conditions.d]\nsignal = { j = \"none.csv\" }\n"),
            "n.toml:13:1: error: parameter 'kk' is not defined (in [signals]). Define it under "
            "[parameters], or did you mean 'k'?\n"
            "n.toml:14:5: error: signal of 'j' is an integer, expected the name of a CSV file in "
            "quotes.\n"
            "n.toml:17:12: error: 'j' has a signal, and condition 'c' sets it, too (one of the two "
            "would be lost). Remove one of them.\n"
            "n.toml:19:16: error: none.csv: the file cannot be opened (No such file or directory). "
            "Correct the name, or put the file there.\n"
            "k.csv:1:3: error: 30 of parameter 'k' is outside its bounds [0, 9] (the laws have no "
            "meaning there). Correct the value or the bounds.");
}

TEST(SignalFile, IsNotReadForATextWithoutAFolder) {
  try {
    read_network_text(
        "[network]\nname = \"n\"\ntime_unit = \"h\"\n[parameters]\nk = 1\n[species]\nA = 1\n"
        "[reactions]\nr = { equation = \"A -> 0\", mass_action = \"k\" }\n[signals]\nk = "
        "\"k.csv\"\n",
        "n.toml");
    FAIL();
  } catch (Error const& error) {
    EXPECT_STREQ(error.what(),
                 "n.toml:11:5: error: signal of 'k' is in a file (this network is a text without a "
                 "folder of its own). Write it to a file beside the CSV, or give the signal to the "
                 "run.");
  }
  EXPECT_TRUE(read_network_text("[network]\nname = \"n\"\ntime_unit = \"h\"\n[parameters]\nk = 1\n"
                                "[species]\nA = 1\n[signals]\nk = \"k.csv\"\n",
                                "n.toml", SignalFiles::left_out)
                  .signals.empty());
}

}  // namespace
}  // namespace cristae
