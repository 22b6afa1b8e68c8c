// host/cli/progress.cpp - a thread that reads the run's counters.
#include "host/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "host/cli/print.hpp"
#include "host/text/table.hpp"

namespace cristae {

std::string progress_text(u64 done, u64 total, Total kind, u64 events, double seconds) {
  auto text = fmt::format("{} of {}{} trajectories, {} events/s", done,
                          kind == Total::at_most ? "at most " : "", total,
                          short_count(seconds > 0 ? static_cast<double>(events) / seconds : 0));
  if (kind == Total::exact && done > 0 && done <= total)
    text += fmt::format(", {} left", short_duration(seconds * static_cast<double>(total - done) /
                                                    static_cast<double>(done)));
  return text;
}

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
