// host/stats/ensemble.cpp - blocks of trajectories, reduced when they are complete; the prefix.
#include "host/stats/ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <condition_variable>
#include <limits>
#include <list>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "host/base/bytes.hpp"
#include "host/base/bytes_text.hpp"
#include "host/base/large_array.hpp"
#include "host/core/hash.hpp"
#include "host/engine/reduction.hpp"
#include "host/stats/column_program.hpp"
#include "host/stats/histogram.hpp"
#include "host/stats/lagged.hpp"
#include "host/stats/moments.hpp"

namespace cristae {
namespace {

using core::coarse_below, core::largest_real, core::largest_whole;

std::string plural(u64 count, char const* singular, char const* several) {
  return fmt::format("{} {}", count, count == 1 ? singular : several);
}

/// At most `most` of the sample times, evenly spread, with the first and the last.
std::vector<u32> spread_times(usize times, usize most) {
  std::vector<u32> chosen;
  if (most == 0 || times == 0) return chosen;
  if (most == 1 || times == 1) return {static_cast<u32>(times - 1)};
  usize const step = (times - 1 + most - 2) / (most - 1);
  for (usize k = 0; k + 1 < times; k += step) chosen.push_back(static_cast<u32>(k));
  chosen.push_back(static_cast<u32>(times - 1));
  return chosen;
}

/// Sums of one column; the lock lets several threads add their blocks to different columns.
struct ColumnSums {
  std::mutex mutex;
  std::vector<Moments> moments;       ///< by sample time
  std::vector<Histogram> histograms;  ///< by histogram time
};

struct Accumulator {
  std::vector<ColumnSums> columns;
  std::mutex products_mutex;
  std::vector<ProductSum> products;  ///< [histogram time][pair i >= j]
  std::mutex lagged_mutex;
  std::vector<LaggedSums> lagged;

  /// Into one of the same shape.
  template <class Bytes>
  void transfer(Bytes& bytes) {
    transfer_sums(bytes);
    for (ColumnSums& column : columns)
      for (Histogram& histogram : column.histograms) bytes(histogram);
  }
  /// All but the histograms.
  template <class Bytes>
  void transfer_sums(Bytes& bytes) {
    for (ColumnSums& column : columns)
      for (Moments& m : column.moments) bytes(m);
    for (ProductSum& sum : products) bytes(sum);
    for (LaggedSums& sums : lagged) bytes(sums);
  }
};

/// What is summed over trajectories rather than over sample times.
struct Totals {
  u64 trajectories = 0;
  u64 events = 0;
  u64 contract_hash = 0;
  u64 any_hash = 0;
  std::array<u64, status_count> statuses{};
  std::vector<TrajectoryEnd> first_failures;
  std::vector<std::vector<u64>> passages;  ///< [condition][first sample at which it is past]

  template <class Bytes>
  void transfer(Bytes& bytes) {
    bytes(trajectories, events, contract_hash, any_hash, statuses, first_failures, passages);
  }

  void add(TrajectoryEnd const& end, std::vector<double> const& times) {
    passages.resize(std::max(passages.size(), end.first_passages.size()));
    for (usize c = 0; c < end.first_passages.size(); ++c) {
      passages[c].resize(times.size());
      auto const past = std::lower_bound(times.begin(), times.end(), end.first_passages[c]);
      bool const is_past = !std::isnan(end.first_passages[c]) && past != times.end();
      if (is_past) ++passages[c][static_cast<usize>(past - times.begin())];
    }
    ++trajectories;
    events += end.events;
    contract_hash += core::ensemble_term(end.hash, end.id);
    any_hash |= end.hash;
    ++statuses[static_cast<usize>(end.status)];
    if (is_failure(end.status)) add_failure(end);
  }
  void add(Totals const& other) {
    trajectories += other.trajectories;
    events += other.events;
    contract_hash += other.contract_hash;
    any_hash |= other.any_hash;
    for (usize i = 0; i < statuses.size(); ++i) statuses[i] += other.statuses[i];
    for (auto const& failure : other.first_failures) add_failure(failure);
    passages.resize(std::max(passages.size(), other.passages.size()));
    for (usize c = 0; c < other.passages.size(); ++c) {
      passages[c].resize(other.passages[c].size());
      for (usize k = 0; k < passages[c].size(); ++k) passages[c][k] += other.passages[c][k];
    }
  }

 private:
  void add_failure(TrajectoryEnd const& end) {
    auto const same = std::find_if(first_failures.begin(), first_failures.end(),
                                   [&](auto const& other) { return other.status == end.status; });
    if (same == first_failures.end())
      first_failures.push_back(end);
    else if (end.id < same->id)
      *same = end;
  }
};

/// Consecutive trajectories that are summed up.
struct Run {
  u64 begin = 0, end = 0;  ///< counted from the first of the recorder
  Totals totals;
  std::unique_ptr<Accumulator> sums;
  u32 adders = 0;  ///< threads that add to `sums` at this moment
};

enum class Row : char { missing, done, elsewhere };

/// A trajectory of a block under way, on its own.
struct SingleRow {
  TrajectoryEnd end;
  std::vector<double> values;
  std::vector<i64> end_state;

  template <class Bytes>
  void transfer(Bytes& bytes) {
    bytes(end, values, end_state);
  }
};

/// A block under way.
struct Block {
  LargeArray<double> values;  ///< [trajectory][column][sample time], in multiples of the resolution
  std::vector<TrajectoryEnd> ends;
  std::vector<u32> reached;
  std::vector<Row> row;  ///< whether it is there, or in sums that were added
  std::vector<i64> end_states;
  usize done = 0;  ///< rows that are not missing
};

class Fold {
 public:
  void add(u64 x) { hash_ = core::chain(hash_, x); }
  void add(U256 const& x) {
    for (u64 const limb : x.limb) add(limb);
  }
  void add(std::string_view text) {
    add(text.size());
    for (char const c : text) add(u64(static_cast<unsigned char>(c)));
  }
  u64 value() const { return hash_; }

