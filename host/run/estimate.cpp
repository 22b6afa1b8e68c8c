// host/run/estimate.cpp - a pilot that grows until it says enough, and what follows from it.
#include "host/run/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/base/bytes_text.hpp"
#include "host/base/error.hpp"
#include "host/engine/threads.hpp"
#include "host/io/machine_memory.hpp"
#include "host/io/shards.hpp"
#include "host/run/checkpoints.hpp"
#include "host/stats/column.hpp"
#include "host/stats/ensemble.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

constexpr u64 widest_block = 64;     ///< lanes; fewer trajectories per thread run other code
constexpr u64 first_budget = 256;    ///< events per trajectory
constexpr u64 largest_growth = 32;   ///< from round to round
constexpr double enough = 0.8;       ///< seconds after which no other round begins
constexpr double last_moment = 1.5;  ///< seconds after which a round is stopped

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Stops a run that is still under way after `seconds`.
class Deadline {
 public:
  Deadline(RunControl& control, double seconds)
      : thread_([&control, seconds](std::stop_token is_over) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any wake;
          std::chrono::duration<double> const left(std::max(seconds, 0.0));
          wake.wait_for(lock, is_over, left, [] { return false; });
          if (!is_over.stop_requested()) control.stop = true;
        }) {}

 private:
  std::jthread thread_;
};

/// Hands trajectories on to the statistics, as a run does, and keeps how they ended.
class PilotSink final : public SampleSink {
 public:
  explicit PilotSink(EnsembleRecorder& recorder) : recorder_(recorder) {}

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override {
    recorder_.finished(end, samples);
    std::lock_guard const lock(mutex_);
    ends_.push_back(end);
  }
  std::vector<TrajectoryEnd> take() { return std::move(ends_); }

 private:
  EnsembleRecorder& recorder_;
  std::mutex mutex_;
  std::vector<TrajectoryEnd> ends_;
};

/// The trajectories of one pilot, each with a limited number of events.
struct Round {
  std::vector<TrajectoryEnd> ends;
  u64 events = 0;
  double seconds = 0;
  double seconds_per_event = 0;  ///< of wall time, on all threads together
  u32 threads = 1;
  std::string isa;
  bool is_stopped = false;  ///< by the clock
  u64 bins = 1;             ///< of the largest histogram

  u64 count(TrajectoryStatus status) const {
    return static_cast<u64>(std::count_if(ends.begin(), ends.end(),
                                          [&](auto const& end) { return end.status == status; }));
  }
  u64 cut_off() const { return count(TrajectoryStatus::budget); }
  double nanoseconds_per_event_and_core() const { return seconds_per_event * threads * 1e9; }
};

Round run_round(Experiment const& experiment, std::vector<Column> const& columns, u64 trajectories,
                u64 budget, double seconds) {
  EnsembleRecorder recorder(experiment, columns, 0, trajectories, available_memory_bytes());
  RunPlan plan;
  plan.experiment = &experiment;
  plan.trajectories = trajectories;
  plan.seed = 1;
  plan.max_events = budget;
  plan.counted_reactions = recorder.counted_reactions();
  auto const engine = make_engine("cpu", plan);
  PilotSink sink(recorder);
  RunControl control;
  Round round;
  {
    Deadline const deadline(control, seconds);
    auto const start = Clock::now();
    engine->run(sink, control);
    round.seconds = seconds_since(start);
  }
  round.is_stopped = control.stop;
  round.ends = sink.take();
  for (auto const& end : round.ends) round.events += end.events;
  if (round.is_stopped) {  // those that came first are a biased sample
    round.events = control.events;
    round.ends.clear();
  }
  if (round.events > 0) round.seconds_per_event = round.seconds / static_cast<double>(round.events);
  round.threads = engine->threads();
  round.isa = engine->isa();
  for (auto const& column : recorder.summary().columns)
    for (auto const& histogram : column.histograms)
      round.bins = std::max<u64>(round.bins, histogram.counts.size());
  return round;
}

/// What more events of the same trajectories cost: without what they cost to start, which weighs too
/// much where they are cut off early.
void leave_out_start(Round& round, Round const& before) {
  if (round.cut_off() == 0 || round.ends.size() != before.ends.size()) return;
  if (round.events < 2 * before.events) return;
  double const marginal =
      (round.seconds - before.seconds) / static_cast<double>(round.events - before.events);
  if (marginal > 0) round.seconds_per_event = std::min(round.seconds_per_event, marginal);
}

