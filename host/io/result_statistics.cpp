// host/io/result_statistics.cpp - a run and its statistics as variables and attributes.
#include "host/io/result_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "host/base/error.hpp"
#include "host/io/dataset.hpp"
#include "host/io/hdf5_file.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/result_format.hpp"

namespace cristae {
namespace {

constexpr usize longest_attribute = 32768;

/// Attributes of HDF5 before 1.12 hold 64 KiB; what may be longer is a variable without dimensions.
template <class File>
void set_text(File& file, std::string const& name, std::string const& text) {
  if (text.size() <= longest_attribute)
    file.root().set(name, text);
  else
    file.add_texts(name, {}, {text});
}

/// xarray turns times in `days`, `hours`, ... into another type, and all that say `since`.
std::string unit_for_xarray(std::string const& unit) {
  constexpr std::array<std::array<std::string_view, 2>, 7> spellings{{{"days", "d"},
                                                                      {"hours", "h"},
                                                                      {"minutes", "min"},
                                                                      {"seconds", "s"},
                                                                      {"milliseconds", "ms"},
                                                                      {"microseconds", "us"},
                                                                      {"nanoseconds", "ns"}}};
  for (auto const& [decoded, kept] : spellings)
    if (unit == decoded) return std::string(kept);
  return unit;
}

template <class Variable>
void describe_time(Variable& variable, std::string const& unit, char const* meaning) {
  variable.set("long_name", meaning);
  if (unit.find("since") == std::string::npos) variable.set("units", unit_for_xarray(unit));
}

template <class File>
void set_report(File& file, RunReport const& report) {
  auto& root = file.root();
  set_text(file, "version", report.version);
  set_text(file, "network", report.network);
  set_text(file, "title", report.title);
  set_text(file, "time_unit", report.time_unit);
  set_text(file, "condition", report.condition);
  set_text(file, "twin", fmt::format("{}", fmt::join(report.twin, ",")));
  set_text(file, "engine", report.engine);
  set_text(file, "isa", report.isa);
  set_text(file, "code", report.code);
  root.set("threads", report.threads);
  root.set("seed", report.seed);
  root.set("first", report.first);
  root.set("trajectories_requested", report.requested);
  if (!report.shard.empty()) root.set("shard", report.shard);
  if (report.part_of) {
    root.set("run_first", report.part_of->first);
    root.set("run_trajectories", report.part_of->trajectories);
  }
  if (!report.missing.empty()) set_text(file, "missing", report.missing);
  root.set("simulated_events", report.simulated_events);
  root.set("wall_seconds", report.wall_seconds);
  root.set("t_end", report.t_end);
  root.set("burn_in", report.burn_in);
  root.set("replicates", report.replicates);
  root.set("cell_seed", report.cell_seed);
  root.set("sisters", report.sisters);
  root.set("fork_at", report.fork_at);
  root.set("stop_when", report.stop_when);
  if (!report.first_passages.empty())
    root.set("first_passage", fmt::format("{}", fmt::join(report.first_passages, "; ")));
  root.set("max_events", report.max_events);
  root.set("histogram_times", report.histogram_times);
  set_text(file, "start_from", report.start_from);
  root.set("start_contract_hash", hash_text(report.start_contract_hash));
  set_text(file, "until", report.until);
  root.set("exit_status", static_cast<i32>(report.exit_status));
}

template <class File>
void write_certificate(File& file, std::optional<Certificate> const& certificate) {
  auto& root = file.root();
  root.set("certificate", !certificate          ? result_format::no_certificate
                          : certificate->passed ? result_format::certificate_passed
                                                : result_format::certificate_failed);
  if (!certificate) return;
  root.set("certificate_p", certificate->p_value);
  root.set("certificate_trajectories", certificate->trajectories);
  root.set("certificate_whole", certificate->whole);
  root.set("certificate_events", certificate->events);
  if (certificate->reactions.empty()) return;
  std::vector<std::string> ids;
  std::vector<u64> firings;
  std::vector<double> integrals, z;
  for (auto const& reaction : certificate->reactions) {
    ids.push_back(reaction.id);
    firings.push_back(reaction.firings);
    integrals.push_back(reaction.integral);
    z.push_back(reaction.z);
  }
  file.add_dimension("reaction", ids).set("long_name", "reaction of the network");
  auto fired = file.template add<u64>("certificate_firings", {"reaction"});
  fired.set("long_name", "firings in the trajectories that were followed");
  fired.write(firings);
  auto integral = file.template add<double>("certificate_integral", {"reaction"});
  integral.set("long_name", "time integral of the propensity along them");
  integral.write(integrals);
  auto deviation = file.template add<double>("certificate_z", {"reaction"});
  deviation.set("long_name", "(firings - integral) / sqrt(integral)");
  deviation.write(z);
}

template <class Variable>
void set_totals(Variable& root, EnsembleSummary const& summary) {
  root.set("trajectories", summary.trajectories);
  root.set("events", summary.events);
  root.set("contract_hash", hash_text(summary.contract_hash));
  root.set("statistics_hash", hash_text(summary.statistics_hash));
  for (usize i = 0; i < status_count; ++i)
    root.set(result_format::count_attribute(i), summary.statuses[i]);
}

template <class File>
void write_changed_parameters(File& file, RunReport const& report) {
  if (report.set.empty()) return;
  std::vector<std::string> names;
  std::vector<double> values;
  for (auto const& [name, value] : report.set) {
    names.push_back(name);
    values.push_back(value);
  }
  file.add_dimension("set", names).set("long_name", "parameter that was set for the run");
  auto variable = file.template add<double>("set_value", {"set"});
  variable.set("long_name", "its value");
  variable.write(values);
}

template <class File>
void write_varied(File& file, RunReport const& report) {
  if (report.varied.empty()) return;
  std::vector<std::string> names, factors;
  for (auto const& [name, factor] : report.varied) {
    names.push_back(name);
    factors.push_back(factor);
  }
  file.add_dimension("varied", names).set("long_name", "quantity that differs between cells");
  file.add_texts("varied_factor", {"varied"}, factors)
      .set("long_name", "distribution of its factor");
  if (report.correlation.empty()) return;
  file.add_dimension("varied_2", names).set("long_name", "quantity that differs between cells");
  auto matrix = file.template add<double>("varied_correlation", {"varied", "varied_2"});
  matrix.set("long_name", "correlation of the normal scores of the factors");
  matrix.write(report.correlation);
}

/// The rows of one signal stand behind those of another (a contiguous ragged array).
template <class File>
void write_signals(File& file, RunReport const& report) {
  if (report.signals.empty()) return;
  std::vector<std::string> names, files;
  std::vector<u64> sizes, numbers;
  std::vector<double> times, values;
  for (auto const& signal : report.signals) {
    names.push_back(signal.parameter);
    files.push_back(signal.file);
    sizes.push_back(signal.times.size());
    times.insert(times.end(), signal.times.begin(), signal.times.end());
    values.insert(values.end(), signal.values.begin(), signal.values.end());
  }
  for (u64 row = 0; row < times.size(); ++row) numbers.push_back(row);
  file.add_dimension("signal", names).set("long_name", "parameter that followed a signal");
  file.add_dimension("signal_row", numbers)
      .set("long_name", "rows of all signals, one signal after the other");
  file.add_texts("signal_file", {"signal"}, files).set("long_name", "where its rows came from");
  auto size = file.template add<u64>("signal_size", {"signal"});
  size.set("long_name", "how many rows it has");
  size.set("sample_dimension", "signal_row");
  size.write(sizes);
  auto time = file.template add<double>("signal_time", {"signal_row"});
  describe_time(time, report.time_unit, "time from which on the value holds");
  time.write(times);
  auto value = file.template add<double>("signal_value", {"signal_row"});
  value.set("long_name", "value of the parameter");
  value.write(values);
}

/// All columns of one kind.
template <class File>
class KindWriter {
 public:
  KindWriter(File& file, EnsembleSummary const& summary, ColumnKind kind)
      : file_(file), summary_(summary), kind_(result_format::name_of_kind(kind)) {
    for (auto const& column : summary.columns) {
      if (column.kind != kind) continue;
      if (column.points.size() != summary.times.size() ||
          column.histograms.size() != summary.histogram_times.size())
        throw Error(ExitCode::internal, fmt::format("column '{}' is not complete", column.name));
      columns_.push_back(&column);
    }
  }

