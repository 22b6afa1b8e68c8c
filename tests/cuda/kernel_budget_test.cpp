// tests/cuda/kernel_budget_test.cpp - what the GPU kernel of every bundled network costs, against tests/cuda/budgets.csv.
//
// NVRTC compiles for every architecture without a GPU. The table holds what was measured; a test
// fails where a kernel needs more than that and some slack. CRISTAE_UPDATE_BUDGETS=1 writes what is
// measured into the table instead. CRISTAE_KERNELS=DIR keeps the cubins there, for
// benchmarks/kernel_instructions.py.
#include <elf.h>
#include <gtest/gtest.h>
#include <nvrtc.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "cuda/network_cubin.hpp"
#include "host/model/law_graph.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

constexpr char const* networks[] = {"birth_death", "chain",      "coupled",   "dimerisation",
                                    "foxo_fly",    "isr",        "mam_ca",    "mitophagy",
                                    "perox",       "retrograde", "rtg",       "schloegl",
                                    "telegraph",   "uprmt",      "uprmt_cel", "vilar"};
constexpr char const* architectures[] = {"75", "80", "86", "90", "100", "120"};
constexpr char const* table_path = CRISTAE_SOURCE_DIR "/tests/cuda/budgets.csv";

/// A row of the table. The last column, instructions per event, is the script's.
struct Cost {
  long registers = 0;
  long spill_bytes = 0;     ///< stored by the fast path
  long code_bytes = 0;      ///< of the kernel, slow path included
  long local_accesses = 0;  ///< of the fast path, in PTX: before the assembler spills
  double seconds = 0;
  std::string instructions;
};

// What a change may add before it has to show in the table.
constexpr long register_slack = 4, spill_slack = 16;
constexpr double code_slack = 1.05;
// Machines differ: this only sees a compiler that has lost its way.
constexpr double seconds_slack = 10, least_seconds = 5;

bool is_set(char const* variable) {
  char const* const value = std::getenv(variable);
  return value != nullptr && *value != 0;
}

std::string compiler() {
  int major = 0, minor = 0;
  nvrtcVersion(&major, &minor);
  return "NVRTC " + std::to_string(major) + "." + std::to_string(minor);
}

std::string key(std::string const& network, std::string const& architecture) {
  return network + ",sm_" + architecture;
}

struct Table {
  std::string of_compiler;
  std::map<std::string, Cost> rows;
};

constexpr char const* head =
    "network,architecture,registers,spill_bytes,code_bytes,local_accesses,compile_seconds,"
    "instructions_per_event";

Table read_table() {
  Table table;
  std::ifstream file(table_path);
  for (std::string text; std::getline(file, text);) {
    if (text.starts_with("# ")) table.of_compiler = text.substr(2);
    if (text.empty() || text[0] == '#' || text == head) continue;
    std::istringstream line(text);
    std::string network, architecture, cell;
    std::getline(line, network, ',');
    std::getline(line, architecture, ',');
    auto const number = [&] {
      std::getline(line, cell, ',');
      return std::atof(cell.c_str());
    };
    Cost& cost = table.rows[network + "," + architecture];
    for (long* value : {&cost.registers, &cost.spill_bytes, &cost.code_bytes, &cost.local_accesses})
      *value = static_cast<long>(number());
    cost.seconds = number();
    std::getline(line, cost.instructions);
  }
  return table;
}

void write_table(Table const& table) {
  std::ofstream file(table_path);
  file << "# " << table.of_compiler << "\n" << head << "\n";
  for (char const* network : networks)
    for (char const* architecture : architectures) {
      auto const row = key(network, architecture);
      Cost const& c = table.rows.at(row);
      file << row << "," << c.registers << "," << c.spill_bytes << "," << c.code_bytes << ","
           << c.local_accesses << "," << std::fixed << std::setprecision(1) << c.seconds << ","
           << c.instructions << "\n";
    }
}

/// Size of the section that holds a kernel's code, by its ELF header.
long code_bytes_of(std::string const& cubin, std::string const& kernel) {
  Elf64_Ehdr header;
  if (cubin.size() < sizeof header) return 0;
  std::memcpy(&header, cubin.data(), sizeof header);
  auto const section = [&](usize i) {
    Elf64_Shdr s;
    std::memcpy(&s, cubin.data() + header.e_shoff + i * header.e_shentsize, sizeof s);
    return s;
  };
  auto const names = section(header.e_shstrndx);
  for (usize i = 0; i < header.e_shnum; ++i) {
    auto const s = section(i);
    if (cubin.c_str() + names.sh_offset + s.sh_name == ".text." + kernel)
      return static_cast<long>(s.sh_size);
  }
  return 0;
}

