// host/run/extend.cpp - a recorder that begins with the sums of a result.
#include "host/run/extend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "host/backends/backends.hpp"
#include "host/io/checkpoint.hpp"
#include "host/io/machine_memory.hpp"
#include "host/io/network_reader.hpp"
#include "host/run/asked.hpp"
#include "host/run/certify.hpp"
#include "host/run/checkpoints.hpp"
#include "host/run/first_passage.hpp"
#include "host/run/interrupted_run.hpp"
#include "host/run/recorded_experiment.hpp"
#include "host/run/result_parts.hpp"

#ifndef CRISTAE_VERSION
#define CRISTAE_VERSION "unknown"
#endif

namespace cristae {
namespace {

/// Trajectories of another version may be other ones.
void require_version(RunReport const& report, std::string const& path) {
  if (report.version != CRISTAE_VERSION)
    throw Error(ExitCode::verification,
                fmt::format("'{}' was written by version {}, and this is {}", path, report.version,
                            CRISTAE_VERSION),
                "its trajectories may come out differently", "Use that version, or run again");
}

void require_sums(ResultFile const& file, std::string const& path) {
  auto const& report = file.report();
  if (!file.has_exact_sums())
    throw Error(ExitCode::usage, fmt::format("'{}' holds no exact sums", path),
                file.summary().contract_hash != 0
                    ? "an earlier version wrote it, or Python did"
                    : fmt::format("the engine '{}' follows no contract", report.engine),
                "Run it again with --output FILE.h5 on another engine");
  if (!report.missing.empty())
    throw Error(ExitCode::usage, fmt::format("'{}' is partial", path),
                fmt::format("trajectories {} of its run are missing", report.missing),
                "Run those, and merge all");
}

std::vector<StateCondition> conditions_of(RunReport const& report, Experiment const& experiment) {
  std::vector<StateCondition> conditions;
  for (auto const& text : report.first_passages)
    conditions.push_back(condition_for(experiment, text));
  return conditions;
}

/// What a result tells of its run, but for its experiment, and for how many trajectories there are.
RunRequest request_of_run(ResultFile const& file, std::string const& path) {
  auto const& report = file.report();
  auto const record = record_of(file);
  RunRequest request;
  request.network = report.network;
  request.first = report.first;
  request.shard = report.shard;
  request.part_of = report.part_of;
  request.seed = report.seed;
  request.max_events = report.max_events;
  request.start_from = report.start_from.empty() ? "" : find_start(report.start_from, path);
  request.histogram_times = report.histogram_times;
  request.covariance = file.has_covariance();
  for (auto const& pair : file.summary().lagged) request.correlation.push_back(pair.name);
  request.first_passages = report.first_passages;
  request.raw = file.has_raw();
  request.keep.emplace();
  for (auto const& text : file.features())
    if (first_passages_of({text}).empty()) request.keep->push_back(text);
  return request;
}

/// All columns need not be named.
void select_columns(RunRequest& request, Network const& network, RunRecord const& record) {
  if (choose_columns(network, {}).size() == record.columns.size()) return;
  for (auto const& column : record.columns) request.select.push_back(column.second);
}

/// On what it runs.
void use_machine(RunRequest& request, ExtendRequest const& given) {
  request.engine = given.engine;
  request.threads = given.threads;
  request.isa = given.isa;
  request.code = given.code;
  request.certify = given.certify;
  request.checkpoint_every = given.checkpoint_every;
}

}  // namespace

class Extension::Impl {
 public:
  explicit Impl(ExtendRequest request)
      : request_(std::move(request)), file_(request_.result), run_(checked(), request_.result),
        rows_(run_.experiment(), run_.columns(), run_.kept()),
        output_(request_.output.empty() ? request_.result : request_.output) {
    auto const& report = file_.report();
    present_ = file_.summary().trajectories;
    // Of a run until it was precise enough, nobody asked for a number.
    total_ = request_.trajectories.value_or(report.until.empty() ? report.requested : present_);
    if (total_ <= present_)
      throw Error(ExitCode::usage,
                  fmt::format("'{}' holds {} trajectories already", request_.result, present_),
                  request_.trajectories  ? fmt::format("--trajectories is {}", total_)
                  : report.until.empty() ? "so many were asked for"
                                         : fmt::format("it was to run until {}", report.until),
                  "Give more with --trajectories");
    if (report.first > ~u64{0} - total_)
      throw Error(ExitCode::usage, fmt::format("--trajectories is {}", total_),
                  "the last id would exceed 64 bits");
  }

