// host/run/sweep.cpp - requests to sets, trajectories to the recorder of their set, sets to a result.
#include "host/run/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "host/backends/backends.hpp"
#include "host/base/bytes.hpp"
#include "host/base/bytes_text.hpp"
#include "host/engine/law_accuracy.hpp"
#include "host/engine/parameter_sets.hpp"
#include "host/engine/reduction.hpp"
#include "host/io/cell_factors.hpp"
#include "host/io/checkpoint.hpp"
#include "host/io/hdf5_file.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/machine_memory.hpp"
#include "host/io/memory_result.hpp"
#include "host/io/number_table.hpp"
#include "host/io/result_statistics.hpp"
#include "host/io/shards.hpp"
#include "host/io/stacked_sets.hpp"
#include "host/run/asked.hpp"
#include "host/run/checkpoints.hpp"
#include "host/run/first_passage.hpp"
#include "host/run/interrupted_run.hpp"
#include "host/run/run_parts.hpp"
#include "host/run/start_states.hpp"
#include "host/run/stopwatch.hpp"
#include "host/stats/histogram.hpp"
#include "host/stats/lagged.hpp"

namespace cristae {
namespace {

SetTable read_sets(SweepRequest const& request) {
  if (!request.set_values.empty()) return {request.set_names, request.set_values};
  if (request.sets_file.empty())
    return parameter_sets(request.over, request.design, request.run.seed);
  auto const table = read_number_table(request.sets_file);
  SetTable sets{table.names, {}};
  for (usize row = 0; row < table.rows(); ++row) {
    auto& set = sets.sets.emplace_back();
    for (auto const& column : table.columns) set.push_back(column[row]);
  }
  return sets;
}

/// What the experiments of all sets have in common, as their recorders need it: one initial row.
Experiment without_sets(Experiment const& all) {
  Experiment one = all;
  one.sets = {};
  one.initial.resize(all.network->species.size());
  return one;
}

/// Every condition finds the same fault of what they share.
std::vector<Diagnostic> each_once(std::vector<Diagnostic> findings) {
  std::vector<Diagnostic> kept;
  std::set<std::string> texts;
  for (auto& finding : findings)
    if (texts.insert(to_string(finding)).second) kept.push_back(std::move(finding));
  return kept;
}

/// Everything of a set that was simulated, complete or not.
struct SetState {
  u64 place = 0;  ///< among all sets of all conditions
  std::string sums;
  std::vector<MemoryResult::Block> rows;

  template <class Bytes>
  void transfer(Bytes& bytes) {
    bytes(place, sums, rows);
  }
};

/// A set on its way: its recorder, and what is kept of its trajectories.
struct OpenSet {
  Experiment experiment;
  std::optional<MemoryResult> kept;
  std::optional<EnsembleRecorder> recorder;
  std::atomic<u64> done{0};
};

}  // namespace

class Sweep::Impl final : public SampleSink, public ReductionSink, public CheckpointSource {
 public:
  Impl(Network const& network, SweepRequest request)
      : request_(std::move(request)),
        asked_(ask(network, with_cell_seed(request_.run.experiment, request_.run.seed))),
        network_(asked_.network), remarks_(asked_.remarks), network_text_(network.text) {
    std::vector<Diagnostic> findings;
    auto const usage = ExitCode::usage;
    auto& run = request_.run;
    if (request_.conditions.empty()) request_.conditions.push_back(run.experiment.condition);
    collect(findings, usage, [&] { table_ = read_sets(request_); });
    run.experiment = asked_.request;
    run.experiment.swept = table_.parameters;
    run.experiment.sets = table_.sets;
    if (run.experiment.sets.empty()) run.experiment.sets.emplace_back();
    u64 const most = ~u64{0} / std::max<u64>(1, run.experiment.sets.size());
    if (run.trajectories > most ||
        run.first > ~u64{0} - run.trajectories * run.experiment.sets.size())
      findings.push_back(
          {Severity::error, {}, "the last id would exceed 64 bits", "", "Ask for fewer"});
    for (auto const& condition : request_.conditions)
      collect(findings, usage, [&] {
        run.experiment.condition = condition;
        auto& experiment = experiments_.emplace_back(resolve(network_, run.experiment));
        if (run.start_from.empty()) return;
        start_ = start_from_result(experiment, run.start_from, run.seed);
        if (experiments_.size() == 1)
          remarks_.insert(remarks_.end(), start_.remarks.begin(), start_.remarks.end());
      });
    collect(findings, usage, [&] { columns_ = choose_columns(network_, run.select); });
    if (findings.empty())
      collect(findings, usage, [&] {
        kept_.end_states = run.keep && !run.keep->empty();
        kept_.end_times = !experiments_.front().stop_when.empty();
        if (run.keep) keep_features(*run.keep);
        lagged_ = parse_lagged_pairs(run.correlation, columns_);
        if (!lagged_.empty()) LagGrid(experiments_.front().sample_times);
      });
    if (findings.empty())
      add_first_passages(experiments_, run.first_passages, passages_, kept_.features, findings);
    if (!findings.empty()) throw Error(usage, each_once(std::move(findings)));
    auto const& more = experiments_.front().remarks;
    remarks_.insert(remarks_.end(), more.begin(), more.end());
    for (auto const& condition : request_.conditions)
      for (auto const& values : run.experiment.sets) sets_.push_back({condition, values, {}});
    datasets_.resize(sets_.size());
  }

