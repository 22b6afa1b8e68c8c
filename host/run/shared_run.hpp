// host/run/shared_run.hpp - one run by several processes, each of which takes shard after shard.
//
// A process that is fast takes more of them, one that comes later or goes earlier does no harm, and
// what one that died had under way is free again: the next one goes on from its checkpoint. Who finds
// all shards whole puts them together.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/io/shared_folder.hpp"
#include "host/run/interrupted_run.hpp"
#include "host/run/merge.hpp"
#include "host/run/run.hpp"

namespace cristae {

class SharedRun {
 public:
  /// `whole` asks for all trajectories, in `whole.shards` shards. The
  /// folder beside the result is made, or joined where the same run is under way there, in as many
  /// shards as it has; another run that was left there is removed where `whole.overwrite` allows it.
  /// Throws Error: as Run does; input_output for a folder that is another run's or in use, and for a
  /// result that is there and is not this run's.
  SharedRun(Network const& network, RunRequest const& whole);

  /// Whether the result is there already, whole: nothing is left to do.
  bool is_done() const { return is_done_; }
  std::vector<Diagnostic> const& remarks() const { return remarks_; }  ///< as Run has them
  u64 shards() const { return shards_; }
  u64 finished() const { return folder_->finished(); }
  std::string const& folder() const { return folder_->folder(); }

  /// A shard that is this process's while this lives.
  struct Shard {
    SharedFolder::Claim claim;
    RunRequest request;
    std::optional<InterruptedRun> left;  ///< of who had it before
  };
  std::optional<Shard> take();
  /// Whether what was run of it is all that was asked for; from then on it is whole for everybody.
  bool finish(Shard const& shard);
  /// Of all shards, with this overwrite. None where some are not whole, or where another process does
  /// it or has done it. Throws as merge_results does.
  std::optional<MergeOutcome> put_together(Overwrite overwrite, RunControl& control);

 private:
  void decide(SharedFolder& folder, Network const& network);
  /// Unless it may be removed.
  void refuse_another(SharedFolder const& folder) const;

  RunRequest whole_;
  u64 shards_;
  bool is_done_ = false;
  std::vector<Diagnostic> remarks_;
  std::optional<SharedFolder> folder_;
};

/// The run whose shards were left beside a result. Throws as read_interrupted_run() does.
InterruptedRun read_shared_run(std::string const& result);

}  // namespace cristae
