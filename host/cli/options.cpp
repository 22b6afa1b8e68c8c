// host/cli/options.cpp - the options of every command, and which of them go together.
#include "host/cli/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "host/base/error.hpp"
#include "host/cli/command_line.hpp"
#include "host/cli/companion_command.hpp"
#include "host/io/output_file.hpp"
#include "host/io/plot_writer.hpp"
#include "host/run/shard.hpp"

namespace cristae {
namespace {

bool is_result_file(std::string const& path) {
  return path.ends_with(".h5") || path.ends_with(".hdf5") || path.ends_with(".nc");
}

void takes_network(CommandLine& line, std::string const& command) {
  line.positional("NETWORK",
                  fmt::format("Give the name of a bundled network (cristae networks lists them) "
                              "or the path of a network file: cristae {} NETWORK",
                              command));
}

void takes_result(CommandLine& line, std::string const& usage) {
  line.positional("RESULT", fmt::format("Give a file that cristae run wrote with --output "
                                        "FILE.h5: cristae {}",
                                        usage));
}

void parse_set(CommandLine& line, ExperimentRequest& request) {
  for (auto const& text : line.all("set")) {
    if (text.empty() || text.starts_with("--")) continue;  // already reported
    for (auto const& assignment : split(text, ',')) {
      auto const equals = assignment.find('=');
      auto const name = assignment.substr(0, equals);
      auto const value =
          equals == std::string::npos ? std::nullopt : to_double(assignment.substr(equals + 1));
      auto const same = [&](auto const& other) { return other.first == name; };
      if (name.empty() || !value)
        line.findings.add(fmt::format("--set is '{}'", assignment),
                          "NAME=VALUE with a number is needed");
      else if (std::any_of(request.set.begin(), request.set.end(), same))
        line.findings.add(fmt::format("--set gives '{}' twice", name), {}, "Give it once");
      else
        request.set.emplace_back(name, *value);
    }
  }
}

/// --vary NAME, NAME=DISTRIBUTION or all; several by commas outside of parentheses.
void parse_vary(CommandLine& line, ExperimentRequest& request) {
  for (auto const& text : line.all("vary")) {
    if (text.empty() || text.starts_with("--")) continue;  // already reported
    std::string part;
    int depth = 0;
    for (char const c : text) {
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && depth == 0)
        request.vary.push_back(std::exchange(part, {}));
      else
        part += c;
    }
    request.vary.push_back(part);
  }
  for (auto const& text : line.all("correlate"))
    if (!text.empty() && !text.starts_with("--")) request.correlate.push_back(text);
  request.replicates = line.count("replicates", 1).value_or(1);
  request.cell_seed = line.count("cell-seed", 0);
  request.sisters = line.count("sisters", 2).value_or(1);
  if (request.vary.empty())
    for (char const* const option : {"correlate", "replicates", "cell-seed"})
      if (line.has(option))
        line.findings.add(fmt::format("--{} is given without --vary", option),
                          "cells do not differ", "Add --vary");
}

void parse_signals(CommandLine& line, ExperimentRequest& request) {
  for (auto const& text : line.all("signal")) {
    if (text.empty() || text.starts_with("--")) continue;  // already reported
    auto const equals = text.find('=');
    auto const name = text.substr(0, equals);
    auto const same = [&](NamedSignal const& other) { return other.parameter == name; };
    if (equals == std::string::npos || name.empty() || equals + 1 == text.size())
      line.findings.add(fmt::format("--signal is '{}'", text), "NAME=FILE.csv is needed");
    else if (std::any_of(request.signals.begin(), request.signals.end(), same))
      line.findings.add(fmt::format("--signal gives '{}' twice", name), {}, "Give it once");
    else
      request.signals.push_back({name, text.substr(equals + 1), {}, {}});
  }
}

/// What `run`, `replay` and `inspect` share: the experiment on a network.
void describe_experiment(CommandLine& line) {
  line.value("condition", "Run a condition of the network (default: as it stands)", "NAME");
  line.value("set", "Set a parameter for all times; may be repeated", "NAME=VALUE");
  line.value(
      "vary",
      "Let cells differ in a parameter or initial count, e.g. 'k=lognormal(cv=0.3)'; all: in "
      "what the network declares; may be repeated",
      "NAME=FACTOR");
  line.value("correlate", "Correlation of two factors; may be repeated", "NAME,NAME=R");
  line.value("replicates", "Trajectories of each cell (default: 1)", "M");
  line.value("cell-seed", "The cells of another seed (default: the run's)", "S");
  line.value("sisters", "Families of K trajectories that are one until --fork-at", "K");
  line.value("fork-at", "When sisters part: from then on each has its own random numbers", "T");
  line.value("signal", "Let a parameter follow the rows time,value of a CSV; may be repeated",
             "NAME=FILE.csv");
  line.value("twin",
             "Give these species, and the reactions that change them, a twin: dual reporters",
             "LIST");
  line.value("t-end", "End, in the network's time unit (default: the network's)", "T");
  line.value("sample-every", "Time between samples (default: the network's)", "D");
  line.value("samples", "Sample at N equal intervals instead", "N");
  line.value("burn-in", "Simulate so long before time 0, without samples (default: 0)", "T");
  line.value("stop-when",
             "End a trajectory at the event after which a condition on copy numbers holds, e.g. "
             "'A >= 10 and B == 0'",
             "CONDITION");
}

ExperimentRequest read_experiment(CommandLine& line) {
  ExperimentRequest request;
  request.condition = line.one("condition").value_or("");
  parse_set(line, request);
  parse_vary(line, request);
  parse_signals(line, request);
  request.twin = line.list("twin").value_or(request.twin);
  request.t_end = line.amount("t-end", CommandLine::Zero::allowed).value_or(-1);
  request.sample_every = line.amount("sample-every", CommandLine::Zero::refused).value_or(-1);
  if (auto const samples = line.count("samples", 1, 100'000'000))
    request.samples = static_cast<i64>(*samples);
  request.burn_in = line.amount("burn-in", CommandLine::Zero::allowed).value_or(0);
  request.fork_at = line.amount("fork-at", CommandLine::Zero::allowed).value_or(-1);
  request.stop_when = line.one("stop-when").value_or("");
  if (line.has("samples") && line.has("sample-every"))
    line.findings.add("--samples and --sample-every are both given", {}, "Give one of them");
  return request;
}

/// What `run` and `replay` share beside it: which random numbers from which states.
void describe_trajectories(CommandLine& line) {
  line.value("start-from", "Start from the end states of an earlier run's result", "RESULT.h5");
  line.value("seed", "Seed; trajectory i of a seed is always the same (default: 1)", "S");
  line.value("max-events", "End a trajectory after N events, with status budget", "N");
}

template <class Options>
void read_trajectories(CommandLine& line, Options& options) {
  options.start_from = line.one("start-from").value_or("");
  options.seed = line.count("seed", 0).value_or(options.seed);
  options.max_events = line.count("max-events", 1);
}

void describe_output(CommandLine& line, std::string const& quiet) {
  line.flag("overwrite", "Replace output files that exist");
  line.flag("quiet", quiet);
}

template <class Options>
void read_output(CommandLine& line, Options& options) {
  options.overwrite = line.is_set("overwrite") ? Overwrite::allow : Overwrite::refuse;
  options.talk = line.is_set("quiet") ? Talk::quiet : Talk::normal;
}

constexpr char const* only_json_takes_dash = "only --json takes '-'";

void check_plot_name(CommandLine& line, std::string const& option, std::string const& path) {
  if (!path.empty() && !plot_format(path))
    line.findings.add(fmt::format("--{} is '{}'", option, path),
                      "a name that ends in .svg or .png is needed");
}

void check_names(CommandLine& line, RunOptions const& options) {
  if (options.output == "-")
    line.findings.add("--output is '-'", only_json_takes_dash);
  else if (!options.output.empty() && !options.output.ends_with(".csv") &&
           !is_result_file(options.output))
    line.findings.add(fmt::format("--output is '{}'", options.output),
                      "a name that ends in .csv (statistics as text), or in .h5, .hdf5 or .nc "
                      "(the whole result as HDF5) is needed");
  check_plot_name(line, "plot", options.plot);
  std::vector<std::pair<std::string, std::string>> files;
  for (auto const& [option, path] :
       {std::pair{"output", options.output}, std::pair{"plot", options.plot},
        std::pair{"json", options.json}, std::pair{"start-from", options.start_from}}) {
    if (path.empty() || path == "-") continue;
    auto const name = absolute_name(path);
    for (auto const& [other, other_name] : files)
      if (name == other_name && !name.starts_with("/dev/"))
        line.findings.add(fmt::format("--{} and --{} are the same file '{}'", other, option, path),
                          "one would replace the other", "Give two names");
    files.emplace_back(option, name);
  }
}

template <class Options>
void check_ids(CommandLine& line, Options const& options) {
  if (options.first > largest_u64 - options.trajectories)
    line.findings.add(fmt::format("--first is '{}'", options.first),
                      "the last id would exceed 64 bits");
}

void needs_result(CommandLine& line, char const* option) {
  if (line.has(option))
    line.findings.add(fmt::format("--{} is given without a result file", option),
                      "only HDF5 holds what it keeps", "Add --output FILE.h5");
}

void describe_first_passage(CommandLine& line) {
  line.value(
      "first-passage",
      "Into FILE.h5, of every trajectory: first(CONDITION), the time at which a condition on "
      "copy numbers first held; may be repeated",
      "CONDITION");
}

void describe_correlation(CommandLine& line) {
  line.value("correlation",
             "Correlations over lags into FILE.h5: NAME, of it with itself, or A:B, of two; "
             "separated by commas",
             "LIST");
}

std::vector<std::string> conditions_of(CommandLine& line) {
  std::vector<std::string> conditions;
  for (auto const& text : line.all("first-passage"))
    if (!text.empty() && !text.starts_with("--")) conditions.push_back(text);  // else reported
  return conditions;
}

/// A whole number from the environment; with a finding where there is none. `shard` is what was asked
/// for, `fix` what sets the variable.
std::optional<u64> variable_of(CommandLine& line, std::string const& shard, std::string const& name,
                               std::string const& fix) {
  char const* const text = std::getenv(name.c_str());
  auto const value = text != nullptr ? to_count(text) : std::nullopt;
  if (!value)
    line.findings.add(fmt::format("--shard is '{}'", shard),
                      text == nullptr
                          ? fmt::format("{} is not set", name)
                          : fmt::format("{} is '{}', which is no whole number", name, text),
                      fix);
  return value;
}

/// The place of this process among those that a launcher of MPI started, by the variables of Open MPI,
/// or of MPICH and its kin. No library of MPI is needed: ranks do not talk to each other.
std::optional<std::pair<u64, u64>> place_among_ranks(CommandLine& line) {
  char const* const fix = "Start it with mpirun, or give I/N";
  bool const is_open_mpi = std::getenv("OMPI_COMM_WORLD_RANK") != nullptr;
  std::string const prefix = is_open_mpi ? "OMPI_COMM_WORLD_" : "PMI_";
  if (!is_open_mpi && std::getenv("PMI_RANK") == nullptr) {
    line.findings.add("--shard is 'mpi'", "neither OMPI_COMM_WORLD_RANK nor PMI_RANK is set", fix);
    return std::nullopt;
  }
  auto const rank = variable_of(line, "mpi", prefix + "RANK", fix);
  auto const size = variable_of(line, "mpi", prefix + "SIZE", fix);
  if (!rank || !size) return std::nullopt;
  if (*rank < *size) return std::pair{*rank + 1, *size};
  line.findings.add("--shard is 'mpi'", fmt::format("rank {} is not one of {}", *rank, *size), fix);
  return std::nullopt;
}

/// The place of this task in its Slurm job array, and how many there are. Arrays that are a list, as
/// those that repeat what has failed, do not tell the place.
std::optional<std::pair<u64, u64>> place_in_array(CommandLine& line) {
  auto const variable = [&](char const* name) {
    return variable_of(line, "slurm", name,
                       "Start it in a job array (sbatch --array), or give I/N");
  };
  auto const id = variable("SLURM_ARRAY_TASK_ID");
  if (!id) return std::nullopt;
  auto const first = variable("SLURM_ARRAY_TASK_MIN");
  auto const last = variable("SLURM_ARRAY_TASK_MAX");
  auto const count = variable("SLURM_ARRAY_TASK_COUNT");
  if (!first || !last || !count) return std::nullopt;
  u64 const step = *count > 1 ? (*last - *first) / (*count - 1) : 1;
  bool const is_even = *count >= 1 && *first <= *id && *id <= *last && step >= 1 &&
                       *first + step * (*count - 1) == *last && (*id - *first) % step == 0;
  if (is_even) return std::pair{(*id - *first) / step + 1, *count};
  line.findings.add(
      "--shard is 'slurm'",
      fmt::format("the {} tasks from {} to {} are not evenly spaced", *count, *first, *last),
      "Give the shard itself, as --shard $SLURM_ARRAY_TASK_ID/N");
  return std::nullopt;
}

std::optional<std::pair<u64, u64>> place_in(CommandLine& line, std::string const& text) {
  auto const parts = split(text, '/');
  auto const number = to_count(parts[0]);
  auto const of = parts.size() == 2 ? to_count(parts[1]) : std::nullopt;
  if (number && of && *number >= 1 && *number <= *of) return std::pair{*number, *of};
  line.findings.add(fmt::format("--shard is '{}'", text),
                    "I/N is needed, with I from 1 to N, or any/N, or slurm, or mpi");
  return std::nullopt;
}

constexpr std::string_view number_in_name = "{shard}";

bool has_number(std::string const& name) { return name.find(number_in_name) != std::string::npos; }

void put_number(std::string& name, u64 number) {
  for (auto at = name.find(number_in_name); at != std::string::npos;
       at = name.find(number_in_name, at))
    name.replace(at, number_in_name.size(), fmt::format("{}", number));
}

/// Shards for so many processes to take one by one: enough of them that the last ones to be run keep
/// few waiting, and so large that lanes and a merge are worth it.
u64 shards_for(u64 processes, u64 trajectories) {
  constexpr u64 each = 16, smallest = 64;
  u64 const worth = std::max(processes, trajectories / smallest);
  return std::min({each * processes, worth, trajectories});
}

/// That the run has as many trajectories as shards.
bool are_enough(CommandLine& line, std::string const& shard, u64 of, u64 trajectories) {
  if (of <= trajectories) return true;
  line.findings.add(fmt::format("--shard is {}", shard),
                    fmt::format("a run of {} has no more shards than that",
                                trajectories == 1 ? "1 trajectory"
                                                  : fmt::format("{} trajectories", trajectories)),
                    "Give fewer shards");
  return false;
}

/// Shards that are taken one by one; what the other processes take is known when they are at it.
void share(CommandLine& line, RunOptions& options, u64 shards) {
  for (auto const* name : {&options.output, &options.plot, &options.json})
    if (has_number(*name))
      line.findings.add(fmt::format("'{}' is given with --shard any/N", *name),
                        "all processes together write one result", "Leave {shard} out");
  options.shards = shards;
}

/// The trajectories of the run become those of its shard, or the run one that is shared.
void read_shard(CommandLine& line, RunOptions& options) {
  auto const text = line.one("shard");
  if (!text) return;
  if (!options.until.empty())
    line.findings.add("--shard is given with --until",
                      "how precise a run is, no shard of it can tell", "Give --trajectories");
  if (options.engine == "reference" || options.engine == ode_engine)
    line.findings.add(fmt::format("--shard is given with --engine {}", options.engine),
                      "its results cannot be merged", "Use another engine");
  if (text->starts_with("any/")) {
    auto const shards = to_count(text->substr(4));
    if (!shards || *shards == 0)
      line.findings.add(fmt::format("--shard is '{}'", *text), "any/N is needed, with N from 1");
    else if (are_enough(line, *text, *shards, options.trajectories))
      share(line, options, *shards);
    return;
  }
  auto const place = *text == "slurm" ? place_in_array(line)
                     : *text == "mpi" ? place_among_ranks(line)
                                      : place_in(line, *text);
  if (!place) return;
  auto const [number, of] = *place;
  if (*text == "mpi" && !has_number(options.output))
    return share(line, options, shards_for(of, options.trajectories));
  if (!are_enough(line, fmt::format("{}/{}", number, of), of, options.trajectories)) return;
  options.shard = fmt::format("{}/{}", number, of);
  // A launcher gives all of them the same command line.
  for (auto* name : {&options.output, &options.result_file, &options.plot, &options.json})
    put_number(*name, number);
  options.part_of = {options.first, options.trajectories};
  auto const own = trajectories_of_shard(*options.part_of, number, of);
  options.first = own.first;
  options.trajectories = own.count;
}

/// Options that mean nothing without others.
void check_combinations(CommandLine& line, RunOptions const& options) {
  if (!options.has_result_file())
    for (char const* const option :
         {"raw", "keep", "covariance", "correlation", "first-passage", "checkpoint-every", "shard"})
      needs_result(line, option);
  if (options.histogram_times == 0) {
    if (!options.plot.empty())
      line.findings.add("--plot is given with --histogram-times 0",
                        "it draws quantiles, which come from histograms", "Give 2 or more");
    if (options.covariance)
      line.findings.add("--covariance is given with --histogram-times 0",
                        "covariances are kept at the times of the histograms", "Give 1 or more");
  }
  check_ids(line, options);
}

/// What `run` and `sweep` share beside the experiment: what they run on.
void describe_machine(CommandLine& line, char const* engines) {
  line.value("engine", engines, "NAME");
  line.value("threads", "Threads (default: all cores)", "N");
  line.value("isa", "Instruction set: baseline, avx2 or avx512 (default: the best here)", "NAME");
  line.value("code", "auto, table or generated: how cpu computes the laws (default: auto)", "NAME");
}

std::optional<Code> read_code(CommandLine& line) {
  auto const code = line.choice("code", {"auto", "table", "generated"});
  if (!code) return std::nullopt;
  return *code == "table" ? Code::table : *code == "generated" ? Code::generated : Code::automatic;
}

std::optional<std::string> read_isa(CommandLine& line) {
  return line.choice("isa", {"baseline", "avx2", "avx512"});
}

template <class Request>
void read_machine(CommandLine& line, Request& request, std::vector<std::string> const& engines) {
  request.engine = line.choice("engine", engines).value_or("auto");
  request.threads = static_cast<u32>(line.count("threads", 1, 65536).value_or(0));
  request.isa = read_isa(line).value_or("");
  request.code = read_code(line).value_or(Code::automatic);
}

void describe_checkpoints(CommandLine& line) {
  line.value(
      "checkpoint-every",
      "Seconds between checkpoints beside FILE.h5, from which cristae resume goes on; 0: none "
      "(default: 300)",
      "SECONDS");
}

void describe_run(CommandLine& line) {
  line.value("trajectories", "How many (default: 1000), or with --until at most (1000000)", "N");
  line.value("until", "Run until means are so precise, e.g. 'se(mean(CHOP)) < 1 %'", "PRECISION");
  line.value("first", "Id of the first trajectory, to extend or replay a run (default: 0)", "I");
  line.value(
      "shard",
      "Only part I of N of the trajectories, for cristae merge; slurm: by the task of a job "
      "array; mpi with {shard} in FILE: by the rank, and {shard} becomes I. any/N: one part "
      "after the other, with all that run the same command; mpi: the same with the other ranks",
      "I/N");
  describe_machine(line,
                   "auto, cpu, cuda, all (both), reference, or ode: the rate equations instead of "
                   "trajectories (default: auto)");
  describe_checkpoints(line);
  line.value("certify",
             "Check this share of the trajectories from outside, event by event; 0: nothing "
             "(default: so much that it takes less than 2 % of the run)",
             "SHARE");
  line.value("select", "Observables and species to report, separated by commas (default: all)",
             "LIST");
  line.value("output", "Write the statistics as FILE.csv, or the whole result as FILE.h5", "FILE");
  line.value("plot", "Draw them, with gnuplot; .svg or .png", "FILE.svg");
  line.value("json", "Write the run and its table as JSON; '-' prints it instead of the table",
             "FILE");
  line.value("keep",
             "Into FILE.h5, of every trajectory: NAME[end], NAME[T], min(NAME), max(NAME), "
             "mean(NAME), separated by commas, or none (default: NAME[end] of all)",
             "LIST");
  describe_first_passage(line);
  line.flag("raw", "Every sample of every trajectory into FILE.h5");
  line.flag("covariance", "Covariances of all pairs of columns into FILE.h5");
  describe_correlation(line);
  line.value("histogram-times", "Histograms and quantiles at so many sample times (default: 513)",
             "N");
  line.flag("strict-units", "Refuse a network whose laws contradict its units");
  describe_output(line, "No table, no progress, no remarks; errors only");
}

}  // namespace

