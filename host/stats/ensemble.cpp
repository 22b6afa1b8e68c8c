// host/stats/ensemble.cpp - columns over blocks of samples, storage by trajectory, statistics.
#include "host/stats/ensemble.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>

#include "host/core/hash.hpp"
#include "host/model/evaluate.hpp"

namespace cristae {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Sample times per storage block, at most: one cache line, so that threads never share one.
constexpr usize line_times = 8;

/// Sample times that the column program evaluates at once.
constexpr usize batch = 128;

std::string with_label(Annotation const& annotation) {
  return annotation.label.empty() ? annotation.id : annotation.label;
}

Column column_of(Observable const& observable) {
  return {observable.id, with_label(observable), observable.unit, observable.expression};
}

Column column_of(Network const& network, u32 species) {
  Node node;
  node.kind = NodeKind::symbol;
  node.symbol = {SymbolKind::species, species};
  auto const& declared = network.species[species];
  return {declared.id, with_label(declared), declared.unit, Expression{declared.id, {node}}};
}

/// Marks the rules that an expression needs, directly or through other rules.
void mark_rules(Network const& network, Expression const& expression, std::vector<char>& needed) {
  for (auto const& node : expression.nodes) {
    if (node.kind != NodeKind::symbol || node.symbol.kind != SymbolKind::rule) continue;
    if (needed[node.symbol.index]) continue;
    needed[node.symbol.index] = 1;
    mark_rules(network, network.rules[node.symbol.index].expression, needed);
  }
}

std::vector<char> needed_rules(Network const& network, std::vector<Column> const& columns) {
  std::vector<char> needed(network.rules.size(), 0);
  for (auto const& column : columns) mark_rules(network, column.expression, needed);
  return needed;
}

/// Kahan-Babuska sum in Neumaier's form: the order is fixed, the rounding error is carried along.
class Sum {
 public:
  void add(double x) {
    double const t = sum_ + x;
    correction_ += std::fabs(sum_) >= std::fabs(x) ? (sum_ - t) + x : (x - t) + sum_;
    sum_ = t;
  }
  double value() const { return std::isfinite(sum_) ? sum_ + correction_ : sum_; }

 private:
  double sum_ = 0;
  double correction_ = 0;
};

/// The order statistics that the five quantiles of n values need.
struct QuantileRanks {
  struct One {
    usize lower = 0;
    double fraction = 0;
  };
  std::array<One, 5> quantile;
  std::vector<usize> ranks;  ///< increasing, distinct

  explicit QuantileRanks(usize n) {
    // In twentieths, so that ranks like 0.05 * 20 are exact.
    constexpr std::array<u64, 5> twentieths{1, 5, 10, 15, 19};
    for (usize i = 0; i < twentieths.size(); ++i) {
      u64 const scaled = twentieths[i] * (n - 1);
      quantile[i] = {static_cast<usize>(scaled / 20), static_cast<double>(scaled % 20) / 20};
      ranks.push_back(quantile[i].lower);
      if (quantile[i].fraction > 0) ranks.push_back(quantile[i].lower + 1);
    }
    std::sort(ranks.begin(), ranks.end());
    ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  }

  double interpolate(usize i, std::vector<double> const& found) const {
    auto const position = std::lower_bound(ranks.begin(), ranks.end(), quantile[i].lower);
    auto const index = static_cast<usize>(position - ranks.begin());
    double const low = found[index];
    if (!(quantile[i].fraction > 0) || found[index + 1] == low) return low;
    return low + quantile[i].fraction * (found[index + 1] - low);
  }
};

/// Order statistics by counting, for whole numbers in a narrow range; false where that is not so.
bool count_order_statistics(std::span<double const> values, std::vector<usize> const& ranks,
                            std::vector<double>& found) {
  auto const [low, high] = std::minmax_element(values.begin(), values.end());
  double const bottom = *low;
  double const range = *high - bottom;
  constexpr double exact = 9007199254740992.0;
  if (!(std::fabs(bottom) < exact && range < std::min(65536.0, 2.0 * double(values.size()))))
    return false;
  std::vector<u64> counts(static_cast<usize>(range) + 1, 0);
  for (double const value : values) {
    if (value != std::floor(value)) return false;
    ++counts[static_cast<usize>(value - bottom)];
  }
  u64 below = 0;
  usize bin = 0;
  for (usize i = 0; i < ranks.size(); ++i) {
    while (below + counts[bin] <= ranks[i]) below += counts[bin++];
    found[i] = bottom + static_cast<double>(bin);
  }
  return true;
}

/// Order statistics by partial sorting, middle rank first.
void select_order_statistics(std::span<double> values, std::span<usize const> ranks, usize offset,
                             std::span<double> found) {
  if (ranks.empty()) return;
  usize const middle = ranks.size() / 2;
  usize const rank = ranks[middle] - offset;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank),
                   values.end());
  found[middle] = values[rank];
  select_order_statistics(values.first(rank), ranks.first(middle), offset, found.first(middle));
  select_order_statistics(values.subspan(rank + 1), ranks.subspan(middle + 1), offset + rank + 1,
                          found.subspan(middle + 1));
}