  u64 trajectories() const { return request_.run.trajectories * sets_.size(); }

  std::vector<Diagnostic> open(RunControl& control) {
    stop_ = &control.stop;
    auto const& run = request_.run;
    if (!run.result_file.empty()) check_output(run.result_file, run.overwrite, Streams::refuse);
    memory_ = available_memory_bytes();
    require_memory();
    if (!run.result_file.empty()) {
      auto const by_overwrite =
          run.overwrite == Overwrite::allow ? LeftParts::remove : LeftParts::refuse;
      parts_.emplace(parts_folder(run.result_file), left_ ? LeftParts::take : by_overwrite);
    }
    if (left_) take_left();
    enter(first_to_run());
    report_ = report_of(run, experiments_.front(), start_, plan_);
    report_.is_sweep = true;
    for (auto const& condition : passages_) report_.first_passages.push_back(condition.text);
    report_.requested = trajectories();
    if (experiments_.size() > 1) report_.condition.clear();
    return engine_->name() == "reference" ? std::vector<Diagnostic>{}
                                          : law_accuracy_warnings(plan_);
  }

  void simulate(RunControl& control) {
    u64 const total = trajectories();
    control.trajectories = total - missing();
    auto const& run = request_.run;
    std::optional<Checkpoints> checkpoints;
    if (writes_checkpoints()) {
      auto request = request_;
      request.set_names = table_.parameters;
      request.set_values = table_.sets;
      checkpoints.emplace(*this, bytes_of_sweep(network_text_, request, experiments_),
                          left_ ? left_->generation : 0, left_ ? left_->wall_seconds : 0);
      checkpoints->begin(run.checkpoint_every);
    }
    if (left_) report_.wall_seconds = left_->wall_seconds;
    for (usize c = condition_; c < experiments_.size() && !control.stop; ++c) {
      if (c != condition_) enter(c);
      report_.engine = engine_->name();
      report_.isa = engine_->isa();
      report_.code = engine_->code();
      report_.threads = engine_->threads();
      if (plan_.pieces.empty()) continue;  // a sweep that goes on has all of it
      Stopwatch const stopwatch;
      sink_->find(plan_, run.engine, control);
      if (!control.stop) engine_->run(*sink_, control);
      stopwatch.add_to(report_);
      for (auto& note : engine_->remarks()) engine_remarks_.push_back(std::move(note));
      for (auto& [number, set] : open_)
        if (set->kept && !error_) error_ = set->kept->error();
    }
    // A signal that comes when all is done cuts nothing.
    report_.interrupted = control.stop && missing() > 0;
    if (checkpoints) {
      checkpoints->end();
      if (report_.interrupted) can_go_on_ = checkpoints->write_last();
      auto const& remarks = checkpoints->remarks();
      engine_remarks_.insert(engine_remarks_.end(), remarks.begin(), remarks.end());
    }
    open_.clear();
    if (error_) throw *error_;
    u64 events = 0;
    for (auto const& set : sets_) events += set.summary.events;
    report_.simulated_events = std::max<u64>(control.events, events);
  }

