// host/cli/options.hpp - command lines to values; strict, and all errors in one go.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/base/types.hpp"
#include "host/engine/experiment.hpp"
#include "host/io/output_file.hpp"

namespace cristae {

enum class Talk : u8 { normal, quiet };
/// Whether laws whose units contradict each other are errors.
enum class Units : u8 { advisory, strict };

struct InspectOptions {
  std::string network;
  Units units = Units::advisory;
};

struct RunOptions {
  std::string network;
  ExperimentRequest request;
  u64 trajectories = 1000;
  u64 first = 0;
  u64 seed = 1;
  std::string engine = "auto";
  u32 threads = 0;
  std::string isa;
  std::optional<u64> max_events;
  std::vector<std::string> select;
  std::string output;  ///< empty: none; so are the next two
  std::string plot;
  std::string json;  ///< "-": standard output
  Overwrite overwrite = Overwrite::refuse;
  Talk talk = Talk::normal;
  Units units = Units::advisory;
};

/// A command's options, or nothing but its help text.
template <class Options>
struct Parsed {
  Options options;
  std::optional<std::string> help;
};

/// `arguments` are those behind the command's name. Throws Error(usage) with every finding.
Parsed<RunOptions> parse_run(std::vector<std::string> const& arguments);
/// The options of `replay`; the trajectory's id is `first`.
Parsed<RunOptions> parse_replay(std::vector<std::string> const& arguments);
Parsed<InspectOptions> parse_inspect(std::vector<std::string> const& arguments);
/// For the commands without arguments: `networks` and `devices`.
Parsed<std::string> parse_nothing(std::string const& command,
                                  std::vector<std::string> const& arguments);

/// The text of `cristae --help`.
std::string main_help();
/// The names of all commands, for "did you mean".
std::vector<std::string> command_names();

}  // namespace cristae
