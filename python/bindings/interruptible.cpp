// python/bindings/interruptible.cpp - work on one thread, signals and progress on another.
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "python/bindings/bindings.hpp"

namespace cristae::python {
namespace {

/// Does work on its own thread, and can be waited for.
class Worker {
 public:
  explicit Worker(std::function<void()> const& work) : thread_([this, &work] { run(work); }) {}
  ~Worker() { thread_.join(); }

  bool wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, time, [this] { return is_over_; });
  }
  std::exception_ptr const& failure() const { return failure_; }

 private:
  void run(std::function<void()> const& work) {
    try {
      work();
    } catch (...) {
      failure_ = std::current_exception();
    }
    std::lock_guard const lock(mutex_);
    is_over_ = true;
    ended_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;  ///< guarded by mutex_
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace

bool run_interruptible(RunControl& control, nb::object const& progress,
                       std::function<void()> const& work) {
  using namespace std::chrono_literals;
  auto const start = std::chrono::steady_clock::now();
  std::optional<nb::python_error> raised;
  std::exception_ptr failure;
  {
    nb::gil_scoped_release const released;
    Worker worker(work);
    while (!worker.wait_for(50ms)) {
      nb::gil_scoped_acquire const acquired;
      try {
        if (PyErr_CheckSignals() != 0) throw nb::python_error();
        std::chrono::duration<double> const elapsed = std::chrono::steady_clock::now() - start;
        if (!progress.is_none() && !raised)
          progress(control.trajectories.load(), control.events.load(), elapsed.count());
      } catch (nb::python_error& error) {
        control.stop = true;
        if (!raised) raised.emplace(std::move(error));
      }
    }
    failure = worker.failure();
  }
  bool const is_interrupt = raised && raised->matches(PyExc_KeyboardInterrupt);
  if (raised && !is_interrupt) throw std::move(*raised);
  if (failure) std::rethrow_exception(failure);
  return is_interrupt;
}

}  // namespace cristae::python
