// tests/stats/ensemble_state_test.cpp - sums taken out and put together: those of one recorder.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "host/io/network_file.hpp"
#include "host/stats/ensemble.hpp"
#include "tests/support/runs.hpp"

namespace cristae::test {
namespace {

/// Keeps what is handed on, by trajectory.
struct Rows final : BlockSink {
  std::mutex mutex;
  std::map<u64, std::vector<double>> values;
  std::map<u64, std::vector<i64>> states;
  u64 twice = 0;

  void block(FinishedBlock const& block) override {
    std::lock_guard const lock(mutex);
    usize const rows = block.ends.size();
    for (usize r = 0; r < rows; ++r) {
      auto const value =
          block.values.subspan(r * block.values.size() / rows, block.values.size() / rows);
      auto const state = block.end_states.subspan(r * block.end_states.size() / rows,
                                                  block.end_states.size() / rows);
      twice += values.contains(block.first + r);
      values[block.first + r] = {value.begin(), value.end()};
      states[block.first + r] = {state.begin(), state.end()};
    }
  }
};

class EnsembleState : public testing::Test {
 protected:
  Network network = bundled("isr");
  RunOptions options = [] {
    RunOptions o;
    o.trajectories = 1500;
    o.t_end = 2;
    o.sample_every = 0.25;
    o.seed = 5;
    return o;
  }();
  Experiment experiment = experiment_of(network, options);
  std::vector<Column> columns = choose_columns(network, {});
  RecorderOptions keep = [] {
    RecorderOptions k;
    k.histogram_times = 5;
    k.covariance = true;
    k.lagged = {{0, 1}, {2, 2}};
    return k;
  }();

  EnsembleRecorder recorder(u64 first, u64 trajectories, BlockSink* rows = nullptr) const {
    auto options_of_recorder = keep;
    options_of_recorder.blocks = rows;
    return EnsembleRecorder(experiment, columns, first, trajectories, u64{1} << 34,
                            options_of_recorder);
  }

