// host/cli/companion_command.cpp - looks where a shell would, and hands over by exec.
#include "host/cli/companion_command.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "host/base/error.hpp"
#include "host/cli/command_line.hpp"

namespace cristae {
namespace {

/// The path of this program; empty where the system does not tell.
std::string own_path() {
  std::array<char, PATH_MAX> path{};
  auto const length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0 || usize(length) == path.size()) return {};
  return {path.data(), usize(length)};
}

bool is_program(std::string const& path) {
  struct stat about {};
  return stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
         access(path.c_str(), X_OK) == 0;
}

/// Where it is; empty: nowhere.
std::string find_program(std::string const& name, std::string const& beside) {
  std::vector<std::string> folders;
  if (auto const slash = beside.rfind('/'); slash != std::string::npos)
    folders.push_back(beside.substr(0, slash));
  if (char const* const path = std::getenv("PATH"); path != nullptr)
    for (auto const& folder : split(path, ':')) folders.push_back(folder.empty() ? "." : folder);
  for (auto const& folder : folders)
    if (auto path = folder + "/" + name; is_program(path)) return path;
  return {};
}

}  // namespace

std::vector<Companion> const& companions() {
  static std::vector<Companion> const all{
      {"analyze", "analyze QUESTION RESULT.h5", "noise, modes, first passage, information, ..."},
      {"compare", "compare RESULT.h5 CELLS.csv", "a result with measured single cells"},
      {"report", "report RESULT.h5 [...]", "a result as one page with pictures"},
      {"claims", "claims NETWORK [...]", "check what a network is claimed to do"}};
  return all;
}

void companion_command(std::string const& name, std::vector<std::string> const& arguments) {
  auto const self = own_path();
  auto const program = find_program("cristae-" + name, self);
  if (program.empty())
    throw Error(ExitCode::usage,
                fmt::format("{} is part of the Python package, which is not installed", name),
                fmt::format("there is no program cristae-{0} beside cristae or in PATH", name),
                "Use pip install '.[analysis]' in the folder of the source, and put the "
                "environment's bin into PATH (docs/python.md)");
  if (!self.empty()) setenv("CRISTAE_BIN", self.c_str(), 1);
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> line;
  for (auto& word : words) line.push_back(word.data());
  line.push_back(nullptr);
  std::signal(SIGPIPE, SIG_DFL);  // an ignored signal would stay ignored
  execv(program.c_str(), line.data());
  throw Error(ExitCode::input_output, fmt::format("'{}' cannot be started", program),
              std::strerror(errno));
}

}  // namespace cristae
