// host/run/run.cpp - the steps of a run, on whatever engine there is.
#include "host/run/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/base/error.hpp"
#include "host/engine/law_accuracy.hpp"
#include "host/io/machine_memory.hpp"
#include "host/io/memory_result.hpp"
#include "host/io/result_file.hpp"
#include "host/ode/mean_field.hpp"
#include "host/ode/rate_equations.hpp"
#include "host/run/asked.hpp"
#include "host/run/certify.hpp"
#include "host/run/checkpoints.hpp"
#include "host/run/first_passage.hpp"
#include "host/run/interrupted_run.hpp"
#include "host/run/mean_field_run.hpp"
#include "host/run/run_parts.hpp"
#include "host/run/start_states.hpp"
#include "host/run/stopwatch.hpp"
#include "host/stats/lagged.hpp"

namespace cristae {
namespace {

/// For start_from_result: equations need no random numbers, so no seed can come again.
constexpr u64 unused_seed = ~u64{0};

/// The request resolved against the network.
struct Prepared {
  Asked asked;
  Experiment experiment;
  std::vector<Column> columns;
  KeptTrajectories kept;
  std::vector<PrecisionTarget> targets;
  StartStates start;
  std::vector<Diagnostic> remarks;  ///< on twins, on the states to start from, and on cells
  std::vector<StateCondition> first_passages;
  std::vector<LaggedPair> lagged;
};

/// NAME[end] of every column; of columns of one name, the first, which is what the name means.
std::vector<Feature> default_features(std::vector<Column> const& columns,
                                      std::vector<double> const& times) {
  std::vector<Feature> features;
  for (usize i = 0; i < columns.size(); ++i) {
    auto feature = parse_feature(columns[i].name + "[end]", columns, times);
    if (feature.column == i) features.push_back(std::move(feature));
  }
  return features;
}

void prepare_kept(Prepared& prepared, RunRequest const& request,
                  std::vector<Diagnostic>& findings) {
  auto const& times = prepared.experiment.sample_times;
  prepared.kept.raw = request.raw;
  prepared.kept.end_times = !prepared.experiment.stop_when.empty();
  if (!request.keep) {
    prepared.kept.features = default_features(prepared.columns, times);
    return;
  }
  prepared.kept.end_states = !request.keep->empty();
  for (auto const& text : *request.keep)
    collect(findings, ExitCode::usage, [&] {
      auto feature = parse_feature(text, prepared.columns, times);
      if (feature.kind == FeatureKind::first)
        throw Error(ExitCode::usage, fmt::format("'{}' is not told by samples", feature.text),
                    "the condition is looked at after every event",
                    "Give it as --first-passage, or first_passage in Python");
      add_once(prepared.kept.features, std::move(feature));
    });
}

/// Names and times against the network: what is to be run and reported, or every error of it. In a
/// place of its own: the experiment points to the network.
std::unique_ptr<Prepared> prepare(Network const& original, RunRequest const& request) {
  auto made = std::make_unique<Prepared>();
  Prepared& prepared = *made;
  std::vector<Diagnostic> findings;
  prepared.asked = ask(original, with_cell_seed(request.experiment, request.seed));
  Network const& network = prepared.asked.network;
  prepared.remarks = prepared.asked.remarks;
  bool const has_experiment = collect(findings, ExitCode::usage, [&] {
    prepared.experiment = resolve(network, prepared.asked.request);
  });
  bool const has_columns = collect(findings, ExitCode::usage, [&] {
    prepared.columns = choose_columns(network, request.select);
  });
  if (has_experiment && has_columns) {
    if (!request.result_file.empty() || request.in_memory) {
      prepare_kept(prepared, request, findings);
      add_first_passages({&prepared.experiment, 1}, request.first_passages, prepared.first_passages,
                         prepared.kept.features, findings);
    }
    collect(findings, ExitCode::usage, [&] {
      prepared.lagged = parse_lagged_pairs(request.correlation, prepared.columns);
      if (!prepared.lagged.empty()) LagGrid(prepared.experiment.sample_times);
    });
    if (!request.until.empty())
      collect(findings, ExitCode::usage, [&] {
        prepared.targets =
            parse_precision(request.until, prepared.columns, prepared.experiment.sample_times);
      });
  }
  bool const are_alike = request.experiment.replicates > 1 || request.experiment.sisters > 1;
  if (!request.until.empty() && are_alike)
    findings.push_back({Severity::error,
                        {},
                        "a precision is asked for together with replicates or sisters",
                        "trajectories of one cell are alike, and a standard error that counts each "
                        "would end the run too early",
                        "Leave one of them out"});
  bool const is_ode = request.engine == ode_engine;
  if (is_ode)
    for (auto& finding : refused_by_ode(network, request)) findings.push_back(std::move(finding));
  if (has_experiment && !request.start_from.empty())
    collect(findings, ExitCode::usage, [&] {
      prepared.start = start_from_result(prepared.experiment, request.start_from,
                                         is_ode ? unused_seed : request.seed);
    });
  if (!findings.empty()) throw Error(ExitCode::usage, std::move(findings));
  if (is_ode) prepared.kept.end_states = false;  // no whole numbers
  for (auto const* more : {&prepared.start.remarks, &prepared.experiment.remarks})
    prepared.remarks.insert(prepared.remarks.end(), more->begin(), more->end());
  return made;
}

RunReport report_of(RunRequest const& request, Prepared const& prepared, RunPlan const& plan) {
  auto report = report_of(request, prepared.experiment, prepared.start, plan);
  for (auto const& condition : prepared.first_passages)
    report.first_passages.push_back(condition.text);
  for (auto const& target : prepared.targets)
    report.until += (report.until.empty() ? "" : " and ") + target.text;
  return report;
}

/// Those of some pieces that lie within a range.
std::vector<Piece> within(std::vector<Piece> const& pieces, Piece range) {
  std::vector<Piece> inside;
  for (auto const& piece : pieces) {
    u64 const from = std::max(piece.first, range.first);
    u64 const to = std::min(piece.first + piece.count, range.first + range.count);
    if (from < to) inside.push_back({from, to - from});
  }
  return inside;
}

/// Runs what the recorder misses of the plan in one go; with targets, in steps that end when all of
/// them are reached. `sink` hands everything on to the recorder. `first` is an engine for all of it.
/// Fills in the report's figures of the engine.
void run_steps(RunPlan const& plan, std::unique_ptr<Engine> first, std::string const& engine_name,
               std::vector<PrecisionTarget> const& targets, FirstPassages& sink,
               EnsembleRecorder& recorder, RunControl& control, RunReport& report,
               std::vector<Diagnostic>& remarks) {
  u64 done = 0;
  for (;;) {
    u64 const next =
        targets.empty() ? plan.trajectories : std::min(next_check(done), plan.trajectories);
    RunPlan step = plan;
    step.first = plan.first + done;
    step.trajectories = next - done;
    step.pieces = within(recorder.missing(), {step.first, step.trajectories});
    auto const engine =
        step.pieces == plan.todo() ? std::move(first) : make_engine(engine_name, step);
    report.engine = engine->name();
    report.isa = engine->isa();
    report.code = engine->code();
    report.threads = engine->threads();
    Stopwatch const stopwatch;
    if (!step.pieces.empty()) sink.find(step, engine_name, control);
    if (!step.pieces.empty() && !control.stop) engine->run(sink, control);
    stopwatch.add_to(report);
    for (auto& note : engine->remarks()) remarks.push_back(std::move(note));
    done = next;
    if (control.stop || done == plan.trajectories) return;
    // A run that goes on may be further already: then this precision was not enough.
    auto const summary = recorder.summary(EnsembleRecorder::LastBlock::kept);
    if (summary.trajectories == done && is_reached(targets, summary)) return;
  }
}

/// Hands every block to two sinks, of the same features.
class BothSinks final : public BlockSink {
 public:
  BothSinks(BlockSink& a, BlockSink& b) : a_(a), b_(b) {}
  void block(FinishedBlock const& block) override {
    a_.block(block);
    b_.block(block);
  }
  std::vector<Feature> const* features() const override {
    return b_.features() == nullptr ? nullptr : a_.features();
  }

