// host/run/certify.cpp - which trajectories, how far, and what must agree.
#include "host/run/certify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <optional>
#include <utility>

#include "host/backends/backends.hpp"
#include "host/engine/threads.hpp"
#include "host/io/json_writer.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

/// So many events are followed of any run that has them: 2 to 6 ms.
constexpr u64 least_events = 20'000;
constexpr usize most_checks = 32;
/// The tables that every replay sets up cost as much as so many events.
constexpr u64 events_per_replay = 100, events_per_reaction = 20;

/// Adds sums in the order of their numbers, whenever they come.
class OrderedSums {
 public:
  explicit OrderedSums(MartingaleSums empty) : total_(std::move(empty)) {}

  void add(usize number, MartingaleSums sums) {
    std::lock_guard const lock(mutex_);
    waiting_.emplace(number, std::move(sums));
    for (auto next = waiting_.begin(); next != waiting_.end() && next->first == added_; ++added_) {
      total_ += next->second;
      next = waiting_.erase(next);
    }
  }
  MartingaleSums const& total() const { return total_; }

 private:
  std::mutex mutex_;
  std::map<usize, MartingaleSums> waiting_;
  usize added_ = 0;
  MartingaleSums total_;
};

/// Hands a replayed trajectory on, and keeps its end.
class EndKeeper final : public SampleSink {
 public:
  explicit EndKeeper(SampleSink& to) : to_(to) {}
  void finished(TrajectoryEnd const& end, std::span<double const> samples) override {
    to_.finished(end, samples);
    end_ = end;
  }
  std::optional<TrajectoryEnd> const& end() const { return end_; }

 private:
  SampleSink& to_;
  std::optional<TrajectoryEnd> end_;
};

/// Compares replays with what the run delivered; one that was cut short, as far as it goes.
class ReplayComparison final : public SampleSink {
 public:
  struct Difference {
    DeliveredTrajectory run, replay;
    bool is_whole = true;
  };

  ReplayComparison(std::span<FollowedTrajectory const> followed, RunPlan const& plan,
                   std::map<u64, DeliveredTrajectory> const& delivered)
      : delivered_(delivered), sample_times_(plan.experiment->sample_times.size()) {
    for (auto const& one : followed)
      if (one.max_events < plan.max_events) cut_short_ = one.id;
  }

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override {
    auto const& run = delivered_.at(end.id);
    DeliveredTrajectory const replay(end, samples, sample_times_);
    bool const is_whole = end.id != cut_short_;
    bool const is_same = is_whole ? run == replay : run.starts_with(replay);
    std::lock_guard const lock(mutex_);
    whole_ += is_whole;
    if (!is_same) differences_.emplace(end.id, Difference{run, replay, is_whole});
  }

  /// To their end.
  u64 whole() const { return whole_; }
  /// By id.
  std::map<u64, Difference> const& differences() const { return differences_; }

 private:
  std::map<u64, DeliveredTrajectory> const& delivered_;
  usize sample_times_;
  std::optional<u64> cut_short_;
  std::mutex mutex_;
  u64 whole_ = 0;
  std::map<u64, Difference> differences_;
};

std::string what_differs(ReplayComparison::Difference const& difference) {
  auto const& [run, replay, is_whole] = difference;
  if (!is_whole) return "the samples that were handed on are not those of its replay";
  if (run.status != replay.status)
    return fmt::format("it ended with status {}, its replay with {}", name_of(run.status),
                       name_of(replay.status));
  if (run.events != replay.events)
    return fmt::format("it had {} events, its replay has {}", run.events, replay.events);
  if (run.hash != replay.hash)
    return fmt::format("its contract hash was {}, that of its replay is {}", hash_text(run.hash),
                       hash_text(replay.hash));
  return "the samples that were handed on are not those of its replay";
}

Diagnostic difference_finding(RunPlan const& plan, std::string const& verify,
                              ReplayComparison const& comparison, u64 followed) {
  auto const& [id, first] = *comparison.differences().begin();
  Diagnostic finding;
  finding.problem = fmt::format("trajectory {} of seed {} is not what a replay of it gives: {}", id,
                                plan.seed, what_differs(first));
  finding.reason = fmt::format(
      "every form of the code must give the same bits, and {} of {} trajectories differ",
      comparison.differences().size(), followed);
  finding.fix = fmt::format("Do not trust this result. To see where they part: {} --first {}",
                            verify, id > 32 ? id - 32 : 0);
  return finding;
}

}  // namespace

DeliveredTrajectory::DeliveredTrajectory(TrajectoryEnd const& end, std::span<double const> values,
                                         usize sample_times)
    : status(end.status), events(end.events), hash(end.hash) {
  usize const every = std::max<usize>(1, (sample_times + most_checks - 1) / most_checks);
  u64 sum = 0;
  // What lies behind the last sample that was reached means nothing.
  for (usize k = 0; k < end.samples; ++k) {
    for (usize row = 0; row + sample_times <= values.size(); row += sample_times) {
      u64 const mixed = (sum ^ std::bit_cast<u64>(values[row + k])) * 0x9E3779B97F4A7C15;
      sum = mixed ^ (mixed >> 29);
    }
    if (k % every == 0 || k + 1 == sample_times) samples.push_back(sum);
  }
}

bool DeliveredTrajectory::starts_with(DeliveredTrajectory const& start) const {
  return start.events <= events && start.samples.size() <= samples.size() &&
         std::equal(start.samples.begin(), start.samples.end(), samples.begin());
}

