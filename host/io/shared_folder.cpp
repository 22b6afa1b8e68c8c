// host/io/shared_folder.cpp - locks say what is held, names what is whole.
#include "host/io/shared_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <regex>
#include <utility>
#include <vector>

#include "host/base/error.hpp"
#include "host/io/checkpoint.hpp"
#include "host/io/numbered_files.hpp"
#include "host/io/output_file.hpp"
#include "host/io/shards.hpp"

namespace cristae {
namespace {

namespace fs = std::filesystem;

constexpr char const* door = "lock";  ///< held by who decides what the folder is for

[[noreturn]] void fail(std::string const& path, char const* what, int error) {
  throw Error(ExitCode::input_output, fmt::format("'{}' {}", path, what), std::strerror(error));
}

[[noreturn]] void refuse_without_locks(std::string const& folder, int error) {
  throw Error(ExitCode::input_output, fmt::format("'{}' cannot be shared", folder),
              fmt::format("its file system has no locks, which tell what others are at: {}",
                          std::strerror(error)),
              "Give every process its own part, as --shard 3/10, and merge them");
}

/// -1 and errno where it cannot be opened.
int open_lock(std::string const& path, int flags) {
  return open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0666);
}

void lock(int descriptor, int kind, std::string const& folder) {
  while (flock(descriptor, kind) != 0)
    if (errno != EINTR) refuse_without_locks(folder, errno);
}

/// Whether a file has lost its last name.
bool is_gone(int descriptor) {
  struct stat about {};
  return fstat(descriptor, &about) != 0 || about.st_nlink == 0;
}

enum class Entry : u8 { foreign, file, folder };

Entry kind_of(std::string const& folder, std::string const& name) {
  static std::regex const file(
      R"(lock|merge\.lock|\d+\.lock|\d+\.checkpoint|\d+(\.part)?\.h5|\.cristae-[0-9a-f]{16}-\d+-\d+\.tmp)");
  static std::regex const parts(R"(\d+\.part\.h5\.parts)");
  std::error_code error;
  auto const type = fs::symlink_status(folder + "/" + name, error).type();
  if (type == fs::file_type::regular && std::regex_match(name, file)) return Entry::file;
  if (type == fs::file_type::directory && std::regex_match(name, parts)) return Entry::folder;
  return Entry::foreign;
}

}  // namespace

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string SharedFolder::name_of(std::string const& result) {
  return target_of(result) + ".shared";
}

bool SharedFolder::is_there(std::string const& result) {
  return newest_checkpoint(name_of(result)) > 0;
}

SharedFolder::SharedFolder(std::string const& result,
                           std::function<void(SharedFolder&)> const& decide)
    : folder_(name_of(result)) {
  for (;;) {
    if (mkdir(folder_.c_str(), 0777) != 0 && errno != EEXIST)
      fail(folder_, "cannot be made", errno);
    struct stat about {};
    if (lstat(folder_.c_str(), &about) == 0 && !S_ISDIR(about.st_mode))
      fail(folder_, "cannot be used for shards", ENOTDIR);
    int const descriptor = open_lock(folder_ + "/" + door, O_CREAT);
    if (descriptor < 0 && errno == ENOENT) continue;  // removed between the two
    if (descriptor < 0) fail(folder_, "cannot be used for shards", errno);
    FileLock const held(descriptor);
    lock(descriptor, LOCK_EX, folder_);
    if (is_gone(descriptor)) continue;
    try {
      decide(*this);
    } catch (...) {
      if (!has_run()) clear();
      throw;
    }
    if (!has_run()) clear();
    return;
  }
}

FileLock SharedFolder::hold(FileLock::Kind kind) const {
  int const descriptor = open_lock(folder_ + "/" + door, 0);
  FileLock held(descriptor);
  if (descriptor < 0 && errno != ENOENT) fail(folder_, "cannot be used for shards", errno);
  if (descriptor >= 0)
    lock(descriptor, kind == FileLock::Kind::shared ? LOCK_SH : LOCK_EX, folder_);
  return held;
}

