// host/stats/feature.hpp - numbers kept of every single trajectory: CHOP[end], CHOP[60], max(CHOP).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/types.hpp"
#include "host/stats/column.hpp"

namespace cristae {

enum class FeatureKind : u8 {
  at,       ///< NAME[T] or NAME[end]: the value at a sample time
  minimum,  ///< min(NAME) over the sample times
  maximum,  ///< max(NAME)
  mean,     ///< mean(NAME): of the values at the sample times, all with the same weight
  first,    ///< first(CONDITION): when it first held; no samples tell, TrajectoryEnd does
};

struct Feature {
  FeatureKind kind = FeatureKind::at;
  usize column = 0;   ///< index into the reported columns
  usize time = 0;     ///< `at`: index into the sample times
  std::string text;   ///< in its one canonical spelling: NAME[end] for the last sample time
  usize passage = 0;  ///< `first`: index into TrajectoryEnd::first_passages
};

/// Reads one feature. Throws Error(usage): unknown name (with the nearest), a time that is no sample
/// time (with the nearest), or text that is none of the above (with what may stand there).
Feature parse_feature(std::string const& text, std::vector<Column> const& columns,
                      std::vector<double> const& times);

/// first(CONDITION), of the condition as written without the blanks around it.
Feature first_passage_feature(std::string const& condition, usize passage);

/// Those of a list of features in canonical spelling that are first passages.
std::vector<std::string> first_passages_of(std::vector<std::string> const& features);

/// `values` are one trajectory's, [column][sample time]; NaN where any value that it needs is. Not
/// of `first`.
double evaluate(Feature const& feature, std::span<double const> values, usize sample_times);

/// The index of the sample time that stands in brackets: `end`, or a number that differs from it by
/// rounding only. Throws Error(usage), naming `user`, the text that holds it.
usize parse_sample_time(std::string_view text, std::vector<double> const& times,
                        std::string_view user);

/// Its canonical spelling: `end` for the last, else a number of at most 15 digits.
std::string sample_time_text(usize time, std::vector<double> const& times);

}  // namespace cristae
