// host/cli/progress.cpp - a thread that reads the run's counters.
#include "host/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "host/cli/print.hpp"

namespace cristae {

Progress::Progress(RunControl const& control, u64 total, Total kind)
    : control_(control), total_(total), kind_(kind), is_terminal_(isatty(STDERR_FILENO) == 1),
      thread_([this] { loop(); }) {}

Progress::~Progress() {
  {
    std::lock_guard const lock(mutex_);
    is_over_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Progress::loop() {
  using namespace std::chrono_literals;
  std::chrono::milliseconds const period = is_terminal_ ? 200ms : 10s;
  bool is_shown = false;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, period, [this] { return is_over_; })) {
    std::chrono::duration<double> const elapsed = std::chrono::steady_clock::now() - start_;
    auto const text =
        progress_text(control_.trajectories, total_, kind_, control_.events, elapsed.count());
    char const* const remark = control_.stop ? "stopping; " : "";
    print_aside(is_terminal_ ? fmt::format("\r{}{}\x1b[K", remark, text)
                             : fmt::format("{}{}\n", remark, text));
    is_shown = true;
  }
  if (is_terminal_ && is_shown) print_aside("\r\x1b[K");
}

}  // namespace cristae