 private:
  u64 hash_ = 0;
};

u64 hash_of(ColumnSums const& sums, double resolution) {
  Fold fold;
  fold.add(std::bit_cast<u64>(resolution));
  for (Moments const& m : sums.moments) {
    fold.add(m.n);
    fold.add(m.undefined);
    fold.add(U256(static_cast<u128>(m.sum)));
    fold.add(m.squares);
    fold.add(static_cast<u64>(m.min));
    fold.add(static_cast<u64>(m.max));
  }
  for (Histogram const& histogram : sums.histograms) {
    fold.add(histogram.shift());
    fold.add(static_cast<u64>(histogram.first()));
    fold.add(histogram.counts().size());
    for (u64 const count : histogram.counts()) fold.add(count);
  }
  return fold.value();
}

/// None of first passages, which TrajectoryEnd has.
std::optional<core::KeptNumber> kept_number(Feature const& feature) {
  using core::KeptNumber;
  KeptNumber kept{KeptNumber::at, static_cast<u32>(feature.column), 0};
  switch (feature.kind) {
    case FeatureKind::at: kept.sample = static_cast<u32>(feature.time); break;
    case FeatureKind::minimum: kept.kind = KeptNumber::minimum; break;
    case FeatureKind::maximum: kept.kind = KeptNumber::maximum; break;
    case FeatureKind::mean: kept.kind = KeptNumber::sum; break;
    case FeatureKind::first: return std::nullopt;
  }
  return kept;
}

}  // namespace

bool is_failure(TrajectoryStatus status) {
  return status != TrajectoryStatus::completed && status != TrajectoryStatus::absorbed &&
         status != TrajectoryStatus::stopped;
}

class EnsembleRecorder::Impl final : public ReductionSink {
 public:
  Impl(Experiment const& experiment, std::vector<Column> columns, u64 first, u64 trajectories,
       RecorderOptions const& options)
      : experiment_(experiment), columns_(std::move(columns)), first_(first),
        trajectories_(trajectories), options_(options), times_(experiment.sample_times.size()),
        histogram_times_(spread_times(times_, options.histogram_times)),
        counted_(cristae::counted_reactions(*experiment.network, columns_)) {
    units_ = units_of(experiment, columns_);
    for (auto const& unit : units_) {
      resolutions_.push_back(unit.resolution);
      is_whole_.push_back(unit.is_whole);
    }
    if (!options_.lagged.empty()) lag_grid_ = LagGrid(experiment.sample_times);
    // Blocks of 256 trajectories, fewer where they are large: sums do not depend on it.
    while (block_size_ > 1 && block_size_ * row_bytes() > largest_block_bytes) block_size_ /= 2;
    needed_ = 2 * accumulator_bytes() + bytes_under_way();
  }

  void allocate() {
    program_ = std::make_unique<ColumnProgram>(experiment_, columns_, counted_);
    has_small_ = std::make_unique<std::atomic<u8>[]>(row());
    is_reducible_ = row() > 0 && (options_.blocks == nullptr || options_.blocks->features());
    if (!is_reducible_) return;
    program_->write(request_);
    request_.histogram_times = histogram_times_;
    request_.products = options_.covariance;
    for (auto const& [leading, following] : options_.lagged)
      request_.lagged.push_back({static_cast<u32>(leading), static_cast<u32>(following)});
    request_.lag_times = static_cast<u32>(lag_grid_.times);
    request_.lags = static_cast<u32>(lag_grid_.lags);
    request_.lag_groups = LaggedSums::groups;
    request_.alike = options_.alike;
    if (options_.blocks == nullptr) return;
    request_.last_counts = true;
    for (Feature const& feature : *options_.blocks->features())
      if (auto const kept = kept_number(feature)) request_.kept.push_back(*kept);
  }

  std::vector<ReactionId> const& counted() const { return counted_; }
  double needed() const { return needed_; }
  double state_bytes() const {
    double const end_state = options_.blocks != nullptr ? double(species()) * sizeof(i64) : 0;
    double const totals = double(options_.first_passages.size()) * double(times_) * sizeof(u64);
    return double(row()) + totals + accumulator_bytes() +
           rows_under_way() * (row_bytes() + sizeof(TrajectoryEnd) + end_state);
  }
  double samples_bytes() const {
    return lanes() * double(species() + counted_.size()) * double(times_) * sizeof(double);
  }

  void finished(TrajectoryEnd const& end, std::span<double const> samples);
  EnsembleSummary summary(LastBlock last);
  std::string state();
  void add_state(std::string_view bytes, std::string const& what);
  void add_sums(std::string_view bytes, std::span<ColumnStatistics const> columns,
                std::string const& what);
  std::vector<Piece> missing() const;
  std::vector<Piece> summed() const;

  bool is_reducible() const { return is_reducible_; }
  ReductionRequest const& request() const override { return request_; }
  Piece reducible(Piece trajectories) const override;
  ColumnValues values(Piece part) override {
    auto values = program_->values(units_);
    values.first = part.first;
    return values;
  }
  void cell_values(Piece trajectories, double* values) override {
    for (u64 i = 0; i < trajectories.count; ++i)
      program_->cell_values(trajectories.first + i, values + i * request_.cell_values);
  }
  void reduced(ReducedTrajectories const& part) override;
  u64 next_watched(u64) const override { return none; }
  void watched(TrajectoryEnd const&, std::span<double const>) override {}

  [[noreturn]] void refuse(u64 available_bytes) const {
    throw Error(
        ExitCode::usage,
        fmt::format("{} needed for the statistics of {} at {}, {} available", bytes_text(needed_),
                    plural(columns_.size(), "column", "columns"),
                    plural(times_, "sample time", "sample times"),
                    bytes_text(static_cast<double>(available_bytes))),
        fmt::format("sums, histograms of up to {} bins at {}, and the trajectories under way; it "
                    "does not grow with the number of trajectories",
                    Histogram::most_bins, plural(histogram_times_.size(), "time", "times")),
        "Use --select, fewer --samples, or fewer --histogram-times");
  }

 private:
  static constexpr u64 state_version = 1;
  static constexpr double largest_block_bytes = 32.0 * 1024 * 1024;

  Experiment const& experiment_;
  std::vector<Column> columns_;
  std::vector<ColumnUnit> units_;
  std::vector<double> resolutions_;
  std::vector<char> is_whole_;
  /// [column][sample time]: whether some value is not 0 and yet close to it, in resolutions.
  std::unique_ptr<std::atomic<u8>[]> has_small_;
  u64 first_;
  u64 trajectories_;
  RecorderOptions options_;
  usize times_;
  std::vector<u32> histogram_times_;
  LagGrid lag_grid_;
  std::vector<ReactionId> counted_;
  std::unique_ptr<ColumnProgram> program_;
  ReductionRequest request_;
  bool is_reducible_ = false;
  u64 block_size_ = reduction_unit;
  double needed_ = 0;

