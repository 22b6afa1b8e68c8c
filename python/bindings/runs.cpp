// python/bindings/runs.cpp - a run step by step, its samples again, and one trajectory's events.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "host/backends/backends.hpp"
#include "host/base/bytes_text.hpp"
#include "host/engine/cells.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/machine_memory.hpp"
#include "host/run/asked.hpp"
#include "host/run/extend.hpp"
#include "host/run/interrupted_run.hpp"
#include "host/run/merge.hpp"
#include "host/run/recorded_experiment.hpp"
#include "host/run/result_parts.hpp"
#include "host/run/run.hpp"
#include "host/run/run_findings.hpp"
#include "host/run/simulate_again.hpp"
#include "host/run/start_states.hpp"
#include "host/run/sweep.hpp"
#include "python/bindings/bindings.hpp"
#include "python/bindings/requests.hpp"

namespace cristae::python {
namespace {

/// A Run, the network it needs, and the way to stop it.
class Session {
 public:
  Session(NetworkHandle const& handle, nb::dict const& fields) : network_(handle.network) {
    auto request = run_request(fields);
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    run_ = std::make_unique<Run>(*network_, std::move(request));
  }

  /// Goes on with a run that was interrupted.
  explicit Session(ResumeRequest const& given) {
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    auto left = read_interrupted_run(given.result);
    auto const request = request_to_resume(left, given);
    remarks_ = std::move(left.remarks);
    network_ = std::make_shared<Network const>(std::move(left.network));
    run_ = std::make_unique<Run>(*network_, request);
    run_->go_on_from(std::move(left.checkpoint), left.fingerprint);
  }

  /// The run of a result once more, to a later end.
  Session(ExtendRequest const& given, double t_end) {
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    auto again = longer_run(given, t_end);
    network_ = std::make_shared<Network const>(std::move(again.network));
    run_ = std::make_unique<Run>(*network_, std::move(again.request));
  }

  /// Lets go of memory and of what is left of files, though the object may live on in a traceback.
  void close() { run_.reset(); }

  std::vector<FindingFields> remarks() const {
    auto remarks = remarks_;
    remarks.insert(remarks.end(), run().remarks().begin(), run().remarks().end());
    return fields_of(remarks);
  }

  std::vector<FindingFields> open() {
    nb::gil_scoped_release const released;
    return fields_of(run().open(control_));
  }

  bool simulate(nb::object const& progress) {
    return run_interruptible(control_, progress, [this] { run().simulate(control_); });
  }

  bool certify(std::string const& network) {
    auto const verify = command_text("verify", network, run().request());
    return run_interruptible(control_, nb::none(), [&] { run().certify(control_, verify); });
  }

  /// What did not go as asked for; fills in the last words of the report.
  std::vector<FindingFields> findings(nb::object const& replay, bool is_interrupted) {
    auto& report = run().outcome().report;
    // A signal that cut nothing leaves a whole result.
    report.interrupted = is_interrupted && run().outcome().was_stopped;
    bool const was_cut = report.interrupted || run().outcome().certificate_was_cut;
    report.exit_status = int(was_cut ? ExitCode::interrupted : status_of(run()));
    return fields_of(run_findings(
        run(), [&](u64 trajectory) { return nb::cast<std::string>(replay(trajectory)); }));
  }

  std::vector<FindingFields> engine_remarks() const {
    return fields_of(run().outcome().engine_remarks);
  }
  std::vector<FindingFields> certificate_findings() const {
    return fields_of(run().outcome().certificate_findings);
  }

  void write_result_file() {
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    run().write_result_file();
  }

  nb::dict dataset() {
    Dataset dataset;
    {
      nb::gil_scoped_release const released;
      run().fill(dataset);
    }
    return to_python(dataset);
  }

  u64 trajectories() const { return run().outcome().summary.trajectories; }
  u64 start_states() const { return run().start_states(); }
  u64 first() const { return run().request().first; }
  u64 asked() const { return run().request().trajectories; }
  bool has_precision() const { return !run().request().until.empty(); }
  bool can_go_on() const { return run().outcome().can_go_on; }

