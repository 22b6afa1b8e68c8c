// tests/cuda/executed_ptx_test.cpp - the PTX that NVRTC makes of the kernels, executed: the CPU's contract hashes.
//
// No GPU: tests/cuda/ptx translates the text. What it cannot see is what the driver's assembler makes
// of it; gpu_bits does that on a GPU.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "cuda/network_cubin.hpp"
#include "cuda/table_kernel.hpp"
#include "host/stats/column.hpp"
#include "tests/cuda/nvrtc_program.hpp"
#include "tests/cuda/ptx/ptx_module.hpp"
#include "tests/cuda/slices.hpp"
#include "tests/support/event_networks.hpp"
#include "tests/support/math_hash.hpp"
#include "tests/support/philox_vectors.hpp"
#include "tests/support/window.hpp"

namespace cristae::test {
namespace {

bool is_long_form() {
  char const* const value = std::getenv("CRISTAE_LONG");
  return value != nullptr && std::string_view(value) == "1";
}

constexpr char const* networks[] = {"birth_death", "chain",      "coupled",   "dimerisation",
                                    "foxo_fly",    "isr",        "mam_ca",    "mitophagy",
                                    "perox",       "retrograde", "rtg",       "schloegl",
                                    "telegraph",   "uprmt",      "uprmt_cel", "vilar"};

// --- kernels --------------------------------------------------------------------------------------

/// The text that the engine compiles for a plan.
std::string source_of(RunPlan const& plan) {
  LawGraph const graph = build_law_graph(*plan.experiment->network);
  return cuda::kernel_source(Tables(graph, plan, {1, false, false}));
}

/// Modules by their CUDA text: most conditions of a network share one.
class Modules {
 public:
  explicit Modules(std::string architecture) : architecture_(std::move(architecture)) {}
  bool has(std::string const& text) const { return modules_.count(text) != 0; }
  PtxModule const& of(std::string const& text) {
    auto const found = modules_.find(text);
    if (found != modules_.end()) return found->second;
    auto const compiled = cuda::compile_kernel(text, architecture_);
    if (compiled.image.empty()) throw PtxError(compiled.reason);
    return modules_.emplace(text, PtxModule::load(compiled.image)).first->second;
  }

 private:
  std::string architecture_;
  std::map<std::string, PtxModule> modules_;
};

std::vector<std::string> const headers{"tests/support/math_hash.hpp",
                                       "tests/support/philox_vectors.hpp"};

// --- ensembles ------------------------------------------------------------------------------------

/// A condition's experiment, scaled into the window, and the plan of 65 trajectories of it.
struct Case {
  Experiment experiment;
  RunPlan plan;