  u64 trajectories() const { return total_ - present_; }

  void open(RunControl& control) {
    auto const& report = file_.report();
    bool const in_place = request_.output.empty();
    // A checkpoint may lie there, with more than the result has.
    auto const left =
        request_.overwrite == Overwrite::allow ? LeftParts::remove : LeftParts::refuse;
    writer_ = std::make_unique<ResultWriter>(
        output_, in_place ? Overwrite::allow : request_.overwrite, run_.experiment(),
        run_.columns(), report.first, run_.kept(), left);
    writer_->stop_on_error(&control.stop);
    // What goes on later must not need the result, which may be another one by then.
    auto const rows = rows_.blocks_of(file_, request_.result);
    if (request_.checkpoint_every > 0)
      writer_->copy(rows);
    else
      writer_->start_with(rows);
    auto options = run_.options();
    options.threads = request_.threads;
    if (run_.kept().any()) options.blocks = writer_.get();
    recorder_.emplace(run_.experiment(), run_.columns(), report.first, total_,
                      available_memory_bytes(), options);
    recorder_->add_sums(file_.exact_sums(), file_.summary().columns,
                        fmt::format("'{}'", request_.result));
    plan_.experiment = &run_.experiment();
    plan_.first = report.first + present_;
    plan_.trajectories = trajectories();
    plan_.seed = report.seed;
    plan_.threads = request_.threads;
    plan_.isa = request_.isa;
    plan_.code = request_.code;
    plan_.max_events = report.max_events;
    plan_.counted_reactions = recorder_->counted_reactions();
    plan_.in_flight = &in_flight_;
    engine_ = make_engine(request_.engine, plan_);
    double const share = request_.certify.value_or(affordable_share);
    if (share > 0) certified_.emplace(*recorder_, plan_, certified_step(share));
  }

  void simulate(RunControl& control) {
    RunPlan all = plan_;  // as a checkpoint goes on
    all.first = file_.report().first;
    all.trajectories = total_;
    FirstPassages sink(certified_ ? static_cast<SampleSink&>(*certified_) : *recorder_,
                       conditions_of(file_.report(), run_.experiment()), all);
    std::optional<EnsembleSource> source;
    std::optional<Checkpoints> checkpoints;
    if (request_.checkpoint_every > 0) {
      source.emplace(*writer_, *recorder_, in_flight_, sink);
      checkpoints.emplace(*source,
                          bytes_of_run(file_.network_text(), whole_run(), run_.experiment()), 0,
                          file_.report().wall_seconds);
      checkpoints->begin(request_.checkpoint_every);
    }
    auto const start = std::chrono::steady_clock::now();
    sink.find(plan_, request_.engine, control);
    if (!control.stop) engine_->run(sink, control);
    std::chrono::duration<double> const wall = std::chrono::steady_clock::now() - start;
    added_.engine = engine_->name();
    added_.isa = engine_->isa();
    added_.code = engine_->code();
    added_.threads = engine_->threads();
    added_.wall_seconds = wall.count();
    added_.simulated_events = control.events.load();
    remarks_ = engine_->remarks();
    was_stopped_ = control.stop && !recorder_->missing().empty();
    if (checkpoints) {
      checkpoints->end();
      // Before the summary, which hands on the start of a block that goes on later.
      if (was_stopped_) can_go_on_ = checkpoints->write_last();
      auto const& more = checkpoints->remarks();
      remarks_.insert(remarks_.end(), more.begin(), more.end());
    }
    summary_ = recorder_->summary();
    join();
  }

  void certify(RunControl& control, std::string const& verify) {
    u64 const reported = summary_.trajectories - present_;
    if (!certified_ || reported == 0) return;
    CertificateScope scope{.trajectories = reported, .threads = added_.threads, .verify = verify};
    if (was_stopped_)
      scope.events = affordable_events(0, 0, 1);
    else if (!request_.certify)
      scope.events = affordable_events(added_.simulated_events, reported, scope.threads);
    control.stop = false;
    MartingaleLaws const laws(run_.experiment());
    auto made = cristae::certify(plan_, laws, scope, certified_->delivered(), control);
    if (made.certificate.trajectories == 0) return;
    added_.certificate = std::move(made.certificate);
    for (auto& finding : made.findings) remarks_.push_back(std::move(finding));
    join();
  }

  void write() { writer_->finish(report_, summary_); }

