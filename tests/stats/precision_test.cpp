// tests/stats/precision_test.cpp - what --until reads, when it holds, and when a run looks.
#include "host/stats/precision.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "host/base/error.hpp"

namespace cristae {
namespace {

double const not_a_number = std::numeric_limits<double>::quiet_NaN();
std::vector<double> const times{0, 0.5, 60};

std::vector<Column> columns() {
  std::vector<Column> list(3);
  list[0].name = "CHOP";
  list[1].name = "a and b";
  list[2].name = "se(x) < 1";
  return list;
}

std::vector<PrecisionTarget> parse(std::string const& text) {
  return parse_precision(text, columns(), times);
}

std::string error_of(std::string const& text) {
  try {
    parse(text);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "no error";
}

PointStatistics point(u64 n, double mean, double se) {
  PointStatistics statistics;
  statistics.n = n;
  statistics.mean = mean;
  statistics.se = se;
  return statistics;
}

/// One column with these points.
EnsembleSummary summary_of(std::vector<PointStatistics> points) {
  EnsembleSummary summary;
  summary.times = times;
  summary.columns.resize(1);
  summary.columns[0].points = std::move(points);
  return summary;
}

TEST(Precision, ANameAloneMeansTheLastSampleTime) {
  auto const targets = parse("se(mean(CHOP)) < 2.5");
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].column, 0u);
  EXPECT_EQ(targets[0].times, (std::vector<usize>{2}));
  EXPECT_FALSE(targets[0].relative);
  EXPECT_EQ(targets[0].limit, 2.5);
  EXPECT_EQ(targets[0].text, "se(mean(CHOP[end])) < 2.5");
}

TEST(Precision, PercentIsAFractionOfTheMean) {
  auto const targets = parse("  se ( mean( CHOP[ 0.5 ] ) )<1%  ");
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_TRUE(targets[0].relative);
  EXPECT_EQ(targets[0].limit, 0.01);
  EXPECT_EQ(targets[0].times, (std::vector<usize>{1}));
  EXPECT_EQ(targets[0].text, "se(mean(CHOP[0.5])) < 1 %");
}

TEST(Precision, AllMeansEverySampleTime) {
  auto const targets = parse("se(mean(CHOP[all])) < 1e-3 %");
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].times, (std::vector<usize>{0, 1, 2}));
  EXPECT_EQ(targets[0].text, "se(mean(CHOP[all])) < 0.001 %");
}

TEST(Precision, SeveralAreJoinedByAndAlsoWhereNamesHoldTheWord) {
  auto const targets =
      parse("se(mean(a and b)) < 1 and se(mean(se(x) < 1[all])) < 2 % and se(mean(CHOP[60])) < 3");
  ASSERT_EQ(targets.size(), 3u);
  EXPECT_EQ(targets[0].column, 1u);
  EXPECT_EQ(targets[1].column, 2u);
  EXPECT_EQ(targets[1].limit, 0.02);
  EXPECT_EQ(targets[2].text, "se(mean(CHOP[end])) < 3");
}

TEST(Precision, ACanonicalTextReadsBackAsItself) {
  for (auto const* text :
       {"se(mean(CHOP)) < 0.1", "se(mean(CHOP[0.5])) < 12.5 %", "se(mean(a and b[all])) < 1e-05"}) {
    auto const canonical = parse(text)[0].text;
    EXPECT_EQ(parse(canonical)[0].text, canonical);
  }
}

TEST(Precision, OtherTextIsRefusedWithTheForm) {
  for (std::string const text : {"mean(CHOP) < 1", "se(CHOP) < 1", "se(mean(CHOP)) > 1",
                                 "se(mean(CHOP) < 1", "CHOP", "se(mean(CHOP)) <= 1 or so"}) {
    bool const has_form = text.find("se(mean(CHOP)) <") == 0;
    EXPECT_EQ(error_of(text),
              has_form ? "error: '= 1 or so' is not a limit of a precision (in '" + text +
                             "'). Give a number above 0, or one with %."
                       : "error: '" + text +
                             "' is not a precision. Write se(mean(NAME)) < X, or < X % of the "
                             "mean, with NAME, NAME[T] for a sample time T or NAME[all]; join "
                             "several by 'and'.");
  }
}

