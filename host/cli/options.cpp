// host/cli/options.cpp - cxxopts splits the line; numbers are read here, whole and strictly.
#include "host/cli/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cxxopts.hpp>
#include <limits>

#include "host/base/error.hpp"
#include "host/io/output_file.hpp"
#include "host/io/plot_writer.hpp"

namespace cristae {
namespace {

constexpr u64 largest_u64 = std::numeric_limits<u64>::max();

/// Collects findings of one command line.
class Findings {
 public:
  void add(std::string problem, std::string reason = {}, std::string fix = {}) {
    found_.push_back({Severity::error, {}, std::move(problem), std::move(reason), std::move(fix)});
  }
  void throw_if_any() const {
    if (!found_.empty()) throw Error(ExitCode::usage, found_);
  }

 private:
  std::vector<Diagnostic> found_;
};

std::optional<double> to_double(std::string const& text) {
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

/// A whole number; also in the form 1e6 where that is whole and exact.
std::optional<u64> to_count(std::string const& text) {
  u64 value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  constexpr double exact = 9007199254740992.0;
  auto const real = to_double(text);
  if (!real || *real < 0 || *real > exact || *real != std::floor(*real)) return std::nullopt;
  return static_cast<u64>(*real);
}

std::vector<std::string> split(std::string const& text, char separator) {
  std::vector<std::string> parts;
  usize begin = 0;
  for (usize end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return parts;
}

/// One command: its options, its positional argument, and what is wrong with a line for it.
class CommandLine {
 public:
  CommandLine(std::string command, std::string const& purpose)
      : command_(std::move(command)), options_("cristae " + command_, purpose) {
    options_.set_width(100);
    options_.allow_unrecognised_options();
    options_.add_options()("h,help", "Print this help");
    names_.emplace_back("help");
  }

  void value(std::string const& name, std::string const& text, std::string const& placeholder) {
    options_.add_options()(name, text, cxxopts::value<std::vector<std::string>>(), placeholder);
    names_.push_back(name);
  }
  void flag(std::string const& name, std::string const& text) {
    options_.add_options()(name, text);
    names_.push_back(name);
  }
  void takes_network() {
    options_.add_options("positional")("NETWORK", "", cxxopts::value<std::string>());
    options_.parse_positional({"NETWORK"});
    options_.positional_help("NETWORK");
    options_.custom_help("[OPTION...]");
    takes_network_ = true;
  }

  /// False if help was asked for.
  bool parse(std::vector<std::string> const& arguments) {
    std::string const program = "cristae";
    std::vector<char const*> line{program.c_str()};
    // A vector of strings splits at commas in cxxopts; values keep theirs behind this mark.
    hidden_ = arguments;
    for (auto& argument : hidden_) std::replace(argument.begin(), argument.end(), ',', comma);
    for (auto const& argument : hidden_) line.push_back(argument.c_str());
    try {
      result_ = options_.parse(static_cast<int>(line.size()), line.data());
    } catch (cxxopts::exceptions::exception const& exception) {
      std::string text = exception.what();
      for (std::string const mark : {"‘", "’"})
        for (usize at = 0; (at = text.find(mark, at)) != std::string::npos; ++at)
          text.replace(at, mark.size(), "'");
      std::replace(text.begin(), text.end(), comma, ',');
      if (text.starts_with("Option ")) text[0] = 'o';
      throw Error(ExitCode::usage, text, {}, see_help());
    }
    if (result_.count("help") > 0) return false;
    auto leftover = result_.unmatched();
    if (network().starts_with("-")) leftover.insert(leftover.begin(), network());
    bool has_unknown = false;
    for (auto& unmatched : leftover) {
      std::replace(unmatched.begin(), unmatched.end(), comma, ',');
      if (!unmatched.starts_with("-")) continue;
      has_unknown = true;
      auto const name = unmatched.substr(0, unmatched.find('='));
      std::vector<std::string> known;
      for (auto const& option : names_) known.push_back("--" + option);
      auto const nearest = nearest_name(name, known);
      findings.add(fmt::format("unknown option '{}'", name), {},
                   nearest.empty() ? see_help() : fmt::format("Did you mean '{}'?", nearest));
    }
    if (!has_unknown)  // the value of an unknown option would only confuse
      for (auto const& unmatched : leftover)
        findings.add(fmt::format("unexpected argument '{}'", unmatched), {}, see_help());
    if (takes_network_ && result_.count("NETWORK") == 0 && !has_unknown)
      findings.add("NETWORK is missing", {},
                   fmt::format("Give the name of a bundled network (cristae networks lists them) "
                               "or the path of a .toml file: cristae {} NETWORK",
                               command_));
    return true;
  }

  std::string help() const { return options_.help({""}); }

  std::string network() const {
    if (result_.count("NETWORK") == 0) return {};
    auto name = result_["NETWORK"].as<std::string>();
    std::replace(name.begin(), name.end(), comma, ',');
    return name;
  }
  bool has(std::string const& name) const { return result_.count(name) > 0; }
  bool is_set(std::string const& flag) const { return has(flag) && result_[flag].as<bool>(); }

  /// Every value given to an option.
  std::vector<std::string> all(std::string const& name) {
    if (!has(name)) return {};
    auto values = result_[name].as<std::vector<std::string>>();
    for (auto& value : values) {
      std::replace(value.begin(), value.end(), comma, ',');
      if (value.empty() || value.starts_with("--"))
        findings.add(fmt::format("--{} is without its value", name),
                     value.empty() ? "" : fmt::format("'{}' is an option", value), see_help());
    }
    return values;
  }

  /// The value of an option that may be given once.
  std::optional<std::string> one(std::string const& name) {
    auto const values = all(name);
    if (values.empty()) return std::nullopt;
    if (values.size() > 1)
      findings.add(fmt::format("--{} is given {} times", name, values.size()), {}, "Give it once");
    if (values.front().empty() || values.front().starts_with("--")) return std::nullopt;
    return values.front();
  }

  std::optional<u64> count(std::string const& name, u64 least, u64 most = largest_u64) {
    auto const text = one(name);
    if (!text) return std::nullopt;
    auto const value = to_count(*text);
    if (value && *value >= least && *value <= most) return value;
    findings.add(fmt::format("--{} is '{}'", name, *text),
                 most == largest_u64
                     ? fmt::format("a whole number, {} or more, is needed", least)
                     : fmt::format("a whole number from {} to {} is needed", least, most));
    return std::nullopt;
  }

  std::optional<double> positive(std::string const& name) {
    auto const text = one(name);
    if (!text) return std::nullopt;
    auto const value = to_double(*text);
    if (value && *value > 0) return value;
    findings.add(fmt::format("--{} is '{}'", name, *text), "a number above 0 is needed");
    return std::nullopt;
  }

  std::optional<std::string> choice(std::string const& name,
                                    std::vector<std::string> const& choices) {
    auto const text = one(name);
    if (!text || std::find(choices.begin(), choices.end(), *text) != choices.end()) return text;
    std::string list;
    for (auto const& known : choices) list += (list.empty() ? "" : ", ") + known;
    auto const nearest = nearest_name(*text, choices);
    findings.add(fmt::format("--{} is '{}'", name, *text), "known: " + list,
                 nearest.empty() ? "" : fmt::format("Did you mean '{}'?", nearest));
    return std::nullopt;
  }

  Findings findings;

 private:
  static constexpr char comma = '\x1f';

  std::string see_help() const { return fmt::format("See cristae {} --help", command_); }

  std::string command_;
  cxxopts::Options options_;
  cxxopts::ParseResult result_;
  std::vector<std::string> names_;
  std::vector<std::string> hidden_;
  bool takes_network_ = false;
};

void parse_set(CommandLine& line, RunOptions& options) {
  for (auto const& text : line.all("set")) {
    if (text.empty() || text.starts_with("--")) continue;  // already reported
    for (auto const& assignment : split(text, ',')) {
      auto const equals = assignment.find('=');
      auto const name = assignment.substr(0, equals);
      auto const value =
          equals == std::string::npos ? std::nullopt : to_double(assignment.substr(equals + 1));
      auto const same = [&](auto const& other) { return other.first == name; };
      auto& set = options.request.set;
      if (name.empty() || !value)
        line.findings.add(fmt::format("--set is '{}'", assignment),
                          "NAME=VALUE with a number is needed");
      else if (std::any_of(set.begin(), set.end(), same))
        line.findings.add(fmt::format("--set gives '{}' twice", name), {}, "Give it once");
      else
        set.emplace_back(name, *value);
    }
  }
}

/// Options that contradict each other, and output names that cannot be right.
void check_combinations(CommandLine& line, RunOptions const& options) {
  if (line.has("samples") && line.has("sample-every"))
    line.findings.add("--samples and --sample-every are both given", {}, "Give one of them");
  if (options.output == "-") line.findings.add("--output is '-'", "only --json takes '-'");
  if (!options.plot.empty() && !plot_format(options.plot))
    line.findings.add(fmt::format("--plot is '{}'", options.plot),
                      "a name that ends in .svg or .png is needed");
  std::vector<std::pair<std::string, std::string>> files;
  for (auto const& [option, path] :
       {std::pair{"output", options.output}, std::pair{"plot", options.plot},
        std::pair{"json", options.json}}) {
    if (path.empty() || path == "-") continue;
    auto const name = absolute_name(path);
    for (auto const& [other, other_name] : files)
      if (name == other_name && !name.starts_with("/dev/"))
        line.findings.add(fmt::format("--{} and --{} are the same file '{}'", other, option, path),
                          "one would replace the other", "Give two names");
    files.emplace_back(option, name);
  }
}

}  // namespace

namespace {

/// What `run` and `replay` share: which trajectories of which experiment.
void describe_experiment(CommandLine& line) {
  line.takes_network();
  line.value("condition", "Run a condition of the network (default: as it stands)", "NAME");
  line.value("set", "Set a parameter for all times; may be repeated", "NAME=VALUE");
  line.value("seed", "Seed; trajectory i of a seed is always the same (default: 1)", "S");
  line.value("t-end", "End, in the network's time unit (default: the network's)", "T");
  line.value("sample-every", "Time between samples (default: the network's)", "D");
  line.value("samples", "Sample at N equal intervals instead", "N");
  line.value("max-events", "End a trajectory after N events, with status budget", "N");
}

void read_experiment(CommandLine& line, RunOptions& options) {
  options.network = line.network();
  options.request.condition = line.one("condition").value_or("");
  parse_set(line, options);
  options.seed = line.count("seed", 0).value_or(options.seed);
  options.request.t_end = line.positive("t-end").value_or(-1);
  options.request.sample_every = line.positive("sample-every").value_or(-1);
  if (auto const samples = line.count("samples", 1, 100'000'000))
    options.request.samples = static_cast<i64>(*samples);
  options.max_events = line.count("max-events", 1);
}

}  // namespace

Parsed<RunOptions> parse_replay(std::vector<std::string> const& arguments) {
  CommandLine line("replay",
                   "Run one trajectory of an ensemble again and print every event: its time, its "
                   "reaction and the\ncopy numbers that changed. The samples, and so the hash, "
                   "are the ensemble's.\n");
  describe_experiment(line);
  line.value("trajectory", "Id of the trajectory (default: 0)", "I");
  line.value("output", "Write the events to a file instead", "FILE.csv");
  line.flag("overwrite", "Replace a file that exists");
  line.flag("quiet", "No closing remark; errors only");
  Parsed<RunOptions> parsed;
  if (!line.parse(arguments)) {
    parsed.help = line.help();
    return parsed;
  }
  RunOptions& options = parsed.options;
  read_experiment(line, options);
  options.first = line.count("trajectory", 0).value_or(0);
  options.output = line.one("output").value_or("");
  options.overwrite = line.is_set("overwrite") ? Overwrite::allow : Overwrite::refuse;
  options.talk = line.is_set("quiet") ? Talk::quiet : Talk::normal;
  check_combinations(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<RunOptions> parse_run(std::vector<std::string> const& arguments) {
  CommandLine line("run",
                   "Simulate an ensemble of exact stochastic trajectories of NETWORK, the name of "
                   "a bundled\nnetwork or the path of a .toml file, and print its statistics.\n");
  describe_experiment(line);
  line.value("trajectories", "How many trajectories (default: 1000)", "N");
  line.value("first", "Id of the first trajectory, to extend or replay a run (default: 0)", "I");
  line.value("engine", "auto, reference, cpu or cuda (default: auto)", "NAME");
  line.value("threads", "Threads (default: all cores)", "N");
  line.value("isa", "Instruction set: baseline, avx2 or avx512 (default: the best here)", "NAME");
  line.value("select", "Observables or species to report, separated by commas", "LIST");
  line.value("output", "Write the statistics at all sample times as CSV", "FILE.csv");
  line.flag("overwrite", "Replace output files that exist");
  line.value("plot", "Draw them, with gnuplot; .svg or .png", "FILE.svg");
  line.value("json", "Write the run and its table as JSON; '-' prints it instead of the table",
             "FILE");
  line.flag("strict-units", "Refuse a network whose laws contradict its units");
  line.flag("quiet", "No table, no progress, no remarks; errors only");
  Parsed<RunOptions> parsed;
  if (!line.parse(arguments)) {
    parsed.help = line.help();
    return parsed;
  }
  RunOptions& options = parsed.options;
  read_experiment(line, options);
  options.trajectories = line.count("trajectories", 1).value_or(options.trajectories);
  options.first = line.count("first", 0).value_or(options.first);
  options.engine = line.choice("engine", {"auto", "reference", "cpu", "cuda"}).value_or("auto");
  options.threads = static_cast<u32>(line.count("threads", 1, 65536).value_or(0));
  options.isa = line.choice("isa", {"baseline", "avx2", "avx512"}).value_or("");
  if (auto const select = line.one("select")) {
    for (auto const& name : split(*select, ',')) {
      auto& names = options.select;
      if (name.empty())
        line.findings.add(fmt::format("--select is '{}'", *select), "a name in it is empty");
      else if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    }
  }
  options.output = line.one("output").value_or("");
  options.plot = line.one("plot").value_or("");
  options.json = line.one("json").value_or("");
  options.overwrite = line.is_set("overwrite") ? Overwrite::allow : Overwrite::refuse;
  options.talk = line.is_set("quiet") ? Talk::quiet : Talk::normal;
  options.units = line.is_set("strict-units") ? Units::strict : Units::advisory;
  if (options.first > largest_u64 - options.trajectories)
    line.findings.add(fmt::format("--first is '{}'", options.first),
                      "the last id would exceed 64 bits");
  check_combinations(line, options);
  line.findings.throw_if_any();
  return parsed;
}

Parsed<InspectOptions> parse_inspect(std::vector<std::string> const& arguments) {
  CommandLine line(
      "inspect",
      "Print how NETWORK was read: species, parameters with their grades, "
      "how every law\nwas understood, observables, conditions, conservation laws and units.\n");
  line.takes_network();
  line.flag("strict-units", "Fail, with exit code 3, if laws contradict the units");
  if (!line.parse(arguments)) return {{}, line.help()};
  line.findings.throw_if_any();
  auto const units = line.is_set("strict-units") ? Units::strict : Units::advisory;
  return {{line.network(), units}, {}};
}

Parsed<std::string> parse_nothing(std::string const& command,
                                  std::vector<std::string> const& arguments) {
  CommandLine line(command, command == "devices"
                                ? "List the engines and devices of this build and machine.\n"
                                : "List the bundled networks.\n");
  if (!line.parse(arguments)) return {{}, line.help()};
  line.findings.throw_if_any();
  return {};
}

std::vector<std::string> command_names() {
  return {"run", "replay", "networks", "inspect", "devices"};
}

std::string main_help() {
  return "Exact stochastic simulation of reaction networks, as reproducible ensembles.\n"
         "\n"
         "Usage:\n"
         "  cristae run NETWORK [OPTION...]  simulate an ensemble, print its statistics\n"
         "  cristae replay NETWORK [...]     print every event of one trajectory\n"
         "  cristae networks                 list the bundled networks\n"
         "  cristae inspect NETWORK          print how a network was read\n"
         "  cristae devices                  list engines and devices\n"
         "  cristae COMMAND --help           the options of a command\n"
         "  cristae --version                the version\n"
         "\n"
         "NETWORK is the name of a bundled network or the path of a .toml file.\n"
         "\n"
         "Exit codes: 0 ok, 1 internal error, 2 usage, 3 the network is wrong, 4 a trajectory "
         "ended with\na numerical status or without event budget, 5 files, 6 device, 130 "
         "interrupted (143 by SIGTERM).\n";
}

}  // namespace cristae
