// host/cli/replay_picked.cpp - one engine run per trajectory, and what must be equal.
#include "host/cli/replay_picked.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "host/backends/backends.hpp"
#include "host/base/error.hpp"
#include "host/cli/run_results.hpp"
#include "host/cli/signals.hpp"
#include "host/io/event_log_writer.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/machine_memory.hpp"
#include "host/io/trajectory_csv.hpp"
#include "host/run/recorded_experiment.hpp"

#ifndef CRISTAE_VERSION
#define CRISTAE_VERSION "unknown"
#endif

namespace cristae {
namespace {

constexpr char const* reference = "reference";

/// Keeps the one trajectory of a run.
struct OneTrajectory final : BlockSink {
  TrajectoryEnd end;
  std::vector<double> values;
  std::vector<i64> end_state;

  void block(FinishedBlock const& block) override {
    end = block.ends.front();
    values.assign(block.values.begin(), block.values.end());
    end_state.assign(block.end_states.begin(), block.end_states.end());
  }
};

/// 0 and -0, which older results hold, are one.
bool is_same(double a, double b) { return a == b || (a != a && b != b); }

class Replay {
 public:
  Replay(ResultFile const& file, PickOptions const& options)
      : file_(file), options_(options), recorded_(record_of(file), options.result) {
    for (auto const& text : file.features())
      features_.push_back(parse_feature(text, recorded_.columns(), file.summary().times));
  }

  /// The file's name for a trajectory.
  std::string path(char const* what, u64 trajectory) const {
    return fmt::format("{}/{}-{}.csv", options_.replay_folder, what, id_of(trajectory));
  }

  /// The finding if it came out differently. Nothing is written where `control` stops it.
  std::optional<Diagnostic> run(u64 trajectory, RunControl& control) {
    std::optional<OutputFile> events;
    if (options_.events == Events::written)
      events.emplace(path("events", trajectory), options_.overwrite);
    auto const again = simulate(id_of(trajectory), events, control);
    if (control.stop) return std::nullopt;
    if (auto const difference = compare(again, trajectory); !difference.empty()) {
      Diagnostic finding;
      finding.problem = fmt::format("trajectory {} comes out differently", id_of(trajectory));
      finding.reason = difference;
      finding.fix =
          is_same_version()
              ? "Nothing of it was written; docs/reproducibility.md says what trajectories "
                "depend on"
              : fmt::format("Use the version that wrote the result, {}", file_.report().version);
      return finding;
    }
    write(again, trajectory);
    if (events) events->commit();
    return std::nullopt;
  }

  bool is_same_version() const { return file_.report().version == CRISTAE_VERSION; }

 private:
  ResultFile const& file_;
  PickOptions const& options_;
  RecordedExperiment recorded_;
  std::vector<Feature> features_;

  u64 id_of(u64 trajectory) const { return file_.report().first + trajectory; }

  OneTrajectory simulate(u64 id, std::optional<OutputFile>& events, RunControl& control) const {
    OneTrajectory kept;
    RecorderOptions record;
    record.histogram_times = 0;
    record.blocks = &kept;
    EnsembleRecorder recorder(recorded_.experiment(), recorded_.columns(), id, 1,
                              available_memory_bytes(), record);
    RunPlan plan;
    plan.experiment = &recorded_.experiment();
    plan.first = id;
    plan.seed = file_.report().seed;
    plan.threads = 1;
    plan.max_events = file_.report().max_events;
    plan.counted_reactions = recorder.counted_reactions();
    if (events) {
      EventLogWriter log(recorded_.experiment(), id,
                         [&](std::string_view text) { events->write(text); });
      replay_trajectory(plan, log, recorder, control);
      log.finish();
    } else {
      bool const is_reference = file_.report().engine == reference;
      make_engine(is_reference ? reference : "cpu", plan)->run(recorder, control);
    }
    recorder.summary();
    return kept;
  }

