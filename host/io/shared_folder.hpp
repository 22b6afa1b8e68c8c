// host/io/shared_folder.hpp - the folder from which processes take the shards of a run.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "host/base/types.hpp"

namespace cristae {

/// A file that this process has locked while this lives. The system frees it when the process ends,
/// however it ends.
class FileLock {
 public:
  enum class Kind : u8 { shared, exclusive };

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  friend class SharedFolder;
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;  ///< -1: moved from
};

/// The folder RESULT.shared of a run whose shards are handed out one by one, to any number of processes
/// on machines that see the folder. It holds the run (a checkpoint of nothing), and of shard 12
/// `12.lock`, which says who is at it, `12.part.h5` with its parts while somebody is, and `12.h5` when it
/// is whole. All failures are Error(input_output), also those of file systems without locks.
class SharedFolder {
 public:
  static std::string name_of(std::string const& result);
  /// Whether there is one with a run in it.
  static bool is_there(std::string const& result);

  /// Makes the folder or joins who is at it. `decide` is called while no other process decides or
  /// removes; where the folder has no run afterwards, it goes.
  SharedFolder(std::string const& result, std::function<void(SharedFolder&)> const& decide);

  std::string const& folder() const { return folder_; }

  // For `decide`.
  bool has_run() const;
  /// Bytes of the run (host/run/interrupted_run.hpp).
  std::string run() const;
  void begin(std::string run);
  bool is_in_use() const;
  /// Removes what runs leave. Throws where there is anything else.
  void empty() const;

  /// A shard that is this process's now.
  struct Claim {
    u64 number = 0;  ///< from 1
    FileLock lock;
  };
  /// The first of so many shards that is neither whole nor held; none where there is no such, or where
  /// the run has been put together meanwhile.
  std::optional<Claim> take(u64 shards) const;
  /// How many are whole.
  u64 finished() const;
  std::string whole(u64 number) const;         ///< name of the file
  std::string under_way(u64 number) const;     ///< likewise
  void finish(Claim const& claim) const;       ///< what is under way is whole
  std::optional<FileLock> take_merge() const;  ///< none where another process has it
  /// When the run has been put together.
  void remove() const;

 private:
  FileLock hold(FileLock::Kind kind) const;
  void clear() const;
  std::optional<FileLock> try_lock(std::string const& name) const;

  std::string folder_;
};

}  // namespace cristae
