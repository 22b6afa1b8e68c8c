// host/io/result_file.cpp - reading results back, with every size checked.
#include "host/io/result_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "host/base/error.hpp"
#include "host/io/hdf5_file.hpp"
#include "host/io/result_format.hpp"

namespace cristae {
namespace {

/// Along a dimension; none where the file does not have it.
std::vector<std::string> labels(Hdf5File const& file, std::string const& dimension) {
  return file.has(dimension) ? file.variable(dimension).read_texts() : std::vector<std::string>();
}
std::vector<double> numbers(Hdf5File const& file, std::string const& dimension) {
  return file.has(dimension) ? file.variable(dimension).read<double>() : std::vector<double>();
}

std::string text_of(Hdf5File const& file, std::string const& name) {
  if (file.root().has(name)) return file.root().text(name);
  auto const texts = file.variable(name, {}).read_texts();
  return texts.at(0);
}

u64 hash_of(Hdf5File const& file, std::string const& text) {
  char* end = nullptr;
  u64 const hash = std::strtoull(text.c_str(), &end, 16);
  if (text.size() != 16 || *end != '\0') file.damaged(fmt::format("'{}' is no hash", text));
  return hash;
}

void check_format(Hdf5File const& file, std::string const& path) {
  auto const& root = file.root();
  if (root.has("format") && root.text("format") == result_format::sweep_name)
    throw Error(ExitCode::input_output, fmt::format("'{}' is a sweep over parameter sets", path),
                "the result of one run is needed",
                "Open it with xarray, cristae.open or cristae report, or run the set alone");
  if (!root.has("format") || root.text("format") != result_format::name ||
      !root.has("format_version"))
    throw Error(ExitCode::input_output, fmt::format("'{}' is no result of Cristae", path),
                fmt::format("its attribute 'format' is not '{}'", result_format::name),
                "Give a file that `cristae run --output` wrote");
  if (auto const version = root.number<u32>("format_version"); version > result_format::version)
    throw Error(ExitCode::input_output, fmt::format("'{}' cannot be read", path),
                fmt::format("it has format {}, and this program knows formats up to {}", version,
                            result_format::version),
                "Use the newer Cristae that wrote it");
}

std::optional<Certificate> read_certificate(Hdf5File const& file) {
  auto const& root = file.root();
  auto const outcome = root.text("certificate");
  if (outcome == result_format::no_certificate) return std::nullopt;
  Certificate certificate;
  certificate.passed = outcome == result_format::certificate_passed;
  if (!certificate.passed && outcome != result_format::certificate_failed)
    file.damaged(fmt::format("'certificate' is '{}'", outcome));
  certificate.p_value = root.number<double>("certificate_p");
  certificate.trajectories = root.number<u64>("certificate_trajectories");
  certificate.whole = root.number<u64>("certificate_whole");
  certificate.events = root.number<u64>("certificate_events");
  auto const ids = labels(file, "reaction");
  if (ids.empty()) return certificate;
  auto const firings = file.variable("certificate_firings", {ids.size()}).read<u64>();
  auto const integrals = file.variable("certificate_integral", {ids.size()}).read<double>();
  auto const z = file.variable("certificate_z", {ids.size()}).read<double>();
  for (usize j = 0; j < ids.size(); ++j)
    certificate.reactions.push_back(
        {ids[j], firings[j], integrals[j], z[j], martingale_p_value(firings[j], integrals[j])});
  return certificate;
}

std::vector<std::string> read_twin(Hdf5File const& file) {
  std::vector<std::string> names;
  if (!file.root().has("twin") && !file.has("twin")) return names;  // of an earlier version
  auto const text = text_of(file, "twin");
  for (usize begin = 0; begin < text.size();) {
    usize const end = std::min(text.find(',', begin), text.size());
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

std::vector<NamedSignal> read_signals(Hdf5File const& file) {
  auto const names = labels(file, "signal");
  if (names.empty()) return {};
  u64 const rows = file.variable("signal_row").size();
  auto const files = file.variable("signal_file", {names.size()}).read_texts();
  auto const sizes = file.variable("signal_size", {names.size()}).read<u64>();
  auto const times = file.variable("signal_time", {rows}).read<double>();
  auto const values = file.variable("signal_value", {rows}).read<double>();
  std::vector<NamedSignal> signals;
  u64 begin = 0;
  for (usize i = 0; i < names.size(); ++i) {
    if (sizes[i] > rows - begin) file.damaged("'signal_size' is more than there are rows");
    auto const part = [&](std::vector<double> const& all) {
      auto const first = all.begin() + static_cast<std::ptrdiff_t>(begin);
      return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(sizes[i]));
    };
    signals.push_back({names[i], files[i], part(times), part(values)});
    begin += sizes[i];
  }
  return signals;
}

RunReport read_report(Hdf5File const& file) {
  auto const& root = file.root();
  RunReport report;
  report.version = text_of(file, "version");
  report.network = text_of(file, "network");
  report.title = text_of(file, "title");
  report.time_unit = text_of(file, "time_unit");
  report.condition = text_of(file, "condition");
  report.engine = text_of(file, "engine");
  report.isa = text_of(file, "isa");
  report.code = text_of(file, "code");
  report.threads = root.number<u32>("threads");
  report.seed = root.number<u64>("seed");
  report.first = root.number<u64>("first");
  report.requested = root.number<u64>("trajectories_requested");
  report.simulated_events = root.number<u64>("simulated_events");
  report.wall_seconds = root.number<double>("wall_seconds");
  report.t_end = root.number<double>("t_end");
  report.burn_in = root.number<double>("burn_in");
  report.max_events = root.number<u64>("max_events");
  if (root.has("histogram_times")) report.histogram_times = root.number<u32>("histogram_times");
  report.start_from = text_of(file, "start_from");
  report.start_contract_hash = hash_of(file, root.text("start_contract_hash"));
  if (file.has("start_seed")) report.start_seeds = file.variable("start_seed").read<u64>();
  report.until = text_of(file, "until");
  if (root.has("shard")) report.shard = root.text("shard");
  if (root.has("run_first"))
    report.part_of = {root.number<u64>("run_first"), root.number<u64>("run_trajectories")};
  if (root.has("missing") || file.has("missing")) report.missing = text_of(file, "missing");
  if (root.has("stop_when")) report.stop_when = text_of(file, "stop_when");
  report.interrupted = root.text("status") == "interrupted";
  report.exit_status = root.number<i32>("exit_status");
  report.certificate = read_certificate(file);
  report.replicates = root.has("replicates") ? root.number<u64>("replicates") : 1;
  report.cell_seed = root.has("cell_seed") ? root.number<u64>("cell_seed") : report.seed;
  report.sisters = root.has("sisters") ? root.number<u64>("sisters") : 1;
  report.fork_at = root.has("fork_at") ? root.number<double>("fork_at") : 0;
  if (file.has("varied")) {
    auto const varied = file.variable("varied").read_texts();
    auto const factors = file.variable("varied_factor", {varied.size()}).read_texts();
    for (usize i = 0; i < varied.size(); ++i) report.varied.emplace_back(varied[i], factors[i]);
    if (file.has("varied_correlation"))
      report.correlation =
          file.variable("varied_correlation", {varied.size(), varied.size()}).read<double>();
  }
  report.twin = read_twin(file);
  report.signals = read_signals(file);
  if (!file.has("set")) return report;
  auto const names = file.variable("set").read_texts();
  auto const values = file.variable("set_value", {names.size()}).read<double>();
  for (usize i = 0; i < names.size(); ++i) report.set.emplace_back(names[i], values[i]);
  return report;
}

/// The columns of one kind, and the statistics of `summary` they belong to.
class KindReader {
 public:
  KindReader(Hdf5File const& file, EnsembleSummary& summary, ColumnKind kind)
      : file_(file), summary_(summary), kind_(result_format::name_of_kind(kind)) {
    for (auto& column : summary.columns)
      if (column.kind == kind) columns_.push_back(&column);
  }

  void read() {
    if (columns_.empty()) return;
    read_columns();
    read_points();
    if (!summary_.histogram_times.empty()) read_histograms();
  }

 private:
  Hdf5Variable variable(std::string const& name, std::vector<u64> shape) const {
    shape.push_back(columns_.size());
    return file_.variable(kind_ + "_" + name, shape);
  }

  void read_columns() {
    auto const labels = variable("label", {}).read_texts();
    auto const units = variable("unit", {}).read_texts();
    auto const hashes = variable("statistics_hash", {}).read_texts();
    auto const resolutions = variable("resolution", {}).read<double>();
    for (usize c = 0; c < columns_.size(); ++c) {
      auto& column = *columns_[c];
      column.label = labels[c];
      column.unit = units[c];
      column.hash = hash_of(file_, hashes[c]);
      column.resolution = resolutions[c];
      column.points.resize(summary_.times.size());
      column.histograms.resize(summary_.histogram_times.size());
    }
  }

  /// `set(point, value)` for all [time][column] of a list of values.
  template <class T, class Set>
  void for_points(std::vector<T> const& values, Set set) {
    usize i = 0;
    for (usize k = 0; k < summary_.times.size(); ++k)
      for (auto* column : columns_) set(column->points[k], values[i++]);
  }

  void read_points() {
    u64 const times = summary_.times.size();
    auto const n = file_.variable("n", {times}).read<u64>();
    for (auto* column : columns_)
      for (usize k = 0; k < times; ++k) column->points[k].n = n[k];
    for (auto const& point : result_format::point_variables)
      for_points(variable(point.name, {times}).read<double>(),
                 [&](PointStatistics& to, double value) { to.*point.value = value; });
    for_points(variable("undefined", {times}).read<u64>(),
               [](PointStatistics& to, u64 value) { to.undefined = value; });
    auto const quantiles = variable("quantile", {quantile_levels.size(), times});
    for (usize q = 0; q < quantile_levels.size(); ++q)
      for_points(quantiles.read<double>(quantiles.rows(q, q + 1)),
                 [&](PointStatistics& to, double value) { to.quantiles[q] = value; });
  }

  void read_histograms() {
    u64 const times = summary_.histogram_times.size();
    u64 const bins = file_.variable("bin").size();
    auto const starts = variable("bin_start", {times}).read<double>();
    auto const widths = variable("bin_width", {times}).read<double>();
    auto const used = variable("bin_count", {times}).read<u64>();
    auto const counts = file_.variable(kind_ + "_histogram", {times, columns_.size(), bins});
    for (usize h = 0; h < times; ++h) {
      auto const slab = counts.read<u64>(counts.rows(h, h + 1));
      for (usize c = 0; c < columns_.size(); ++c) {
        usize const i = h * columns_.size() + c;
        if (used[i] > bins) file_.damaged(fmt::format("'{}_bin_count' is above {}", kind_, bins));
        auto const begin = slab.begin() + static_cast<std::ptrdiff_t>(c * bins);
        columns_[c]->histograms[h] = {
            starts[i], widths[i], {begin, begin + static_cast<std::ptrdiff_t>(used[i])}};
      }
    }
  }

  Hdf5File const& file_;
  EnsembleSummary& summary_;
  std::string kind_;
  std::vector<ColumnStatistics*> columns_;
};

void read_histogram_times(Hdf5File const& file, EnsembleSummary& summary) {
  for (double const time : numbers(file, "histogram_time")) {
    auto const found = std::find(summary.times.begin(), summary.times.end(), time);
    if (found == summary.times.end())
      file.damaged(fmt::format("'histogram_time' {} is no sample time", time));
    summary.histogram_times.push_back(static_cast<u32>(found - summary.times.begin()));
  }
}

/// The names of the columns, in the order of the run.
void read_quantities(Hdf5File const& file, EnsembleSummary& summary) {
  std::array<std::vector<std::string>, result_format::kinds.size()> ids;
  for (auto const kind : result_format::kinds)
    ids[static_cast<usize>(kind)] = labels(file, result_format::name_of_kind(kind));
  std::array<usize, result_format::kinds.size()> next{};
  auto const quantities = labels(file, "quantity");
  for (auto const& quantity : quantities) {
    for (auto const kind : result_format::kinds) {
      auto const k = static_cast<usize>(kind);
      if (next[k] == ids[k].size() ||
          quantity != result_format::quantity_label(kind, ids[k][next[k]]))
        continue;
      summary.columns.emplace_back();
      summary.columns.back().kind = kind;
      summary.columns.back().name = ids[k][next[k]++];
      break;
    }
  }
  if (summary.columns.size() != quantities.size() ||
      summary.columns.size() != ids[0].size() + ids[1].size())
    file.damaged("'quantity' does not name the observables and species in their order");
}

/// Results of versions before there were more have so many statuses.
constexpr usize first_statuses = 5;

void read_passed(Hdf5File const& file, EnsembleSummary& summary) {
  if (!file.has("passed")) return;
  auto const conditions = labels(file, "passage");
  auto const times = summary.times.size();
  auto const counts = file.variable("passed", {conditions.size(), times}).read<u64>();
  for (usize c = 0; c < conditions.size(); ++c) {
    auto const begin = counts.begin() + static_cast<std::ptrdiff_t>(c * times);
    summary.passed.push_back({conditions[c], {begin, begin + static_cast<std::ptrdiff_t>(times)}});
  }
}

void read_lagged(Hdf5File const& file, EnsembleSummary& summary) {
  if (!file.has("lagged_pair")) return;
  auto const names = labels(file, "lagged_pair");
  summary.lags = numbers(file, "lag");
  auto const n = file.variable("lagged_n", {names.size()}).read<u64>();
  auto const read = [&](char const* name) {
    return file.variable(name, {names.size(), summary.lags.size()}).read<double>();
  };
  auto const covariance = read("lagged_covariance"), correlation = read("lagged_correlation"),
             error = read("lagged_correlation_se");
  auto const of_pair = [&](std::vector<double> const& values, usize p) {
    auto const lags = static_cast<std::ptrdiff_t>(summary.lags.size());
    auto const begin = values.begin() + static_cast<std::ptrdiff_t>(p) * lags;
    return std::vector<double>(begin, begin + lags);
  };
  for (usize p = 0; p < names.size(); ++p)
    summary.lagged.push_back(
        {names[p], n[p], of_pair(covariance, p), of_pair(correlation, p), of_pair(error, p)});
}

EnsembleSummary read_summary(Hdf5File const& file, ResultFile::Load load) {
  auto const& root = file.root();
  EnsembleSummary summary;
  summary.trajectories = root.number<u64>("trajectories");
  summary.events = root.number<u64>("events");
  summary.contract_hash = hash_of(file, root.text("contract_hash"));
  summary.statistics_hash = hash_of(file, root.text("statistics_hash"));
  for (usize i = 0; i < status_count; ++i)
    if (auto const name = result_format::count_attribute(i); i < first_statuses || root.has(name))
      summary.statuses[i] = root.number<u64>(name);
  summary.times = numbers(file, "time");
  read_histogram_times(file, summary);
  read_quantities(file, summary);
  if (load == ResultFile::Load::head) {
    for (auto const& name : labels(file, "lagged_pair")) summary.lagged.emplace_back().name = name;
    return summary;
  }
  for (auto const kind : result_format::kinds) KindReader(file, summary, kind).read();
  if (file.has("covariance"))
    summary.covariance =
        file.variable("covariance", {summary.histogram_times.size(), summary.columns.size(),
                                     summary.columns.size()})
            .read<double>();
  read_passed(file, summary);
  read_lagged(file, summary);
  return summary;
}

}  // namespace

class ResultFile::Impl {
 public:
  Impl(std::string const& path, Load load) : path_(path), file_(Hdf5File::Mode::read, path, path) {
    check_format(file_, path);
    report_ = read_report(file_);
    summary_ = read_summary(file_, load);
    network_text_ = file_.variable("network_text", {}).read_texts().at(0);
    changes_ = numbers(file_, "change");
    species_ = labels(file_, "network_species");
    features_ = labels(file_, "feature");
    for (auto const& text : first_passages_of(features_))
      report_.first_passages.push_back(text.substr(6, text.size() - 7));  // first(...)
  }

