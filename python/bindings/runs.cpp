// python/bindings/runs.cpp - a run step by step, its samples again, and one trajectory's events.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "host/backends/backends.hpp"
#include "host/base/bytes_text.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/machine_memory.hpp"
#include "host/run/run.hpp"
#include "host/run/run_findings.hpp"
#include "host/run/start_states.hpp"
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

  /// Lets go of memory and of what is left of files, though the object may live on in a traceback.
  void close() { run_.reset(); }

  std::vector<FindingFields> remarks() const { return fields_of(run().remarks()); }

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
    report.interrupted = is_interrupted;
    report.exit_status = int(is_interrupted ? ExitCode::interrupted : status_of(run()));
    return fields_of(run_findings(
        run(), [&](u64 trajectory) { return nb::cast<std::string>(replay(trajectory)); }));
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

  /// Values and hashes; raises KeyboardInterrupt where that stops it.
  nb::tuple values(u64 first, u64 count) const {
    RunControl control;
    std::vector<u64> hashes;
    std::vector<double> values;
    if (run_interruptible(control, nb::none(),
                          [&] { values = run().values(first, count, hashes, control); })) {
      PyErr_SetNone(PyExc_KeyboardInterrupt);
      throw nb::python_error();
    }
    return nb::make_tuple(array_of(std::move(values), {count, run().columns().size(),
                                                       run().experiment().sample_times.size()}),
                          array_of(std::move(hashes), {count}));
  }

  std::vector<std::pair<std::string, std::string>> columns() const {
    std::vector<std::pair<std::string, std::string>> names;
    for (auto const& column : run().columns())
      names.emplace_back(name_of(column.kind), column.name);
    return names;
  }

  u64 trajectories() const { return run().outcome().summary.trajectories; }
  u64 start_states() const { return run().start_states(); }
  nb::object sample_times() const {
    auto const& times = run().experiment().sample_times;
    return array_of(times, {times.size()});
  }

 private:
  Run& run() const {
    if (!run_) throw Error(ExitCode::internal, "a run is used after it was closed");
    return *run_;
  }

  std::shared_ptr<Network const> network_;
  RunControl control_;
  std::unique_ptr<Run> run_;
};

/// Every event of a trajectory, as long as there is memory.
class EventArrays final : public EventLog {
 public:
  EventArrays(Experiment const& experiment, u64 trajectory) : available_(available_memory_bytes()) {
    auto const species = experiment.network->species.size();
    auto const row = static_cast<usize>(trajectory % experiment.initial_rows());
    std::span<i64 const> const initial(experiment.initial);
    add(experiment.segments[0].start, -1, initial.subspan(row * species, species));
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

/// time, reaction (-1: the start), state, and a dictionary of how it ended.
nb::tuple replay(NetworkHandle const& handle, nb::dict const& fields) {
  auto const request = run_request(fields);
  Experiment experiment = resolve(*handle.network, request.experiment);
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
  EventArrays log(experiment, request.first);
  EndSink sink;
  RunControl control;
  if (run_interruptible(control, nb::none(),
                        [&] { replay_trajectory(plan, log, sink, control); })) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    throw nb::python_error();
  }
  auto const& end = sink.end.value();
  nb::dict outcome;
  outcome["status"] = name_of(end.status);
  outcome["events"] = end.events;
  outcome["t_end"] = end.time;
  outcome["hash"] = hash_text(end.hash);
  u64 const events = log.times.size();
  return nb::make_tuple(
      array_of(std::move(log.times), {events}), array_of(std::move(log.reactions), {events}),
      array_of(std::move(log.states), {events, handle.network->species.size()}), outcome);
}

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
      .def("certificate_findings", &Session::certificate_findings)
      .def("close", &Session::close, "Lets go of memory, and of what is left of files.")
      .def("write_result_file", &Session::write_result_file)
      .def("dataset", &Session::dataset, nb::sig("def dataset(self) -> dict[str, typing.Any]"),
           "Once.")
      .def("values", &Session::values, nb::arg("first"), nb::arg("count"),
           nb::sig("def values(self, first: int, count: int) -> "
                   "tuple[numpy.typing.NDArray[numpy.float64], "
                   "numpy.typing.NDArray[numpy.uint64]]"),
           "[trajectory][column][time] and hashes, from simulating again.")
      .def_prop_ro("columns", &Session::columns)
      .def_prop_ro("trajectories", &Session::trajectories)
      .def_prop_ro("start_states", &Session::start_states)
      .def_prop_ro("sample_times", &Session::sample_times,
                   nb::sig("def sample_times(self) -> numpy.typing.NDArray[numpy.float64]"));
  module.def("replay", &replay, nb::arg("network"), nb::arg("request"),
             nb::sig("def replay(network: Network, request: dict[str, typing.Any]) -> "
                     "tuple[numpy.typing.NDArray[numpy.float64], "
                     "numpy.typing.NDArray[numpy.int32], numpy.typing.NDArray[numpy.int64], "
                     "dict[str, typing.Any]]"),
             "Times, reactions, states and the end of trajectory `first`.");
}

}  // namespace cristae::python
