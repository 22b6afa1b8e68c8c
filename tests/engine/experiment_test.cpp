// tests/engine/experiment_test.cpp - conditions, user values, schedules and sampling grids.
#include "host/engine/experiment.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/base/error.hpp"

namespace cristae {
namespace {

constexpr ParameterId k{0};
constexpr ParameterId d{1};
constexpr SpeciesId A{0};
constexpr SpeciesId B{1};

Network small_network() {
  Network network;
  network.name = "small";
  network.time_unit = "min";
  network.parameters.resize(3);
  network.parameters[0].id = "k_on";
  network.parameters[0].value = 1;
  network.parameters[0].lower = 0;
  network.parameters[0].upper = 10;
  network.parameters[1].id = "d";
  network.parameters[1].value = 2;
  network.parameters[2].id = "e";
  network.parameters[2].value = 3;
  network.species.resize(2);
  network.species[0].id = "A";
  network.species[0].initial = 5;
  network.species[1].id = "B";
  network.rules.resize(1);
  network.rules[0].id = "total";
  network.run = {10, 2.5};
  auto& pulse = network.conditions.emplace_back();
  pulse.id = "pulse";
  pulse.set = {{k, 4}};
  pulse.initial = {{B, 7}};
  pulse.schedule = {
      {0, {{d, 20}}, {{A, 3}}}, {4, {{k, 5}}, {}}, {10, {{k, 6}}, {{B, -2}}}, {10.5, {{k, 7}}, {}}};
  network.conditions.emplace_back().id = "rest";
  return network;
}

std::string error_of(ExperimentRequest const& request, Network const& network = small_network()) {
  try {
    resolve(network, request);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "no error";
}

TEST(Experiment, TakesTheNetworkAsItStands) {
  Network const network = small_network();
  Experiment const experiment = resolve(network, {});
  EXPECT_EQ(experiment.network, &network);
  EXPECT_EQ(experiment.condition, "");
  EXPECT_EQ(experiment.initial, (std::vector<i64>{5, 0}));
  ASSERT_EQ(experiment.segments.size(), 1u);
  EXPECT_EQ(experiment.segments[0].start, 0);
  EXPECT_EQ(experiment.segments[0].parameters, (std::vector<double>{1, 2, 3}));
  EXPECT_TRUE(experiment.segments[0].add.empty());
  EXPECT_EQ(experiment.t_end, 10);
  EXPECT_EQ(experiment.sample_times, (std::vector<double>{0, 2.5, 5, 7.5, 10}));
}

TEST(Experiment, AppliesTheConditionThenTheUsersValuesThenTheSchedule) {
  Network const network = small_network();
  ExperimentRequest request;
  request.condition = "pulse";
  request.set = {{"e", 30}};
  Experiment const experiment = resolve(network, request);
  EXPECT_EQ(experiment.condition, "pulse");
  EXPECT_EQ(experiment.initial, (std::vector<i64>{5, 7}));
  ASSERT_EQ(experiment.segments.size(), 3u);
  EXPECT_EQ(experiment.segments[0].start, 0);
  EXPECT_EQ(experiment.segments[0].parameters, (std::vector<double>{4, 20, 30}));
  EXPECT_EQ(experiment.segments[0].add, (std::vector<std::pair<SpeciesId, i64>>{{A, 3}}));
  EXPECT_EQ(experiment.segments[1].start, 4);
  EXPECT_EQ(experiment.segments[1].parameters, (std::vector<double>{5, 20, 30}));
  EXPECT_TRUE(experiment.segments[1].add.empty());
  EXPECT_EQ(experiment.segments[2].start, 10);
  EXPECT_EQ(experiment.segments[2].parameters, (std::vector<double>{6, 20, 30}));
  EXPECT_EQ(experiment.segments[2].add, (std::vector<std::pair<SpeciesId, i64>>{{B, -2}}));
}

TEST(Experiment, LetsTheUserReplaceAValueOfTheCondition) {
  Network network = small_network();
  network.conditions[0].schedule.clear();
  ExperimentRequest request;
  request.condition = "pulse";
  request.set = {{"k_on", 9}};
  EXPECT_EQ(resolve(network, request).segments[0].parameters, (std::vector<double>{9, 2, 3}));
}

TEST(Experiment, DropsChangesThatComeAfterTheEnd) {
  Network const network = small_network();
  ExperimentRequest request;
  request.condition = "pulse";
  request.t_end = 3;
  EXPECT_EQ(resolve(network, request).segments.size(), 1u);
  request.t_end = 4;
  EXPECT_EQ(resolve(network, request).segments.size(), 2u);
}

TEST(Experiment, MergesChangesOfOneTime) {
  Network network = small_network();
  network.conditions[0].schedule = {{4, {{k, 5}}, {{A, 1}, {B, 1}}}, {4, {{d, 6}}, {{A, 2}}}};
  ExperimentRequest request;
  request.condition = "pulse";
  auto const segments = resolve(network, request).segments;
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[1].parameters, (std::vector<double>{5, 6, 3}));
  EXPECT_EQ(segments[1].add, (std::vector<std::pair<SpeciesId, i64>>{{A, 3}, {B, 1}}));
}

std::vector<double> grid(double t_end, double sample_every, i64 samples = -1) {
  Network const network = small_network();
  ExperimentRequest request;
  request.t_end = t_end;
  request.sample_every = sample_every;
  request.samples = samples;
  return resolve(network, request).sample_times;
}

TEST(Experiment, SamplesAtMultiplesOfTheIntervalAndAtTheEnd) {
  EXPECT_EQ(grid(10, 5), (std::vector<double>{0, 5, 10}));
  EXPECT_EQ(grid(10, 4), (std::vector<double>{0, 4, 8, 10}));
  EXPECT_EQ(grid(10, 20), (std::vector<double>{0, 10}));
}

TEST(Experiment, EndsTheGridExactlyAtTheEndInSpiteOfRounding) {
  // 3 * 0.1 is above 0.3 and 0.7 / 0.1 below 7.
  EXPECT_EQ(grid(0.3, 0.1), (std::vector<double>{0, 0.1, 0.2, 0.3}));
  for (int n = 1; n < 2000; ++n) {
    double const t_end = n * 0.1;
    auto const times = grid(t_end, 0.1);
    ASSERT_EQ(times.size(), static_cast<usize>(n) + 1);
    ASSERT_EQ(times.back(), t_end);
    ASSERT_EQ(grid(t_end, -1, n).back(), t_end);
    ASSERT_EQ(grid(t_end, -1, n).size(), static_cast<usize>(n) + 1);
  }
}

TEST(Experiment, DividesTheRunIntoEqualIntervals) {
  EXPECT_EQ(grid(10, -1, 4), (std::vector<double>{0, 2.5, 5, 7.5, 10}));
  EXPECT_EQ(grid(10, -1, 1), (std::vector<double>{0, 10}));
}

TEST(Experiment, AllowsARunOfNoTime) {
  EXPECT_EQ(grid(0, 1), (std::vector<double>{0}));
  EXPECT_EQ(grid(0, -1), (std::vector<double>{0}));
  EXPECT_EQ(grid(0, -1, 5), (std::vector<double>{0}));
}

TEST(Experiment, RefusesTimesThatMakeNoGrid) {
  double const nan = std::nan("");
  double const inf = std::numeric_limits<double>::infinity();
  ExperimentRequest request;
  request.t_end = inf;
  EXPECT_EQ(error_of(request), "error: the end time is inf (a run must end). Give a finite time.");
  request.t_end = nan;
  EXPECT_EQ(error_of(request), "error: the end time is nan (a run must end). Give a finite time.");
  request.t_end = 10;
  request.sample_every = 0;
  EXPECT_EQ(error_of(request), "error: the sampling interval is 0. Give a finite time above 0.");
  request.sample_every = nan;
  EXPECT_EQ(error_of(request), "error: the sampling interval is nan. Give a finite time above 0.");
  request.sample_every = 1e-6;
  EXPECT_EQ(error_of(request),
            "error: 10000001 samples are asked for (the limit is 10000000). "
            "Sample less often.");
  request.sample_every = 1e-300;
  EXPECT_EQ(error_of(request),
            "error: 1e+301 samples are asked for (the limit is 10000000). "
            "Sample less often.");
  request.samples = 4;
  EXPECT_EQ(error_of(request),
            "error: both a sampling interval and a number of samples are given "
            "(one of the two would be lost). Remove one of them.");
  request.sample_every = -1;
  request.samples = 0;
  EXPECT_EQ(error_of(request), "error: 0 samples are asked for. Give 1 or more.");
  request.samples = 10'000'000;
  EXPECT_EQ(error_of(request),
            "error: 10000001 samples are asked for (the limit is 10000000). "
            "Sample less often.");
  request.t_end = 1e-322;
  request.samples = 1000;
  EXPECT_EQ(error_of(request),
            "error: the end time 1e-322 cannot be divided into samples "
            "(double has no numbers between them). Use another time unit.");
}

TEST(Experiment, AsksForTimesThatNeitherFileNorUserGives) {
  Network network = small_network();
  network.run = {};
  EXPECT_EQ(error_of({}, network),
            "error: no end time is given (the network has no 't_end' "
            "under [run]). Give --t-end, or t_end in Python.");
  ExperimentRequest request;
  request.t_end = 5;
  EXPECT_EQ(error_of(request, network),
            "error: no sampling interval is given (the network file has no 'sample_every' under "
            "[run]). Give one, or a number of samples.");
}

TEST(Experiment, NamesTheNearestConditionAndParameter) {
  ExperimentRequest request;
  request.condition = "puls";
  EXPECT_EQ(error_of(request), "error: unknown condition 'puls'. Did you mean 'pulse'?");
  request.condition = "starvation";
  EXPECT_EQ(error_of(request),
            "error: unknown condition 'starvation'. "
            "Conditions are pulse, rest.");
  request.condition = "";
  request.set = {{"kon", 1}};
  EXPECT_EQ(error_of(request), "error: unknown parameter 'kon'. Did you mean 'k_on'?");
  request.set = {{"velocity", 1}};
  EXPECT_EQ(error_of(request),
            "error: unknown parameter 'velocity'. "
            "'cristae inspect' lists them.");
  request.set = {{"A", 1}};
  EXPECT_EQ(error_of(request),
            "error: 'A' is a species, not a parameter. Initial counts are set "
            "by the conditions of the network file.");
  request.set = {{"total", 1}};
  EXPECT_EQ(error_of(request),
            "error: 'total' is a rule, not a parameter. Set the parameters "
            "that it depends on.");
}

TEST(Experiment, KeepsParametersWithinTheirBounds) {
  ExperimentRequest request;
  request.set = {{"k_on", 11}};
  EXPECT_EQ(error_of(request),
            "error: parameter 'k_on' is set to 11, outside its bounds [0, 10] "
            "(the laws have no meaning there). Give a value within them.");
  request.set = {{"k_on", std::nan("")}};
  EXPECT_EQ(error_of(request),
            "error: parameter 'k_on' is set to nan (only finite numbers can be "
            "computed with). Give a finite number.");
  request.set = {{"k_on", 10}};
  EXPECT_EQ(error_of(request), "no error");
}

TEST(Experiment, RefusesAUsersValueThatTheScheduleWouldReplace) {
  ExperimentRequest request;
  request.condition = "pulse";
  request.set = {{"k_on", 2}};
  EXPECT_EQ(error_of(request),
            "error: parameter 'k_on' is set for the whole run, but condition "
            "'pulse' changes it at time 4 (one of the two would be lost). "
            "Remove one of them.");
}

TEST(Experiment, ReportsAllProblemsAtOnce) {
  ExperimentRequest request;
  request.condition = "plse";
  request.set = {{"d", 1}, {"d", 2}, {"kon", 1}};
  request.samples = -5;
  EXPECT_EQ(error_of(request),
            "error: unknown condition 'plse'. Did you mean 'pulse'?\n"
            "error: parameter 'd' is set twice (one of the values would be "
            "lost). Remove one.\n"
            "error: unknown parameter 'kon'. Did you mean 'k_on'?\n"
            "error: -5 samples are asked for. Give 1 or more.");
}

TEST(BurnIn, BeginsBeforeTimeZeroWithTheValuesOfTimeZero) {
  Network const network = small_network();
  ExperimentRequest request;
  request.burn_in = 2.5;
  auto const experiment = resolve(network, request);
  EXPECT_EQ(experiment.burn_in, 2.5);
  EXPECT_EQ(experiment.segments[0].start, -2.5);
  EXPECT_EQ(experiment.sample_times.front(), 0);
  request.burn_in = 0;
  EXPECT_EQ(resolve(network, request).segments[0].start, 0);
  EXPECT_FALSE(std::signbit(resolve(network, request).segments[0].start));
}

TEST(BurnIn, OfANegativeTimeIsAnError) {
  Network const network = small_network();
  ExperimentRequest request;
  request.burn_in = -1;
  try {
    resolve(network, request);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_STREQ(error.what(), "error: the burn-in is -1. Give a finite time, 0 or more.");
  }
}

TEST(StartFrom, MatchesSpeciesByNameInAnyOrder) {
  Network const network = small_network();
  auto experiment = resolve(network, {});
  start_from(experiment, {"other", "B", "A"}, {7, 1, 2, 8, 3, 4});
  EXPECT_EQ(experiment.initial, (std::vector<i64>{2, 1, 4, 3}));
  EXPECT_EQ(experiment.initial_rows(), 2u);
}

TEST(StartFrom, NamesEverySpeciesThatIsMissing) {
  Network const network = small_network();
  auto experiment = resolve(network, {});
  try {
    start_from(experiment, {"other"}, {7});
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_STREQ(error.what(),
                 "error: species 'A' is not in the states to start from (its copy number would be "
                 "unknown). Start from a run of the same network.\n"
                 "error: species 'B' is not in the states to start from (its copy number would be "
                 "unknown). Start from a run of the same network.");
  }
}

// ---- signals ----

NamedSignal signal(std::string const& parameter, std::vector<double> times,
                   std::vector<double> values) {
  return {parameter, parameter + ".csv", std::move(times), std::move(values)};
}

TEST(Experiment, FollowsASignalFromRowToRow) {
  auto const network = small_network();
  ExperimentRequest request;
  // The last row at or before 0 holds from the start; a row that repeats the value changes nothing.
  request.signals = {signal("d", {-5, -1, 2, 3, 7, 10, 10.1}, {1, 9, 8, 8, 6, 5, 4})};
  request.burn_in = 3;
  auto const e = resolve(network, request);
  ASSERT_EQ(e.segments.size(), 4u);
  EXPECT_EQ(e.segments[0].start, -3);
  EXPECT_EQ(e.segments[0].parameters, (std::vector<double>{1, 9, 3}));
  EXPECT_EQ(e.segments[1].start, 2);
  EXPECT_EQ(e.segments[1].parameters[1], 8);
  EXPECT_EQ(e.segments[2].start, 7);
  EXPECT_EQ(e.segments[3].start, 10);
  EXPECT_EQ(e.segments[3].parameters[1], 5);
  ASSERT_EQ(e.signals.size(), 1u);
  EXPECT_EQ(e.signals[0].times.size(), 7u);
}

TEST(Experiment, AParameterKeepsItsValueUntilTheFirstRow) {
  auto const network = small_network();
  ExperimentRequest request;
  request.condition = "pulse";
  request.signals = {signal("e", {4, 6}, {30, 31})};
  auto const e = resolve(network, request);
  ASSERT_EQ(e.segments.size(), 4u);  // 0, 4 of both, 6, 10
  EXPECT_EQ(e.segments[0].parameters[2], 3);
  EXPECT_EQ(e.segments[1].parameters, (std::vector<double>{5, 20, 30}));
  EXPECT_EQ(e.segments[2].parameters, (std::vector<double>{5, 20, 31}));
  EXPECT_EQ(e.segments[3].parameters, (std::vector<double>{6, 20, 31}));
}

TEST(Experiment, TheMoreSpecialSignalCounts) {
  auto network = small_network();
  network.signals = {
      {k, "k.csv", {0}, {7}}, {d, "d.csv", {0}, {8}}, {ParameterId{2}, "e.csv", {0}, {9}}};
  network.conditions[1].set = {{k, 6}};
  network.conditions[1].signals = {{d, "own.csv", {0}, {18}}};
  EXPECT_EQ(resolve(network, {}).segments[0].parameters, (std::vector<double>{7, 8, 9}));
  ExperimentRequest request;
  request.condition = "rest";
  EXPECT_EQ(resolve(network, request).segments[0].parameters, (std::vector<double>{6, 18, 9}));
  request.signals = {signal("k_on", {0}, {5}), signal("d", {0}, {28})};
  EXPECT_EQ(resolve(network, request).segments[0].parameters, (std::vector<double>{5, 28, 9}));
}

TEST(Experiment, RefusesSignalsThatWouldBeLost) {
  ExperimentRequest request;
  request.condition = "pulse";
  request.set = {{"e", 1}};
  request.signals = {signal("k_on", {0}, {5}), signal("e", {0}, {5}), signal("e", {0}, {6}),
                     signal("k_onn", {0}, {6})};
  EXPECT_EQ(
      error_of(request),
      "error: parameter 'k_on' has a signal, but condition 'pulse' changes it at time 4 (one "
      "of the two would be lost). Remove one of them.\n"
      "error: parameter 'e' has two signals (one of the two would be lost). Remove one.\n"
      "error: unknown parameter 'k_onn'. Did you mean 'k_on'?\n"
      "error: parameter 'e' is set for the whole run, but the signal 'e.csv' changes it (one of "
      "the two would be lost). Remove one of them.");
}

}  // namespace
}  // namespace cristae