/// The number in front of `unit` in what the assembler says of a function; -1 where it says nothing.
long said_of(std::string const& log, std::string const& function, std::string const& unit) {
  auto const at = log.find("Function properties for " + function + "\n");
  std::smatch match;
  std::string const rest = at == std::string::npos ? "" : log.substr(at);
  return std::regex_search(rest, match, std::regex("([0-9]+) " + unit)) ? std::stol(match[1]) : -1;
}

/// The body of the kernel; whatever is a function of its own is not in it.
std::string entry_of(std::string const& ptx, std::string const& kernel) {
  auto const entry = ptx.find(".entry " + kernel);
  auto const begin = ptx.find('{', entry);
  if (entry == std::string::npos || begin == std::string::npos) return {};
  int depth = 0;
  for (usize i = begin; i < ptx.size(); ++i) {
    depth += ptx[i] == '{';
    depth -= ptx[i] == '}';
    if (depth == 0) return ptx.substr(begin, i - begin);
  }
  return {};
}

long count(std::string const& text, std::string const& expression) {
  std::regex const pattern(expression);
  return std::distance(std::sregex_iterator(text.begin(), text.end(), pattern),
                       std::sregex_iterator());
}

class KernelBudget : public testing::TestWithParam<char const*> {};

TEST_P(KernelBudget, HoldsOnEveryArchitecture) {
  // A kernel from the cache has no log.
  setenv("CRISTAE_CACHE", "/dev/null/none", 1);
  Network const network = bundled(GetParam());
  Experiment const experiment = resolve(network, {});
  RunPlan plan;
  plan.experiment = &experiment;
  LawGraph const graph = build_law_graph(network);
  auto const source = cuda::kernel_source(Tables(graph, plan, {1, false, false}));
  Table table = read_table();
  bool const updates = is_set("CRISTAE_UPDATE_BUDGETS");
  if (!updates && table.of_compiler != compiler())
    GTEST_SKIP() << "the table is of " << table.of_compiler << ", this is " << compiler();

  for (std::string const architecture : architectures) {
    SCOPED_TRACE(key(GetParam(), architecture));
    // Of the CPU: other work on the machine takes the wall clock tenfold.
    auto const begun = std::clock();
    auto const cubin = cuda::compile_kernel(source, "sm_" + architecture);
    double const seconds = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
    ASSERT_FALSE(cubin.image.empty()) << cubin.reason;
    if (is_set("CRISTAE_KERNELS"))
      std::ofstream(std::string(std::getenv("CRISTAE_KERNELS")) + "/" + GetParam() + ".sm_" +
                    architecture + ".cubin")
          << cubin.image;
    auto const ptx = cuda::compile_kernel(source, "compute_" + architecture).image;
    auto const entry = entry_of(ptx, cuda::kernel_name);
    ASSERT_NE(entry, "");
    // Double precision is 64 times slower on consumer cards. The slow path has it, so that path must
    // not have become part of the fast one.
    EXPECT_EQ(count(entry, R"(\.f64)"), 0);
    for (char const* function : {"step_thread", "refill_thread"})
      EXPECT_EQ(count(ptx, R"(\.func[^;{]*)" + std::string(function) + R"([^;{]*\{)"), 1)
          << function;

    Cost now;
    now.registers = said_of(cubin.log, cuda::kernel_name, "registers");
    now.spill_bytes = said_of(cubin.log, cuda::kernel_name, "bytes spill stores");
    now.code_bytes = code_bytes_of(cubin.image, cuda::kernel_name);
    now.local_accesses = count(entry, R"(\b(ld|st)\.local)");
    now.seconds = seconds;
    ASSERT_GT(now.registers, 0) << cubin.log;
    ASSERT_GE(now.spill_bytes, 0) << cubin.log;
    ASSERT_GT(now.code_bytes, 0);
    Cost& budget = table.rows[key(GetParam(), architecture)];
    if (updates) {
      // What the script has counted is of the code that was.
      bool const is_same = now.code_bytes == budget.code_bytes && now.registers == budget.registers;
      now.instructions = is_same ? budget.instructions : "";
      budget = now;
      continue;
    }
    char const* const advice =
        "\nIf that is worth it, run this test with CRISTAE_UPDATE_BUDGETS=1 and commit "
        "tests/cuda/budgets.csv";
    EXPECT_LE(now.registers, budget.registers + register_slack) << advice;
    EXPECT_LE(now.spill_bytes, budget.spill_bytes + spill_slack) << advice;
    EXPECT_LE(now.code_bytes, static_cast<double>(budget.code_bytes) * code_slack) << advice;
    EXPECT_LE(now.local_accesses, budget.local_accesses) << advice;
    EXPECT_LE(now.seconds, std::max(least_seconds, seconds_slack * budget.seconds)) << advice;
  }
  if (updates) {
    table.of_compiler = compiler();
    for (char const* each : networks)
      for (char const* architecture : architectures) table.rows[key(each, architecture)];
    write_table(table);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, KernelBudget, testing::ValuesIn(networks));

}  // namespace
}  // namespace cristae::test
