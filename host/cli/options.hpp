// host/cli/options.hpp - command lines to values; strict, and all errors in one go.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/base/types.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/experiment.hpp"
#include "host/io/output_file.hpp"
#include "host/io/sbml_reader.hpp"
#include "host/run/estimate.hpp"
#include "host/run/extend.hpp"
#include "host/run/interrupted_run.hpp"
#include "host/run/merge.hpp"
#include "host/run/run.hpp"
#include "host/run/sweep.hpp"

namespace cristae {

enum class Talk : u8 { normal, quiet };
/// Whether laws whose units contradict each other are errors.
enum class Units : u8 { advisory, strict };
/// What `inspect` prints.
enum class Shown : u8 { network, code, graph };
/// Whether `pick` writes every event of what it replays.
enum class Events : u8 { left_out, written };
/// A part of a result file.
enum class ResultPart : u8 {
  statistics,
  suite,  ///< statistics as the SBML test suite has them
  histograms,
  covariance,
  features,
  end_states,
  raw
};

struct InspectOptions {
  std::string network;
  SbmlRules sbml_rules = SbmlRules::of_small_models;
  Units units = Units::advisory;
  ExperimentRequest request;  ///< of the run whose cost is estimated; so is `trajectories`
  u64 trajectories = 1000;
  Estimate estimate = Estimate::shown;
  Shown shown = Shown::network;
};

struct RunOptions : RunRequest {
  std::string output;  ///< CSV or result file; empty: none; so are the next two
  std::string plot;
  std::string json;  ///< "-": standard output
  Talk talk = Talk::normal;
  Units units = Units::advisory;
  bool is_one_of_many = false;  ///< of shards; who runs them tells where they were stopped

  /// Whether `output` is a result file (HDF5) and not CSV.
  bool has_result_file() const;
};

struct ResumeOptions : ResumeRequest {
  std::string plot, json;
  Talk talk = Talk::normal;
};

struct SweepOptions : SweepRequest {
  std::string network;
  std::string output;  ///< CSV or result file; empty: none
  Talk talk = Talk::normal;
  Units units = Units::advisory;

  bool has_result_file() const;
};

struct VerifyOptions {
  std::string network;
  ExperimentRequest request;
  u64 trajectories = 65;  ///< no whole number of vectors, and more than a block has lanes
  u64 first = 0;
  u64 seed = 1;
  std::optional<u64> max_events;
  std::string start_from;  ///< result file; empty: none
  Talk talk = Talk::normal;
};

struct ExportOptions {
  std::string result;
  ResultPart what = ResultPart::statistics;
  std::vector<std::string> select;  ///< names of columns; empty: all
  std::string output;               ///< empty: standard output
  Overwrite overwrite = Overwrite::refuse;
  Talk talk = Talk::normal;
};

struct ConvertOptions {
  std::string network;
  std::string condition;  ///< of the network, applied to what is written; empty: none
  std::string output;     ///< ends in .toml or .xml
  Overwrite overwrite = Overwrite::refuse;
  Talk talk = Talk::normal;
};

struct PlotOptions {
  std::string result;
  std::string output;  ///< ends in .svg or .png
  std::vector<std::string> select;
  Overwrite overwrite = Overwrite::refuse;
  Talk talk = Talk::normal;
};

struct PickOptions {
  std::string result;
  std::string query;
  std::optional<u64> limit;   ///< 1 or more; without it, all, and with a replay 20
  std::string replay_folder;  ///< empty: only list them
  Events events = Events::left_out;
  std::string json;  ///< empty, or "-" for standard output instead of the table
  Overwrite overwrite = Overwrite::refuse;
  Talk talk = Talk::normal;
};

struct MergeOptions : MergeRequest {
  std::string json;  ///< empty, or "-" for standard output, or a file
  Talk talk = Talk::normal;
};

struct ExtendOptions : ExtendRequest {
  std::optional<double> t_end;
  std::string json;  ///< empty, or "-" for standard output, or a file
  Talk talk = Talk::normal;
};

struct DevicesOptions {
  bool measure = false;  ///< events per second of each
};

struct BenchOptions {
  std::vector<std::string> networks{"vilar", "chain", "mitophagy", "isr"};
  double seconds = 0.5;  ///< of each measurement
  u32 threads = 0;       ///< 0: all cores
  std::string json;      ///< empty: none; "-": standard output
  Overwrite overwrite = Overwrite::refuse;
  Talk talk = Talk::normal;
};

/// A command's options, or nothing but its help text.
template <class Options>
struct Parsed {
  Options options;
  std::optional<std::string> help;
};

/// `arguments` are those behind the command's name. Throws Error(usage) with every finding.
Parsed<RunOptions> parse_run(std::vector<std::string> const& arguments);
Parsed<ResumeOptions> parse_resume(std::vector<std::string> const& arguments);
Parsed<SweepOptions> parse_sweep(std::vector<std::string> const& arguments);
/// The options of `replay`; the trajectory's id is `first`.
Parsed<RunOptions> parse_replay(std::vector<std::string> const& arguments);
Parsed<VerifyOptions> parse_verify(std::vector<std::string> const& arguments);
Parsed<InspectOptions> parse_inspect(std::vector<std::string> const& arguments);
Parsed<ExportOptions> parse_export(std::vector<std::string> const& arguments);
Parsed<ConvertOptions> parse_convert(std::vector<std::string> const& arguments);
Parsed<PlotOptions> parse_plot(std::vector<std::string> const& arguments);
Parsed<PickOptions> parse_pick(std::vector<std::string> const& arguments);
Parsed<MergeOptions> parse_merge(std::vector<std::string> const& arguments);
Parsed<ExtendOptions> parse_extend(std::vector<std::string> const& arguments);
Parsed<std::string> parse_networks(std::vector<std::string> const& arguments);
Parsed<DevicesOptions> parse_devices(std::vector<std::string> const& arguments);
Parsed<BenchOptions> parse_bench(std::vector<std::string> const& arguments);

/// The text of `cristae --help`.
std::string main_help();
/// The names of all commands, for "did you mean".
std::vector<std::string> command_names();

}  // namespace cristae
