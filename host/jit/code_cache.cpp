// host/jit/code_cache.cpp - files of one folder, checked before use and replaced by rename.
#include "host/jit/code_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "host/jit/embedded_headers.hpp"
#include "host/jit/text_key.hpp"

namespace cristae {

namespace {

namespace fs = std::filesystem;

/// Behind the bytes of an entry: these words, and the 32 digits of name and bytes.
constexpr std::string_view mark = "\ncristae cache ";
constexpr usize digits = 32;

/// A file descriptor that is closed with its owner; below 0 where there is none.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

/// What stands against using something of that owner and mode; null: nothing.
char const* distrust(struct stat const& status) {
  if (status.st_uid != geteuid()) return "belongs to another user";
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "can be written by other users";
  return nullptr;
}

/// The folder is opened once, and what is in it by this descriptor: whoever may rename a folder on
/// the way to it cannot put another in its place behind the check.
int open_folder(std::string const& folder) {
  return folder.empty() ? -1 : open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

char const* folder_distrust(Descriptor const& folder) {
  struct stat status {};
  return fstat(folder.number(), &status) == 0 ? distrust(status) : "cannot be looked at";
}

std::string checksum(std::string_view name, std::string_view bytes) {
  TextKey key;
  key.add(name);
  key.add_bytes(bytes);
  return key.text();
}

std::optional<std::string> read_all(int file) {
  std::string text;
  std::array<char, 1 << 16> piece;
  for (;;) {
    auto const count = read(file, piece.data(), piece.size());
    if (count == 0) return text;
    if (count > 0)
      text.append(piece.data(), static_cast<usize>(count));
    else if (errno != EINTR)
      return std::nullopt;
  }
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    auto const count = write(file, text.data(), text.size());
    if (count > 0)
      text.remove_prefix(static_cast<usize>(count));
    else if (count == 0 || errno != EINTR)
      return false;
  }
  return true;
}

}  // namespace

std::string cache_folder() {
  if (char const* const folder = std::getenv("CRISTAE_CACHE")) return folder;
  if (char const* const folder = std::getenv("XDG_CACHE_HOME"); folder != nullptr && *folder != 0)
    return std::string(folder) + "/cristae";
  if (char const* const home = std::getenv("HOME"); home != nullptr && *home != 0)
    return std::string(home) + "/.cache/cristae";
  return {};
}

std::string cache_problem() {
  auto const path = cache_folder();
  Descriptor const folder(open_folder(path));
  if (folder.number() < 0) return {};
  char const* const problem = folder_distrust(folder);
  return problem == nullptr ? std::string() : fmt::format("'{}' {}", path, problem);
}

std::optional<std::string> read_cached(std::string const& name) {
  Descriptor const folder(open_folder(cache_folder()));
  if (folder.number() < 0 || folder_distrust(folder) != nullptr) return std::nullopt;
  // O_NONBLOCK: a pipe under that name must not make a run wait.
  Descriptor const file(
      openat(folder.number(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (file.number() < 0 || fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
      distrust(status) != nullptr)
    return std::nullopt;
  auto entry = read_all(file.number());
  if (!entry || entry->size() < mark.size() + digits) return std::nullopt;
  auto const size = entry->size() - mark.size() - digits;
  auto const bytes = std::string_view(*entry).substr(0, size);
  if (std::string_view(*entry).substr(size) != fmt::format("{}{}", mark, checksum(name, bytes)))
    return std::nullopt;
  entry->resize(size);
  return entry;
}

void write_cached(std::string const& name, std::string_view bytes) {
  auto const path = cache_folder();
  if (path.empty()) return;
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  mkdir(path.c_str(), 0700);
  Descriptor const folder(open_folder(path));
  if (folder.number() < 0 || folder_distrust(folder) != nullptr) return;
  auto const temporary = fmt::format(".{}-{}.tmp", name, getpid());
  unlinkat(folder.number(), temporary.c_str(), 0);  // of a process of that number that was killed
  bool written = false;
  {
    Descriptor const file(openat(folder.number(), temporary.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.number() < 0) return;
    written = write_all(file.number(), bytes) &&
              write_all(file.number(), fmt::format("{}{}", mark, checksum(name, bytes)));
  }
  if (!written || renameat(folder.number(), temporary.c_str(), folder.number(), name.c_str()) != 0)
    unlinkat(folder.number(), temporary.c_str(), 0);
}

std::string headers_key() {
  TextKey key;
  for (auto const& header : embedded_headers()) {
    key.add(header.name);
    key.add(header.text);
  }
  return key.text();
}

}  // namespace cristae