  ExtendRequest request_;
  ResultFile file_;
  ContinuedRun run_;
  TrajectoryRows rows_;
  std::string output_;
  u64 present_ = 0, total_ = 0;
  std::unique_ptr<ResultWriter> writer_;
  std::optional<EnsembleRecorder> recorder_;
  std::optional<CertifiedSink> certified_;
  RunPlan plan_;
  std::unique_ptr<Engine> engine_;
  RunReport added_, report_;
  EnsembleSummary summary_;
  std::vector<Diagnostic> remarks_;
  InFlight in_flight_;
  bool was_stopped_ = false, can_go_on_ = false;

 private:
  /// The run of all trajectories, as which a checkpoint goes on.
  RunRequest whole_run() const {
    auto request = request_of_run(file_, request_.result);
    request.experiment = run_.request();
    request.trajectories = total_;
    if (total_ > file_.report().requested) {
      request.shard.clear();
      request.part_of.reset();
    }
    select_columns(request, *run_.experiment().network, record_of(file_));
    use_machine(request, request_);
    if (request_.output.empty()) request.replaces = file_.summary().contract_hash;
    return request;
  }

  ResultFile const& checked() const {
    require_sums(file_, request_.result);
    require_version(file_.report(), request_.result);
    return file_;
  }

  /// What the result was, with what was added; it stays a shard only where it becomes no more than it
  /// should have been.
  void join() {
    JoinedReport joined;
    joined.add(file_.report());
    joined.add(added_);
    report_ = joined.joined(*run_.experiment().network, summary_);
    auto const& was = file_.report();
    report_.interrupted = was_stopped_;
    report_.until.clear();
    report_.requested = was.until.empty() ? std::max(total_, was.requested) : total_;
    if (total_ <= was.requested) return;
    report_.shard.clear();
    report_.part_of.reset();
  }
};

Extension::Extension(ExtendRequest request) : impl_(std::make_unique<Impl>(std::move(request))) {}
Extension::~Extension() = default;
u64 Extension::trajectories() const { return impl_->trajectories(); }
void Extension::open(RunControl& control) { impl_->open(control); }
void Extension::simulate(RunControl& control) { impl_->simulate(control); }
void Extension::certify(RunControl& control, std::string const& verify) {
  impl_->certify(control, verify);
}
bool Extension::can_go_on() const { return impl_->can_go_on_; }
RunReport& Extension::report() { return impl_->report_; }
EnsembleSummary const& Extension::summary() const { return impl_->summary_; }
std::vector<Diagnostic> const& Extension::remarks() const { return impl_->remarks_; }
std::string const& Extension::output() const { return impl_->output_; }
void Extension::write() { impl_->write(); }

namespace {

/// The grid goes on as it was: the old times, but for an end between two samples, begin the new ones.
void require_same_grid(std::vector<double> const& old, std::vector<double> const& now,
                       std::string const& path) {
  bool const goes_on =
      old.size() <= now.size() && std::equal(old.begin(), old.end() - 1, now.begin());
  if (goes_on) return;
  throw Error(ExitCode::usage, fmt::format("the sample times of '{}' do not go on evenly", path),
              "a longer run would have other ones", "Run it with --sample-every");
}

}  // namespace

RequestAgain longer_run(ExtendRequest const& given, double t_end) {
  std::string const& path = given.result;
  ResultFile const file(path, ResultFile::Load::head);
  auto const& report = file.report();
  auto const record = record_of(file);
  require_version(report, path);
  if (t_end <= report.t_end)
    throw Error(ExitCode::usage, fmt::format("'{}' goes to t = {} already", path, report.t_end),
                fmt::format("--t-end is {}", t_end), "Give a later one");
  RequestAgain again{read_network_text(record.network_text, path, SignalFiles::left_out),
                     request_of_run(file, path)};
  auto& request = again.request;
  request.experiment = request_of(record);
  request.experiment.t_end = t_end;
  if (record.times.size() > 1) request.experiment.sample_every = record.times[1];
  AskedExperiment const asked(again.network, with_cell_seed(request.experiment, report.seed));
  require_same_grid(record.times, asked.experiment.sample_times, path);
  select_columns(request, asked.asked.network, record);
  request.trajectories = given.trajectories.value_or(
      report.until.empty() ? report.requested : file.summary().trajectories);
  use_machine(request, given);
  request.result_file = given.output.empty() ? path : given.output;
  request.overwrite = given.overwrite;
  if (!given.output.empty()) return again;
  // The result is to be replaced; what can be gone on with is not.
  if (given.overwrite == Overwrite::refuse) refuse_left_parts(parts_folder(path));
  request.overwrite = Overwrite::allow;
  request.replaces = file.summary().contract_hash;
  return again;
}

}  // namespace cristae
