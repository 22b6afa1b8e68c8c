// host/cli/signals.hpp - SIGINT, SIGTERM and SIGHUP stop a run in order; the second one ends the program.
#pragma once

#include <atomic>
#include <csignal>

#include "host/engine/engine.hpp"

namespace cristae {

/// The signal that asked the program to stop; 0 if none has come.
int received_signal();

/// While this lives, and no other that was made later, a signal sets `control.stop`.
class SignalGuard {
 public:
  explicit SignalGuard(RunControl& control);
  ~SignalGuard();
  SignalGuard(SignalGuard const&) = delete;
  SignalGuard& operator=(SignalGuard const&) = delete;

 private:
  std::atomic<bool>* outer_;
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
  struct sigaction old_hangup_ {};
};

}  // namespace cristae
