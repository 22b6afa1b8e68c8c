// tests/engine/piece_queue_test.cpp - trajectories in pieces: each to one taker, lowest first.
#include "host/engine/piece_queue.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace cristae {
namespace {

void expect_piece(Piece got, u64 first, u64 count) {
  EXPECT_EQ(got.count, count);
  if (count > 0) {
    EXPECT_EQ(got.first, first);
  }
}

TEST(PieceQueue, HandsOutAllInOrder) {
  PieceQueue queue({{10, 5}});
  EXPECT_EQ(queue.left(), 5u);
  expect_piece(queue.take(2), 10, 2);
  expect_piece(queue.take(2), 12, 2);
  expect_piece(queue.take(2), 14, 1);
  expect_piece(queue.take(2), 0, 0);
  EXPECT_EQ(queue.left(), 0u);
}

TEST(PieceQueue, HandsOutWhatWasReturnedAgain) {
  PieceQueue queue({{0, 100}});
  queue.take(50);
  queue.give_back({30, 10});
  queue.give_back({5, 0});
  queue.give_back({10, 10});
  EXPECT_EQ(queue.left(), 70u);
  expect_piece(queue.take(4), 10, 4);
  expect_piece(queue.take(100), 14, 6);
  expect_piece(queue.take(100), 30, 10);
  expect_piece(queue.take(100), 50, 50);
}

TEST(PieceQueue, HandsOutSeveralPiecesInOrder) {
  PieceQueue queue({{50, 5}, {3, 2}, {5, 1}, {70, 0}});
  EXPECT_EQ(queue.left(), 8u);
  expect_piece(queue.take(10), 3, 3);
  expect_piece(queue.take(10), 50, 5);
  expect_piece(queue.take(10), 0, 0);
}

TEST(PieceQueue, JoinsNeighboursThatWereReturned) {
  PieceQueue queue;
  for (u64 const id : {7, 5, 6, 9}) queue.give_back({id, 1});
  expect_piece(queue.take(100), 5, 3);
  expect_piece(queue.take(100), 9, 1);
}

TEST(PieceQueue, GivesEveryTrajectoryToOneOfManyThreads) {
  PieceQueue queue({{0, 10000}});
  std::multiset<u64> seen;
  std::mutex mutex;
  {
    std::vector<std::jthread> takers;
    for (int t = 0; t < 4; ++t)
      takers.emplace_back([&, t] {
        for (int n = 0;; ++n) {
          Piece piece = queue.take(1 + u64(t));
          if (piece.count == 0) return;
          if (n % 3 == 0) {
            queue.give_back(piece);
            piece = queue.take(1);
          }
          std::lock_guard const lock(mutex);
          for (u64 i = 0; i < piece.count; ++i) seen.insert(piece.first + i);
        }
      });
  }
  EXPECT_EQ(seen.size(), 10000u);
  EXPECT_EQ(std::set<u64>(seen.begin(), seen.end()).size(), 10000u);
}

}  // namespace
}  // namespace cristae