 private:
  Run& run() const {
    if (!run_) throw Error(ExitCode::internal, "a run is used after it was closed");
    return *run_;
  }

  std::shared_ptr<Network const> network_;
  RunControl control_;
  std::vector<Diagnostic> remarks_;  ///< on checkpoints that are damaged
  std::unique_ptr<Run> run_;
};

/// More trajectories of a result, as Session has a run.
class ExtensionSession {
 public:
  explicit ExtensionSession(nb::dict const& fields) {
    auto request = extend_request(fields);
    locked([&] { extension_ = std::make_unique<Extension>(std::move(request)); });
  }
  ~ExtensionSession() { close(); }
  ExtensionSession(ExtensionSession const&) = delete;
  ExtensionSession& operator=(ExtensionSession const&) = delete;

  void close() {
    locked([this] { extension_.reset(); });
  }
  u64 trajectories() const { return extension().trajectories(); }
  void open() {
    locked([this] { extension().open(control_); });
  }
  bool simulate(nb::object const& progress) {
    return run_interruptible(control_, progress, [this] { extension().simulate(control_); });
  }
  bool certify(std::string const& verify) {
    return run_interruptible(control_, nb::none(), [&] { extension().certify(control_, verify); });
  }
  std::vector<FindingFields> remarks() const { return fields_of(extension().remarks()); }
  std::vector<FindingFields> findings() const {
    return fields_of(failures_of(extension().summary()));
  }
  bool is_interrupted() const { return extension().report().interrupted; }
  u64 in_all() const { return extension().summary().trajectories; }
  bool can_go_on() const { return extension().can_go_on(); }
  void write(bool is_interrupted) {
    auto& report = extension().report();
    if (is_interrupted && report.interrupted) report.exit_status = int(ExitCode::interrupted);
    locked([this] { extension().write(); });
  }

 private:
  static void locked(std::function<void()> const& step) {
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    step();
  }
  Extension& extension() const {
    if (!extension_) throw Error(ExitCode::internal, "an extension is used after it was closed");
    return *extension_;
  }

  RunControl control_;
  std::unique_ptr<Extension> extension_;
};

/// What there is to say of the result, and its exit status.
nb::tuple merge(nb::dict const& fields) {
  auto const request = merge_request(fields);
  RunControl control;
  MergeOutcome merged;
  bool const is_interrupted = run_interruptible(control, nb::none(), [&] {
    std::lock_guard const lock(hdf5_mutex());
    try {
      merged = merge_results(request, control);
    } catch (Error const& error) {
      if (error.code() != ExitCode::interrupted) throw;
    }
  });
  // What is written is written, however late the signal came.
  if (is_interrupted && merged.results == 0) {
    PyErr_SetString(PyExc_KeyboardInterrupt, "interrupted: nothing was written");
    throw nb::python_error();
  }
  auto findings = merged.remarks;
  for (auto& finding : failures_of(merged.summary)) findings.push_back(std::move(finding));
  return nb::make_tuple(fields_of(findings), merged.report.exit_status);
}

/// A Sweep, as Session has a Run.
class SweepSession {
 public:
  SweepSession(NetworkHandle const& handle, nb::dict const& fields) : network_(handle.network) {
    auto request = sweep_request(fields);
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    sweep_ = std::make_unique<Sweep>(*network_, std::move(request));
  }

  /// Goes on with a sweep that was interrupted.
  explicit SweepSession(ResumeRequest const& given) {
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    auto left = read_interrupted_run(given.result);
    if (!left.sweep) throw Error(ExitCode::internal, fmt::format("'{}' is no sweep", given.result));
    auto request = *left.sweep;
    request.run = request_to_resume(left, given);
    remarks_ = std::move(left.remarks);
    network_ = std::make_shared<Network const>(std::move(left.network));
    sweep_ = std::make_unique<Sweep>(*network_, std::move(request));
    sweep_->go_on_from(std::move(left.checkpoint), left.fingerprint);
  }