std::string bytes_text(double bytes) {
  if (bytes >= 1024.0 * 1024 * 1024) return fmt::format("{:.1f} GiB", bytes / 1073741824.0);
  if (bytes >= 1024.0 * 1024) return fmt::format("{:.1f} MiB", bytes / 1048576.0);
  return fmt::format("{:.1f} KiB", bytes / 1024.0);
}

std::string plural(u64 count, char const* singular, char const* several) {
  return fmt::format("{} {}", count, count == 1 ? singular : several);
}

}  // namespace

std::vector<Column> choose_columns(Network const& network,
                                   std::vector<std::string> const& selection) {
  std::vector<Column> columns;
  if (selection.empty()) {
    for (auto const& observable : network.observables) columns.push_back(column_of(observable));
    if (columns.empty())
      for (u32 i = 0; i < network.species.size(); ++i) columns.push_back(column_of(network, i));
    return columns;
  }
  std::vector<std::string> names;
  for (auto const& observable : network.observables) names.push_back(observable.id);
  for (auto const& species : network.species) names.push_back(species.id);
  std::vector<Diagnostic> unknown;
  for (auto const& name : selection) {
    auto const has_name = [&](Annotation const& annotation) { return annotation.id == name; };
    auto const observable =
        std::find_if(network.observables.begin(), network.observables.end(), has_name);
    auto const species = std::find_if(network.species.begin(), network.species.end(), has_name);
    if (observable != network.observables.end()) {
      columns.push_back(column_of(*observable));
    } else if (species != network.species.end()) {
      columns.push_back(column_of(network, static_cast<u32>(species - network.species.begin())));
    } else {
      auto const nearest = nearest_name(name, names);
      unknown.push_back({Severity::error,
                         {},
                         fmt::format("'{}' is neither an observable nor a species of network '{}'",
                                     name, network.name),
                         "asked for with --select",
                         nearest.empty() ? fmt::format("See cristae inspect {}", network.name)
                                         : fmt::format("Did you mean '{}'?", nearest)});
    }
  }
  if (!unknown.empty()) throw Error(ExitCode::usage, std::move(unknown));
  return columns;
}

std::vector<ReactionId> counted_reactions(Network const& network,
                                          std::vector<Column> const& columns) {
  std::vector<char> counted(network.reactions.size(), 0);
  auto const mark = [&](Expression const& expression) {
    for (auto const& node : expression.nodes)
      if (node.kind == NodeKind::firings) counted[node.symbol.index] = 1;
  };
  for (auto const& column : columns) mark(column.expression);
  auto const needed = needed_rules(network, columns);
  for (usize i = 0; i < needed.size(); ++i)
    if (needed[i]) mark(network.rules[i].expression);
  std::vector<ReactionId> reactions;
  for (usize i = 0; i < counted.size(); ++i)
    if (counted[i]) reactions.push_back(ReactionId{static_cast<u32>(i)});
  return reactions;
}

bool is_failure(TrajectoryStatus status) {
  return status != TrajectoryStatus::completed && status != TrajectoryStatus::absorbed;
}