  // ---- checkpoints ----

  bool writes_checkpoints() const { return parts_ && request_.run.checkpoint_every > 0; }

  void want() override {
    std::lock_guard const lock(between_);
    in_flight_->want();
    sink_->want();
  }

  void gather(Checkpoint& checkpoint) override {
    std::lock_guard const lock(between_);
    checkpoint.in_flight = in_flight_->all();
    checkpoint.passages = sink_->state();
    u64 condition = condition_;
    std::vector<SetState> open;
    {
      std::lock_guard const sets(mutex_);
      for (auto& [number, set] : open_) open.push_back(state_of(number, *set));
    }
    ByteWriter bytes;
    bytes(condition, open);
    checkpoint.sums = bytes.take();
    // Sets that were completed meanwhile are in both; those between the two begin anew.
    checkpoint.blocks = parts_->flush();
    checkpoint.missing = missing();
  }

  std::string const& folder() const override { return parts_->folder(); }
  void keep() override { parts_->keep(); }

  void go_on_from(Checkpoint checkpoint, u64 expected) {
    if (fingerprint(experiments_) != expected)
      throw Error(ExitCode::input_output,
                  fmt::format("'{}' cannot be gone on with", request_.run.result_file),
                  "the states that it starts from are others by now",
                  "Put the result that it started from back");
    left_ = std::move(checkpoint);
  }

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override {
    stop_on_error([&] {
      OpenSet& set = open_set(set_of(end.id));
      TrajectoryEnd of_set = end;
      of_set.id = number_in_set(end.id);
      set.recorder->finished(of_set, samples);
      add_done(set_of(end.id), set, 1);
    });
  }

  // ---- sums, each of one set ----

  ReductionSink* reduction() override {
    return form_ && form_->recorder->reduction() != nullptr ? this : nullptr;
  }
  ReductionRequest const& request() const override {
    return form_->recorder->reduction()->request();
  }
  Piece reducible(Piece trajectories) const override {
    while (trajectories.count > 0) {
      u64 const first = number_in_set(trajectories.first);
      u64 const left = request_.run.first + request_.run.trajectories - first;
      u64 const count = std::min(trajectories.count, left);
      auto const part = form_->recorder->reduction()->reducible({first, count});
      if (part.count > 0) return {trajectories.first + (part.first - first), part.count};
      trajectories = {trajectories.first + count, trajectories.count - count};
    }
    return trajectories;
  }
  ColumnValues values(Piece part) override { return sums_of(part).values(in_set(part)); }
  void cell_values(Piece part, double* values) override {
    sums_of(part).cell_values(in_set(part), values);
  }
  void reduced(ReducedTrajectories const& part) override {
    stop_on_error([&] {
      std::vector<TrajectoryEnd> ends(part.ends.begin(), part.ends.end());
      for (auto& end : ends) end.id = number_in_set(end.id);
      ReducedTrajectories of_set = part;
      of_set.first = number_in_set(part.first);
      of_set.ends = ends;
      OpenSet& set = open_set(set_of(part.first));
      set.recorder->reduction()->reduced(of_set);
      add_done(set_of(part.first), set, ends.size());
    });
  }
  u64 next_watched(u64) const override { return none; }
  void watched(TrajectoryEnd const&, std::span<double const>) override {}

  template <class File>
  void write(File& file) {
    auto const& experiment = experiments_.front();
    EnsembleSummary total;
    constexpr u64 odd = 0x9E3779B97F4A7C15;
    for (auto const& set : sets_) {
      total.trajectories += set.summary.trajectories;
      total.events += set.summary.events;
      total.contract_hash = total.contract_hash * odd + set.summary.contract_hash;
      total.statistics_hash = total.statistics_hash * odd + set.summary.statistics_hash;
      for (usize i = 0; i < status_count; ++i) total.statuses[i] += set.summary.statuses[i];
    }
    auto subject = subject_of(experiment);
    if (experiments_.size() > 1) subject.changes.clear();
    write_run(file, report_, subject, total);
    write_cell_factors(file,
                       factors_of_cells(experiment, request_.run.first, request_.run.trajectories));
    std::vector<usize> whole;
    for (usize s = 0; s < sets_.size(); ++s)
      if (datasets_[s]) whole.push_back(s);
    if (whole.empty()) return;
    write_sets(file, whole);
    std::vector<Dataset const*> stacked;
    for (usize const s : whole) stacked.push_back(datasets_[s].get());
    write_stacked(file, stacked);
  }