std::optional<FileLock> SharedFolder::try_lock(std::string const& name) const {
  auto const path = folder_ + "/" + name;
  int const descriptor = open_lock(path, O_CREAT);
  if (descriptor < 0) fail(path, "cannot be made", errno);
  FileLock held(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return held;
  if (errno != EWOULDBLOCK) refuse_without_locks(folder_, errno);
  return std::nullopt;
}

bool SharedFolder::has_run() const { return newest_checkpoint(folder_) > 0; }

std::string SharedFolder::run() const {
  std::vector<Diagnostic> damaged;
  return read_checkpoint(folder_, damaged).run;
}

void SharedFolder::begin(std::string run) {
  Checkpoint nothing;
  nothing.generation = 1;
  nothing.run = std::move(run);
  write_checkpoint(folder_, nothing);
}

bool SharedFolder::is_in_use() const {
  for (u64 const number : numbered_files(folder_, ".lock"))
    if (!try_lock(fmt::format("{}.lock", number))) return true;
  return !try_lock("merge.lock");
}

void SharedFolder::empty() const {
  int error = 0;
  auto const names = names_in(folder_, error);
  if (error != 0) fail(folder_, "cannot be listed", error);
  for (auto const& name : names)
    if (kind_of(folder_, name) == Entry::foreign)
      throw Error(ExitCode::input_output, fmt::format("'{}' cannot be emptied", folder_),
                  fmt::format("'{}' in it is no part of a run", name),
                  "Move it away, or give another name");
  for (auto const& name : names) {
    auto const path = folder_ + "/" + name;
    if (kind_of(folder_, name) == Entry::folder)
      Shards(path, LeftParts::remove);
    else if (name != door && unlink(path.c_str()) != 0 && errno != ENOENT)
      fail(path, "cannot be removed", errno);
  }
}

std::optional<SharedFolder::Claim> SharedFolder::take(u64 shards) const {
  auto const held = hold(FileLock::Kind::shared);
  if (!has_run()) return std::nullopt;
  auto const finished = numbered_files(folder_, ".h5");
  for (u64 number = 1; number <= shards; ++number) {
    if (std::binary_search(finished.rbegin(), finished.rend(), number)) continue;
    auto lock = try_lock(fmt::format("{}.lock", number));
    // Who had it may have finished it since the list was made.
    if (lock && access(whole(number).c_str(), F_OK) != 0) return Claim{number, std::move(*lock)};
  }
  return std::nullopt;
}

u64 SharedFolder::finished() const { return numbered_files(folder_, ".h5").size(); }

std::string SharedFolder::whole(u64 number) const {
  return fmt::format("{}/{}.h5", folder_, number);
}

std::string SharedFolder::under_way(u64 number) const {
  return fmt::format("{}/{}.part.h5", folder_, number);
}

void SharedFolder::finish(Claim const& claim) const {
  auto const from = under_way(claim.number);
  if (std::rename(from.c_str(), whole(claim.number).c_str()) != 0)
    fail(from, "cannot be renamed", errno);
}

std::optional<FileLock> SharedFolder::take_merge() const {
  auto const held = hold(FileLock::Kind::shared);
  if (!has_run()) return std::nullopt;
  return try_lock("merge.lock");
}

void SharedFolder::remove() const {
  auto const held = hold(FileLock::Kind::exclusive);
  clear();
}

/// The run goes first: without it, nobody takes a shard any more. What is not ours stays, and with it
/// the folder.
void SharedFolder::clear() const {
  for (u64 const number : numbered_files(folder_, ".checkpoint"))
    unlink(fmt::format("{}/{}.checkpoint", folder_, number).c_str());
  try {
    empty();
  } catch (Error const&) {
  }
  unlink((folder_ + "/" + door).c_str());
  rmdir(folder_.c_str());
}

}  // namespace cristae
