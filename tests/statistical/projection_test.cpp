// tests/statistical/projection_test.cpp - networks without a closed form against their master equation.
//
// The finite state projection loses less than 1e-9 of the probability here, which is also its error.
#include <cmath>

#include "tests/statistical/oracle.hpp"
#include "tests/support/master_equation.hpp"

namespace cristae::test {
namespace {

/// Classes of two species: x + (top + 1) y, both cut at the box.
auto joint(usize samples, usize sample, int top_x, int top_y) {
  return [=](std::vector<double> const& s) {
    usize const x = usize(std::min(s[sample], double(top_x)));
    usize const y = usize(std::min(s[samples + sample], double(top_y)));
    return x + usize(top_x + 1) * y;
  };
}

std::vector<double> checked(MasterEquation const& equation) {
  EXPECT_LT(equation.lost(), 1e-9);
  return equation.probabilities();
}

TEST_P(Projections, SchloeglsTransientIsThatOfItsMasterEquation) {
  // Schloegl 1972, Z. Phys. 253:147, with the usual constants; from 250 copies, between the two
  // stable states, so that both are reached.
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("X = 250", "c3 = " + text(1e-3 * f),
                      "a = { equation = \"2 X -> 3 X\", mass_action = \"3e-7 * 1e5\" }\n"
                      "b = { equation = \"3 X -> 2 X\", mass_action = \"1e-4\" }\n"
                      "c = { equation = \"0 -> X\", mass_action = \"c3 * 2e5\" }\n"
                      "d = { equation = \"X -> 0\", mass_action = \"3.5\" }",
                      1.5, 1.5);
  };
  check.law = [](double f) {
    MasterEquation equation({900}, {250});
    equation.advance(
        {{{1}, [](State const& x) { return 3e-2 * x[0] * (x[0] - 1.0) / 2; }},
         {{-1}, [](State const& x) { return 1e-4 * x[0] * (x[0] - 1.0) * (x[0] - 2.0) / 6; }},
         {{1}, [=](State const&) { return 200 * f; }},
         {{-1}, [](State const& x) { return 3.5 * x[0]; }}},
        1.5);
    return checked(equation);
  };
  check.classify = [](auto const& samples) { return usize(samples[1]); };
  expect_distribution(GetParam(), check);
}

TEST_P(Projections, AToggleSwitchUnderAScheduleIsThatOfItsMasterEquation) {
  // Two genes that repress each other (Gardner et al. 2000, Nature 403:339), written with rules; an
  // inducer takes the first repressor away from time 1 on, and copies are added at 2.
  DistributionCheck check;
  check.network = [](double f) {
    return network_of(
        "U = 2\nV = 8", "a = " + text(14 * f) + "\nK = 4\nn = 2\ninducer = 0",
        "make_U = { equation = \"0 -> U\", rate = \"a * free_U\" }\n"
        "make_V = { equation = \"0 -> V\", rate = \"a * free_V\" }\n"
        "lose_U = { equation = \"U -> 0\", mass_action = \"1\" }\n"
        "lose_V = { equation = \"V -> 0\", mass_action = \"1\" }",
        3, 3,
        "[rules]\nactive = \"V / (1 + inducer)\"\nfree_U = \"1 - hill(active, K, n)\"\n"
        "free_V = \"K^n / (K^n + U^n)\"\n"
        "[conditions.induced]\nat = [ { time = 1, set = { inducer = 3 } },"
        " { time = 2, add = { V = 3 } } ]\n");
  };
  check.law = [](double f) {
    auto const channels = [=](double inducer) {
      return std::vector<Channel>{
          {{1, 0},
           [=](State const& x) {
             double const active = x[1] / (1 + inducer);
             return 14 * f * 16 / (16 + active * active);
           }},
          {{0, 1}, [=](State const& x) { return 14 * f * 16 / (16.0 + x[0] * x[0]); }},
          {{-1, 0}, [](State const& x) { return double(x[0]); }},
          {{0, -1}, [](State const& x) { return double(x[1]); }}};
    };
    MasterEquation equation({50, 50}, {2, 8});
    equation.advance(channels(0), 1);
    equation.advance(channels(3), 1);
    equation.shift({0, 3});
    equation.advance(channels(3), 1);
    return checked(equation);
  };
  check.classify = joint(2, 1, 50, 50);
  check.condition = "induced";
  expect_distribution(GetParam(), check);
}

TEST_P(Projections, DimersAndASaturatedEnzymeAreThoseOfTheirMasterEquation) {
  // 2 A -> B by mass action, B -> 0 by a saturated enzyme, A fed only while there is little of it,
  // and three B fall apart together: orders 0 to 3, a threshold, a quotient.
  DistributionCheck check;
  check.network = [](double f) {
    return network_of("A = 5\nB = 0", "k = " + text(0.2 * f) + "\nV = 6\nKm = 3",
                      "feed = { equation = \"0 -> A\", rate = \"piecewise(25, A < 12, 8)\" }\n"
                      "bind = { equation = \"2 A -> B\", mass_action = \"k\" }\n"
                      "clear = { equation = \"B -> 0\", rate = \"V * B / (Km + B)\" }\n"
                      "burst = { equation = \"3 B -> 2 A\", mass_action = \"0.01\" }\n"
                      "lose = { equation = \"A -> 0\", mass_action = \"0.5\" }",
                      2, 2);
  };
  check.law = [](double f) {
    MasterEquation equation({70, 70}, {5, 0});
    equation.advance(
        {{{1, 0}, [](State const& x) { return x[0] < 12 ? 25.0 : 8.0; }},
         {{-2, 1}, [=](State const& x) { return 0.2 * f * x[0] * (x[0] - 1) / 2; }},
         {{0, -1}, [](State const& x) { return 6.0 * x[1] / (3.0 + x[1]); }},
         {{2, -3}, [](State const& x) { return 0.01 * x[1] * (x[1] - 1) * (x[1] - 2) / 6; }},
         {{-1, 0}, [](State const& x) { return 0.5 * x[0]; }}},
        2);
    return checked(equation);
  };
  check.classify = joint(2, 1, 70, 70);
  expect_distribution(GetParam(), check);
}

TEST_P(Projections, AnActivatorOfItselfWithEveryKindOfFunctionIsThatOfItsMasterEquation) {
  DistributionCheck check;
  check.network = [](double f) {
    return network_of(
        "M = 1\nP = 4", "k = " + text(5 * f) + "\nh = 1.5",
        "make_M = { equation = \"0 -> M\", rate = \"k * (0.3 + hill(P, 10, h)) * exp(-M / 20)\" }\n"
        "make_P = { equation = \"M -> M + P\", rate = \"3 * min(M, 6) * load\" }\n"
        "lose_M = { equation = \"M -> 0\", rate = \"sqrt(M) * max(1, M / 4)\" }\n"
        "lose_P = { equation = \"P -> 0\", rate = \"ln(1 + P) * (1 + abs(P - 10) / 20)"
        " + floor(P / 8) * ceil(P / 16) / 4\" }",
        2.5, 2.5, "[rules]\nload = \"1 / (1 + (P / 30)^2)\"\n");
  };
  check.law = [](double f) {
    MasterEquation equation({45, 90}, {1, 4});
    equation.advance(
        {{{1, 0},
          [=](State const& x) {
            double const w = std::pow(x[1] / 10.0, 1.5);
            return 5 * f * (0.3 + w / (1 + w)) * std::exp(-x[0] / 20.0);
          }},
         {{0, 1},
          [](State const& x) { return 3.0 * std::min(x[0], 6) / (1 + x[1] / 30.0 * x[1] / 30.0); }},
         {{-1, 0},
          [](State const& x) { return std::sqrt(double(x[0])) * std::max(1.0, x[0] / 4.0); }},
         {{0, -1},
          [](State const& x) {
            double const p = x[1];
            return std::log(1 + p) * (1 + std::fabs(p - 10) / 20) +
                   std::floor(p / 8) * std::ceil(p / 16) / 4;
          }}},
        2.5);
    return checked(equation);
  };
  check.classify = joint(2, 1, 45, 90);
  expect_distribution(GetParam(), check);
}

}  // namespace
}  // namespace cristae::test
