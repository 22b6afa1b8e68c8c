// tests/support/generated_batch.cpp - one source file for all networks, in a namespace each.
#include "tests/support/generated_batch.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "host/base/error.hpp"
#include "host/jit/host_compiler.hpp"
#include "host/jit/text_key.hpp"

namespace cristae::test {
namespace {

std::vector<cpu::BundledKernel> installed;

char const* lane_of(std::string const& isa) {
  return isa == "avx512" ? "LaneAvx512" : isa == "avx2" ? "LaneAvx2" : "LanePortable";
}

char const* header_of(std::string const& isa) {
  return isa == "avx512" ? "lane_avx512" : isa == "avx2" ? "lane_avx2" : "lane_portable";
}

/// Bits do not depend on the level; -Og compiles four times as fast as -O3, and twice as fast as -O0.
std::vector<std::string> flags_of(std::string const& isa) {
  std::vector<std::string> flags{"-std=c++20", "-Og",     "-ffp-contract=off",   "-fno-math-errno",
                                 "-fPIC",      "-shared", "-fvisibility=hidden", "-w"};
  if (isa != "baseline") flags.insert(flags.end(), {"-mavx2", "-mfma"});
  if (isa == "avx512")
    flags.insert(flags.end(), {"-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl"});
  return flags;
}

/// Laws that count how many choices the filter leaves open, and runs with a bound that leaves all.
constexpr char const* by_definition = R"text(
using namespace cristae;
static core::u64 open_choices = 0;

template <class L, int K, class Laws>
struct Watched : Laws {
  Watched(core::Program const& p, core::Block const& b) : Laws{p, b} {}
  CRISTAE_CORE void choose(typename Laws::Values const& values, core::Threshold<L> const (&t)[K],
                           typename L::u32 (&chosen)[K], typename L::mask (&open)[K]) {
    Laws::choose(values, t, chosen, open);
    for (int i = 0; i < K; ++i) open_choices += __builtin_popcount(L::to_word(open[i]));
  }
};

template <class L, int K, class Laws>
void choose_by_definition(core::Program const& program, core::Block const& block,
                          cpu::LaneHost& host, core::u64 seed, core::u64 budget) {
  using Host = cpu::HostOf<L>;
  Host of{host};
  core::BlockRunner<L, K, Host, Watched<L, K, Laws>> runner(program, block, of, seed, budget);
  runner.bound = {1e30f};
  runner.run();
}

template <class L, class Laws>
core::OneLaneOutcome one_by_definition(Laws const& laws, core::OneLane const& memory,
                                       cpu::LaneHost& host, core::TrajectoryState& state,
                                       core::Begin const* begin, core::u64 seed,
                                       core::u64 budget) {
  using Host = cpu::HostOf<L>;
  Host of{host};
  core::OneLaneRunner<Host, Laws, L> runner{laws.program, memory, laws, of, seed, budget};
  runner.bound = {1e30f};
  return begin != nullptr ? runner.run(state, *begin) : runner.resume(state);
}
)text";

/// A network's code with `run_block` and `run_one` that choose by definition.
std::string wide_source(cpu::NetworkText const& network, std::string const& isa,
                        std::string const& scope, bool is_table) {
  return fmt::format(
      R"text(
namespace {0} {{
namespace {{
{1}{2}}}  // namespace

void run_block(core::Program const& program, core::Block const& block, cpu::LaneHost& host,
               core::u64 seed, core::u64 budget) {{
  using Lane = cpu::{3};
  constexpr int vectors = {4} / Lane::width;
  choose_by_definition<Lane, vectors, core::{5}>(program, block, host, seed, budget);
}}

core::OneLaneOutcome run_one(core::Program const& program, core::Dependencies const& dependencies,
                             core::OneLane const& memory, cpu::LaneHost& host,
                             core::TrajectoryState& state, core::Begin const* begin,
                             core::u64 seed, core::u64 budget) {{
  return one_by_definition<cpu::{3}>(core::{6}, memory, host, state, begin, seed, budget);
}}
}}  // namespace {0}
)text",
      scope, is_table ? "" : network.block, is_table ? "" : network.one, lane_of(isa),
      cpu::generated_lanes(network.reactions, isa),
      is_table ? "TableLaws<Lane, vectors>" : "GeneratedLaws<Network, Lane, vectors>",
      is_table || network.one.empty() ? "TableOneLaws{program, dependencies, memory}"
                                      : "GeneratedOneLaws<OneNetwork>{program, memory}");
}

struct Entry {
  cpu::RunBlock run_block;
  cpu::RunOne run_one;
};

}  // namespace

GeneratedBatch::GeneratedBatch(std::vector<cpu::NetworkText> const& texts, std::string const& isa,
                               BatchForm form) {
  bool const is_wide = form != BatchForm::generated;
  std::string source = fmt::format(
      "#include \"host/cpu/kernel_body.hpp\"\n#include \"host/cpu/{}.hpp\"\n", header_of(isa));
  if (is_wide) source += by_definition;
  std::string table;
  for (usize i = 0; i < texts.size(); ++i) {
    auto const scope = fmt::format("network_{}", i);
    // As with bundled kernels, one instruction set's code for single trajectories serves all.
    bool const has_one = is_wide || (isa != "avx512" && !texts[i].one.empty());
    if (is_wide)
      source += wide_source(texts[i], isa, scope, form == BatchForm::table_by_definition);
    else
      source += cpu::block_source(texts[i], isa, scope) +
                (has_one ? cpu::one_lane_source(texts[i], isa, scope) : std::string());
    table += fmt::format("  {{&{0}::run_block, {1}}},\n", scope,
                         has_one ? "&" + scope + "::run_one" : std::string("nullptr"));
  }
  source += fmt::format(
      R"text(
#define VISIBLE extern "C" __attribute__((visibility("default")))
struct Entry {{
  decltype(cristae::cpu::Kernel::run_block) run_block;
  decltype(cristae::cpu::Kernel::run_one) run_one;
}};
static Entry const entries[] = {{
{}}};
VISIBLE Entry const* batch_entries() {{ return entries; }}
VISIBLE cristae::core::u64 const* batch_open_choices() {{ {} }}
)text",
      table,
      is_wide ? "return &open_choices;"
              : "static cristae::core::u64 const none = 0; return &none;");
  setenv("CRISTAE_CACHE", "", 1);  // nothing of a test belongs into a user's cache
  auto const compiled = compile_and_load(source, flags_of(isa));
  if (!compiled.object)
    throw Error(ExitCode::internal, "generated code", compiled.reason,
                "See the compiler's message");
  object_ = compiled.object;
  auto const entries =
      reinterpret_cast<Entry const* (*)()>(find_function(object_, "batch_entries"))();
  open_choices_ =
      reinterpret_cast<u64 const* (*)()>(find_function(object_, "batch_open_choices"))();
  for (usize i = 0; i < texts.size(); ++i)
    installed.push_back({isa == "avx512" ? "avx512"
                         : isa == "avx2" ? "avx2"
                                         : "baseline",
                         key_of(texts[i].text()).words(),
                         cpu::generated_lanes(texts[i].reactions, isa), entries[i].run_block,
                         entries[i].run_one});
}

GeneratedBatch::~GeneratedBatch() { installed.clear(); }

}  // namespace cristae::test

std::span<cristae::cpu::BundledKernel const> cristae::cpu::bundled_kernels() {
  return test::installed;
}