  mutable std::mutex
      mutex_;  ///< guards what follows, but not what is inside of blocks and accumulators
  std::map<u64, std::unique_ptr<Block>> open_;
  std::vector<std::unique_ptr<Block>> free_;
  std::list<Run> runs_;      ///< by increasing begin
  u32 adders_ = 0;           ///< threads that add to some run
  bool is_broken_ = false;   ///< one of them failed half way
  bool is_watched_ = false;  ///< somebody waits for there to be none, and no other may begin
  std::condition_variable changed_;

  // ---- sizes ----

  usize row() const { return columns_.size() * times_; }
  usize species() const { return experiment_.network->species.size(); }
  usize pairs() const { return columns_.size() * (columns_.size() + 1) / 2; }
  double row_bytes() const { return double(row()) * sizeof(double); }

  double accumulator_bytes() const {
    double const histograms = double(columns_.size()) * double(histogram_times_.size());
    double const products =
        options_.covariance ? double(histogram_times_.size()) * double(pairs()) : 0;
    return double(row()) * sizeof(Moments) +
           histograms * (sizeof(Histogram) + Histogram::most_bins * sizeof(u64)) +
           products * sizeof(ProductSum) +
           double(options_.lagged.size()) * LaggedSums::bytes(lag_grid_);
  }

  double lanes() const {
    u32 const threads =
        options_.threads > 0 ? options_.threads : std::max(1u, std::thread::hardware_concurrency());
    return std::min(double(trajectories_), 64.0 * threads);
  }
  /// Lanes that finish out of order keep some more blocks open than they fill.
  double rows_under_way() const {
    return std::min(double(trajectories_), 4 * lanes() + 2 * double(block_size_));
  }
  /// Blocks, and the engine's own samples.
  double bytes_under_way() const { return rows_under_way() * row_bytes() + samples_bytes(); }

  u64 rows_in(u64 block) const {
    return std::min(block_size_, trajectories_ - block * block_size_);
  }

  // ---- a trajectory has finished ----

  Block& open_block(u64 index) {
    std::lock_guard const lock(mutex_);
    if (auto const found = open_.find(index); found != open_.end()) return *found->second;
    // Where there is no memory, none may be left half made for those who come next.
    auto block = empty_block();
    mark_rows(*block, index);
    return *open_.emplace(index, std::move(block)).first->second;
  }

  std::unique_ptr<Block> empty_block() {
    if (!free_.empty()) {
      auto block = std::move(free_.back());
      free_.pop_back();
      return block;
    }
    auto block = std::make_unique<Block>();
    u64 const rows = std::min(block_size_, trajectories_);
    block->values = LargeArray<double>(rows * row());
    block->ends.resize(rows);
    block->reached.resize(rows);
    if (options_.blocks != nullptr) block->end_states.resize(rows * species());
    return block;
  }

  /// Those that are in sums already are not waited for.
  void mark_rows(Block& block, u64 index) const {
    block.row.assign(block_size_, Row::missing);
    block.done = 0;
    u64 const begin = index * block_size_, end = begin + rows_in(index);
    for (Run const& run : runs_)
      for (u64 i = std::max(run.begin, begin); i < std::min(run.end, end); ++i, ++block.done)
        block.row[i - begin] = Row::elsewhere;
  }

  void fill_row(Block& block, usize r, TrajectoryEnd const& end, std::span<double const> samples) {
    auto const reached = std::min<usize>(end.samples, times_);
    std::span<double> const values = block.values.part(r * row(), row());
    program_->run(end.id, samples, reached, values);
    for (usize c = 0; c < columns_.size(); ++c) {
      double* const x = values.data() + c * times_;
      if (!is_whole_[c]) {
        double const per_unit = 1 / resolutions_[c];  // a power of two: exact
        for (usize k = 0; k < reached; ++k) {
          double const multiple = x[k] * per_unit;
          if (multiple != 0 && std::fabs(multiple) < coarse_below)
            has_small_[c * times_ + k].store(1, std::memory_order_relaxed);
          x[k] = std::nearbyint(multiple);
        }
      }
      double const largest = is_whole_[c] ? largest_whole : largest_real;
      for (usize k = 0; k < reached; ++k)
        x[k] = std::fabs(x[k]) <= largest ? x[k] + 0.0  // no -0
                                          : std::numeric_limits<double>::quiet_NaN();
    }
    block.ends[r] = end;
    block.reached[r] = static_cast<u32>(reached);
    if (options_.blocks == nullptr) return;
    for (usize s = 0; s < species(); ++s)
      block.end_states[r * species() + s] =
          end_state(end, s, [&] { return samples[s * times_ + times_ - 1]; });
  }

  /// -1 where the trajectory did not get to its end. `last` is the count at the last sample time.
  template <class Last>
  i64 end_state(TrajectoryEnd const& end, usize species, Last const& last) const {
    if (end.status == TrajectoryStatus::stopped) return end.state[species];
    return end.samples >= times_ && !is_failure(end.status) ? static_cast<i64>(last()) : -1;
  }

  // ---- reduction ----

  std::unique_ptr<Accumulator> new_accumulator() const {
    auto sums = std::make_unique<Accumulator>();
    sums->columns = std::vector<ColumnSums>(columns_.size());
    for (auto& column : sums->columns) {
      column.moments.resize(times_);
      column.histograms.resize(histogram_times_.size());
    }
    if (options_.covariance) sums->products.resize(histogram_times_.size() * pairs());
    sums->lagged.assign(options_.lagged.size(), LaggedSums(lag_grid_));
    return sums;
  }

  /// Rows [from, to) of a block.
  struct Rows {
    usize from = 0, to = 0;
    usize count() const { return to - from; }
  };

