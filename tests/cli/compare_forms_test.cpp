// tests/cli/compare_forms_test.cpp - forms of the code compared: planted differences are found and named.
#include "host/cli/compare_forms.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/replays.hpp"

namespace cristae {
namespace {

using Change = std::function<void(TrajectoryEnd&, std::vector<double>&)>;

/// Trajectories 100 to 119 of telegraph, three species, sampled every 2 s until 20 s.
class Forms : public testing::Test {
 protected:
  Forms() {
    plan.experiment = &experiment;
    plan.first = 100;
    plan.trajectories = 20;
    plan.seed = 3;
    plan.threads = 2;
    kept.emplace(plan);
    run(plan, *kept);
  }

  static test::RunOptions options() {
    test::RunOptions o;
    o.t_end = 20;
    o.sample_every = 2;
    return o;
  }

  void run(RunPlan const& of, SampleSink& sink) {
    RunControl control;
    make_engine("cpu", of)->run(sink, control);
  }

  /// The cpu engine with a fault in one trajectory.
  RunForm faulty(u64 id, Change const& change) {
    return [=, this](RunPlan const& of, SampleSink& sink, RunControl&) {
      test::Keeper keeper;
      run(of, keeper);
      for (auto& [number, one] : keeper.kept.by_id) {
        if (number == id) change(one.end, one.samples);
        sink.finished(one.end, one.samples);
      }
    };
  }

  std::string difference(RunForm const& form) {
    FormComparison comparison(*kept, experiment);
    RunControl control;
    form(plan, comparison, control);
    auto const first = comparison.first_difference();
    if (!first) return "none";
    EXPECT_EQ(comparison.different(), 1u);
    return fmt::format("{}: {}", first->trajectory, first->text);
  }

  Network network = test::bundled("telegraph");
  Experiment experiment = test::experiment_of(network, options());
  RunPlan plan;
  std::optional<KeptTrajectorySet> kept;
};

TEST_F(Forms, ThatAreRightAreEqual) {
  FormComparison comparison(*kept, experiment);
  for (u64 i = 0; i < 20; ++i) {
    RunPlan one = plan;
    one.first += i;
    one.trajectories = 1;
    run(one, comparison);
  }
  EXPECT_FALSE(comparison.first_difference());
  EXPECT_EQ(comparison.different(), 0u);
  EXPECT_EQ(comparison.trajectories(), 20u);
  EXPECT_EQ(comparison.events(), kept->events());
  EXPECT_GT(comparison.events(), 20u);
}

TEST_F(Forms, WithOneWrongSampleAreFoundWithItsTimeAndSpecies) {
  usize const times = experiment.sample_times.size();
  ASSERT_EQ(times, 11u);
  double right = 0;
  auto const form = faulty(107, [&](auto&, auto& samples) {
    right = samples[2 * times + 4];
    samples[2 * times + 4] += 1;
    samples[0 * times + 9] += 1;  // later, though of an earlier species
  });
  auto const text = difference(form);  // sets `right`
  EXPECT_EQ(text, fmt::format("107: at the sample time 8 {} '{}' is {}, in the replay {}",
                              network.time_unit, network.species[2].id, right + 1, right));
  RunControl control;
  EXPECT_FALSE(first_differing_event(plan, form, 107, 100, control));
}

TEST_F(Forms, ThatDifferInTheHashAloneAreFound) {
  auto const text = difference(faulty(119, [](auto& end, auto&) { end.hash += 1; }));
  EXPECT_TRUE(text.starts_with("119: at the end: contract hash ")) << text;
}

TEST_F(Forms, ThatDifferInTheEndAreFound) {
  EXPECT_EQ(
      difference(faulty(100, [](auto& end, auto&) { end.status = TrajectoryStatus::overflow; })),
      "100: at the end: status overflow, in the replay completed");
  auto const text = difference(faulty(101, [](auto& end, auto&) { end.events += 1; }));
  EXPECT_TRUE(text.starts_with("101: at the end: ")) << text;
  EXPECT_TRUE(difference(faulty(102, [](auto& end, auto&) {
                end.time = std::nextafter(20, 0);
              })).starts_with("102: at the end: the time is 19.99"));
}

TEST_F(Forms, ThatLoseATrajectoryAreFound) {
  RunForm const form = [this](RunPlan const& of, SampleSink& sink, RunControl&) {
    RunPlan short_of_one = of;
    short_of_one.trajectories -= 1;
    run(short_of_one, sink);
  };
  EXPECT_EQ(difference(form), "119: it did not come");
}

TEST_F(Forms, ThatDeliverATrajectoryTwiceOrOneOfAnotherNumberAreFound) {
  auto const extra = [this](u64 id) {
    return [this, id](RunPlan const& of, SampleSink& sink, RunControl&) {
      run(of, sink);
      RunPlan one = of;
      one.first = id;
      one.trajectories = 1;
      run(one, sink);
    };
  };
  EXPECT_EQ(difference(extra(110)), "110: it came twice");
  EXPECT_EQ(difference(extra(120)), "120: it was not asked for");
  EXPECT_EQ(difference(extra(99)), "99: it was not asked for");
}

TEST_F(Forms, ThatPartAtAnEventAreFollowedToThatEvent) {
  for (u64 const wrong_from : {1, 2, 7, 20}) {
    // From this event on there is one copy too many.
    auto const form = faulty(105, [&](TrajectoryEnd& end, auto&) {
      if (end.events < wrong_from) return;
      end.hash ^= 1;
      if (!end.state.empty()) end.state[2] += 1;
    });
    RunControl control;
    u64 const events = kept->trajectories()[5]->end.events;
    ASSERT_GE(events, 20u);
    auto const found = first_differing_event(plan, form, 105, events, control);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->number, wrong_from);
    EXPECT_NE(found->text.find(" in the replay; behind it, '" + network.species[2].id + "' is "),
              std::string::npos)
        << found->text;
  }
}

TEST_F(Forms, ThatAreStoppedFindNoEvent) {
  auto const form = faulty(105, [](auto& end, auto&) { end.hash ^= 1; });
  RunControl control;
  control.stop = true;
  EXPECT_FALSE(first_differing_event(plan, form, 105, 20, control));
}

// Birth and death at 0.1 and 0.11 per copy, from 100 copies: after 5 s the mean is 95.1 and the
// standard deviation 9.9, so 14 for the difference of a pair. A birth rate that is 1 % off shifts the
// mean by 0.48. The bound is 1e-6 over one species, |z| = 5.4; to see the shift with 99 % power takes
// ((5.4 + 2.33) * 14 / 0.48)^2 = 51,000 pairs.
class Means : public testing::Test {
 protected:
  double z(std::string const& engine, double birth_rate, u64 seed) {
    test::RunOptions o;
    o.t_end = 5;
    o.sample_every = 5;
    Experiment const experiment = test::experiment_of(network, o);
    o.set = {{"birth_rate", birth_rate}};
    Experiment const other = test::experiment_of(network, o);
    RunPlan plan;
    plan.trajectories = 60'000;
    plan.seed = 11;
    plan.experiment = &experiment;
    KeptTrajectorySet a(plan), b(plan);
    RunControl control;
    make_engine("cpu", plan)->run(a, control);
    plan.experiment = &other;
    plan.seed = seed;
    make_engine(engine, plan)->run(b, control);
    auto const means = compare_means(a, b, experiment);
    EXPECT_EQ(means.size(), 1u);
    return means.at(0).z;
  }

