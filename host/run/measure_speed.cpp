// host/run/measure_speed.cpp - more trajectories than there is time for, and a clock that stops them.
#include "host/run/measure_speed.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "host/backends/backends.hpp"
#include "host/backends/speed_bound.hpp"
#include "host/base/error.hpp"
#include "host/run/stopwatch.hpp"

namespace cristae {
namespace {

struct Nowhere final : SampleSink {
  void finished(TrajectoryEnd const&, std::span<double const>) override {}
};

/// Stops a run after some seconds, unless it ends before.
class Alarm {
 public:
  Alarm(RunControl& control, double seconds)
      : thread_([this, &control, seconds] {
          std::unique_lock lock(mutex_);
          if (!ended_.wait_for(lock, std::chrono::duration<double>(seconds),
                               [this] { return over_; }))
            control.stop = true;
        }) {}
  ~Alarm() {
    {
      std::lock_guard const lock(mutex_);
      over_ = true;
    }
    ended_.notify_one();
    thread_.join();
  }
  Alarm(Alarm const&) = delete;
  Alarm& operator=(Alarm const&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace

Speed measure_speed(Network const& network, SpeedRequest const& asked) {
  ExperimentRequest request;
  request.samples = 2;
  if (network.run.t_end <= 0) request.t_end = 1e9;
  Experiment const experiment = resolve(network, request);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.max_events = 200000;
  plan.trajectories = u64{1} << 22;
  plan.isa = asked.isa;
  plan.code = asked.code;
  plan.threads = asked.threads;
  auto const engine = make_engine(asked.engine, plan);
  Nowhere nowhere;
  RunControl control;
  Speed speed;
  {
    Stopwatch const stopwatch;
    Alarm const alarm(control, asked.seconds);
    engine->run(nowhere, control);
    speed.wall_seconds = stopwatch.wall_seconds();
    speed.cpu_seconds = stopwatch.cpu_seconds();
  }
  speed.network = network.name;
  speed.reactions = static_cast<u32>(network.reactions.size());
  speed.engine = engine->name();
  speed.isa = engine->isa();
  speed.code = asked.code == Code::generated ? "generated"
               : asked.code == Code::table   ? "table"
                                             : "";
  speed.threads = engine->threads();
  speed.events = control.events;
  if (asked.code != Code::table)
    speed.bound_events_per_second =
        bound_events_per_second(speed.engine, speed.isa, speed.reactions, speed.threads);
  return speed;
}

}  // namespace cristae
