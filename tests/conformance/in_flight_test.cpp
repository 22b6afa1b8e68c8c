// tests/conformance/in_flight_test.cpp - trajectories that are interrupted and gone on with: the same bits.
#include "host/engine/in_flight.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>

#include "host/base/bytes.hpp"
#include "host/cpu/cpu_engine.hpp"
#include "host/jit/host_compiler.hpp"
#include "tests/support/equal_ends.hpp"
#include "tests/support/event_networks.hpp"

namespace cristae::test {
namespace {

struct Case {
  char const* name;
  Network network;
  RunOptions options;
};

RunOptions of(u64 trajectories, double t_end) {
  RunOptions o;
  o.trajectories = trajectories;
  o.t_end = t_end;
  o.seed = 20261123;
  o.max_events = 200000;
  return o;
}

constexpr char const* large_network = R"toml(
[network]
name = "large"
time_unit = "s"
[parameters]
k = 3e5
[species]
A = 16777000
B = 0
[reactions]
make = { equation = "0 -> A", mass_action = "k" }
turn = { equation = "A -> B", rate = "k * A / (A + 1000)" }
[run]
t_end = 0.2
sample_every = 0.01
)toml";

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back({"vilar", bundled("vilar"), of(300, 40)});
  all.push_back({"isr_under_stress", bundled("isr"), of(40, 120)});
  all.back().options.condition = "mito";
  all.push_back({"few", bundled("vilar"), of(3, 100)});
  all.push_back({"budget", bundled("vilar"), of(150, 100)});
  all.back().options.max_events = 20001;
  all.push_back({"stopped", bundled("vilar"), of(300, 100)});
  all.back().options.stop_when = "R > 500";
  all.back().options.burn_in = 10;
  all.push_back({"cells", bundled("vilar"), of(200, 40)});
  all.back().options.vary = {"alpha_A=lognormal(cv=0.3)"};
  all.push_back({"sisters", bundled("vilar"), of(200, 40)});
  all.back().options.sisters = 4;
  all.back().options.fork_at = 20;
  all.push_back({"events", network_with(events_of_every_kind), of(300, 60)});
  all.back().options.condition = "shifted";
  all.push_back({"large", read_network_text(large_network, "n.toml"), of(60, 0.2)});
  return all;
}

/// Everything of a trajectory in flight as a checkpoint holds it.
void through_bytes(std::vector<TrajectoryInFlight> from, InFlight& to) {
  ByteWriter writer;
  writer(from);
  auto const bytes = writer.take();
  ByteReader reader(bytes, "test");
  std::vector<TrajectoryInFlight> read;
  reader(read);
  ASSERT_TRUE(reader.is_at_end());
  for (auto& one : read) to.put(std::move(one));
}

/// No trajectory ends twice.
struct Interrupted final : SampleSink {
  Keeper& keeper;
  explicit Interrupted(Keeper& k) : keeper(k) {}
  void finished(TrajectoryEnd const& end, std::span<double const> samples) override {
    ASSERT_FALSE(keeper.kept.by_id.contains(end.id));
    keeper.finished(end, samples);
  }
};

class InFlightTrajectories : public testing::TestWithParam<usize> {};

TEST_P(InFlightTrajectories, EndAsIfNobodyHadInterruptedThem) {
  Case const c = std::move(cases()[GetParam()]);
  RunOptions o = c.options;
  o.threads = 2;
  auto const expected = run(c.network, o);
  u64 events = 0;
  for (auto const& [id, t] : expected.by_id) events += t.end.events;
  Experiment const experiment = experiment_of(c.network, o);

  std::vector<Code> codes{Code::table};
  if (find_host_compiler()) codes.push_back(Code::generated);
  auto const isas = usable_isas();
  std::mt19937_64 random(7);
  for (int repeat = 0; repeat < 2; ++repeat) {
    Keeper keeper;
    std::vector<TrajectoryInFlight> left;
    u64 went_on = 0, rounds = 0;
    while (keeper.kept.by_id.size() < o.trajectories) {
      ASSERT_LT(++rounds, 200u);
      o.isa = isas[random() % isas.size()];
      o.code = codes[random() % codes.size()];
      o.threads = 1 + random() % 3;
      InFlight in_flight;
      through_bytes(left, in_flight);
      RunPlan plan = plan_of(experiment, o);
      for (u64 id = 0; id < o.trajectories; ++id)
        if (!keeper.kept.by_id.contains(id)) plan.pieces.push_back({id, 1});
      plan.in_flight = &in_flight;
      Interrupted sink(keeper);
      RunControl control;
      u64 const some = 1 + random() % (events / 4);
      // Wanted while it runs, then stopped.
      std::jthread const interrupter([&](std::stop_token const& is_over) {
        while (!is_over.stop_requested() && !control.stop) {
          if (control.events > some / 2) in_flight.want();
          if (control.events > some) control.stop = true;
          std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
      });
      make_engine("cpu", plan)->run(sink, control);
      left = in_flight.all();
      for (auto const& one : left) {
        EXPECT_FALSE(keeper.kept.by_id.contains(one.number));
        went_on += one.state.events() > 0;
      }
    }
    expect_equal(keeper.kept, expected, fmt::format("{}, {}", c.name, repeat));
    EXPECT_GT(rounds, 1u);
    EXPECT_GT(went_on, 0u) << "nothing was under way";
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, InFlightTrajectories, testing::Range<usize>(0, 9),
                         [](auto const& tested) { return cases()[tested.param].name; });

TEST(InFlightTrajectory, ThatDoesNotFitIsBegunAnew) {
  Network const network = bundled("vilar");
  RunOptions const o = of(4, 10);
  auto const expected = run(network, o);
  Experiment const experiment = experiment_of(network, o);
  InFlight in_flight;
  in_flight.put({.number = 1, .state = {}, .counts = {1, 2}, .registers = {}, .samples = {}});
  RunPlan plan = plan_of(experiment, o);
  plan.in_flight = &in_flight;
  Keeper keeper;
  RunControl control;
  make_engine("cpu", plan)->run(keeper, control);
  expect_equal(keeper.kept, expected, "damaged");
  EXPECT_TRUE(in_flight.all().empty());
}

TEST(InFlightTrajectory, WhoseEventsAreNotThereIsBegunAnew) {
  Network const network = network_with(events_of_every_kind);
  RunOptions o = of(300, 60);
  o.condition = "shifted";
  o.threads = 1;
  o.code = Code::table;
  auto const expected = run(network, o);
  Experiment const experiment = experiment_of(network, o);
  InFlight left;
  RunPlan plan = plan_of(experiment, o);
  plan.in_flight = &left;
  {
    Keeper keeper;
    RunControl control;
    std::jthread const stopper([&] {
      while (control.events == 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
      control.stop = true;
    });
    make_engine("cpu", plan)->run(keeper, control);
  }
  auto states = left.all();
  ASSERT_FALSE(states.empty());
  InFlight crafted;
  for (auto& one : states) {
    ASSERT_FALSE(one.registers.empty());
    for (u32& word : one.registers)
      word = 0xFFFFFFFF;  // so many wait, of events that there are not
    crafted.put(std::move(one));
  }
  plan.in_flight = &crafted;
  Keeper keeper;
  RunControl control;
  make_engine("cpu", plan)->run(keeper, control);
  expect_equal(keeper.kept, expected, "crafted");
}

}  // namespace
}  // namespace cristae::test