  void write_result_file() {
    auto const& run = request_.run;
    if (run.result_file.empty()) return;
    OutputFile output(run.result_file, run.overwrite, Streams::refuse);
    Hdf5File file(Hdf5File::Mode::create, output.temporary(), run.result_file);
    write(file);
    file.close();
    output.commit();
    if (!report_.interrupted) parts_->drop();
    parts_.reset();
  }

  std::vector<Diagnostic> findings() const {
    std::vector<Diagnostic> findings;
    for (usize s = 0; s < sets_.size(); ++s)
      for (auto const& failure : sets_[s].summary.first_failures) {
        findings.push_back(
            {Severity::error,
             {},
             fmt::format("set {}{}: {} of {} trajectories ended with status {}, the first is {} "
                         "at {:.6g} {}",
                         s, name_of_set(s), sets_[s].summary.count(failure.status),
                         sets_[s].summary.trajectories, name_of(failure.status), failure.id,
                         failure.time, network_.time_unit),
             "its statistics at later times are those of the others",
             ""});
      }
    return findings;
  }

  SweepRequest request_;
  Asked asked_;
  Network const& network_;
  std::vector<Diagnostic> remarks_, engine_remarks_;
  SetTable table_;
  StartStates start_;
  std::vector<Experiment> experiments_;  ///< by condition
  std::vector<Column> columns_;
  KeptTrajectories kept_;
  std::vector<StateCondition> passages_;
  std::vector<LaggedPair> lagged_;
  std::vector<SweptSet> sets_;
  RunReport report_;
  bool can_go_on_ = false;

 private:
  std::string network_text_;        ///< before twins
  std::optional<Shards> parts_;     ///< where there is a result file; block s is set s
  std::optional<Checkpoint> left_;  ///< of the sweep that goes on
  std::mutex between_;              ///< held where one condition follows another; guards:
  std::unique_ptr<InFlight> in_flight_;
  std::optional<FirstPassages> sink_;
  std::vector<std::unique_ptr<Dataset>> datasets_;  ///< of the sets that are complete
  std::unique_ptr<Engine> engine_;
  RunPlan plan_;
  usize condition_ = 0;
  u64 left_condition_ = 0;         ///< that was under way in `left_`
  Experiment common_;              ///< of the condition's sets
  std::unique_ptr<OpenSet> form_;  ///< a set of the condition that gets nothing: what all are like
  u64 memory_ = 0;
  std::atomic<bool>* stop_ = nullptr;
  std::mutex mutex_;
  std::map<u64, std::unique_ptr<OpenSet>> open_;  ///< guarded by mutex_, as is error_
  std::optional<Error> error_;

  template <class Body>
  void stop_on_error(Body const& body) {
    try {
      body();
    } catch (Error const& error) {
      std::lock_guard const lock(mutex_);
      if (!error_) error_ = error;
      *stop_ = true;
    }
  }

  /// Of the condition.
  u64 set_of(u64 number) const { return plan_.place_of(number).set; }
  /// What a run of the set alone calls it.
  u64 number_in_set(u64 number) const {
    return plan_.first + (number - plan_.first) % plan_.per_set;
  }
  Piece in_set(Piece part) const { return {number_in_set(part.first), part.count}; }
  ReductionSink& sums_of(Piece part) { return *open_set(set_of(part.first)).recorder->reduction(); }
  void add_done(u64 number, OpenSet& set, u64 count) {
    if (set.done.fetch_add(count) + count == request_.run.trajectories)
      close(number, Kept::not_yet);
  }

  u64 sets_of_condition() const { return experiments_.front().sets.values.size(); }

  u64 missing() {
    std::lock_guard const lock(mutex_);
    u64 done = 0;
    for (auto const& dataset : datasets_) done += dataset ? request_.run.trajectories : 0;
    for (auto const& [number, set] : open_) done += set->done;
    return trajectories() - done;
  }

