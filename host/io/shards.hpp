// host/io/shards.hpp - blocks of trajectories on the disk until the result file is made of them.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "host/base/types.hpp"
#include "host/io/output_file.hpp"

namespace cristae {

/// What to do with the parts that an earlier run left.
enum class LeftParts : u8 {
  refuse,
  remove,
  take,  ///< go on with them: Shards::take()
};

/// Throws Error(input_output) where an earlier run left a folder of parts.
void refuse_left_parts(std::string const& folder);

/// A folder of files NUMBER.shard, each with the bytes of several blocks; every file appears whole
/// (temporary name, fsync, rename) and every block has a checksum. All failures are
/// Error(input_output).
class Shards {
 public:
  struct Block {
    u64 first = 0;  ///< id of its first trajectory
    u64 trajectories = 0;
    u64 size = 0;  ///< in bytes
    u64 checksum = 0;
    u64 offset = 0;  ///< in its file
    u64 file = 0;    ///< number in the file's name

    template <class Bytes>
    void transfer(Bytes& bytes) {
      bytes(first, trajectories, size, checksum, offset, file);
    }
  };

  /// Makes the folder. One that exists was left by a run that was killed, or belongs to one that
  /// goes on: it is refused; or, where no run holds it, emptied of parts, or taken over.
  static constexpr u64 usual_bytes = u64{64} << 20;
  Shards(std::string folder, LeftParts left, u64 shard_bytes = usual_bytes);
  /// Removes all parts, and the folder; nothing where they are to be kept.
  ~Shards();
  Shards(Shards const&) = delete;
  Shards& operator=(Shards const&) = delete;

  /// Callable from several threads. No more than two shards are in memory: one is filled while one
  /// is written.
  void add(u64 first, u64 trajectories, std::string const& bytes);
  /// Goes on with these blocks of an earlier run, which are checked; its files that hold none of them
  /// are removed. Throws where one is damaged.
  void take(std::vector<Block> blocks);
  /// Writes what is in memory. Returns all blocks that are on the disk.
  std::vector<Block> flush();
  /// From now on the parts stay where they are.
  void keep() { is_kept_ = true; }
  /// Nor are they to be kept any more.
  void drop() { is_kept_ = false; }
  std::string const& folder() const { return folder_; }
  /// After flush(): blocks that hold the trajectories [first, first + trajectories), by id. Throws
  /// Error(internal) if one is missing.
  std::vector<Block> cover(u64 first, u64 trajectories) const;
  /// After flush(). Throws if the block is not as it was added.
  std::string read(Block const& block) const;

 private:
  struct Pending {
    std::string bytes;
    std::vector<Block> blocks;
  };

  void open_folder(LeftParts left, bool exists);
  void remove_parts() const noexcept;
  void empty_folder() const;
  void write(std::unique_lock<std::mutex>& lock);
  std::string path_of(u64 file) const;

  std::string folder_;
  u64 shard_bytes_;
  int descriptor_ =
      -1;  ///< of the folder; locked, so that another run can tell that this one lives
  std::mutex mutex_;
  std::condition_variable written_;
  bool writing_ = false;  ///< guarded by mutex_, like all below
  Pending pending_;
  std::vector<Block> blocks_;          ///< in files
  u64 first_own_ = 0, next_file_ = 0;  ///< files of this process
  bool is_kept_ = false;
};

}  // namespace cristae
