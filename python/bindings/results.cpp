// python/bindings/results.cpp - result files, and queries on single trajectories.
#include <nanobind/ndarray.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "host/io/result_file.hpp"
#include "host/io/result_statistics.hpp"
#include "host/io/trajectory_rows.hpp"
#include "host/stats/query.hpp"
#include "python/bindings/bindings.hpp"

namespace cristae::python {
namespace {

std::vector<Column> named_columns(std::vector<std::pair<std::string, std::string>> const& names) {
  std::vector<Column> columns;
  for (auto const& [kind, name] : names) {
    auto& column = columns.emplace_back();
    bool const is_observable = kind == name_of(ColumnKind::observable);
    column.kind = is_observable ? ColumnKind::observable : ColumnKind::species;
    column.name = name;
  }
  return columns;
}

/// Everything but what grows with the trajectories.
nb::dict dataset_of(ResultFile const& file) {
  Dataset dataset;
  write_run(dataset, file.report(), {file.network_text(), file.species(), file.changes()},
            file.summary());
  write_statistics(dataset, file.summary(), file.report().time_unit);
  write_cell_factors(dataset, file.cell_factors());
  if (!file.features().empty()) dataset.add_dimension("feature", file.features());
  return to_python(dataset);
}

using Rows = std::variant<std::vector<u8>, std::vector<u64>, std::vector<i64>, std::vector<double>>;

/// [trajectory][...] of one variable over trajectories; of the raw values, all columns.
Rows rows_of(ResultFile const& file, std::string const& name, u64 begin, u64 end) {
  if (name == "status") {
    std::vector<u8> values;
    for (auto const status : file.statuses(begin, end)) values.push_back(u8(status));
    return values;
  }
  if (name == "events") return file.events(begin, end);
  if (name == "trajectory_hash") return file.hashes(begin, end);
  if (name == "feature_value") return file.feature_values(begin, end);
  if (name == "end_state") return file.end_states(begin, end);
  if (name == "end_time") return file.end_times(begin, end);
  if (name == "raw") return file.raw(begin, end);
  throw Error(ExitCode::internal, "'" + name + "' is no variable over trajectories");
}

/// The variables over trajectories, with one trajectory of zeros: names, dimensions, types and
/// attributes of what a result with these columns keeps.
nb::dict row_layout(std::vector<std::pair<std::string, std::string>> const& columns, u64 times,
                    u64 species, std::vector<std::string> const& features, bool end_states,
                    bool raw, bool end_times) {
  Network network;
  network.species.resize(species);
  Experiment experiment;
  experiment.network = &network;
  experiment.sample_times.resize(times);
  KeptTrajectories kept{{}, end_states, raw, end_times};
  for (auto const& text : features) kept.features.push_back({FeatureKind::at, 0, 0, text});
  auto const named = named_columns(columns);
  TrajectoryRows const rows(experiment, named, std::move(kept));
  Dataset dataset;
  dataset.add_dimension<double>("time", times);
  dataset.add_dimension<u32>("network_species", species);
  for (auto const kind : {ColumnKind::observable, ColumnKind::species}) {
    auto const count = std::count_if(named.begin(), named.end(),
                                     [&](Column const& column) { return column.kind == kind; });
    dataset.add_dimension<u32>(name_of(kind), u64(count));
  }
  rows.write_features(dataset);
  std::string const zeros(rows.bytes_per_trajectory(), '\0');
  rows.write(dataset, {{0, 1, [&] { return zeros; }}}, 1);
  return to_python(dataset);
}

using Numbers = nb::ndarray<double const, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Counts = nb::ndarray<u64 const, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/// The features of a query: those that are to be given to match().
std::vector<std::string> features_of(Query const& query) {
  std::vector<std::string> texts;
  for (auto const& feature : query.features()) texts.push_back(feature.text);
  return texts;
}

Query read_query(std::string const& text,
                 std::vector<std::pair<std::string, std::string>> const& columns,
                 std::vector<double> const& times, std::vector<std::string> const& kept) {
  return Query(text, named_columns(columns), times, kept);
}

/// 1 where it matches, 0 where not, 2 where that is undefined.
nb::object match(Query const& query, Counts const& ids, Counts const& events,
                 Numbers const& values) {
  std::vector<u8> matches(ids.shape(0));
  usize const features = query.features().size();
  if (events.shape(0) != matches.size() || values.shape(0) != matches.size() ||
      values.shape(1) != features)
    throw nb::value_error("ids, events and values differ in their sizes");
  for (usize i = 0; i < matches.size(); ++i) {
    std::span<double const> const own(values.data() + i * features, features);
    auto const found = query.match(ids.data()[i], events.data()[i], own);
    matches[i] = found == Match::yes ? 1 : found == Match::no ? 0 : 2;
  }
  u64 const size = matches.size();
  return array_of(std::move(matches), {size});
}

/// A result file that is read by one thread at a time.
class OpenResult {
 public:
  explicit OpenResult(std::string const& path) {
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    file_ = std::make_unique<ResultFile>(path);
  }
  ~OpenResult() {
    nb::gil_scoped_release const released;
    std::lock_guard const lock(hdf5_mutex());
    file_.reset();
  }
  OpenResult(OpenResult const&) = delete;
  OpenResult& operator=(OpenResult const&) = delete;