  void close() { sweep_.reset(); }
  bool can_go_on() const { return sweep().can_go_on(); }
  u64 trajectories() const { return sweep().trajectories(); }
  std::vector<FindingFields> remarks() const {
    auto remarks = remarks_;
    remarks.insert(remarks.end(), sweep().remarks().begin(), sweep().remarks().end());
    return fields_of(remarks);
  }
  std::vector<FindingFields> open() {
    nb::gil_scoped_release const released;
    return fields_of(sweep().open(control_));
  }
  bool simulate(nb::object const& progress) {
    return run_interruptible(control_, progress, [this] { sweep().simulate(control_); });
  }
  std::vector<FindingFields> findings(bool is_interrupted) {
    auto findings = sweep().findings();
    auto& report = sweep().report();
    report.interrupted = is_interrupted && report.interrupted;
    report.exit_status = int(report.interrupted ? ExitCode::interrupted
                             : findings.empty() ? ExitCode::ok
                                                : ExitCode::numerical);
    return fields_of(findings);
  }
  std::vector<FindingFields> engine_remarks() const { return fields_of(sweep().engine_remarks()); }
  u64 complete() const {
    u64 count = 0;
    for (auto const& set : sweep().sets()) count += set.summary.trajectories > 0;
    return count;
  }
  nb::dict dataset() {
    Dataset dataset;
    {
      nb::gil_scoped_release const released;
      sweep().fill(dataset);
    }
    return to_python(dataset);
  }
  void write_result_file() {
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    sweep().write_result_file();
  }

 private:
  Sweep& sweep() const {
    if (!sweep_) throw Error(ExitCode::internal, "a sweep is used after it was closed");
    return *sweep_;
  }

  std::shared_ptr<Network const> network_;
  RunControl control_;
  std::vector<Diagnostic> remarks_;  ///< on checkpoints that are damaged
  std::unique_ptr<Sweep> sweep_;
};

/// Every event of a trajectory, as long as there is memory.
class EventArrays final : public EventLog {
 public:
  EventArrays(Experiment const& experiment, u64 trajectory) : available_(available_memory_bytes()) {
    add(experiment.segments[0].start, -1, initial_counts(experiment, trajectory));
  }

  void event(u64, double time, ReactionId reaction, std::span<i64 const> counts) override {
    add(time, static_cast<i32>(reaction), counts);
  }

  std::vector<double> times;
  std::vector<i32> reactions;
  std::vector<i64> states;

 private:
  void add(double time, i32 reaction, std::span<i64 const> counts) {
    // A vector that grows is there twice for a moment.
    if (states.size() == states.capacity() && 24 * states.size() > available_)
      throw Error(ExitCode::usage, fmt::format("{} events do not fit into memory", times.size()),
                  fmt::format("{} free", bytes_text(double(available_))),
                  "Give a smaller --max-events, or an earlier --t-end");
    times.push_back(time);
    reactions.push_back(reaction);
    states.insert(states.end(), counts.begin(), counts.end());
  }

