// tests/conformance/contract_test.cpp - trajectories computed again, in double, from the written contract alone.
//
// docs/reproducibility.md says which words of which Philox block serve what, docs/mathematics.md what
// is done with them. Here both are followed by a simulator that shares no code with host/core: Philox
// in 64-bit arithmetic, log and sums in double, laws from their syntax trees, times as plain numbers.
// Its states are those of the engine until a float32 rounding decides a choice or an order otherwise,
// which has a chance of some 1e-7 per event and reaction; then the two part for good. Of 64
// trajectories with 200 to 3,000 events each, one may have parted. The twin of every comparison has
// its rate constants changed by 1 %: then at least half must part.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "host/core/table_laws.hpp"
#include "host/cpu/cpu_engine.hpp"
#include "host/engine/tables.hpp"
#include "host/jit/host_compiler.hpp"
#include "host/model/evaluate.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

using Words = std::array<u32, 4>;

/// Salmon et al. 2011, ten rounds.
Words philox(Words x, u64 seed) {
  u32 key[2] = {u32(seed), u32(seed >> 32)};
  for (int round = 0; round < 10; ++round) {
    u64 const p = u64{0xD2511F53} * x[0], q = u64{0xCD9E8D57} * x[2];
    x = {u32(q >> 32) ^ x[1] ^ key[0], u32(q), u32(p >> 32) ^ x[3] ^ key[1], u32(p)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return x;
}

struct Draw {
  double waiting;  ///< -log(u), to be divided by the total
  double choice;   ///< in [0, 1)
};

Draw draw_of(u64 seed, u64 trajectory, u64 n) {
  auto const block = [&](u64 number, u32 stream) {
    return philox(
        {u32(number), u32(number >> 32) | stream << 16, u32(trajectory), u32(trajectory >> 32)},
        seed);
  };
  Words const event = block(n / 2, 0);
  u64 const high = event[n % 2 == 0 ? 1 : 3], low = block(n / 4, 1)[n % 4];
  return {-std::log((double(event[n % 2 == 0 ? 0 : 2]) + 0.5) * 0x1p-32),
          double((high << 32 | low) >> 11) * 0x1p-53};
}

class WrittenContract {
 public:
  explicit WrittenContract(Experiment const& experiment)
      : experiment_(experiment), network_(*experiment.network) {}

  /// [species][sample]
  std::vector<double> samples(u64 seed, u64 own_id) {
    u64 id = own_id - own_id % experiment_.sisters;
    usize const species = network_.species.size();
    usize const row = usize(id % experiment_.initial_rows()) * species;
    x_.assign(experiment_.initial.begin() + std::ptrdiff_t(row),
              experiment_.initial.begin() + std::ptrdiff_t(row + species));
    taken_.clear();
    double time = experiment_.segments[0].start;
    usize segment = 0;
    enter(segment);
    for (u64 n = 0;; ++n) {
      double const total = propensities(experiment_.segments[segment].parameters);
      Draw const draw = draw_of(seed, id, n);
      double const event =
          total > 0 ? time + draw.waiting / total : std::numeric_limits<double>::infinity();
      bool const has_change = segment + 1 < experiment_.segments.size();
      if (!has_change && event >= experiment_.t_end) break;
      double const change = has_change ? experiment_.segments[segment + 1].start : 0;
      // An event at a sample time comes after the sample, a change before it.
      take_samples([&](double t) { return (!has_change || t < change) && t <= event; });
      if (has_change && event >= change) {
        enter(++segment);
        time = change;
        if (experiment_.segments[segment].parts_sisters) {
          id = own_id;
          n |= 1;  // on to the next even draw
        }
        continue;
      }
      fire(draw.choice, total);
      time = event;
    }
    take_samples([](double) { return true; });
    std::vector<double> by_species;
    for (usize s = 0; s < species; ++s)
      for (auto const& state : taken_) by_species.push_back(state[s]);
    return by_species;
  }

 private:
  Experiment const& experiment_;
  Network const& network_;
  std::vector<double> x_, a_;
  std::vector<std::vector<double>> taken_;

  void enter(usize segment) {
    for (auto const& [species, count] : experiment_.segments[segment].add)
      x_[u32(species)] += double(count);
    take_samples([&](double t) { return t <= experiment_.segments[segment].start; });
  }

  template <class IsDue>
  void take_samples(IsDue const& is_due) {
    auto const& times = experiment_.sample_times;
    while (taken_.size() < times.size() && is_due(times[taken_.size()])) taken_.push_back(x_);
  }

  double propensities(std::vector<double> const& parameters) {
    ExpressionValues values{x_, parameters, {}, {}};
    auto const rules = evaluate_rules(network_, values);
    values.rules = rules;
    a_.clear();
    double total = 0;
    for (Reaction const& reaction : network_.reactions) {
      double a = evaluate(reaction.rate, values);
      for (auto const& reactant : reaction.reactants) {
        double const copies = x_[u32(reactant.species)];
        if (copies < double(reactant.count)) a = 0;
        if (reaction.rate_kind == RateKind::mass_action)
          for (i64 i = 0; i < reactant.count; ++i) a *= (copies - double(i)) / double(i + 1);
      }
      total += a;
      a_.push_back(a);
    }
    return total;
  }

  void fire(double choice, double total) {
    double prefix = 0;
    for (usize j = 0; j < a_.size(); ++j) {
      prefix += a_[j];
      if (!(choice * total < prefix)) continue;
      for (auto const& p : network_.reactions[j].reactants) x_[u32(p.species)] -= double(p.count);
      for (auto const& p : network_.reactions[j].products) x_[u32(p.species)] += double(p.count);
      return;
    }
  }
};

constexpr u64 trajectories = 64;

struct Case {
  std::string name;
  Network network;
  ExperimentRequest request;
  u64 first = 0;
  u64 seed = 20261121;
  std::vector<i64> start_states = {};
};

enum class Form : u8 { block, one_lane, generated, generated_one_lane };

Kept engine_run(Case const& c, Experiment const& experiment, Form form, std::string const& isa) {
  RunPlan plan;
  plan.experiment = &experiment;
  plan.first = c.first;
  plan.seed = c.seed;
  plan.threads = 1;
  plan.isa = isa;
  bool const is_single = form == Form::one_lane || form == Form::generated_one_lane;
  plan.trajectories = is_single ? 1 : trajectories;
  bool const is_generated = form == Form::generated || form == Form::generated_one_lane;
  plan.code = is_generated ? Code::generated : Code::table;
  Keeper keeper;
  RunControl control;
  for (u64 done = 0; done < trajectories; done += plan.trajectories) {
    make_engine("cpu", plan)->run(keeper, control);
    plan.first += plan.trajectories;
  }
  return std::move(keeper.kept);
}

/// Expects the engine's samples of one network to be those that the contract gives for `watched`, in
/// all but one trajectory; or, where the two networks differ, not to be in half of them.
void expect_contract(Case const& c, Network const& watched, Form form, std::string const& isa,
                     bool equal) {
  Experiment run_by = resolve(c.network, c.request), watched_by = resolve(watched, c.request);
  if (!c.start_states.empty()) run_by.initial = watched_by.initial = c.start_states;
  WrittenContract contract(watched_by);
  auto const kept = engine_run(c, run_by, form, isa);
  ASSERT_EQ(kept.by_id.size(), trajectories);
  u64 parted = 0, events = 0;
  for (auto const& [id, t] : kept.by_id) {
    ASSERT_EQ(t.end.samples, run_by.sample_times.size());
    events += t.end.events;
    if (contract.samples(c.seed, id) != t.samples) ++parted;
  }
  EXPECT_GT(events, 200 * trajectories);
  EXPECT_LT(events, 3000 * trajectories);
  if (equal)
    EXPECT_LE(parted, 1u) << c.name << " " << isa;
  else
    EXPECT_GE(parted, trajectories / 2) << c.name << ": the planted fault is missed";
}

Network with_faster_constants(Network network) {
  for (auto& parameter : network.parameters) parameter.value *= 1.01;
  for (auto& condition : network.conditions) {
    for (auto& [id, value] : condition.set) value *= 1.01;
    for (auto& change : condition.schedule)
      for (auto& [id, value] : change.set) value *= 1.01;
  }
  return network;
}

ExperimentRequest request_of(std::string const& condition, double t_end, i64 samples) {
  ExperimentRequest request;
  request.condition = condition;
  request.t_end = t_end;
  request.samples = samples;
  return request;
}

/// Laws of every kind, a schedule that changes constants and adds copies, also at sample times.
Network mixed() {
  return read_network_text(R"toml([network]
name = "mixed"
time_unit = "s"
[parameters]
k = 30.0
n = 2.0
d = 0.5
m = 1.5
[species]
A = 40
B = 30
C = 0
[rules]
crowd = "A + B + C"
[reactions]
r1 = { equation = "0 -> A", rate = "k * hill(B, 20, n) + 1" }
r2 = { equation = "A -> B", rate = "d * A ^ m / (10 + A)" }
r3 = { equation = "B -> C", rate = "piecewise(0.3 * B, A > B, 0.1 * B)" }
r4 = { equation = "C -> 0", rate = "d * max(0, C - 2) * exp(-crowd / 200)" }
r5 = { equation = "A + B -> C", mass_action = "0.001" }
r6 = { equation = "2 A -> B", mass_action = "0.002 * d" }
r7 = { equation = "3 A -> B", mass_action = "0.00001" }
r8 = { equation = "C -> 2 A", rate = "d * C" }
[conditions.pulse]
at = [ { time = 3, set = { k = 60 } }, { time = 5, set = { d = 0.7 }, add = { B = 25 } } ]
[run]
t_end = 10
sample_every = 0.5
)toml",
                           "mixed.toml");
}

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back({"dimerisation", bundled("dimerisation"), request_of("", 300, 20)});
  all.push_back({"vilar", bundled("vilar"), request_of("", 0.7, 20)});
  all.push_back({"schloegl", bundled("schloegl"), request_of("", 0.5, 20)});
  all.push_back({"mixed", mixed(), request_of("", 10, 20)});
  all.push_back({"mixed, under a schedule", mixed(), request_of("pulse", 10, 20)});
  Case late{"mixed, after a burn-in from many states", mixed(), request_of("pulse", 8, 16)};
  late.request.burn_in = 2.5;
  late.start_states = {40, 30, 0, 10, 50, 5, 0, 0, 90};
  late.first = (u64{1} << 40) + 12345;
  late.seed = 0x9876543210abcdef;
  all.push_back(late);
  Case sisters{"mixed, sisters", mixed(), request_of("pulse", 10, 20)};
  sisters.request.sisters = 3;
  sisters.request.fork_at = 4.1;
  sisters.first = 7;
  all.push_back(sisters);
  late.name = "mixed, sisters that part at a change after a burn-in from many states";
  late.request.sisters = 4;
  late.request.fork_at = 3;
  all.push_back(late);
  return all;
}

