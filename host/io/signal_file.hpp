// host/io/signal_file.hpp - a parameter's values from a CSV: rows of time,value.
#pragma once

#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/model/network.hpp"

namespace cristae {

struct SignalRows {
  std::vector<double> times, values;
  std::vector<Diagnostic>
      findings;  ///< everything that is wrong with the rows, with line and column
};

/// Reads a file of two columns, time and value, with or without a line of names above. Empty lines
/// and lines that start with # are skipped; blanks and quotes around fields are left out.
/// Throws Error(input_output) if it cannot be read.
SignalRows read_signal_file(std::string const& path, Parameter const& parameter);
/// The same from its text; `file` names it in findings.
SignalRows read_signal_text(std::string_view text, std::string const& file,
                            Parameter const& parameter);

}  // namespace cristae