  void reduce(Block const& block, Rows rows, u64 index, Accumulator& sums) const {
    std::span<u32 const> const reached(block.reached.data() + rows.from, rows.count());
    double const* const first_row = block.values.data() + rows.from * row();
    std::vector<Moments> moments(times_);
    for (usize i = 0; i < columns_.size(); ++i) {
      usize const c = (i + index) % columns_.size();
      double const* const values = first_row + c * times_;
      std::fill(moments.begin(), moments.end(), Moments{});
      block_moments(values, row(), reached, moments);
      auto& column = sums.columns[c];
      std::lock_guard const lock(column.mutex);
      for (usize k = 0; k < times_; ++k) column.moments[k].merge(moments[k]);
      for (usize h = 0; h < histogram_times_.size(); ++h)
        add_to_histogram(values + histogram_times_[h], reached, histogram_times_[h],
                         moments[histogram_times_[h]], column.histograms[h]);
    }
    if (options_.covariance) add_products(first_row, reached, sums);
    if (!options_.lagged.empty())
      add_lagged(first_row, {block.ends.data() + rows.from, rows.count()}, reached, sums);
  }

  void add_to_histogram(double const* values, std::span<u32 const> reached, u32 time,
                        Moments const& moments, Histogram& histogram) const {
    if (moments.n == moments.undefined) return;
    histogram.cover(moments.min, moments.max);
    if (moments.n == reached.size() && moments.undefined == 0) {
      histogram.add(values, row(), reached.size());
      return;
    }
    for (usize r = 0; r < reached.size(); ++r) {
      double const x = values[r * row()];
      if (time < reached[r] && !std::isnan(x)) histogram.add(static_cast<i64>(x));
    }
  }

  void add_products(double const* first_row, std::span<u32 const> reached,
                    Accumulator& sums) const {
    std::vector<i64> x(columns_.size());
    std::vector<i128> products(pairs());
    for (usize h = 0; h < histogram_times_.size(); ++h) {
      std::fill(products.begin(), products.end(), i128{0});
      for (usize r = 0; r < reached.size(); ++r) {
        if (histogram_times_[h] >= reached[r]) continue;
        for (usize c = 0; c < columns_.size(); ++c) {
          double const value = first_row[r * row() + c * times_ + histogram_times_[h]];
          x[c] = std::isnan(value) ? 0 : static_cast<i64>(value);
        }
        usize pair = 0;
        for (usize i = 0; i < columns_.size(); ++i)
          for (usize j = 0; j <= i; ++j) products[pair++] += static_cast<i128>(x[i]) * x[j];
      }
      std::lock_guard const lock(sums.products_mutex);
      for (usize pair = 0; pair < pairs(); ++pair)
        sums.products[h * pairs() + pair].add(products[pair]);
    }
  }

  /// Of trajectories that have a value at every time.
  void add_lagged(double const* first_row, std::span<TrajectoryEnd const> ends,
                  std::span<u32 const> reached, Accumulator& sums) const {
    usize const times = lag_grid_.times;
    for (usize p = 0; p < options_.lagged.size(); ++p) {
      LaggedSums own(lag_grid_);
      for (usize r = 0; r < reached.size(); ++r) {
        double const* const row_values = first_row + r * row();
        double const* const x = row_values + options_.lagged[p].leading * times_;
        double const* const y = row_values + options_.lagged[p].following * times_;
        auto const is_nan = [](double value) { return std::isnan(value); };
        if (reached[r] < times || std::any_of(x, x + times, is_nan) ||
            std::any_of(y, y + times, is_nan))
          continue;
        own.add(static_cast<u32>(ends[r].id / options_.alike % LaggedSums::groups), x, y);
      }
      std::lock_guard const lock(sums.lagged_mutex);
      sums.lagged[p].merge(own);
    }
  }

  void merge(Accumulator& into, Accumulator const& from) const {
    for (usize p = 0; p < into.lagged.size(); ++p) {
      std::lock_guard const lock(into.lagged_mutex);
      into.lagged[p].merge(from.lagged[p]);
    }
    for (usize c = 0; c < columns_.size(); ++c) {
      std::lock_guard const lock(into.columns[c].mutex);
      for (usize k = 0; k < times_; ++k)
        into.columns[c].moments[k].merge(from.columns[c].moments[k]);
      for (usize h = 0; h < histogram_times_.size(); ++h)
        into.columns[c].histograms[h].merge(from.columns[c].histograms[h]);
    }
    std::lock_guard const lock(into.products_mutex);
    for (usize i = 0; i < into.products.size(); ++i)
      into.products[i].value += from.products[i].value;
  }

  // ---- runs of what is summed up ----

  /// The run that the trajectories from `begin` to `end` extend, now with them; a new one where there
  /// is none.
  Run& claim(u64 begin, u64 end) {
    auto after =
        std::find_if(runs_.begin(), runs_.end(), [&](Run const& run) { return run.begin > begin; });
    if (after != runs_.begin() && std::prev(after)->end == begin) {
      Run& before = *std::prev(after);
      before.end = end;
      ++before.adders;
      return before;
    }
    if (after != runs_.end() && after->begin == end) {
      after->begin = begin;
      ++after->adders;
      return *after;
    }
    Run fresh;
    fresh.begin = begin;
    fresh.end = end;
    fresh.adders = 1;
    fresh.sums = new_accumulator();
    return *runs_.insert(after, std::move(fresh));
  }

  /// Joins neighbours; called with the lock held. A run that somebody adds to waits for its turn.
  void coalesce() {
    for (auto run = runs_.begin(); run != runs_.end();) {
      auto const next = std::next(run);
      if (next == runs_.end()) break;
      if (run->end != next->begin || next->adders > 0) {
        run = next;
        continue;
      }
      merge(*run->sums, *next->sums);
      run->totals.add(next->totals);
      run->end = next->end;
      runs_.erase(next);
    }
  }

  void complete(u64 index, std::unique_ptr<Block> block) {
    for (usize from = 0; from < rows_in(index);) {
      auto const rows = rows_from(*block, from, rows_in(index));
      if (rows.count() > 0) sum_up(index, *block, rows);
      from = rows.to + 1;
    }
    std::lock_guard const lock(mutex_);
    free_.push_back(std::move(block));
    coalesce();
  }

  /// While it lives, the sums and what was handed on are in the middle of something; where it does not
  /// come to its end, they stay so.
  class Adding {
   public:
    Adding(Impl& impl, std::unique_lock<std::mutex>& lock) : impl_(impl), lock_(lock) {
      impl_.changed_.wait(lock, [&] { return !impl_.is_watched_; });
      ++impl_.adders_;
    }
    Adding(Adding const&) = delete;
    ~Adding() {
      if (!lock_.owns_lock()) lock_.lock();
      if (!is_whole_) impl_.is_broken_ = true;
      if (--impl_.adders_ == 0 && impl_.is_watched_) impl_.changed_.notify_all();
    }
    void end() { is_whole_ = true; }

