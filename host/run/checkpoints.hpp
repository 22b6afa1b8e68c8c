// host/run/checkpoints.hpp - checkpoints of a run while it goes on, and one where it is interrupted.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/base/error.hpp"
#include "host/engine/in_flight.hpp"
#include "host/io/checkpoint.hpp"
#include "host/io/result_file.hpp"
#include "host/run/first_passage.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

/// All that it refers to must outlive it.
class Checkpoints {
 public:
  /// `run` is bytes_of_run(); generations follow `last`; `wall_seconds` were spent before.
  Checkpoints(ResultWriter& writer, EnsembleRecorder& recorder, InFlight& in_flight,
              FirstPassages& passages, std::string run, u64 last, double wall_seconds);

  /// From now on every `seconds`, from a thread of its own, until end(). A checkpoint that cannot be
  /// written does not end the run: remarks() says so.
  void begin(double seconds);
  void end();
  /// One now, where no engine runs. Whether there is one to go on from, this or an earlier one.
  bool write_last();
  std::vector<Diagnostic> const& remarks() const { return remarks_; }
  /// Of this process.
  double seconds() const;

 private:
  ResultWriter& writer_;
  EnsembleRecorder& recorder_;
  InFlight& in_flight_;
  FirstPassages& passages_;
  std::string run_;
  u64 generation_;
  double wall_seconds_;
  std::chrono::steady_clock::time_point const start_ = std::chrono::steady_clock::now();
  std::vector<Diagnostic> remarks_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;

  void write();
  void failed(Diagnostic finding);
};

}  // namespace cristae