u64 certified_step(double share) {
  if (!(share > 0)) return 0;
  return u64(std::clamp(std::round(1 / share), 1.0, 0x1p62));
}

void CertifiedSink::finished(TrajectoryEnd const& end, std::span<double const> samples) {
  if ((end.id - first_) % step_ == 0) watched(end, samples);
  to_.finished(end, samples);
}

ReductionSink* CertifiedSink::reduction() {
  // Where most are needed one by one, sums save nothing.
  constexpr u64 least_step = 16;
  return step_ >= least_step && to_.reduction() != nullptr ? this : nullptr;
}

u64 CertifiedSink::next_watched(u64 id) const {
  return first_ + (id - first_ + step_ - 1) / step_ * step_;
}

void CertifiedSink::watched(TrajectoryEnd const& end, std::span<double const> samples) {
  DeliveredTrajectory const delivered(end, samples, sample_times_);
  std::lock_guard const lock(mutex_);
  delivered_.emplace(end.id, delivered);
}

MartingaleSums follow(RunPlan const& plan, MartingaleLaws const& laws,
                      std::span<FollowedTrajectory const> trajectories, SampleSink& ends,
                      u32 threads, RunControl& control) {
  OrderedSums sums(MartingaleLog(laws).sums());
  std::atomic<usize> next{0};
  u32 const useful = u32(std::clamp<usize>(threads, 1, std::max<usize>(1, trajectories.size())));
  run_on_threads(useful, control, [&] {
    for (usize i; !control.stop && (i = next.fetch_add(1)) < trajectories.size();) {
      RunPlan one = plan;
      one.first = trajectories[i].id;
      one.trajectories = 1;
      one.max_events = std::min(plan.max_events, trajectories[i].max_events);
      MartingaleLog log(laws);
      EndKeeper keeper(ends);
      log.begin(one.first);
      replay_trajectory(one, log, keeper, control);
      if (!keeper.end()) return;  // stopped; the clock on the wall must not choose what counts
      log.finish(*keeper.end());
      sums.add(i, log.sums());
    }
  });
  return sums.total();
}

u64 affordable_events(u64 run_events, u64 run_trajectories, u32 threads) {
  // Threads without a trajectory wait, as they did not in the run.
  auto const followed = u64(std::max(1.0, std::ceil(double(run_trajectories) * affordable_share)));
  u64 const rounds = (followed + threads - 1) / threads;
  double const busy = double(followed) / double(rounds * threads);
  return std::max(least_events, u64(affordable_share * double(run_events) * busy));
}

std::vector<FollowedTrajectory> chosen_trajectories(
    RunPlan const& plan, CertificateScope const& scope,
    std::map<u64, DeliveredTrajectory> const& delivered) {
  auto const end = delivered.lower_bound(plan.first + scope.trajectories);
  u64 const per_replay =
      events_per_replay + events_per_reaction * plan.experiment->network->reactions.size();
  u64 left = scope.events;
  std::vector<FollowedTrajectory> chosen;
  // How far one is followed depends on those before it only: to look at its own future would be to
  // choose by result.
  for (auto next = delivered.begin(); next != end && left > 0; ++next) {
    u64 const events = next->second.events;
    chosen.push_back({next->first, events <= left ? plan.max_events : left});
    if (scope.events != CertificateScope::all) left -= std::min(left, events + per_replay);
  }
  return chosen;
}

CertificateWithFindings certify(RunPlan const& plan, MartingaleLaws const& laws,
                                CertificateScope const& scope,
                                std::map<u64, DeliveredTrajectory> const& delivered,
                                RunControl& control) {
  auto const chosen = chosen_trajectories(plan, scope, delivered);
  ReplayComparison comparison(chosen, plan, delivered);
  auto const sums = follow(plan, laws, chosen, comparison, scope.threads, control);
  auto const result = martingale_result(*plan.experiment->network, sums);
  CertificateWithFindings made;
  made.certificate = {false,       sums.trajectories, comparison.whole(),
                      sums.events, result.p_value,    result.reactions};
  if (!comparison.differences().empty())
    made.findings.push_back(difference_finding(plan, scope.verify, comparison, sums.trajectories));
  if (auto finding = martingale_finding(result, certificate_false_alarm_rate)) {
    finding->fix = fmt::format(
        "Do not trust this result. To look at all of it: the same command with --certify 1; "
        "against another implementation: {}",
        scope.verify);
    made.findings.push_back(std::move(*finding));
  }
  made.certificate.passed = made.findings.empty();
  return made;
}

std::string certificate_text(Certificate const& c) {
  auto text = fmt::format("{}: {} {}, {} events", c.passed ? "certified" : "NOT certified",
                          c.trajectories, c.trajectories == 1 ? "trajectory" : "trajectories",
                          short_count(double(c.events)));
  if (c.passed)
    text += fmt::format(", bits as the run delivered them, {} of {} to the end", c.whole,
                        c.trajectories);
  return text + "\n" + propensities_text(c);
}

std::string propensities_text(Certificate const& c) {
  auto text = fmt::format("propensities: {} {} followed with independent code", c.reactions.size(),
                          c.reactions.size() == 1 ? "reaction" : "reactions");
  if (auto const* const worst = c.worst())
    text += fmt::format(": worst |z| {:.1f} (reaction '{}'), p = {:.2g}", std::fabs(worst->z),
                        shortened(worst->id), c.p_value);
  return text + "\n";
}

}  // namespace cristae
