// host/cli/progress.hpp - how a run goes, on standard error, while it goes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "host/engine/engine.hpp"
#include "host/text/progress_text.hpp"

namespace cristae {

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