bool RunOptions::has_result_file() const { return is_result_file(output); }

Parsed<RunOptions> parse_run(std::vector<std::string> const& arguments) {
  CommandLine line("run",
                   "Simulate an ensemble of exact stochastic trajectories of NETWORK, the name of "
                   "a bundled\nnetwork or the path of a network file, and print its statistics.\n");
  takes_network(line, "run");
  describe_experiment(line);
  describe_trajectories(line);
  describe_run(line);
  Parsed<RunOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  RunOptions& options = parsed.options;
  options.network = line.argument("NETWORK");
  options.experiment = read_experiment(line);
  read_trajectories(line, options);
  options.until = line.one("until").value_or("");
  auto const trajectories = line.count("trajectories", 1);
  options.first = line.count("first", 0).value_or(options.first);
  read_machine(line, options, {"auto", "cpu", "cuda", "all", "reference", "ode"});
  options.trajectories = trajectories.value_or(options.engine == ode_engine ? 1
                                               : line.has("until")          ? trajectories_until
                                                                            : options.trajectories);
  options.checkpoint_every = line.amount("checkpoint-every", CommandLine::Zero::allowed)
                                 .value_or(options.checkpoint_every);
  options.certify = line.amount("certify", CommandLine::Zero::allowed);
  if (options.certify > 1.0)
    line.findings.add(fmt::format("--certify is '{}'", *options.certify),
                      "a share from 0 to 1 is needed");
  options.select = line.list("select").value_or(options.select);
  options.keep = line.list("keep");
  if (options.keep == std::vector<std::string>{"none"}) options.keep->clear();
  options.first_passages = conditions_of(line);
  options.raw = line.is_set("raw");
  options.covariance = line.is_set("covariance");
  options.correlation = line.list("correlation").value_or(options.correlation);
  options.histogram_times = static_cast<u32>(
      line.count("histogram-times", 0, 100'000'000).value_or(options.histogram_times));
  options.output = line.one("output").value_or("");
  if (options.has_result_file()) options.result_file = options.output;
  options.plot = line.one("plot").value_or("");
  options.json = line.one("json").value_or("");
  read_output(line, options);
  options.units = line.is_set("strict-units") ? Units::strict : Units::advisory;
  check_names(line, options);
  check_combinations(line, options);
  read_shard(line, options);
  line.findings.throw_if_any();
  return parsed;
}

