// tests/fuzz/network_fuzz.cpp - any bytes as a network file: a network that runs, or findings that point into it.
#include <map>
#include <mutex>

#include "host/backends/backends.hpp"
#include "host/engine/tables.hpp"
#include "host/io/network_reader.hpp"
#include "host/model/conservation.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace cristae::fuzz {
namespace {

constexpr u64 trajectories = 5;  // a small block and its single-trajectory end

struct Ends final : SampleSink {
  std::map<u64, TrajectoryEnd> by_id;
  std::mutex mutex;
  void finished(TrajectoryEnd const& end, std::span<double const>) override {
    std::lock_guard const lock(mutex);
    by_id[end.id] = end;
  }
};

std::map<u64, TrajectoryEnd> run(RunPlan const& plan, char const* engine) {
  Ends ends;
  RunControl control;
  make_engine(engine, plan)->run(ends, control);
  return std::move(ends.by_id);
}

/// The block, one trajectory alone and the textbook: no crash, and the first two have one hash.
void run_briefly(Network const& network, std::string const& condition) {
  ExperimentRequest request;
  request.condition = condition;
  request.samples = 3;
  Experiment const experiment = resolve(network, request);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.trajectories = trajectories;
  plan.threads = 1;
  plan.max_events = 40;
  plan.code = Code::table;
  auto const block = run(plan, "cpu");
  plan.trajectories = 1;
  auto const one = run(plan, "cpu");
  claim(block.size() == trajectories && one.size() == 1, "a trajectory is missing");
  claim(block.at(0).hash == one.at(0).hash, "the block and the one-lane form differ");
  run(plan, "reference");
}

void read_and_run(std::string_view text) {
  Network network;
  try {
    network = read_network_text(text, "n.toml");
  } catch (Error const& error) {
    check_error(error, ExitCode::model, text);
    return;
  }
  for (auto const& note : network.notes) check_finding(note, text);
  conservation_laws(network);
  std::vector<std::string> conditions{""};
  for (auto const& condition : network.conditions)
    if (conditions.size() < 3) conditions.push_back(condition.id);
  for (auto const& condition : conditions) {
    try {
      run_briefly(network, condition);
    } catch (Error const& error) {
      // No end time, or a constant that no law can use.
      claim(error.code() == ExitCode::usage || error.code() == ExitCode::model, error.what());
    }
  }
}

}  // namespace
}  // namespace cristae::fuzz

extern "C" int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
  cristae::fuzz::read_and_run({reinterpret_cast<char const*>(data), size});
  return 0;
}