  u64 available_;
};

struct EndSink final : SampleSink {
  std::optional<TrajectoryEnd> end;
  void finished(TrajectoryEnd const& e, std::span<double const>) override { end = e; }
};

void run_or_raise(RunControl& control, std::function<void()> const& work) {
  if (!run_interruptible(control, nb::none(), work)) return;
  PyErr_SetNone(PyExc_KeyboardInterrupt);
  throw nb::python_error();
}

/// Trajectory plan.first: times, reactions (-1: the start), states, and how it ended.
nb::tuple events_of(RunPlan const& plan) {
  EventArrays log(*plan.experiment, plan.first);
  EndSink sink;
  RunControl control;
  run_or_raise(control, [&] { replay_trajectory(plan, log, sink, control); });
  auto const& end = sink.end.value();
  nb::dict outcome;
  outcome["status"] = name_of(end.status);
  outcome["events"] = end.events;
  outcome["t_end"] = end.time;
  outcome["hash"] = hash_text(end.hash);
  u64 const events = log.times.size();
  u64 const species = plan.experiment->network->species.size();
  return nb::make_tuple(array_of(std::move(log.times), {events}),
                        array_of(std::move(log.reactions), {events}),
                        array_of(std::move(log.states), {events, species}), outcome);
}

nb::tuple replay(NetworkHandle const& handle, nb::dict const& fields) {
  auto const request = run_request(fields);
  AskedExperiment made(*handle.network, with_cell_seed(request.experiment, request.seed));
  Experiment& experiment = made.experiment;
  if (!request.start_from.empty()) {
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    start_from_result(experiment, request.start_from, request.seed);
  }
  RunPlan plan;
  plan.experiment = &experiment;
  plan.first = request.first;
  plan.seed = request.seed;
  plan.max_events = request.max_events.value_or(plan.max_events);
  return events_of(plan);
}

u64 hash_of(std::string const& text) { return std::stoull(text, nullptr, 16); }

/// The experiment of a result again, to look at its trajectories.
class Recorded {
 public:
  Recorded(std::string const& path, std::string const& network_text, nb::dict const& attributes,
           std::vector<std::pair<std::string, double>> const& set, SignalFields const& signals,
           std::vector<std::string> const& twin, std::vector<double> const& times,
           std::vector<std::pair<std::string, std::string>> const& columns,
           std::vector<std::pair<std::string, std::string>> const& varied,
           std::vector<double> const& correlation) {
    RunRecord record;
    record.network_text = network_text;
    record.times = times;
    for (auto const& [kind, name] : columns)
      record.columns.emplace_back(
          kind == name_of(ColumnKind::observable) ? ColumnKind::observable : ColumnKind::species,
          name);
    auto& report = record.report;
    auto const text = [&](char const* name) { return nb::cast<std::string>(attributes[name]); };
    report.version = text("version");
    report.condition = text("condition");
    report.engine = text("engine");
    report.set = set;
    report.signals = named_signals(signals);
    report.twin = twin;
    report.t_end = nb::cast<double>(attributes["t_end"]);
    report.burn_in = nb::cast<double>(attributes["burn_in"]);
    // Results of versions without it have no such attribute.
    if (attributes.contains("stop_when")) report.stop_when = text("stop_when");
    report.seed = nb::cast<u64>(attributes["seed"]);
    report.varied = varied;
    report.correlation = correlation;
    report.replicates =
        attributes.contains("replicates") ? nb::cast<u64>(attributes["replicates"]) : 1;
    report.cell_seed =
        attributes.contains("cell_seed") ? nb::cast<u64>(attributes["cell_seed"]) : report.seed;
    report.sisters = attributes.contains("sisters") ? nb::cast<u64>(attributes["sisters"]) : 1;
    report.fork_at = attributes.contains("fork_at") ? nb::cast<double>(attributes["fork_at"]) : 0;
    report.max_events = nb::cast<u64>(attributes["max_events"]);
    report.start_from = text("start_from");
    report.start_contract_hash = hash_of(text("start_contract_hash"));
    plan_.seed = report.seed;
    plan_.max_events = report.max_events;
    engine_ = report.engine == "reference" ? report.engine : "auto";
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    recorded_ = std::make_unique<RecordedExperiment>(record, path);
    plan_.experiment = &recorded_->experiment();
  }

  nb::tuple values(u64 first, u64 count) const {
    auto plan = plan_;
    plan.first = first;
    plan.trajectories = count;
    RunControl control;
    TrajectoryValues made;
    run_or_raise(control,
                 [&] { made = simulate_again(plan, engine_, recorded_->columns(), control); });
    return nb::make_tuple(array_of(std::move(made.values), {count, recorded_->columns().size(),
                                                            plan.experiment->sample_times.size()}),
                          array_of(std::move(made.hashes), {count}));
  }

  nb::tuple replay(u64 trajectory) const {
    auto plan = plan_;
    plan.first = trajectory;
    return events_of(plan);
  }

