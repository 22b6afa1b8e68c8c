// benchmarks/where_time_goes.cpp - what the parts of an event cost, in time and in instructions.
//
//   where_time_goes [--isa avx512|avx2]
//
// Prints a table for each of vilar, chain, isr and mitophagy. Time is the least CPU time of many
// repeats, so that it can be read off a busy machine. Instructions are counted by single steps
// (ptrace), so they need no counter of the processor. Parts stand alone here: in the whole, a
// processor works on one while it waits for another, so their sum may be above it. "At that rate" is
// the time that the instructions would take if all were independent vector additions and products;
// loads, stores and scalar ones beside them go faster. Needs a compiler.
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <stdexcept>

#include "benchmarks/event_parts.hpp"
#include "host/backends/backends.hpp"
#include "host/cpu/cpu_engine.hpp"
#include "host/cpu/generated_kernel.hpp"
#include "host/engine/experiment.hpp"
#include "host/engine/tables.hpp"
#include "host/io/network_file.hpp"
#include "host/jit/host_compiler.hpp"

namespace cristae::benchmark {
namespace {

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// Instructions of a child that does `work`; of two counts, the difference is what matters.
long instructions(std::function<void()> const& work) {
  pid_t const child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    work();
    _exit(0);
  }
  int status = 0;
  long steps = 0;
  waitpid(child, &status, 0);
  while (WIFSTOPPED(status)) {
    if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) return 0;
    waitpid(child, &status, 0);
    ++steps;
  }
  return steps;
}

struct Isa {
  char const* lane;
  char const* header;
  std::vector<std::string> flags;
};

Isa isa_of(std::string const& name) {
  if (name == "avx512")
    return {"LaneAvx512",
            "lane_avx512",
            {"-mavx2", "-mfma", "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl",
             "-mprefer-vector-width=512"}};
  return {"LaneAvx2", "lane_avx2", {"-mavx2", "-mfma"}};
}

/// The parts of a network, compiled as its kernel is (host/cpu/generated_kernel.cpp).
EventParts compile(cpu::NetworkText const& text, std::string const& isa,
                   std::shared_ptr<void>& object) {
  Isa const with = isa_of(isa);
  auto const source = fmt::format(
      R"text(#include "benchmarks/event_parts.hpp"
#include "host/cpu/{0}.hpp"
namespace {{
{1}}}  // namespace
extern "C" __attribute__((visibility("default"))) cristae::benchmark::EventParts event_parts() {{
  using Lane = cristae::cpu::{2};
  constexpr int vectors = {3} / Lane::width;
  using Laws = cristae::core::GeneratedLaws<Network, Lane, vectors>;
  return {{{3}, Lane::width, &cristae::benchmark::PartsOf<Lane, vectors, Laws>::run}};
}}
)text",
      with.header, text.block, with.lane, cpu::generated_lanes(text.reactions, isa));
  std::vector<std::string> flags{"-std=c++20",          "-O3",   "-ffp-contract=off",
                                 "-fno-math-errno",     "-fPIC", "-shared",
                                 "-fvisibility=hidden", "-w",    "-I",
                                 CRISTAE_SOURCE_DIR};
  flags.insert(flags.end(), with.flags.begin(), with.flags.end());
  auto const compiled = compile_and_load(source, flags);
  if (!compiled.object) throw std::runtime_error(compiled.reason);
  object = compiled.object;
  return reinterpret_cast<EventParts (*)()>(find_function(object, "event_parts"))();
}

/// A block in mid-run: states of `lanes` trajectories at the end of a run of the engine.
struct Memory {
  std::vector<float> floats;
  std::vector<u32> words;
  std::vector<u64> hashes;
  core::Block block{};

  Memory(Tables const& tables, u32 lanes) {
    auto const& p = tables.program();
    usize const rows = tables.register_count() + p.reactions + 24 + 8;
    floats.assign(rows * lanes + 16, 0.0f);
    words.assign(usize{20} * lanes + 16, 0);
    hashes.assign(lanes, 0);
    float* f = floats.data() + (16 - reinterpret_cast<std::uintptr_t>(floats.data()) / 4 % 16) % 16;
    u32* n = words.data() + (16 - reinterpret_cast<std::uintptr_t>(words.data()) / 4 % 16) % 16;
    auto const take = [lanes](auto*& from, usize count) {
      auto* const at = from;
      from += count * lanes;
      return at;
    };
    block.stride = lanes;
    block.registers = take(f, tables.register_count());
    block.propensities = take(f, p.reactions);
    block.tree = take(f, 24);
    block.left_high = take(f, 1), block.left_low = take(f, 1);
    block.total = take(f, 1), block.waiting = take(f, 1);
    block.draw_low = take(n, 1), block.draw_high = take(n, 1);
    block.id_low = take(n, 1), block.id_high = take(n, 1);
    block.idle = take(n, 1), block.words = take(n, 4), block.chosen = take(n, 1);
    block.stop = take(n, 1), block.sample = take(n, 1), block.segment = take(n, 1);
    block.redraws = take(n, 1);
    block.row = take(n, 1), block.sister = take(n, 1);
    block.hash = hashes.data();
  }
};