TEST(Precision, LimitsAreNumbersAboveZero) {
  for (std::string const limit : {"0", "-1", "nan", "inf", "1x", "", "0 %", "%"})
    EXPECT_EQ(error_of("se(mean(CHOP)) < " + limit),
              "error: '" + limit + "' is not a limit of a precision (in 'se(mean(CHOP)) <" +
                  (limit.empty() ? "" : " ") + limit + "'). Give a number above 0, or one with %.");
}

TEST(Precision, UnknownNamesAndTimesOfAllDemandsComeTogether) {
  EXPECT_EQ(error_of("se(mean(CHOPP)) < 1 and se(mean(CHOP[7])) < 1"),
            "error: 'CHOPP' is not reported (in 'CHOPP[end]'). Did you mean 'CHOP'?\n"
            "error: 7 is not a sample time (in 'CHOP[7]'). The nearest one is 0.5.");
}

TEST(Precision, ItHoldsBelowTheLimitOnly) {
  auto const absolute = parse("se(mean(CHOP[0])) < 2");
  auto const relative = parse("se(mean(CHOP[0])) < 10 %");
  EXPECT_TRUE(is_reached(absolute, summary_of({point(9, 100, 1.9)})));
  EXPECT_FALSE(is_reached(absolute, summary_of({point(9, 100, 2)})));
  EXPECT_TRUE(is_reached(relative, summary_of({point(9, -100, 9.9)})));
  EXPECT_FALSE(is_reached(relative, summary_of({point(9, -100, 10)})));
}

TEST(Precision, AtTheStartAValueThatDoesNotVaryIsPreciseFromTwoTrajectoriesOn) {
  auto const targets = parse("se(mean(CHOP[0])) < 1 %");
  EXPECT_TRUE(is_reached(targets, summary_of({point(2, 0, 0)})));
  EXPECT_FALSE(is_reached(targets, summary_of({point(1, 0, 0)})));
}

TEST(Precision, LaterAValueThatDoesNotVaryMayHideARareEvent) {
  auto const targets = parse("se(mean(CHOP[0.5])) < 1");
  EXPECT_FALSE(is_reached(targets, summary_of({point(256, 0, 0), point(256, 0, 0)})));
  EXPECT_FALSE(is_reached(targets, summary_of({point(8191, 0, 0), point(8191, 0, 0)})));
  EXPECT_TRUE(is_reached(targets, summary_of({point(8192, 0, 0), point(8192, 0, 0)})));
}

TEST(Precision, NothingUndefinedIsPrecise) {
  auto const targets = parse("se(mean(CHOP[0])) < 1");
  EXPECT_FALSE(is_reached(targets, summary_of({point(1, 5, not_a_number)})));
  EXPECT_FALSE(is_reached(targets, summary_of({point(9, not_a_number, not_a_number)})));
  auto const relative = parse("se(mean(CHOP[0])) < 1 %");
  EXPECT_FALSE(is_reached(relative, summary_of({point(9, not_a_number, 0.1)})));
}

TEST(Precision, EveryDemandMustHoldAtEveryTime) {
  auto const all = parse("se(mean(CHOP[all])) < 1");
  EXPECT_TRUE(is_reached(all, summary_of({point(9, 5, 0), point(9, 5, 0.5), point(9, 5, 0.9)})));
  EXPECT_FALSE(is_reached(all, summary_of({point(9, 5, 0), point(9, 5, 1.5), point(9, 5, 0.9)})));
  auto const two = parse("se(mean(CHOP[0])) < 1 and se(mean(CHOP)) < 1");
  EXPECT_FALSE(is_reached(two, summary_of({point(9, 5, 0), point(9, 5, 0), point(9, 5, 2)})));
}

TEST(Precision, ChecksComeInQuartersOfPowersOfTwo) {
  std::vector<u64> checks;
  for (u64 n = 0; checks.size() < 12; checks.push_back(n)) n = next_check(n);
  EXPECT_EQ(checks,
            (std::vector<u64>{256, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072}));
}

TEST(Precision, ACheckComesFromAnyNumberAndNeverWraps) {
  EXPECT_EQ(next_check(255), 256u);
  EXPECT_EQ(next_check(700), 768u);
  EXPECT_EQ(next_check(1'000'000), 1'048'576u);
  constexpr u64 largest = std::numeric_limits<u64>::max();
  EXPECT_EQ(next_check(largest - 1), largest);
}

}  // namespace
}  // namespace cristae
