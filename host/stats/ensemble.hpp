// host/stats/ensemble.hpp - the statistics of an ensemble, and the recorder that gathers them.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/types.hpp"
#include "host/engine/engine.hpp"
#include "host/engine/experiment.hpp"
#include "host/stats/column.hpp"
#include "host/stats/feature.hpp"

namespace cristae {

inline constexpr std::array<double, 5> quantile_levels{0.05, 0.25, 0.5, 0.75, 0.95};

/// Statistics of one column at one sample time, over the `n` trajectories that reached it. NaN
/// where undefined: var, se, fano and cv2 for n < 2, fano and cv2 also where they divide by 0, all
/// but the counts for n = 0 or where `undefined` > 0, quantiles also without a histogram.
struct PointStatistics {
  u64 n = 0;
  u64 undefined = 0;  ///< of the n, those whose value is infinite, not a number or too large
  double mean = 0;
  double var = 0;   ///< with n - 1
  double se = 0;    ///< standard error of the mean, sqrt(var / n)
  double fano = 0;  ///< var / mean
  double cv2 = 0;   ///< var / mean^2
  double min = 0, max = 0;
  /// At quantile_levels: linear between the order statistics around rank q (n - 1) (type 7 of
  /// Hyndman and Fan 1996, the default of R and NumPy). Exact where the histogram's bins have the
  /// width of the column's resolution; else within one bin's width.
  std::array<double, 5> quantiles{};

  double sd() const;
};

/// Counts of a column at one sample time. Bin b counts the values in
/// [start + b width, start + (b + 1) width); there is no value outside of the bins.
struct HistogramCounts {
  double start = 0;
  double width = 1;
  std::vector<u64> counts;
};

struct ColumnStatistics {
  ColumnKind kind = ColumnKind::observable;
  std::string name, label, unit;
  double resolution = 1;                    ///< resolution_of() the column
  u64 hash = 0;                             ///< of all sums, extremes and histograms of this column
  std::vector<PointStatistics> points;      ///< by sample time
  std::vector<HistogramCounts> histograms;  ///< by EnsembleSummary::histogram_times
  usize coarse_times = 0;  ///< sample times at which the resolution is too coarse for all values
};

/// Of values of `leading` at t with values of `following` at t + lag.
struct LaggedPair {
  usize leading = 0, following = 0;  ///< columns
  bool operator==(LaggedPair const&) const = default;
};

/// Covariances over lags, averaged over the times t from which they can be taken: at each t over the
/// trajectories, so that a mean that changes with time is none of it. Standard errors by the
/// jackknife over groups of trajectories (Efron and Stein 1981, Ann. Statist. 9:586).
struct LaggedStatistics {
  std::string name;  ///< of the pair, `A:B`; A leads
  u64 n = 0;         ///< trajectories: those that have a value at every time
  std::vector<double> covariance, correlation, correlation_se;  ///< by lag; NaN where undefined
};

/// In how many trajectories a condition has held.
struct PassedCounts {
  std::string condition;
  std::vector<u64> by_time;  ///< at or before each sample time
};

/// What a run reports. Everything is over the contiguous prefix of finished trajectories: those
/// that happen to finish first are a biased sample.
struct EnsembleSummary {
  u64 trajectories = 0;
  u64 events = 0;
  u64 contract_hash = 0;  ///< 0 from engines that do not follow the contract
  /// Of the columns' hashes and names; the same for any number of threads and order of arrival.
  u64 statistics_hash = 0;
  std::array<u64, status_count> statuses{};
  std::vector<TrajectoryEnd> first_failures;  ///< lowest id of each failing status
  std::vector<double> times;
  std::vector<u32> histogram_times;  ///< indices of the sample times that have histograms
  std::vector<ColumnStatistics> columns;
  /// [histogram time][column][column], with n - 1; empty where not asked for.
  std::vector<double> covariance;
  std::vector<double> lags;
  std::vector<LaggedStatistics> lagged;  ///< by RecorderOptions::lagged
  std::vector<PassedCounts> passed;      ///< by RecorderOptions::first_passages
  /// With RecorderOptions::exact_sums: all sums that this comes from but the histograms, as bytes.
  std::string exact_sums;