struct States final : SampleSink {
  std::vector<std::vector<double>> last;
  void finished(TrajectoryEnd const&, std::span<double const> samples) override {
    last.emplace_back(samples.begin(), samples.end());
  }
};

constexpr std::pair<Part, char const*> rows[] = {
    {Part::random, "random words (Philox, half a block)"},
    {Part::waiting, "logarithm, waiting time, clock"},
    {Part::propensities, "propensities and their total"},
    {Part::selection, "selection"},
    {Part::update, "state change"},
    {Part::whole, "whole event"},
};

void report(std::string const& name, std::string const& condition, double t_end,
            std::string const& isa) {
  Network const network =
      read_network_file(std::string(CRISTAE_SOURCE_DIR) + "/networks/" + name + "/network.toml");
  ExperimentRequest request;
  request.condition = condition;
  request.t_end = t_end;
  request.samples = 1;
  Experiment experiment = resolve(network, request);
  RunPlan plan;
  plan.experiment = &experiment;
  LawGraph const graph = build_law_graph(network);
  cpu::NetworkText const text(graph, plan);
  std::shared_ptr<void> object;
  EventParts const parts = compile(text, isa, object);

  // Where the lanes are after t_end; from there on, no stop is met.
  plan.trajectories = parts.lanes;
  plan.threads = 1;
  States states;
  RunControl control;
  make_engine("cpu", plan)->run(states, control);
  auto const counts = states.last;
  experiment.t_end = experiment.sample_times.back() = 1e9 * t_end;
  experiment.initial.clear();
  for (auto const& state : counts)
    for (usize s = 0; s < network.species.size(); ++s)
      experiment.initial.push_back(i64(state[2 * s + 1]));
  Tables const tables(graph, plan, {parts.lanes, true, false});
  core::Program program = tables.program();
  program.constants = text.block_constants.data();
  Memory memory(tables, parts.lanes);

  auto const prepare = [&] {
    parts.run(Part::whole, program, memory.block, 7, 200);
    for (u32 lane = 0; lane < parts.lanes; ++lane)
      memory.block.left_high[lane] = 1e30f, memory.block.idle[lane] = 0;
    parts.run(Part::random, program, memory.block, 7, 2);
    parts.run(Part::propensities, program, memory.block, 7, 1);
    parts.run(Part::selection, program, memory.block, 7, 1);
  };
  auto const nanoseconds = [&](Part part, u64 rounds) {
    double best = 1e9;
    for (int repeat = 0; repeat < 25; ++repeat) {
      prepare();
      double const begin = cpu_seconds();
      parts.run(part, program, memory.block, 7, rounds);
      best = std::min(best, (cpu_seconds() - begin) * 1e9);
    }
    return best / double(rounds);
  };
  auto const counted = [&](Part part, u64 rounds) {
    auto const of = [&](u64 n) {
      return instructions([&] { parts.run(part, program, memory.block, 7, n); });
    };
    prepare();
    return double(of(3 * rounds) - of(rounds)) / double(2 * rounds);
  };

  // 64 vector operations and the loop around them.
  double const peak = 64 / nanoseconds(Part::issue, 20000);
  fmt::print(
      "\n{}{}{}, {}, {} reactions, {} lanes; vector arithmetic: {:.1f} instructions per ns\n", name,
      condition.empty() ? "" : " ", condition, isa, text.reactions, parts.lanes, peak);
  fmt::print("{:<36} {:>12} {:>22} {:>12}\n", "part", "ns per event", "instructions per step",
             "at that rate");
  double sum = 0;
  for (auto const& [part, what] : rows) {
    double const ns = nanoseconds(part, 20000) / parts.lanes;
    double const steps = counted(part, 8);
    fmt::print("{:<36} {:>12.2f} {:>22.0f} {:>12.2f}\n", what, ns, steps,
               steps / peak / parts.lanes);
    if (part == Part::whole) fmt::print("{:<36} {:>12.2f}\n", "whole less the parts", ns - sum);
    sum += ns;
  }
}

}  // namespace
}  // namespace cristae::benchmark

int main(int count, char** arguments) {
  try {
    auto const isas = cristae::usable_isas();
    std::string const isa =
        count > 2 && arguments[1] == std::string("--isa") ? arguments[2] : isas[0];
    setenv("CRISTAE_CACHE", "", 1);
    using cristae::benchmark::report;
    report("vilar", "", 100, isa);
    report("chain", "", 20, isa);
    report("isr", "", 240, isa);
    report("mitophagy", "", 240, isa);
    return 0;
  } catch (std::exception const& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