  /// What is not as the result has it; empty if nothing.
  std::string compare(OneTrajectory const& again, u64 trajectory) const {
    auto const status = file_.statuses(trajectory, trajectory + 1).front();
    if (again.end.status != status)
      return fmt::format("it is {} now and was {}", name_of(again.end.status), name_of(status));
    auto const events = file_.events(trajectory, trajectory + 1).front();
    if (again.end.events != events)
      return fmt::format("it has {} events now and had {}", again.end.events, events);
    std::vector<double> kept;
    if (!features_.empty()) kept = file_.feature_values(trajectory, trajectory + 1);
    for (usize i = 0; i < features_.size(); ++i) {
      if (features_[i].kind == FeatureKind::first) continue;  // of another run, up to there
      double const now = evaluate(features_[i], again.values, file_.summary().times.size());
      if (!is_same(now, kept[i]))
        return fmt::format("{} is {} now and was {}", features_[i].text, now, kept[i]);
    }
    if (file_.has_raw()) {
      auto const raw = file_.raw(trajectory, trajectory + 1);
      if (!std::equal(raw.begin(), raw.end(), again.values.begin(), again.values.end(), is_same))
        return "its samples are others now";
    }
    if (file_.has_end_states()) {
      auto const states = file_.end_states(trajectory, trajectory + 1);
      for (usize s = 0; s < states.size(); ++s)
        if (states[s] != again.end_state[s])
          return fmt::format("{} is {} in the end and was {}", file_.species()[s],
                             again.end_state[s], states[s]);
    }
    auto const hash = file_.hashes(trajectory, trajectory + 1).front();
    if (again.end.hash != hash)
      return fmt::format("its contract hash is {} now and was {}", hash_text(again.end.hash),
                         hash_text(hash));
    return {};
  }

  void write(OneTrajectory const& again, u64 trajectory) const {
    OutputFile file(path("trajectory", trajectory), options_.overwrite);
    write_trajectory_csv(recorded_.columns(), file_.summary().times, again.end.samples,
                         again.values, [&](std::string_view text) { file.write(text); });
    file.commit();
  }
};

void check_outputs(Replay const& replay, std::vector<u64> const& trajectories,
                   PickOptions const& options) {
  std::vector<Diagnostic> findings;
  auto const check = [&](std::string const& path) {
    try {
      check_output(path, options.overwrite);
    } catch (Error const& error) {
      findings.insert(findings.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  };
  for (u64 const trajectory : trajectories) {
    check(replay.path("trajectory", trajectory));
    if (options.events == Events::written) check(replay.path("events", trajectory));
  }
  if (!findings.empty()) throw Error(ExitCode::input_output, std::move(findings));
}

}  // namespace

usize replay_picked(ResultFile const& file, std::vector<u64> const& trajectories,
                    PickOptions const& options) {
  if (options.events == Events::written && file.report().engine == reference)
    throw Error(ExitCode::usage, "--events is given for a result of the engine reference",
                "its trajectories can be run again, but not event by event", "Leave it out");
  if (file.report().engine == ode_engine)
    throw Error(ExitCode::usage, "--replay is given for a result of the engine ode",
                "its means are the whole solution, and there are no trajectories", "Leave it out");
  Replay replay(file, options);
  if (!replay.is_same_version())
    remark(options.talk,
           fmt::format("warning: '{}' was written by version {}, and this is {} (trajectories are "
                       "the same for one version only). What it keeps of them is compared.",
                       options.result, file.report().version, CRISTAE_VERSION));
  make_folder(options.replay_folder);
  check_outputs(replay, trajectories, options);
  RunControl control;
  SignalGuard const signals(control);
  std::vector<Diagnostic> findings;
  usize written = 0;
  for (u64 const trajectory : trajectories) {
    auto finding = replay.run(trajectory, control);
    if (control.stop) break;
    if (finding)
      findings.push_back(std::move(*finding));
    else
      ++written;
  }
  if (!findings.empty()) throw Error(ExitCode::verification, std::move(findings));
  return written;
}

}  // namespace cristae
