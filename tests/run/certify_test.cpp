// tests/run/certify_test.cpp - certificates: right runs pass, and every planted fault is found.
#include "host/run/certify.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/stats/ensemble.hpp"
#include "tests/support/event_networks.hpp"
#include "tests/support/replays.hpp"

namespace cristae {
namespace {

/// Changes what an engine delivers of one trajectory.
class Fault final : public SampleSink {
 public:
  using Change = std::function<void(TrajectoryEnd&, std::vector<double>&)>;
  Fault(SampleSink& to, u64 id, Change change) : to_(to), id_(id), change_(std::move(change)) {}

  void finished(TrajectoryEnd const& end, std::span<double const> samples) override {
    if (end.id != id_) return to_.finished(end, samples);
    auto changed = end;
    std::vector<double> values(samples.begin(), samples.end());
    change_(changed, values);
    to_.finished(changed, values);
  }

 private:
  SampleSink& to_;
  u64 id_;
  Change change_;
};

/// A run of birth_death (two reactions, about 800 events and 51 samples each) and its certificate.
class Certificates : public testing::Test {
 protected:
  Certificates() {
    plan.experiment = &experiment;
    plan.first = 1000;
    plan.trajectories = 64;
    plan.seed = 7;
    plan.threads = 2;
  }

  CertificateWithFindings certified(double share, u64 id = 0, Fault::Change const& change = {}) {
    Nowhere nowhere;
    CertifiedSink sink(nowhere, plan, certified_step(share));
    Fault fault(sink, id, change);
    RunControl control;
    SampleSink& first = change ? static_cast<SampleSink&>(fault) : sink;
    make_engine("cpu", plan)->run(first, control);
    scope.trajectories = plan.trajectories;
    MartingaleLaws const laws(experiment);
    return certify(plan, laws, scope, sink.delivered(), control);
  }

  std::string finding(CertificateWithFindings const& made) {
    EXPECT_FALSE(made.certificate.passed);
    EXPECT_EQ(made.findings.size(), 1u);
    return made.findings.empty() ? "nothing" : to_string(made.findings[0]);
  }

  struct Nowhere final : SampleSink {
    void finished(TrajectoryEnd const&, std::span<double const>) override {}
  };