  Network network = test::bundled("birth_death");
};

TEST_F(Means, OfTheReferenceEngineAndOfAnotherSeedAgree) {
  EXPECT_LT(std::fabs(z("reference", 0.1, 11)), mean_bound(1, 1e-6));
  EXPECT_LT(std::fabs(z("cpu", 0.1, 12)), mean_bound(1, 1e-6));
}

TEST_F(Means, WithABirthRateOnePercentOffDiffer) {
  EXPECT_GT(std::fabs(z("reference", 0.101, 11)), mean_bound(1, 1e-6));
}

TEST_F(Means, AreAtMostTheRootOfTheNumberOfPairsApart) {
  test::RunOptions o;
  o.t_end = 0;
  Experiment const experiment = test::experiment_of(network, o);
  RunPlan plan;
  plan.experiment = &experiment;
  plan.trajectories = 4;
  KeptTrajectorySet a(plan), b(plan);
  for (u64 i = 0; i < 4; ++i) {
    TrajectoryEnd end;
    end.id = i;
    end.samples = 1;
    a.finished(end, std::vector<double>{7.0});
    end.samples = i == 3 ? 0 : 1;  // one that did not get to the end
    b.finished(end, std::vector<double>{5.0});
  }
  EXPECT_DOUBLE_EQ(compare_means(a, b, experiment).at(0).z, std::sqrt(3.0));
  EXPECT_DOUBLE_EQ(compare_means(a, a, experiment).at(0).z, 0);
}

TEST_F(Means, HaveABoundForTheWholeFamily) {
  double const x = mean_bound(35, 1e-6);
  EXPECT_NEAR(35 * 2 * std::exp(-x * x / 2), 1e-6, 1e-18);
}

TEST_F(Forms, ThatDeliverWhatNobodyAskedForAreAnInternalErrorWhereAllIsKept) {
  RunPlan other = plan;
  other.first = 99;
  KeptTrajectorySet set(plan);
  EXPECT_THROW(run(other, set), Error);
}

}  // namespace
}  // namespace cristae
