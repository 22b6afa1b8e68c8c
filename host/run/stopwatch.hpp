// host/run/stopwatch.hpp - the time that an engine takes, by the wall and by the processor.
#pragma once

#include <chrono>
#include <ctime>

#include "host/io/run_report.hpp"

namespace cristae {

/// Runs from its construction on.
class Stopwatch {
 public:
  double wall_seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count();
  }
  /// Of all threads of the process, which others on the machine change little.
  double cpu_seconds() const { return static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC; }
  void add_to(RunReport& report) const {
    report.wall_seconds += wall_seconds();
    report.cpu_seconds += cpu_seconds();
  }

 private:
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  std::clock_t cpu_ = std::clock();
};

}  // namespace cristae
