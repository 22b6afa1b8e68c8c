// host/run/checkpoints.hpp - checkpoints of a run while it goes on, and one where it is interrupted.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
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

/// What a checkpoint is made of.
class CheckpointSource {
 public:
  virtual ~CheckpointSource() = default;
  /// Asks lanes for what they have under way.
  virtual void want() = 0;
  /// Fills in in_flight, passages, sums, blocks and missing; states of lanes before sums, and these
  /// before rows: what ends in between is in both, and is then in the sums.
  virtual void gather(Checkpoint& checkpoint) = 0;
  virtual std::string const& folder() const = 0;
  /// There is a checkpoint: from now on shards stay.
  virtual void keep() = 0;
};

/// Of one ensemble. All that it refers to must outlive it.
class EnsembleSource final : public CheckpointSource {
 public:
  EnsembleSource(ResultWriter& writer, EnsembleRecorder& recorder, InFlight& in_flight,
                 FirstPassages& passages)
      : writer_(writer), recorder_(recorder), in_flight_(in_flight), passages_(passages) {}
  void want() override;
  void gather(Checkpoint& checkpoint) override;
  std::string const& folder() const override { return writer_.parts(); }
  void keep() override { writer_.keep_parts(); }

 private:
  ResultWriter& writer_;
  EnsembleRecorder& recorder_;
  InFlight& in_flight_;
  FirstPassages& passages_;
};

/// About so much memory one checkpoint of a run takes at most while it is gathered and written, beside
/// what the run needs itself: states as bytes, which grow by doubling, then once more as those of the
/// file; trajectories under way as lanes put them, as they are gathered, and in the file. `passages`
/// are the trajectories times the conditions of first passages.
u64 checkpoint_bytes(EnsembleRecorder const& recorder, u64 passages);

/// Nothing where a run and its checkpoints fit into `available_bytes`; a warning otherwise: a run that
/// fits itself may go on without.
std::optional<Diagnostic> checkpoint_warning(EnsembleRecorder const& recorder, u64 passages,
                                             u64 available_bytes);

class Checkpoints {
 public:
  /// `source` must outlive it. `run` is bytes_of_run(), or bytes_of_sweep(); generations follow
  /// `last`; `wall_seconds` were spent before.
  Checkpoints(CheckpointSource& source, std::string run, u64 last, double wall_seconds);

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
  CheckpointSource& source_;
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
