// tests/base/large_array_test.cpp - zeros of any size, where they lie, and who owns them.
#include "host/base/large_array.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <new>

namespace cristae {
namespace {

constexpr usize large_page = LargeMemory::large_page;

TEST(LargeArray, IsZerosThatCanBeWrittenUpToTheEnds) {
  for (usize const bytes : {usize{8}, large_page - 8, large_page, large_page + 8, 3 * large_page}) {
    LargeArray<double> array(bytes / sizeof(double));
    ASSERT_EQ(array.size(), bytes / sizeof(double));
    auto const all = array.part(0, array.size());
    EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](double x) { return x == 0; })) << bytes;
    all.front() = 1;
    all.back() = 2;
    EXPECT_EQ(array.part(array.size() - 1, 1)[0], 2);
  }
}

TEST(LargeArray, BeginsWithALargePageWhereItHasOne) {
  LargeArray<u32> const array(large_page);
  EXPECT_EQ(reinterpret_cast<usize>(array.data()) % large_page, 0u);
}

TEST(LargeArray, IsNothingAtFirstAndWithoutElements) {
  EXPECT_EQ(LargeArray<double>().data(), nullptr);
  EXPECT_EQ(LargeArray<double>(0).data(), nullptr);
}

TEST(LargeArray, KeepsItsValuesWhenItMoves) {
  for (usize const size : {usize{10}, large_page}) {
    LargeArray<u64> first(size);
    first.data()[size - 1] = 7;
    LargeArray<u64> second(std::move(first));
    EXPECT_EQ(second.data()[size - 1], 7u);
    LargeArray<u64> third(1);
    third = std::move(second);
    EXPECT_EQ(third.size(), size);
    EXPECT_EQ(third.data()[size - 1], 7u);
  }
}

TEST(LargeArray, OfMoreThanThereIsIsRefused) {
  EXPECT_THROW(LargeMemory{std::numeric_limits<usize>::max()}, std::bad_alloc);
  EXPECT_THROW(LargeMemory(std::numeric_limits<usize>::max() / 2), std::bad_alloc);
}

}  // namespace
}  // namespace cristae
