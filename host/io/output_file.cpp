// host/io/output_file.cpp - temporary name, fsync, rename.
#include "host/io/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <tuple>
#include <utility>

#include "host/base/error.hpp"
#include "host/io/checksum.hpp"
#include "host/io/numbered_files.hpp"

namespace cristae {
namespace {

enum class Kind : u8 { missing, regular, folder, stream };

Kind kind_of(std::string const& target, mode_t* mode = nullptr) {
  struct stat status {};
  if (stat(target.c_str(), &status) != 0) return Kind::missing;
  if (mode != nullptr) *mode = status.st_mode & 07777;
  if (S_ISDIR(status.st_mode)) return Kind::folder;
  return S_ISREG(status.st_mode) ? Kind::regular : Kind::stream;
}

std::string folder_of(std::string const& target) {
  auto const slash = target.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : target.substr(0, slash);
}

[[noreturn]] void refuse(std::string const& path) {
  throw Error(ExitCode::input_output, fmt::format("'{}' exists", path), {},
              "Use --overwrite to replace it, or give another name");
}

/// What stands in the way of `target`; returns for the kinds that can be written.
Kind admit(std::string const& path, std::string const& target, Overwrite overwrite,
           Streams streams) {
  Kind const kind = kind_of(target);
  if (path.empty()) throw Error(ExitCode::input_output, "the name of an output file is empty");
  if (kind == Kind::folder || path.back() == '/')
    throw Error(ExitCode::input_output, fmt::format("'{}' is a folder", path), {},
                "Give the name of a file");
  if (kind == Kind::stream && streams == Streams::refuse)
    throw Error(ExitCode::input_output, fmt::format("'{}' is a device or a pipe", path),
                "this kind of file is not written from front to back", "Give the name of a file");
  if (kind == Kind::regular && overwrite == Overwrite::refuse) refuse(path);
  if (kind == Kind::missing && kind_of(folder_of(target)) != Kind::folder)
    throw Error(ExitCode::input_output, fmt::format("'{}' cannot be written", path),
                fmt::format("there is no folder '{}'", folder_of(target)), "Make it first");
  return kind;
}

/// How the names of temporary files for `target` begin.
std::string temporary_prefix(std::string const& target) {
  return fmt::format(".cristae-{}-", checksum(target.substr(target.rfind('/') + 1)));
}

/// Locked by nobody else, and its name still there: taken for left over by nobody who looks.
bool is_own(int descriptor) {
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  struct stat status {};
  return fstat(descriptor, &status) != 0 || status.st_nlink > 0;  // file systems without locks
}

/// Removes what writers of the same file left that were killed: those that live hold a lock. What
/// does not work is left where it is.
void remove_left_over(std::string const& target) {
  auto const folder = folder_of(target), prefix = temporary_prefix(target);
  int ignored = 0;
  for (auto const& name : names_in(folder, ignored)) {
    if (!name.starts_with(prefix) || !name.ends_with(".tmp")) continue;
    auto const path = folder + "/" + name;
    int const descriptor = open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) continue;
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) unlink(path.c_str());
    close(descriptor);
  }
}

/// Opens a new file next to the target; empty name and -1 with errno set where that fails.
std::pair<std::string, int> open_temporary(std::string const& target) {
  static std::atomic<unsigned> counter{0};
  for (int attempt = 0; attempt < 100; ++attempt) {
    auto name = fmt::format("{}/{}{}{:06}.tmp", folder_of(target), temporary_prefix(target),
                            getpid(), counter++);
    int const descriptor = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0 && is_own(descriptor)) return {std::move(name), descriptor};
    if (descriptor < 0 && errno != EEXIST) break;
    if (descriptor >= 0) close(descriptor);
  }
  return {std::string(), -1};
}

}  // namespace

std::string absolute_name(std::string const& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

std::string target_of(std::string const& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  auto const target = std::filesystem::weakly_canonical(path, error);
  return error ? path : target.string();
}

void make_folder(std::string const& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || kind_of(path) != Kind::folder)
    throw Error(ExitCode::input_output, fmt::format("the folder '{}' cannot be made", path),
                error ? error.message() : "something else has this name");
}

void check_output(std::string const& path, Overwrite overwrite, Streams streams) {
  auto const target = target_of(path);
  if (admit(path, target, overwrite, streams) == Kind::stream) {
    // Not opened: the reader of a pipe would see its end.
    if (access(target.c_str(), W_OK) != 0)
      throw Error(ExitCode::input_output, fmt::format("'{}' cannot be written", path),
                  std::strerror(errno));
    return;
  }
  // Making the temporary file is the only test of writability that holds on every file system.
  OutputFile const probe(path, overwrite, streams);
}

OutputFile::OutputFile(std::string path, Overwrite overwrite, Streams streams)
    : path_(std::move(path)), target_(target_of(path_)), overwrite_(overwrite) {
  if (admit(path_, target_, overwrite_, streams) == Kind::stream) {
    descriptor_ = open(target_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    remove_left_over(target_);
    std::tie(temporary_, descriptor_) = open_temporary(target_);
  }
  if (descriptor_ < 0) fail("cannot be written");
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void OutputFile::fail(char const* what) const {
  throw Error(ExitCode::input_output, fmt::format("'{}' {}", path_, what), std::strerror(errno));
}

void OutputFile::write(std::string_view text) {
  while (!text.empty()) {
    ssize_t const written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot be written");
    text.remove_prefix(static_cast<usize>(written));
  }
}

void OutputFile::commit() {
  if (temporary_.empty()) return;
  mode_t mode = 0;
  if (kind_of(target_, &mode) == Kind::regular && overwrite_ == Overwrite::allow)
    fchmod(descriptor_, mode);
  if (fsync(descriptor_) != 0 && errno != EINVAL && errno != ENOSYS) fail("cannot be written");
  // Some file systems say only now what they could not write. The lock must outlive the name.
  int const descriptor = std::exchange(descriptor_, fcntl(descriptor_, F_DUPFD_CLOEXEC, 0));
  if (close(descriptor) != 0 && errno != EINTR) fail("cannot be written");
  if (overwrite_ == Overwrite::refuse) {
    if (renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) == 0) {
      temporary_.clear();
      return;
    }
    if (errno == EEXIST) refuse(path_);
    if (errno != EINVAL && errno != ENOSYS) fail("cannot be written");
    admit(path_, target_, overwrite_, Streams::allow);  // a file system without RENAME_NOREPLACE
  }
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be written");
  temporary_.clear();
}

}  // namespace cristae