/// How many times the events of `round` fit into `seconds`, beside what they cost to start.
u64 growth_after(Round const& round, double seconds) {
  double const running = round.seconds_per_event * static_cast<double>(round.events);
  double const starting = round.seconds - running;
  double const growth = (seconds - starting) / std::max(running, 1e-4);
  return static_cast<u64>(std::clamp(growth, 0.0, static_cast<double>(largest_growth)));
}

/// Rounds of more events, then of more trajectories, as far as a second goes.
Round run_pilot(Experiment const& experiment, std::vector<Column> const& columns,
                u64 trajectories) {
  auto const start = Clock::now();
  u64 const cores = std::max(1u, std::thread::hardware_concurrency());
  u64 width = std::min(trajectories, cores * widest_block);
  u64 budget = first_budget;
  std::optional<Round> last;
  for (;;) {
    auto round = run_round(experiment, columns, width, budget, last_moment - seconds_since(start));
    if (round.is_stopped && last) return *last;
    if (last) leave_out_start(round, *last);
    last = std::move(round);
    bool const is_complete = last->cut_off() == 0;
    u64 const growth = growth_after(*last, enough - seconds_since(start));
    if (last->is_stopped || growth < 2 || (is_complete && width == trajectories)) return *last;
    if (is_complete)
      width = std::min(trajectories, width * growth);
    else
      budget *= growth;
  }
}

/// Events per trajectory as far as the pilot came, and to the end.
struct EventCount {
  double mean = 0;            ///< of those counted
  double sd = 0;              ///< with n - 1
  double reached = 1;         ///< share of the simulated time
  std::optional<double> all;  ///< with what is missing at the rate so far; none without a rate
};

EventCount count_events(Round const& round, Experiment const& experiment) {
  double const start = experiment.segments.front().start;
  double const span = experiment.t_end - start;
  auto const n = static_cast<double>(round.ends.size());
  EventCount count;
  if (round.ends.empty()) return count;
  double cut_events = 0, cut_time = 0;
  for (auto const& end : round.ends) {
    count.mean += static_cast<double>(end.events);
    if (end.status != TrajectoryStatus::budget) continue;
    cut_events += static_cast<double>(end.events);
    cut_time += end.time - start;
  }
  count.mean /= n;
  for (auto const& end : round.ends) {
    double const deviation = static_cast<double>(end.events) - count.mean;
    if (n > 1) count.sd += deviation * deviation / (n - 1);
  }
  count.sd = std::sqrt(count.sd);
  if (round.cut_off() == 0) {
    count.all = count.mean;
    return count;
  }
  double const missing = static_cast<double>(round.cut_off()) * span - cut_time;
  count.reached = 1 - missing / (n * span);
  if (cut_time > 0) count.all = count.mean + cut_events / cut_time * missing / n;
  return count;
}

std::string events_text(Round const& round, EventCount const& count) {
  auto const n = round.ends.size();
  if (round.cut_off() == 0) {
    auto text = short_count(count.mean);
    if (n > 1) text += fmt::format(", sd {}", short_count(count.sd));
    return text + fmt::format(" ({} pilot {})", n, n == 1 ? "trajectory" : "trajectories");
  }
  auto text = fmt::format(
      "more than {}: {} of {} pilot trajectories were cut off, {} % of the time "
      "simulated",
      short_count(count.mean), round.cut_off(), n, short_number(100 * count.reached));
  if (count.all) text += fmt::format("; {} if they go on at this rate", short_count(*count.all));
  return text;
}

std::string time_text(Round const& round, EventCount const& count, u64 trajectories) {
  RunPlan plan;
  plan.trajectories = trajectories;
  u32 const threads = useful_threads(plan);
  double const events = *count.all * static_cast<double>(trajectories);
  return fmt::format("about {} for {} events on {} {}",
                     short_duration(events * round.seconds_per_event * round.threads / threads),
                     short_count(events), threads, threads == 1 ? "thread" : "threads");
}

constexpr double number = 8;  ///< bytes

/// Of what a result keeps by default of a trajectory, beside the values that --raw adds: id, events,
/// hash, status, the end of every column and every species.
double kept_bytes(Experiment const& experiment, usize columns) {
  return 3 * number + 1 +
         static_cast<double>(columns + experiment.network->species.size()) * number;
}

/// Sizes of a result file without compression, as host/io/result_statistics.cpp and
/// result_writer.cpp write it by default.
std::string file_text(Experiment const& experiment, usize columns, usize histogram_times, u64 bins,
                      u64 trajectories) {
  constexpr double per_point = 13 * number;  // seven moments, undefined, five quantiles
  auto const times = static_cast<double>(experiment.sample_times.size());
  double const values = static_cast<double>(columns) * times;
  double const histograms = static_cast<double>(columns) * static_cast<double>(histogram_times) *
                            (static_cast<double>(bins) + 3) * number;
  auto const n = static_cast<double>(trajectories);
  double const size = static_cast<double>(experiment.network->text.size()) + 2 * times * number +
                      values * per_point + histograms + n * kept_bytes(experiment, columns);
  return fmt::format("{}, with --raw {}, before compression", bytes_text(size),
                     bytes_text(size + n * values * number));
}

