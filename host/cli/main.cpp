// host/cli/main.cpp - the command `cristae`: picks the command, turns exceptions into exit codes.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "host/base/error.hpp"
#include "host/cli/bench_command.hpp"
#include "host/cli/companion_command.hpp"
#include "host/cli/convert_command.hpp"
#include "host/cli/export_command.hpp"
#include "host/cli/extend_command.hpp"
#include "host/cli/inspect_command.hpp"
#include "host/cli/list_commands.hpp"
#include "host/cli/merge_command.hpp"
#include "host/cli/options.hpp"
#include "host/cli/pick_command.hpp"
#include "host/cli/plot_command.hpp"
#include "host/cli/print.hpp"
#include "host/cli/replay_command.hpp"
#include "host/cli/run_command.hpp"
#include "host/cli/sweep_command.hpp"
#include "host/cli/verify_command.hpp"
#include "host/text/table.hpp"

#ifndef CRISTAE_VERSION
#define CRISTAE_VERSION "unknown"
#endif

namespace cristae {
namespace {

/// Prints the help of a command, or does `work` with its options.
template <class Options, class Work>
int help_or(Parsed<Options> const& parsed, Work work) {
  if (!parsed.help) return work(parsed.options);
  print_text(*parsed.help);
  return 0;
}

int dispatch(std::vector<std::string> arguments) {
  if (arguments.empty())
    throw Error(ExitCode::usage, "a command is missing", {}, "See cristae --help");
  auto command = arguments.front();
  arguments.erase(arguments.begin());
  if (command == "--help" || command == "-h" || command == "help") {
    if (command != "help" || arguments.empty()) {
      print_text(main_help());
      return 0;
    }
    command = arguments.front();
    arguments = {"--help"};
  }
  if (command == "--version") {
    print_text("cristae " CRISTAE_VERSION "\n");
    return 0;
  }
  if (command == "run") return help_or(parse_run(arguments), run_command);
  if (command == "resume") return help_or(parse_resume(arguments), resume_command);
  if (command == "sweep") return help_or(parse_sweep(arguments), sweep_command);
  if (command == "replay") return help_or(parse_replay(arguments), replay_command);
  if (command == "verify") return help_or(parse_verify(arguments), verify_command);
  if (command == "inspect") return help_or(parse_inspect(arguments), inspect_command);
  if (command == "export") return help_or(parse_export(arguments), export_command);
  if (command == "convert") return help_or(parse_convert(arguments), convert_command);
  if (command == "plot") return help_or(parse_plot(arguments), plot_command);
  if (command == "pick") return help_or(parse_pick(arguments), pick_command);
  if (command == "merge") return help_or(parse_merge(arguments), merge_command);
  if (command == "extend") return help_or(parse_extend(arguments), extend_command);
  if (command == "networks")
    return help_or(parse_networks(arguments), [](auto const&) { return networks_command(); });
  if (command == "devices") return help_or(parse_devices(arguments), devices_command);
  if (command == "bench") return help_or(parse_bench(arguments), bench_command);
  for (auto const& companion : companions())
    if (command == companion.name) companion_command(command, arguments);
  auto const nearest = nearest_name(command, command_names());
  throw Error(
      ExitCode::usage,
      fmt::format("unknown {} '{}'", command.starts_with("-") ? "option" : "command", command), {},
      nearest.empty() ? "See cristae --help" : fmt::format("Did you mean '{}'?", nearest));
}

}  // namespace
}  // namespace cristae

int main(int argc, char** argv) {
  // A file must never be opened as standard output because that was closed: results would mix.
  for (int descriptor = 0; descriptor <= 2; ++descriptor)
    if (fcntl(descriptor, F_GETFD) < 0) open("/dev/null", O_RDWR);
  // A reader that closes standard output early must not kill a run that also writes files.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return cristae::dispatch({argv + std::min(argc, 1), argv + argc});
  } catch (cristae::Error const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  } catch (std::bad_alloc const&) {
    std::fprintf(stderr,
                 "error: there is no memory left (more was asked for than this machine, or a "
                 "limit, gives). Ask for fewer samples or threads, or free some.\n");
  } catch (std::system_error const& error) {  // of a thread that could not be started, for one
    std::fprintf(stderr, "error: the system refuses (%s). Free memory, or raise its limits.\n",
                 error.what());
  } catch (std::exception const& exception) {
    std::fprintf(stderr, "error: internal: %s\n", exception.what());
  } catch (...) {
    std::fprintf(stderr, "error: internal: unknown exception\n");
  }
  return static_cast<int>(cristae::ExitCode::internal);
}