  /// Those of the condition's trajectories that are missing, numbered as its plan does.
  std::vector<Piece> todo(usize condition) const {
    auto const& run = request_.run;
    std::vector<Piece> pieces;
    auto const add = [&](u64 first, u64 count) {
      if (!pieces.empty() && pieces.back().first + pieces.back().count == first)
        pieces.back().count += count;
      else
        pieces.push_back({first, count});
    };
    for (u64 number = 0; number < sets_of_condition(); ++number) {
      if (datasets_[condition * sets_of_condition() + number]) continue;
      u64 const before = number * run.trajectories;
      auto const open = condition == condition_ ? open_.find(number) : open_.end();
      if (open == open_.end()) {
        add(run.first + before, run.trajectories);
        continue;
      }
      for (auto const& piece : open->second->recorder->missing())
        add(piece.first + before, piece.count);
    }
    return pieces;
  }

  /// A condition of which something is missing; where there is none, the last.
  usize first_to_run() const {
    usize c = 0;
    while (c + 1 < experiments_.size() && todo(c).empty()) ++c;
    return c;
  }

  void choose(usize condition) {
    condition_ = condition;
    common_ = without_sets(experiments_[condition]);
  }

  void enter(usize condition) {
    std::lock_guard const lock(between_);
    if (condition != condition_ || !in_flight_) {
      choose(condition);
      in_flight_ = std::make_unique<InFlight>();
    }
    plan_ = plan_of_condition(condition);
    plan_.pieces = todo(condition);
    plan_.in_flight = in_flight_.get();
    form_ = new_set(0);
    sink_.emplace(*this, passages_, plan_);
    if (left_ && left_condition_ == condition) {
      sink_->go_on_from(left_->passages, "the checkpoint");
      for (auto& trajectory : left_->in_flight)
        if (is_within(plan_.pieces, trajectory.number)) in_flight_->put(std::move(trajectory));
      left_->in_flight.clear();
    }
    engine_ = make_engine(request_.run.engine, plan_);
  }

  static bool is_within(std::vector<Piece> const& pieces, u64 number) {
    return std::any_of(pieces.begin(), pieces.end(), [&](Piece const& piece) {
      return piece.first <= number && number - piece.first < piece.count;
    });
  }

  SetState state_of(u64 number, OpenSet& set) const {
    SetState state{condition_ * sets_of_condition() + number, set.recorder->state(), {}};
    if (set.kept) state.rows = set.kept->blocks();
    return state;
  }

  /// The sets that were complete, and those that were open, of which some may be complete by now.
  void take_left() {
    if (newest_checkpoint(parts_->folder()) != left_->newest)
      throw Error(ExitCode::input_output, fmt::format("'{}' has changed", parts_->folder()),
                  "another process went on with that sweep meanwhile", "Try again");
    ByteReader bytes(left_->sums, "the checkpoint");
    std::vector<SetState> open;
    bytes(left_condition_, open);
    bytes.require(bytes.is_at_end() && left_condition_ < experiments_.size());
    parts_->take(left_->blocks);
    for (auto const& block : left_->blocks) {
      SetState state;
      auto const text = parts_->read(block);
      ByteReader one(text, fmt::format("'{}'", parts_->folder()));
      one(state);
      one.require(one.is_at_end());
      take(std::move(state), Kept::on_disk);
    }
    for (auto& state : open) take(std::move(state), Kept::not_yet);
    left_->sums.clear();
  }

  /// Whether the shards have the set.
  enum class Kept : u8 { on_disk, not_yet };

  void take(SetState state, Kept where) {
    char const* const what = "the checkpoint";
    ByteReader const damage({}, what);
    damage.require(state.place < datasets_.size());
    if (datasets_[state.place]) return;
    choose(state.place / sets_of_condition());
    u64 const number = state.place % sets_of_condition();
    OpenSet& set = open_set(number);
    set.recorder->add_state(state.sums, what);
    if (set.kept) set.kept->take(std::move(state.rows), set.recorder->summed(), what);
    u64 missing = 0;
    for (auto const& piece : set.recorder->missing()) missing += piece.count;
    set.done = request_.run.trajectories - missing;
    if (missing == 0) return close(number, where);
    damage.require(where == Kept::not_yet && condition_ == left_condition_);
  }