  bool empty() const { return columns_.empty(); }

  void write_columns() {
    std::vector<std::string> ids, labels, units, hashes;
    std::vector<double> resolutions;
    for (auto const* column : columns_) {
      ids.push_back(column->name);
      labels.push_back(column->label);
      units.push_back(column->unit);
      hashes.push_back(hash_text(column->hash));
      resolutions.push_back(column->resolution);
    }
    file_.add_dimension(kind_, ids);
    file_.add_texts(kind_ + "_label", {kind_}, labels).set("long_name", "text for people");
    file_.add_texts(kind_ + "_unit", {kind_}, units).set("long_name", "unit of the values");
    file_.add_texts(kind_ + "_statistics_hash", {kind_}, hashes)
        .set("long_name", "hash of the statistics");
    add<double>("resolution", {kind_}, "values are whole multiples of this").write(resolutions);
  }

  void write_points() {
    for (auto const& variable : result_format::point_variables)
      add<double>(variable.name, {"time", kind_}, variable.meaning)
          .write(points<double>([&](auto const& point) { return point.*variable.value; }));
    add<u64>("undefined", {"time", kind_}, "trajectories whose value is infinite or not a number")
        .write(points<u64>([](auto const& point) { return point.undefined; }));
    std::vector<double> quantiles;
    for (usize q = 0; q < quantile_levels.size(); ++q) {
      auto const level = points<double>([&](auto const& point) { return point.quantiles[q]; });
      quantiles.insert(quantiles.end(), level.begin(), level.end());
    }
    add<double>("quantile", {"quantile", "time", kind_},
                "quantile, linear between the order statistics")
        .write(quantiles);
  }