 private:
  std::unique_ptr<RecordedExperiment> recorded_;
  RunPlan plan_;
  std::string engine_;
};

}  // namespace

void bind_runs(nb::module_& module) {
  nb::class_<Session>(module, "Run", "One run; its steps are called in the order of this list.")
      .def(nb::init<NetworkHandle const&, nb::dict const&>(), nb::arg("network"),
           nb::arg("request"),
           nb::sig("def __init__(self, network: Network, request: dict[str, typing.Any]) -> None"))
      .def("remarks", &Session::remarks, "On the states it starts from.")
      .def("open", &Session::open, "Takes memory and tries the engine; returns warnings.")
      .def("simulate", &Session::simulate, nb::arg("progress").none(),
           nb::sig("def simulate(self, progress: typing.Callable[[int, int, float], object] | "
                   "None) -> bool"),
           "Returns whether KeyboardInterrupt ended it.")
      .def("certify", &Session::certify, nb::arg("network"),
           "Returns whether KeyboardInterrupt ended it.")
      .def("findings", &Session::findings, nb::arg("replay"), nb::arg("interrupted"),
           nb::sig("def findings(self, replay: typing.Callable[[int], str], interrupted: bool) -> "
                   "list[tuple[str, str, int, int, str, str, str, str]]"),
           "What did not go as asked for; `replay` names the call for a trajectory.")
      .def("engine_remarks", &Session::engine_remarks,
           "Which engine was chosen, and what it had to put up with.")
      .def("certificate_findings", &Session::certificate_findings)
      .def("close", &Session::close, "Lets go of memory, and of what is left of files.")
      .def("write_result_file", &Session::write_result_file)
      .def("dataset", &Session::dataset, nb::sig("def dataset(self) -> dict[str, typing.Any]"),
           "Once.")
      .def_prop_ro("trajectories", &Session::trajectories)
      .def_prop_ro("start_states", &Session::start_states)
      .def_prop_ro("first", &Session::first, "Number of the first trajectory.")
      .def_prop_ro("asked", &Session::asked, "Trajectories that were asked for.")
      .def_prop_ro("has_precision", &Session::has_precision, "Whether these are at most so many.")
      .def_prop_ro("can_go_on", &Session::can_go_on, "Whether there is a checkpoint of it.");
  module.def(
      "resume", [](nb::dict const& fields) { return new Session(resume_request(fields)); },
      nb::arg("request"), nb::rv_policy::take_ownership,
      nb::sig("def resume(request: dict[str, typing.Any]) -> Run"),
      "The run that was interrupted, from its last checkpoint on.");
  module.def(
      "longer",
      [](nb::dict const& fields, double t_end) {
        return new Session(extend_request(fields), t_end);
      },
      nb::arg("request"), nb::arg("t_end"), nb::rv_policy::take_ownership,
      nb::sig("def longer(request: dict[str, typing.Any], t_end: float) -> Run"),
      "The run of a result once more, to a later end.");
  nb::class_<ExtensionSession>(module, "Extension", "More trajectories of a result.")
      .def(nb::init<nb::dict const&>(), nb::arg("request"),
           nb::sig("def __init__(self, request: dict[str, typing.Any]) -> None"))
      .def("close", &ExtensionSession::close)
      .def("open", &ExtensionSession::open)
      .def("simulate", &ExtensionSession::simulate, nb::arg("progress").none(),
           nb::sig("def simulate(self, progress: typing.Callable[[int, int, float], object] | "
                   "None) -> bool"),
           "Returns whether KeyboardInterrupt came.")
      .def("certify", &ExtensionSession::certify, nb::arg("verify"),
           "Returns whether KeyboardInterrupt ended it.")
      .def("remarks", &ExtensionSession::remarks, "Of engines, and why the certificate failed.")
      .def("findings", &ExtensionSession::findings, "Trajectories that ended early.")
      .def("write", &ExtensionSession::write, nb::arg("is_interrupted"))
      .def_prop_ro("trajectories", &ExtensionSession::trajectories, "That are to be run.")
      .def_prop_ro("in_all", &ExtensionSession::in_all, "Trajectories of the new result.")
      .def_prop_ro("is_interrupted", &ExtensionSession::is_interrupted,
                   "Whether trajectories are missing.")
      .def_prop_ro("can_go_on", &ExtensionSession::can_go_on,
                   "Whether there is a checkpoint of it.");
  module.def("merge", &merge, nb::arg("request"),
             nb::sig("def merge(request: dict[str, typing.Any]) -> tuple[list[tuple[str, str, int, "
                     "int, str, str, str, str]], int]"),
             "What there is to say of the result, and its exit status.");
  nb::class_<SweepSession>(module, "Sweep", "A sweep, from request to data set.")
      .def(nb::init<NetworkHandle const&, nb::dict const&>(), nb::arg("network"), nb::arg("fields"),
           nb::sig("def __init__(self, network: Network, fields: dict[str, typing.Any]) -> None"))
      .def("close", &SweepSession::close)
      .def("remarks", &SweepSession::remarks)
      .def("open", &SweepSession::open)
      .def("simulate", &SweepSession::simulate, nb::arg("progress").none())
      .def("findings", &SweepSession::findings, nb::arg("is_interrupted"))
      .def("engine_remarks", &SweepSession::engine_remarks)
      .def("write_result_file", &SweepSession::write_result_file)
      .def("dataset", &SweepSession::dataset, nb::sig("def dataset(self) -> dict[str, typing.Any]"))
      .def_prop_ro("trajectories", &SweepSession::trajectories)
      .def_prop_ro("complete", &SweepSession::complete)
      .def_prop_ro("can_go_on", &SweepSession::can_go_on, "Whether there is a checkpoint of it.");
  module.def(
      "resume_sweep",
      [](nb::dict const& fields) { return new SweepSession(resume_request(fields)); },
      nb::arg("request"), nb::rv_policy::take_ownership,
      nb::sig("def resume_sweep(request: dict[str, typing.Any]) -> Sweep"), "The same of a sweep.");
  module.def(
      "is_interrupted_sweep",
      [](std::string const& result) { return read_interrupted_run(result).sweep.has_value(); },
      nb::arg("result"), "Whether it was a sweep that was to write this result.");
  nb::class_<Recorded>(module, "Recorded", "The experiment of a result, from what it holds.")
      .def(nb::init<std::string const&, std::string const&, nb::dict const&,
                    std::vector<std::pair<std::string, double>> const&, SignalFields const&,
                    std::vector<std::string> const&, std::vector<double> const&,
                    std::vector<std::pair<std::string, std::string>> const&,
                    std::vector<std::pair<std::string, std::string>> const&,
                    std::vector<double> const&>(),
           nb::arg("path"), nb::arg("network_text"), nb::arg("attributes"), nb::arg("set"),
           nb::arg("signals"), nb::arg("twin"), nb::arg("times"), nb::arg("columns"),
           nb::arg("varied"), nb::arg("correlation"),
           nb::sig("def __init__(self, path: str, network_text: str, attributes: dict[str, "
                   "typing.Any], set: Sequence[tuple[str, float]], signals: Sequence[tuple[str, "
                   "str, Sequence[float], Sequence[float]]], twin: Sequence[str], times: "
                   "Sequence[float], columns: Sequence[tuple[str, str]], varied: "
                   "Sequence[tuple[str, str]], correlation: Sequence[float]) -> None"))
      .def("values", &Recorded::values, nb::arg("first"), nb::arg("count"),
           nb::sig("def values(self, first: int, count: int) -> tuple["
                   "numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.uint64]]"),
           "[trajectory][column][time] and hashes, from simulating again.")
      .def("replay", &Recorded::replay, nb::arg("trajectory"),
           nb::sig("def replay(self, trajectory: int) -> tuple[numpy.typing.NDArray[numpy.float64],"
                   " numpy.typing.NDArray[numpy.int32], numpy.typing.NDArray[numpy.int64], "
                   "dict[str, typing.Any]]"),
           "Times, reactions, states and the end of a trajectory.");
  module.def("replay", &replay, nb::arg("network"), nb::arg("request"),
             nb::sig("def replay(network: Network, request: dict[str, typing.Any]) -> "
                     "tuple[numpy.typing.NDArray[numpy.float64], "
                     "numpy.typing.NDArray[numpy.int32], numpy.typing.NDArray[numpy.int64], "
                     "dict[str, typing.Any]]"),
             "Times, reactions, states and the end of trajectory `first`.");
}

}  // namespace cristae::python