  std::string name_of_set(usize s) const {
    std::vector<std::string> parts;
    if (!sets_[s].condition.empty()) parts.push_back(sets_[s].condition);
    for (usize i = 0; i < table_.parameters.size(); ++i)
      parts.push_back(fmt::format("{} = {:.6g}", table_.parameters[i], sets_[s].values[i]));
    return parts.empty() ? "" : fmt::format(" ({})", fmt::join(parts, ", "));
  }

  RunPlan plan_of_condition(usize condition) const {
    auto const& run = request_.run;
    auto const& experiment = experiments_[condition];
    auto plan = plan_of(run, experiment, counted_reactions(network_, columns_));
    plan.per_set = run.trajectories;
    plan.trajectories = run.trajectories * experiment.sets.values.size();
    return plan;
  }

  RecorderOptions recorder_options() const {
    RecorderOptions options;
    options.histogram_times = request_.run.histogram_times;
    options.threads = request_.run.threads;
    options.lagged = lagged_;
    options.alike = common_.alike();
    for (auto const& condition : passages_) options.first_passages.push_back(condition.text);
    return options;
  }

  /// Of the statistics of all sets, and of what is kept of trajectories.
  void require_memory() const {
    auto const& times = experiments_.front().sample_times;
    double const points = double(columns_.size()) * double(times.size()) * sizeof(PointStatistics);
    double const bins = double(Histogram::most_bins) * double(columns_.size()) *
                        std::min(double(request_.run.histogram_times), double(times.size())) * 8;
    double const rows =
        double(kept_.features.size() + (kept_.end_states ? network_.species.size() : 0) + 3) *
        double(request_.run.trajectories) * 8;
    double const bytes = 2 * double(sets_.size()) * (points + bins + rows);
    if (bytes > double(memory_))
      throw Error(
          ExitCode::usage,
          fmt::format("{} needed for the results of {} parameter sets, {} available",
                      bytes_text(bytes), sets_.size(), bytes_text(double(memory_))),
          fmt::format("{} columns at {} sample times, and {} features of {} trajectories of "
                      "each set",
                      columns_.size(), times.size(), kept_.features.size(),
                      request_.run.trajectories),
          "Use --select, fewer --samples, or fewer sets");
  }

  void keep_features(std::vector<std::string> const& texts) {
    for (auto const& text : texts) {
      auto feature = parse_feature(text, columns_, experiments_.front().sample_times);
      if (feature.kind == FeatureKind::first)
        throw Error(ExitCode::usage, fmt::format("'{}' is not told by samples", feature.text),
                    "the condition is looked at after every event",
                    "Give it as --first-passage, or first_passage in Python");
      add_once(kept_.features, std::move(feature));
    }
  }

  OpenSet& open_set(u64 number) {
    std::lock_guard const lock(mutex_);
    if (auto const found = open_.find(number); found != open_.end()) return *found->second;
    return *open_.emplace(number, new_set(number)).first->second;
  }

  std::unique_ptr<OpenSet> new_set(u64 number) {
    auto set = std::make_unique<OpenSet>();
    auto const& run = request_.run;
    set->experiment = common_;
    auto const& sets = experiments_[condition_].sets;
    for (usize i = 0; i < sets.parameters.size(); ++i)
      for (auto& segment : set->experiment.segments)
        segment.parameters[static_cast<u32>(sets.parameters[i])] = sets.values[number][i];
    auto options = recorder_options();
    if (kept_.any()) {
      set->kept.emplace(set->experiment, columns_, run.first, kept_, memory_);
      set->kept->stop_on_error(stop_);
      options.blocks = &*set->kept;
    }
    set->recorder.emplace(set->experiment, columns_, run.first, run.trajectories, memory_, options);
    return set;
  }

  /// Brings a complete set to the shards: one that cannot be is still in memory, and the next
  /// checkpoint says what is wrong.
  void write_down(u64 number, OpenSet& set) {
    ByteWriter bytes;
    auto state = state_of(number, set);
    bytes(state);
    try {
      parts_->add(state.place, 1, bytes.take());
    } catch (Error const&) {
    }
  }