  /// One sample time after the other.
  void write_histograms(u64 bins) {
    auto start = add<double>("bin_start", {"histogram_time", kind_}, "lower end of bin 0");
    auto width = add<double>("bin_width", {"histogram_time", kind_}, "width of the bins");
    auto used = add<u64>("bin_count", {"histogram_time", kind_}, "how many bins there are");
    auto counts = add<u64>("histogram", {"histogram_time", kind_, "bin"},
                           "trajectories whose value is in the bin");
    std::vector<double> starts, widths;
    std::vector<u64> uses, slab(columns_.size() * bins);
    for (usize h = 0; h < summary_.histogram_times.size(); ++h) {
      std::fill(slab.begin(), slab.end(), 0);
      for (usize c = 0; c < columns_.size(); ++c) {
        auto const& histogram = columns_[c]->histograms[h];
        starts.push_back(histogram.start);
        widths.push_back(histogram.width);
        uses.push_back(histogram.counts.size());
        std::copy(histogram.counts.begin(), histogram.counts.end(),
                  slab.begin() + static_cast<std::ptrdiff_t>(c * bins));
      }
      counts.write(counts.rows(h, h + 1), std::span<u64 const>(slab));
    }
    start.write(starts);
    width.write(widths);
    used.write(uses);
  }

 private:
  template <class T>
  typename File::Variable add(std::string const& name, std::vector<std::string> const& dimensions,
                              char const* meaning) {
    auto variable = file_.template add<T>(kind_ + "_" + name, dimensions);
    variable.set("long_name", meaning);
    variable.set("coordinates", fmt::format("{0}_label {0}_unit", kind_));
    return variable;
  }

  /// [time][column]
  template <class T, class Value>
  std::vector<T> points(Value value) const {
    std::vector<T> values;
    for (usize k = 0; k < summary_.times.size(); ++k)
      for (auto const* column : columns_) values.push_back(value(column->points[k]));
    return values;
  }

