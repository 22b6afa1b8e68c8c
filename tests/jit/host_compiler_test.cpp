// tests/jit/host_compiler_test.cpp - the cache of compiled networks, and machines that lack things.
#include "host/jit/host_compiler.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "host/jit/embedded_headers.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> const flags{"-std=c++20", "-O1", "-fPIC", "-shared"};

/// A folder of its own as the cache, with a space and a quote in its name.
class HostCompiler : public testing::Test {
 protected:
  fs::path folder;

  void SetUp() override {
    if (!find_host_compiler()) GTEST_SKIP() << "no C++ compiler on this machine";
    std::string name = (fs::temp_directory_path() / "cache of it's own XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
    setenv("CRISTAE_CACHE", folder.c_str(), 1);
  }
  void TearDown() override {
    unsetenv("CRISTAE_CACHE");
    unsetenv("CRISTAE_CXX");
    if (!folder.empty()) {
      chmod(folder.c_str(), 0700);
      fs::remove_all(folder);
    }
  }
  static std::string answering(int number) {
    return "#include \"host/core/lane.hpp\"\nextern \"C\" int answer() { return " +
           std::to_string(number) + "; }\n";
  }
  static int ask(CompileResult const& result) {
    auto* const answer = reinterpret_cast<int (*)()>(find_function(result.object, "answer"));
    return answer == nullptr ? -1 : answer();
  }
  usize files() const {
    return static_cast<usize>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }
};

TEST_F(HostCompiler, CompilesOnceAndLoadsFromTheCacheAfterwards) {
  EXPECT_FALSE(is_in_cache(answering(41), flags));
  auto const first = compile_and_load(answering(41), flags);
  ASSERT_TRUE(first.object) << first.reason;
  EXPECT_EQ(ask(first), 41);
  EXPECT_GT(first.seconds, 0);
  EXPECT_EQ(files(), 1u);
  EXPECT_TRUE(is_in_cache(answering(41), flags));
  auto const second = compile_and_load(answering(41), flags);
  EXPECT_EQ(ask(second), 41);
  EXPECT_EQ(second.seconds, 0);
}

TEST_F(HostCompiler, TellsTextsAndFlagsApart) {
  auto const one = compile_and_load(answering(1), flags),
             two = compile_and_load(answering(2), flags);
  EXPECT_EQ(ask(one), 1);
  EXPECT_EQ(ask(two), 2);
  auto other = flags;
  other[1] = "-O2";
  EXPECT_FALSE(is_in_cache(answering(1), other));
  EXPECT_EQ(files(), 2u);
}

TEST_F(HostCompiler, CompilesAnewWhereTheCacheIsDamaged) {
  ASSERT_TRUE(compile_and_load(answering(5), flags).object);
  for (auto const& entry : fs::directory_iterator(folder)) {
    fs::remove(entry.path());  // not truncated in place: this process has it mapped
    std::ofstream(entry.path()) << "not an object";
  }
  auto const again = compile_and_load(answering(5), flags);
  EXPECT_EQ(ask(again), 5);
  EXPECT_GT(again.seconds, 0);
}

TEST_F(HostCompiler, GoesOnWithoutACacheThatCanBeWritten) {
  setenv("CRISTAE_CACHE", "/dev/null/nowhere", 1);
  auto const result = compile_and_load(answering(6), flags);
  EXPECT_EQ(ask(result), 6) << result.reason;
  EXPECT_FALSE(is_in_cache(answering(6), flags));
}

TEST_F(HostCompiler, SaysWhatTheCompilerSaid) {
  auto const result = compile_and_load("int x = nonsense;\n", flags);
  EXPECT_FALSE(result.object);
  EXPECT_NE(result.reason.find("failed: "), std::string::npos) << result.reason;
  EXPECT_NE(result.reason.find("nonsense"), std::string::npos) << result.reason;
  EXPECT_EQ(files(), 0u);
}

TEST_F(HostCompiler, SaysThatThereIsNone) {
  setenv("CRISTAE_CXX", "", 1);
  EXPECT_EQ(compile_and_load(answering(7), flags).reason, "no C++ compiler is on this machine");
  setenv("CRISTAE_CXX", "/no/such/compiler", 1);
  EXPECT_EQ(compile_and_load(answering(7), flags).reason, "no C++ compiler is on this machine");
}

TEST_F(HostCompiler, SurvivesACompilerThatMakesNothing) {
  setenv("CRISTAE_CXX", "true", 1);
  auto const result = compile_and_load(answering(8), flags);
  EXPECT_FALSE(result.object);
  EXPECT_FALSE(result.reason.empty());
}

TEST(EmbeddedHeaders, AreAllThatGeneratedCodeIncludes) {
  usize found = 0;
  for (auto const& header : embedded_headers())
    for (std::string_view const name :
         {"host/core/generated_laws.hpp", "host/cpu/kernel_body.hpp", "host/cpu/lane_avx512.hpp"})
      found += header.name == name;
  EXPECT_EQ(found, 3u);
}

}  // namespace
}  // namespace cristae