  void close(u64 number, Kept where) {
    std::unique_ptr<OpenSet> set;
    {
      std::lock_guard const lock(mutex_);
      auto const found = open_.find(number);
      set = std::move(found->second);
      open_.erase(found);
    }
    if (where == Kept::not_yet && writes_checkpoints()) write_down(number, *set);
    auto summary = set->recorder->summary();
    auto dataset = std::make_unique<Dataset>();
    std::vector<std::string> species;
    for (auto const& one : network_.species) species.push_back(one.id);
    if (kept_.end_states) dataset->add_dimension("network_species", species);
    if (set->kept)
      set->kept->write_results(*dataset, network_.time_unit, summary);
    else
      write_statistics(*dataset, summary, network_.time_unit);
    usize const place = condition_ * experiments_[condition_].sets.values.size() + number;
    std::lock_guard const lock(mutex_);
    // Histograms are in the dataset; what is printed needs none.
    for (auto& column : summary.columns) column.histograms.clear();
    datasets_[place] = std::move(dataset);
    sets_[place].summary = std::move(summary);
  }

  /// The dimension `parameter_set` and what tells the sets apart.
  template <class File>
  void write_sets(File& file, std::vector<usize> const& whole) {
    std::vector<u64> numbers(whole.begin(), whole.end()), events;
    std::vector<std::string> conditions, contract, statistics;
    std::vector<double> values;
    std::vector<std::vector<u64>> statuses(status_count);
    for (usize const s : whole) {
      auto const& set = sets_[s];
      conditions.push_back(set.condition);
      values.insert(values.end(), set.values.begin(), set.values.end());
      events.push_back(set.summary.events);
      contract.push_back(hash_text(set.summary.contract_hash));
      statistics.push_back(hash_text(set.summary.statistics_hash));
      for (usize i = 0; i < status_count; ++i) statuses[i].push_back(set.summary.statuses[i]);
    }
    file.add_dimension("parameter_set", numbers).set("long_name", "number of the parameter set");
    file.add_texts("set_condition", {"parameter_set"}, conditions).set("long_name", "condition");
    if (!table_.parameters.empty()) {
      file.add_dimension("swept", table_.parameters).set("long_name", "parameter swept over");
      auto variable = file.template add<double>("set_parameters", {"parameter_set", "swept"});
      variable.set("long_name", "value of the parameter in the set");
      variable.write(values);
    }
    auto count = [&](std::string const& name, std::vector<u64> const& of_sets,
                     std::string const& text) {
      auto variable = file.template add<u64>(name, {"parameter_set"});
      variable.set("long_name", text);
      variable.write(of_sets);
    };
    count("set_events", events, "events of the set's trajectories");
    for (usize i = 0; i < status_count; ++i) {
      std::string const status = name_of(static_cast<TrajectoryStatus>(i));
      count("set_" + status, statuses[i], "trajectories of the set that ended as " + status);
    }
    file.add_texts("set_contract_hash", {"parameter_set"}, contract)
        .set("long_name", "contract hash, that of a run of the set alone");
    file.add_texts("set_statistics_hash", {"parameter_set"}, statistics)
        .set("long_name", "statistics hash, that of a run of the set alone");
  }
};

Sweep::Sweep(Network const& network, SweepRequest request)
    : impl_(std::make_unique<Impl>(network, std::move(request))) {}
Sweep::~Sweep() = default;
std::vector<std::string> const& Sweep::parameters() const { return impl_->table_.parameters; }
std::vector<Diagnostic> const& Sweep::remarks() const { return impl_->remarks_; }
u64 Sweep::trajectories() const { return impl_->trajectories(); }
std::vector<Diagnostic> Sweep::open(RunControl& control) { return impl_->open(control); }
void Sweep::simulate(RunControl& control) { impl_->simulate(control); }
void Sweep::go_on_from(Checkpoint checkpoint, u64 fingerprint) {
  impl_->go_on_from(std::move(checkpoint), fingerprint);
}
bool Sweep::can_go_on() const { return impl_->can_go_on_; }
std::vector<SweptSet> const& Sweep::sets() const { return impl_->sets_; }
RunReport& Sweep::report() { return impl_->report_; }
std::vector<Diagnostic> const& Sweep::engine_remarks() const { return impl_->engine_remarks_; }
std::vector<Diagnostic> Sweep::findings() const { return impl_->findings(); }
void Sweep::write_result_file() { impl_->write_result_file(); }
void Sweep::fill(Dataset& dataset) { impl_->write(dataset); }

}  // namespace cristae
