// host/engine/piece_queue.hpp - the trajectories of a run, handed out in pieces to whoever computes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <vector>

#include "host/base/types.hpp"

namespace cristae {

/// Consecutive trajectories.
struct Piece {
  u64 first = 0;
  u64 count = 0;
};

/// Pieces in order of id, of any size, to any thread. A piece that could not be computed is handed
/// back and out again, before all others.
class PieceQueue {
 public:
  PieceQueue(u64 first, u64 trajectories) : rest_{first, trajectories} {}

  /// At most `most` trajectories; none where nothing is left now.
  Piece take(u64 most) {
    std::lock_guard const lock(mutex_);
    Piece* from = &rest_;
    if (!returned_.empty()) from = &returned_.back();
    Piece const taken{from->first, std::min(most, from->count)};
    from->first += taken.count;
    from->count -= taken.count;
    if (from != &rest_ && from->count == 0) returned_.pop_back();
    return taken;
  }

  void give_back(Piece piece) {
    if (piece.count == 0) return;
    std::lock_guard const lock(mutex_);
    returned_.push_back(piece);
    std::sort(returned_.begin(), returned_.end(),
              [](Piece const& a, Piece const& b) { return a.first > b.first; });
    for (usize i = returned_.size(); i-- > 1;) {
      if (returned_[i].first + returned_[i].count != returned_[i - 1].first) continue;
      returned_[i - 1] = {returned_[i].first, returned_[i].count + returned_[i - 1].count};
      returned_.erase(returned_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  u64 left() const {
    std::lock_guard const lock(mutex_);
    u64 sum = rest_.count;
    for (auto const& piece : returned_) sum += piece.count;
    return sum;
  }

 private:
  mutable std::mutex mutex_;
  Piece rest_;
  std::vector<Piece> returned_;  ///< lowest id last
};

}  // namespace cristae