  /// Delivers trajectories in a random order.
  void deliver(EnsembleRecorder& to, std::vector<Piece> const& pieces, u64 seed) const {
    RunPlan plan = plan_of(experiment, options);
    plan.pieces = pieces;
    plan.counted_reactions = to.counted_reactions();
    Keeper keeper;
    RunControl control;
    make_engine("cpu", plan)->run(keeper, control);
    std::vector<Kept::Trajectory const*> all;
    for (auto const& entry : keeper.kept.by_id) all.push_back(&entry.second);
    std::shuffle(all.begin(), all.end(), std::mt19937_64(seed));
    for (auto const* one : all) to.finished(one->end, one->samples);
  }
};

void expect_same(EnsembleSummary const& got, EnsembleSummary const& expected) {
  EXPECT_EQ(got.trajectories, expected.trajectories);
  EXPECT_EQ(got.events, expected.events);
  EXPECT_EQ(got.contract_hash, expected.contract_hash);
  EXPECT_EQ(got.statistics_hash, expected.statistics_hash);
  EXPECT_EQ(got.covariance, expected.covariance);
  ASSERT_EQ(got.lagged.size(), expected.lagged.size());
  for (usize p = 0; p < got.lagged.size(); ++p) {
    EXPECT_EQ(got.lagged[p].n, expected.lagged[p].n);
    EXPECT_EQ(got.lagged[p].covariance, expected.lagged[p].covariance);
    EXPECT_EQ(got.lagged[p].correlation_se, expected.lagged[p].correlation_se);
  }
}

TEST_F(EnsembleState, TakenAtAnyMomentGoesOn) {
  Rows rows;
  auto whole = recorder(0, 1500, &rows);
  deliver(whole, {{0, 1500}}, 1);
  auto const expected = whole.summary();
  ASSERT_EQ(rows.values.size(), 1500u);

  // With rows of four blocks that wait for others, a gap, and a whole block behind it.
  Rows parts;
  std::string state;
  {
    auto first = recorder(0, 1500, &parts);
    deliver(first, {{0, 300}, {512, 256}, {1000, 10}}, 2);
    state = first.state();
    EXPECT_EQ(first.summed(), (std::vector<Piece>{{0, 256}, {512, 256}}));
    EXPECT_EQ(first.missing(), (std::vector<Piece>{{300, 212}, {768, 232}, {1010, 490}}));
    EXPECT_EQ(state, first.state());
  }
  auto second = recorder(0, 1500, &parts);
  second.add_state(state, "the state");
  EXPECT_EQ(second.missing(), (std::vector<Piece>{{300, 212}, {768, 232}, {1010, 490}}));
  EXPECT_EQ(second.state(), state);
  deliver(second, second.missing(), 3);
  EXPECT_TRUE(second.missing().empty());
  expect_same(second.summary(), expected);
  EXPECT_EQ(parts.twice, 0u);
  EXPECT_EQ(parts.values, rows.values);
  EXPECT_EQ(parts.states, rows.states);
}

TEST_F(EnsembleState, OfPartsOfAnySizeAddsUpInAnyOrder) {
  auto whole = recorder(0, 1500);
  deliver(whole, {{0, 1500}}, 1);
  auto const expected = whole.summary();
  std::vector<std::string> states;
  for (Piece const piece : {Piece{0, 1}, {1, 499}, {500, 13}, {513, 700}, {1213, 287}}) {
    auto part = recorder(piece.first, piece.count);
    deliver(part, {piece}, piece.first);
    EXPECT_TRUE(part.missing().empty());
    states.push_back(part.state());
  }
  std::mt19937_64 random(9);
  for (int repeat = 0; repeat < 4; ++repeat) {
    auto sum = recorder(0, 1500);
    std::shuffle(states.begin(), states.end(), random);
    for (auto const& state : states) sum.add_state(state, "a part");
    EXPECT_TRUE(sum.missing().empty());
    expect_same(sum.summary(), expected);
  }
}

TEST_F(EnsembleState, OfWhatIsReportedAddsUpWithTheHistogramsOfASummary) {
  auto whole = recorder(0, 1500);
  deliver(whole, {{0, 1500}}, 1);
  auto const expected = whole.summary();
  EXPECT_TRUE(expected.exact_sums.empty());
  keep.exact_sums = true;
  std::vector<EnsembleSummary> parts;
  for (Piece const piece : {Piece{0, 1}, {1, 499}, {500, 1000}}) {
    auto part = recorder(piece.first, piece.count);
    deliver(part, {piece}, piece.first);
    parts.push_back(part.summary());
  }
  std::mt19937_64 random(9);
  for (int repeat = 0; repeat < 3; ++repeat) {
    auto sum = recorder(0, 1500);
    std::shuffle(parts.begin(), parts.end(), random);
    for (auto const& part : parts) sum.add_sums(part.exact_sums, part.columns, "a part");
    EXPECT_TRUE(sum.missing().empty());
    auto const summary = sum.summary();
    expect_same(summary, expected);
    auto again = recorder(0, 1500);
    again.add_sums(summary.exact_sums, summary.columns, "the sum");
    expect_same(again.summary(), expected);
  }
}

TEST_F(EnsembleState, OfWhatIsReportedHoldsThePrefixOnly) {
  keep.exact_sums = true;
  Rows rows;
  auto part = recorder(0, 1500, &rows);
  deliver(part, {{0, 300}, {310, 20}, {512, 256}}, 2);
  auto const prefix = part.summary();
  ASSERT_EQ(prefix.trajectories, 300u);
  auto sum = recorder(0, 1500);
  sum.add_sums(prefix.exact_sums, prefix.columns, "the prefix");
  EXPECT_EQ(sum.missing(), (std::vector<Piece>{{300, 1200}}));
  deliver(sum, sum.missing(), 3);
  auto whole = recorder(0, 1500);
  deliver(whole, {{0, 1500}}, 1);
  expect_same(sum.summary(), whole.summary());
}

TEST_F(EnsembleState, OfWhatIsReportedIsRefusedWithOtherHistograms) {
  keep.exact_sums = true;
  auto part = recorder(0, 300);
  deliver(part, {{0, 300}}, 1);
  auto const summary = part.summary();
  auto const fails = [&](std::vector<ColumnStatistics> const& columns, std::string const& bytes) {
    auto sum = recorder(0, 1500);
    EXPECT_THROW(sum.add_sums(bytes, columns, "part 3"), Error);
    EXPECT_EQ(sum.missing(), (std::vector<Piece>{{0, 1500}}));
  };
  auto columns = summary.columns;
  ++columns[0].histograms[4].counts[0];
  fails(columns, summary.exact_sums);
  columns = summary.columns;
  columns[0].histograms[4].counts.push_back(0);
  fails(columns, summary.exact_sums);
  columns = summary.columns;
  columns.pop_back();
  fails(columns, summary.exact_sums);
  fails(summary.columns, summary.exact_sums.substr(0, summary.exact_sums.size() - 1));
  keep.histogram_times = 4;
  fails(summary.columns, summary.exact_sums);
}

TEST_F(EnsembleState, IsExtendedByFurtherTrajectories) {
  auto whole = recorder(0, 1500);
  deliver(whole, {{0, 1500}}, 1);
  auto start = recorder(0, 1001);
  deliver(start, {{0, 1001}}, 1);
  auto sum = recorder(0, 1500);
  sum.add_state(start.state(), "the start");
  deliver(sum, sum.missing(), 4);
  expect_same(sum.summary(), whole.summary());
}

TEST_F(EnsembleState, IsRefusedWhereItDoesNotBelong) {
  auto part = recorder(0, 300);
  deliver(part, {{0, 300}}, 1);
  auto const state = part.state();
  auto const message_of = [&](EnsembleRecorder& to, std::string const& bytes) -> std::string {
    try {
      to.add_state(bytes, "part 3");
    } catch (Error const& error) {
      return error.what();
    }
    return "none";
  };
  auto sum = recorder(0, 1500);
  EXPECT_EQ(message_of(sum, state), "none");
  EXPECT_NE(message_of(sum, state)
                .find("part 3 holds trajectories 0 to 299 (some of them are there "
                      "already)"),
            std::string::npos);
  auto elsewhere = recorder(100, 1000);
  EXPECT_NE(message_of(elsewhere, state).find("they were not asked for"), std::string::npos);
  keep.histogram_times = 4;
  auto other = recorder(0, 1500);
  EXPECT_NE(message_of(other, state).find("part 3 is of another run"), std::string::npos);
}

TEST_F(EnsembleState, ThatIsDamagedIsAFindingOrHarmless) {
  keep.histogram_times = 2;
  keep.covariance = false;
  auto part = recorder(0, 300);
  deliver(part, {{0, 300}}, 1);
  auto const state = part.state();
  std::mt19937_64 random(3);
  u64 found = 0;
  for (int i = 0; i < 300; ++i) {
    auto bytes = state;
    if (i % 3 == 0)
      bytes.resize(random() % bytes.size());
    else
      bytes[random() % bytes.size()] ^= static_cast<char>(1u << random() % 8);
    auto to = recorder(0, 400);
    try {
      to.add_state(bytes, "the state");
      to.summary();
    } catch (Error const&) {
      ++found;
    }
  }
  EXPECT_GT(found, 100u);
}

}  // namespace
}  // namespace cristae::test