/// What a run takes at most, and what it does with a result file: then it keeps trajectories in two
/// shards, one of which is written, and a checkpoint.
std::string memory_text(Experiment const& experiment, usize columns,
                        EnsembleRecorder const& recorder, u64 trajectories) {
  auto const run = static_cast<double>(recorder.needed_bytes());
  double const shards =
      std::min(2 * static_cast<double>(Shards::usual_bytes),
               static_cast<double>(trajectories) * kept_bytes(experiment, columns));
  auto const checkpoint = static_cast<double>(checkpoint_bytes(recorder, 0));
  return fmt::format("at most {}, with a result file {}", bytes_text(run),
                     bytes_text(run + shards + checkpoint));
}

std::string title(Experiment const& experiment, u64 trajectories) {
  auto const& unit = experiment.network->time_unit;
  auto text = fmt::format("Cost of a run: {} {}", trajectories,
                          trajectories == 1 ? "trajectory" : "trajectories");
  if (!experiment.condition.empty()) text += fmt::format(", condition {}", experiment.condition);
  if (experiment.burn_in > 0) text += fmt::format(", burn-in {}", experiment.burn_in);
  return text + fmt::format(", to {}{}{}, {} sample times", experiment.t_end,
                            unit.empty() ? "" : " ", unit, experiment.sample_times.size());
}

void add_failures(TextTable& table, Round const& round) {
  for (usize i = 0; i < status_count; ++i) {
    auto const status = static_cast<TrajectoryStatus>(i);
    if (status == TrajectoryStatus::budget || !is_failure(status) || round.count(status) == 0)
      continue;
    table.add({"failures", fmt::format("{} of {} pilot trajectories ended with status {}",
                                       round.count(status), round.ends.size(), name_of(status))});
  }
}

}  // namespace

std::string estimate_text(Experiment const& experiment, u64 trajectories) {
  auto const heading = title(experiment, trajectories);
  auto const columns = choose_columns(*experiment.network, {});
  std::string memory;
  usize histogram_times = 0;
  try {
    EnsembleRecorder recorder(experiment, columns, 0, trajectories, available_memory_bytes());
    memory = memory_text(experiment, columns.size(), recorder, trajectories);
    histogram_times = recorder.summary().histogram_times.size();
  } catch (Error const& error) {
    if (error.code() != ExitCode::usage) throw;
    return fmt::format("\n{}\n  not here: {}\n", heading, error.diagnostics().front().problem);
  }
  Round const round = run_pilot(experiment, columns, trajectories);
  TextTable table({Align::left, Align::left});
  EventCount const count = count_events(round, experiment);
  if (round.ends.empty())
    table.add({"events", "not known: no pilot trajectory came to an end in time"});
  else
    table.add({"events", events_text(round, count)});
  add_failures(table, round);
  if (round.events > 0) {
    double const speed = round.nanoseconds_per_event_and_core();
    table.add(
        {"speed",
         fmt::format("{} ns per event and core ({}, {} {})",
                     speed < 1000 ? fmt::format("{:.3g}", speed) : fmt::format("{:.0f}", speed),
                     round.isa, round.threads, round.threads == 1 ? "thread" : "threads")});
    if (count.all) table.add({"time", time_text(round, count, trajectories)});
  }
  table.add({"memory", memory});
  table.add({"result file",
             file_text(experiment, columns.size(), histogram_times, round.bins, trajectories)});
  return fmt::format("\n{}\n{}", heading, table.text(TextTable::Header::no, 2));
}

std::string cost_text(Network const& network, ExperimentRequest const& asked, u64 trajectories,
                      Estimate estimate) {
  ExperimentRequest request = asked;
  bool const has_end = request.t_end >= 0 || network.run.t_end > 0;
  bool const has_samples =
      request.sample_every >= 0 || request.samples >= 0 || network.run.sample_every > 0;
  if (!has_end) request.t_end = 1;
  if (!has_samples) request.samples = 1;
  Experiment const experiment = resolve(network, request);
  if (estimate == Estimate::left_out) return {};
  if (!has_end) return "\nCost of a run\n  not known without an end: give --t-end\n";
  if (!has_samples)
    return "\nCost of a run\n  not known without sample times: give --samples or --sample-every\n";
  return estimate_text(experiment, trajectories);
}

}  // namespace cristae