  ResultFile const& file() const { return *file_; }
  nb::object rows(std::string const& name, u64 begin, u64 end) const {
    Rows found;
    {
      nb::gil_scoped_release const released;
      std::lock_guard const lock(hdf5_mutex());
      found = rows_of(*file_, name, begin, end);
    }
    return std::visit(
        [&](auto& values) -> nb::object {
          u64 const count = end - begin;
          u64 const width = count == 0 ? 0 : values.size() / count;
          return array_of(std::move(values), {count, width});
        },
        found);
  }

 private:
  std::unique_ptr<ResultFile> file_;
};

}  // namespace

std::mutex& hdf5_mutex() {
  static std::mutex mutex;
  return mutex;
}

void bind_results(nb::module_& module) {
  module.def(
      "is_sweep",
      [](std::string const& path) {
        nb::gil_scoped_release const released;
        std::lock_guard const lock(hdf5_mutex());
        return is_sweep_file(path);
      },
      nb::arg("path"), "Whether a file is the result of a sweep.");
  nb::class_<OpenResult>(module, "ResultFile")
      .def(nb::init<std::string const&>(), nb::arg("path"))
      .def(
          "dataset", [](OpenResult const& self) { return dataset_of(self.file()); },
          nb::sig("def dataset(self) -> dict[str, typing.Any]"),
          "Everything but what grows with the trajectories.")
      .def("rows", &OpenResult::rows, nb::arg("name"), nb::arg("begin"), nb::arg("end"))
      .def_prop_ro("first", [](OpenResult const& self) { return self.file().report().first; })
      .def_prop_ro("trajectories",
                   [](OpenResult const& self) { return self.file().summary().trajectories; })
      .def_prop_ro("has_end_states",
                   [](OpenResult const& self) { return self.file().has_end_states(); })
      .def_prop_ro("has_raw", [](OpenResult const& self) { return self.file().has_raw(); })
      .def_prop_ro("has_end_times",
                   [](OpenResult const& self) { return self.file().has_end_times(); })
      .def_prop_ro("columns",
                   [](OpenResult const& self) {
                     std::vector<std::pair<std::string, std::string>> names;
                     for (auto const& column : self.file().summary().columns)
                       names.emplace_back(name_of(column.kind), column.name);
                     return names;
                   })
      .def_prop_ro("features", [](OpenResult const& self) { return self.file().features(); });
  module.def("row_layout", &row_layout, nb::arg("columns"), nb::arg("times"), nb::arg("species"),
             nb::arg("features"), nb::arg("end_states"), nb::arg("raw"), nb::arg("end_times"),
             nb::sig("def row_layout(columns: Sequence[tuple[str, str]], times: int, species: int, "
                     "features: Sequence[str], end_states: bool, raw: bool, end_times: bool) -> "
                     "dict[str, typing.Any]"),
             "The variables over trajectories, with one trajectory of zeros.");
  nb::class_<Query>(module, "Query")
      .def(
          "__init__",
          [](Query* self, std::string const& text,
             std::vector<std::pair<std::string, std::string>> const& columns,
             std::vector<double> const& times, std::vector<std::string> const& kept) {
            new (self) Query(read_query(text, columns, times, kept));
          },
          nb::arg("text"), nb::arg("columns"), nb::arg("times"), nb::arg("kept"))
      .def_prop_ro("features", &features_of)
      .def_prop_ro("uses_events", &Query::uses_events)
      .def(
          "match", &match, nb::arg("ids"), nb::arg("events"), nb::arg("values"),
          nb::sig(
              "def match(self, ids: numpy.typing.NDArray[numpy.uint64], events: "
              "numpy.typing.NDArray[numpy.uint64], "
              "values: numpy.typing.NDArray[numpy.float64]) -> numpy.typing.NDArray[numpy.uint8]"));
}

}  // namespace cristae::python
