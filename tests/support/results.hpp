// tests/support/results.hpp - hand-made results of any shape, consistent in themselves.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "host/io/result_file.hpp"

namespace cristae::test {

struct ResultShape {
  u64 first = 0;
  u64 trajectories = 20;
  usize times = 6;
  usize observables = 2;
  usize species = 3;
  usize histogram_times = 2;
  bool covariance = true;
  usize longest_id = 8;  ///< of the last species
};

/// A run as its parts, and what they must be read back as.
struct MadeResult {
  Network network;
  Experiment experiment;  ///< of `network`: do not move
  std::vector<Column> columns;
  KeptTrajectories kept;
  RunReport report;
  EnsembleSummary summary;
  u64 first = 0;
  std::vector<TrajectoryEnd> ends;
  std::vector<double> values;   ///< [trajectory][column][sample time]
  std::vector<i64> end_states;  ///< [trajectory][species]

  explicit MadeResult(ResultShape const& shape) : first(shape.first) {
    make_network(shape);
    make_columns(shape);
    make_trajectories(shape);
    make_report(shape);
    make_summary(shape);
    kept.raw = true;
    for (usize c = 0; c < columns.size(); ++c)
      kept.features.push_back({FeatureKind::at, c, shape.times - 1, columns[c].name + "[end]"});
  }
  MadeResult(MadeResult const&) = delete;

  /// Trajectories [begin, end), counted from the first, as an engine hands them on.
  void deliver(BlockSink& sink, u64 begin, u64 end) const {
    u64 const per_trajectory = columns.size() * summary.times.size();
    u64 const species = network.species.size();
    sink.block({first + begin, std::span(ends).subspan(begin, end - begin),
                std::span(values).subspan(begin * per_trajectory, (end - begin) * per_trajectory),
                std::span(end_states).subspan(begin * species, (end - begin) * species)});
  }

  /// The last block first, and the last one shorter.
  void deliver_all(BlockSink& sink, u64 block) const {
    for (u64 end = ends.size(); end > 0;) {
      u64 const begin = (end - 1) / block * block;
      deliver(sink, begin, end);
      end = begin;
    }
  }

 private:
  void make_network(ResultShape const& shape) {
    network.name = "made \"by hand\"";
    network.time_unit = "hours";
    network.text = "# eIF2α\n[network]\nname = \"made\"\n";
    for (usize s = 0; s < shape.species + 1; ++s) {
      Species species;
      species.id = fmt::format("S{}", s);
      species.label = fmt::format("species α {}", s);
      species.unit = s == 0 ? "" : "token of 1000";
      network.species.push_back(species);
    }
    auto& id = network.species.back().id;
    while (id.size() < shape.longest_id) id += " \"é'";
    experiment.network = &network;
    experiment.segments = {{0, {}, {}}, {1.5, {}, {}}};
    for (usize k = 0; k < shape.times; ++k)
      experiment.sample_times.push_back(0.1 * static_cast<double>(k));
    experiment.t_end = experiment.sample_times.back();
  }

  /// A species first where there is one, so that the order of the run is not that of the kinds; the
  /// first species of the network is not reported.
  void make_columns(ResultShape const& shape) {
    auto const add_species = [&](usize s) {
      auto const& species = network.species[s + 1];
      columns.push_back({ColumnKind::species, species.id, species.label, species.unit, {}});
    };
    if (shape.species > 0) add_species(0);
    for (usize o = 0; o < shape.observables; ++o)
      columns.push_back({ColumnKind::observable,
                         o == 0 ? "S1" : fmt::format("total {}", o),
                         "observable ≥ 0",
                         "nM",
                         {}});
    for (usize s = 1; s < shape.species; ++s) add_species(s);
  }

  void make_trajectories(ResultShape const& shape) {
    for (u64 i = 0; i < shape.trajectories; ++i) {
      TrajectoryEnd end;
      end.id = first + i;
      end.status = i % 5 == 4   ? TrajectoryStatus::budget
                   : i % 5 == 3 ? TrajectoryStatus::absorbed
                                : TrajectoryStatus::completed;
      end.events = 100 + i;
      end.hash = (i + 1) * 0x9E3779B97F4A7C15ull;
      end.samples = static_cast<u32>(i % 5 == 4 ? shape.times / 2 : shape.times);
      ends.push_back(end);
      for (usize c = 0; c < columns.size(); ++c)
        for (usize k = 0; k < shape.times; ++k)
          values.push_back(k < end.samples ? static_cast<double>((i * 7 + c * 3 + k) % 11) / 2
                                           : std::numeric_limits<double>::quiet_NaN());
      for (usize s = 0; s < network.species.size(); ++s)
        end_states.push_back(i % 5 == 4 ? -1 : (i64{1} << 53) - static_cast<i64>(i + s));
    }
  }

