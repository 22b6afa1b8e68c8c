// tests/support/same_variables.hpp - a data set in memory against a result file: the same bytes.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "host/io/dataset.hpp"
#include "host/io/hdf5_file.hpp"

namespace cristae::test {

/// Every variable but those whose name starts with `left_out`. Adds how many numbers agreed.
inline void expect_same_variables(Dataset const& dataset, Hdf5File const& file, usize& numbers,
                                  std::string_view left_out = "(none)") {
  for (auto const& variable : dataset.variables()) {
    if (variable->name.starts_with(left_out)) continue;
    auto const there = file.variable(variable->name, variable->shape);
    std::visit(
        [&](auto const& values) {
          using T = typename std::decay_t<decltype(values)>::value_type;
          if constexpr (std::is_same_v<T, std::string>) {
            EXPECT_EQ(there.read_texts(), values) << variable->name;
          } else {
            auto const read = there.template read<T>();
            ASSERT_EQ(read.size(), values.size()) << variable->name;
            EXPECT_EQ(std::memcmp(read.data(), values.data(), read.size() * sizeof(T)), 0)
                << variable->name;
            numbers += read.size();
          }
        },
        variable->values);
  }
}

}  // namespace cristae::test
