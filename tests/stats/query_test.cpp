// tests/stats/query_test.cpp - queries: what they match, and where errors in them point.
#include "host/stats/query.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "host/base/error.hpp"

namespace cristae {
namespace {

using Kept = std::optional<std::vector<std::string>>;

std::vector<double> const hours{0, 60, 120, 240};
std::vector<std::string> const usual{"CHOP", "ATF4", "P", "Q", "P2", "ER-mito α", "events"};

std::vector<Column> columns_named(std::vector<std::string> const& names) {
  std::vector<Column> columns;
  for (auto const& name : names) columns.push_back({ColumnKind::observable, name, name, "", {}});
  return columns;
}

Query read(std::string const& text, Kept const& kept = {},
           std::vector<std::string> const& names = usual) {
  return Query(text, columns_named(names), hours, kept);
}

std::vector<std::string> features_of(std::string const& text,
                                     std::vector<std::string> const& names = usual) {
  auto const query = read(text, {}, names);
  std::vector<std::string> texts;
  for (auto const& feature : query.features()) texts.push_back(feature.text);
  return texts;
}

std::string refusal(std::string const& text, Kept const& kept = {},
                    std::vector<std::string> const& names = usual) {
  try {
    read(text, kept, names);
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "accepted";
}

Match match(std::string const& text, std::vector<double> const& values, u64 id = 0,
            u64 events = 0) {
  return read(text).match(id, events, values);
}

using Texts = std::vector<std::string>;

TEST(Query, FindsItsFeaturesOnceInTheirOrder) {
  EXPECT_EQ(features_of("CHOP[end] > 3000 and (ATF4[60] < 10 or not max(P)/max(Q) >= 2)"),
            (Texts{"CHOP[end]", "ATF4[60]", "max(P)", "max(Q)"}));
  EXPECT_EQ(features_of("CHOP[240] > 1 and CHOP[ end ] < 9"), Texts{"CHOP[end]"});
  EXPECT_EQ(features_of("id < 10"), Texts{});
}

TEST(Query, TellsFeaturesFromFunctionsOfLaws) {
  EXPECT_EQ(features_of("max(P[end], Q[end], 3) > min( CHOP )"),
            (Texts{"P[end]", "Q[end]", "min(CHOP)"}));
  EXPECT_EQ(features_of("max(max(P), 2) > abs(mean(Q) - 1)"), (Texts{"max(P)", "mean(Q)"}));
  EXPECT_EQ(match("max(P[end], Q[end]) > 5", {1, 6}), Match::yes);
  EXPECT_EQ(match("min(P[end], Q[end]) > 5", {1, 6}), Match::no);
}

TEST(Query, TakesTheLongestName) {
  EXPECT_EQ(features_of("P2[end] > P[end]"), (Texts{"P2[end]", "P[end]"}));
  EXPECT_EQ(features_of("P - Q[end] + P[end] > 0", {"P", "Q", "P - Q"}),
            (Texts{"P - Q[end]", "P[end]"}));
}

TEST(Query, TakesAnyNameOfTheFormat) {
  EXPECT_EQ(features_of("ER-mito α[60] > max(ER-mito α)"),
            (Texts{"ER-mito α[60]", "max(ER-mito α)"}));
  EXPECT_EQ(features_of("ATF4·P[end] > 1 and a (b)[end] > mean(a (b))", {"ATF4·P", "a (b)"}),
            (Texts{"ATF4·P[end]", "a (b)[end]", "mean(a (b))"}));
  EXPECT_EQ(features_of("and[end] > 1 and max[0] > 1 and id[0] > id", {"and", "max", "id"}),
            (Texts{"and[end]", "max[0]", "id[0]"}));
}

TEST(Query, DoesNotTakeWordsOfTheTextForItsOwnNames) {
  EXPECT_EQ(refusal("CHOP[end] > feature_0_"),
            "query:1:13: error: 'feature_0_' is not reported. A query is made of id, events, "
            "NAME[end], NAME[T], min(NAME), max(NAME) and mean(NAME).");
}

TEST(Query, MatchesWhatItsExpressionSays) {
  auto const* text = "CHOP[end] > 3000 and (ATF4[60] < 10 or not max(P)/max(Q) >= 2)";
  EXPECT_EQ(match(text, {3001, 9, 8, 1}), Match::yes);
  EXPECT_EQ(match(text, {3001, 10, 2, 2}), Match::yes);
  EXPECT_EQ(match(text, {3001, 10, 4, 2}), Match::no);
  EXPECT_EQ(match(text, {3000, 9, 1, 1}), Match::no);
}

TEST(Query, KnowsIdAndEvents) {
  EXPECT_EQ(match("id >= 41 and events == 7", {}, 41, 7), Match::yes);
  EXPECT_EQ(match("id >= 41 and events == 7", {}, 40, 7), Match::no);
  EXPECT_EQ(match("id >= 41 and events == 7", {}, 41, 8), Match::no);
  EXPECT_TRUE(read("id >= 41 and events == 7").uses_events());
  EXPECT_FALSE(read("id >= 41 and events[end] == 7").uses_events());
  // A column of this name is asked for by its features.
  EXPECT_EQ(match("events > events[end]", {6}, 0, 7), Match::yes);
}

TEST(Query, NeverMatchesWhatIsUndefined) {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(match("CHOP[end] > 1 or P[0] > 1", {nan, 2}), Match::undefined);
  EXPECT_EQ(match("not CHOP[end] > 1", {nan}), Match::undefined);
  EXPECT_EQ(match("max(P) / max(Q)", {0, 0}), Match::undefined);
  EXPECT_EQ(match("max(P) / max(Q) > 1", {0, 0}), Match::undefined);
}

TEST(Query, AComparisonWithAnUndefinedNumberIsNeitherTrueNorFalse) {
  for (char const* const text : {"CHOP[end]/P[0] < 0.5", "not CHOP[end]/P[0] < 0.5",
                                 "CHOP[end]/P[0] != 1", "0.5 >= CHOP[end]/P[0]"})
    EXPECT_EQ(match(text, {0, 0}), Match::undefined) << text;
  // The rest of the query may decide without it.
  EXPECT_EQ(match("P[0] == 0 or CHOP[end]/P[0] < 0.5", {0, 0}), Match::yes);
  EXPECT_EQ(match("CHOP[end]/P[0] < 0.5 or P[0] == 0", {0, 0}), Match::yes);
  EXPECT_EQ(match("CHOP[end]/P[0] < 0.5 and P[0] > 0", {0, 0}), Match::no);
  EXPECT_EQ(match("CHOP[end]/P[0] < 0.5 and P[0] == 0", {0, 0}), Match::undefined);
  EXPECT_EQ(match("CHOP[end]/P[0] < 0.5 or P[0] > 0", {0, 0}), Match::undefined);
  EXPECT_EQ(match("CHOP[end]/P[0] < 0.5 and CHOP[end] >= 1", {1, 4}), Match::yes);
  EXPECT_EQ(match("1/CHOP[end] > 5", {0}), Match::yes);  // infinite, and larger
}

TEST(Query, AsksForWhatWasKeptOnly) {
  Kept const kept{{"CHOP[end]", "max(P)"}};
  EXPECT_EQ(read("CHOP[240] > max(P)", kept).features().size(), 2u);
  EXPECT_EQ(refusal("CHOP[60] > max(P) and mean(Q) > 1", kept),
            "query:1:1: error: 'CHOP[60]' was not kept (the result keeps CHOP[end], max(P)). Run "
            "it again with --keep 'CHOP[60]'.\n"
            "query:1:23: error: 'mean(Q)' was not kept (the result keeps CHOP[end], max(P)). Run "
            "it again with --keep 'mean(Q)'.");
  EXPECT_EQ(refusal("P[end] > 1", Kept{Texts{}}),
            "query:1:1: error: 'P[end]' was not kept (the result keeps no feature of single "
            "trajectories). Run it again with --keep 'P[end]'.");
}

TEST(Query, ErrorsOfFeaturesPointAtThem) {
  EXPECT_EQ(refusal("P[end] > 1 and CHP[end] > 1 and max(CHPO) > CHOP[61]"),
            "query:1:16: error: 'CHP' is not reported (in 'CHP[end]'). Did you mean 'CHOP'?\n"
            "query:1:33: error: 'CHPO' is not reported (in 'max(CHPO)'). Did you mean 'CHOP'?\n"
            "query:1:45: error: 61 is not a sample time (in 'CHOP[61]'). The nearest one is 60.");
  EXPECT_EQ(refusal("mean(P + Q) > 1"),
            "query:1:1: error: 'P + Q' is not reported (in 'mean(P + Q)'). Reported are CHOP, "
            "ATF4, P, Q, P2, ER-mito α, events.");
}

TEST(Query, ErrorsOfNamesPointAtThem) {
  EXPECT_EQ(refusal("P > 1"),
            "query:1:1: error: 'P' is not one number per trajectory. Write P[end], P[T] for a "
            "sample time T, min(P), max(P) or mean(P).");
  EXPECT_EQ(refusal("P[end] > 1 and CHO > 1 and idd > 1"),
            "query:1:16: error: 'CHO' is not reported. Did you mean 'CHOP[end]'?\n"
            "query:1:28: error: 'idd' is not reported. Did you mean 'id'?");
  EXPECT_EQ(refusal("P[end] > 1 and time > 3").substr(0, 44),
            "query:1:16: error: 'time' is not reported. A");
}

TEST(Query, ErrorsOfSyntaxPointIntoTheText) {
  EXPECT_EQ(refusal("CHOP[end] > 3 && ATF4[60] < 1"),
            "query:1:15: error: '&&' is not an operator of queries. Use and.");
  EXPECT_EQ(refusal("CHOP[end] ATF4[60]"),
            "query:1:11: error: an operator is missing before 'ATF4[60]'. Write * for a product.");
  EXPECT_EQ(refusal("(CHOP[end] > 3"), "query:1:1: error: '(' is not closed. Add ')'.");
  EXPECT_EQ(refusal("CHOP[end] > 3)"),
            "query:1:14: error: ')' without its '('. Remove it or add '('.");
  EXPECT_EQ(refusal("1 < CHOP[end] < ATF4[60] > 2").substr(0, 52),
            "query:1:15: error: comparisons cannot be chained (a ");
  EXPECT_EQ(refusal("CHOP[end] >"),
            "query:1:12: error: the query ends where a number or name is expected. Complete it.");
  EXPECT_EQ(refusal("foo(CHOP[end]) > 1").substr(0, 66),
            "query:1:1: error: function 'foo' does not exist. Functions are pie");
  EXPECT_EQ(refusal("max(CHOP[end]) > 1"),
            "query:1:1: error: max takes 2 or more arguments, not 1. Write max(a, b, ...).");
  EXPECT_EQ(refusal("P[end] > 1 and count(decay) > 2"),
            "query:1:16: error: count() is allowed in observables only. Make it an observable of "
            "the network and ask for that.");
}

TEST(Query, PlacesCountCharactersNotBytes) {
  EXPECT_EQ(refusal("ER-mito α[60] > x"),
            "query:1:17: error: 'x' is not reported. A query is made "
            "of id, events, NAME[end], NAME[T], min(NAME), max(NAME) "
            "and mean(NAME).");
  EXPECT_EQ(refusal("ER-mito α[60] ≥ 1"),
            "query:1:15: error: '≥' is not an operator of queries. Use >=.");
  EXPECT_EQ(refusal("β[end] > 1").substr(0, 36), "query:1:1: error: 'β' is not report");
}

TEST(Query, OfNothingIsRefused) {
  EXPECT_EQ(refusal("  "), "error: the query is empty. Write a condition, such as CHOP[end] > 0.");
}

TEST(Query, ReadsAnyBytesWithoutHarm) {
  u64 state = 1;
  std::vector<std::string> const pieces{
      "P",   "[", "]",   "(",  ")",     "max", "mean", "end",  " ",  "α",    "\x80", "1", "<",
      "and", ",", "not", "e-", "count", "ER-", "≥",    "\xe2", "\n", "[60]", "id",   ".", "-"};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      text += pieces[(state >> 33) % pieces.size()];
    }
    try {
      auto const query = read(text);
      query.match(1, 1, std::vector<double>(query.features().size(), 1.0));
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), ExitCode::usage) << text;
      EXPECT_FALSE(error.diagnostics().empty()) << text;
    }
  }
}

}  // namespace
}  // namespace cristae
