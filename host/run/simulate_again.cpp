// host/run/simulate_again.cpp - one engine run, and every block in its place.
#include "host/run/simulate_again.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/backends/backends.hpp"
#include "host/base/bytes_text.hpp"
#include "host/base/error.hpp"
#include "host/io/machine_memory.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {
namespace {

/// Puts blocks in their place among the values of a range of trajectories.
class ValueCollector final : public BlockSink {
 public:
  ValueCollector(u64 first, u64 count, usize each)
      : first_(first),
        each_(each), made_{std::vector<double>(count * each), std::vector<u64>(count)} {}
  void block(FinishedBlock const& block) override {
    u64 const at = block.first - first_;
    std::copy(block.values.begin(), block.values.end(),
              made_.values.begin() + static_cast<std::ptrdiff_t>(at * each_));
    for (usize i = 0; i < block.ends.size(); ++i) made_.hashes[at + i] = block.ends[i].hash;
  }
  TrajectoryValues& made() { return made_; }

 private:
  u64 first_;
  usize each_;
  TrajectoryValues made_;
};

}  // namespace

TrajectoryValues simulate_again(RunPlan plan, std::string const& engine,
                                std::vector<Column> const& columns, RunControl& control) {
  auto const& experiment = *plan.experiment;
  usize const each = columns.size() * experiment.sample_times.size();
  u64 const memory = available_memory_bytes();
  double const bytes = 8.0 * double(each) * double(plan.trajectories);
  if (bytes > double(memory))
    throw Error(ExitCode::usage,
                fmt::format("{} needed for every sample of {} trajectories, {} free",
                            bytes_text(bytes), plan.trajectories, bytes_text(double(memory))),
                {}, "Select trajectories, and compute with a part of them at a time");
  ValueCollector collector(plan.first, plan.trajectories, each);
  RecorderOptions keep;
  keep.histogram_times = 0;
  keep.threads = plan.threads;
  keep.blocks = &collector;
  EnsembleRecorder recorder(experiment, columns, plan.first, plan.trajectories, memory, keep);
  plan.counted_reactions = recorder.counted_reactions();
  make_engine(engine, plan)->run(recorder, control);
  if (control.stop) return {};
  recorder.summary();
  return std::move(collector.made());
}

}  // namespace cristae