  Case(Network const& network, std::string const& condition, std::string const& stop_when = {},
       double burn_in = 0) {
    ExperimentRequest request;
    request.condition = condition;
    request.samples = 20;
    request.stop_when = stop_when;
    request.burn_in = burn_in;
    experiment = resolve(network, request);
    plan.experiment = &experiment;
    plan.seed = 20261121;
    plan.threads = 1;
    plan.counted_reactions = counted_reactions(network, choose_columns(network, {}));
    scale_into_window(experiment, plan);
    plan.trajectories = 65;
    plan.max_events = window;
  }
  Case(Case const&) = delete;
  Case& operator=(Case const&) = delete;
};

Kept on_cpu(RunPlan const& plan) {
  Keeper keeper;
  RunControl control;
  make_engine("cpu", plan)->run(keeper, control);
  return std::move(keeper.kept);
}

struct Parameter {
  char const* network;
  char const* architecture;
};

void PrintTo(Parameter const& p, std::ostream* out) { *out << p.network << " " << p.architecture; }

class ExecutedPtx : public testing::TestWithParam<Parameter> {};

/// Every condition; in the short form, for newer architectures, every 8th and every one that has a
/// text of its own.
TEST_P(ExecutedPtx, HasTheTrajectoriesOfTheCpuEngine) {
  auto const& [name, architecture] = GetParam();
  Network const network = bundled(name);
  Modules modules(architecture);
  bool const is_whole = is_long_form() || std::string_view(architecture) == "compute_75";
  usize index = 0, done = 0;
  for (std::string const& condition : conditions_of(network)) {
    Case const c(network, condition);
    std::string const text = source_of(c.plan);
    if (index++ % 8 != 0 && !is_whole && modules.has(text)) continue;
    Kept const got = run_in_slices(modules.of(text), c.plan, SliceCode::generated);
    EXPECT_EQ(difference(got, on_cpu(c.plan), c.plan), "") << condition;
    ++done;
  }
  EXPECT_GT(done, 0u);
}

std::vector<Parameter> parameters() {
  std::vector<Parameter> all;
  for (char const* network : networks) all.push_back({network, "compute_75"});
  // isr: many reactions; mitophagy: guards and a schedule; vilar: no guards.
  for (char const* architecture : {"compute_90", "compute_120"})
    for (char const* network : {"isr", "mitophagy", "vilar"})
      all.push_back({network, architecture});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Kernels, ExecutedPtx, testing::ValuesIn(parameters()),
                         [](auto const& info) {
                           return std::string(info.param.network) + "_" + info.param.architecture;
                         });

TEST(ExecutedPtxOfTheTableKernel, HasTheTrajectoriesOfTheCpuEngineForEveryNetwork) {
  auto const module = PtxModule::load(std::string(cuda::table_kernel_ptx()));
  for (char const* name : networks) {
    Network const network = bundled(name);
    auto const conditions = conditions_of(network);
    for (usize i = 0; i < conditions.size(); i += is_long_form() ? 1 : 16) {
      Case const c(network, conditions[i]);
      Kept const got = run_in_slices(module, c.plan, SliceCode::tables);
      EXPECT_EQ(difference(got, on_cpu(c.plan), c.plan), "") << name << " " << conditions[i];
    }
  }
}

TEST(ExecutedPtxWithABudget, EndsTrajectoriesWhereTheCpuEngineDoes) {
  Network const network = bundled("vilar");
  Case c(network, "");
  c.plan.max_events = 777;
  Modules modules("compute_75");
  Kept const got = run_in_slices(modules.of(source_of(c.plan)), c.plan, SliceCode::generated);
  EXPECT_EQ(got.by_id.at(0).end.status, TrajectoryStatus::budget);
  EXPECT_EQ(difference(got, on_cpu(c.plan), c.plan), "");
}

// --- a condition that ends trajectories -----------------------------------------------------------

TEST(ExecutedPtxWithACondition, StopsTrajectoriesWhereTheCpuEngineDoes) {
  struct Stopping {
    char const* network;
    char const* condition;
    char const* stop_when;
    double burn_in;
  };
  auto const tables = PtxModule::load(std::string(cuda::table_kernel_ptx()));
  for (Stopping const& s :
       {Stopping{"telegraph", "", "M >= 20", 0},
        {"telegraph", "", "M >= 20", 3},
        {"telegraph", "", "not (M + 3*G_on < 12) and (G_off == 1 or M > 40)", 0},
        {"schloegl", "", "X > 300 or X < 200", 0},
        {"isr", "mito", "CHOP >= 40", 0},
        {"vilar", "", "2*A - 3*R >= 100", 0}}) {
    Network const network = bundled(s.network);
    Case const c(network, s.condition, s.stop_when, s.burn_in);
    Kept const expected = on_cpu(c.plan);
    u64 stopped = 0;
    for (auto const& [id, t] : expected.by_id)
      stopped += t.end.status == TrajectoryStatus::stopped ? 1 : 0;
    EXPECT_GT(stopped, 0u) << s.network << " " << s.stop_when;
    Kept const by_tables = run_in_slices(tables, c.plan, SliceCode::tables);
    EXPECT_EQ(difference(by_tables, expected, c.plan), "") << s.network << " " << s.stop_when;
    for (char const* architecture : {"compute_75", "compute_90"}) {
      Modules modules(architecture);
      Kept const got = run_in_slices(modules.of(source_of(c.plan)), c.plan, SliceCode::generated);
      EXPECT_EQ(difference(got, expected, c.plan), "") << s.network << " " << s.stop_when;
    }
  }
}

// --- triggered events ------------------------------------------------------------------------------

TEST(ExecutedPtxWithEvents, CarriesThemOutAsTheCpuEngineDoes) {
  auto const tables = PtxModule::load(std::string(cuda::table_kernel_ptx()));
  struct WithEvents {
    char const* events;
    char const* stop_when;
    double burn_in;
  };
  for (WithEvents const& e : {WithEvents{threshold_events, "", 0},
                              {threshold_events, "n >= 2", 2},
                              {events_of_every_kind, "", 0},
                              {events_of_every_kind, "M > 60", 1}}) {
    Network const network = network_with(e.events);
    Case const c(network, "", e.stop_when, e.burn_in);
    Kept const expected = on_cpu(c.plan);
    Kept const by_tables = run_in_slices(tables, c.plan, SliceCode::tables);
    EXPECT_EQ(difference(by_tables, expected, c.plan), "") << e.events;
    Modules modules("compute_75");
    Kept const got = run_in_slices(modules.of(source_of(c.plan)), c.plan, SliceCode::generated);
    EXPECT_EQ(difference(got, expected, c.plan), "") << e.events;
  }
}

// --- a planted fault ------------------------------------------------------------------------------

TEST(ExecutedPtxWithFusedProducts, IsRefusedAndHasOtherHashes) {
  Network const network = bundled("isr");
  Case const c(network, "");
  std::string const ptx = nvrtc_ptx({source_of(c.plan), "compute_75", headers, "--fmad=true"});
  std::string message;
  try {
    PtxModule::load(ptx);
  } catch (PtxError const& e) {
    message = e.what();
  }
  EXPECT_NE(message.find("has no rounding modifier (the assembler may fuse it"), std::string::npos)
      << message;
  // Where the assembler fuses nothing, the compiler already has.
  auto const module = PtxModule::load(ptx, Unrounded::separate);
  Kept const got = run_in_slices(module, c.plan, SliceCode::generated), expected = on_cpu(c.plan);
  usize different = 0;
  for (auto const& [id, t] : expected.by_id) different += got.by_id.at(id).end.hash != t.end.hash;
  EXPECT_GT(different, expected.by_id.size() / 2);
}

// --- the language ---------------------------------------------------------------------------------

/// What kernels use beside arithmetic: constants, shared memory, barriers, a counter that hands out
/// work, a call that gets an address of local memory and computes in double.
TEST(ExecutedPtxOfCuda, RunsConstantsBarriersAtomicsAndCalls) {
  std::string const text = R"cuda(
struct Row { float scale; double offset; };
__constant__ Row rows[2];
__device__ unsigned long long next = 100;
__device__ __noinline__ void slow(Row const& row, double const* from, unsigned* counts) {
  ++counts[(unsigned long long)(from[1]) & 3];
  counts[3] += (unsigned)__fma_rn((double)row.scale, from[0], row.offset);
}
extern "C" __global__ void __launch_bounds__(64) work(unsigned long long* ids, unsigned* sums,
                                                      unsigned char const* bytes) {
  __shared__ unsigned tile[64];
  extern __shared__ unsigned turned[];
  unsigned const i = threadIdx.x;
  unsigned long long id = atomicAdd(&next, 1ull);
  ids[blockIdx.x * blockDim.x + i] = id;
  tile[i] = bytes[i % 7] * i;
  __syncthreads();
  turned[i] = tile[blockDim.x - 1 - i];
  __syncthreads();
  unsigned counts[4] = {};
  double local[2] = {(double)turned[i], 0};
  for (int k = 0; k < 3; ++k) {
    local[1] = k;
    slow(rows[i & 1], local, counts);
  }
  atomicAdd(&sums[0], counts[0] + counts[1] + counts[2]);
  atomicAdd(&sums[1], counts[3]);
  atomicMax(&sums[2], turned[i]);
}
)cuda";
  for (char const* architecture : {"compute_75", "compute_90", "compute_120"}) {
    auto const module = PtxModule::load(nvrtc_ptx({text, architecture, {}}));
    struct Row {
      float scale;
      double offset;
    } const rows[2] = {{2.0f, 0.5}, {0.25f, 1.0}};
    usize bytes = 0;
    void* const constants = module.global("rows", bytes);
    ASSERT_EQ(bytes, sizeof rows);
    std::memcpy(constants, rows, sizeof rows);
    unsigned char const factors[7] = {1, 2, 3, 250, 5, 6, 7};
    std::vector<u64> ids(128);
    u32 sums[3] = {};
    u64* ids_pointer = ids.data();
    u32* sums_pointer = sums;
    unsigned char const* factors_pointer = factors;
    void* arguments[] = {&ids_pointer, &sums_pointer, &factors_pointer};
    module.launch("work", {2}, {64}, 64 * sizeof(u32), arguments);

    u32 expected[3] = {3 * 128, 0, 0};
    for (u32 i = 0; i < 64; ++i) {
      u32 const turned = u32(factors[(63 - i) % 7]) * (63 - i);
      expected[1] += 2 * 3 * u32(double(rows[i & 1].scale) * turned + rows[i & 1].offset);
      expected[2] = std::max(expected[2], turned);
    }
    for (int k = 0; k < 3; ++k) EXPECT_EQ(sums[k], expected[k]) << architecture << " " << k;
    std::sort(ids.begin(), ids.end());
    for (u64 i = 0; i < 128; ++i) ASSERT_EQ(ids[i], 100 + i) << architecture;
    EXPECT_EQ(*static_cast<u64*>(module.global("next", bytes)), 228u);
    // Another module of the same text has its own.
    auto const another = PtxModule::load(nvrtc_ptx({text, architecture, {}}));
    EXPECT_EQ(*static_cast<u64*>(another.global("next", bytes)), 100u);
  }
}

// --- random words and functions -------------------------------------------------------------------

TEST(ExecutedPtxOfTheMath, HasTheBitsOfTheCpu) {
  std::string const text = R"cuda(
#include "tests/support/math_hash.hpp"
extern "C" __global__ void math(cristae::core::u64* hashes, cristae::core::u32 count) {
  cristae::core::u32 const i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) hashes[i] = cristae::test::math_hash(i * 2654435761u);
}
)cuda";
  u32 count = is_long_form() ? 1u << 22 : 1u << 18;
  for (char const* architecture : {"compute_75", "compute_90", "compute_120"}) {
    auto const module = PtxModule::load(nvrtc_ptx({text, architecture, headers}));
    std::vector<u64> hashes(count);
    u64* pointer = hashes.data();
    void* arguments[] = {&pointer, &count};
    module.launch("math", {count / 256}, {256}, 0, arguments);
    usize different = 0;
    for (u32 i = 0; i < count; ++i) different += hashes[i] != math_hash(i * 2654435761u);
    EXPECT_EQ(different, 0u) << architecture;
  }
}

TEST(ExecutedPtxOfPhilox, GivesTheKnownAnswers) {
  std::string const text = R"cuda(
#include "host/core/philox.hpp"
#include "tests/support/philox_vectors.hpp"
using namespace cristae;
extern "C" __global__ void random_words(test::PhiloxVector vector, core::u32* answer) {
  core::PhiloxBlock<core::ScalarLane> block;
  for (int k = 0; k < 4; ++k) block.word[k] = vector.counter[k];
  block = core::philox<core::ScalarLane>(
      block, core::PhiloxKeys(core::u64(vector.key[1]) << 32 | vector.key[0]));
  for (int k = 0; k < 4; ++k) answer[k] = block.word[k];
}
)cuda";
  auto const module = PtxModule::load(nvrtc_ptx({text, "compute_75", headers}));
  for (PhiloxVector vector : philox_vectors) {
    u32 answer[4] = {};
    u32* pointer = answer;
    void* arguments[] = {&vector, &pointer};
    module.launch("random_words", {1}, {1}, 0, arguments);
    for (int k = 0; k < 4; ++k) EXPECT_EQ(answer[k], vector.answer[k]) << k;
  }
}

}  // namespace
}  // namespace cristae::test
