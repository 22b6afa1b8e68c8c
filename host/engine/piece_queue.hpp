// host/engine/piece_queue.hpp - the trajectories of a run, handed out in pieces to whoever computes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// Consecutive trajectories.
struct Piece {
  u64 first = 0;
  u64 count = 0;
  bool operator==(Piece const&) const = default;
};

/// Pieces in order of id, of any size, to any thread. A piece that could not be computed is handed
/// back, and out again.
class PieceQueue {
 public:
  /// Disjoint pieces.
  explicit PieceQueue(std::vector<Piece> pieces = {}) : left_(std::move(pieces)) { sort(); }

  /// At most `most` trajectories; none where nothing is left now.
  Piece take(u64 most) {
    std::lock_guard const lock(mutex_);
    if (left_.empty()) return {};
    Piece& lowest = left_.back();
    Piece const taken{lowest.first, std::min(most, lowest.count)};
    lowest.first += taken.count;
    lowest.count -= taken.count;
    if (lowest.count == 0) left_.pop_back();
    return taken;
  }

  void give_back(Piece piece) {
    if (piece.count == 0) return;
    std::lock_guard const lock(mutex_);
    left_.push_back(piece);
    sort();
  }

  u64 left() const {
    std::lock_guard const lock(mutex_);
    u64 sum = 0;
    for (auto const& piece : left_) sum += piece.count;
    return sum;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Piece> left_;  ///< lowest id last; none is empty, and no two touch

  void sort() {
    std::erase_if(left_, [](Piece const& piece) { return piece.count == 0; });
    std::sort(left_.begin(), left_.end(),
              [](Piece const& a, Piece const& b) { return a.first > b.first; });
    for (usize i = left_.size(); i-- > 1;) {
      if (left_[i].first + left_[i].count != left_[i - 1].first) continue;
      left_[i - 1] = {left_[i].first, left_[i].count + left_[i - 1].count};
      left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
};

}  // namespace cristae
