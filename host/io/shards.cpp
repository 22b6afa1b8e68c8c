// host/io/shards.cpp - the folder of shards: made, filled, read back, removed.
#include "host/io/shards.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>
#include <utility>

#include "host/base/error.hpp"
#include "host/io/checksum.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string const& path, char const* what, int error) {
  throw Error(ExitCode::input_output, fmt::format("'{}' {}", path, what), std::strerror(error));
}

/// Names that this class and OutputFile give.
bool is_ours(fs::directory_entry const& entry) {
  static std::regex const name(R"(\d+\.shard|\.cristae-\d+-\d+\.tmp)");
  return entry.symlink_status().type() == fs::file_type::regular &&
         std::regex_match(entry.path().filename().string(), name);
}

}  // namespace

Shards::Shards(std::string folder, Overwrite overwrite, u64 shard_bytes)
    : folder_(std::move(folder)), shard_bytes_(shard_bytes) {
  try {
    open_folder(overwrite);
  } catch (...) {
    if (descriptor_ >= 0) close(descriptor_);
    throw;
  }
}

void Shards::open_folder(Overwrite overwrite) {
  bool const exists = mkdir(folder_.c_str(), 0777) != 0;
  if (exists && errno != EEXIST) fail(folder_, "cannot be made", errno);
  if (exists && overwrite == Overwrite::refuse)
    throw Error(ExitCode::input_output, fmt::format("'{}' exists", folder_),
                "a run that was killed left it, or one is still under way",
                "Use --overwrite to remove it if no run uses it, or give another name");
  descriptor_ = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor_ < 0) fail(folder_, "cannot be used for parts of the result", errno);
  // File systems without locks answer otherwise, and have to do without.
  if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw Error(ExitCode::input_output, fmt::format("'{}' is in use", folder_),
                "another run writes the same result", "Wait for it, or give another name");
  if (exists) remove_left();
}

/// Exactly what an earlier run made; anything else stays, and stands in the way.
void Shards::remove_left() {
  std::error_code error;
  std::vector<fs::path> left;
  for (auto const& entry : fs::directory_iterator(folder_, error)) {
    if (!is_ours(entry))
      throw Error(
          ExitCode::input_output, fmt::format("'{}' cannot be emptied", folder_),
          fmt::format("'{}' in it is no part of a result", entry.path().filename().string()),
          "Move it away, or give another name");
    left.push_back(entry.path());
  }
  if (error) fail(folder_, "cannot be emptied", error.value());
  for (auto const& path : left)
    if (unlink(path.c_str()) != 0) fail(path.string(), "cannot be removed", errno);
}

Shards::~Shards() {
  for (u64 const file : files_) unlink(path_of(file).c_str());
  rmdir(folder_.c_str());
  if (descriptor_ >= 0) close(descriptor_);
}

std::string Shards::path_of(u64 file) const { return fmt::format("{}/{}.shard", folder_, file); }

void Shards::add(u64 first, u64 trajectories, std::string const& bytes) {
  Block block{first, trajectories, bytes.size(), checksum(bytes), 0, 0};
  std::unique_lock lock(mutex_);
  block.offset = pending_.bytes.size();
  pending_.bytes += bytes;
  pending_.blocks.push_back(block);
  if (pending_.bytes.size() < shard_bytes_) return;
  written_.wait(lock, [&] { return !writing_; });
  if (pending_.bytes.size() < shard_bytes_) return;  // another thread took it
  writing_ = true;
  auto full = std::exchange(pending_, {});
  lock.unlock();
  auto const finish = [&] {
    lock.lock();
    writing_ = false;
    written_.notify_all();
  };
  try {
    write(std::move(full));
  } catch (...) {
    finish();
    throw;
  }
  finish();
}

void Shards::flush() {
  if (!pending_.blocks.empty()) write(std::exchange(pending_, {}));
}

/// By one thread at a time.
void Shards::write(Pending pending) {
  auto const lowest =
      std::min_element(pending.blocks.begin(), pending.blocks.end(),
                       [](Block const& a, Block const& b) { return a.first < b.first; });
  u64 const number = lowest->first;
  OutputFile file(path_of(number), Overwrite::refuse);
  file.write(pending.bytes);
  file.commit();
  std::lock_guard const lock(mutex_);
  files_.push_back(number);
  for (auto& block : pending.blocks) {
    block.file = number;
    blocks_.push_back(block);
  }
}

std::vector<Shards::Block> Shards::cover(u64 first, u64 trajectories) const {
  auto sorted = blocks_;
  std::sort(sorted.begin(), sorted.end(),
            [](Block const& a, Block const& b) { return a.first < b.first; });
  std::vector<Block> found;
  u64 done = 0;
  for (auto const& block : sorted) {
    if (done >= trajectories) break;
    if (block.first != first + done) break;
    done += block.trajectories;
    found.push_back(block);
  }
  if (done < trajectories)
    throw Error(ExitCode::internal,
                fmt::format("the block with trajectory {} was not delivered", first + done));
  return found;
}

std::string Shards::read(Block const& block) const {
  auto const path = path_of(block.file);
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail(path, "cannot be read", errno);
  std::string bytes(block.bytes, '\0');
  stream.seekg(static_cast<std::streamoff>(block.offset));
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream || checksum(bytes) != block.checksum)
    throw Error(ExitCode::input_output, fmt::format("'{}' is damaged", path),
                fmt::format("trajectories {} to {} do not have the checksum they were written with",
                            block.first, block.first + block.trajectories - 1),
                "Check the disk, and run again");
  return bytes;
}

}  // namespace cristae
