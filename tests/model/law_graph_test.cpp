// tests/model/law_graph_test.cpp - the size of the canonical form, and what it asks of constants.
#include "host/model/law_graph.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/io/network_reader.hpp"

namespace cristae {
namespace {

Network with_rate(std::string const& rate) {
  return read_network_text(
      "[network]\nname = \"n\"\ntime_unit = \"s\"\n[parameters]\nK = 2\n[species]\nA = 1\n"
      "[reactions]\nr = { equation = \"A -> 0\", rate = \"" +
          rate + "\" }\n",
      "n.toml");
}

/// hill(hill(... hill(A, K, 1) ..., K, 1), K, 1)
std::string nested_in_x(usize depth) {
  std::string law = "A";
  for (usize i = 0; i < depth; ++i) law = fmt::format("hill({}, K, 1)", law);
  return law;
}

std::string nested_in_K(usize depth) {
  std::string law = "K";
  for (usize i = 0; i < depth; ++i) law = fmt::format("hill(A, {}, 1)", law);
  return law;
}

TEST(LawGraph, OfHillsWithinHillsGrowsWithTheirNumber) {
  for (auto const& nested : {nested_in_x, nested_in_K}) {
    auto const of_depth = [&](usize depth) { return build_law_graph(with_rate(nested(depth))); };
    usize const per_hill = of_depth(20).nodes.size() - of_depth(19).nodes.size();
    LawGraph const graph = of_depth(120);  // converted twice per level, it would never end
    EXPECT_EQ(graph.nodes.size(), of_depth(20).nodes.size() + 100 * per_hill);
  }
}

TEST(LawGraph, AsksOnceForEachConstantOfANestedHill) {
  LawGraph const graph = build_law_graph(with_rate(nested_in_x(5)));
  EXPECT_EQ(graph.positive.size(), 10u);  // K and n of five
}

}  // namespace
}  // namespace cristae
