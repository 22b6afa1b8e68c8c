// host/jit/host_compiler.cpp - cache keys, one process, rename, dlopen.
#include "host/jit/host_compiler.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

#include "host/jit/code_cache.hpp"
#include "host/jit/embedded_headers.hpp"
#include "host/jit/text_key.hpp"

extern char** environ;

namespace cristae {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> variable(char const* name) {
  char const* const value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::optional<std::string> in_path(std::string const& program) {
  if (program.find('/') != std::string::npos)
    return access(program.c_str(), X_OK) == 0 ? std::optional(program) : std::nullopt;
  std::istringstream folders(variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    auto const path = (folder.empty() ? std::string(".") : folder) + "/" + program;
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

std::string cache_name(std::string const& text, std::vector<std::string> const& flags,
                       std::string const& compiler) {
  TextKey key;
  key.add(text);
  key.add(headers_key());
  for (auto const& flag : flags) key.add(flag);
  // A compiler that was replaced has another size or time.
  std::error_code error;
  auto const path = fs::canonical(compiler, error);
  key.add(error ? compiler : path.string());
  struct stat status {};
  if (stat(compiler.c_str(), &status) == 0) {
    key.add_word(static_cast<u64>(status.st_size));
    key.add_word(static_cast<u64>(status.st_mtim.tv_sec));
  }
  return key.text() + ".so";
}

bool write_file(std::string const& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  return static_cast<bool>(file.flush());
}

std::string first_lines(std::string const& path, usize most) {
  std::ifstream file(path);
  std::string text, line;
  for (usize i = 0; i < most && std::getline(file, line); ++i)
    text += (text.empty() ? "" : "\n") + line;
  return text;
}

/// Runs a program without a shell; its output goes to a file. Returns its exit status, or -1.
int run_program(std::vector<std::string> const& arguments, std::string const& log) {
  std::vector<char*> argv;
  for (auto const& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t process = 0;
  int const failed = posix_spawn(&process, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return -1;
  int status = 0;
  while (waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// A folder that disappears with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code error;
    auto name = (fs::temp_directory_path(error) / "cristae-XXXXXX").string();
    if (!error && mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;
  std::string const& path() const { return path_; }

 private:
  std::string path_;
};

/// Puts the embedded headers below `folder`.
bool write_headers(std::string const& folder) {
  for (auto const& header : embedded_headers()) {
    fs::path const path = fs::path(folder) / header.name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error || !write_file(path.string(), header.text)) return false;
  }
  return true;
}

SharedObject load(std::string const& path, std::string& reason) {
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    char const* const text = dlerror();
    reason = text == nullptr ? "it cannot be loaded" : text;
    return nullptr;
  }
  return {handle, [](void* object) { dlclose(object); }};
}

/// A cache that cannot be written is no error.
void keep(std::string const& object, std::string const& name) {
  std::ifstream file(object, std::ios::binary);
  write_cached(name, std::string{std::istreambuf_iterator<char>(file), {}});
}

}  // namespace

std::optional<std::string> find_host_compiler() {
  if (auto const chosen = variable("CRISTAE_CXX")) {
    if (chosen->empty()) return std::nullopt;
    return in_path(*chosen);
  }
  for (char const* name : {"c++", "g++", "clang++"})
    if (auto const found = in_path(name)) return found;
  return std::nullopt;
}

bool is_in_cache(std::string const& text, std::vector<std::string> const& flags) {
  auto const compiler = find_host_compiler();
  return compiler && read_cached(cache_name(text, flags, *compiler)).has_value();
}

CompileResult compile_and_load(std::string const& text, std::vector<std::string> const& flags) {
  CompileResult result;
  auto const compiler = find_host_compiler();
  if (!compiler) {
    result.reason = "no C++ compiler is on this machine";
    return result;
  }
  result.compiler = *compiler;
  result.not_kept = cache_problem();
  auto const name = cache_name(text, flags, *compiler);
  TemporaryFolder const work;
  auto const source = work.path() + "/network.cpp", object = work.path() + "/network.so",
             log = work.path() + "/log";
  if (work.path().empty() || !write_headers(work.path()) || !write_file(source, text)) {
    result.reason = fmt::format("there is no place for temporary files ({})", std::strerror(errno));
    return result;
  }
  if (auto const kept = read_cached(name); kept && write_file(object, *kept)) {
    result.object = load(object, result.reason);
    if (result.object) return result;  // else of another machine: compiled anew
  }

  std::vector<std::string> arguments{*compiler};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  arguments.insert(arguments.end(), {"-I", work.path(), source, "-o", object});
  auto const start = std::chrono::steady_clock::now();
  int const status = run_program(arguments, log);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (status != 0) {
    result.reason = fmt::format("{} failed: {}", *compiler, first_lines(log, 5));
    return result;
  }
  result.object = load(object, result.reason);
  if (result.object) keep(object, name);
  return result;
}

void* find_function(SharedObject const& object, char const* name) {
  return dlsym(object.get(), name);
}

}  // namespace cristae
