// tests/io/checkpoint_test.cpp - generations of checkpoints, shards that are taken over, and damage to both.
#include "host/io/checkpoint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "host/base/bytes.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;

class Checkpoints : public testing::Test {
 protected:
  fs::path folder_ = [] {
    std::string name = (fs::temp_directory_path() / "cristae-checkpoint-XXXXXX").string();
    return fs::path(mkdtemp(name.data()));
  }();
  ~Checkpoints() override { fs::remove_all(folder_); }

  std::string folder() const { return folder_.string(); }
  std::string path(std::string const& name) const { return (folder_ / name).string(); }

  static Checkpoint made(u64 generation) {
    Checkpoint c;
    c.generation = generation;
    c.run = "what was asked for";
    c.sums = std::string(1000, static_cast<char>('a' + generation));
    c.blocks = {{10, 20, 300, 4, 5, 6}};
    c.missing = 7;
    c.wall_seconds = 0.25;
    TrajectoryInFlight t;
    t.number = 3;
    t.state.draw = u64{1} << 40;
    t.state.left = {1.5f, -0.25f};
    t.counts = {1, -2};
    t.registers = {0xffffffffu};
    t.samples = {0.5};
    c.in_flight = {t};
    return c;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (auto const& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(Checkpoints, AreReadBackAndTheLastTwoStay) {
  for (u64 generation = 1; generation <= 3; ++generation) {
    auto checkpoint = made(generation);
    write_checkpoint(folder(), checkpoint);
  }
  EXPECT_EQ(files(), (std::vector<std::string>{"2.checkpoint", "3.checkpoint"}));
  std::vector<Diagnostic> remarks;
  auto const read = read_checkpoint(folder(), remarks);
  EXPECT_TRUE(remarks.empty());
  EXPECT_EQ(read.generation, 3u);
  EXPECT_EQ(read.run, "what was asked for");
  EXPECT_EQ(read.sums, std::string(1000, 'd'));
  ASSERT_EQ(read.blocks.size(), 1u);
  EXPECT_EQ(read.blocks[0].first, 10u);
  EXPECT_EQ(read.blocks[0].size, 300u);
  EXPECT_EQ(read.blocks[0].file, 6u);
  EXPECT_EQ(read.missing, 7u);
  EXPECT_EQ(read.wall_seconds, 0.25);
  ASSERT_EQ(read.in_flight.size(), 1u);
  EXPECT_EQ(read.in_flight[0].state.draw, u64{1} << 40);
  EXPECT_EQ(read.in_flight[0].state.left.low, -0.25f);
  EXPECT_EQ(read.in_flight[0].counts, (std::vector<i64>{1, -2}));
  EXPECT_EQ(read.in_flight[0].registers, std::vector<u32>{0xffffffffu});
}

TEST_F(Checkpoints, ThatAreDamagedInAnyByteAreNotUsed) {
  for (u64 generation : {1, 2}) {
    auto checkpoint = made(generation);
    write_checkpoint(folder(), checkpoint);
  }
  std::ifstream stream(path("2.checkpoint"), std::ios::binary);
  std::string const whole{std::istreambuf_iterator<char>(stream), {}};
  std::mt19937_64 random(1);
  for (int i = 0; i < 300; ++i) {
    auto bytes = whole;
    if (i % 2 == 0)
      bytes.resize(random() % whole.size());
    else
      bytes[random() % whole.size()] ^= static_cast<char>(1u << random() % 8);
    std::ofstream(path("2.checkpoint"), std::ios::binary) << bytes;
    std::vector<Diagnostic> remarks;
    auto const read = read_checkpoint(folder(), remarks);
    EXPECT_EQ(read.generation, 1u);
    EXPECT_EQ(read.newest, 2u);
    EXPECT_EQ(remarks.size(), 1u);
  }
}

TEST(Bytes, OfListsThatAreLongerThanTheTextAreRefused) {
  ByteWriter writer;
  u64 size = u64{1} << 60;
  writer(size);
  auto const bytes = writer.take();
  auto const refused = [&](auto value) {
    ByteReader reader(bytes, "it");
    EXPECT_THROW(reader(value), Error);
  };
  refused(std::vector<double>{});
  refused(std::string{});
  refused(std::vector<std::string>{});
  refused(std::vector<std::pair<std::string, double>>{});
}

TEST_F(Checkpoints, GoOnWithTheShardsThatTheyList) {
  std::vector<Shards::Block> first;
  {
    Shards shards(path("parts"), LeftParts::refuse, 10);
    shards.add(0, 2, "0123456789");
    first = shards.flush();
    shards.add(2, 2, "lost later");
    shards.flush();
    shards.keep();
  }
  Shards shards(path("parts"), LeftParts::take, 10);
  shards.take(first);
  EXPECT_FALSE(fs::exists(path("parts/1.shard")));
  shards.add(2, 3, "abcdefghij");
  shards.flush();
  auto const blocks = shards.cover(0, 5);
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(shards.read(blocks[0]), "0123456789");
  EXPECT_EQ(shards.read(blocks[1]), "abcdefghij");
}

TEST_F(Checkpoints, AShardThatCouldNotBeWrittenIsWrittenLater) {
  Shards shards(path("parts"), LeftParts::refuse, 1000);
  shards.add(0, 1, "first");
  fs::rename(path("parts"), path("away"));
  EXPECT_THROW(shards.flush(), Error);
  shards.add(1, 1, "second");
  fs::rename(path("away"), path("parts"));
  EXPECT_EQ(shards.flush().size(), 2u);
  auto const blocks = shards.cover(0, 2);
  EXPECT_EQ(shards.read(blocks[0]), "first");
  EXPECT_EQ(shards.read(blocks[1]), "second");
}

TEST_F(Checkpoints, AreNotMissingWhereTheFolderCannotBeListed) {
  EXPECT_EQ(newest_checkpoint(path("nowhere")), 0u);
  std::ofstream(path("file")) << "no folder";
  EXPECT_THROW(newest_checkpoint(path("file")), Error);
}

}  // namespace
}  // namespace cristae
