// host/cli/progress.hpp - how a run goes, on standard error, while it goes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "host/engine/engine.hpp"

namespace cristae {

/// Whether a run has a fixed number of trajectories, or may end before.
enum class Total : u8 { exact, at_most };

/// `412 of 1000 trajectories, 15.3 M events/s, 12 s left`; `412 of at most 1000` has no time left.
std::string progress_text(u64 done, u64 total, Total kind, u64 events, double seconds);

/// A line that is rewritten five times a second on a terminal, else a line every 10 s; from its
/// own thread, until it goes out of scope.
class Progress {
 public:
  Progress(RunControl const& control, u64 total, Total kind);
  ~Progress();
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;

 private:
  void loop();

  RunControl const& control_;
  u64 const total_;
  Total const kind_;
  bool const is_terminal_;
  std::chrono::steady_clock::time_point const start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_over_ = false;  ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace cristae
