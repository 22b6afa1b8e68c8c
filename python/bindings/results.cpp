// python/bindings/results.cpp - result files, and queries on single trajectories.
#include <nanobind/ndarray.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "host/io/result_file.hpp"
#include "host/io/result_statistics.hpp"
#include "host/io/trajectory_rows.hpp"
#include "host/stats/query.hpp"
#include "python/bindings/bindings.hpp"

namespace cristae::python {
namespace {

template <class T>
nb::object rows(std::vector<T> values, u64 begin, u64 end) {
  u64 const count = end - begin;
  u64 const width = count == 0 ? 0 : values.size() / count;
  return array_of(std::move(values), {count, width});
}

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
  if (!file.features().empty()) dataset.add_dimension("feature", file.features());
  return to_python(dataset);
}

/// [trajectory][...] of one variable over trajectories; of the raw values, all columns.
nb::object rows_of(ResultFile const& file, std::string const& name, u64 begin, u64 end) {
  if (name == "status") {
    std::vector<u8> values;
    for (auto const status : file.statuses(begin, end)) values.push_back(u8(status));
    return rows(std::move(values), begin, end);
  }
  if (name == "events") return rows(file.events(begin, end), begin, end);
  if (name == "trajectory_hash") return rows(file.hashes(begin, end), begin, end);
  if (name == "feature_value") return rows(file.feature_values(begin, end), begin, end);
  if (name == "end_state") return rows(file.end_states(begin, end), begin, end);
  if (name == "raw") return rows(file.raw(begin, end), begin, end);
  throw nb::key_error(name.c_str());
}

/// The variables over trajectories, with one trajectory of zeros: names, dimensions, types and
/// attributes of what a result with these columns keeps.
nb::dict row_layout(std::vector<std::pair<std::string, std::string>> const& columns, u64 times,
                    u64 species, std::vector<std::string> const& features, bool end_states,
                    bool raw) {
  Network network;
  network.species.resize(species);
  Experiment experiment;
  experiment.network = &network;
  experiment.sample_times.resize(times);
  KeptTrajectories kept{{}, end_states, raw};
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

}  // namespace

void bind_results(nb::module_& module) {
  nb::class_<ResultFile>(module, "ResultFile")
      .def(nb::init<std::string const&>(), nb::arg("path"))
      .def("dataset", &dataset_of, "Everything but what grows with the trajectories.")
      .def("rows", &rows_of, nb::arg("name"), nb::arg("begin"), nb::arg("end"))
      .def_prop_ro("first", [](ResultFile const& self) { return self.report().first; })
      .def_prop_ro("trajectories",
                   [](ResultFile const& self) { return self.summary().trajectories; })
      .def_prop_ro("has_end_states", &ResultFile::has_end_states)
      .def_prop_ro("has_raw", &ResultFile::has_raw)
      .def_prop_ro("columns",
                   [](ResultFile const& self) {
                     std::vector<std::pair<std::string, std::string>> names;
                     for (auto const& column : self.summary().columns)
                       names.emplace_back(name_of(column.kind), column.name);
                     return names;
                   })
      .def_prop_ro("features", [](ResultFile const& self) { return self.features(); });
  module.def("row_layout", &row_layout, nb::arg("columns"), nb::arg("times"), nb::arg("species"),
             nb::arg("features"), nb::arg("end_states"), nb::arg("raw"),
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
      .def("match", &match, nb::arg("ids"), nb::arg("events"), nb::arg("values"));
}

}  // namespace cristae::python