PointStatistics point_statistics(std::span<double> values) {
  PointStatistics point;
  point.n = values.size();
  point.mean = point.sd = not_a_number;
  point.q05 = point.q25 = point.median = point.q75 = point.q95 = not_a_number;
  if (values.empty()) return point;
  if (std::any_of(values.begin(), values.end(), [](double x) { return std::isnan(x); }))
    return point;

  Sum sum;
  for (double const x : values) sum.add(x);
  auto const n = static_cast<double>(values.size());
  point.mean = sum.value() / n;
  if (values.size() > 1) {
    Sum squares, rest;
    for (double const x : values) {
      double const deviation = x - point.mean;
      squares.add(deviation * deviation);
      rest.add(deviation);  // the mean's own rounding error
    }
    double const variance = (squares.value() - rest.value() * rest.value() / n) / (n - 1);
    point.sd = variance < 0 ? 0 : std::sqrt(variance);
  }

  QuantileRanks const wanted(values.size());
  std::vector<double> found(wanted.ranks.size());
  if (!count_order_statistics(values, wanted.ranks, found))
    select_order_statistics(values, wanted.ranks, 0, found);
  point.q05 = wanted.interpolate(0, found);
  point.q25 = wanted.interpolate(1, found);
  point.median = wanted.interpolate(2, found);
  point.q75 = wanted.interpolate(3, found);
  point.q95 = wanted.interpolate(4, found);
  return point;
}

/// The columns as one list of steps; each step computes a whole batch of sample times.
class EnsembleRecorder::Program {
 public:
  Program(Experiment const& experiment, std::vector<Column> const& columns,
          std::vector<ReactionId> const& counted)
      : experiment_(experiment), counted_(counted) {
    Network const& network = *experiment.network;
    for (double const time : experiment.sample_times) {
      usize segment = 0;
      while (segment + 1 < experiment.segments.size() &&
             experiment.segments[segment + 1].start <= time)
        ++segment;
      segment_at_.push_back(segment);
    }
    rule_slot_.assign(network.rules.size(), 0);
    auto const needed = needed_rules(network, columns);
    for (u32 const rule : network.rule_order)
      if (needed[rule]) rule_slot_[rule] = compile(network.rules[rule].expression);
    for (auto const& column : columns) column_slot_.push_back(compile(column.expression));
  }

  /// Calls store(column, first sample time, values) for consecutive batches of the first `times`
  /// sample times.
  template <class Store>
  void run(std::span<double const> samples, usize times, Store store) const {
    thread_local std::vector<double> scratch;
    thread_local std::vector<double const*> slots;
    scratch.resize(std::max(scratch.size(), steps_.size() * batch));
    slots.resize(steps_.size());
    usize const stride = experiment_.sample_times.size();
    for (usize begin = 0; begin < times; begin += batch) {
      usize const count = std::min(batch, times - begin);
      for (usize i = 0; i < steps_.size(); ++i) {
        Step const& step = steps_[i];
        double* const out = scratch.data() + i * batch;
        slots[i] = out;
        if (step.input == Input::sampled)
          slots[i] = samples.data() + step.index * stride + begin;
        else if (step.input == Input::parameter)
          slots[i] = parameter_values_[step.index].data() + begin;
        else if (step.input == Input::constant)
          std::fill_n(out, count, step.number);
        else
          compute(step, slots, out, count);
      }
      for (usize column = 0; column < column_slot_.size(); ++column)
        store(column, begin, std::span<double const>(slots[column_slot_[column]], count));
    }
  }

 private:
  enum class Input : u8 { none, sampled, parameter, constant };
  struct Step {
    NodeKind kind = NodeKind::number;
    Input input = Input::none;
    usize index = 0;  ///< row of the samples, or of parameter_values_
    double number = 0;
    std::vector<usize> arguments;  ///< steps
  };

  usize compile(Expression const& expression) {
    if (expression.empty()) throw std::logic_error("column with an empty expression");
    std::vector<usize> slot_of;
    for (auto const& node : expression.nodes) slot_of.push_back(compile(node, slot_of));
    return slot_of.back();
  }

