// host/text/table.hpp - aligned columns of text, and numbers for people.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/base/types.hpp"
#include "host/stats/ensemble.hpp"

namespace cristae {

enum class Align : u8 { left, right };

/// Rows of cells, printed in columns two blanks apart; UTF-8 counts by characters.
class TextTable {
 public:
  /// One alignment per column; columns in which every cell is empty are left out.
  explicit TextTable(std::vector<Align> alignment) : alignment_(std::move(alignment)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Lines with `indent` blanks in front. With Header::yes, the first row does not by itself keep
  /// a column.
  enum class Header : u8 { no, yes };
  std::string text(Header header, usize indent = 0) const;

 private:
  std::vector<Align> alignment_;
  std::vector<std::vector<std::string>> rows_;
};

/// At most 40 characters of an id for a table: head...tail.
std::string shortened(std::string const& text);

/// Four significant digits, all digits of the integer part up to 1e7, no exponent where avoidable.
std::string short_number(double value);
/// 1234567 as 1.23 M; 4 as 4.
std::string short_count(double value);
/// Seconds as 12 s, 3 min 20 s, 2 h 5 min.
std::string short_duration(double seconds);

/// Indices of the columns that tables and pictures show unless others are asked for: observables, or
/// all where there are none.
std::vector<usize> main_columns(EnsembleSummary const& summary);
/// Indices of the sample times that a table of so many columns shows: such with quantiles, where
/// there are any.
std::vector<usize> table_rows(EnsembleSummary const& summary, usize columns);

/// Mean, sd, median and 5-95 % of the columns at the sample times `rows`; both are indices.
std::string statistics_table(EnsembleSummary const& summary, std::vector<usize> const& columns,
                             std::vector<usize> const& rows, std::string const& time_unit);

}  // namespace cristae