  u64 count(TrajectoryStatus status) const { return statuses[static_cast<usize>(status)]; }
};

/// True for the statuses of a trajectory that did not get to the end, or to where it was to stop.
bool is_failure(TrajectoryStatus status);

/// A block of consecutive trajectories, all of them finished.
struct FinishedBlock {
  u64 first = 0;                        ///< id of the first
  std::span<TrajectoryEnd const> ends;  ///< by id
  /// [trajectory][column][sample time], rounded to the column's resolution; NaN where undefined or
  /// not reached.
  std::span<double const> values;
  /// [trajectory][species]: copy numbers at the end, or where a condition ended it; -1 for
  /// trajectories that did not get there.
  std::span<i64 const> end_states;
  /// [trajectory][BlockSink::features], in the place of `values`, from engines that keep no more; of
  /// first passages nothing.
  std::span<double const> features = {};
};

/// Receives every block once, in any order, from the engine's threads. On an interruption the last
/// block may hold fewer trajectories, and blocks behind the reported prefix may have come.
class BlockSink {
 public:
  virtual ~BlockSink() = default;
  virtual void block(FinishedBlock const& block) = 0;
  /// What is enough of the values; null where all are needed.
  virtual std::vector<Feature> const* features() const { return nullptr; }
};

/// What to gather beside the moments.
struct RecorderOptions {
  u32 histogram_times =
      513;  ///< at most so many sample times, evenly spread, with both ends; 0: none
  bool covariance = false;                  ///< of all pairs of columns, at the histogram times
  std::vector<LaggedPair> lagged;           ///< whose correlations over lags are gathered
  std::vector<std::string> first_passages;  ///< conditions of TrajectoryEnd::first_passages
  u64 alike = 1;            ///< so many consecutive trajectories are not independent
  bool exact_sums = false;  ///< into EnsembleSummary::exact_sums
  BlockSink* blocks = nullptr;
  u32 threads = 0;  ///< of the engine, for the estimate of memory; 0: all cores
};

/// Gathers exact statistics: sums of whole numbers and counts, so that no order of threads changes
/// a bit, in memory that does not grow with the number of trajectories.
class EnsembleRecorder : public SampleSink {
 public:
  /// For trajectories first .. first + trajectories - 1 of an experiment, which must outlive this.
  /// Throws Error(usage) with the figures if more than `available_bytes` may be needed.
  EnsembleRecorder(Experiment const& experiment, std::vector<Column> columns, u64 first,
                   u64 trajectories, u64 available_bytes, RecorderOptions const& options = {});
  ~EnsembleRecorder() override;

  /// What RunPlan::counted_reactions must be for this recorder.
  std::vector<ReactionId> const& counted_reactions() const;
  /// About so much memory is used at most; more where trajectories differ much in their length, or
  /// with a hundred threads, because blocks behind a late trajectory are summed up apart.
  u64 needed_bytes() const;
  /// About so many bytes state() has at most, and an engine's samples of the trajectories under way.
  u64 state_bytes() const;
  u64 samples_bytes() const;

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override;
  /// But where a BlockSink needs all values.
  ReductionSink* reduction() override;

  /// All that has been gathered, as bytes: sums of trajectories, and single ones that wait for their
  /// neighbours. Callable while engines run, which wait meanwhile.
  std::string state();
  /// Adds what state() gave, of this recorder or of one for other trajectories of the same run; before
  /// any trajectory comes in. `what` names the bytes in messages. Throws Error(input_output) where they
  /// are damaged; Error(usage) where they are of another run, or hold trajectories that are here, or
  /// such that this recorder is not for.
  void add_state(std::string_view bytes, std::string const& what);
  /// The same for EnsembleSummary::exact_sums; the summary's columns have the histograms.
  void add_sums(std::string_view bytes, std::span<ColumnStatistics const> columns,
                std::string const& what);
  /// Trajectories that are still to come, in order.
  std::vector<Piece> missing() const;
  /// Those in sums, in order. Every one of them, and no other, was handed to the BlockSink.
  std::vector<Piece> summed() const;

  /// What becomes of a block that is not complete.
  enum class LastBlock : u8 {
    handed_on,  ///< goes to the BlockSink as far as it has no gap; no trajectory may follow
    kept,       ///< waits for its other trajectories
  };
  /// Call while no engine runs; where there is no BlockSink, more trajectories may always follow.
  /// `contract_hash` is the wrapping sum over the reported trajectories of
  /// core::ensemble_term(hash, id).
  EnsembleSummary summary(LastBlock last = LastBlock::handed_on);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cristae