  void make_report(ResultShape const& shape) {
    report.version = "0.0.1";
    report.network = network.name;
    report.title = "Größe, \"quoted\", 線粒体";
    report.time_unit = network.time_unit;
    report.condition = "stress";
    report.set = {{"k_1", 0.1}, {"k 2", -1e300}};
    report.engine = "cpu";
    report.isa = "avx2";
    report.code = "generated code, bundled";
    report.threads = 2;
    report.seed = std::numeric_limits<u64>::max();
    report.first = shape.first;
    report.requested = shape.trajectories + 1;
    report.simulated_events = 12345;
    report.wall_seconds = 0.25;
    report.t_end = experiment.t_end;
    report.burn_in = 3;
    report.max_events = u64{1} << 40;
    report.start_from = "earlier.h5";
    report.start_seeds = {1, 2};
    report.start_contract_hash = 0xABCDEF;
    report.until = "se(mean(S1)) < 1 %";
    report.exit_status = 4;
    Certificate certificate{false, 3, 2, 12'345, 0x1p-30, {}};
    for (auto const& [id, firings, integral] :
         {std::tuple{"birth α", u64{110}, 100.0}, std::tuple{"death", u64{0}, 0.0}})
      certificate.reactions.push_back(
          {id, firings, integral, integral > 0 ? 1.0 : 0.0, martingale_p_value(firings, integral)});
    report.certificate = certificate;
  }

  void make_summary(ResultShape const& shape) {
    summary.trajectories = shape.trajectories;
    summary.contract_hash = 0x0123456789ABCDEF;
    summary.statistics_hash = 0xFEDCBA9876543210;
    summary.times = experiment.sample_times;
    for (auto const& end : ends) {
      summary.events += end.events;
      ++summary.statuses[static_cast<usize>(end.status)];
    }
    for (usize h = 0; h < shape.histogram_times; ++h)
      summary.histogram_times.push_back(static_cast<u32>(
          shape.histogram_times == 1 ? 0 : h * (shape.times - 1) / (shape.histogram_times - 1)));
    for (usize c = 0; c < columns.size(); ++c) {
      ColumnStatistics column{columns[c].kind,
                              columns[c].name,
                              columns[c].label,
                              columns[c].unit,
                              0.5,
                              0x10 + c,
                              {},
                              {}};
      for (usize k = 0; k < shape.times; ++k) column.points.push_back(point(c, k));
      for (u32 const k : summary.histogram_times) column.histograms.push_back(histogram(c, k));
      summary.columns.push_back(std::move(column));
    }
    if (!shape.covariance) return;
    for (usize i = 0; i < shape.histogram_times * columns.size() * columns.size(); ++i)
      summary.covariance.push_back(static_cast<double>(i) / 3);
  }

  std::vector<double> reached(usize column, usize time) const {
    std::vector<double> found;
    for (usize i = 0; i < ends.size(); ++i)
      if (time < ends[i].samples)
        found.push_back(values[(i * columns.size() + column) * summary.times.size() + time]);
    std::sort(found.begin(), found.end());
    return found;
  }

  PointStatistics point(usize column, usize time) const {
    double const nan = std::numeric_limits<double>::quiet_NaN();
    auto const sorted = reached(column, time);
    PointStatistics p;
    p.n = sorted.size();
    auto const n = static_cast<double>(p.n);
    p.mean = p.min = p.max = p.n > 0 ? 0 : nan;
    p.quantiles.fill(nan);
    p.var = p.se = p.fano = p.cv2 = nan;
    if (p.n == 0) return p;
    for (double const value : sorted) p.mean += value / n;
    p.min = sorted.front();
    p.max = sorted.back();
    p.undefined = (column + time) % 3;  // no number of a trajectory: kept as it is
    for (usize q = 0; q < quantile_levels.size(); ++q) {
      double const rank = quantile_levels[q] * (n - 1);
      auto const below = static_cast<usize>(rank);
      auto const above = std::min(below + 1, sorted.size() - 1);
      p.quantiles[q] =
          sorted[below] + (rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
    }
    if (p.n < 2) return p;
    p.var = 0;
    for (double const value : sorted) p.var += (value - p.mean) * (value - p.mean) / (n - 1);
    p.se = std::sqrt(p.var / n);
    p.fano = p.var / p.mean;
    p.cv2 = p.var / (p.mean * p.mean);
    return p;
  }

  /// As many bins as the column needs, and column 1 one that is empty behind them.
  HistogramCounts histogram(usize column, usize time) const {
    auto const sorted = reached(column, time);
    if (sorted.empty()) return {0, 1, {}};
    HistogramCounts made{sorted.front(), 0.5, {}};
    for (double const value : sorted) {
      auto const bin = static_cast<usize>((value - made.start) / made.width);
      made.counts.resize(std::max(made.counts.size(), bin + 1));
      ++made.counts[bin];
    }
    if (column == 1) made.counts.push_back(0);
    return made;
  }
};

}  // namespace cristae::test