   private:
    Impl& impl_;
    std::unique_lock<std::mutex>& lock_;
    bool is_whole_ = false;
  };

  /// Consecutive rows that are done.
  static Rows rows_from(Block const& block, usize from, usize end) {
    usize to = from;
    while (to < end && block.row[to] == Row::done) ++to;
    return {from, to};
  }

  void sum_up(u64 index, Block& block, Rows rows) {
    u64 const first = index * block_size_;
    Totals totals;
    for (usize r = rows.from; r < rows.to; ++r) totals.add(block.ends[r], experiment_.sample_times);
    Run* run = nullptr;
    {
      std::lock_guard const lock(mutex_);
      run = &claim(first + rows.from, first + rows.to);
      run->totals.add(totals);
    }
    reduce(block, rows, index, *run->sums);
    hand_on(block, rows, index);
    std::lock_guard const lock(mutex_);
    --run->adders;
  }

  void merge(Accumulator& into, ReducedTrajectories const& part) {
    usize const columns = columns_.size();
    u32 const* counts = part.counts.data();
    usize next_histogram = 0;
    for (usize k = 0; k < times_; ++k) {
      bool const has_histogram =
          next_histogram < histogram_times_.size() && histogram_times_[next_histogram] == k;
      for (usize c = 0; c < columns; ++c) {
        core::ColumnSums const& sums = part.sums[k * columns + c];
        if (sums.has_small != 0) has_small_[c * times_ + k].store(1, std::memory_order_relaxed);
        auto& column = into.columns[c];
        std::lock_guard const lock(column.mutex);
        column.moments[k].merge(sums);
        usize const bins = has_histogram ? core::bins_of(sums.min, sums.max).count : 0;
        if (bins > 0) column.histograms[next_histogram].merge(sums.min, sums.max, {counts, bins});
        counts += bins;
      }
      next_histogram += has_histogram;
    }
    {
      std::lock_guard const lock(into.products_mutex);
      for (usize i = 0; i < into.products.size(); ++i) into.products[i].add(part.products[i]);
    }
    std::lock_guard const lock(into.lagged_mutex);
    usize const sums = LaggedSums::sums(lag_grid_);
    for (usize p = 0; p < into.lagged.size(); ++p)
      into.lagged[p].merge(part.lagged.subspan(p * sums, sums));
  }

  void hand_on(Block& block, Rows rows, u64 index) const {
    if (options_.blocks == nullptr || rows.count() == 0) return;
    for (usize r = rows.from; r < rows.to; ++r) {
      for (usize c = 0; c < columns_.size(); ++c) {
        double* const x = block.values.data() + r * row() + c * times_;
        for (usize k = 0; k < block.reached[r]; ++k) x[k] *= resolutions_[c];
        std::fill(x + block.reached[r], x + times_, std::numeric_limits<double>::quiet_NaN());
      }
    }
    options_.blocks->block(
        {first_ + index * block_size_ + rows.from,
         {block.ends.data() + rows.from, rows.count()},
         block.values.part(rows.from * row(), rows.count() * row()),
         {block.end_states.data() + rows.from * species(), rows.count() * species()}});
  }

  /// The same of what came as sums, with numbers in the place of values.
  void hand_on(ReducedTrajectories const& part) const {
    if (options_.blocks == nullptr) return;
    auto const& features = *options_.blocks->features();
    usize const n = part.ends.size(), counts = part.last_counts.size() / n;
    std::vector<double> values(n * features.size());
    for (usize f = 0, k = 0; f < features.size(); ++f) {
      auto const number = kept_number(features[f]);
      if (!number) continue;
      double const resolution = resolutions_[number->column];
      double const divisor = number->kind == core::KeptNumber::sum ? double(times_) : 1;
      double const* const kept = part.kept.data() + n * k++;
      for (usize i = 0; i < n; ++i)
        values[i * features.size() + f] = kept[i] * resolution / divisor;
    }
    std::vector<i64> end_states(n * species());
    for (usize i = 0; i < n; ++i)
      for (usize s = 0; s < species(); ++s)
        end_states[i * species() + s] =
            end_state(part.ends[i], s, [&] { return part.last_counts[i * counts + s]; });
    options_.blocks->block({part.first, part.ends, {}, end_states, values});
  }

  /// Whether the resolution loses more than a thousandth of every value at a sample time.
  bool is_coarse(usize column, usize time, Moments const& m) const {
    constexpr auto few = static_cast<i64>(coarse_below);
    return has_small_[column * times_ + time].load(std::memory_order_relaxed) != 0 &&
           m.n > m.undefined && m.min > -few && m.max < few;
  }

