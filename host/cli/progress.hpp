// host/cli/progress.hpp - how a run goes, on standard error, while it goes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "host/engine/engine.hpp"

namespace cristae {

/// `412 of 1000 trajectories, 15.3 M events/s, 12 s left`.
std::string progress_text(u64 done, u64 total, u64 events, double seconds);

/// A line that is rewritten five times a second on a terminal, else a line every 10 s; from its
/// own thread, until it goes out of scope.
class Progress {
 public:
  Progress(RunControl const& control, u64 total);
  ~Progress();
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;

 private:
  void loop();

  RunControl const& control_;
  u64 const total_;
  bool const is_terminal_;
  std::chrono::steady_clock::time_point const start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_over_ = false;  ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace cristae