 private:
  BlockSink& a_;
  BlockSink& b_;
};

KeptTrajectories without_raw(KeptTrajectories kept) {
  kept.raw = false;
  return kept;
}

}  // namespace

class Run::Impl {
 public:
  Impl(Network const& network, RunRequest request)
      : network_text_(network.text), request_(std::move(request)), own_(prepare(network, request_)),
        prepared_(*own_) {}

  std::vector<Diagnostic> open(RunControl& control) {
    auto const& experiment = prepared_.experiment;
    u64 const memory = available_memory_bytes();
    RecorderOptions keep;
    keep.histogram_times = request_.histogram_times;
    keep.covariance = request_.covariance;
    keep.lagged = prepared_.lagged;
    keep.alike = experiment.alike();
    for (auto const& condition : prepared_.first_passages)
      keep.first_passages.push_back(condition.text);
    keep.threads = request_.threads;
    keep.exact_sums = !request_.result_file.empty();
    if (!request_.result_file.empty()) {
      auto const left = left_ ? std::optional(LeftParts::take) : std::nullopt;
      result_ =
          std::make_unique<ResultWriter>(request_.result_file, request_.overwrite, experiment,
                                         prepared_.columns, request_.first, prepared_.kept, left);
      result_->stop_on_error(&control.stop);
      if (prepared_.kept.any()) keep.blocks = result_.get();
    }
    if (request_.in_memory) {
      memory_.emplace(experiment, prepared_.columns, request_.first, without_raw(prepared_.kept),
                      memory);
      memory_->stop_on_error(&control.stop);
      if (request_.until.empty()) memory_->require_memory(request_.trajectories);
      // A run that goes on from its checkpoint in a file alone must want the same of its recorder.
      if (without_raw(prepared_.kept).any())
        keep.blocks = keep.blocks != nullptr ? &both_.emplace(*result_, *memory_)
                                             : static_cast<BlockSink*>(&*memory_);
    }
    if (request_.engine == ode_engine) return open_rate_equations(keep.blocks);
    recorder_.emplace(experiment, prepared_.columns, request_.first, request_.trajectories, memory,
                      keep);
    plan_ = plan_of(request_, experiment, recorder_->counted_reactions());
    plan_.in_flight = &in_flight_;
    if (left_) take_left();
    outcome_.report = report_of(request_, prepared_, plan_);
    outcome_.targets = prepared_.targets;
    // The reference engine follows no contract: there is nothing that a replay must agree with.
    engine_ = make_engine(request_.engine, plan_);
    std::vector<Diagnostic> warnings;
    if (engine_->name() != "reference") {
      double const share = request_.certify.value_or(affordable_share);
      if (share > 0) certified_.emplace(*recorder_, plan_, certified_step(share));
      warnings = law_accuracy_warnings(plan_);
    }
    u64 const passages = request_.trajectories * prepared_.first_passages.size();
    if (auto warning = checkpoint_warning(*recorder_, passages, memory);
        warning && writes_checkpoints())
      warnings.push_back(*std::move(warning));
    return warnings;
  }