  void is_done(Block& block, u64 index, usize r);
  u64 shape() const;
  bool is_possible(Totals const& totals) const;
  bool agree(Accumulator const& sums) const;
  u64 shape_of_sums() const;
  template <class Bytes>
  void transfer_smallness(Bytes& bytes);
  void require_missing(Piece piece, std::string const& what) const;
  void add(Piece piece, Totals const& totals, Accumulator const& sums);
  void describe(EnsembleSummary& summary, Totals const& totals, Accumulator const& sums) const;
  std::string exact_sums(Totals& totals, Accumulator& sums);
};

void EnsembleRecorder::Impl::finished(TrajectoryEnd const& end, std::span<double const> samples) {
  if (end.id < first_ || end.id - first_ >= trajectories_)
    throw std::logic_error(fmt::format("trajectory {} was not asked for", end.id));
  u64 const index = (end.id - first_) / block_size_;
  auto const r = static_cast<usize>((end.id - first_) % block_size_);
  Block& block = open_block(index);
  fill_row(block, r, end, samples);
  is_done(block, index, r);
}

/// Row `r` is filled in.
void EnsembleRecorder::Impl::is_done(Block& block, u64 index, usize r) {
  std::unique_lock lock(mutex_);
  block.row[r] = Row::done;
  if (++block.done < rows_in(index)) return;
  Adding adding(*this, lock);
  auto completed = std::move(open_.find(index)->second);
  open_.erase(index);
  lock.unlock();
  complete(index, std::move(completed));
  adding.end();
}

/// Whole blocks: one that is not complete waits for single trajectories.
Piece EnsembleRecorder::Impl::reducible(Piece trajectories) const {
  u64 const begin = trajectories.first - first_, end = begin + trajectories.count;
  u64 const from = (begin + block_size_ - 1) / block_size_ * block_size_;
  u64 to = end == trajectories_ ? end : end / block_size_ * block_size_;
  // Of the digits that products over lags have, fewer than 2^31 fit into a word.
  u64 most = lag_grid_.times == 0 ? ~u64{0} : ((u64{1} << 31) - 1) / lag_grid_.times;
  // Their numbers are there several times on their way to a file.
  if (options_.blocks != nullptr) {
    double const each = double(sizeof(double)) * double(request_.kept.size() + species() + 1);
    most = std::min(most, std::max(reduction_unit, u64(largest_block_bytes / each)));
  }
  if (from < to && to - from > most) to = from + most / block_size_ * block_size_;
  return from < to ? Piece{first_ + from, to - from} : Piece{trajectories.first, 0};
}

void EnsembleRecorder::Impl::reduced(ReducedTrajectories const& part) {
  u64 const begin = part.first - first_, end = begin + part.ends.size();
  auto const fit = reducible({part.first, part.ends.size()});
  if (part.first < first_ || end > trajectories_ || fit.count != part.ends.size())
    throw std::logic_error(fmt::format("{} from {} on cannot be taken as sums",
                                       plural(part.ends.size(), "trajectory", "trajectories"),
                                       part.first));
  Totals totals;
  for (auto const& trajectory : part.ends) totals.add(trajectory, experiment_.sample_times);
  std::unique_lock lock(mutex_);
  Adding adding(*this, lock);
  Run& run = claim(begin, end);
  run.totals.add(totals);
  lock.unlock();
  merge(*run.sums, part);
  hand_on(part);
  lock.lock();
  --run.adders;
  coalesce();
  adding.end();
}

EnsembleSummary EnsembleRecorder::Impl::summary(LastBlock last) {
  std::lock_guard const lock(mutex_);
  coalesce();
  bool const has_prefix = !runs_.empty() && runs_.front().begin == 0;
  u64 const next = has_prefix ? runs_.front().end : 0;

  // The first block that is not complete counts as far as it has no gap.
  u64 const index = next / block_size_;
  Rows rows;
  auto const open = open_.find(index);
  if (open != open_.end())
    rows = rows_from(*open->second, next % block_size_, static_cast<usize>(rows_in(index)));

  EnsembleSummary summary;
  auto const report = [&](Totals& totals, Accumulator& sums) {
    describe(summary, totals, sums);
    if (options_.exact_sums) summary.exact_sums = exact_sums(totals, sums);
  };
  if (rows.count() == 0 && has_prefix) {
    report(runs_.front().totals, *runs_.front().sums);
    return summary;
  }
  Totals totals;
  auto const sums = new_accumulator();
  if (has_prefix) {
    totals = runs_.front().totals;
    merge(*sums, *runs_.front().sums);
  }
  if (rows.count() > 0) {
    Block& block = *open->second;
    for (usize r = rows.from; r < rows.to; ++r) totals.add(block.ends[r], experiment_.sample_times);
    reduce(block, rows, index, *sums);
    if (last == LastBlock::handed_on) hand_on(block, rows, index);
  }
  report(totals, *sums);
  return summary;
}

/// Of everything that states must have in common to be put together.
u64 EnsembleRecorder::Impl::shape() const {
  Fold fold;
  fold.add(shape_of_sums());
  fold.add(u64{options_.blocks != nullptr});
  return fold.value();
}

/// The same of sums, which hold no single trajectories.
u64 EnsembleRecorder::Impl::shape_of_sums() const {
  Fold fold;
  fold.add(state_version);
  fold.add(species());
  for (double const t : experiment_.sample_times) fold.add(std::bit_cast<u64>(t));
  for (usize c = 0; c < columns_.size(); ++c) {
    fold.add(std::string_view(name_of(columns_[c].kind)));
    fold.add(std::string_view(columns_[c].name));
    fold.add(std::bit_cast<u64>(resolutions_[c]));
  }
  for (u32 const k : histogram_times_) fold.add(k);
  fold.add(u64{options_.covariance});
  for (auto const& pair : options_.lagged) {
    fold.add(pair.leading);
    fold.add(pair.following);
  }
  for (auto const& condition : options_.first_passages) fold.add(std::string_view(condition));
  fold.add(options_.alike);
  return fold.value();
}

bool EnsembleRecorder::Impl::is_possible(Totals const& totals) const {
  auto const is_possible = [&](auto const& passages) {
    return passages.empty() || passages.size() == times_;
  };
  return totals.passages.size() <= options_.first_passages.size() &&
         std::all_of(totals.passages.begin(), totals.passages.end(), is_possible);
}

/// Whether histograms count the values that moments are of.
bool EnsembleRecorder::Impl::agree(Accumulator const& sums) const {
  for (auto const& column : sums.columns)
    for (usize h = 0; h < histogram_times_.size(); ++h) {
      Moments const& m = column.moments[histogram_times_[h]];
      auto const& counts = column.histograms[h].counts();
      if (m.undefined > m.n ||
          std::accumulate(counts.begin(), counts.end(), u64{0}) != m.n - m.undefined)
        return false;
    }
  return true;
}

/// Values that are small stay so: nothing that is read takes that back.
template <class Bytes>
void EnsembleRecorder::Impl::transfer_smallness(Bytes& bytes) {
  for (usize i = 0; i < row(); ++i) {
    u8 is_small = has_small_[i].load(std::memory_order_relaxed);
    bytes(is_small);
    if (Bytes::reads && is_small != 0) has_small_[i].store(1, std::memory_order_relaxed);
  }
}

std::string EnsembleRecorder::Impl::state() {
  std::unique_lock lock(mutex_);
  is_watched_ = true;
  changed_.wait(lock, [&] { return adders_ == 0; });
  is_watched_ = false;
  changed_.notify_all();
  if (is_broken_) throw Error(ExitCode::internal, "the sums are not whole");
  coalesce();
  ByteWriter bytes;
  u64 form = shape(), runs = runs_.size();
  bytes(form);
  transfer_smallness(bytes);
  bytes(runs);
  for (Run& run : runs_) {
    u64 first = first_ + run.begin, count = run.end - run.begin;
    bytes(first, count, run.totals, *run.sums);
  }
  u64 rows = 0;
  for (auto const& [index, block] : open_)
    for (usize r = 0; r < rows_in(index); ++r) rows += block->row[r] == Row::done;
  bytes(rows);  // and as many SingleRow: one at a time is copied
  for (auto const& [index, block] : open_)
    for (usize r = 0; r < rows_in(index); ++r) {
      if (block->row[r] != Row::done) continue;
      auto const values = block->values.part(r * row(), row());
      SingleRow single{block->ends[r], {values.begin(), values.end()}, {}};
      if (options_.blocks != nullptr) {
        auto const states = block->end_states.begin() + static_cast<std::ptrdiff_t>(r * species());
        single.end_state.assign(states, states + static_cast<std::ptrdiff_t>(species()));
      }
      bytes(single);
    }
  return bytes.take();
}

void EnsembleRecorder::Impl::add_state(std::string_view text, std::string const& what) {
  ByteReader bytes(text, what);
  u64 form = 0, runs = 0;
  bytes(form);
  if (form != shape())
    throw Error(ExitCode::usage, what + " is of another run",
                "columns, sample times, histogram times, covariances, correlations, first passages "
                "or what is kept of single trajectories differ",
                "Ask for the same, or for a run of its own");
  transfer_smallness(bytes);
  bytes(runs);
  for (u64 i = 0; i < runs; ++i) {
    u64 first = 0, count = 0;
    Totals totals;
    auto sums = new_accumulator();
    bytes(first, count, totals, *sums);
    bytes.require(count > 0 && totals.trajectories == count && is_possible(totals) && agree(*sums));
    require_missing({first, count}, what);
    add({first, count}, totals, *sums);
  }
  std::vector<SingleRow> rows;
  bytes(rows);
  bytes.require(bytes.is_at_end());
  for (auto& single : rows) {
    auto const fits = [](double x) { return std::isnan(x) || std::fabs(x) <= largest_real; };
    bytes.require(single.values.size() == row() && single.end.samples <= times_ &&
                  std::all_of(single.values.begin(), single.values.end(), fits) &&
                  single.end_state.size() == (options_.blocks != nullptr ? species() : 0));
    bytes.require(single.end.id >= first_ && single.end.id - first_ < trajectories_);
    u64 const index = (single.end.id - first_) / block_size_;
    auto const r = static_cast<usize>((single.end.id - first_) % block_size_);
    Block& block = open_block(index);
    if (block.row[r] != Row::missing) require_missing({single.end.id, 1}, what);
    std::copy(single.values.begin(), single.values.end(), block.values.data() + r * row());
    if (options_.blocks != nullptr)
      std::copy(single.end_state.begin(), single.end_state.end(),
                block.end_states.begin() + static_cast<std::ptrdiff_t>(r * species()));
    block.ends[r] = single.end;
    block.reached[r] = static_cast<u32>(std::min<usize>(single.end.samples, times_));
    is_done(block, index, r);
  }
}

void EnsembleRecorder::Impl::add_sums(std::string_view text,
                                      std::span<ColumnStatistics const> columns,
                                      std::string const& what) {
  ByteReader bytes(text, what);
  u64 form = 0, first = 0, count = 0;
  bytes(form);
  if (form != shape_of_sums())
    throw Error(ExitCode::usage, what + " is of another run",
                "columns, sample times, histogram times, covariances, correlations or first "
                "passages differ",
                "Ask for the same, or for a run of its own");
  Totals totals;
  auto sums = new_accumulator();
  transfer_smallness(bytes);
  bytes(first, count, totals);
  sums->transfer_sums(bytes);
  bytes.require(bytes.is_at_end() && count > 0 && totals.trajectories == count &&
                is_possible(totals) && columns.size() == columns_.size());
  for (usize c = 0; c < columns_.size(); ++c) {
    bytes.require(columns[c].histograms.size() == histogram_times_.size());
    for (usize h = 0; h < histogram_times_.size(); ++h) {
      Moments const& moments = sums->columns[c].moments[histogram_times_[h]];
      auto histogram = Histogram::of(moments.min, moments.max, columns[c].histograms[h].counts);
      bytes.require(histogram.has_value());
      sums->columns[c].histograms[h] = std::move(*histogram);
    }
  }
  bytes.require(agree(*sums));
  require_missing({first, count}, what);
  add({first, count}, totals, *sums);
}

/// Sums of trajectories that are still to come.
void EnsembleRecorder::Impl::add(Piece piece, Totals const& totals, Accumulator const& sums) {
  std::lock_guard const lock(mutex_);
  u64 const begin = piece.first - first_;
  Run& run = claim(begin, begin + piece.count);
  run.totals.add(totals);
  merge(*run.sums, sums);
  --run.adders;
  coalesce();
}

void EnsembleRecorder::Impl::require_missing(Piece piece, std::string const& what) const {
  bool const is_asked_for = piece.first >= first_ && piece.first - first_ <= trajectories_ &&
                            piece.count <= trajectories_ - (piece.first - first_);
  u64 covered = 0;
  if (is_asked_for)
    for (auto const& rest : missing()) {
      u64 const from = std::max(rest.first, piece.first);
      u64 const to = std::min(rest.first + rest.count, piece.first + piece.count);
      covered += from < to ? to - from : 0;
    }
  if (covered == piece.count) return;
  auto const text = piece.count == 1 ? fmt::format("trajectory {}", piece.first)
                                     : fmt::format("trajectories {} to {}", piece.first,
                                                   piece.first + piece.count - 1);
  throw Error(ExitCode::usage, fmt::format("{} holds {}", what, text),
              is_asked_for ? "some of them are there already" : "they were not asked for",
              "Leave it out");
}

std::vector<Piece> EnsembleRecorder::Impl::summed() const {
  std::lock_guard const lock(mutex_);
  std::vector<Piece> pieces;
  for (Run const& run : runs_) {
    Piece const piece{first_ + run.begin, run.end - run.begin};
    bool const touches =
        !pieces.empty() && pieces.back().first + pieces.back().count == piece.first;
    if (touches)
      pieces.back().count += piece.count;
    else
      pieces.push_back(piece);
  }
  return pieces;
}

std::vector<Piece> EnsembleRecorder::Impl::missing() const {
  auto there = summed();
  {
    std::lock_guard const lock(mutex_);
    for (auto const& [index, block] : open_)
      for (usize r = 0; r < rows_in(index); ++r)
        if (block->row[r] == Row::done) there.push_back({first_ + index * block_size_ + r, 1});
  }
  std::sort(there.begin(), there.end(),
            [](Piece const& a, Piece const& b) { return a.first < b.first; });
  std::vector<Piece> pieces;
  u64 next = first_;
  auto const add_until = [&](u64 end) {
    if (end > next) pieces.push_back({next, end - next});
  };
  for (auto const& piece : there) {
    add_until(piece.first);
    next = piece.first + piece.count;
  }
  add_until(first_ + trajectories_);
  return pieces;
}

std::string EnsembleRecorder::Impl::exact_sums(Totals& totals, Accumulator& sums) {
  ByteWriter bytes;
  u64 form = shape_of_sums(), first = first_;
  bytes(form);
  transfer_smallness(bytes);
  bytes(first, totals.trajectories, totals);
  sums.transfer_sums(bytes);
  return bytes.take();
}

void EnsembleRecorder::Impl::describe(EnsembleSummary& summary, Totals const& totals,
                                      Accumulator const& sums) const {
  summary.trajectories = totals.trajectories;
  summary.events = totals.events;
  summary.contract_hash = totals.any_hash == 0 ? 0 : totals.contract_hash;
  summary.statuses = totals.statuses;
  summary.first_failures = totals.first_failures;
  std::sort(summary.first_failures.begin(), summary.first_failures.end(),
            [](auto const& a, auto const& b) { return a.status < b.status; });
  summary.times = experiment_.sample_times;
  summary.histogram_times = histogram_times_;
  for (usize c = 0; c < columns_.size(); ++c) {
    ColumnSums const& from = sums.columns[c];
    double const resolution = resolutions_[c];
    ColumnStatistics column{columns_[c].kind,
                            columns_[c].name,
                            columns_[c].label,
                            columns_[c].unit,
                            resolution,
                            hash_of(from, resolution),
                            {},
                            {}};
    usize h = 0;
    for (usize k = 0; k < times_; ++k) {
      bool const has_histogram = h < histogram_times_.size() && histogram_times_[h] == k;
      Histogram const* const histogram = has_histogram ? &from.histograms[h++] : nullptr;
      column.points.push_back(point_statistics(from.moments[k], histogram, resolution));
      column.coarse_times += is_coarse(c, k, from.moments[k]);
      if (histogram == nullptr) continue;
      double const width = std::ldexp(resolution, static_cast<int>(histogram->shift()));
      column.histograms.push_back(
          {static_cast<double>(histogram->first()) * width, width, histogram->counts()});
    }
    Fold fold;
    fold.add(std::string_view(name_of(column.kind)));
    fold.add(std::string_view(column.name));
    fold.add(column.hash);
    summary.statistics_hash += fold.value();
    summary.columns.push_back(std::move(column));
  }
  for (usize lag = 0; lag < lag_grid_.lags; ++lag)
    summary.lags.push_back(static_cast<double>(lag) * lag_grid_.interval);
  for (usize p = 0; p < options_.lagged.size(); ++p) {
    auto const [leading, following] = options_.lagged[p];
    summary.lagged.push_back(
        sums.lagged[p].statistics(resolutions_[leading], resolutions_[following]));
    summary.lagged.back().name = columns_[leading].name + ":" + columns_[following].name;
  }
  for (usize c = 0; c < options_.first_passages.size(); ++c) {
    PassedCounts passed{options_.first_passages[c], std::vector<u64>(times_)};
    if (c < totals.passages.size())
      std::partial_sum(totals.passages[c].begin(), totals.passages[c].end(),
                       passed.by_time.begin());
    summary.passed.push_back(std::move(passed));
  }
  if (!options_.covariance) return;
  usize const n = columns_.size();
  summary.covariance.resize(histogram_times_.size() * n * n);
  for (usize h = 0; h < histogram_times_.size(); ++h) {
    usize pair = h * pairs();
    u32 const k = histogram_times_[h];
    for (usize i = 0; i < n; ++i) {
      for (usize j = 0; j <= i; ++j) {
        double const value =
            covariance(sums.products[pair++], sums.columns[i].moments[k],
                       sums.columns[j].moments[k], resolutions_[i], resolutions_[j]);
        summary.covariance[(h * n + i) * n + j] = summary.covariance[(h * n + j) * n + i] = value;
      }
    }
  }
}

EnsembleRecorder::EnsembleRecorder(Experiment const& experiment, std::vector<Column> columns,
                                   u64 first, u64 trajectories, u64 available_bytes,
                                   RecorderOptions const& options)
    : impl_(std::make_unique<Impl>(experiment, std::move(columns), first, trajectories, options)) {
  if (impl_->needed() > static_cast<double>(available_bytes)) impl_->refuse(available_bytes);
  impl_->allocate();
}

EnsembleRecorder::~EnsembleRecorder() = default;

std::vector<ReactionId> const& EnsembleRecorder::counted_reactions() const {
  return impl_->counted();
}

u64 EnsembleRecorder::needed_bytes() const { return static_cast<u64>(impl_->needed()); }
u64 EnsembleRecorder::state_bytes() const { return static_cast<u64>(impl_->state_bytes()); }
u64 EnsembleRecorder::samples_bytes() const { return static_cast<u64>(impl_->samples_bytes()); }

void EnsembleRecorder::finished(TrajectoryEnd const& end, std::span<double const> samples) {
  impl_->finished(end, samples);
}

ReductionSink* EnsembleRecorder::reduction() {
  return impl_->is_reducible() ? impl_.get() : nullptr;
}

std::string EnsembleRecorder::state() { return impl_->state(); }

void EnsembleRecorder::add_state(std::string_view bytes, std::string const& what) {
  impl_->add_state(bytes, what);
}

void EnsembleRecorder::add_sums(std::string_view bytes, std::span<ColumnStatistics const> columns,
                                std::string const& what) {
  impl_->add_sums(bytes, columns, what);
}

std::vector<Piece> EnsembleRecorder::missing() const { return impl_->missing(); }

std::vector<Piece> EnsembleRecorder::summed() const { return impl_->summed(); }

EnsembleSummary EnsembleRecorder::summary(LastBlock last) { return impl_->summary(last); }

}  // namespace cristae