  usize compile(Node const& node, std::vector<usize> const& slot_of) {
    Step step;
    step.kind = node.kind;
    if (node.kind == NodeKind::number) {
      step.input = Input::constant;
      step.number = node.number;
    } else if (node.kind == NodeKind::firings) {
      step.input = Input::sampled;
      auto const found = std::find(counted_.begin(), counted_.end(), ReactionId{node.symbol.index});
      step.index =
          experiment_.network->species.size() + static_cast<usize>(found - counted_.begin());
    } else if (node.kind == NodeKind::symbol) {
      switch (node.symbol.kind) {
        case SymbolKind::rule: return rule_slot_[node.symbol.index];
        case SymbolKind::species:
          step.input = Input::sampled;
          step.index = node.symbol.index;
          break;
        case SymbolKind::parameter: compile_parameter(step, node.symbol.index); break;
        case SymbolKind::unresolved: throw std::logic_error("column with an unresolved symbol");
      }
    } else {
      for (u32 const argument : node.arguments) step.arguments.push_back(slot_of[argument]);
    }
    steps_.push_back(std::move(step));
    return steps_.size() - 1;
  }

  /// A parameter is a constant unless a scheduled change touches it.
  void compile_parameter(Step& step, u32 parameter) {
    auto const& segments = experiment_.segments;
    step.number = segments.front().parameters[parameter];
    step.input = Input::constant;
    if (std::all_of(segments.begin(), segments.end(), [&](Segment const& segment) {
          return segment.parameters[parameter] == step.number;
        }))
      return;
    step.input = Input::parameter;
    step.index = parameter_values_.size();
    auto& values = parameter_values_.emplace_back();
    for (usize const segment : segment_at_)
      values.push_back(segments[segment].parameters[parameter]);
  }

  template <class Function>
  static void each(double* out, usize count, Function function) {
    for (usize i = 0; i < count; ++i) out[i] = function(i);
  }

  /// Same meaning as evaluate(), one kind at a time over all samples of the batch.
  static void compute(Step const& step, std::vector<double const*> const& slots, double* out,
                      usize count) {
    auto const argument = [&](usize i) { return slots[step.arguments[i]]; };
    double const* const a = argument(0);
    double const* const b = step.arguments.size() > 1 ? argument(1) : a;
    double const* const c = step.arguments.size() > 2 ? argument(2) : a;
    switch (step.kind) {
      case NodeKind::number:
      case NodeKind::symbol:
      case NodeKind::firings: break;
      case NodeKind::negate: each(out, count, [=](usize i) { return -a[i]; }); break;
      case NodeKind::add: each(out, count, [=](usize i) { return a[i] + b[i]; }); break;
      case NodeKind::subtract: each(out, count, [=](usize i) { return a[i] - b[i]; }); break;
      case NodeKind::multiply: each(out, count, [=](usize i) { return a[i] * b[i]; }); break;
      case NodeKind::divide: each(out, count, [=](usize i) { return a[i] / b[i]; }); break;
      case NodeKind::power: each(out, count, [=](usize i) { return std::pow(a[i], b[i]); }); break;
      case NodeKind::less: each(out, count, [=](usize i) { return double(a[i] < b[i]); }); break;
      case NodeKind::less_equal:
        each(out, count, [=](usize i) { return double(a[i] <= b[i]); });
        break;
      case NodeKind::greater: each(out, count, [=](usize i) { return double(a[i] > b[i]); }); break;
      case NodeKind::greater_equal:
        each(out, count, [=](usize i) { return double(a[i] >= b[i]); });
        break;
      case NodeKind::equal: each(out, count, [=](usize i) { return double(a[i] == b[i]); }); break;
      case NodeKind::not_equal:
        each(out, count, [=](usize i) { return double(a[i] != b[i]); });
        break;
      case NodeKind::logical_and:
        each(out, count, [=](usize i) { return double(a[i] != 0 && b[i] != 0); });
        break;
      case NodeKind::logical_or:
        each(out, count, [=](usize i) { return double(a[i] != 0 || b[i] != 0); });
        break;
      case NodeKind::logical_not:
        each(out, count, [=](usize i) { return double(!(a[i] != 0)); });
        break;
      case NodeKind::piecewise: {
        // From the last choice to the first, so that the first true condition wins.
        usize const size = step.arguments.size();
        std::copy_n(argument(size - 1), count, out);
        for (usize pair = (size - 1) / 2; pair-- > 0;) {
          double const* const value = argument(2 * pair);
          double const* const condition = argument(2 * pair + 1);
          each(out, count, [=](usize i) { return condition[i] != 0 ? value[i] : out[i]; });
        }
        break;
      }
      case NodeKind::minimum:
      case NodeKind::maximum: {
        bool const is_minimum = step.kind == NodeKind::minimum;
        std::copy_n(a, count, out);
        for (usize k = 1; k < step.arguments.size(); ++k) {
          double const* const next = argument(k);
          each(out, count, [=](usize i) {
            bool const better = is_minimum ? next[i] < out[i] : next[i] > out[i];
            return better || std::isnan(next[i]) ? next[i] : out[i];
          });
        }
        break;
      }
      case NodeKind::exponential: each(out, count, [=](usize i) { return std::exp(a[i]); }); break;
      case NodeKind::logarithm: each(out, count, [=](usize i) { return std::log(a[i]); }); break;
      case NodeKind::logarithm10:
        each(out, count, [=](usize i) { return std::log10(a[i]); });
        break;
      case NodeKind::square_root: each(out, count, [=](usize i) { return std::sqrt(a[i]); }); break;
      case NodeKind::absolute: each(out, count, [=](usize i) { return std::fabs(a[i]); }); break;
      case NodeKind::floor: each(out, count, [=](usize i) { return std::floor(a[i]); }); break;
      case NodeKind::ceiling: each(out, count, [=](usize i) { return std::ceil(a[i]); }); break;
      case NodeKind::hill: each(out, count, [=](usize i) { return hill(a[i], b[i], c[i]); }); break;
    }
  }

