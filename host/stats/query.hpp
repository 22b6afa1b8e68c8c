// host/stats/query.hpp - conditions on single trajectories: CHOP[end] > 3000 and max(P) < 10.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/base/types.hpp"
#include "host/model/evaluate.hpp"
#include "host/model/expression.hpp"
#include "host/stats/column.hpp"
#include "host/stats/feature.hpp"

namespace cristae {

enum class Match : u8 {
  no,
  yes,
  undefined,  ///< a value that the query needs is NaN (the trajectory did not get there), or its own is
};

/// An expression of the grammar of laws in which features, `id` and `events` (how many a trajectory
/// had) stand for numbers. `max(A[end], B[end])` is the larger one; `max(A)` is the feature.
class Query {
 public:
  /// `kept` are the canonical texts of the features that can be asked for; without it, all that
  /// samples tell can, and of first passages those in `passages`.
  /// Throws Error(usage) with every finding; each has the place `query:1:COLUMN`, in characters.
  Query(std::string const& text, std::vector<Column> const& columns,
        std::vector<double> const& times, std::optional<std::vector<std::string>> const& kept,
        std::vector<std::string> const& passages = {});

  /// Those that occur, each once, in the order of the text.
  std::vector<Feature> const& features() const { return features_; }

  bool uses_events() const { return uses_events_; }

  /// `values` are one trajectory's, by features(). A comparison with a number that is undefined, as
  /// 0/0 is, is neither true nor false: it leaves the match undefined unless the rest decides.
  Match match(u64 id, u64 events, std::span<double const> values) const;

 private:
  Expression expression_;  ///< species i is features_[i]; parameters are id and events
  std::vector<Feature> features_;
  std::vector<Expression> parts_;  ///< by node, what it is the root of
  bool uses_events_ = false;

  /// Of a node: 0, or not; NaN where undefined (Kleene's logic of three values).
  double truth(usize index, ExpressionValues const& known) const;
};

}  // namespace cristae
