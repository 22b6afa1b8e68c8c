// host/cli/replay_command.cpp - one trajectory of an ensemble, event by event.
#include "host/cli/replay_command.hpp"

#include <fmt/format.h>

#include <optional>

#include "host/backends/backends.hpp"
#include "host/cli/print.hpp"
#include "host/io/event_log_writer.hpp"
#include "host/io/json_writer.hpp"
#include "host/io/network_file.hpp"
#include "host/io/network_library.hpp"
#include "host/run/asked.hpp"
#include "host/run/start_states.hpp"
#include "host/text/table.hpp"

namespace cristae {
namespace {

struct EndSink final : SampleSink {
  std::optional<TrajectoryEnd> end;
  void finished(TrajectoryEnd const& e, std::span<double const>) override { end = e; }
};

}  // namespace

int replay_command(RunOptions const& options) {
  AskedExperiment made(read_network_file(NetworkLibrary::standard().find(options.network)),
                       with_cell_seed(options.experiment, options.seed));
  Network const& network = made.asked.network;
  Experiment& experiment = made.experiment;
  if (!options.start_from.empty()) start_from_result(experiment, options.start_from, options.seed);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.first = options.first;
  plan.seed = options.seed;
  plan.max_events = options.max_events.value_or(plan.max_events);

  std::optional<OutputFile> file;
  if (!options.output.empty()) file.emplace(options.output, options.overwrite);
  EventLogWriter log(experiment, options.first, [&](std::string_view text) {
    if (file)
      file->write(text);
    else
      print_text(std::string(text));
  });
  EndSink sink;
  RunControl control;
  replay_trajectory(plan, log, sink, control);
  log.finish();
  if (file) file->commit();

  TrajectoryEnd const& end = sink.end.value();
  if (options.talk == Talk::normal) {
    print_aside(fmt::format("trajectory {} of seed {}: {} after {} events at {:.6g} {}, hash {}\n",
                            end.id, options.seed, name_of(end.status), end.events, end.time,
                            network.time_unit, hash_text(end.hash)));
  }
  return int(is_failure(end.status) ? ExitCode::numerical : ExitCode::ok);
}

}  // namespace cristae
