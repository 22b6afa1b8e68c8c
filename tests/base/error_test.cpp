// tests/base/error_test.cpp - texts of diagnostics, and the nearest name.
#include "host/base/error.hpp"

#include <gtest/gtest.h>

namespace cristae {
namespace {

TEST(Diagnostic, HasPlaceProblemReasonAndFix) {
  EXPECT_EQ(to_string({Severity::error,
                       {"a.toml", 3, 7},
                       "rate constant 'k3' is not defined",
                       "used by reaction 'degrade'",
                       "Define it under [parameters]"}),
            "a.toml:3:7: error: rate constant 'k3' is not defined (used by reaction 'degrade'). "
            "Define it under [parameters].");
  EXPECT_EQ(to_string({Severity::warning, {"a.toml"}, "no reactions", "", ""}),
            "a.toml: warning: no reactions.");
  EXPECT_EQ(to_string({Severity::note, {}, "rounded", "", "Did you mean '3'?"}),
            "note: rounded. Did you mean '3'?");
}

TEST(Error, ListsAllItsDiagnosticsInOrder) {
  Error const error(ExitCode::model, {{Severity::error, {"n", 1, 1}, "one", "", ""},
                                      {Severity::error, {"n", 2, 1}, "two", "", ""}});
  EXPECT_STREQ(error.what(), "n:1:1: error: one.\nn:2:1: error: two.");
  EXPECT_EQ(error.code(), ExitCode::model);
}

TEST(NearestName, IsASlipOfTheKeyboardAway) {
  EXPECT_EQ(nearest_name("eIF2p", {"eIF2", "eIF2P", "BIM"}), "eIF2P");
  EXPECT_EQ(nearest_name("k3", {"k_3", "gamma"}), "k_3");
  EXPECT_EQ(nearest_name("sampel", {"sample", "samples"}), "sample");
  EXPECT_EQ(nearest_name("unrelated", {"isr", "vilar"}), "");
  EXPECT_EQ(nearest_name("D", {"A", "B"}), "");
  EXPECT_EQ(nearest_name("a", {"B", "A"}), "A");
}

TEST(NameList, IsCutWhereItIsLong) {
  EXPECT_EQ(name_list({}), "");
  EXPECT_EQ(name_list({"A", "B"}), "A, B");
  auto const text = name_list(std::vector<std::string>(42, "A"));
  EXPECT_TRUE(text.ends_with("A, A and 12 more")) << text;
}

}  // namespace
}  // namespace cristae