  bool writes_checkpoints() const { return result_ && request_.checkpoint_every > 0; }

  /// Everything that the run had when it was interrupted.
  void take_left() {
    if (newest_checkpoint(result_->parts()) != left_->newest)
      throw Error(ExitCode::input_output, fmt::format("'{}' has changed", result_->parts()),
                  "another process went on with that run meanwhile", "Try again");
    recorder_->add_state(left_->sums, "the checkpoint");
    result_->take(left_->blocks, recorder_->summed());
    plan_.pieces = recorder_->missing();
    for (auto& trajectory : left_->in_flight)
      if (!within(plan_.pieces, {trajectory.number, 1}).empty())
        in_flight_.put(std::move(trajectory));
    left_->sums.clear();
    left_->in_flight.clear();
  }

  std::vector<Diagnostic> open_rate_equations(BlockSink* rows) {
    rate_rows_ = rows;
    plan_.trajectories = 1;
    outcome_.report = report_of(request_, prepared_, plan_);
    outcome_.report.max_events = 0;
    if (!has_ode_solver()) {  // before there are any files
      RunControl control;
      solve_rate_equations(prepared_.experiment, {}, control);
    }
    auto notes = discontinuity_notes(prepared_.experiment);
    if (prepared_.start.states > 1)
      notes.push_back({Severity::note,
                       {},
                       fmt::format("the rate equations start from the first of {} states",
                                   prepared_.start.states),
                       {},
                       {}});
    return notes;
  }

  void simulate(RunControl& control) {
    if (request_.engine == ode_engine) {
      outcome_.summary = run_rate_equations(prepared_.experiment, prepared_.columns, rate_rows_,
                                            control, outcome_.report);
      outcome_.was_stopped = control.stop;
      return;
    }
    FirstPassages sink(certified_ ? static_cast<SampleSink&>(*certified_) : *recorder_,
                       prepared_.first_passages, plan_);
    if (left_) sink.go_on_from(left_->passages, "the checkpoint");
    control.trajectories = plan_.trajectories - missing();
    std::optional<EnsembleSource> source;
    std::optional<Checkpoints> checkpoints;
    if (writes_checkpoints()) {
      source.emplace(*result_, *recorder_, in_flight_, sink);
      checkpoints.emplace(*source, bytes(), left_ ? left_->generation : 0,
                          left_ ? left_->wall_seconds : 0);
      checkpoints->begin(request_.checkpoint_every);
    }
    if (left_) outcome_.report.wall_seconds = left_->wall_seconds;
    run_steps(plan_, std::move(engine_), request_.engine, prepared_.targets, sink, *recorder_,
              control, outcome_.report, outcome_.engine_remarks);
    // What comes after the last trajectory stops nothing.
    outcome_.was_stopped = control.stop && (!prepared_.targets.empty() || missing() > 0);
    if (checkpoints) {
      checkpoints->end();
      // Before the summary, which hands on the start of a block that goes on later.
      if (outcome_.was_stopped) outcome_.can_go_on = checkpoints->write_last();
      auto const& remarks = checkpoints->remarks();
      outcome_.engine_remarks.insert(outcome_.engine_remarks.end(), remarks.begin(), remarks.end());
    }
    outcome_.summary = recorder_->summary();
    outcome_.report.simulated_events = std::max(control.events.load(), outcome_.summary.events);
  }