  Network network = test::bundled("birth_death");
  Experiment experiment = test::experiment_of(network, {});
  RunPlan plan;
  CertificateScope scope{.threads = 2, .verify = "cristae verify bd --seed 7"};
};

TEST_F(Certificates, AreOfTheSameTrajectoriesWhereTheRestComesAsSums) {
  EnsembleRecorder recorder(experiment, choose_columns(network, {}), 1000, 64, u64{1} << 40);
  CertifiedSink sink(recorder, plan, 20);
  auto* const reduction = sink.reduction();
  ASSERT_NE(reduction, nullptr);
  EXPECT_EQ(reduction->next_watched(1000), 1000u);
  EXPECT_EQ(reduction->next_watched(1001), 1020u);
  EXPECT_EQ(reduction->reducible({1000, 64}).count, 64u);
  TrajectoryEnd end;
  end.id = 1020;
  reduction->watched(end, {});
  EXPECT_EQ(sink.delivered().count(1020), 1u);
  EXPECT_EQ(CertifiedSink(recorder, plan, 1).reduction(), nullptr);
  Nowhere nowhere;
  EXPECT_EQ(CertifiedSink(nowhere, plan, 20).reduction(), nullptr);
}

TEST_F(Certificates, OfARightRunPassAndFollowWholeTrajectories) {
  auto const made = certified(0.125);
  EXPECT_TRUE(made.certificate.passed);
  EXPECT_TRUE(made.findings.empty());
  EXPECT_EQ(made.certificate.trajectories, 8u);
  EXPECT_EQ(made.certificate.whole, 8u);
  EXPECT_GT(made.certificate.events, 8u * 500);
  ASSERT_EQ(made.certificate.reactions.size(), 2u);
  EXPECT_EQ(made.certificate.reactions[0].firings + made.certificate.reactions[1].firings,
            made.certificate.events);
  EXPECT_GE(made.certificate.p_value, 1e-6);
}

// Where the clock counts to an event that waits, times are rounded otherwise than at samples.
TEST_F(Certificates, OfNetworksWithTriggeredEventsPass) {
  for (char const* events :
       {"many = { trigger = \"P >= 60\", delay = 0.3, set = { n = \"n + 1\" } }\n"
        "few = { trigger = \"sqrt(P) < 6\", delay = 0.1, set = { k = 25 } }\n",
        "at_once = { trigger = \"M >= 9\", delay = 7, set = { k = 1e9 } }\n"
        "no_more = { trigger = \"M >= 200\", set = { k = 20, M = 0 } }\n",
        test::threshold_events, test::events_of_every_kind}) {
    network = test::network_with(events);
    experiment = test::experiment_of(network, {});
    plan.max_events = 100000;
    auto const made = certified(1);
    EXPECT_TRUE(made.certificate.passed) << events;
    for (auto const& found : made.findings) ADD_FAILURE() << to_string(found);
    EXPECT_EQ(made.certificate.trajectories, 64u);
  }
}

TEST_F(Certificates, HaveTheSameBitsOnAnyNumberOfThreads) {
  auto const one = [&](u32 threads) {
    scope.threads = threads;
    return certified(0.25).certificate;
  };
  auto const a = one(1), b = one(3);
  ASSERT_EQ(a.reactions.size(), b.reactions.size());
  for (usize j = 0; j < a.reactions.size(); ++j) {
    EXPECT_EQ(a.reactions[j].firings, b.reactions[j].firings);
    EXPECT_EQ(a.reactions[j].integral, b.reactions[j].integral);
  }
}

TEST_F(Certificates, OfTheTextForPeopleNameTheWorstReaction) {
  Certificate made{true, 2, 1, 1'100'000, 0.87, {{"x", 90, 100, -1, 1}, {"y", 130, 100, 3, 1}}};
  std::string const propensities =
      "propensities: 2 reactions followed with independent code: worst |z| 3.0 (reaction 'y'), "
      "p = 0.87\n";
  EXPECT_EQ(certificate_text(made),
            "certified: 2 trajectories, 1.1 M events, bits as the run delivered them, 1 of 2 to "
            "the end\n" +
                propensities);
  made.passed = false;
  EXPECT_EQ(certificate_text(made), "NOT certified: 2 trajectories, 1.1 M events\n" + propensities);
}

TEST_F(Certificates, FailWhereAHashIsNotThatOfTheReplay) {
  auto const text = finding(certified(0.125, 1016, [](auto& end, auto&) { end.hash ^= 1; }));
  EXPECT_TRUE(text.starts_with(
      "error: trajectory 1016 of seed 7 is not what a replay of it gives: its contract hash was "))
      << text;
  EXPECT_TRUE(text.ends_with(
      " (every form of the code must give the same bits, and 1 of 8 trajectories differ). Do not "
      "trust this result. To see where they part: cristae verify bd --seed 7 --first 984."))
      << text;
}

TEST_F(Certificates, FailWhereAnEventIsMissing) {
  auto const text = finding(certified(0.125, 1000, [](auto& end, auto&) { --end.events; }));
  EXPECT_NE(text.find("trajectory 1000 of seed 7 is not what a replay of it gives: it had "),
            std::string::npos)
      << text;
}

TEST_F(Certificates, FailWhereAStatusDiffers) {
  auto const text = finding(
      certified(0.125, 1008, [](auto& end, auto&) { end.status = TrajectoryStatus::absorbed; }));
  EXPECT_NE(text.find("it ended with status absorbed, its replay with completed"),
            std::string::npos)
      << text;
}

TEST_F(Certificates, FailWhereASampleWasDeliveredWrongThoughTheHashIsRight) {
  auto const text = finding(certified(0.125, 1024, [](auto&, auto& samples) { ++samples[13]; }));
  EXPECT_NE(
      text.find("trajectory 1024 of seed 7 is not what a replay of it gives: the samples that "
                "were handed on are not those of its replay"),
      std::string::npos)
      << text;
}

TEST_F(Certificates, FailWhereASampleDiffersInTheFirstPartOfATrajectoryThatIsCutShort) {
  // About 140,000 events, of which 20,000 are followed, to about 7 h.
  network = test::bundled("vilar");
  test::RunOptions o;
  o.t_end = 50;
  o.sample_every = 1;
  experiment = test::experiment_of(network, o);
  plan.trajectories = 1;
  scope.events = affordable_events(140'000, 1, 1);
  auto const early = certified(1e-4, 1000, [](auto&, auto& samples) { ++samples[2]; });
  EXPECT_EQ(early.certificate.events, 20'000u);
  EXPECT_EQ(early.certificate.whole, 0u);
  EXPECT_NE(finding(early).find("the samples that were handed on"), std::string::npos);
  auto const late = certified(1e-4, 1000, [](auto&, auto& samples) { ++samples[40]; });
  EXPECT_TRUE(late.certificate.passed);
}

TEST_F(Certificates, DoNotLookAtTrajectoriesThatWereNotChosen) {
  EXPECT_TRUE(certified(0.125, 1001, [](auto& end, auto&) { end.hash ^= 1; }).certificate.passed);
}

// The bound is 1e-6 over two reactions and their sum, |z| = 5.8 with the e-value's loss. To see 1 %
// with 99 % power takes ((5.8 + 2.33) / 0.01)^2 = 660,000 firings of the reaction: 2,000 trajectories
// have 790,000 of each.
class ARateThatIsOnePercentOff : public Certificates {
 protected:
  CertificateWithFindings with_laws_of(std::string const& parameter, double factor) {
    plan.trajectories = 2000;
    scope.trajectories = 2000;
    test::RunOptions changed;
    for (auto const& known : network.parameters)
      if (known.id == parameter) changed.set = {{parameter, known.value * factor}};
    Experiment const watched = test::experiment_of(network, changed);
    MartingaleLaws const laws(watched);
    Nowhere nowhere;
    CertifiedSink sink(nowhere, plan, 1);
    RunControl control;
    make_engine("cpu", plan)->run(sink, control);
    return certify(plan, laws, scope, sink.delivered(), control);
  }
};

TEST_F(ARateThatIsOnePercentOff, IsFoundAndNamed) {
  for (auto const& [parameter, reaction] :
       {std::pair{"birth_rate", "birth"}, std::pair{"death_rate", "death"}}) {
    auto const text = finding(with_laws_of(parameter, 1.01));
    EXPECT_TRUE(text.starts_with(fmt::format("error: reaction '{}' fired ", reaction))) << text;
    EXPECT_NE(text.find(" where "), std::string::npos) << text;
    EXPECT_NE(text.find("(z = -"), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with(
        "Do not trust this result. To look at all of it: the same command with --certify 1; "
        "against another implementation: cristae verify bd --seed 7."))
        << text;
  }
}

TEST_F(ARateThatIsOnePercentOff, IsNotSeenWhereItIsRight) {
  auto const made = with_laws_of("birth_rate", 1);
  EXPECT_TRUE(made.certificate.passed);
  EXPECT_GT(made.certificate.reactions[0].firings, 660'000u);
  EXPECT_GT(made.certificate.reactions[1].firings, 660'000u);
}

TEST(ChosenTrajectories, AreTheFirstOnesUntilTheEventsAreUsedUp) {
  Network const network = test::bundled("birth_death");
  Experiment const experiment = test::experiment_of(network, {});
  RunPlan plan;
  plan.experiment = &experiment;
  plan.first = 10;
  std::map<u64, DeliveredTrajectory> delivered;
  for (u64 const id : {10, 20, 30, 40}) delivered[id].events = 9'000;
  auto const ids = [&](CertificateScope const& scope) {
    std::vector<std::pair<u64, u64>> found;
    for (auto const& one : chosen_trajectories(plan, scope, delivered))
      found.emplace_back(one.id, one.max_events);
    return found;
  };
  using Ids = std::vector<std::pair<u64, u64>>;
  u64 const all = plan.max_events;
  u64 const whole = CertificateScope::all;
  EXPECT_EQ(ids({40, whole, 1, ""}), (Ids{{10, all}, {20, all}, {30, all}, {40, all}}));
  // Only what is reported, below 10 + 15.
  EXPECT_EQ(ids({15, whole, 1, ""}), (Ids{{10, all}, {20, all}}));
  // The start of a replay costs as much as 140 events.
  EXPECT_EQ(ids({40, 20'000, 1, ""}), (Ids{{10, all}, {20, all}, {30, 20'000 - 2 * 9'140}}));
  EXPECT_EQ(ids({40, 9'000, 1, ""}), (Ids{{10, all}}));
  EXPECT_EQ(ids({40, 8'999, 1, ""}), (Ids{{10, 8'999}}));
}

TEST(AffordableEvents, AreASmallShareOfTheRunButNeverNextToNothing) {
  EXPECT_EQ(affordable_events(0, 1, 1), 20'000u);
  EXPECT_EQ(affordable_events(40'000'000, 1000, 1), 20'000u);
  EXPECT_EQ(affordable_events(400'000'000, 1000, 1), 200'000u);
  // One trajectory is followed, so one of four threads is busy.
  EXPECT_EQ(affordable_events(400'000'000, 1000, 4), 50'000u);
  EXPECT_EQ(affordable_events(400'000'000, 8000, 4), 200'000u);
  // Five on four threads take as long as eight.
  EXPECT_EQ(affordable_events(400'000'000, 10'000, 4), 125'000u);
}

TEST(CertifiedStep, IsTheInverseOfTheShare) {
  EXPECT_EQ(certified_step(1), 1u);
  EXPECT_EQ(certified_step(0.7), 1u);
  EXPECT_EQ(certified_step(0.0005), 2000u);
  EXPECT_EQ(certified_step(1e-300), u64{1} << 62);
}

}  // namespace
}  // namespace cristae