bool SweepOptions::has_result_file() const { return is_result_file(output); }

Parsed<ResumeOptions> parse_resume(std::vector<std::string> const& arguments) {
  CommandLine line("resume",
                   "Go on with the run that was to write RESULT and was interrupted, from its last "
                   "checkpoint,\non this or another engine or machine; the result is that of one "
                   "uninterrupted run.\n");
  takes_result(line, "resume RESULT.h5");
  line.value("engine", "auto, cpu, cuda, all (both) or reference (default: as before)", "NAME");
  line.value("threads", "Threads (default: as before)", "N");
  line.value("isa", "Instruction set: baseline, avx2 or avx512 (default: as before)", "NAME");
  line.value("code", "auto, table or generated: how cpu computes the laws (default: as before)",
             "NAME");
  describe_checkpoints(line);
  line.value("plot", "Draw the statistics, with gnuplot; .svg or .png", "FILE.svg");
  line.value("json", "Write the run and its table as JSON; '-' prints it instead of the table",
             "FILE");
  describe_output(line, "No table, no progress, no remarks; errors only");
  Parsed<ResumeOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  ResumeOptions& options = parsed.options;
  options.result = line.argument("RESULT");
  options.engine = line.choice("engine", {"auto", "cpu", "cuda", "all", "reference"});
  if (auto const threads = line.count("threads", 1, 65536))
    options.threads = static_cast<u32>(*threads);
  options.isa = read_isa(line);
  options.code = read_code(line);
  options.checkpoint_every = line.amount("checkpoint-every", CommandLine::Zero::allowed);
  options.plot = line.one("plot").value_or("");
  options.json = line.one("json").value_or("");
  check_plot_name(line, "plot", options.plot);
  read_output(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<SweepOptions> parse_sweep(std::vector<std::string> const& arguments) {
  CommandLine line(
      "sweep",
      "Simulate an ensemble for each of many parameter sets and conditions of NETWORK, "
      "all in one go.\nTrajectory i of every set has the same random numbers.\n");
  takes_network(line, "sweep");
  line.value("over",
             "Sweep over a parameter: k=0:1:0.1, k=log(1e-3,1,13), k=linear(0,1,11) or "
             "k=list(1,2,5); may be repeated, all combinations are run",
             "NAME=RANGE");
  line.value(
      "design",
      "lhs(N) or sobol(N): N sets spread over the ranges k=log(a,b) or k=linear(a,b) instead",
      "DESIGN");
  line.value("sets", "The sets from a CSV file with a column for each parameter instead",
             "FILE.csv");
  line.value("conditions", "Each set under each of these, separated by commas", "LIST");
  describe_experiment(line);
  describe_trajectories(line);
  line.value("trajectories", "Of each set (default: 100)", "N");
  line.value("first", "Id of the first trajectory of each set (default: 0)", "I");
  describe_machine(line, "auto, cpu, cuda, all (both) or reference (default: auto)");
  line.value("select", "Observables and species to report, separated by commas (default: all)",
             "LIST");
  line.value("output", "Write the statistics as FILE.csv, or the whole result as FILE.h5", "FILE");
  line.value("keep",
             "Into FILE.h5, of every trajectory: NAME[end], NAME[T], min(NAME), max(NAME), "
             "mean(NAME), separated by commas (default: none)",
             "LIST");
  describe_first_passage(line);
  describe_correlation(line);
  line.value("histogram-times",
             "Histograms and quantiles at so many sample times (default: 2, start and end)", "N");
  line.flag("strict-units", "Refuse a network whose laws contradict its units");
  describe_checkpoints(line);
  describe_output(line, "No table, no progress, no remarks; errors only");
  Parsed<SweepOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  SweepOptions& options = parsed.options;
  auto& run = options.run;
  options.network = line.argument("NETWORK");
  run.experiment = read_experiment(line);
  read_trajectories(line, run);
  run.trajectories = line.count("trajectories", 1, 1'000'000'000'000).value_or(100);
  run.first = line.count("first", 0).value_or(0);
  read_machine(line, run, {"auto", "cpu", "cuda", "all", "reference"});
  options.over = line.all("over");
  options.design = line.one("design").value_or("");
  options.sets_file = line.one("sets").value_or("");
  options.conditions = line.list("conditions").value_or(options.conditions);
  run.select = line.list("select").value_or(run.select);
  run.keep = line.list("keep");
  if (run.keep == std::vector<std::string>{"none"}) run.keep->clear();
  run.first_passages = conditions_of(line);
  run.correlation = line.list("correlation").value_or(run.correlation);
  run.histogram_times = static_cast<u32>(line.count("histogram-times", 0, 100'000'000).value_or(2));
  run.checkpoint_every =
      line.amount("checkpoint-every", CommandLine::Zero::allowed).value_or(run.checkpoint_every);
  options.output = line.one("output").value_or("");
  if (options.has_result_file()) run.result_file = options.output;
  options.units = line.is_set("strict-units") ? Units::strict : Units::advisory;
  run.overwrite = line.is_set("overwrite") ? Overwrite::allow : Overwrite::refuse;
  options.talk = line.is_set("quiet") ? Talk::quiet : Talk::normal;
  if (!options.output.empty() && !options.output.ends_with(".csv") && !options.has_result_file())
    line.findings.add(fmt::format("--output is '{}'", options.output),
                      "a name that ends in .csv (statistics as text), or in .h5, .hdf5 or .nc "
                      "(the whole result as HDF5) is needed");
  if (!options.has_result_file())
    for (char const* const option : {"keep", "correlation", "first-passage", "checkpoint-every"})
      needs_result(line, option);
  if (line.has("conditions") && line.has("condition"))
    line.findings.add("--condition and --conditions are both given", {}, "Give one of them");
  if (line.has("sets") && (line.has("over") || line.has("design")))
    line.findings.add("--sets is given together with --over or --design", "they would be lost",
                      "Give one of them");
  if (line.has("design") && !line.has("over"))
    line.findings.add("--design is given without --over", "there are no ranges to fill",
                      "Add --over");
  if (!line.has("sets") && !line.has("over") && !line.has("conditions"))
    line.findings.add("there is nothing to sweep over", {}, "Give --over, --sets or --conditions");
  line.findings.throw_if_any();
  return parsed;
}

Parsed<RunOptions> parse_replay(std::vector<std::string> const& arguments) {
  CommandLine line("replay",
                   "Run one trajectory of an ensemble again and print every event: its time, its "
                   "reaction and the\ncopy numbers that changed. The samples, and so the hash, "
                   "are the ensemble's.\n");
  takes_network(line, "replay");
  describe_experiment(line);
  describe_trajectories(line);
  line.value("trajectory", "Id of the trajectory (default: 0)", "I");
  line.value("output", "Write the events to a file instead", "FILE.csv");
  describe_output(line, "No closing remark; errors only");
  Parsed<RunOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  RunOptions& options = parsed.options;
  options.network = line.argument("NETWORK");
  options.experiment = read_experiment(line);
  read_trajectories(line, options);
  options.first = line.count("trajectory", 0).value_or(0);
  options.output = line.one("output").value_or("");
  if (options.output == "-")
    line.findings.add("--output is '-'", "without it, the events go to standard output",
                      "Leave it out");
  read_output(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<VerifyOptions> parse_verify(std::vector<std::string> const& arguments) {
  CommandLine line("verify",
                   "Run the same trajectories of NETWORK on every form of the code that is here, "
                   "and compare all their\nbits; compare with the reference engine in "
                   "distribution, and every reaction with its propensity.\n");
  takes_network(line, "verify");
  describe_experiment(line);
  describe_trajectories(line);
  line.value("trajectories", "How many (default: 65)", "N");
  line.value("first", "Id of the first trajectory (default: 0)", "I");
  line.flag("quiet", "No table, no progress; errors only");
  Parsed<VerifyOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  VerifyOptions& options = parsed.options;
  options.network = line.argument("NETWORK");
  options.request = read_experiment(line);
  read_trajectories(line, options);
  options.trajectories = line.count("trajectories", 1).value_or(options.trajectories);
  options.first = line.count("first", 0).value_or(options.first);
  options.talk = line.is_set("quiet") ? Talk::quiet : Talk::normal;
  check_ids(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<InspectOptions> parse_inspect(std::vector<std::string> const& arguments) {
  CommandLine line(
      "inspect",
      "Print how NETWORK was read: species, parameters with their grades, how every law\nwas "
      "understood, observables, conditions, conservation laws, units, and what a run costs.\n");
  takes_network(line, "inspect");
  describe_experiment(line);
  line.value("trajectories", "Estimate the cost of so many (default: 1000)", "N");
  line.flag("code", "Print the code that is generated for the laws, and nothing else");
  line.flag("graph", "Print a drawing of the network for Graphviz's dot, and nothing else");
  line.flag("no-estimate", "Leave out the estimate, which simulates a few trajectories");
  line.flag("strict-units", "Fail, with exit code 3, if laws contradict the units");
  line.flag("sbml-rules", "Check an SBML model of any size by all of libSBML's rules");
  Parsed<InspectOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  InspectOptions& options = parsed.options;
  options.network = line.argument("NETWORK");
  options.request = read_experiment(line);
  options.trajectories = line.count("trajectories", 1).value_or(options.trajectories);
  options.estimate = line.is_set("no-estimate") ? Estimate::left_out : Estimate::shown;
  if (line.is_set("code") && line.is_set("graph"))
    line.findings.add("--code and --graph are both given", "each prints nothing else",
                      "Give one of them");
  options.shown = line.is_set("code")    ? Shown::code
                  : line.is_set("graph") ? Shown::graph
                                         : Shown::network;
  if (line.is_set("sbml-rules")) options.sbml_rules = SbmlRules::always;
  options.units = line.is_set("strict-units") ? Units::strict : Units::advisory;
  line.findings.throw_if_any();
  return parsed;
}

Parsed<ExportOptions> parse_export(std::vector<std::string> const& arguments) {
  static constexpr std::pair<char const*, ResultPart> parts[] = {
      {"statistics", ResultPart::statistics}, {"histograms", ResultPart::histograms},
      {"covariance", ResultPart::covariance}, {"features", ResultPart::features},
      {"end-states", ResultPart::end_states}, {"raw", ResultPart::raw}};
  CommandLine line("export", "Print a part of a result file as CSV, or write it to a file.\n");
  takes_result(line, "export RESULT.h5");
  line.value("what",
             "statistics, histograms, covariance, features, end-states or raw (default: "
             "statistics)",
             "PART");
  line.flag("sbml-suite", "Statistics as time, NAME-mean, NAME-sd: the SBML test suite's columns");
  line.value("select", "Only these columns, separated by commas (default: all)", "LIST");
  line.value("o,output", "Write to a file instead of standard output", "FILE.csv");
  describe_output(line, "No remarks; errors only");
  Parsed<ExportOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  ExportOptions& options = parsed.options;
  options.result = line.argument("RESULT");
  std::vector<std::string> known;
  for (auto const& part : parts) known.emplace_back(part.first);
  auto const what = line.choice("what", known).value_or("statistics");
  for (auto const& part : parts)
    if (what == part.first) options.what = part.second;
  if (line.is_set("sbml-suite")) {
    if (line.has("what"))
      line.findings.add("--sbml-suite and --what are both given", {}, "Give one of them");
    options.what = ResultPart::suite;
  }
  options.select = line.list("select").value_or(options.select);
  options.output = line.one("output").value_or("");
  if (!options.output.empty() && !options.output.ends_with(".csv"))
    line.findings.add(fmt::format("--output is '{}'", options.output),
                      "a name that ends in .csv is needed");
  read_output(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<ConvertOptions> parse_convert(std::vector<std::string> const& arguments) {
  CommandLine line("convert",
                   "Write NETWORK in another format, by the name of the output: the network format "
                   "(.toml), or\nSBML Level 3 Version 2 (.xml, .sbml).\n");
  takes_network(line, "convert");
  line.value("condition", "A condition of the network, applied to what is written as SBML", "NAME");
  line.value("o,output", "Where to", "FILE");
  describe_output(line, "No remarks; errors only");
  Parsed<ConvertOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  ConvertOptions& options = parsed.options;
  options.network = line.argument("NETWORK");
  options.condition = line.one("condition").value_or("");
  options.output = line.one("output").value_or("");
  bool const is_toml = options.output.ends_with(".toml");
  bool const is_sbml = options.output.ends_with(".xml") || options.output.ends_with(".sbml");
  if (!line.has("output"))
    line.findings.add("--output is missing", {}, "Give a name that ends in .toml, .xml or .sbml");
  else if (!is_toml && !is_sbml)
    line.findings.add(fmt::format("--output is '{}'", options.output),
                      "a name that ends in .toml, .xml or .sbml is needed");
  if (is_toml && !options.condition.empty())
    line.findings.add("--condition is given for a .toml file", "that keeps all conditions",
                      "Give it to cristae run");
  read_output(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<PlotOptions> parse_plot(std::vector<std::string> const& arguments) {
  CommandLine line("plot", "Draw the statistics of a result file against time, with gnuplot.\n");
  takes_result(line, "plot RESULT.h5 --output FILE.svg");
  line.value("output", "The picture; .svg or .png", "FILE.svg");
  line.value("select", "Only these columns, separated by commas (default: observables)", "LIST");
  describe_output(line, "No remarks; errors only");
  Parsed<PlotOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  PlotOptions& options = parsed.options;
  options.result = line.argument("RESULT");
  options.output = line.one("output").value_or("");
  if (!line.has("output"))
    line.findings.add("--output is missing", {}, "Give a name that ends in .svg or .png");
  check_plot_name(line, "output", options.output);
  options.select = line.list("select").value_or(options.select);
  read_output(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<PickOptions> parse_pick(std::vector<std::string> const& arguments) {
  CommandLine line("pick",
                   "Find the trajectories of a result file whose kept features satisfy QUERY, "
                   "e.g. 'max(CHOP) > 500',\nand run them again.\n");
  takes_result(line, "pick RESULT.h5 QUERY");
  line.positional("QUERY",
                  "Give a condition on the kept features, in quotes: cristae pick "
                  "RESULT.h5 'CHOP[end] > 100'");
  line.value("limit", "At most so many (default: all, with --replay 20)", "N");
  line.value("replay", "Run each of them again, and write its samples into this folder", "FOLDER");
  line.flag("events", "With --replay: also every event");
  line.value("json", "'-' prints JSON instead of the table", "-");
  describe_output(line, "No remarks; errors only");
  Parsed<PickOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  PickOptions& options = parsed.options;
  options.result = line.argument("RESULT");
  options.query = line.argument("QUERY");
  options.limit = line.count("limit", 1);
  options.replay_folder = line.one("replay").value_or("");
  options.events = line.is_set("events") ? Events::written : Events::left_out;
  if (line.has("events") && !line.has("replay"))
    line.findings.add("--events is given without --replay", "events are found by running again",
                      "Add --replay FOLDER");
  options.json = line.one("json").value_or("");
  if (!options.json.empty() && options.json != "-")
    line.findings.add(fmt::format("--json is '{}'", options.json), "known: -");
  read_output(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<MergeOptions> parse_merge(std::vector<std::string> const& arguments) {
  CommandLine line(
      "merge",
      "Put the results of parts of one run together, in any order: the result that one "
      "run of all\ntrajectories would have written.\n");
  line.positionals("RESULTS",
                   "Give the files that cristae run --shard wrote: cristae merge A.h5 B.h5 -o "
                   "ALL.h5");
  line.value("o,output", "The result of all", "FILE.h5");
  line.flag("partial",
            "Where trajectories are missing: the longest stretch without a gap, marked as partial");
  line.value("json", "Write the run and its table as JSON; '-' prints it", "FILE");
  describe_output(line, "No remarks; errors only");
  Parsed<MergeOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  MergeOptions& options = parsed.options;
  options.results = line.arguments("RESULTS");
  options.output = line.one("output").value_or("");
  options.gaps = line.is_set("partial") ? Gaps::leave_out : Gaps::refuse;
  options.json = line.one("json").value_or("");
  if (!line.has("output"))
    line.findings.add("--output is missing", {}, "Give a name that ends in .h5");
  else if (!is_result_file(options.output))
    line.findings.add(fmt::format("--output is '{}'", options.output),
                      "a name that ends in .h5, .hdf5 or .nc is needed");
  for (auto const& result : options.results)
    if (!options.output.empty() && absolute_name(result) == absolute_name(options.output))
      line.findings.add(fmt::format("--output is '{}', one of the results", options.output),
                        "it would be replaced", "Give another name");
  read_output(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<ExtendOptions> parse_extend(std::vector<std::string> const& arguments) {
  CommandLine line(
      "extend",
      "Give a result more trajectories, or a later end: the result that one run of all "
      "would have\nwritten. What it has is not simulated again but for a later end.\n");
  takes_result(line, "extend RESULT.h5 --trajectories N");
  line.value("trajectories",
             "How many it shall have in all (default: as many as its run was asked for)", "N");
  line.value("t-end", "A later end; all trajectories are simulated anew, from time 0", "T");
  describe_machine(line, "auto, cpu, cuda or all (both) (default: auto)");
  line.value("certify", "Check this share of the new trajectories, as in cristae run", "SHARE");
  describe_checkpoints(line);
  line.value("o,output", "Where to (default: in place of RESULT)", "FILE.h5");
  line.value("json", "Write the run and its table as JSON; '-' prints it", "FILE");
  describe_output(line, "No progress, no remarks; errors only");
  Parsed<ExtendOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  ExtendOptions& options = parsed.options;
  options.result = line.argument("RESULT");
  options.trajectories = line.count("trajectories", 1);
  options.t_end = line.amount("t-end", CommandLine::Zero::refused);
  read_machine(line, options, {"auto", "cpu", "cuda", "all"});
  options.certify = line.amount("certify", CommandLine::Zero::allowed);
  if (options.certify > 1.0)
    line.findings.add(fmt::format("--certify is '{}'", *options.certify),
                      "a share from 0 to 1 is needed");
  options.checkpoint_every = line.amount("checkpoint-every", CommandLine::Zero::allowed)
                                 .value_or(options.checkpoint_every);
  options.output = line.one("output").value_or("");
  if (!options.output.empty() && !is_result_file(options.output))
    line.findings.add(fmt::format("--output is '{}'", options.output),
                      "a name that ends in .h5, .hdf5 or .nc is needed");
  if (!options.output.empty() && absolute_name(options.output) == absolute_name(options.result))
    line.findings.add(fmt::format("--output is '{}', the result itself", options.output),
                      "without --output, it is replaced when all is done", "Leave --output out");
  options.json = line.one("json").value_or("");
  read_output(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<std::string> parse_networks(std::vector<std::string> const& arguments) {
  CommandLine line("networks", "List the bundled networks.\n");
  if (!line.parse(arguments)) return {{}, line.help()};
  line.findings.throw_if_any();
  return {};
}

Parsed<DevicesOptions> parse_devices(std::vector<std::string> const& arguments) {
  CommandLine line("devices", "List the engines and devices of this build and machine.\n");
  line.flag("measure", "also run Vilar's oscillator on each for about a second: events per second");
  if (!line.parse(arguments)) return {{}, line.help()};
  line.findings.throw_if_any();
  return {{line.is_set("measure")}, {}};
}

Parsed<BenchOptions> parse_bench(std::vector<std::string> const& arguments) {
  CommandLine line(
      "bench",
      "Measure events per second of this machine, on every engine and instruction set: "
      "vilar, chain,\nmitophagy and isr, or the networks given.\n");
  line.positionals("NETWORK");
  line.value("seconds", "Of each measurement (default: 0.5)", "S");
  line.value("threads", "Threads (default: all cores)", "N");
  line.value("json", "Also write the figures as JSON; '-' prints it instead of the table", "FILE");
  describe_output(line, "No table, no remarks; errors only");
  Parsed<BenchOptions> parsed;
  if (!line.parse(arguments)) return {{}, line.help()};
  BenchOptions& options = parsed.options;
  if (auto const networks = line.arguments("NETWORK"); !networks.empty())
    options.networks = networks;
  options.seconds = line.amount("seconds", CommandLine::Zero::refused).value_or(options.seconds);
  options.threads = static_cast<u32>(line.count("threads", 1, 65536).value_or(0));
  options.json = line.one("json").value_or("");
  read_output(line, options);
  line.findings.throw_if_any();
  return parsed;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names{"run",    "resume",   "merge",   "extend",  "sweep",
                                 "replay", "verify",   "export",  "convert", "plot",
                                 "pick",   "networks", "inspect", "devices", "bench"};
  for (auto const& companion : companions()) names.push_back(companion.name);
  return names;
}

std::string main_help() {
  std::string companion_lines;
  for (auto const& companion : companions())
    companion_lines += fmt::format("  cristae {:<29}  {}\n", companion.usage, companion.purpose);
  return "Exact stochastic simulation of reaction networks, as reproducible ensembles.\n"
         "\n"
         "Usage:\n"
         "  cristae run NETWORK [OPTION...]  simulate an ensemble, print its statistics\n"
         "  cristae resume RESULT.h5 [...]   go on with a run that was interrupted\n"
         "  cristae sweep NETWORK [...]      the same for many parameter sets and conditions\n"
         "  cristae replay NETWORK [...]     print every event of one trajectory\n"
         "  cristae verify NETWORK [...]     compare all forms of the code, bit by bit\n"
         "  cristae export RESULT.h5 [...]   parts of a result file as CSV\n"
         "  cristae convert NETWORK -o FILE  the same network as .toml or SBML (.xml)\n"
         "  cristae plot RESULT.h5 [...]     the picture of a result file\n"
         "  cristae pick RESULT.h5 QUERY     find trajectories by what they did, run them again\n"
         "  cristae merge RESULTS -o FILE    parts of one run, put together\n"
         "  cristae extend RESULT.h5 [...]   more trajectories, or a later end\n"
         "  cristae networks                 list the bundled networks\n"
         "  cristae inspect NETWORK [...]    print how a network was read, and what a run costs\n"
         "  cristae devices                  list engines and devices\n"
         "  cristae bench [NETWORK...]       events per second of this machine\n"
         "  cristae COMMAND --help           the options of a command\n"
         "  cristae --version                the version\n"
         "\n"
         "Commands of the Python package, where it is installed:\n" +
         companion_lines +
         "\n"
         "NETWORK is the name of a bundled network or the path of a network file; RESULT.h5 is "
         "what\n"
         "run writes with --output.\n"
         "\n"
         "Exit codes: 0 ok, 1 internal error, 2 usage, 3 the network is wrong, 4 a trajectory "
         "ended with\na numerical status or without event budget, or a precision was not reached, "
         "5 files, 6 device,\n7 a verification failed, 130 interrupted (143 by SIGTERM).\n";
}

}  // namespace cristae