  void check_range(u64 begin, u64 end) const {
    if (begin > end || end > summary_.trajectories)
      throw Error(ExitCode::internal, fmt::format("trajectories {} to {} of {} asked for", begin,
                                                  end, summary_.trajectories));
  }

  CellFactors cell_factors() const {
    if (!file_.has("cell")) return {};
    auto const cells = file_.variable("cell").read<u64>();
    return {cells,
            file_.variable("cell_factor", {cells.size(), report_.varied.size()}).read<double>()};
  }

  /// Rows [begin, end) of a variable over trajectories.
  template <class T>
  std::vector<T> rows(std::string const& name, std::vector<u64> shape, u64 begin, u64 end) const {
    check_range(begin, end);
    if (begin == end) return {};
    if (!file_.has(name))
      throw Error(ExitCode::usage,
                  fmt::format("'{}' does not have '{}' of single trajectories", path_, name),
                  "they were not kept");
    shape.insert(shape.begin(), summary_.trajectories);
    auto const variable = file_.variable(name, shape);
    return variable.read<T>(variable.rows(begin, end));
  }

  std::vector<double> raw(u64 begin, u64 end) const {
    check_range(begin, end);
    auto const& columns = summary_.columns;
    u64 const times = summary_.times.size();
    std::vector<double> all((end - begin) * columns.size() * times);
    for (auto const kind : result_format::kinds) {
      std::vector<usize> places;
      for (usize c = 0; c < columns.size(); ++c)
        if (columns[c].kind == kind) places.push_back(c);
      if (places.empty()) continue;
      auto const values = rows<double>(result_format::name_of_kind(kind) + "_raw",
                                       {places.size(), times}, begin, end);
      for (usize row = 0; row < (end - begin) * places.size(); ++row) {
        usize const to = row / places.size() * columns.size() + places[row % places.size()];
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(row * times), times,
                    all.begin() + static_cast<std::ptrdiff_t>(to * times));
      }
    }
    return all;
  }