TEST(Contract, OfTheBlockIsTheWrittenOne) {
  for (Case const& c : cases()) {
    SCOPED_TRACE(c.name);
    for (std::string const& isa : usable_isas())
      expect_contract(c, c.network, Form::block, isa, true);
    expect_contract(c, with_faster_constants(c.network), Form::block, "", false);
  }
}

TEST(Contract, OfTheOneLaneFormIsTheWrittenOne) {
  for (Case const& c : cases()) {
    SCOPED_TRACE(c.name);
    expect_contract(c, c.network, Form::one_lane, "", true);
    expect_contract(c, with_faster_constants(c.network), Form::one_lane, "", false);
  }
}

TEST(Contract, OfGeneratedCodeIsTheWrittenOne) {
  if (!find_host_compiler()) GTEST_SKIP() << "no C++ compiler";
  Case const c{"mixed", mixed(), request_of("pulse", 10, 20)};
  for (Form const form : {Form::generated, Form::generated_one_lane}) {
    expect_contract(c, c.network, form, "", true);
    expect_contract(c, with_faster_constants(c.network), form, "", false);
  }
}

TEST(Total, IsTheSumByTheTreeOfNeighboursInFileOrder) {
  // Float32 sums in another order differ in the last bit for about half of random propensities.
  std::mt19937_64 generator(11);
  std::uniform_real_distribution<float> exponent(-3, 3);
  for (u32 reactions = 1; reactions <= 70; ++reactions) {
    std::string text =
        "[network]\nname = \"sum\"\ntime_unit = \"s\"\n[species]\nX = 0\n[reactions]\n";
    std::vector<float> level;
    for (u32 j = 0; j < reactions; ++j) {
      level.push_back(std::pow(10.0f, exponent(generator)));
      text += fmt::format("r{} = {{ equation = \"0 -> X\", rate = \"{}\" }}\n", j, level.back());
    }
    Network const network =
        read_network_text(text + "[run]\nt_end = 1\nsample_every = 1\n", "sum.toml");
    Experiment const experiment = resolve(network, {});
    RunPlan plan;
    plan.experiment = &experiment;
    Tables const tables(build_law_graph(network), plan, {1, true, false});
    std::vector<float> registers(tables.register_count() + 1), propensities(reactions), tree(10);
    core::Block block{};
    block.stride = 1;
    block.registers = registers.data();
    block.propensities = propensities.data();
    block.tree = tree.data();
    core::TableLaws<core::ScalarLane, 1> laws{tables.program(), block};
    decltype(laws)::Values values;
    float total[1];
    laws.propensities(values, total);
    EXPECT_EQ(propensities, level);
    while (level.size() > 1) {
      if (level.size() % 2 != 0) level.push_back(0.0f);
      for (usize i = 0; i < level.size() / 2; ++i) level[i] = level[2 * i] + level[2 * i + 1];
      level.resize(level.size() / 2);
    }
    EXPECT_EQ(total[0], level[0]) << reactions << " reactions";
  }
}

}  // namespace
}  // namespace cristae::test
