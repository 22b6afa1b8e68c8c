// tests/stats/feature_test.cpp - features: how they are read, spelled and computed.
#include "host/stats/feature.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/base/error.hpp"

namespace cristae {
namespace {

std::vector<Column> columns_named(std::vector<std::string> const& names) {
  std::vector<Column> columns;
  for (auto const& name : names) columns.push_back({ColumnKind::observable, name, name, "", {}});
  return columns;
}

std::vector<double> const hours{0, 60, 120, 240};

Feature read(std::string const& text) {
  return parse_feature(text, columns_named({"CHOP", "ATF4"}), hours);
}

std::string refusal(std::string const& text, std::vector<Column> const& columns,
                    std::vector<double> const& times = hours) {
  try {
    parse_feature(text, columns, times);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "accepted";
}

std::string refusal(std::string const& text) {
  return refusal(text, columns_named({"CHOP", "ATF4"}));
}

TEST(Feature, IsReadInAllItsForms) {
  Feature const at = read("ATF4[60]");
  EXPECT_EQ(at.kind, FeatureKind::at);
  EXPECT_EQ(at.column, 1u);
  EXPECT_EQ(at.time, 1u);
  EXPECT_EQ(read("CHOP[end]").time, 3u);
  EXPECT_EQ(read("min(CHOP)").kind, FeatureKind::minimum);
  EXPECT_EQ(read("max(CHOP)").kind, FeatureKind::maximum);
  EXPECT_EQ(read("mean(CHOP)").kind, FeatureKind::mean);
}

TEST(Feature, HasOneSpelling) {
  EXPECT_EQ(read(" CHOP [ 6e1 ] ").text, "CHOP[60]");
  EXPECT_EQ(read("CHOP[240]").text, "CHOP[end]");
  EXPECT_EQ(read("CHOP[240.0]").text, "CHOP[end]");
  EXPECT_EQ(read("CHOP[0]").text, "CHOP[0]");
  EXPECT_EQ(read("max ( ATF4 )").text, "max(ATF4)");
  EXPECT_EQ(read("mean(ATF4)").text, "mean(ATF4)");
}

TEST(Feature, TakesASampleTimeThatDiffersByRoundingAndSpellsItForPeople) {
  std::vector<double> const tenths{0, 0.1, 0.2, 3 * 0.1, 0.4};
  ASSERT_NE(tenths[3], 0.3);
  auto const feature = parse_feature("CHOP[0.3]", columns_named({"CHOP"}), tenths);
  EXPECT_EQ(feature.time, 3u);
  EXPECT_EQ(feature.text, "CHOP[0.3]");
}

TEST(Feature, SpellingsReadBackOnAnyGrid) {
  std::vector<double> thirds;
  for (int k = 0; k <= 700; ++k) thirds.push_back(1440 * double(k) / 700);
  for (usize k = 0; k < thirds.size(); ++k) {
    auto const text = "CHOP[" + sample_time_text(k, thirds) + "]";
    EXPECT_EQ(parse_feature(text, columns_named({"CHOP"}), thirds).time, k);
  }
}

TEST(Feature, TakesAnyNameOfTheFormat) {
  std::vector<std::string> const names{"ER-Mito Kontakte α", "max(x)", "a[1]", "A)", "]", " b "};
  auto const columns = columns_named(names);
  for (usize i = 0; i < names.size(); ++i) {
    EXPECT_EQ(parse_feature(names[i] + "[end]", columns, hours).column, i) << names[i];
    EXPECT_EQ(parse_feature("mean(" + names[i] + ")", columns, hours).column, i) << names[i];
    EXPECT_EQ(parse_feature("mean(" + names[i] + ")", columns, hours).text,
              "mean(" + names[i] + ")");
  }
}

TEST(Feature, OfASharedNameIsTheObservables) {
  auto columns = columns_named({"P", "P"});
  columns[1].kind = ColumnKind::species;
  EXPECT_EQ(parse_feature("P[end]", columns, hours).column, 0u);
}

TEST(Feature, RefusesUnknownNamesWithTheNearest) {
  EXPECT_EQ(refusal("CHP[end]"),
            "error: 'CHP' is not reported (in 'CHP[end]'). Did you mean 'CHOP'?");
  EXPECT_EQ(refusal("max(xyz)"),
            "error: 'xyz' is not reported (in 'max(xyz)'). Reported are CHOP, ATF4.");
}

TEST(Feature, RefusesTimesBetweenSamplesWithTheNearest) {
  EXPECT_EQ(refusal("CHOP[100]"),
            "error: 100 is not a sample time (in 'CHOP[100]'). The nearest one is 120.");
  EXPECT_EQ(refusal("CHOP[-5]"),
            "error: -5 is not a sample time (in 'CHOP[-5]'). The nearest one is 0.");
  EXPECT_EQ(refusal("CHOP[1e9]"),
            "error: 1e9 is not a sample time (in 'CHOP[1e9]'). The nearest one is 240.");
  EXPECT_EQ(refusal("CHOP[ned]"),
            "error: 'ned' is not a time (in 'CHOP[ned]'). Write a sample time, or end for the "
            "last one.");
  for (auto const* text : {"CHOP[]", "CHOP[nan]", "CHOP[inf]", "CHOP[60 min]", "CHOP[6 0]"})
    EXPECT_NE(refusal(text).find("is not a time"), std::string::npos) << text;
}

TEST(Feature, RefusesWhatIsNoFeatureAndSaysWhatIs) {
  EXPECT_EQ(refusal("CHOP"),
            "error: 'CHOP' is not one number per trajectory. Write CHOP[end], CHOP[T] for a sample "
            "time T, min(CHOP), max(CHOP) or mean(CHOP).");
  for (auto const* text : {"", " ", "CHOP]", "sd(CHOP)", "(CHOP)", "max CHOP", "max(CHOP", "max)"})
    EXPECT_NE(refusal(text).find("Write NAME[end], NAME[T]"), std::string::npos) << text;
}

TEST(Feature, IsTheValueItNames) {
  std::vector<double> const values{1, 5, 3, 4, 10, 20, 40, 50};
  EXPECT_EQ(evaluate(read("CHOP[120]"), values, 4), 3);
  EXPECT_EQ(evaluate(read("ATF4[end]"), values, 4), 50);
  EXPECT_EQ(evaluate(read("min(CHOP)"), values, 4), 1);
  EXPECT_EQ(evaluate(read("max(CHOP)"), values, 4), 5);
  EXPECT_EQ(evaluate(read("max(ATF4)"), values, 4), 50);
  EXPECT_EQ(evaluate(read("mean(CHOP)"), values, 4), 3.25);
  EXPECT_EQ(evaluate(read("mean(ATF4)"), values, 4), 30);
}

TEST(Feature, IsUndefinedWhereAValueItNeedsIs) {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> const values{1, 5, 3, nan, 10, 20, 40, 50};
  EXPECT_EQ(evaluate(read("CHOP[60]"), values, 4), 5);
  for (auto const* text : {"CHOP[end]", "min(CHOP)", "max(CHOP)", "mean(CHOP)"})
    EXPECT_TRUE(std::isnan(evaluate(read(text), values, 4))) << text;
  EXPECT_EQ(evaluate(read("max(ATF4)"), values, 4), 50);
}

}  // namespace
}  // namespace cristae
