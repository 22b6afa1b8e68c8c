// tests/cuda/gpu_sums.cpp - the same recorder filled by two engines, and the same sweep by both.
#include "tests/cuda/gpu_sums.hpp"

#include <algorithm>
#include <cstdio>
#include <type_traits>
#include <variant>
#include <vector>

#include "host/backends/backends.hpp"
#include "host/io/dataset.hpp"
#include "host/io/network_file.hpp"
#include "host/run/run.hpp"
#include "host/run/sweep.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae::test {
namespace {

/// Columns that read parameters: such that a sweep goes over, and such that cells differ in.
constexpr char const* read_by_columns = R"toml(
[network]
name = "read_by_columns"
time_unit = "s"
[parameters]
made = { value = 300, unit = "1/s" }
q = { value = 2, unit = "1" }
[species]
A = { initial = 200 }
B = { initial = 3 }
[reactions]
make = { equation = "0 -> A", mass_action = "made" }
fall = { equation = "A -> B", mass_action = "0.7" }
decay = { equation = "B -> 0", mass_action = "0.9" }
[observables]
scaled = "q * A - B"
share = "made * A / (A + B + q)"
)toml";

/// What two engines must agree in. Exact sums are all but the histograms, which the hash has.
struct Sums {
  std::vector<u64> hashes;
  std::vector<std::string> exact;
  bool is_whole = true;  ///< no card failed

  bool operator==(Sums const&) const = default;
  void add(EnsembleSummary const& summary) {
    for (u64 const x : {summary.trajectories, summary.contract_hash, summary.statistics_hash})
      hashes.push_back(x);
    exact.push_back(summary.exact_sums);
  }
};

struct Plain {
  Network const& network;
  ExperimentRequest request;
  RecorderOptions options;
  u64 trajectories;

  Sums operator()(std::string const& engine) const {
    Experiment const experiment = resolve(network, request);
    RunPlan plan;
    plan.experiment = &experiment;
    plan.trajectories = trajectories;
    plan.seed = 20261122;
    auto with_sums = options;
    with_sums.exact_sums = true;
    with_sums.alike = experiment.alike();
    EnsembleRecorder recorder(experiment, choose_columns(network, {}), 0, trajectories,
                              u64{1} << 40, with_sums);
    plan.counted_reactions = recorder.counted_reactions();
    RunControl control;
    auto const made = make_engine(engine, plan);
    made->run(recorder, control);
    Sums sums;
    sums.is_whole = made->remarks().empty();
    sums.add(recorder.summary());
    return sums;
  }
};

struct Swept {
  Network const& network;
  u64 trajectories;

  Sums operator()(std::string const& engine) const {
    SweepRequest request;
    request.run.engine = engine;
    request.run.trajectories = trajectories;
    request.run.experiment.t_end = 2;
    request.run.experiment.samples = 20;
    request.run.experiment.vary = {"made=lognormal(cv=0.4)"};
    request.run.correlation = {"A:B"};
    request.over = {"q=list(2, 0.3, 5)"};
    RunControl control;
    Sweep sweep(network, request);
    sweep.open(control);
    sweep.simulate(control);
    Sums sums;
    sums.is_whole = sweep.engine_remarks().empty();
    for (auto const& set : sweep.sets()) {
      sums.add(set.summary);
      for (auto const& pair : set.summary.lagged)
        sums.exact.emplace_back(reinterpret_cast<char const*>(pair.covariance.data()),
                                pair.covariance.size() * sizeof(double));
    }
    return sums;
  }
};

/// Numbers of every trajectory in a result, beside the sums.
struct Kept {
  Network const& network;
  u64 trajectories;

  Sums operator()(std::string const& engine) const {
    RunRequest request;
    request.engine = engine;
    request.trajectories = trajectories;
    request.experiment.t_end = 2;
    request.experiment.samples = 20;
    request.keep = {"scaled[end]", "share[1]", "min(A)", "max(share)", "mean(share)"};
    request.first_passages = {"A >= 230"};
    request.certify = 0;
    request.in_memory = true;
    RunControl control;
    cristae::Run run(network, request);
    run.open(control);
    run.simulate(control);
    Sums sums;
    sums.is_whole = run.outcome().engine_remarks.empty();
    sums.add(run.outcome().summary);
    Dataset dataset;
    run.fill(dataset);
    for (auto const& variable : dataset.variables())
      std::visit(
          [&](auto const& values) {
            using T = typename std::decay_t<decltype(values)>::value_type;
            if constexpr (std::is_arithmetic_v<T>)
              sums.exact.emplace_back(reinterpret_cast<char const*>(values.data()),
                                      values.size() * sizeof(T));
          },
          variable->values);
    return sums;
  }
};

template <class Run>
bool agrees(char const* name, Run const& run) {
  auto const gpu = run("cuda"), cpu = run("cpu");
  bool const is_equal = gpu == cpu;
  std::printf("%s\n  {\"sums\": \"%s\", \"equal\": %s, \"statistics_hash\": \"%016llx\"}",
              std::string_view(name) == "plain" ? "" : ",", name, is_equal ? "true" : "false",
              static_cast<unsigned long long>(gpu.hashes[2]));
  std::fflush(stdout);
  return is_equal;
}

}  // namespace

bool sums_agree(std::string const& networks, bool is_small) {
  Network const isr = read_network_file(networks + "/isr/network.toml");
  Network const reads = read_network_text(read_by_columns, "read_by_columns.toml");
  u64 const trajectories = is_small ? 512 : 8192;
  ExperimentRequest of_isr, of_cells;
  of_isr.condition = "mito";
  of_isr.t_end = is_small ? 1 : 30;
  of_isr.samples = 30;
  of_cells.t_end = 2;
  of_cells.samples = 20;
  of_cells.cell_seed = 5;
  of_cells.replicates = 2;
  of_cells.vary = {"made=lognormal(cv=0.4)", "q=gamma(cv=0.3)"};
  RecorderOptions plain, products, lags;
  products.covariance = true;
  lags.lagged = {{0, 1}, {1, 0}, {2, 2}};
  bool const equal[] = {agrees("plain", Plain{isr, of_isr, plain, trajectories}),
                        agrees("products", Plain{isr, of_isr, products, trajectories}),
                        agrees("lags", Plain{isr, of_isr, lags, trajectories}),
                        agrees("cells", Plain{reads, of_cells, lags, trajectories}),
                        agrees("sweep", Swept{reads, trajectories}),
                        agrees("kept", Kept{reads, trajectories})};
  return std::all_of(std::begin(equal), std::end(equal), [](bool is_equal) { return is_equal; });
}

}  // namespace cristae::test
