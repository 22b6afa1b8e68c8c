// benchmarks/gpu_speed.cpp - times networks on the first GPU, and on the CPU beside it; benchmarks/gpu.sh calls it.
//
//   gpu_speed NETWORKS OUT [--sizes 1000,10000] [--seconds 4] [--events 20000] [--only vilar,isr]
// Writes OUT/speed.json, entry by entry, and the kernels to OUT/kernels. Times are scaled so that a
// trajectory has about --events events; a run ends after --seconds at the latest. No compiled kernel
// is taken from the cache. Exit codes: 0, 6 without a GPU, 7 where a hash is not the CPU's.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "cuda/device_code.hpp"
#include "cuda/device_run.hpp"
#include "host/backends/backends.hpp"
#include "host/core/hash.hpp"
#include "host/io/network_file.hpp"

namespace {

using namespace cristae;
using Clock = std::chrono::steady_clock;

constexpr u64 checked = 1000;  ///< of each run, so many trajectories are compared with the CPU's
constexpr u64 seed = 20261121;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}
double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct Options {
  std::string networks, out;
  std::vector<u64> sizes{1000, 10000, 100000, 1000000};
  double seconds = 4;
  u64 events = 20000;
  std::vector<std::string> only;
};

std::vector<std::string> parts_of(std::string const& list) {
  std::vector<std::string> parts;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

// --- networks -------------------------------------------------------------------------------------

struct Case {
  char const* name;
  char const* condition;
  int sites = 0;  ///< of a ring of walkers, where it is none of the bundled networks
};
// The conditions of benchmarks/run.py; chain has 50 sites.
constexpr Case cases[] = {{"vilar", ""},         {"chain20", "", 10},   {"chain50", "", 25},
                          {"chain", ""},         {"mitophagy", "cccp"}, {"isr", "mito"},
                          {"mam_ca", "agonist"}, {"uprmt_cel", "etc"},  {"uprmt", "misfold"},
                          {"coupled", "combo"},  {"birth_death", ""},   {"dimerisation", ""},
                          {"schloegl", ""},      {"telegraph", ""}};

/// networks/chain with fewer sites: two reactions each.
std::string ring(int sites) {
  std::string text =
      "[network]\nname = \"ring\"\ntime_unit = \"s\"\n[run]\nt_end = 100\n[parameters]\nf = 1\nb = "
      "0.5\n";
  std::string species = "[species]\n", reactions = "[reactions]\n";
  for (int s = 0; s < sites; ++s) {
    int const next = (s + 1) % sites;
    species += fmt::format("S{} = {{ initial = 20 }}\n", s);
    reactions +=
        fmt::format("f{0} = {{ equation = \"S{0} -> S{1}\", mass_action = \"f\" }}\n", s, next);
    reactions +=
        fmt::format("b{0} = {{ equation = \"S{1} -> S{0}\", mass_action = \"b\" }}\n", s, next);
  }
  return text + species + reactions;
}

// --- the CPU --------------------------------------------------------------------------------------

struct HashSink final : SampleSink {
  std::mutex mutex;
  std::map<u64, u64> hashes;
  double last_time = 0;
  void finished(TrajectoryEnd const& end, std::span<double const>) override {
    std::lock_guard const lock(mutex);
    if (end.id < checked) hashes[end.id] = end.hash;
    if (end.status == TrajectoryStatus::budget) last_time = end.time;
  }
};

/// Times such that a trajectory has about so many events.
void scale(Experiment& experiment, RunPlan plan, u64 events) {
  HashSink sink;
  RunControl control;
  plan.trajectories = 1;
  plan.max_events = events;
  make_engine("cpu", plan)->run(sink, control);
  if (!(sink.last_time > 0)) return;
  double const factor = sink.last_time / experiment.t_end;
  for (auto& time : experiment.sample_times) time *= factor;
  for (auto& segment : experiment.segments) segment.start *= factor;
  experiment.t_end *= factor;
}

struct CpuSpeed {
  std::string isa, code;
  u32 threads = 0;
  double events_per_second = 0;
};

CpuSpeed cpu_speed(RunPlan plan, double seconds) {
  plan.trajectories = u64{1} << 24;  // more than it gets to
  HashSink sink;
  RunControl control;
  auto const engine = make_engine("cpu", plan);
  std::jthread const timer([&] {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    control.stop = true;
  });
  auto const begin = Clock::now();
  engine->run(sink, control);
  return {engine->isa(), engine->code(), engine->threads(),
          static_cast<double>(control.events.load()) / since(begin)};
}

// --- the GPU --------------------------------------------------------------------------------------

class TimedHost final : public cuda::DeviceHost {
 public:
  TimedHost(u64 trajectories, double seconds, std::map<u64, u64> const& expected)
      : queue_({{0, trajectories}}), seconds_(seconds), expected_(expected) {}

  // Cells do not differ here: there are no rows.
  Piece take(u64 most, cuda::PieceRows&) override { return queue_.take(most); }
  void results(std::span<core::End const> ends, float const*, float const*) override {
    auto const begin = Clock::now();
    for (core::End const& end : ends) {
      if (end.status == core::not_ended || end.status == core::leaves_float) continue;
      ++ended;
      hash += core::ensemble_term(end.hash, end.id);
      auto const found = expected_.find(end.id);
      if (found == expected_.end()) continue;
      ++compared;
      different += found->second != end.hash;
    }
    seconds_of_results += since(begin);
  }
  bool progress(u64 so_far) override {
    events = so_far;
    return since(begin_) > seconds_;
  }

  u64 events = 0, ended = 0, hash = 0, compared = 0, different = 0;
  double seconds_of_results = 0;

 private:
  PieceQueue queue_;
  double seconds_;
  std::map<u64, u64> const& expected_;
  Clock::time_point begin_ = Clock::now();
};

class Report {
 public:
  explicit Report(std::string const& path) : file_(path) { file_ << "["; }
  ~Report() { file_ << "\n]\n"; }
  void add(std::string const& entry) {
    file_ << separator_ << entry << std::flush;
    separator_ = ",\n ";
  }

 private:
  std::ofstream file_;
  char const* separator_ = "\n ";
};

/// All sizes of one network. False where a hash differs.
bool measure(Case const& c, Options const& options, cuda::Device const& device, Report& report) {
  Network const network =
      c.sites > 0 ? read_network_text(ring(c.sites), c.name)
                  : read_network_file(options.networks + "/" + c.name + "/network.toml");
  ExperimentRequest request;
  request.condition = c.condition;
  request.samples = 10;
  Experiment experiment = resolve(network, request);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.seed = seed;
  scale(experiment, plan, options.events);

  plan.trajectories = std::min<u64>(checked, options.sizes.back());
  HashSink cpu;
  RunControl control;
  make_engine("cpu", plan)->run(cpu, control);
  CpuSpeed const beside = cpu_speed(plan, options.seconds / 2);

  LawGraph const graph = build_law_graph(network);
  bool all_equal = true;
  for (Code const code : {Code::generated, Code::table}) {
    plan.code = code;
    auto const compile_begin = Clock::now();
    cuda::DeviceCode const kernels(graph, plan, {device});
    double const compile_seconds = code == Code::generated ? since(compile_begin) : 0;
    if (code == Code::generated)
      std::ofstream(options.out + "/kernels/" + c.name + "." + device.architecture() + ".cubin")
          << kernels.kernel(device).image;
    for (u64 const trajectories : options.sizes) {
      // Tables are there for networks without a compiler: one size shows what they cost.
      if (code == Code::table && trajectories != options.sizes.back()) continue;
      plan.trajectories = trajectories;
      cuda::DeviceJob const job(plan, kernels.tables(), kernels.kernel(device));
      double const begin = now();
      auto const set_up_begin = Clock::now();
      cuda::DeviceRun run(device, job);
      double const set_up = since(set_up_begin);
      TimedHost host(trajectories, options.seconds, cpu.hashes);
      auto const run_begin = Clock::now();
      run.run(host);
      double const seconds = since(run_begin);
      all_equal = all_equal && host.different == 0;
      auto const& shape = run.plan();
      report.add(fmt::format(
          R"({{"network": "{}", "condition": "{}", "reactions": {}, "species": {}, "code": "{}", )"
          R"("trajectories": {}, "ended": {}, "events": {}, "events_per_second": {:.4g}, )"
          R"("compile_seconds": {:.3f}, "set_up_seconds": {:.4f}, "run_seconds": {:.4f}, )"
          R"("results_seconds": {:.4f}, "threads": {}, "registers": {}, "local_bytes": {}, )"
          R"("contract_hash": "{:016x}", "compared_with_cpu": {}, "hash_equal": {}, )"
          R"("cpu_isa": "{}", "cpu_code": "{}", "cpu_threads": {}, "cpu_events_per_second": {:.4g}, )"
          R"("device": "{}", "architecture": "{}", "multiprocessors": {}, "clock_mhz": {}, )"
          R"("begin": {:.3f}, "end": {:.3f}}})",
          c.name, c.condition, network.reactions.size(), network.species.size(),
          code == Code::generated ? "generated" : "table", trajectories, host.ended, host.events,
          static_cast<double>(host.events) / seconds, compile_seconds, set_up, seconds,
          host.seconds_of_results, shape.threads, shape.registers, shape.local_bytes, host.hash,
          host.compared, host.different == 0 ? "true" : "false", beside.isa, beside.code,
          beside.threads, beside.events_per_second, device.name, device.architecture(),
          device.multiprocessors, device.clock_khz / 1000, begin, now()));
      std::cout << fmt::format("{:13} {:9} {:8} trajectories {:10.3g} events/s, CPU {:.3g}, {}\n",
                               c.name, code == Code::generated ? "generated" : "table",
                               trajectories, static_cast<double>(host.events) / seconds,
                               beside.events_per_second,
                               host.different == 0 ? "equal" : "DIFFERENT")
                << std::flush;
    }
  }
  return all_equal;
}

Options options_of(int argc, char** argv) {
  Options options;
  std::vector<std::string> names;
  for (int i = 1; i < argc; ++i) {
    std::string const argument = argv[i];
    std::string const value = i + 1 < argc ? argv[i + 1] : "";
    if (!argument.starts_with("--")) {
      names.push_back(argument);
      continue;
    }
    ++i;
    if (argument == "--sizes") {
      options.sizes.clear();
      for (auto const& part : parts_of(value)) options.sizes.push_back(std::stoull(part));
    } else if (argument == "--seconds") {
      options.seconds = std::stod(value);
    } else if (argument == "--events") {
      options.events = std::stoull(value);
    } else if (argument == "--only") {
      options.only = parts_of(value);
    } else {
      throw Error(ExitCode::usage, "option '" + argument + "' is not known");
    }
  }
  if (names.size() != 2)
    throw Error(ExitCode::usage, "give the folder of networks and one for results");
  options.networks = names[0];
  options.out = names[1];
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options const options = options_of(argc, argv);
    setenv("CRISTAE_CACHE", "/dev/null/none", 1);
    std::filesystem::create_directories(options.out + "/kernels");
    auto const device = cuda::devices().front();
    cuda::Context const context(device);
    Report report(options.out + "/speed.json");
    bool all_equal = true;
    for (Case const& c : cases) {
      bool const is_asked =
          options.only.empty() || std::count(options.only.begin(), options.only.end(), c.name) > 0;
      if (is_asked) all_equal = measure(c, options, device, report) && all_equal;
    }
    return all_equal ? 0 : 7;
  } catch (Error const& error) {
    std::cerr << error.what() << "\n";
    return static_cast<int>(error.code());
  }
}
