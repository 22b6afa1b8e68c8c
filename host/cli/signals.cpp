// host/cli/signals.cpp - a handler that does nothing but set flags.
#include "host/cli/signals.hpp"

#include <unistd.h>

#include <atomic>

namespace cristae {
namespace {

std::atomic<int> received{0};
std::atomic<std::atomic<bool>*> stop_flag{nullptr};
static_assert(std::atomic<int>::is_always_lock_free &&
                  std::atomic<std::atomic<bool>*>::is_always_lock_free &&
                  std::atomic<bool>::is_always_lock_free,
              "used in a signal handler");

extern "C" void stop_on_signal(int signal) {
  if (received.exchange(signal) != 0) _exit(128 + signal);  // the second one
  if (auto* const flag = stop_flag.load()) flag->store(true);
}

}  // namespace

int received_signal() { return received.load(); }

SignalGuard::SignalGuard(RunControl& control) : outer_(stop_flag.exchange(&control.stop)) {
  struct sigaction action {};
  action.sa_handler = stop_on_signal;
  action.sa_flags = SA_RESTART;  // or a table that waits for its reader would fail
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
  // nohup has the program go on when the terminal hangs up.
  sigaction(SIGHUP, nullptr, &old_hangup_);
  if (old_hangup_.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

SignalGuard::~SignalGuard() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
  sigaction(SIGHUP, &old_hangup_, nullptr);
  stop_flag = outer_;
}

}  // namespace cristae