  Experiment const& experiment_;
  std::vector<ReactionId> const& counted_;
  std::vector<usize> segment_at_;  ///< by sample time
  std::vector<std::vector<double>> parameter_values_;
  std::vector<Step> steps_;
  std::vector<usize> rule_slot_;
  std::vector<usize> column_slot_;
};

/// Pages that cost nothing until a trajectory is written to them. Values lie in tiles of
/// (column, block of sample times), within a tile by trajectory: one writer per cache line, and
/// the statistics of a time read one tile in order.
struct EnsembleRecorder::Memory {
  struct End {
    u64 hash = 0;
    u64 events = 0;
    u32 samples = 0;
    TrajectoryStatus status = TrajectoryStatus::completed;
    bool finished = false;
  };

  Memory(usize value_bytes, usize trajectories) : bytes(std::max<usize>(value_bytes, 1)) {
    void* const pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    values = static_cast<double*>(pages);
    try {
      ends.resize(trajectories);
    } catch (...) {
      munmap(values, bytes);
      throw;
    }
  }
  ~Memory() { munmap(values, bytes); }
  Memory(Memory const&) = delete;
  Memory& operator=(Memory const&) = delete;

  usize bytes;
  double* values = nullptr;
  std::vector<End> ends;
};

EnsembleRecorder::EnsembleRecorder(Experiment const& experiment, std::vector<Column> columns,
                                   u64 first, u64 trajectories, u64 available_bytes)
    : experiment_(experiment), columns_(std::move(columns)), first_(first),
      trajectories_(trajectories),
      width_(std::clamp<usize>(experiment.sample_times.size(), 1, line_times)),
      blocks_((experiment.sample_times.size() + width_ - 1) / width_),
      counted_(cristae::counted_reactions(*experiment.network, columns_)) {
  double const value_bytes = double(trajectories) * double(columns_.size()) * double(blocks_) *
                             double(width_ * sizeof(double));
  double const needed = value_bytes + double(trajectories) * double(sizeof(Memory::End));
  if (needed > static_cast<double>(available_bytes)) {
    throw Error(ExitCode::usage,
                fmt::format("{} needed for {} x {} x {}, {} available", bytes_text(needed),
                            plural(trajectories, "trajectory", "trajectories"),
                            plural(experiment.sample_times.size(), "sample", "samples"),
                            plural(columns_.size(), "column", "columns"),
                            bytes_text(static_cast<double>(available_bytes))),
                "every sampled value is kept until the end, for exact quantiles",
                "Use --select, fewer --samples, or fewer trajectories");
  }
  needed_bytes_ = static_cast<u64>(needed);
  program_ = std::make_unique<Program>(experiment_, columns_, counted_);
  memory_ =
      std::make_unique<Memory>(static_cast<usize>(value_bytes), static_cast<usize>(trajectories));
}

EnsembleRecorder::~EnsembleRecorder() = default;