  bool has_raw() const {
    return std::any_of(
        result_format::kinds.begin(), result_format::kinds.end(),
        [&](ColumnKind kind) { return file_.has(result_format::name_of_kind(kind) + "_raw"); });
  }

  std::string path_;
  Hdf5File file_;
  RunReport report_;
  EnsembleSummary summary_;
  std::string network_text_;
  std::vector<double> changes_;
  std::vector<std::string> species_, features_;
};

ResultFile::ResultFile(std::string const& path, Load load)
    : impl_(std::make_unique<Impl>(path, load)) {}
ResultFile::~ResultFile() = default;

RunReport const& ResultFile::report() const { return impl_->report_; }
EnsembleSummary const& ResultFile::summary() const { return impl_->summary_; }
std::string const& ResultFile::network_text() const { return impl_->network_text_; }
std::vector<double> const& ResultFile::changes() const { return impl_->changes_; }
std::vector<std::string> const& ResultFile::species() const { return impl_->species_; }
std::vector<std::string> const& ResultFile::features() const { return impl_->features_; }
bool ResultFile::has_end_states() const { return impl_->file_.has("end_state"); }
bool ResultFile::has_raw() const { return impl_->has_raw(); }
bool ResultFile::has_end_times() const { return impl_->file_.has("end_time"); }
bool ResultFile::has_covariance() const { return impl_->file_.has("covariance"); }
bool ResultFile::has_exact_sums() const {
  return impl_->file_.has_bytes(result_format::exact_group, result_format::exact_sums);
}

std::string ResultFile::exact_sums() const {
  return impl_->file_.read_bytes(result_format::exact_group, result_format::exact_sums);
}

std::vector<double> ResultFile::feature_values(u64 begin, u64 end) const {
  return impl_->rows<double>("feature_value", {features().size()}, begin, end);
}
std::vector<i64> ResultFile::end_states(u64 begin, u64 end) const {
  return impl_->rows<i64>("end_state", {species().size()}, begin, end);
}
std::vector<double> ResultFile::raw(u64 begin, u64 end) const { return impl_->raw(begin, end); }

std::vector<double> ResultFile::end_times(u64 begin, u64 end) const {
  return impl_->rows<double>("end_time", {}, begin, end);
}

std::vector<TrajectoryStatus> ResultFile::statuses(u64 begin, u64 end) const {
  std::vector<TrajectoryStatus> statuses;
  for (u8 const status : impl_->rows<u8>("status", {}, begin, end)) {
    if (status >= status_count) impl_->file_.damaged(fmt::format("there is no status {}", status));
    statuses.push_back(static_cast<TrajectoryStatus>(status));
  }
  return statuses;
}

std::vector<u64> ResultFile::events(u64 begin, u64 end) const {
  return impl_->rows<u64>("events", {}, begin, end);
}
std::vector<u64> ResultFile::hashes(u64 begin, u64 end) const {
  return impl_->rows<u64>("trajectory_hash", {}, begin, end);
}

CellFactors ResultFile::cell_factors() const { return impl_->cell_factors(); }

bool is_sweep_file(std::string const& path) {
  Hdf5File const file(Hdf5File::Mode::read, path, path);
  auto const& root = file.root();
  return root.has("format") && root.text("format") == result_format::sweep_name;
}

ResultOrigin origin_of(std::string const& path) {
  Hdf5File const file(Hdf5File::Mode::read, path, path);
  auto const& root = file.root();
  ResultOrigin origin;
  origin.network_text = file.variable("network_text", {}).read_texts().at(0);
  origin.seed = root.number<u64>("seed");
  origin.first = root.number<u64>("first");
  origin.requested = root.number<u64>("trajectories_requested");
  origin.contract_hash = hash_of(file, root.text("contract_hash"));
  origin.is_interrupted = root.text("status") == "interrupted";
  return origin;
}

}  // namespace cristae
