// host/io/output_file.hpp - result files that appear whole or not at all, and never by accident.
#pragma once

#include <string>
#include <string_view>

#include "host/base/types.hpp"

namespace cristae {

enum class Overwrite : u8 { refuse, allow };

/// Whether a device or pipe will do: not where the writer must go back in its file.
enum class Streams : u8 { refuse, allow };

/// Throws Error(input_output) if `path` could not be written later: it exists and must not be
/// replaced, is a folder, or its folder is missing or not writable. Changes nothing, but for what
/// OutputFile removes.
void check_output(std::string const& path, Overwrite overwrite, Streams streams = Streams::allow);

/// The file behind symbolic links, so that a link stays one.
std::string target_of(std::string const& path);

/// Makes the folder, and those above it, where they are missing. Throws Error(input_output).
void make_folder(std::string const& path);

/// The path from the root, without `.` and `..`: equal for two spellings of one name.
std::string absolute_name(std::string const& path);

/// A file written under a temporary name in the folder of `path` and renamed by commit(); without
/// commit() nothing is left, but where the process is killed: that file is removed by the next one for
/// the same path. Devices and pipes are written directly; a symbolic link is followed.
class OutputFile {
 public:
  /// Throws Error(input_output) as check_output does.
  OutputFile(std::string path, Overwrite overwrite, Streams streams = Streams::allow);
  ~OutputFile();
  OutputFile(OutputFile const&) = delete;
  OutputFile& operator=(OutputFile const&) = delete;

  int descriptor() const { return descriptor_; }
  /// For libraries that open files by name; empty for devices and pipes.
  std::string const& temporary() const { return temporary_; }
  void write(std::string_view text);
  /// Flushes to the disk and renames; refuses again what appeared under the name in the meantime.
  void commit();

 private:
  [[noreturn]] void fail(char const* what) const;

  std::string path_;       ///< as given, for messages
  std::string target_;     ///< where links lead
  std::string temporary_;  ///< empty where written directly
  Overwrite overwrite_;
  int descriptor_ = -1;
};

}  // namespace cristae