/// Where the values of one column at one block of sample times begin.
usize EnsembleRecorder::tile(usize column, usize block) const {
  return (column * blocks_ + block) * static_cast<usize>(trajectories_) * width_;
}

void EnsembleRecorder::finished(TrajectoryEnd const& end, std::span<double const> samples) {
  if (end.id < first_ || end.id - first_ >= trajectories_)
    throw std::logic_error(fmt::format("trajectory {} was not asked for", end.id));
  auto const row = static_cast<usize>(end.id - first_);
  auto const reached = std::min<usize>(end.samples, experiment_.sample_times.size());
  static_assert(batch % line_times == 0, "a batch starts with a block");
  program_->run(samples, reached, [&](usize column, usize begin, std::span<double const> values) {
    for (usize k = 0; k < values.size(); k += width_)
      std::copy_n(values.data() + k, std::min(width_, values.size() - k),
                  memory_->values + tile(column, (begin + k) / width_) + row * width_);
  });
  if (is_failure(end.status)) {
    std::lock_guard const lock(mutex_);
    auto const same = std::find_if(first_failures_.begin(), first_failures_.end(),
                                   [&](auto const& other) { return other.status == end.status; });
    if (same == first_failures_.end())
      first_failures_.push_back(end);
    else if (end.id < same->id)
      *same = end;
  }
  memory_->ends[row] = {end.hash, end.events, static_cast<u32>(reached), end.status, true};
}

std::vector<double> EnsembleRecorder::values(u64 trajectory, usize column) const {
  auto const row = static_cast<usize>(trajectory - first_);
  std::vector<double> found;
  for (usize k = 0; k < memory_->ends[row].samples; ++k)
    found.push_back(memory_->values[tile(column, k / width_) + row * width_ + k % width_]);
  return found;
}

PointStatistics EnsembleRecorder::statistics_at(usize column, usize time, u64 prefix,
                                                std::vector<double>& scratch) const {
  double const* const values = memory_->values + tile(column, time / width_) + time % width_;
  scratch.clear();
  for (usize row = 0; row < prefix; ++row)
    if (time < memory_->ends[row].samples) scratch.push_back(values[row * width_]);
  return point_statistics(scratch);
}

EnsembleSummary EnsembleRecorder::summary(u32 threads) const {
  EnsembleSummary summary;
  auto const& ends = memory_->ends;
  u64 any_hash = 0;
  while (summary.trajectories < trajectories_ && ends[summary.trajectories].finished) {
    auto const& end = ends[summary.trajectories];
    u64 const id = first_ + summary.trajectories;
    summary.contract_hash += core::ensemble_term(end.hash, id);
    any_hash |= end.hash;
    summary.events += end.events;
    ++summary.statuses[static_cast<usize>(end.status)];
    ++summary.trajectories;
  }
  if (any_hash == 0) summary.contract_hash = 0;
  for (auto const& failure : first_failures_)
    if (failure.id - first_ < summary.trajectories) summary.first_failures.push_back(failure);
  std::sort(summary.first_failures.begin(), summary.first_failures.end(),
            [](auto const& a, auto const& b) { return a.status < b.status; });

  summary.times = experiment_.sample_times;
  usize const times = summary.times.size();
  for (auto const& column : columns_)
    summary.columns.push_back(
        {column.name, column.label, column.unit, std::vector<PointStatistics>(times)});

  // Every (column, time) is computed by one thread alone, so their number changes no bit.
  std::atomic<usize> next{0};
  auto const work = [&] {
    std::vector<double> scratch;
    scratch.reserve(static_cast<usize>(summary.trajectories));
    for (usize item = next++; item < columns_.size() * blocks_; item = next++) {
      usize const column = item / blocks_, begin = item % blocks_ * width_;
      for (usize time = begin; time < std::min(begin + width_, times); ++time)
        summary.columns[column].points[time] =
            statistics_at(column, time, summary.trajectories, scratch);
    }
  };
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  constexpr u64 values_worth_a_thread = 1u << 20;
  u64 const values = summary.trajectories * times * columns_.size();
  threads = static_cast<u32>(std::min<u64>(threads, 1 + values / values_worth_a_thread));
  std::vector<std::thread> team;
  for (u32 i = 1; i < threads; ++i) team.emplace_back(work);
  work();
  for (auto& thread : team) thread.join();
  return summary;
}

}  // namespace cristae
