// host/stats/column.hpp - what is reported of a network: observables and species, as columns.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/types.hpp"
#include "host/engine/experiment.hpp"
#include "host/model/network.hpp"

namespace cristae {

enum class ColumnKind : u8 { observable, species };
char const* name_of(ColumnKind kind);

/// One reported quantity.
struct Column {
  ColumnKind kind = ColumnKind::observable;
  std::string name;
  std::string label;  ///< text for people; the name where the network gives none
  std::string unit;   ///< "" where the network gives none
  Expression expression;
  double resolution = 0;  ///< as the network declares it; 0: not
};

/// The columns for a selection of observable or species ids (an observable wins where both exist);
/// an empty selection means all: observables first, then species, in the order of the file.
/// Throws Error(usage) with every unknown name and its nearest one.
std::vector<Column> choose_columns(Network const& network,
                                   std::vector<std::string> const& selection);

/// By rule: whether the columns use it, directly or through other rules.
std::vector<char> needed_rules(Network const& network, std::vector<Column> const& columns);

/// The reactions whose firings the columns count, directly or through rules; by index.
std::vector<ReactionId> counted_reactions(Network const& network,
                                          std::vector<Column> const& columns);

/// The unit in which the statistics count a column.
struct ColumnUnit {
  bool is_whole = true;  ///< every value it can take in the experiment is a whole number
  /// 1 where it has whole values, else a power of two: the largest not above the observable's
  /// declared `resolution`, or without one 2^-36 of its value at the start of the experiment (of 1
  /// where that is 0 or undefined). Values are rounded to the nearest multiple; beyond 2^62
  /// multiples (2^53 of whole numbers) they count as undefined.
  double resolution = 1;
};

/// By column.
std::vector<ColumnUnit> units_of(Experiment const& experiment, std::vector<Column> const& columns);

/// The column of that name, the first where an observable and a species share it.
std::optional<usize> find_column(std::string_view name, std::vector<Column> const& columns);
/// The same for a name in what a user wrote. Throws Error(usage) with the nearest one.
usize column_named(std::string_view name, std::vector<Column> const& columns,
                   std::string const& user);

}  // namespace cristae