  File& file_;
  EnsembleSummary const& summary_;
  std::string kind_;
  std::vector<ColumnStatistics const*> columns_;
};

template <class File>
void write_trajectory_counts(File& file, EnsembleSummary const& summary) {
  std::vector<u64> n;
  for (usize k = 0; k < summary.times.size(); ++k) {
    n.push_back(summary.columns[0].points[k].n);
    for (auto const& column : summary.columns)
      if (column.points[k].n != n[k])
        throw Error(ExitCode::internal, "columns differ in the trajectories they count");
  }
  auto variable = file.template add<u64>("n", {"time"});
  variable.set("long_name", "trajectories that reached the time");
  variable.write(n);
}

template <class File>
void write_passed(File& file, EnsembleSummary const& summary) {
  if (summary.passed.empty()) return;
  std::vector<std::string> conditions;
  std::vector<u64> counts;
  for (auto const& passed : summary.passed) {
    conditions.push_back(passed.condition);
    counts.insert(counts.end(), passed.by_time.begin(), passed.by_time.end());
  }
  file.add_dimension("passage", conditions).set("long_name", "condition of a first passage");
  auto variable = file.template add<u64>("passed", {"passage", "time"});
  variable.set("long_name", "trajectories in which the condition has held by then");
  variable.write(counts);
}

template <class File>
void write_lagged(File& file, EnsembleSummary const& summary, std::string const& time_unit) {
  if (summary.lagged.empty()) return;
  auto lag = file.add_dimension("lag", summary.lags);
  describe_time(lag, time_unit, "time from the first value to the second");
  std::vector<std::string> names;
  std::vector<u64> n;
  std::vector<double> covariance, correlation, error;
  for (auto const& pair : summary.lagged) {
    names.push_back(pair.name);
    n.push_back(pair.n);
    covariance.insert(covariance.end(), pair.covariance.begin(), pair.covariance.end());
    correlation.insert(correlation.end(), pair.correlation.begin(), pair.correlation.end());
    error.insert(error.end(), pair.correlation_se.begin(), pair.correlation_se.end());
  }
  file.add_dimension("lagged_pair", names).set("long_name", "A:B, of which A leads");
  auto counts = file.template add<u64>("lagged_n", {"lagged_pair"});
  counts.set("long_name", "trajectories with a value at every time");
  counts.write(n);
  auto const write = [&](char const* name, std::vector<double> const& values, char const* text) {
    auto variable = file.template add<double>(name, {"lagged_pair", "lag"});
    variable.set("long_name", text);
    variable.write(values);
  };
  write("lagged_covariance", covariance, "covariance over the lag, averaged over times");
  write("lagged_correlation", correlation, "the same over the standard deviations");
  write("lagged_correlation_se", error, "standard error of it, jackknife over trajectories");
}

/// At least one, because no dimension may be empty.
u64 most_bins(EnsembleSummary const& summary) {
  usize most = 1;
  for (auto const& column : summary.columns)
    for (auto const& histogram : column.histograms) most = std::max(most, histogram.counts.size());
  return most;
}

template <class File>
void add_histogram_dimensions(File& file, EnsembleSummary const& summary,
                              std::string const& time_unit) {
  std::vector<double> times;
  for (u32 const k : summary.histogram_times) times.push_back(summary.times[k]);
  auto time = file.add_dimension("histogram_time", times);
  describe_time(time, time_unit, "sample time with histograms");
  std::vector<u32> bins(most_bins(summary));
  for (usize b = 0; b < bins.size(); ++b) bins[b] = static_cast<u32>(b);
  file.add_dimension("bin", bins).set("long_name", "number of the bin");
}

}  // namespace

RunSubject subject_of(Experiment const& experiment) {
  RunSubject subject;
  subject.network_text = experiment.network->text;
  for (auto const& species : experiment.network->species) subject.species.push_back(species.id);
  for (auto const& segment : experiment.segments)
    if (segment.start > 0) subject.changes.push_back(segment.start);
  return subject;
}

template <class File>
void write_run(File& file, RunReport const& report, RunSubject const& subject,
               EnsembleSummary const& summary) {
  auto& root = file.root();
  root.set("Conventions", "CF-1.9");
  root.set("format", report.is_sweep ? result_format::sweep_name : result_format::name);
  root.set("format_version", result_format::version);
  root.set("status", report.interrupted        ? "interrupted"
                     : !report.missing.empty() ? "partial"
                                               : "complete");
  set_report(file, report);
  set_totals(root, summary);
  write_certificate(file, report.certificate);
  file.add_texts("network_text", {}, {subject.network_text}).set("long_name", "the network file");
  file.add_dimension("network_species", subject.species).set("long_name", "species of the network");
  write_changed_parameters(file, report);
  write_varied(file, report);
  write_signals(file, report);
  if (!report.start_seeds.empty())
    file.add_dimension("start_seed", report.start_seeds)
        .set("long_name", "seed of a run that led to the initial states");
  if (subject.changes.empty()) return;
  auto change = file.add_dimension("change", subject.changes);
  describe_time(change, report.time_unit, "time of a scheduled change");
}

template <class File>
void write_statistics(File& file, EnsembleSummary const& summary, std::string const& time_unit) {
  auto time = file.add_dimension("time", summary.times);
  describe_time(time, time_unit, "sample time");
  if (summary.columns.empty()) return;
  std::vector<std::string> labels;
  for (auto const& column : summary.columns)
    labels.push_back(result_format::quantity_label(column.kind, column.name));
  file.add_dimension("quantity", labels).set("long_name", "all columns in the order of the run");
  file.add_dimension("quantile",
                     std::vector<double>(quantile_levels.begin(), quantile_levels.end()))
      .set("long_name", "share of the trajectories below the value");
  bool const histograms = !summary.histogram_times.empty();
  if (histograms) add_histogram_dimensions(file, summary, time_unit);
  write_trajectory_counts(file, summary);
  for (auto const kind : result_format::kinds) {
    KindWriter<File> writer(file, summary, kind);
    if (writer.empty()) continue;
    writer.write_columns();
    writer.write_points();
    if (histograms) writer.write_histograms(most_bins(summary));
  }
  write_passed(file, summary);
  write_lagged(file, summary, time_unit);
  if (summary.covariance.empty()) return;
  file.add_dimension("quantity_2", labels).set("long_name", "the same as quantity");
  auto covariance =
      file.template add<double>("covariance", {"histogram_time", "quantity", "quantity_2"});
  covariance.set("long_name", "covariance, with n - 1");
  covariance.write(summary.covariance);
}

template void write_run(Hdf5File&, RunReport const&, RunSubject const&, EnsembleSummary const&);
template void write_run(Dataset&, RunReport const&, RunSubject const&, EnsembleSummary const&);
template void write_statistics(Hdf5File&, EnsembleSummary const&, std::string const&);
template void write_statistics(Dataset&, EnsembleSummary const&, std::string const&);

}  // namespace cristae
