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
#include <exception>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string_view>
#include <utility>

#include "host/base/error.hpp"
#include "host/io/checksum.hpp"
#include "host/io/numbered_files.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string const& path, char const* what, int error) {
  throw Error(ExitCode::input_output, fmt::format("'{}' {}", path, what), std::strerror(error));
}

/// Whether a run gives such names.
bool is_part(std::string const& folder, std::string const& name) {
  static std::regex const known(R"(\d+\.shard|\d+\.checkpoint|owner|\.cristae-\d+-\d+\.tmp)");
  std::error_code error;
  return fs::symlink_status(folder + "/" + name, error).type() == fs::file_type::regular &&
         std::regex_match(name, known);
}

/// Checkpoints first: what a kill leaves of the folder must not have one whose shards are gone.
void order_for_removal(std::vector<std::string>& names) {
  std::stable_partition(names.begin(), names.end(),
                        [](auto const& name) { return name.ends_with(".checkpoint"); });
}

/// "process 123 on machine", as the run that holds the folder wrote it.
std::string owner_of(std::string const& folder) {
  std::ifstream stream(folder + "/owner");
  std::string text;
  std::getline(stream, text);
  return text.empty() ? "another run" : printable(text);
}

}  // namespace

void refuse_left_parts(std::string const& folder) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return;
  throw Error(ExitCode::input_output, fmt::format("'{}' exists", folder),
              "a run that was interrupted left it, or one is still under way",
              "Use cristae resume to go on with that run, --overwrite to remove what it left, or "
              "give another name");
}

Shards::Shards(std::string folder, LeftParts left, u64 shard_bytes)
    : folder_(std::move(folder)), shard_bytes_(shard_bytes) {
  bool is_mine = false;
  try {
    is_mine = mkdir(folder_.c_str(), 0777) == 0;
    if (!is_mine && errno != EEXIST) fail(folder_, "cannot be made", errno);
    open_folder(left, !is_mine);
  } catch (...) {
    if (is_mine) remove_parts();
    if (descriptor_ >= 0) close(descriptor_);
    throw;
  }
}

void Shards::open_folder(LeftParts left, bool exists) {
  if (!exists && left == LeftParts::take)
    throw Error(ExitCode::input_output, fmt::format("there is no '{}'", folder_),
                "another process went on with that run, or removed it",
                "Look for the result first");
  if (exists && left == LeftParts::refuse) refuse_left_parts(folder_);
  descriptor_ = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor_ < 0) fail(folder_, "cannot be used for parts of the result", errno);
  // File systems without locks answer otherwise, and have to do without.
  if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw Error(ExitCode::input_output, fmt::format("'{}' is in use", folder_),
                fmt::format("{} writes the same result", owner_of(folder_)),
                "Wait for it, or give another name");
  if (exists && left == LeftParts::remove) empty_folder();
  is_kept_ = left == LeftParts::take;  // whatever fails before the result is whole
  for (u64 const file : numbered_files(folder_, ".shard"))
    first_own_ = std::max(first_own_, file + 1);
  next_file_ = first_own_;
  char machine[256] = "";
  gethostname(machine, sizeof machine - 1);
  OutputFile owner(folder_ + "/owner", Overwrite::allow);
  owner.write(fmt::format("process {} on {}\n", getpid(), machine));
  owner.commit();
}

/// What runs make goes; anything else stays, and with it the folder. So does what there is no memory to
/// look for: the result is whole without.
void Shards::remove_parts() const noexcept try {
  int error = 0;
  std::vector<std::string> parts;
  for (auto const& name : names_in(folder_, error))
    if (is_part(folder_, name)) parts.push_back(folder_ + "/" + name);
  order_for_removal(parts);
  for (auto const& path : parts) unlink(path.c_str());
  rmdir(folder_.c_str());
} catch (std::exception const&) {
}

/// Where there is nothing else.
void Shards::empty_folder() const {
  int error = 0;
  auto names = names_in(folder_, error);
  order_for_removal(names);
  for (auto const& name : names)
    if (!is_part(folder_, name))
      throw Error(ExitCode::input_output, fmt::format("'{}' cannot be emptied", folder_),
                  fmt::format("'{}' in it is no part of a result", name),
                  "Move it away, or give another name");
  if (error != 0) fail(folder_, "cannot be emptied", error);
  for (auto const& name : names) {
    auto const path = folder_ + "/" + name;
    if (unlink(path.c_str()) != 0) fail(path, "cannot be removed", errno);
  }
}

Shards::~Shards() {
  if (!is_kept_) remove_parts();
  if (descriptor_ >= 0) close(descriptor_);
}

std::string Shards::path_of(u64 file) const { return fmt::format("{}/{}.shard", folder_, file); }

void Shards::take(std::vector<Block> blocks) {
  for (auto const& block : blocks) read(block);
  std::set<u64> files;
  for (auto const& block : blocks) files.insert(block.file);
  for (u64 const file : numbered_files(folder_, ".shard"))
    if (file < first_own_ && !files.contains(file)) unlink(path_of(file).c_str());
  std::lock_guard const lock(mutex_);
  blocks_.insert(blocks_.end(), blocks.begin(), blocks.end());
}

void Shards::add(u64 first, u64 trajectories, std::string const& bytes) {
  Block block{first, trajectories, bytes.size(), checksum(bytes), 0, 0};
  std::unique_lock lock(mutex_);
  block.offset = pending_.bytes.size();
  pending_.bytes += bytes;
  pending_.blocks.push_back(block);
  if (pending_.bytes.size() < shard_bytes_) return;
  written_.wait(lock, [&] { return !writing_; });
  if (pending_.bytes.size() >= shard_bytes_) write(lock);  // else another thread took it
}

std::vector<Shards::Block> Shards::flush() {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [&] { return !writing_; });
  if (!pending_.blocks.empty()) write(lock);
  return blocks_;
}

/// What is pending, by one thread at a time, which holds the lock again afterwards.
void Shards::write(std::unique_lock<std::mutex>& lock) {
  writing_ = true;
  Pending full = std::exchange(pending_, {});
  u64 const number = next_file_++;
  lock.unlock();
  std::exception_ptr failure;
  try {
    OutputFile file(path_of(number), Overwrite::refuse);
    file.write(full.bytes);
    file.commit();
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  writing_ = false;
  written_.notify_all();
  if (failure) {
    // Nothing is lost: there may be room later.
    for (auto& block : pending_.blocks) block.offset += full.bytes.size();
    full.bytes += pending_.bytes;
    full.blocks.insert(full.blocks.end(), pending_.blocks.begin(), pending_.blocks.end());
    pending_ = std::move(full);
    std::rethrow_exception(failure);
  }
  for (auto& block : full.blocks) {
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
    if (block.first < first + done) continue;  // handed on twice: before and after a checkpoint
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
  stream.seekg(0, std::ios::end);
  u64 const size = static_cast<u64>(stream.tellg());
  bool const is_there = stream && block.offset <= size && block.size <= size - block.offset;
  std::string bytes(is_there ? block.size : 0, '\0');
  stream.seekg(static_cast<std::streamoff>(block.offset));
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!is_there || !stream || checksum(bytes) != block.checksum)
    throw Error(ExitCode::input_output, fmt::format("'{}' is damaged", path),
                fmt::format("trajectories {} to {} do not have the checksum they were written with",
                            block.first, block.first + block.trajectories - 1),
                "Check the disk, and run again");
  return bytes;
}

}  // namespace cristae