  std::string bytes() const {
    auto request = request_;
    request.experiment = prepared_.asked.request;
    return bytes_of_run(network_text_, request, prepared_.experiment);
  }

  u64 missing() const {
    u64 missing = 0;
    for (auto const& piece : recorder_->missing()) missing += piece.count;
    return missing;
  }

  void certify(RunControl& control, std::string const& verify) {
    auto const& summary = outcome_.summary;
    if (!certified_ || summary.trajectories == 0) return;
    CertificateScope scope{
        .trajectories = summary.trajectories, .threads = outcome_.report.threads, .verify = verify};
    // Who stops a run does not want to wait.
    if (outcome_.was_stopped)
      scope.events = affordable_events(0, 0, 1);
    else if (!request_.certify)
      scope.events = affordable_events(summary.events, summary.trajectories, scope.threads);
    control.stop = false;
    MartingaleLaws const laws(prepared_.experiment);
    auto certified = cristae::certify(plan_, laws, scope, certified_->delivered(), control);
    outcome_.certificate_was_cut = control.stop;
    // A signal before the first trajectory was followed leaves nothing to tell.
    if (certified.certificate.trajectories == 0) return;
    outcome_.report.certificate = std::move(certified.certificate);
    outcome_.certificate_findings = std::move(certified.findings);
  }

  std::string network_text_;  ///< before twins
  RunRequest request_;
  std::unique_ptr<Prepared> own_;
  Prepared& prepared_;
  std::unique_ptr<ResultWriter> result_;
  std::optional<MemoryResult> memory_;
  std::optional<BothSinks> both_;
  BlockSink* rate_rows_ = nullptr;  ///< of the engine ode, which has no recorder
  std::optional<EnsembleRecorder> recorder_;
  std::optional<CertifiedSink> certified_;
  std::unique_ptr<Engine> engine_;  ///< for the whole plan, until it runs
  InFlight in_flight_;
  std::optional<Checkpoint> left_;  ///< of the run that goes on
  RunPlan plan_;
  RunOutcome outcome_;
};

Run::Run(Network const& network, RunRequest request)
    : impl_(std::make_unique<Impl>(network, std::move(request))) {}
Run::~Run() = default;

RunRequest const& Run::request() const { return impl_->request_; }
Experiment const& Run::experiment() const { return impl_->prepared_.experiment; }
std::vector<Column> const& Run::columns() const { return impl_->prepared_.columns; }
std::vector<Diagnostic> const& Run::remarks() const { return impl_->prepared_.remarks; }
u64 Run::start_states() const { return impl_->prepared_.start.states; }
std::string Run::bytes() const { return impl_->bytes(); }
std::vector<std::string> Run::features() const {
  std::vector<std::string> texts;
  for (auto const& feature : impl_->prepared_.kept.features) texts.push_back(feature.text);
  return texts;
}
void Run::go_on_from(Checkpoint checkpoint, u64 expected) {
  if (fingerprint(impl_->prepared_.experiment) != expected)
    throw Error(ExitCode::input_output,
                fmt::format("'{}' cannot be gone on with", impl_->request_.result_file),
                "the states that it starts from are others by now",
                "Put the result that it started from back");
  impl_->left_ = std::move(checkpoint);
}
std::vector<Diagnostic> Run::open(RunControl& control) { return impl_->open(control); }
void Run::simulate(RunControl& control) { impl_->simulate(control); }
void Run::certify(RunControl& control, std::string const& verify) {
  impl_->certify(control, verify);
}
RunOutcome& Run::outcome() { return impl_->outcome_; }
RunOutcome const& Run::outcome() const { return impl_->outcome_; }

void Run::write_result_file() {
  if (impl_->result_) impl_->result_->finish(impl_->outcome_.report, impl_->outcome_.summary);
}

void Run::fill(Dataset& dataset) {
  if (impl_->memory_)
    impl_->memory_->finish(dataset, impl_->outcome_.report, impl_->outcome_.summary);
}

}  // namespace cristae
